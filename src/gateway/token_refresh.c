// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Refresh tokens: one after another of a family, each good for once.
//
//   fr_ + base64url( family secret, 16 bytes | token secret, 32 bytes )
//
// The family's id is a hash of its secret, so that who sees an id (in an access token) cannot make a token of that family. A token with
// the right family secret that is not the newest was given out before: somebody uses it a second time, its owner or a thief, and nobody
// can tell which. So the whole family ends.
#include <sodium.h>

#include "base/log.h"
#include "gateway/private.h"
#include "gateway/tokens_private.h"

#define PREFIX "fr_"
#define FAMILY_BYTES 16
#define TOKEN_BYTES 32

struct refresh_token {
    unsigned char bytes[FAMILY_BYTES + TOKEN_BYTES];
    char id[65], hash[65]; // hex
};

static void name(struct refresh_token *token) {
    auth_key_hash(str_make((const char *)token->bytes, FAMILY_BYTES), token->id);
    auth_key_hash(str_make((const char *)token->bytes, sizeof token->bytes), token->hash);
}

static bool read_token(struct str text, struct refresh_token *out) {
    size_t len = 0;
    if (!str_starts_with(text, STR(PREFIX)) ||
        sodium_base642bin(out->bytes, sizeof out->bytes, text.data + sizeof PREFIX - 1,
                          text.len - (sizeof PREFIX - 1), NULL, &len, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        len != sizeof out->bytes) {
        return false;
    }
    name(out);
    return true;
}

// The token secret anew; the family secret too, when it begins one.
static struct str make_token(struct gateway_tokens *tokens, struct arena *arena, bool begins,
                             struct refresh_token *token) {
    struct random_source *random = tokens->config.random;
    char text[96];
    if (begins) {
        random->fill(random, token->bytes, FAMILY_BYTES);
    }
    random->fill(random, token->bytes + FAMILY_BYTES, TOKEN_BYTES);
    name(token);
    sodium_bin2base64(text, sizeof text, token->bytes, sizeof token->bytes,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    struct str made = arena_printf(arena, PREFIX "%s", text);
    sodium_memzero(text, sizeof text);
    return made;
}

enum status gateway_family_begin(struct gateway_tokens *tokens, struct arena *arena,
                                 struct auth_grant *grant, struct str *text) {
    struct refresh_token token;
    int64_t now = tokens->config.clock->wall_ms(tokens->config.clock);
    *text = make_token(tokens, arena, true, &token);
    grant->family = arena_copy(arena, str_from_c(token.id));
    if (!text->data || !grant->family.data) {
        return STATUS_NO_MEMORY;
    }
    struct store_family family = {.id = grant->family,
                                  .hash = str_from_c(token.hash),
                                  .account = grant->account,
                                  .version = grant->version,
                                  .role = str_from_c(auth_role_name(grant->role)),
                                  .project = grant->project,
                                  .subject = grant->subject,
                                  .created_ms = now,
                                  .expires_ms = now + tokens->config.session_ms};
    return store_family_put(tokens->config.store, &family, now);
}

// Refresh tokens at once, access tokens as soon as processes look.
static enum status end_family(struct gateway_tokens *tokens, struct arena *arena, struct str id) {
    int64_t now = tokens->config.clock->wall_ms(tokens->config.clock);
    struct store_revocation revocation = {
        .id = arena_printf(arena, "f:%.*s", STR_ARG(id)),
        .until_ms =
            now + (auth_tokens_lifetime_s(tokens->config.tokens) + 2 * JWT_LEEWAY_S) * 1000};
    if (!revocation.id.data) {
        return STATUS_NO_MEMORY;
    }
    enum status status = store_revocation_put(tokens->config.store, &revocation, now);
    if (status == STATUS_OK) {
        status = store_family_delete(tokens->config.store, id);
        status = status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    if (status == STATUS_OK) {
        gateway_tokens_reload(tokens);
    }
    return status;
}

static void refuse(struct http_exchange *exchange) {
    token_reply_error(exchange, 400, "invalid_grant", "this refresh token is not valid: log in");
}

static void end_and_refuse(struct http_exchange *exchange, struct gateway_tokens *tokens,
                           struct str id, const char *reason) {
    LOG_WARN("auth", "a session ends", LOG_CSTR("reason", reason), LOG_STR("family", id),
             LOG_STR("remote", exchange->request.remote_ip),
             LOG_STR("requestId", exchange->request_id));
    if (end_family(tokens, &exchange->arena, id) == STATUS_OK) {
        refuse(exchange);
    } else {
        token_reply_unavailable(exchange);
    }
}

// OK, or DENIED: the account is not what it was when the family began.
static enum status check_account(struct gateway_tokens *tokens, struct arena *arena,
                                 const struct store_family *family) {
    struct store_account account;
    enum status status = gateway_account_find(tokens, arena, family->account, &account);
    if (status == STATUS_NOT_FOUND ||
        (status == STATUS_OK && (account.disabled || account.version != family->version))) {
        return STATUS_DENIED;
    }
    return status;
}

static void turn(struct http_exchange *exchange, struct gateway_tokens *tokens,
                 const struct token_request *request, struct refresh_token *token,
                 const struct store_family *family) {
    int64_t now = tokens->config.clock->wall_ms(tokens->config.clock);
    struct str used = arena_copy(&exchange->arena, str_from_c(token->hash));
    struct str text = make_token(tokens, &exchange->arena, false, token);
    struct auth_grant grant = {.subject = family->subject,
                               .project = family->project,
                               .account = family->account,
                               .version = family->version,
                               .family = family->id};
    enum auth_role most = AUTH_ROLE_NONE;
    if (!auth_role_from_name(family->role, &most)) {
        refuse(exchange);
        return;
    }
    if (!token_read_scope(exchange, request->values[TOKEN_SCOPE], most, &grant.role)) {
        return;
    }
    enum status status = used.data && text.data
                             ? store_family_turn(tokens->config.store, family->id, used,
                                                 str_from_c(token->hash), family->expires_ms, now)
                             : STATUS_NO_MEMORY;
    if (status == STATUS_PRECONDITION) {
        end_and_refuse(exchange, tokens, family->id, "a refresh token was used twice");
    } else if (status != STATUS_OK) {
        token_reply_unavailable(exchange);
    } else {
        token_reply(exchange, tokens, &grant, text);
    }
}

void gateway_token_refresh(struct http_exchange *exchange, struct gateway_tokens *tokens,
                           const struct token_request *request) {
    struct refresh_token token;
    struct store_family family;
    int64_t now = tokens->config.clock->wall_ms(tokens->config.clock);
    if (!read_token(request->values[TOKEN_REFRESH_TOKEN], &token)) {
        refuse(exchange);
        return;
    }
    struct str id = arena_copy(&exchange->arena, str_from_c(token.id));
    enum status status = id.data
                             ? store_family_get(tokens->config.store, id, &exchange->arena, &family)
                             : STATUS_NO_MEMORY;
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && family.expires_ms <= now)) {
        refuse(exchange);
        return;
    }
    family.id = id;
    if (status == STATUS_OK &&
        (family.hash.len != 64 || sodium_memcmp(family.hash.data, token.hash, 64) != 0)) {
        end_and_refuse(exchange, tokens, id, "a refresh token was used twice");
        return;
    }
    if (status == STATUS_OK) {
        status = check_account(tokens, &exchange->arena, &family);
    }
    if (status == STATUS_DENIED) {
        end_and_refuse(exchange, tokens, id, "its account has changed");
    } else if (status != STATUS_OK) {
        token_reply_unavailable(exchange);
    } else {
        turn(exchange, tokens, request, &token, &family);
    }
}

// --- RFC 7009 -------------------------------------------------------------------------------------------------------------
static enum status revoke_access(struct gateway_tokens *tokens, struct arena *arena,
                                 struct str text) {
    struct store_revocation revocation = {.until_ms = 0};
    int64_t expires_s = 0;
    int64_t now = tokens->config.clock->wall_ms(tokens->config.clock);
    enum status status =
        auth_tokens_identify(tokens->config.tokens, text, arena, &revocation.id, &expires_s);
    if (status != STATUS_OK) {
        return status == STATUS_NO_MEMORY ? status : STATUS_OK; // there is nothing to revoke
    }
    revocation.until_ms = (expires_s + 2 * JWT_LEEWAY_S) * 1000;
    status = store_revocation_put(tokens->config.store, &revocation, now);
    if (status == STATUS_OK) {
        gateway_tokens_reload(tokens);
    }
    return status;
}

static enum status revoke_refresh(struct gateway_tokens *tokens, struct arena *arena,
                                  const struct refresh_token *token) {
    struct store_family family;
    struct str id = arena_copy(arena, str_from_c(token->id));
    if (!id.data) {
        return STATUS_NO_MEMORY;
    }
    enum status status = store_family_get(tokens->config.store, id, arena, &family);
    if (status == STATUS_OK) {
        return end_family(tokens, arena, id);
    }
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

void gateway_token_revoke(struct http_exchange *exchange, void *context) {
    struct gateway_tokens *tokens = context;
    struct token_request request;
    struct refresh_token token;
    if (!token_request_read(exchange, &request)) {
        return;
    }
    struct str text = request.values[TOKEN_TOKEN];
    if (!text.data) {
        token_reply_error(exchange, 400, "invalid_request", "token is missing");
        return;
    }
    enum status status = read_token(text, &token) ? revoke_refresh(tokens, &exchange->arena, &token)
                                                  : revoke_access(tokens, &exchange->arena, text);
    if (status != STATUS_OK) {
        token_reply_unavailable(exchange);
        return;
    }
    http_reply_header(exchange, "Cache-Control", STR("no-store"));
    http_reply_send_static(exchange, 200, "application/json", STR("{}"));
}
