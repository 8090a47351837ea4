// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the tokens of people stand on: keys that sign them, families of refresh tokens, and what was revoked before its time.
//
// Part of the store's contract (store/store.h), whose first lines hold here too. Durable when a call returns. Rows whose time is over
// may be gone at any time; they are not moved with an installation (people log in again).
#ifndef FOOTFALL_STORE_TOKENS_H
#define FOOTFALL_STORE_TOKENS_H

#include "store/store.h"

// --- Signing keys ---------------------------------------------------------------------------------------------------
struct store_signing_key {
    int64_t number;       // 1, 2, ...: whoever makes the next one takes the next number
    struct str kid;       // of the tokens
    struct str algorithm; // "EdDSA"
    struct str secret;    // bytes; opaque to the store, sealed or not
    int64_t created_ms;
    int64_t signs_from_ms;
};
// EXISTS when the number is taken: another process made that key.
MUST_CHECK enum status store_signing_key_put(struct store *store,
                                             const struct store_signing_key *key);
MUST_CHECK enum status store_signing_key_delete(struct store *store, int64_t number); // NOT_FOUND
// Ascending by number.
MUST_CHECK enum status store_signing_keys(struct store *store, struct arena *arena,
                                          struct store_signing_key **out, size_t *count);

// --- Families of refresh tokens -------------------------------------------------------------------------------------
// One login: its refresh tokens follow one another, and only the newest counts.
struct store_family {
    struct str id;
    struct str hash;    // of the newest refresh token
    struct str account; // whose it is: email of an account, or id of an API key
    int64_t version;    // of the account when it was made
    struct str role, project, subject;
    int64_t created_ms;
    int64_t expires_ms;
};
MUST_CHECK enum status store_family_put(struct store *store, const struct store_family *family,
                                        int64_t now_ms); // EXISTS
MUST_CHECK enum status store_family_get(struct store *store, struct str id, struct arena *arena,
                                        struct store_family *out); // NOT_FOUND
// Takes the place of the newest token's hash, if that is still `hash`: of several who try one gets OK, the others PRECONDITION (also
// when the family is gone).
MUST_CHECK enum status store_family_turn(struct store *store, struct str id, struct str hash,
                                         struct str new_hash, int64_t expires_ms, int64_t now_ms);
MUST_CHECK enum status store_family_delete(struct store *store, struct str id); // NOT_FOUND

// --- Revocations ----------------------------------------------------------------------------------------------------
// Of access tokens that would go on to be valid for a little while.
#define STORE_REVOCATION_AHEAD_MS ((int64_t)2 * 3600 * 1000)
struct store_revocation {
    struct str id;
    int64_t until_ms; // nobody need remember it after that
};
// INVALID: until_ms is more than STORE_REVOCATION_AHEAD_MS after now_ms. Again for the same id: until the later one.
MUST_CHECK enum status store_revocation_put(struct store *store,
                                            const struct store_revocation *revocation,
                                            int64_t now_ms);
// Those that count at now_ms, in no particular order; an id may come twice.
MUST_CHECK enum status store_revocations(struct store *store, int64_t now_ms, struct arena *arena,
                                         struct store_revocation **out, size_t *count);

// Removes families and revocations whose time is over at now_ms, in engines that do not forget by themselves.
MUST_CHECK enum status store_tokens_sweep(struct store *store, int64_t now_ms);

#endif
