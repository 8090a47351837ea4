// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Sets of public keys (JWK Set, RFC 7517): an issuer's, read; our own, written.
#ifndef FOOTFALL_AUTH_JWKS_H
#define FOOTFALL_AUTH_JWKS_H

#include "auth/jwt.h"
#include "base/json_write.h"

#define JWKS_BYTES_MAX ((size_t)256 << 10)
#define JWKS_KEYS_MAX 64

// An immutable set, shared by threads.
struct jwks;
// Keys that cannot be used here (another kty or curve, weak, "use" or "key_ops" for something else, an "alg" that does not fit, no or
// a repeated kid beside others) are left out: an issuer may have them for others. INVALID: no JWK Set, or none of its keys can be used.
MUST_CHECK enum status jwks_read(struct str text, struct jwks **out, struct error *err);
void jwks_free(struct jwks *set); // NULL is fine
size_t jwks_count(const struct jwks *set);
const struct jwt_key *jwks_at(const struct jwks *set, size_t index);
// The key of that kid; kid data NULL: the only one there is, else NULL.
const struct jwt_key *jwks_find(const struct jwks *set, struct str kid);

// One key of a set, public part only. INVALID: the key has none (HS256).
MUST_CHECK enum status jwks_write_key(struct json_writer *writer, const struct jwt_key *key);

#endif
