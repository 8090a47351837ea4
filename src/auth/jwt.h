// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// JSON Web Tokens as JWS compact (RFC 7515, 7519): keys, reading, verifying, signing.
//
//   header.payload.signature      each part base64url without padding, in the one spelling it has
//
// The algorithm belongs to the key: a token's "alg" must name the key's own, and is never what chooses how to verify. Of the header
// only alg, kid, typ and crit are looked at: keys and addresses that a token brings along (jwk, jku, x5u, x5c) are not followed; a token
// with crit is refused (RFC 7515 4.1.11). "none" is no algorithm here.
//
// A key is immutable and may be shared by threads. Reading and verifying take some tens of microseconds: see auth/token_cache.h.
#ifndef FOOTFALL_AUTH_JWT_H
#define FOOTFALL_AUTH_JWT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/json_read.h"
#include "base/random.h"

#define JWT_TOKEN_MAX 8192 // bytes of a whole token
#define JWT_KID_MAX 128
#define JWT_SIGNATURE_MAX 1024 // of RSA with 8192 bits
#define JWT_LEEWAY_S 30

enum jwt_algorithm { JWT_EDDSA = 1, JWT_ES256, JWT_RS256, JWT_HS256 };
const char *jwt_algorithm_name(enum jwt_algorithm algorithm); // "EdDSA"
bool jwt_algorithm_from_name(struct str name, enum jwt_algorithm *out);

// --- Keys ---------------------------------------------------------------------------------------------------------
struct jwt_key;
// EDDSA, ES256 or HS256. kid: 1 to JWT_KID_MAX bytes. INVALID, NO_MEMORY.
MUST_CHECK enum status jwt_key_generate(enum jwt_algorithm algorithm, struct str kid,
                                        struct random_source *random, struct jwt_key **out);
// What jwt_key_private gave, or of HS256 a secret of at least 32 bytes.
MUST_CHECK enum status jwt_key_from_private(enum jwt_algorithm algorithm, struct str kid,
                                            struct str secret, struct jwt_key **out);
// Public keys: big-endian numbers as JWK has them. INVALID: a point off its curve, a modulus below 2048 or above 8192 bits, an even one.
MUST_CHECK enum status jwt_key_from_ed25519(struct str kid, struct str x, struct jwt_key **out);
MUST_CHECK enum status jwt_key_from_p256(struct str kid, struct str x, struct str y,
                                         struct jwt_key **out);
MUST_CHECK enum status jwt_key_from_rsa(struct str kid, struct str n, struct str e,
                                        struct jwt_key **out);
void jwt_key_free(struct jwt_key *key); // wipes; NULL is fine

enum jwt_algorithm jwt_key_algorithm(const struct jwt_key *key);
struct str jwt_key_kid(const struct jwt_key *key); // lives as long as the key
// Appends the secret part, for jwt_key_from_private. INVALID: a public key.
MUST_CHECK enum status jwt_key_private(const struct jwt_key *key, struct buffer *out);
// x (EdDSA: 32 bytes), or x and y (ES256: 64 bytes). INVALID: another algorithm.
MUST_CHECK enum status jwt_key_public(const struct jwt_key *key, unsigned char out[64],
                                      size_t *len);

// --- Signatures over bytes ------------------------------------------------------------------------------------------
MUST_CHECK enum status jwt_key_sign(const struct jwt_key *key, struct str message,
                                    unsigned char out[JWT_SIGNATURE_MAX], size_t *len);
MUST_CHECK bool jwt_key_verify(const struct jwt_key *key, struct str message, struct str signature);

// --- Tokens ---------------------------------------------------------------------------------------------------------
// Appends the token. claims: a JSON object.
MUST_CHECK enum status jwt_sign(const struct jwt_key *key, struct str type, struct str claims,
                                struct buffer *out);

struct jwt {
    struct str algorithm, kid, type; // of the header; kid and type have data NULL when absent
    const struct json_value *claims; // an object
    struct str signed_part;          // header.payload, of the token
    struct str signature;            // bytes
};
// Whether it has the shape of one (three parts, the first beginning like a JSON object): tells it from an API key.
bool jwt_looks_like(struct str token);
// Takes a token apart without verifying anything. INVALID for whatever is not exactly a token: err says why, without quoting it.
// TOO_LARGE, NO_MEMORY. Everything lives in arena, or in token.
MUST_CHECK enum status jwt_read(struct str token, struct arena *arena, struct jwt *out,
                                struct error *err);
// The signature by this key, whose algorithm and kid the token must name. DENIED.
MUST_CHECK enum status jwt_verify(const struct jwt *token, const struct jwt_key *key,
                                  struct error *err);

struct jwt_expected {
    struct str issuer;
    struct str audience;
    int64_t now_s;
};
// iss and aud as expected, exp there and not over, nbf and iat (when there) not to come, each with JWT_LEEWAY_S. DENIED: err says which.
MUST_CHECK enum status jwt_check_claims(const struct json_value *claims,
                                        const struct jwt_expected *expected, int64_t *expires_s,
                                        struct error *err);

// base64url without padding. INVALID: not the one spelling that bytes have. data of *out lives in arena.
MUST_CHECK enum status jwt_decode(struct str text, struct arena *arena, struct str *out);
MUST_CHECK enum status jwt_encode(struct str bytes, struct buffer *out);

#endif
