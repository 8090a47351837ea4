// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// POST, PUT, PATCH and DELETE of profiles.
#include "base/json_read.h"
#include "base/uuid.h"
#include "http/problem.h"
#include "http/query.h"
#include "users/conditions.h"
#include "users/input.h"
#include "users/merge_patch.h"
#include "users/private.h"

#define PATCH_ATTEMPTS                                                                             \
    8 // writers that may come in between before a PATCH without If-Match gives up

// Project and, for routes that name one, the id. False: a problem was sent.
static bool ask_target(struct users *users, struct http_exchange *exchange, struct str *asked,
                       struct str *project) {
    static const char *const names[] = {"project"};
    return http_query_read(exchange, names, asked, 1) &&
           users_scope(users, exchange, *asked, project);
}

static void send_written(struct users *users, struct http_exchange *exchange, struct str project,
                         struct str id, bool created) {
    struct users_person person;
    enum status status = users_person_load(users, exchange, project, id, STORE_REACH_ALL, &person);
    if (status != STATUS_OK) { // NOT_FOUND too: somebody deleted it in the meantime
        view_fail(exchange, status, "users", "The profile was written but cannot be read back");
        return;
    }
    users_person_send(exchange, created ? 201 : 200, &person);
}

static void reply_location(struct http_exchange *exchange, struct str asked, struct str id) {
    char bytes[3 * USERS_ID_MAX + 128];
    struct buffer out;
    buffer_init_fixed(&out, bytes, sizeof bytes);
    buffer_append_str(&out, STR("/users/"));
    http_percent_encode(&out, id);
    if (asked.data) { // so that the link works with the same token
        buffer_append_str(&out, STR("?project="));
        http_percent_encode(&out, asked);
    }
    if (buffer_status(&out) == STATUS_OK) {
        http_reply_header(exchange, "Location", buffer_str(&out));
    }
}

static void refuse_taken(struct http_exchange *exchange, enum status status) {
    bool email = status == STATUS_CONFLICT;
    struct http_problem_error error = {email ? STR("/email") : STR("/id"), STR("is taken")};
    http_reply_problem_errors(exchange, 409,
                              email ? STR("Another user of this project has that email address.")
                                    : STR("There is a user with that id."),
                              &error, 1);
}

static void refuse_version(struct http_exchange *exchange) {
    http_reply_problem(exchange, 412,
                       STR("The profile is not (or no longer) the version that the "
                           "request's conditions ask for."));
}

static struct store_profile profile_of(const struct users *users, const struct users_input *input,
                                       struct str id) {
    int64_t now = users->config.clock->wall_ms(users->config.clock);
    return (struct store_profile){.id = id,
                                  .email = input->email,
                                  .name = input->name,
                                  .traits = input->traits.data ? input->traits : STR("{}"),
                                  .created_ms = now,
                                  .updated_ms = now};
}

static bool read_input(struct http_exchange *exchange, struct users_input *input) {
    const struct json_value *root = NULL;
    if (!users_body_parse(exchange, &root)) {
        return false;
    }
    if (!users_input_read(&exchange->arena, root, input)) {
        view_fail(exchange, STATUS_NO_MEMORY, "users", "The profile cannot be read");
        return false;
    }
    return users_input_accept(exchange, input);
}

// For routes that name an id: it is a possible one, and the body's, where there is one, is the same.
static bool accept_id(struct http_exchange *exchange, const struct users_input *input) {
    struct str id = exchange->parameters[0];
    if (!users_id_is_valid(id)) {
        http_reply_problem(exchange, 400,
                           STR("The id in the path must be 1 to 256 bytes without "
                               "control characters."));
        return false;
    }
    if (input->id.data && !str_equal(input->id, id)) {
        struct http_problem_error error = {STR("/id"), STR("must be the id in the path")};
        http_reply_problem_errors(exchange, 400, STR("A user's id cannot be changed."), &error, 1);
        return false;
    }
    return true;
}

void users_handle_create(struct http_exchange *exchange, void *context) {
    struct users *users = context;
    struct str asked = STR_EMPTY, project = STR_EMPTY;
    struct users_input input;
    if (!ask_target(users, exchange, &asked, &project) || !read_input(exchange, &input)) {
        return;
    }
    char made[UUID_TEXT_LEN + 1];
    struct str id = input.id;
    if (!id.data) {
        uuid_v7(users->config.clock->wall_ms(users->config.clock), users->config.random, made);
        id = str_make(made, UUID_TEXT_LEN);
    }
    if (!users_accept_not_refused(users, exchange, project, id)) {
        return;
    }
    struct store_profile profile = profile_of(users, &input, id);
    enum status status =
        store_profile_put(users->config.store, project, &profile, STORE_EXPECT_ABSENT, 0, NULL);
    if (status == STATUS_EXISTS || status == STATUS_CONFLICT) {
        refuse_taken(exchange, status);
    } else if (status != STATUS_OK) {
        view_fail(exchange, status, "users", "The profile cannot be written");
    } else {
        reply_location(exchange, asked, id);
        send_written(users, exchange, project, id, true);
    }
}

// What the request's conditions allow to be replaced. False: a reply was sent.
static bool ask_expectation(struct users *users, struct http_exchange *exchange, struct str project,
                            enum store_expect *expect, uint64_t *version) {
    struct users_conditions conditions = users_conditions_of(exchange);
    *expect = STORE_EXPECT_ANY;
    *version = 0;
    if (!users_conditions_any(&conditions)) {
        return true;
    }
    struct store_profile current = {0};
    enum status status = store_profile_get(users->config.store, project, exchange->parameters[0],
                                           &exchange->arena, &current);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
        view_fail(exchange, status, "users", "The profile cannot be read");
        return false;
    }
    bool exists = status == STATUS_OK;
    if (!users_conditions_hold(&conditions, exists, current.version)) {
        refuse_version(exchange);
        return false;
    }
    *expect = exists ? STORE_EXPECT_VERSION : STORE_EXPECT_ABSENT;
    *version = current.version;
    return true;
}

void users_handle_put(struct http_exchange *exchange, void *context) {
    struct users *users = context;
    struct str asked = STR_EMPTY, project = STR_EMPTY;
    struct users_input input;
    enum store_expect expect;
    uint64_t version;
    if (!ask_target(users, exchange, &asked, &project) || !read_input(exchange, &input) ||
        !accept_id(exchange, &input) ||
        !users_accept_not_refused(users, exchange, project, exchange->parameters[0]) ||
        !ask_expectation(users, exchange, project, &expect, &version)) {
        return;
    }
    bool created = false;
    struct store_profile profile = profile_of(users, &input, exchange->parameters[0]);
    enum status status =
        store_profile_put(users->config.store, project, &profile, expect, version, &created);
    if (status == STATUS_CONFLICT) {
        refuse_taken(exchange, status);
    } else if (status == STATUS_PRECONDITION || status == STATUS_EXISTS) {
        refuse_version(exchange);
    } else if (status != STATUS_OK) {
        view_fail(exchange, status, "users", "The profile cannot be written");
    } else {
        if (created) {
            reply_location(exchange, asked, profile.id);
        }
        send_written(users, exchange, project, profile.id, created);
    }
}

static bool accept_patch_type(struct http_exchange *exchange) {
    struct str type = http_request_header(exchange, STR("Content-Type"));
    struct str media = str_trim(str_cut(&type, ';'));
    if (media.len == 0 || str_equal_ignore_case(media, STR("application/merge-patch+json")) ||
        str_equal_ignore_case(media, STR("application/json"))) {
        return true;
    }
    http_reply_header(exchange, "Accept-Patch", STR("application/merge-patch+json"));
    http_reply_problem(exchange, 415, STR("A patch must be application/merge-patch+json."));
    return false;
}

// The stored profile as the document that a patch changes. The id is not part of it: a patch cannot change it.
static void write_document(struct json_writer *w, const struct store_profile *profile) {
    json_begin_object(w);
    if (profile->email.data) {
        json_member_string(w, STR("email"), profile->email);
    }
    if (profile->name.data) {
        json_member_string(w, STR("name"), profile->name);
    }
    json_member_raw(w, STR("traits"), profile->traits.len > 0 ? profile->traits : STR("{}"));
    json_end_object(w);
}

// JSON in buffer -> tree in arena.
static enum status parse_document(struct arena *arena, const struct buffer *document,
                                  const struct json_value **root) {
    // Deeper and larger than a profile may be: what is too much is refused by users_input_read with a reason.
    static const struct json_limits limits = {.depth = JSON_DEPTH_MOST};
    struct json_parser *parser = NULL;
    char *padded = arena_alloc_zero(arena, document->len + JSON_PADDING);
    if (!padded || json_parser_make(&parser) != STATUS_OK) {
        return STATUS_NO_MEMORY;
    }
    memcpy(padded, document->data, document->len);
    enum status status =
        json_parse(parser, str_make(padded, document->len), &limits, arena, root, NULL);
    json_parser_free(parser);
    return status == STATUS_OK || status == STATUS_NO_MEMORY ? status : STATUS_CORRUPT;
}

// The profile under the patch, judged like a body that was sent whole.
static enum status apply_patch(struct arena *arena, const struct store_profile *current,
                               const struct json_value *patch, struct users_input *out) {
    struct buffer before, after;
    buffer_init(&before, 2 * USERS_BODY_MAX);
    buffer_init(&after, 4 * USERS_BODY_MAX);
    struct json_writer w;
    const struct json_value *target = NULL, *merged = NULL;
    json_writer_init(&w, &before);
    write_document(&w, current);
    enum status status = json_writer_status(&w);
    if (status == STATUS_OK) {
        status = parse_document(arena, &before, &target);
    }
    if (status == STATUS_OK) {
        json_writer_init(&w, &after);
        users_merge_patch(target, patch, &w);
        status = json_writer_status(&w);
    }
    if (status == STATUS_OK) {
        status = parse_document(arena, &after, &merged);
    }
    if (status == STATUS_OK) {
        status = users_input_read(arena, merged, out) ? STATUS_OK : STATUS_NO_MEMORY;
    }
    buffer_free(&before);
    buffer_free(&after);
    return status;
}

// One round of read, merge, write. PRECONDITION: another writer came in between. False: a reply was sent.
static bool patch_once(struct users *users, struct http_exchange *exchange, struct str project,
                       const struct json_value *patch, enum status *written) {
    struct store_profile current;
    struct users_input input;
    enum status status = store_profile_get(users->config.store, project, exchange->parameters[0],
                                           &exchange->arena, &current);
    struct users_conditions conditions = users_conditions_of(exchange);
    bool exists = status == STATUS_OK;
    if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
        view_fail(exchange, status, "users", "The profile cannot be read");
        return false;
    }
    if (!users_conditions_hold(&conditions, exists, exists ? current.version : 0)) {
        refuse_version(exchange);
        return false;
    }
    if (!exists) {
        http_reply_problem(exchange, 404, STR("There is no profile with that id."));
        return false;
    }
    status = apply_patch(&exchange->arena, &current, patch, &input);
    if (status != STATUS_OK) {
        view_fail(exchange, status, "users", "The patch cannot be applied");
        return false;
    }
    if (!users_input_accept(exchange, &input) || !accept_id(exchange, &input)) {
        return false;
    }
    struct store_profile profile = profile_of(users, &input, exchange->parameters[0]);
    *written = store_profile_put(users->config.store, project, &profile, STORE_EXPECT_VERSION,
                                 current.version, NULL);
    return true;
}

void users_handle_patch(struct http_exchange *exchange, void *context) {
    struct users *users = context;
    struct str asked = STR_EMPTY, project = STR_EMPTY;
    const struct json_value *patch = NULL;
    if (!ask_target(users, exchange, &asked, &project) || !accept_patch_type(exchange) ||
        !users_body_parse(exchange, &patch)) {
        return;
    }
    enum status status = STATUS_PRECONDITION;
    for (int i = 0; i < PATCH_ATTEMPTS && status == STATUS_PRECONDITION; i++) {
        if (!patch_once(users, exchange, project, patch, &status)) {
            return;
        }
    }
    if (status == STATUS_OK) {
        send_written(users, exchange, project, exchange->parameters[0], false);
    } else if (status == STATUS_CONFLICT) {
        refuse_taken(exchange, status);
    } else if (status == STATUS_PRECONDITION) {
        http_reply_header(exchange, "Retry-After", STR("1"));
        http_reply_problem(exchange, 503, STR("Too many others are changing this profile now."));
    } else {
        view_fail(exchange, status, "users", "The profile cannot be written");
    }
}

void users_handle_delete(struct http_exchange *exchange, void *context) {
    struct users *users = context;
    struct str asked = STR_EMPTY, project = STR_EMPTY;
    enum store_expect expect;
    uint64_t version;
    if (!ask_target(users, exchange, &asked, &project)) {
        return;
    }
    if (!users_id_is_valid(exchange->parameters[0])) {
        http_reply_problem(exchange, 404, STR("There is no profile with that id."));
        return;
    }
    if (!ask_expectation(users, exchange, project, &expect, &version)) {
        return;
    }
    enum status status = STATUS_NOT_FOUND;
    if (expect != STORE_EXPECT_ABSENT) {
        status = store_profile_delete(users->config.store, project, exchange->parameters[0], expect,
                                      version);
    }
    if (status == STATUS_OK) {
        http_reply_send(exchange, 204, NULL);
    } else if (status == STATUS_NOT_FOUND) {
        http_reply_problem(exchange, 404, STR("There is no profile with that id."));
    } else if (status == STATUS_PRECONDITION) {
        refuse_version(exchange);
    } else {
        view_fail(exchange, status, "users", "The profile cannot be deleted");
    }
}
