// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// People's tokens at the gateway: logging in, refreshing, revoking, the keys that sign, and accounts.
//
//   store (accounts, signing keys, families, revocations) -> gateway_tokens_load -> struct auth_tokens -> every request
//   POST /auth/token, /auth/revoke    GET /.well-known/jwks.json    /accounts    POST /auth/keys/rotate
//
// Passwords are hashed on a pool of their own: so many at once, so many waiting, the others are told to come again.
#ifndef FOOTFALL_GATEWAY_TOKENS_H
#define FOOTFALL_GATEWAY_TOKENS_H

#include "auth/tokens.h"
#include "http/router.h"
#include "limit/table.h"
#include "store/tokens.h"

#define GATEWAY_SEAL_KEY_BYTES 32

struct gateway_tokens_config {
    struct store *store;
    struct auth_keyring *keyring;
    struct auth_tokens *tokens;
    struct clock *clock;
    struct random_source *random;
    bool serves;                  // has the routes below, and makes signing keys; false: only loads
    enum jwt_algorithm algorithm; // of keys that are made
    int64_t session_ms;  // how long a family of refresh tokens lives, whatever is done with it
    int64_t rotation_ms; // from one signing key to the next
    // With it private keys are sealed in the store; NULL: they stand there as they are. Copied.
    const unsigned char *seal_key;
    unsigned hash_threads, hash_queue;            // of the pool for passwords
    struct limit_rate account_rate, address_rate; // attempts to log in
};
struct gateway_tokens;
MUST_CHECK enum status gateway_tokens_make(const struct gateway_tokens_config *config,
                                           struct gateway_tokens **out, struct error *err);
void gateway_tokens_free(struct gateway_tokens *tokens); // after the server; NULL is fine

// Reads what the store holds, makes the next signing key when it is time, and removes what is over. Blocks; one thread at a time is not
// needed. What cannot be opened with this seal key is used for verifying alone.
MUST_CHECK enum status gateway_tokens_load(struct gateway_tokens *tokens, struct error *err);

struct http_route_table gateway_tokens_routes(struct gateway_tokens *tokens);

#endif
