// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// GET /dead-letters and one of them; POST /dead-letters/replay; DELETE of one or of many.
#include <stdio.h>

#include "app/dead_letters.h"
#include "app/replays.h"
#include "auth/scope.h"
#include "base/json_read.h"
#include "base/json_write.h"
#include "http/problem.h"
#include "http/query.h"

#define LOOKS_MAX 40     // pages of the store that one request looks through
#define AT_ONCE_MAX 1000 // letters that one request deals with
#define BODY_MAX (2 * 1024 * 1024)

enum { ASKED_PROJECT, ASKED_STAGE, ASKED_REASON, ASKED_FROM, ASKED_TO, ASKED_FILTER };

// --- What is asked ------------------------------------------------------------------------------------------------------

static bool read_time(struct http_exchange *exchange, struct str text, const char *name,
                      int64_t *ms) {
    if (!text.data || clock_parse_rfc3339(text, ms)) {
        return true;
    }
    http_reply_problemf(exchange, 400,
                        "%s: a time like 2026-11-23T06:42:48Z, or a date, is needed.", name);
    return false;
}

// Without a project: what an admin of all of them sees is not bound to one. False: a problem was sent.
static bool scope(struct app_service *service, struct http_exchange *exchange, struct str asked,
                  struct str *project) {
    const struct auth_principal *principal = exchange->principal;
    *project = STR_EMPTY;
    return (!asked.data && !principal->project[0]) ||
           auth_scope_project(exchange, service->keyring, asked, project);
}

static bool read_filter(struct app_service *service, struct http_exchange *exchange,
                        const struct str *values, struct dead_letter_filter *filter) {
    *filter = (struct dead_letter_filter){
        .query = {.from_ms = INT64_MIN, .to_ms = INT64_MAX},
        .stage = values[ASKED_STAGE],
        .reason = values[ASKED_REASON],
    };
    return read_time(exchange, values[ASKED_FROM], "from", &filter->query.from_ms) &&
           read_time(exchange, values[ASKED_TO], "to", &filter->query.to_ms) &&
           scope(service, exchange, values[ASKED_PROJECT], &filter->query.project);
}

static void refuse_store(struct http_exchange *exchange) {
    http_reply_problem(exchange, 503, STR("The store cannot be asked."));
}

// The letter that the path names. False: a problem was sent.
static bool find(struct app_service *service, struct http_exchange *exchange,
                 struct store_dead_letter *letter) {
    struct str project;
    exchange->subject = exchange->parameters[0];
    if (!http_query_read(exchange, NULL, NULL, 0) ||
        !scope(service, exchange, STR_EMPTY, &project)) {
        return false;
    }
    enum status status = dead_letter_find(service->store, project, exchange->parameters[0],
                                          &exchange->arena, letter);
    if (status == STATUS_NOT_FOUND) {
        http_reply_problem(exchange, 404,
                           STR("There is no such dead letter, or it was dealt with."));
    } else if (status != STATUS_OK) {
        refuse_store(exchange);
    }
    return status == STATUS_OK;
}

// --- Looking ------------------------------------------------------------------------------------------------------------

static void write_letter(struct json_writer *writer, const struct store_dead_letter *letter) {
    char id[DEAD_LETTER_ID_MAX];
    dead_letter_id_write(letter, id);
    json_begin_object(writer);
    json_member_string(writer, STR("id"), str_from_c(id));
    if (str_is_utf8(letter->project)) {
        json_member_string(writer, STR("project"), letter->project);
    }
    json_member_u64(writer, STR("partition"), letter->partition);
    json_member_i64(writer, STR("offset"), letter->offset);
    json_member_time(writer, STR("receivedAt"), letter->received_ms);
    json_member_string(writer, STR("stage"), letter->stage);
    json_member_string(writer, STR("reason"), letter->reason);
    json_member_u64(writer, STR("bytes"), letter->record.len);
    json_member_string_or_null(writer, STR("record"),
                               str_is_utf8(letter->record) ? letter->record : STR_EMPTY);
    json_end_object(writer);
}

struct listing {
    struct json_writer writer;
    uint64_t written, limit;
};

static bool list_letter(const struct store_dead_letter *letter, void *context) {
    struct listing *listing = context;
    write_letter(&listing->writer, letter);
    return ++listing->written < listing->limit;
}

static bool read_page(struct http_exchange *exchange, const struct str *values,
                      struct dead_letter_filter *filter, uint64_t *limit) {
    struct store_dead_letter after = {0};
    *limit = 50;
    if (values[0].data && (!str_to_u64(values[0], limit) || *limit < 1 || *limit > 1000)) {
        http_reply_problem(exchange, 400, STR("limit: a whole number from 1 to 1000 is needed."));
        return false;
    }
    if (values[1].data && !dead_letter_id_read(values[1], &after)) {
        http_reply_problem(exchange, 400, STR("cursor: this list did not give it."));
        return false;
    }
    filter->query.resume = values[1].data != NULL;
    filter->query.after_ms = after.received_ms;
    filter->query.after_partition = after.partition;
    filter->query.after_offset = after.offset;
    return true;
}

static void handle_list(struct http_exchange *exchange, void *context) {
    struct app_service *service = context;
    static const char *const names[] = {"project", "stage", "reason", "from",
                                        "to",      "limit", "cursor"};
    struct str values[ASKED_FILTER + 2];
    struct dead_letter_filter filter;
    struct listing listing = {.written = 0};
    struct store_dead_letter last = {0};
    bool more = false;
    if (!http_query_read(exchange, names, values, ASKED_FILTER + 2) ||
        !read_filter(service, exchange, values, &filter) ||
        !read_page(exchange, values + ASKED_FILTER, &filter, &listing.limit)) {
        return;
    }
    json_writer_init(&listing.writer, http_reply_body(exchange));
    json_begin_list(&listing.writer);
    if (dead_letters_scan(service->store, &filter, LOOKS_MAX, list_letter, &listing, &last,
                          &more) != STATUS_OK) {
        refuse_store(exchange);
        return;
    }
    char cursor[DEAD_LETTER_ID_MAX];
    dead_letter_id_write(&last, cursor);
    json_end_list(&listing.writer, more ? str_from_c(cursor) : STR_EMPTY);
    http_reply_send(exchange, 200, "application/json");
}

static void handle_one(struct http_exchange *exchange, void *context) {
    struct store_dead_letter letter;
    struct json_writer writer;
    if (find(context, exchange, &letter)) {
        json_writer_init(&writer, http_reply_body(exchange));
        write_letter(&writer, &letter);
        http_reply_send(exchange, 200, "application/json");
    }
}

// The bytes as they are in the log, which may be anything: nothing that a browser would show.
static void handle_record(struct http_exchange *exchange, void *context) {
    struct store_dead_letter letter;
    if (find(context, exchange, &letter)) {
        http_reply_header(exchange, "Content-Disposition",
                          STR("attachment; filename=\"dead-letter\""));
        http_reply_header(exchange, "X-Content-Type-Options", STR("nosniff"));
        buffer_append_str(http_reply_body(exchange), letter.record);
        http_reply_send(exchange, 200, "application/octet-stream");
    }
}

// --- Dealing with them --------------------------------------------------------------------------------------------------

struct dealing {
    struct app_service *service;
    struct dead_letter_taking taking;
    struct json_writer writer; // of those that could not be dealt with
    uint64_t done, failed, limit;
    bool discard;
    enum status status; // of the store or the log: goes no further
    struct error err;
};

static enum status deal_with(struct dealing *dealing, const struct store_dead_letter *letter,
                             struct str record) {
    if (!dealing->discard) {
        return dead_letter_take(&dealing->taking, letter, record, &dealing->err);
    }
    struct clock *clock = dealing->taking.clock;
    struct store_letter_mark mark = {.outcome = STORE_LETTER_DISCARDED,
                                     .marked_ms = clock->wall_ms(clock)};
    enum status status = store_letter_mark(dealing->service->store, letter, &mark);
    return status == STATUS_OK ? status
                               : error_set(&dealing->err, status, "the store cannot mark it: %s",
                                           status_text(status));
}

static void note_failure(struct dealing *dealing, struct str id) {
    dealing->failed++;
    json_begin_object(&dealing->writer);
    json_member_string(&dealing->writer, STR("id"), id);
    json_member_string(&dealing->writer, STR("detail"), str_from_c(dealing->err.text));
    json_end_object(&dealing->writer);
}

// What is wrong with one letter is told beside it; what is wrong with the log or the store ends it all.
static bool deal(const struct store_dead_letter *letter, struct str record,
                 struct dealing *dealing) {
    char id[DEAD_LETTER_ID_MAX];
    enum status status = deal_with(dealing, letter, record);
    if (status == STATUS_OK) {
        dealing->done++;
    } else if (status == STATUS_INVALID || status == STATUS_CONFLICT || status == STATUS_EXISTS) {
        dead_letter_id_write(letter, id);
        note_failure(dealing, str_from_c(id));
    } else {
        dealing->status = status;
    }
    return dealing->status == STATUS_OK && dealing->done + dealing->failed < dealing->limit;
}

static bool deal_next(const struct store_dead_letter *letter, void *context) {
    return deal(letter, STR_EMPTY, context);
}

static void deal_named(struct dealing *dealing, struct str project, struct str id,
                       struct str record) {
    struct store_dead_letter letter;
    struct arena arena;
    arena_init(&arena, 4096, 0);
    enum status status = dead_letter_find(dealing->service->store, project, id, &arena, &letter);
    if (status == STATUS_OK) {
        (void)deal(&letter, record, dealing);
    } else if (status == STATUS_NOT_FOUND) {
        (void)error_set(&dealing->err, status, "there is none, or it was dealt with");
        note_failure(dealing, id);
    } else {
        dealing->status = error_set(&dealing->err, status, "the store cannot be asked");
    }
    arena_free(&arena);
}

static void begin(struct dealing *dealing, struct http_exchange *exchange,
                  struct app_service *service, bool discard) {
    *dealing = (struct dealing){
        .service = service,
        .taking = {.store = service->store,
                   .clock = clock_system(),
                   .window_ms = settings_integer(service->settings, "dedupe.window"),
                   .window_ids = settings_integer(service->settings, "dedupe.ids")},
        .limit = AT_ONCE_MAX,
        .discard = discard,
    };
    json_writer_init(&dealing->writer, http_reply_body(exchange));
    json_begin_object(&dealing->writer);
    json_key(&dealing->writer, STR("failed"));
    json_begin_array(&dealing->writer);
}

static void finish(struct dealing *dealing, struct http_exchange *exchange, bool more) {
    char *detail = arena_alloc(&exchange->arena, 64);
    if (detail) {
        (void)snprintf(detail, 64, "%s %llu", dealing->discard ? "discarded" : "replayed",
                       (unsigned long long)dealing->done);
        exchange->detail = str_from_c(detail);
    }
    if (dealing->status != STATUS_OK) {
        http_reply_problemf(exchange, 503, "%llu dead letters were dealt with, then: %s.",
                            (unsigned long long)dealing->done, dealing->err.text);
        return;
    }
    json_end_array(&dealing->writer);
    json_member_u64(&dealing->writer, dealing->discard ? STR("discarded") : STR("replayed"),
                    dealing->done);
    json_member_bool(&dealing->writer, STR("more"), more);
    json_end_object(&dealing->writer);
    http_reply_send(exchange, 200, "application/json");
}

static void deal_filtered(struct dealing *dealing, struct http_exchange *exchange,
                          const struct dead_letter_filter *filter) {
    struct store_dead_letter last;
    bool more = false;
    enum status status = dead_letters_scan(dealing->service->store, filter, LOOKS_MAX, deal_next,
                                           dealing, &last, &more);
    if (status != STATUS_OK && dealing->status == STATUS_OK) {
        dealing->status = error_set(&dealing->err, status, "the store cannot be asked");
    }
    finish(dealing, exchange, more);
}

static void handle_discard_one(struct http_exchange *exchange, void *context) {
    struct store_dead_letter letter;
    struct dealing dealing;
    if (find(context, exchange, &letter)) {
        begin(&dealing, exchange, context, true);
        (void)deal(&letter, STR_EMPTY, &dealing);
        finish(&dealing, exchange, false);
    }
}

static void handle_discard(struct http_exchange *exchange, void *context) {
    static const char *const names[] = {"project", "stage", "reason", "from", "to"};
    struct str values[ASKED_FILTER];
    struct dead_letter_filter filter;
    struct dealing dealing;
    if (!http_query_read(exchange, names, values, ASKED_FILTER)) {
        return;
    }
    bool any = false;
    for (size_t i = 0; i < ASKED_FILTER; i++) {
        any = any || values[i].data;
    }
    if (!any) { // a slip should not cost all
        http_reply_problem(exchange, 400,
                           STR("Say which: project, stage, reason, from or to is needed."));
        return;
    }
    if (read_filter(context, exchange, values, &filter)) {
        begin(&dealing, exchange, context, true);
        deal_filtered(&dealing, exchange, &filter);
    }
}

// --- POST /dead-letters/replay ------------------------------------------------------------------------------------------

static bool parse(struct http_exchange *exchange, const struct json_value **root) {
    static const struct json_limits limits = {.depth = 64, .values = 100000};
    struct json_parser *parser = NULL;
    struct error err = {.status = STATUS_OK};
    if (exchange->request.body.len > BODY_MAX) {
        http_reply_problem(exchange, 413, STR("The body may have at most 2 MiB."));
        return false;
    }
    enum status status = json_parser_make(&parser);
    if (status == STATUS_OK) {
        status = json_parse(parser, exchange->request.body, &limits, &exchange->arena, root, &err);
        json_parser_free(parser);
    }
    if (status == STATUS_NO_MEMORY) {
        http_reply_problem(exchange, 503, STR("Out of memory."));
    } else if (status != STATUS_OK) {
        http_reply_problemf(exchange, 400, "The body is no JSON: %s.", err.text);
    } else if ((*root)->type != JSON_OBJECT) {
        http_reply_problem(exchange, 400, STR("The body must be a JSON object."));
        status = STATUS_INVALID;
    }
    return status == STATUS_OK;
}

static bool is_ids(const struct json_value *value) {
    bool good = value->type == JSON_ARRAY && value->count >= 1 && value->count <= AT_ONCE_MAX;
    for (const struct json_value *id = good ? value->child : NULL; id; id = id->next) {
        good = good && json_is_string(id);
    }
    return good;
}

struct replay_request {
    const struct json_value *ids;
    struct str id;     // of one letter
    struct str record; // in its place
    bool again;
    struct str filter[ASKED_FILTER];
    bool filtered;
};

static bool read_member(const struct json_value *member, struct replay_request *request) {
    static const char *const names[] = {"project", "stage", "reason", "from", "to"};
    if (str_equal(member->key, STR("ids"))) {
        request->ids = member;
        return is_ids(member);
    }
    if (str_equal(member->key, STR("id"))) {
        request->id = member->text;
        return json_is_string(member);
    }
    if (str_equal(member->key, STR("record"))) {
        request->record = member->raw;
        return member->type == JSON_OBJECT;
    }
    if (str_equal(member->key, STR("again"))) {
        request->again = member->type == JSON_TRUE;
        return member->type == JSON_TRUE || member->type == JSON_FALSE;
    }
    for (size_t i = 0; i < ASKED_FILTER; i++) {
        if (str_equal(member->key, str_from_c(names[i]))) {
            request->filter[i] = member->text;
            request->filtered = true;
            return json_is_string(member);
        }
    }
    return false;
}

static bool read_request(struct http_exchange *exchange, struct replay_request *request) {
    const struct json_value *root = NULL;
    *request = (struct replay_request){.ids = NULL};
    if (!http_query_read(exchange, NULL, NULL, 0) || !parse(exchange, &root)) {
        return false;
    }
    for (const struct json_value *member = root->child; member; member = member->next) {
        if (!read_member(member, request)) {
            http_reply_problemf(exchange, 400, "%.*s: is not known here, or of the wrong type.",
                                STR_ARG(member->key));
            return false;
        }
    }
    int ways = (request->ids != NULL) + (request->id.data != NULL) + request->filtered;
    if (ways != 1 || (request->record.data && !request->id.data)) {
        http_reply_problem(exchange, 400,
                           STR("Say which: ids, or one id (and a record in its place), or a filter "
                               "of project, stage, reason, from and to."));
        return false;
    }
    return true;
}

static void handle_replay(struct http_exchange *exchange, void *context) {
    struct app_service *service = context;
    struct replay_request request;
    struct dead_letter_filter filter;
    struct dealing dealing;
    if (!read_request(exchange, &request) ||
        !read_filter(service, exchange, request.filter, &filter)) {
        return;
    }
    struct error err = {.status = STATUS_OK};
    struct eventlog *log = app_log_when_asked(service, &err);
    if (!log) {
        http_reply_problemf(exchange, 503, "The event log cannot be opened here: %s.", err.text);
        return;
    }
    if (app_replays_running(service->replays)) { // it may be past the letter, and count its event
        http_reply_problem(exchange, 409, STR("A replay of the log is running: wait for its end."));
        return;
    }
    exchange->subject = request.id;
    begin(&dealing, exchange, service, false);
    dealing.taking.log = log;
    dealing.taking.project = filter.query.project;
    dealing.taking.again = request.again;
    if (request.filtered) {
        deal_filtered(&dealing, exchange, &filter);
        return;
    }
    if (request.id.data) {
        deal_named(&dealing, filter.query.project, request.id, request.record);
    }
    for (const struct json_value *id = request.ids ? request.ids->child : NULL;
         id && dealing.status == STATUS_OK; id = id->next) {
        deal_named(&dealing, filter.query.project, id->text, STR_EMPTY);
    }
    finish(&dealing, exchange, false);
}

static const struct http_route routes[] = {
    {HTTP_GET_, "/dead-letters", AUTH_ACCESS_ADMIN, true, handle_list},
    {HTTP_DELETE_, "/dead-letters", AUTH_ACCESS_ADMIN, true, handle_discard},
    {HTTP_POST_, "/dead-letters/replay", AUTH_ACCESS_ADMIN, true, handle_replay},
    {HTTP_GET_, "/dead-letters/:id", AUTH_ACCESS_ADMIN, true, handle_one},
    {HTTP_GET_, "/dead-letters/:id/record", AUTH_ACCESS_ADMIN, true, handle_record},
    {HTTP_DELETE_, "/dead-letters/:id", AUTH_ACCESS_ADMIN, true, handle_discard_one},
};

struct http_route_table app_dead_letter_routes(struct app_service *service) {
    return (struct http_route_table){routes, sizeof routes / sizeof routes[0], service};
}
