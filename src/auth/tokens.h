// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Access tokens: issued by us, or by an outside issuer, and who stands behind one.
//
// Our own tokens are JWTs with these claims beside iss, aud, sub, iat, exp and jti:
//   role, project (absent: all)   acc: email of an account, or "key:" and the id of an API key
//   ver: version of the account when the token was made         sid: the family of refresh tokens it came with
// A token counts while its key does, its account is there with that version and not disabled (or its API key is there), and neither it
// nor its family was revoked. What of this may change is given by whoever reads the store, all at once; a token that was verified is
// remembered until something of it changes.
#ifndef FOOTFALL_AUTH_TOKENS_H
#define FOOTFALL_AUTH_TOKENS_H

#include "auth/jwks.h"
#include "auth/keyring.h"
#include "base/clock.h"
#include "base/json_write.h"

struct auth_issuers;

struct auth_tokens_config {
    struct str issuer, audience; // copied
    int64_t access_s;            // how long an access token lives
    size_t cache_entries;        // 0: 4096
    struct auth_keyring *keyring;
    struct auth_issuers *issuers; // NULL: only our own
    struct clock *clock;
    struct random_source *random;
};
struct auth_tokens;
MUST_CHECK enum status auth_tokens_make(const struct auth_tokens_config *config,
                                        struct auth_tokens **out);
void auth_tokens_free(struct auth_tokens *tokens); // NULL is fine

struct auth_tokens_key {
    struct jwt_key *key;
    bool can_sign;
    int64_t signs_from_ms;
};
struct auth_tokens_account {
    struct str email;
    int64_t version;
};
struct auth_tokens_state {
    struct auth_tokens_key *keys; // ascending by signs_from_ms; the jwt_keys are taken over
    size_t key_count;
    const struct auth_tokens_account *accounts; // those that are not disabled
    size_t account_count;
    const struct str *revoked; // "f:" + sid, "t:" + jti
    size_t revoked_count;
};
// Makes this all that counts, in one step for those who verify. NO_MEMORY: nothing changes. keys are taken over in any case.
MUST_CHECK enum status auth_tokens_replace(struct auth_tokens *tokens,
                                           const struct auth_tokens_state *state);

// --- Issuing ----------------------------------------------------------------------------------------------------------
struct auth_grant {
    struct str subject;
    enum auth_role role;
    struct str project; // empty: all
    struct str account; // acc
    int64_t version;
    struct str family; // empty: none
};
// Appends the token. UNAVAILABLE: there is no key that may sign yet.
MUST_CHECK enum status auth_tokens_issue(struct auth_tokens *tokens, const struct auth_grant *grant,
                                         struct buffer *out);
int64_t auth_tokens_lifetime_s(const struct auth_tokens *tokens);
// The public keys, as {"keys":[...]}.
void auth_tokens_write_jwks(struct auth_tokens *tokens, struct json_writer *writer);

// --- Verifying --------------------------------------------------------------------------------------------------------
// OK and *out. NOT_FOUND: its key or account is not known here (yet). DENIED, INVALID, TOO_LARGE: err says why. NO_MEMORY.
MUST_CHECK enum status auth_tokens_find(struct auth_tokens *tokens, struct str token,
                                        struct auth_principal *out, struct error *err);
// What revoking one of our own tokens needs, with the id "t:..." in arena. The statuses of auth_tokens_find.
MUST_CHECK enum status auth_tokens_identify(struct auth_tokens *tokens, struct str token,
                                            struct arena *arena, struct str *id,
                                            int64_t *expires_s);

#endif
