// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// POST /users/:id/erasure: a receipt, and a control record for each actor that the person is.
#include "base/json_read.h"
#include "base/uuid.h"
#include "http/problem.h"
#include "http/query.h"
#include "users/control_log.h"
#include "users/erasures.h"
#include "users/input.h"

#define PARTS_MAX 4000

bool users_ask_project(struct users *users, struct http_exchange *exchange, struct str *project) {
    static const char *const names[] = {"project"};
    struct str asked = STR_EMPTY;
    return http_query_read(exchange, names, &asked, 1) &&
           users_scope(users, exchange, asked, project);
}

bool users_ask_person(struct users *users, struct http_exchange *exchange, struct str project,
                      char kind, struct str id, char person[PERSON_HASH_LEN + 1]) {
    uint8_t key[STORE_SECRET_BYTES];
    users->config.random->fill(users->config.random, key, sizeof key);
    enum status status = store_secret(users->config.store, USERS_PERSON_SECRET, key);
    if (status != STATUS_OK) {
        view_fail(exchange, status, "users", "The key of persons cannot be read");
        return false;
    }
    person_hash(key, project, kind, id, person);
    return true;
}

// --- The body -----------------------------------------------------------------------------------------------------------

static bool read_options(struct http_exchange *exchange, bool *keep_refusing) {
    const struct json_value *root = NULL;
    *keep_refusing = false;
    if (exchange->request.body.len == 0) {
        return true;
    }
    if (!users_body_parse(exchange, &root)) {
        return false;
    }
    for (const struct json_value *member = root->child; member; member = member->next) {
        bool known = str_equal(member->key, STR("keepRefusing"));
        if (!known || (member->type != JSON_TRUE && member->type != JSON_FALSE)) {
            http_reply_problem(exchange, 400,
                               STR("An erasure may have keepRefusing, true or false, and nothing "
                                   "else."));
            return false;
        }
        *keep_refusing = member->type == JSON_TRUE;
    }
    return true;
}

static bool accept_no_hold(struct users *users, struct http_exchange *exchange, struct str project,
                           const char *person) {
    struct store_hold *holds = NULL;
    size_t count = 0;
    enum status status = store_holds(users->config.store, &exchange->arena, &holds, &count);
    if (status != STATUS_OK) {
        view_fail(exchange, status, "users", "The holds cannot be read");
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (str_equal(holds[i].project, project) &&
            str_equal(holds[i].person, str_from_c(person))) {
            http_reply_problemf(exchange, 409, "A hold forbids this erasure: \"%.*s\".",
                                STR_ARG(holds[i].name));
            return false;
        }
    }
    return true;
}

// --- The records --------------------------------------------------------------------------------------------------------

struct plan {
    struct control controls[PARTS_MAX];
    size_t count;
    struct control pattern;
};

static bool add(struct plan *plan, enum control_action action, char kind, struct str id,
                struct str anonymous_id) {
    if (plan->count == PARTS_MAX) {
        return false;
    }
    struct control *control = &plan->controls[plan->count];
    *control = plan->pattern;
    control->action = action;
    control->kind = kind;
    control->id = id;
    control->anonymous_id = anonymous_id;
    control->keep_refusing = plan->pattern.keep_refusing && action == CONTROL_ERASE;
    control->part = (uint32_t)plan->count++;
    return true;
}

// The user; each anonymous id of theirs; and the links that other users have to those.
static enum status make_plan(struct users *users, struct http_exchange *exchange,
                             struct str project, struct plan *plan) {
    struct str id = exchange->parameters[0];
    struct str *anonymous = NULL;
    size_t count = 0;
    enum status status =
        store_links_of(users->config.store, project, id, &exchange->arena, &anonymous, &count);
    bool room = add(plan, CONTROL_ERASE, 'u', id, STR_EMPTY);
    for (size_t i = 0; i < count && status == STATUS_OK && room; i++) {
        struct str *others = NULL;
        size_t other_count = 0;
        room = add(plan, CONTROL_ERASE, 'a', anonymous[i], STR_EMPTY);
        status = store_link_users(users->config.store, project, anonymous[i], &exchange->arena,
                                  &others, &other_count);
        for (size_t n = 0; n < other_count && status == STATUS_OK && room; n++) {
            if (!str_equal(others[n], id)) {
                room = add(plan, CONTROL_UNLINK, 'u', others[n], anonymous[i]);
            }
        }
    }
    return status == STATUS_OK && !room ? STATUS_TOO_LARGE : status;
}

// --- The reply ----------------------------------------------------------------------------------------------------------

static void send_accepted(struct http_exchange *exchange, const struct store_erasure *erasure) {
    struct json_writer w;
    const struct auth_principal *principal = exchange->principal;
    bool self = principal && principal->role == AUTH_ROLE_SELF;
    char location[3 * USERS_ID_MAX + 128];
    struct buffer out;
    buffer_init_fixed(&out, location, sizeof location);
    if (self) { // who may not see the receipts of others
        buffer_append_str(&out, STR("/users/"));
        http_percent_encode(&out, exchange->parameters[0]);
        buffer_append_str(&out, STR("/erasures"));
    } else {
        buffer_printf(&out, "/erasures/%.*s", STR_ARG(erasure->id));
    }
    http_reply_header(exchange, "Location", buffer_str(&out));
    json_writer_init(&w, http_reply_body(exchange));
    users_erasure_write(&w, erasure, NULL, 0);
    http_reply_send(exchange, 202, "application/json");
}

static void append(struct users *users, struct http_exchange *exchange, struct eventlog *log,
                   const struct plan *plan, struct store_erasure *erasure) {
    enum status status = store_erasure_put(users->config.store, erasure);
    if (status != STATUS_OK) {
        view_fail(exchange, status, "users", "The receipt cannot be written");
        return;
    }
    status = users_control_append(log, plan->controls, plan->count, erasure->requested_ms,
                                  &exchange->arena);
    if (status == STATUS_OK) {
        send_accepted(exchange, erasure);
        return;
    }
    erasure->failed = true;
    if (store_erasure_put(users->config.store, erasure) != STATUS_OK) {
        view_fail(exchange, status, "users", "Neither the log nor the store takes the erasure");
        return;
    }
    http_reply_header(exchange, "Retry-After", STR("5"));
    http_reply_problemf(exchange, 503, "The event log did not take the erasure: %s. Ask again.",
                        status_text(status));
}

static void erase(struct users *users, struct http_exchange *exchange, struct str project,
                  bool keep_refusing, struct plan *plan) {
    char person[PERSON_HASH_LEN + 1], receipt[UUID_TEXT_LEN + 1];
    struct users_person known;
    struct clock *clock = users->config.clock;
    if (!users_ask_person(users, exchange, project, 'u', exchange->parameters[0], person) ||
        !accept_no_hold(users, exchange, project, person)) {
        return;
    }
    struct eventlog *log = users_log(users, exchange);
    if (!log) {
        return;
    }
    users_await_processed(users, log, project, exchange->parameters[0]);
    enum status status = users_person_load(users, exchange, project, exchange->parameters[0],
                                           STORE_REACH_ALL, &known);
    // An id that nothing is known of can be refused beforehand.
    if (!(status == STATUS_NOT_FOUND && keep_refusing) && !users_person_loaded(exchange, status)) {
        return;
    }
    int64_t now = clock->wall_ms(clock);
    uuid_v7(now, users->config.random, receipt);
    // The audit log names the receipt and not whom it is about.
    exchange->subject = arena_copy(&exchange->arena, str_make(receipt, UUID_TEXT_LEN));
    exchange->detail = keep_refusing ? STR("keepRefusing") : STR_EMPTY;
    plan->pattern = (struct control){.receipt = exchange->subject,
                                     .project = project,
                                     .keep_refusing = keep_refusing,
                                     .requested_ms = now};
    status = make_plan(users, exchange, project, plan);
    if (status != STATUS_OK) {
        view_fail(exchange, status, "users", "The links of the user cannot be followed");
        return;
    }
    struct store_erasure erasure = {.id = exchange->subject,
                                    .project = project,
                                    .person = str_make(person, PERSON_HASH_LEN),
                                    .requested_ms = now,
                                    .parts = (uint32_t)plan->count,
                                    .keep_refusing = keep_refusing};
    append(users, exchange, log, plan, &erasure);
}

void users_handle_erase(struct http_exchange *exchange, void *context) {
    struct users *users = context;
    struct str project = STR_EMPTY;
    bool keep_refusing = false;
    if (!users_ask_project(users, exchange, &project) || !read_options(exchange, &keep_refusing)) {
        return;
    }
    if (!users_id_is_valid(exchange->parameters[0])) {
        http_reply_problem(exchange, 404, STR("There is no such user."));
        return;
    }
    struct plan *plan = arena_alloc_zero(&exchange->arena, sizeof *plan);
    if (!plan) {
        view_fail(exchange, STATUS_NO_MEMORY, "users", "The erasure cannot be planned");
        return;
    }
    erase(users, exchange, project, keep_refusing, plan);
}
