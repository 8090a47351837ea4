// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What counts at the moment, and verifying against it.
#include "auth/tokens.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "auth/issuers.h"
#include "auth/token_cache.h"
#include "base/thread.h"
#include "base/uuid.h"

#define CACHE_ENTRIES 4096
#define CLAIMS_MAX 4096
#define KEY_PREFIX "key:"

// One block of what the store said last. Texts live in the arena.
struct state {
    struct arena arena;
    struct auth_tokens_key *keys;
    size_t key_count;
    struct auth_tokens_account *accounts; // ascending by email
    size_t account_count;
    struct str *revoked; // ascending
    size_t revoked_count;
};

struct auth_tokens {
    struct auth_tokens_config config;
    struct token_cache *cache;
    char *issuer, *audience;
    pthread_rwlock_t lock; // guards state
    struct state state;
    _Atomic uint64_t generation;
};

enum status auth_tokens_make(const struct auth_tokens_config *config, struct auth_tokens **out) {
    if (sodium_init() < 0) {
        return STATUS_UNAVAILABLE;
    }
    struct auth_tokens *tokens = calloc(1, sizeof *tokens);
    if (!tokens) {
        return STATUS_NO_MEMORY;
    }
    tokens->config = *config;
    tokens->issuer = strndup(config->issuer.data, config->issuer.len);
    tokens->audience = strndup(config->audience.data, config->audience.len);
    tokens->generation = 1;
    thread_must(pthread_rwlock_init(&tokens->lock, NULL));
    size_t entries = config->cache_entries > 0 ? config->cache_entries : CACHE_ENTRIES;
    if (!tokens->issuer || !tokens->audience ||
        token_cache_make(entries, config->random, &tokens->cache) != STATUS_OK) {
        auth_tokens_free(tokens);
        return STATUS_NO_MEMORY;
    }
    *out = tokens;
    return STATUS_OK;
}

static void free_state(struct state *state) {
    for (size_t i = 0; i < state->key_count; i++) {
        jwt_key_free(state->keys[i].key);
    }
    arena_free(&state->arena);
}

void auth_tokens_free(struct auth_tokens *tokens) {
    if (tokens) {
        free_state(&tokens->state);
        token_cache_free(tokens->cache);
        thread_must(pthread_rwlock_destroy(&tokens->lock));
        free(tokens->issuer);
        free(tokens->audience);
        free(tokens);
    }
}

// --- What counts --------------------------------------------------------------------------------------------------------
static int compare_accounts(const void *a, const void *b) {
    const struct auth_tokens_account *x = a;
    const struct auth_tokens_account *y = b;
    return str_compare(x->email, y->email);
}

static int compare_texts(const void *a, const void *b) {
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static bool copy_state(const struct auth_tokens_state *from, struct state *to) {
    struct arena *arena = &to->arena;
    to->accounts = arena_alloc_array(arena, from->account_count + 1, sizeof *to->accounts);
    to->revoked = arena_alloc_array(arena, from->revoked_count + 1, sizeof *to->revoked);
    if (!to->accounts || !to->revoked) {
        return false;
    }
    bool copied = true;
    for (size_t i = 0; i < from->account_count; i++) {
        to->accounts[i] = from->accounts[i];
        to->accounts[i].email = arena_copy(arena, from->accounts[i].email);
        copied = copied && to->accounts[i].email.data;
    }
    for (size_t i = 0; i < from->revoked_count; i++) {
        to->revoked[i] = arena_copy(arena, from->revoked[i]);
        copied = copied && to->revoked[i].data;
    }
    to->account_count = from->account_count;
    to->revoked_count = from->revoked_count;
    qsort(to->accounts, to->account_count, sizeof *to->accounts, compare_accounts);
    qsort(to->revoked, to->revoked_count, sizeof *to->revoked, compare_texts);
    return copied;
}

static bool same_state(const struct state *a, const struct state *b) {
    bool same = a->key_count == b->key_count && a->account_count == b->account_count &&
                a->revoked_count == b->revoked_count;
    for (size_t i = 0; same && i < a->key_count; i++) {
        same = str_equal(jwt_key_kid(a->keys[i].key), jwt_key_kid(b->keys[i].key)) &&
               a->keys[i].signs_from_ms == b->keys[i].signs_from_ms;
    }
    for (size_t i = 0; same && i < a->account_count; i++) {
        same = str_equal(a->accounts[i].email, b->accounts[i].email) &&
               a->accounts[i].version == b->accounts[i].version;
    }
    for (size_t i = 0; same && i < a->revoked_count; i++) {
        same = str_equal(a->revoked[i], b->revoked[i]);
    }
    return same;
}

enum status auth_tokens_replace(struct auth_tokens *tokens, const struct auth_tokens_state *given) {
    struct state fresh = {.key_count = 0};
    arena_init(&fresh.arena, 4096, 0);
    fresh.keys = arena_alloc_array(&fresh.arena, given->key_count + 1, sizeof *fresh.keys);
    if (!fresh.keys || !copy_state(given, &fresh)) {
        for (size_t i = 0; i < given->key_count; i++) {
            jwt_key_free(given->keys[i].key);
        }
        arena_free(&fresh.arena);
        return STATUS_NO_MEMORY;
    }
    if (given->key_count > 0) {
        memcpy(fresh.keys, given->keys, given->key_count * sizeof *fresh.keys);
    }
    fresh.key_count = given->key_count;
    thread_must(pthread_rwlock_wrlock(&tokens->lock));
    struct state old = fresh;
    if (!same_state(&tokens->state, &fresh)) {
        old = tokens->state;
        tokens->state = fresh;
        tokens->generation++;
    }
    thread_must(pthread_rwlock_unlock(&tokens->lock));
    free_state(&old);
    return STATUS_OK;
}

static bool is_revoked(const struct state *state, struct str prefix, struct str id) {
    char text[256];
    struct buffer key;
    buffer_init_fixed(&key, text, sizeof text);
    buffer_append_str(&key, prefix);
    buffer_append_str(&key, id);
    struct str wanted = buffer_str(&key);
    return id.len > 0 && state->revoked_count > 0 && buffer_status(&key) == STATUS_OK &&
           bsearch(&wanted, state->revoked, state->revoked_count, sizeof wanted, compare_texts);
}

static bool has_account(const struct state *state, struct str email, int64_t version) {
    struct auth_tokens_account wanted = {email, version};
    const struct auth_tokens_account *found =
        state->account_count == 0 ? NULL
                                  : bsearch(&wanted, state->accounts, state->account_count,
                                            sizeof wanted, compare_accounts);
    return found && found->version == version;
}

// --- Issuing ----------------------------------------------------------------------------------------------------------
static enum status write_claims(struct auth_tokens *tokens, const struct auth_grant *grant,
                                struct buffer *out) {
    struct json_writer writer;
    char jti[UUID_TEXT_LEN + 1];
    int64_t now_ms = tokens->config.clock->wall_ms(tokens->config.clock);
    int64_t now = now_ms / 1000;
    uuid_v7(now_ms, tokens->config.random, jti);
    json_writer_init(&writer, out);
    json_begin_object(&writer);
    json_member_string(&writer, STR("iss"), str_from_c(tokens->issuer));
    json_member_string(&writer, STR("aud"), str_from_c(tokens->audience));
    json_member_string(&writer, STR("sub"), grant->subject);
    json_member_i64(&writer, STR("iat"), now);
    json_member_i64(&writer, STR("exp"), now + tokens->config.access_s);
    json_member_string(&writer, STR("jti"), str_from_c(jti));
    json_member_string(&writer, STR("role"), str_from_c(auth_role_name(grant->role)));
    if (grant->project.len > 0) {
        json_member_string(&writer, STR("project"), grant->project);
    }
    json_member_string(&writer, STR("acc"), grant->account);
    json_member_i64(&writer, STR("ver"), grant->version);
    if (grant->family.len > 0) {
        json_member_string(&writer, STR("sid"), grant->family);
    }
    json_end_object(&writer);
    return json_writer_status(&writer);
}

// The newest whose time has come.
static const struct jwt_key *signer(const struct state *state, int64_t now_ms) {
    const struct jwt_key *key = NULL;
    for (size_t i = 0; i < state->key_count; i++) {
        if (state->keys[i].can_sign && state->keys[i].signs_from_ms <= now_ms) {
            key = state->keys[i].key;
        }
    }
    return key;
}

enum status auth_tokens_issue(struct auth_tokens *tokens, const struct auth_grant *grant,
                              struct buffer *out) {
    struct buffer claims;
    buffer_init(&claims, CLAIMS_MAX);
    enum status status = write_claims(tokens, grant, &claims);
    if (status == STATUS_OK) {
        thread_must(pthread_rwlock_rdlock(&tokens->lock));
        const struct jwt_key *key =
            signer(&tokens->state, tokens->config.clock->wall_ms(tokens->config.clock));
        status = key ? jwt_sign(key, STR("at+jwt"), buffer_str(&claims), out) : STATUS_UNAVAILABLE;
        thread_must(pthread_rwlock_unlock(&tokens->lock));
    }
    buffer_free(&claims);
    return status;
}

int64_t auth_tokens_lifetime_s(const struct auth_tokens *tokens) {
    return tokens->config.access_s;
}

void auth_tokens_write_jwks(struct auth_tokens *tokens, struct json_writer *writer) {
    json_begin_object(writer);
    json_key(writer, STR("keys"));
    json_begin_array(writer);
    thread_must(pthread_rwlock_rdlock(&tokens->lock));
    for (size_t i = 0; i < tokens->state.key_count; i++) {
        const struct jwt_key *key = tokens->state.keys[i].key;
        if (jwt_key_algorithm(key) != JWT_HS256) { // has no public part
            enum status status = jwks_write_key(writer, key);
            writer->failed = writer->failed == STATUS_OK ? status : writer->failed;
        }
    }
    thread_must(pthread_rwlock_unlock(&tokens->lock));
    json_end_array(writer);
    json_end_object(writer);
}

// --- Verifying --------------------------------------------------------------------------------------------------------
static bool set_text(char *out, size_t size, struct str text) {
    if (text.len >= size || (text.len > 0 && memchr(text.data, '\0', text.len))) {
        return false;
    }
    if (text.len > 0) {
        memcpy(out, text.data, text.len);
    }
    out[text.len] = '\0';
    return true;
}

// For the access log and limits; what is too long there is stood for by a hash.
static void name_principal(struct auth_principal *out, const char *kind, struct str name) {
    int written = snprintf(out->key_id, sizeof out->key_id, "%s%.*s", kind, STR_ARG(name));
    if (written >= (int)sizeof out->key_id) {
        (void)snprintf(out->key_id, sizeof out->key_id, "%s#%016llx", kind,
                       (unsigned long long)str_hash(name, 0));
    }
}

static enum status read_principal(const struct json_value *claims, struct auth_principal *out) {
    struct str account = json_get_string(claims, STR("acc"));
    *out = (struct auth_principal){.role = AUTH_ROLE_NONE};
    if (!auth_role_from_name(json_get_string(claims, STR("role")), &out->role) ||
        out->role == AUTH_ROLE_WRITE ||
        !set_text(out->project, sizeof out->project, json_get_string(claims, STR("project"))) ||
        !set_text(out->subject, sizeof out->subject, json_get_string(claims, STR("sub"))) ||
        account.len == 0) {
        return STATUS_DENIED;
    }
    if (out->role == AUTH_ROLE_SELF && (!out->project[0] || !out->subject[0])) {
        return STATUS_DENIED;
    }
    if (out->role == AUTH_ROLE_SELF) {
        name_principal(out, "self:", str_from_c(out->subject));
        return STATUS_OK;
    }
    if (str_starts_with(account, STR(KEY_PREFIX))) {
        account.data += sizeof KEY_PREFIX - 1;
        account.len -= sizeof KEY_PREFIX - 1;
        return set_text(out->key_id, sizeof out->key_id, account) ? STATUS_OK : STATUS_DENIED;
    }
    name_principal(out, "account:", account);
    return STATUS_OK;
}

// Whether who stands behind it may still do something. With the lock held.
static enum status check_standing(const struct auth_tokens *tokens, const struct json_value *claims,
                                  struct error *err) {
    struct str account = json_get_string(claims, STR("acc"));
    int64_t version = -1;
    if (is_revoked(&tokens->state, STR("t:"), json_get_string(claims, STR("jti"))) ||
        is_revoked(&tokens->state, STR("f:"), json_get_string(claims, STR("sid")))) {
        return error_set(err, STATUS_DENIED, "it was revoked");
    }
    if (str_starts_with(account, STR(KEY_PREFIX))) {
        struct str id =
            str_make(account.data + sizeof KEY_PREFIX - 1, account.len - (sizeof KEY_PREFIX - 1));
        return tokens->config.keyring && auth_keyring_has_key(tokens->config.keyring, id)
                   ? STATUS_OK
                   : error_set(err, STATUS_NOT_FOUND, "the key it was made with is gone");
    }
    return json_to_i64(json_get(claims, STR("ver")), &version) &&
                   has_account(&tokens->state, account, version)
               ? STATUS_OK
               : error_set(err, STATUS_NOT_FOUND, "its account is not there or has changed");
}

static const struct jwt_key *find_key(const struct state *state, struct str kid) {
    for (size_t i = 0; i < state->key_count; i++) {
        if (kid.len > 0 && str_equal(jwt_key_kid(state->keys[i].key), kid)) {
            return state->keys[i].key;
        }
    }
    return NULL;
}

static enum status verify_own(struct auth_tokens *tokens, const struct jwt *jwt, int64_t now_s,
                              int64_t *expires_s, struct error *err) {
    struct jwt_expected expected = {str_from_c(tokens->issuer), str_from_c(tokens->audience),
                                    now_s};
    enum status status = STATUS_DENIED;
    thread_must(pthread_rwlock_rdlock(&tokens->lock));
    const struct jwt_key *key = find_key(&tokens->state, jwt->kid);
    if (!key) {
        status = error_set(err, STATUS_NOT_FOUND, "its key is not known");
    } else if (!str_equal(jwt->type, STR("at+jwt"))) {
        status = error_set(err, STATUS_DENIED, "it is no access token");
    } else {
        status = jwt_verify(jwt, key, err);
    }
    if (status == STATUS_OK) {
        status = jwt_check_claims(jwt->claims, &expected, expires_s, err);
    }
    if (status == STATUS_OK) {
        status = check_standing(tokens, jwt->claims, err);
    }
    thread_must(pthread_rwlock_unlock(&tokens->lock));
    return status;
}

static uint64_t generation_of(const struct auth_tokens *tokens) {
    uint64_t keys = tokens->config.keyring ? auth_keyring_generation(tokens->config.keyring) : 0;
    uint64_t issuers = auth_issuers_generation(tokens->config.issuers);
    return tokens->generation + (keys << 24) + (issuers << 48) + 1;
}

static enum status verify(struct auth_tokens *tokens, struct str token, int64_t now_s,
                          struct arena *arena, struct auth_principal *out, int64_t *expires_s,
                          struct error *err) {
    struct jwt jwt;
    enum status status = jwt_read(token, arena, &jwt, err);
    if (status != STATUS_OK) {
        return status;
    }
    struct str issuer = json_get_string(jwt.claims, STR("iss"));
    if (tokens->config.issuers && !str_equal(issuer, str_from_c(tokens->issuer))) {
        return auth_issuers_verify(tokens->config.issuers, &jwt, now_s, out, expires_s, err);
    }
    status = verify_own(tokens, &jwt, now_s, expires_s, err);
    if (status == STATUS_OK && read_principal(jwt.claims, out) != STATUS_OK) {
        status = error_set(err, STATUS_DENIED, "its claims cannot be used");
    }
    return status;
}

enum status auth_tokens_find(struct auth_tokens *tokens, struct str token,
                             struct auth_principal *out, struct error *err) {
    if (token.len > JWT_TOKEN_MAX) {
        return error_set(err, STATUS_TOO_LARGE, "it has more than %d bytes", JWT_TOKEN_MAX);
    }
    int64_t now_s = tokens->config.clock->wall_ms(tokens->config.clock) / 1000;
    uint64_t generation = generation_of(tokens); // before anything is looked at
    struct token_hash hash = token_cache_hash(tokens->cache, token);
    if (token_cache_find(tokens->cache, hash, generation, now_s, out)) {
        return STATUS_OK;
    }
    struct arena arena;
    int64_t expires_s = 0;
    arena_init(&arena, 4096, 0);
    enum status status = verify(tokens, token, now_s, &arena, out, &expires_s, err);
    arena_free(&arena);
    if (status == STATUS_OK) {
        token_cache_put(tokens->cache, hash, generation, expires_s + JWT_LEEWAY_S, out);
    }
    return status;
}

enum status auth_tokens_identify(struct auth_tokens *tokens, struct str token, struct arena *arena,
                                 struct str *id, int64_t *expires_s) {
    struct jwt jwt;
    int64_t now_s = tokens->config.clock->wall_ms(tokens->config.clock) / 1000;
    enum status status = jwt_read(token, arena, &jwt, NULL);
    if (status == STATUS_OK) {
        status = verify_own(tokens, &jwt, now_s, expires_s, NULL);
    }
    struct str jti = status == STATUS_OK ? json_get_string(jwt.claims, STR("jti")) : STR_EMPTY;
    if (status == STATUS_OK) {
        *id = jti.len > 0 ? arena_printf(arena, "t:%.*s", STR_ARG(jti)) : STR_EMPTY;
        status = jti.len == 0 ? STATUS_DENIED : id->data ? STATUS_OK : STATUS_NO_MEMORY;
    }
    return status;
}
