// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Between the files of people's tokens.
#ifndef FOOTFALL_GATEWAY_TOKENS_PRIVATE_H
#define FOOTFALL_GATEWAY_TOKENS_PRIVATE_H

#include "base/metrics.h"
#include "base/workers.h"
#include "gateway/tokens.h"

struct gateway_tokens {
    struct gateway_tokens_config config;
    pthread_mutex_t loading; // a look that began before a change must not undo what came after it
    bool sealed;
    unsigned char seal_key[GATEWAY_SEAL_KEY_BYTES];
    struct workers *hashers;      // NULL unless it serves
    struct limit_table *attempts; // NULL unless it serves
    char nobody[128]; // a password hash that no password has: work for accounts that are not there
    _Atomic int64_t swept_ms;               // when what is over was removed last
    atomic_bool cannot_open;                // a key could not be opened, which was logged
    metrics_id succeeded, refused, limited; // logins
};

// --- signing_keys.c
MUST_CHECK enum status gateway_signing_read(struct gateway_tokens *tokens,
                                            const struct store_signing_key *row,
                                            struct auth_tokens_key *out);
// Makes the key of this number. OK also when another process made it.
MUST_CHECK enum status gateway_signing_make(struct gateway_tokens *tokens, int64_t number,
                                            int64_t signs_from_ms);
// Makes the first or the next key when it is time, and removes those whose tokens are over.
MUST_CHECK enum status gateway_signing_tend(struct gateway_tokens *tokens,
                                            const struct store_signing_key *rows, size_t count);

// --- token_request.c
enum token_parameter {
    TOKEN_GRANT_TYPE,
    TOKEN_USERNAME,
    TOKEN_PASSWORD,
    TOKEN_REFRESH_TOKEN,
    TOKEN_CLIENT_ID,
    TOKEN_CLIENT_SECRET,
    TOKEN_SCOPE,
    TOKEN_SUBJECT,
    TOKEN_PROJECT,
    TOKEN_TOKEN,
    TOKEN_HINT,
    TOKEN_PARAMETERS
};
struct token_request {
    struct str values[TOKEN_PARAMETERS];     // data NULL: absent
    struct str client_user, client_password; // of Basic; data NULL: none
};
// Form or JSON. False: the reply was sent.
bool token_request_read(struct http_exchange *exchange, struct token_request *out);
// An error of RFC 6749 5.2.
void token_reply_error(struct http_exchange *exchange, unsigned status, const char *error,
                       const char *description);
void token_reply_unavailable(struct http_exchange *exchange);
// refresh empty: none.
void token_reply(struct http_exchange *exchange, struct gateway_tokens *tokens,
                 const struct auth_grant *grant, struct str refresh);
// scope: the name of a role that is not above `most`; absent: that. False: the reply was sent.
bool token_read_scope(struct http_exchange *exchange, struct str scope, enum auth_role most,
                      enum auth_role *out);

// --- token_login.c: the grants
void gateway_token_password(struct http_exchange *exchange, struct gateway_tokens *tokens,
                            const struct token_request *request);
// NOT_FOUND. Texts live in arena.
MUST_CHECK enum status gateway_account_find(struct gateway_tokens *tokens, struct arena *arena,
                                            struct str email, struct store_account *out);
// ASCII letters small, in arena; data NULL: no memory.
struct str gateway_account_email(struct arena *arena, struct str email);
// Runs `run` on the pool for passwords, or replies with 503.
void gateway_tokens_hash_later(struct http_exchange *exchange, struct gateway_tokens *tokens,
                               void (*run)(struct http_exchange *exchange,
                                           struct gateway_tokens *tokens, void *context),
                               void *context);

// --- token_refresh.c
// A first refresh token for the grant, whose family it sets. text in arena.
MUST_CHECK enum status gateway_family_begin(struct gateway_tokens *tokens, struct arena *arena,
                                            struct auth_grant *grant, struct str *text);
void gateway_token_refresh(struct http_exchange *exchange, struct gateway_tokens *tokens,
                           const struct token_request *request);
void gateway_token_revoke(struct http_exchange *exchange, void *tokens);

// --- accounts.c
void gateway_accounts_list(struct http_exchange *exchange, void *tokens);
void gateway_accounts_create(struct http_exchange *exchange, void *tokens);
void gateway_accounts_get(struct http_exchange *exchange, void *tokens);
void gateway_accounts_change(struct http_exchange *exchange, void *tokens);
void gateway_accounts_delete(struct http_exchange *exchange, void *tokens);

// After something changed: what requests are checked against, now. A failure is made good by the next look.
void gateway_tokens_reload(struct gateway_tokens *tokens);

#endif
