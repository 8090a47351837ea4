// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Administration of keys: a key is shown once, when it is made.
#include <sodium.h>
#include <stdio.h>

#include "base/json_write.h"
#include "base/log.h"
#include "base/uuid.h"
#include "gateway/private.h"
#include "http/problem.h"
#include "http/query.h"

static enum status replace_content(struct auth_keyring *keyring, struct arena *arena,
                                   const struct store_project *projects, size_t project_count,
                                   const struct store_key *keys, size_t key_count) {
    struct str *names = arena_alloc_array(arena, project_count + 1, sizeof *names);
    struct auth_keyring_key *entries = arena_alloc_array(arena, key_count + 1, sizeof *entries);
    if (!names || !entries) {
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < project_count; i++) {
        names[i] = projects[i].id;
    }
    for (size_t i = 0; i < key_count; i++) {
        entries[i] = (struct auth_keyring_key){
            .id = keys[i].id, .project = keys[i].project, .secret = keys[i].secret};
        if (!auth_role_from_name(keys[i].role, &entries[i].role)) {
            return STATUS_CORRUPT;
        }
    }
    return auth_keyring_replace(keyring, entries, key_count, names, project_count);
}

enum status gateway_load_keyring(struct store *store, struct auth_keyring *keyring,
                                 struct error *err) {
    struct arena arena;
    arena_init(&arena, 16 * 1024, 0);
    struct store_project *projects = NULL;
    struct store_key *keys = NULL;
    size_t project_count = 0;
    size_t key_count = 0;
    enum status status = store_projects(store, &arena, &projects, &project_count);
    if (status == STATUS_OK) {
        status = store_keys(store, &arena, &keys, &key_count);
    }
    if (status == STATUS_OK) {
        status = replace_content(keyring, &arena, projects, project_count, keys, key_count);
    }
    arena_free(&arena);
    return status == STATUS_OK ? STATUS_OK
                               : error_set(err, status, "keys: cannot be loaded from the store: %s",
                                           status_text(status));
}

static enum status check_request(const struct gateway_admin *admin,
                                 const struct gateway_key_request *request, enum auth_role *role,
                                 struct error *err) {
    if (!auth_role_from_name(request->role, role) || *role == AUTH_ROLE_SELF) {
        return error_set(err, STATUS_INVALID,
                         "role: one of write, viewer, editor, admin is needed");
    }
    if (request->project.len == 0 && *role == AUTH_ROLE_WRITE) {
        return error_set(err, STATUS_INVALID, "project: a write key sends to one project, name it");
    }
    if (request->project.len > 0 && admin->keyring &&
        !auth_keyring_has_project(admin->keyring, request->project)) {
        return error_set(err, STATUS_NOT_FOUND, "project: there is no project \"%.*s\"",
                         STR_ARG(request->project));
    }
    if (request->fixed.len >= AUTH_KEY_TEXT_MAX ||
        (request->fixed.data && request->fixed.len < 8)) {
        return error_set(err, STATUS_INVALID, "key: a key given beforehand has 8 to %d bytes",
                         AUTH_KEY_TEXT_MAX - 1);
    }
    return STATUS_OK;
}

static void make_id(const struct gateway_admin *admin, const struct gateway_key_request *request,
                    int64_t now, char id[AUTH_KEY_ID_MAX + 1]) {
    char uuid[UUID_TEXT_LEN + 1];
    if (request->id.data) {
        (void)snprintf(id, AUTH_KEY_ID_MAX + 1, "%.*s", STR_ARG(request->id));
        return;
    }
    uuid_v7(now, admin->random, uuid);
    (void)snprintf(id, AUTH_KEY_ID_MAX + 1, "key_%s", uuid);
}

enum status gateway_make_key(const struct gateway_admin *admin,
                             const struct gateway_key_request *request,
                             char id[AUTH_KEY_ID_MAX + 1], char text[AUTH_KEY_TEXT_MAX],
                             struct error *err) {
    enum auth_role role = AUTH_ROLE_NONE;
    enum status status = check_request(admin, request, &role, err);
    if (status == STATUS_NOT_FOUND && admin->refresh &&
        auth_refresh_now(admin->refresh) == STATUS_OK) {
        status = check_request(admin, request, &role, err); // made elsewhere a moment ago, perhaps
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (request->fixed.data) {
        (void)snprintf(text, AUTH_KEY_TEXT_MAX, "%.*s", STR_ARG(request->fixed));
    } else if (role == AUTH_ROLE_WRITE) {
        auth_make_write_key(admin->random, text);
    } else {
        auth_make_api_key(admin->random, text);
    }
    int64_t now = admin->clock->wall_ms(admin->clock);
    make_id(admin, request, now, id);
    char hash[65];
    auth_key_hash(str_from_c(text), hash);
    struct store_key key = {
        .id = str_from_c(id),
        .project = request->project,
        .kind = role == AUTH_ROLE_WRITE ? STR("write") : STR("api"),
        .role = request->role,
        .secret = role == AUTH_ROLE_WRITE ? str_from_c(text) : str_make(hash, 64),
        .label = request->label,
        .created_ms = now,
    };
    // The keyring first: it refuses a second key of the same text, and is memory only.
    if (admin->keyring) {
        status = auth_keyring_add(admin->keyring, key.id, key.project, role, key.secret);
    }
    if (status == STATUS_OK) {
        status = store_key_put(admin->store, &key);
        if (status != STATUS_OK && admin->keyring) {
            (void)auth_keyring_remove(admin->keyring, key.id);
        }
    }
    return status == STATUS_OK
               ? STATUS_OK
               : error_set(err, status, "key: could not be stored: %s", status_text(status));
}

// An API key's hash is not shown; a write key is public.
static void write_key(struct json_writer *writer, const struct store_key *key, struct str text) {
    bool is_write = str_equal(key->kind, STR("write"));
    json_begin_object(writer);
    json_member_string(writer, STR("id"), key->id);
    json_member_string_or_null(writer, STR("project"),
                               key->project.len > 0 ? key->project : STR_EMPTY);
    json_member_string(writer, STR("role"), key->role);
    json_member_string(writer, STR("label"), key->label);
    json_member_time(writer, STR("createdAt"), key->created_ms);
    if (text.data) {
        json_member_string(writer, STR("key"), text);
    } else if (is_write) {
        json_member_string(writer, STR("key"), key->secret);
    }
    json_end_object(writer);
}

// A key of one project administers that project alone: data NULL when the principal is for every project.
static struct str own_project(const struct http_exchange *exchange) {
    const struct auth_principal *principal = exchange->principal;
    return principal && principal->project[0] ? str_from_c(principal->project) : STR_EMPTY;
}

void gateway_keys_list(struct http_exchange *exchange, void *context) {
    const struct gateway_admin *admin = context;
    if (!http_query_read(exchange, NULL, NULL, 0)) {
        return;
    }
    struct store_key *keys = NULL;
    size_t count = 0;
    if (store_keys(admin->store, &exchange->arena, &keys, &count) != STATUS_OK) {
        http_reply_problem(exchange, 503, STR("The store cannot be read."));
        return;
    }
    struct json_writer writer;
    json_writer_init(&writer, http_reply_body(exchange));
    json_begin_list(&writer);
    struct str own = own_project(exchange);
    for (size_t i = 0; i < count; i++) {
        if (!own.data || str_equal(own, keys[i].project)) {
            write_key(&writer, &keys[i], STR_EMPTY);
        }
    }
    json_end_list(&writer, STR_EMPTY);
    http_reply_send(exchange, 200, "application/json");
}

void gateway_keys_create(struct http_exchange *exchange, void *context) {
    const struct gateway_admin *admin = context;
    static const char *const names[] = {"project", "role", "label"};
    struct str values[3];
    if (!http_query_read(exchange, NULL, NULL, 0) ||
        !gateway_read_strings(exchange, names, values, 3)) {
        return;
    }
    exchange->detail = values[1]; // the role
    struct gateway_key_request request = {
        .project = values[0], .role = values[1], .label = values[2].data ? values[2] : STR("")};
    struct str own = own_project(exchange);
    if (own.data && !request.project.data) {
        request.project = own;
    }
    if (own.data && !str_equal(own, request.project)) {
        http_reply_problem(exchange, 404, STR("There is no such project for this token."));
        return;
    }
    char id[AUTH_KEY_ID_MAX + 1];
    char text[AUTH_KEY_TEXT_MAX];
    struct error err = {STATUS_OK, ""};
    enum status status = gateway_make_key(admin, &request, id, text, &err);
    if (status != STATUS_OK) {
        bool theirs = status == STATUS_INVALID || status == STATUS_NOT_FOUND;
        http_reply_problem(exchange, theirs ? 400 : 503, str_from_c(err.text));
        return;
    }
    exchange->subject = arena_copy(&exchange->arena, str_from_c(id));
    exchange->project = request.project;
    LOG_INFO("gateway", "key made", LOG_CSTR("id", id), LOG_STR("role", request.role),
             LOG_STR("requestId", exchange->request_id));
    struct store_key key = {.id = str_from_c(id),
                            .project = request.project,
                            .kind = STR(""),
                            .role = request.role,
                            .label = request.label,
                            .created_ms = admin->clock->wall_ms(admin->clock)};
    struct json_writer writer;
    json_writer_init(&writer, http_reply_body(exchange));
    write_key(&writer, &key, str_from_c(text));
    sodium_memzero(text, sizeof text);
    http_reply_send(exchange, 201, "application/json");
}

// NOT_FOUND also for another project's key.
static enum status find_own_key(struct store *store, struct http_exchange *exchange,
                                struct str id) {
    struct store_key *keys = NULL;
    size_t count = 0;
    enum status status = store_keys(store, &exchange->arena, &keys, &count);
    if (status != STATUS_OK) {
        return status;
    }
    struct str own = own_project(exchange);
    for (size_t i = 0; i < count; i++) {
        if (str_equal(id, keys[i].id)) {
            exchange->project = keys[i].project;
            exchange->detail = keys[i].role;
            return !own.data || str_equal(own, keys[i].project) ? STATUS_OK : STATUS_NOT_FOUND;
        }
    }
    return STATUS_NOT_FOUND;
}

void gateway_keys_delete(struct http_exchange *exchange, void *context) {
    const struct gateway_admin *admin = context;
    if (!http_query_read(exchange, NULL, NULL, 0)) {
        return;
    }
    struct str id = exchange->parameters[0];
    enum status status = find_own_key(admin->store, exchange, id);
    if (status == STATUS_OK) {
        status = store_key_delete(admin->store, id);
    }
    if (status == STATUS_NOT_FOUND) {
        http_reply_problem(exchange, 404, STR("There is no key with this id."));
        return;
    }
    if (status != STATUS_OK) {
        http_reply_problem(exchange, 503, STR("The key could not be removed."));
        return;
    }
    (void)auth_keyring_remove(admin->keyring, id);
    LOG_INFO("gateway", "key removed", LOG_STR("id", id),
             LOG_STR("requestId", exchange->request_id));
    http_reply_send(exchange, 204, NULL);
}
