// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the tokens of people need as a whole: made, loaded, and the routes.
#include "gateway/tokens.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/thread.h"
#include "gateway/private.h"
#include "gateway/tokens_private.h"
#include "http/problem.h"
#include "http/query.h"

#define ATTEMPT_ENTRIES 65536
#define SWEEP_MS ((int64_t)3600 * 1000)
#define NEXT_KEY_MS                                                                                \
    ((int64_t)300 * 1000) // of a rotation by hand: others may keep the key set that long
#define JWKS_MAX_AGE "public, max-age=300"

enum status gateway_tokens_make(const struct gateway_tokens_config *config,
                                struct gateway_tokens **out, struct error *err) {
    struct gateway_tokens *tokens = calloc(1, sizeof *tokens);
    if (!tokens) {
        return error_set(err, STATUS_NO_MEMORY, "tokens: out of memory");
    }
    tokens->config = *config;
    thread_must(pthread_mutex_init(&tokens->loading, NULL));
    tokens->config.seal_key = NULL;
    if (config->seal_key) {
        tokens->sealed = true;
        memcpy(tokens->seal_key, config->seal_key, sizeof tokens->seal_key);
    }
    enum status status = STATUS_OK;
    if (config->serves) {
        static const char help[] = "Attempts to log in with a password, by outcome.";
        tokens->succeeded = metrics_counter("footfall_logins_total", help, "outcome=\"succeeded\"");
        tokens->refused = metrics_counter("footfall_logins_total", help, "outcome=\"refused\"");
        tokens->limited = metrics_counter("footfall_logins_total", help, "outcome=\"limited\"");
        status = auth_password_nobody(config->random, tokens->nobody);
        if (status == STATUS_OK) {
            status = limit_table_make(ATTEMPT_ENTRIES, config->random, &tokens->attempts);
        }
        if (status == STATUS_OK) {
            status = workers_start(config->hash_threads, config->hash_queue, "password",
                                   &tokens->hashers);
        }
    }
    if (status != STATUS_OK) {
        gateway_tokens_free(tokens);
        return error_set(err, status, "tokens: %s", status_text(status));
    }
    *out = tokens;
    return STATUS_OK;
}

void gateway_tokens_free(struct gateway_tokens *tokens) {
    if (tokens) {
        workers_stop(tokens->hashers);
        limit_table_free(tokens->attempts);
        thread_must(pthread_mutex_destroy(&tokens->loading));
        sodium_memzero(tokens->seal_key, sizeof tokens->seal_key);
        free(tokens);
    }
}

// --- Loading ------------------------------------------------------------------------------------------------------------
static enum status read_keys(struct gateway_tokens *tokens, struct arena *arena,
                             struct auth_tokens_state *state) {
    struct store_signing_key *rows = NULL;
    size_t count = 0;
    enum status status = store_signing_keys(tokens->config.store, arena, &rows, &count);
    if (status == STATUS_OK && tokens->config.serves) {
        status = gateway_signing_tend(tokens, rows, count);
        if (status == STATUS_OK) { // with what was made just now
            status = store_signing_keys(tokens->config.store, arena, &rows, &count);
        }
    }
    if (status != STATUS_OK) {
        return status;
    }
    state->keys = arena_alloc_array(arena, count + 1, sizeof *state->keys);
    if (!state->keys) {
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = gateway_signing_read(tokens, &rows[i], &state->keys[state->key_count]);
        if (status == STATUS_OK) {
            state->key_count++;
        } else if (status == STATUS_DENIED) {
            status = STATUS_OK; // sealed, and without a public part
        }
    }
    return status;
}

static enum status read_accounts(struct gateway_tokens *tokens, struct arena *arena,
                                 struct auth_tokens_state *state) {
    struct store_account *rows = NULL;
    size_t count = 0;
    enum status status = store_accounts(tokens->config.store, arena, &rows, &count);
    struct auth_tokens_account *accounts =
        status == STATUS_OK ? arena_alloc_array(arena, count + 1, sizeof *accounts) : NULL;
    if (!accounts) {
        return status == STATUS_OK ? STATUS_NO_MEMORY : status;
    }
    state->accounts = accounts;
    for (size_t i = 0; i < count; i++) {
        if (!rows[i].disabled) {
            accounts[state->account_count++] =
                (struct auth_tokens_account){rows[i].email, rows[i].version};
        }
    }
    return STATUS_OK;
}

static enum status read_revocations(struct gateway_tokens *tokens, struct arena *arena, int64_t now,
                                    struct auth_tokens_state *state) {
    struct store_revocation *rows = NULL;
    size_t count = 0;
    enum status status = store_revocations(tokens->config.store, now, arena, &rows, &count);
    struct str *revoked =
        status == STATUS_OK ? arena_alloc_array(arena, count + 1, sizeof *revoked) : NULL;
    if (!revoked) {
        return status == STATUS_OK ? STATUS_NO_MEMORY : status;
    }
    for (size_t i = 0; i < count; i++) {
        revoked[i] = rows[i].id;
    }
    state->revoked = revoked;
    state->revoked_count = count;
    return STATUS_OK;
}

static void sweep(struct gateway_tokens *tokens, int64_t now) {
    int64_t last = atomic_load(&tokens->swept_ms);
    if (tokens->config.serves && now - last >= SWEEP_MS &&
        atomic_compare_exchange_strong(&tokens->swept_ms, &last, now)) {
        enum status status = store_tokens_sweep(tokens->config.store, now);
        if (status != STATUS_OK) {
            LOG_WARN("auth", "sessions that are over could not be removed; tried again in an hour",
                     LOG_CSTR("status", status_text(status)));
        }
    }
}

static enum status load(struct gateway_tokens *tokens, struct error *err) {
    struct arena arena;
    struct auth_tokens_state state = {.key_count = 0};
    int64_t now = tokens->config.clock->wall_ms(tokens->config.clock);
    arena_init(&arena, 16 * 1024, 0);
    enum status status = read_accounts(tokens, &arena, &state);
    if (status == STATUS_OK) {
        status = read_revocations(tokens, &arena, now, &state);
    }
    if (status == STATUS_OK) {
        status = read_keys(tokens, &arena, &state);
    }
    if (status == STATUS_OK) {
        status = auth_tokens_replace(tokens->config.tokens, &state);
    } else {
        for (size_t i = 0; i < state.key_count; i++) {
            jwt_key_free(state.keys[i].key);
        }
    }
    arena_free(&arena);
    if (status == STATUS_OK) {
        sweep(tokens, now);
    }
    return status == STATUS_OK
               ? status
               : error_set(err, status, "tokens: cannot be loaded from the store: %s",
                           status_text(status));
}

enum status gateway_tokens_load(struct gateway_tokens *tokens, struct error *err) {
    thread_must(pthread_mutex_lock(&tokens->loading));
    enum status status = load(tokens, err);
    thread_must(pthread_mutex_unlock(&tokens->loading));
    return status;
}

void gateway_tokens_reload(struct gateway_tokens *tokens) {
    struct error err = {STATUS_OK, ""};
    if (gateway_tokens_load(tokens, &err) != STATUS_OK) {
        LOG_WARN("auth", "a change is not yet seen here", LOG_CSTR("reason", err.text));
    }
}

// --- Routes -------------------------------------------------------------------------------------------------------------
static void handle_jwks(struct http_exchange *exchange, void *context) {
    struct gateway_tokens *tokens = context;
    struct json_writer writer;
    if (!http_query_read(exchange, NULL, NULL, 0)) {
        return;
    }
    json_writer_init(&writer, http_reply_body(exchange));
    auth_tokens_write_jwks(tokens->config.tokens, &writer);
    http_reply_header(exchange, "Cache-Control", STR(JWKS_MAX_AGE));
    http_reply_send(exchange, 200, "application/jwk-set+json");
}

// All keys there are stop counting at once: {"revoke":"all"}.
static enum status rotate(struct gateway_tokens *tokens, struct arena *arena, bool revoke) {
    struct store_signing_key *rows = NULL;
    size_t count = 0;
    int64_t now = tokens->config.clock->wall_ms(tokens->config.clock);
    enum status status = store_signing_keys(tokens->config.store, arena, &rows, &count);
    if (status == STATUS_OK) {
        status = gateway_signing_make(tokens, count > 0 ? rows[count - 1].number + 1 : 1,
                                      revoke ? now : now + NEXT_KEY_MS);
    }
    for (size_t i = 0; i < count && revoke && status == STATUS_OK; i++) {
        status = store_signing_key_delete(tokens->config.store, rows[i].number);
        status = status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    return status;
}

static void handle_rotate(struct http_exchange *exchange, void *context) {
    struct gateway_tokens *tokens = context;
    static const char *const names[] = {"revoke"};
    struct str values[1] = {STR_EMPTY};
    const struct auth_principal *principal = exchange->principal;
    if (!http_query_read(exchange, NULL, NULL, 0) ||
        (exchange->request.body.len > 0 && !gateway_read_strings(exchange, names, values, 1))) {
        return;
    }
    if (principal->project[0]) {
        http_reply_problem(exchange, 403, STR("Signing keys are for every project."));
        return;
    }
    if (values[0].data && !str_equal(values[0], STR("all"))) {
        http_reply_problem(exchange, 400, STR("\"revoke\": \"all\" or nothing is possible."));
        return;
    }
    if (rotate(tokens, &exchange->arena, values[0].data != NULL) != STATUS_OK) {
        http_reply_problem(exchange, 503, STR("The key could not be stored."));
        return;
    }
    gateway_tokens_reload(tokens);
    http_reply_send(exchange, 204, NULL);
}

static void handle_token(struct http_exchange *exchange, void *context);

#define ADMIN(methods, pattern, handler)                                                           \
    { (methods), (pattern), AUTH_ACCESS_ADMIN, true, (handler) }
static const struct http_route token_routes[] = {
    {HTTP_POST_, "/auth/token", AUTH_ACCESS_PUBLIC, true, handle_token},
    {HTTP_POST_, "/auth/revoke", AUTH_ACCESS_PUBLIC, true, gateway_token_revoke},
    {HTTP_GET_, "/.well-known/jwks.json", AUTH_ACCESS_PUBLIC, false, handle_jwks},
    ADMIN(HTTP_POST_, "/auth/keys/rotate", handle_rotate),
    ADMIN(HTTP_GET_, "/accounts", gateway_accounts_list),
    ADMIN(HTTP_POST_, "/accounts", gateway_accounts_create),
    ADMIN(HTTP_GET_, "/accounts/:id", gateway_accounts_get),
    ADMIN(HTTP_PATCH_, "/accounts/:id", gateway_accounts_change),
    ADMIN(HTTP_DELETE_, "/accounts/:id", gateway_accounts_delete),
};

struct http_route_table gateway_tokens_routes(struct gateway_tokens *tokens) {
    return (struct http_route_table){token_routes, sizeof token_routes / sizeof token_routes[0],
                                     tokens};
}

// --- POST /auth/token -----------------------------------------------------------------------------------------------------
// For a server: its own role or less; or, of an editor, a token for one person.
static void client_credentials(struct http_exchange *exchange, struct gateway_tokens *tokens,
                               const struct token_request *request) {
    const struct str *values = request->values;
    bool basic = request->client_user.data != NULL;
    struct str id = basic ? request->client_user : values[TOKEN_CLIENT_ID];
    struct str secret = basic ? request->client_password : values[TOKEN_CLIENT_SECRET];
    struct auth_principal key;
    if (!auth_keyring_find_api_key(tokens->config.keyring, secret, &key) ||
        !str_equal(id, str_from_c(key.key_id))) {
        http_reply_header(exchange, "WWW-Authenticate", STR("Basic realm=\"footfall\""));
        token_reply_error(exchange, 401, "invalid_client",
                          "client_id is the id of an API key, client_secret the key");
        return;
    }
    struct str project = str_from_c(key.project);
    if (values[TOKEN_PROJECT].data && project.len > 0 &&
        !str_equal(project, values[TOKEN_PROJECT])) {
        token_reply_error(exchange, 400, "invalid_scope", "there is no such project for this key");
        return;
    }
    if (values[TOKEN_PROJECT].data) {
        project = values[TOKEN_PROJECT];
    }
    struct auth_grant grant = {
        .subject = str_from_c(key.key_id),
        .project = project,
        .account = arena_printf(&exchange->arena, "key:%s", key.key_id),
    };
    if (!values[TOKEN_SUBJECT].data) {
        if (token_read_scope(exchange, values[TOKEN_SCOPE], key.role, &grant.role)) {
            token_reply(exchange, tokens, &grant, STR_EMPTY);
        }
        return;
    }
    grant.subject = values[TOKEN_SUBJECT];
    grant.role = AUTH_ROLE_SELF;
    if (key.role < AUTH_ROLE_EDITOR) {
        token_reply_error(exchange, 400, "unauthorized_client",
                          "a key with the role editor or admin makes tokens for people");
    } else if (grant.subject.len == 0 || grant.subject.len > AUTH_SUBJECT_MAX || project.len == 0 ||
               !auth_keyring_has_project(tokens->config.keyring, project)) {
        token_reply_error(exchange, 400, "invalid_request",
                          "subject is a user id of at most 200 bytes, project one that there is");
    } else {
        token_reply(exchange, tokens, &grant, STR_EMPTY);
    }
}

static void handle_token(struct http_exchange *exchange, void *context) {
    struct gateway_tokens *tokens = context;
    struct token_request request;
    if (!token_request_read(exchange, &request)) {
        return;
    }
    struct str grant = request.values[TOKEN_GRANT_TYPE];
    if (str_equal(grant, STR("password"))) {
        gateway_token_password(exchange, tokens, &request);
    } else if (str_equal(grant, STR("refresh_token"))) {
        gateway_token_refresh(exchange, tokens, &request);
    } else if (str_equal(grant, STR("client_credentials"))) {
        client_credentials(exchange, tokens, &request);
    } else if (!grant.data) {
        token_reply_error(exchange, 400, "invalid_request", "grant_type is missing");
    } else {
        token_reply_error(exchange, 400, "unsupported_grant_type",
                          "password, client_credentials and refresh_token are possible");
    }
}
