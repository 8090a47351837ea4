// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Logging in with a password: slowly, whoever tries, and as much work for an account that is not there.
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "gateway/private.h"
#include "gateway/tokens_private.h"

#define KIND_ACCOUNT 1
#define KIND_ADDRESS 2
#define NS_PER_S INT64_C(1000000000)

struct str gateway_account_email(struct arena *arena, struct str email) {
    struct str copy = arena_copy(arena, email);
    char *text = (char *)(uintptr_t)copy.data;
    for (size_t i = 0; text && i < copy.len; i++) {
        if (text[i] >= 'A' && text[i] <= 'Z') {
            text[i] = (char)(text[i] - 'A' + 'a');
        }
    }
    return copy;
}

enum status gateway_account_find(struct gateway_tokens *tokens, struct arena *arena,
                                 struct str email, struct store_account *out) {
    struct store_account *accounts = NULL;
    size_t count = 0;
    enum status status = store_accounts(tokens->config.store, arena, &accounts, &count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        if (str_equal(accounts[i].email, email)) {
            *out = accounts[i];
            return STATUS_OK;
        }
    }
    return status == STATUS_OK ? STATUS_NOT_FOUND : status;
}

// --- The pool -----------------------------------------------------------------------------------------------------------
struct hash_work {
    struct work work; // first member
    struct http_exchange *exchange;
    struct gateway_tokens *tokens;
    void (*run)(struct http_exchange *exchange, struct gateway_tokens *tokens, void *context);
    void *context;
};

static void run_hash_work(struct work *work) {
    struct hash_work *hash = (struct hash_work *)(void *)work;
    hash->run(hash->exchange, hash->tokens, hash->context); // the arena goes with the reply
}

void gateway_tokens_hash_later(struct http_exchange *exchange, struct gateway_tokens *tokens,
                               void (*run)(struct http_exchange *exchange,
                                           struct gateway_tokens *tokens, void *context),
                               void *context) {
    struct hash_work *hash = arena_alloc(&exchange->arena, sizeof *hash);
    if (!hash) {
        token_reply_unavailable(exchange);
        return;
    }
    *hash = (struct hash_work){.work.run = run_hash_work,
                               .exchange = exchange,
                               .tokens = tokens,
                               .run = run,
                               .context = context};
    if (workers_submit(tokens->hashers, &hash->work) != STATUS_OK) {
        token_reply_unavailable(exchange);
    }
}

// --- The grant ----------------------------------------------------------------------------------------------------------
static void refuse(struct http_exchange *exchange) {
    token_reply_error(exchange, 400, "invalid_grant", "no account has this email and password");
}

// What both have in common: an attempt is counted before it is judged, so that many at once are no more than many in turn.
static bool may_try(struct http_exchange *exchange, struct gateway_tokens *tokens,
                    struct str email) {
    const struct gateway_tokens_config *config = &tokens->config;
    int64_t now_ns = config->clock->mono_us(config->clock) * 1000;
    struct limit_outcome by_address = {.allowed = true};
    struct limit_outcome by_account = {.allowed = true};
    if (limit_rate_limits(&config->address_rate)) {
        uint64_t key =
            limit_table_key_address(tokens->attempts, KIND_ADDRESS, exchange->request.remote_ip);
        (void)limit_table_take(tokens->attempts, key, &config->address_rate, 1, now_ns,
                               &by_address);
    }
    // Who may not try does not use up what the account's owner may.
    if (by_address.allowed && limit_rate_limits(&config->account_rate)) {
        uint64_t key = limit_table_key(tokens->attempts, KIND_ACCOUNT, email);
        (void)limit_table_take(tokens->attempts, key, &config->account_rate, 1, now_ns,
                               &by_account);
    }
    if (by_address.allowed && by_account.allowed) {
        return true;
    }
    int64_t wait =
        by_address.retry_ns > by_account.retry_ns ? by_address.retry_ns : by_account.retry_ns;
    char seconds[24];
    (void)snprintf(seconds, sizeof seconds, "%lld", (long long)((wait + NS_PER_S - 1) / NS_PER_S));
    metrics_add(tokens->limited, 1);
    LOG_WARN("auth", "too many attempts to log in", LOG_STR("remote", exchange->request.remote_ip),
             LOG_STR("requestId", exchange->request_id));
    http_reply_header(exchange, "Retry-After", str_from_c(seconds));
    token_reply_error(exchange, 429, "slow_down", "too many attempts to log in; try again later");
    return false;
}

static bool verify(const char *hash, struct str password) {
    return auth_password_verify(hash, password);
}

static void log_in(struct http_exchange *exchange, struct gateway_tokens *tokens, void *context) {
    const struct token_request *request = context;
    struct arena *arena = &exchange->arena;
    struct store_account account = {.disabled = true};
    struct auth_grant grant = {.version = 0};
    struct str email = gateway_account_email(arena, request->values[TOKEN_USERNAME]);
    struct str refresh = STR_EMPTY;
    enum status status =
        email.data ? gateway_account_find(tokens, arena, email, &account) : STATUS_NO_MEMORY;
    if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
        token_reply_unavailable(exchange);
        return;
    }
    const char *hash = tokens->nobody;
    if (status == STATUS_OK) {
        struct str copy = arena_copy(arena, account.password_hash); // with a NUL
        hash = copy.data ? copy.data : hash;
    }
    bool right = verify(hash, request->values[TOKEN_PASSWORD]);
    if (!right || status != STATUS_OK || account.disabled ||
        !auth_role_from_name(account.role, &grant.role)) {
        metrics_add(tokens->refused, 1);
        refuse(exchange);
        return;
    }
    if (!token_read_scope(exchange, request->values[TOKEN_SCOPE], grant.role, &grant.role)) {
        return;
    }
    grant.subject = grant.account = account.email;
    grant.project = account.project;
    grant.version = account.version;
    if (gateway_family_begin(tokens, arena, &grant, &refresh) != STATUS_OK) {
        token_reply_unavailable(exchange);
        return;
    }
    gateway_tokens_reload(tokens); // an account that was made elsewhere a moment ago
    metrics_add(tokens->succeeded, 1);
    token_reply(exchange, tokens, &grant, refresh);
}

void gateway_token_password(struct http_exchange *exchange, struct gateway_tokens *tokens,
                            const struct token_request *request) {
    struct str email = gateway_account_email(&exchange->arena, request->values[TOKEN_USERNAME]);
    struct token_request *copy = arena_alloc(&exchange->arena, sizeof *copy);
    if (!email.data || !copy) {
        token_reply_unavailable(exchange);
        return;
    }
    if (email.len == 0 || !request->values[TOKEN_PASSWORD].data) {
        token_reply_error(exchange, 400, "invalid_request", "username and password are needed");
        return;
    }
    if (may_try(exchange, tokens, email)) {
        *copy = *request;
        gateway_tokens_hash_later(exchange, tokens, log_in, copy);
    }
}
