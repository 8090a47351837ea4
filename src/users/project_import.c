// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// POST /import: lines of GET /export into this installation. Profiles are written, events appended to the event log as they came in there:
// id, times, address and User-Agent are theirs. An event that stands in a timeline already is passed over, so that lines may come again
// at any time; of those that still wait to be processed the processor knows the ids. Each line is judged by itself.
#include "base/json_read.h"
#include "http/problem.h"
#include "users/control_log.h"
#include "users/erasures.h"
#include "users/input.h"
#include "users/transfer.h"

#define LINES_MAX 10000
#define EVENT_MAX ((size_t)EVENTLOG_RECORD_MAX)

struct rejection {
    size_t line; // from 1
    struct str reason;
    struct rejection *next;
};

struct import {
    struct users *users;
    struct http_exchange *exchange;
    struct str project;
    struct json_parser *parser;
    struct eventlog *log;
    struct eventlog_record *records;
    size_t events, known, profiles, profiles_known;
    struct rejection *first, **end;
    int64_t now_ms;
    struct arena line; // of one line
};

static enum status reject(struct import *import, size_t line, const char *reason) {
    struct arena *arena = &import->exchange->arena;
    struct rejection *rejection = arena_alloc_zero(arena, sizeof *rejection);
    if (!rejection) {
        return STATUS_NO_MEMORY;
    }
    rejection->line = line;
    rejection->reason = arena_copy(arena, str_from_c(reason));
    *import->end = rejection;
    import->end = &rejection->next;
    return rejection->reason.data ? STATUS_OK : STATUS_NO_MEMORY;
}

// What is one line's fault, and what ends the request.
static bool is_of_line(enum status status) {
    return status != STATUS_NO_MEMORY && status != STATUS_IO && status != STATUS_UNAVAILABLE &&
           status != STATUS_TIMEOUT && status != STATUS_CORRUPT;
}

// --- Events -------------------------------------------------------------------------------------------------------------

static enum status add_record(struct import *import, const struct event *event, struct error *err) {
    struct arena *arena = &import->exchange->arena;
    struct eventlog_record *record = &import->records[import->events];
    struct buffer value;
    buffer_init(&value, EVENT_MAX);
    enum status status = event_encode(event, &value);
    if (status == STATUS_OK) {
        record->key = event_record_key(event, arena);
        record->value = arena_copy(arena, buffer_str(&value));
        record->timestamp_ms = import->now_ms; // retention and the dedupe window begin today
        status = record->key.data && record->value.data ? STATUS_OK : STATUS_NO_MEMORY;
    }
    buffer_free(&value);
    if (status == STATUS_OK) {
        import->events++;
    }
    return status == STATUS_OK ? status : error_set(err, status, "%s", status_text(status));
}

static enum status take_event(struct import *import, const struct json_value *root,
                              struct error *err) {
    const struct json_value *text = json_get(root, STR("event"));
    struct event event;
    struct event_trees trees;
    bool known = false;
    if (!text || text->type != JSON_OBJECT) {
        return error_set(err, STATUS_INVALID, "event must be an object");
    }
    char *copy = arena_alloc_zero(&import->line, text->raw.len + JSON_PADDING);
    struct json_parser *parser = NULL; // the line's tree is still in use
    enum status status = copy ? json_parser_make(&parser) : STATUS_NO_MEMORY;
    if (status == STATUS_OK) {
        memcpy(copy, text->raw.data, text->raw.len);
        status =
            event_decode(parser, str_make(copy, text->raw.len), &import->line, &event, &trees, err);
    }
    json_parser_free(parser);
    if (status == STATUS_OK && event.received_ms > import->now_ms + EVENT_FUTURE_MAX_MS) {
        status = error_set(err, STATUS_INVALID, "receivedAt is more than a day in the future");
    }
    if (status == STATUS_OK) {
        event.project = import->project;
        status = event_finish(&event, import->users->config.random, &import->line, err);
    }
    if (status == STATUS_OK) {
        status = transfer_is_known(import->users, &event, &import->line, &known);
    }
    if (status == STATUS_OK && known) {
        import->known++;
        return STATUS_OK;
    }
    return status == STATUS_OK ? add_record(import, &event, err) : status;
}

// --- Profiles -----------------------------------------------------------------------------------------------------------

static enum status write_profile(struct import *import, struct store_profile *profile,
                                 struct error *err) {
    struct store *store = import->users->config.store;
    struct store_profile there;
    enum status status =
        store_profile_put(store, import->project, profile, STORE_EXPECT_ABSENT, 0, NULL);
    if (status == STATUS_EXISTS) {
        status = store_profile_get(store, import->project, profile->id, &import->line, &there);
        if (status == STATUS_OK && there.updated_ms >= profile->updated_ms) {
            import->profiles_known++;
            return STATUS_OK;
        }
        if (status == STATUS_OK) {
            status = store_profile_put(store, import->project, profile, STORE_EXPECT_VERSION,
                                       there.version, NULL);
        }
    }
    if (status == STATUS_OK) {
        import->profiles++;
        return status;
    }
    return error_set(err, status, "%s",
                     status == STATUS_CONFLICT
                         ? "another user of this project has that email address"
                     : status == STATUS_PRECONDITION || status == STATUS_NOT_FOUND
                         ? "the profile is being changed; import it again"
                         : status_text(status));
}

static enum status take_profile(struct import *import, const struct json_value *root,
                                struct error *err) {
    const struct json_value *object = json_get(root, STR("profile"));
    struct users_input input;
    int64_t created = 0, updated = 0;
    bool refused = false;
    if (!object || object->type != JSON_OBJECT ||
        !clock_parse_rfc3339(json_get_string(root, STR("createdAt")), &created) ||
        !clock_parse_rfc3339(json_get_string(root, STR("updatedAt")), &updated)) {
        return error_set(err, STATUS_INVALID,
                         "a profile has profile, an object, and createdAt and updatedAt, times");
    }
    if (!users_input_read(&import->line, object, &input)) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    if (input.fault_count > 0) {
        return error_set(err, STATUS_INVALID, "profile%.*s %.*s", STR_ARG(input.faults[0].pointer),
                         STR_ARG(input.faults[0].detail));
    }
    if (!input.id.data) {
        return error_set(err, STATUS_INVALID, "profile/id is missing");
    }
    enum status status =
        users_is_refused(import->users, &import->line, import->project, 'u', input.id, &refused);
    if (status != STATUS_OK || refused) {
        return error_set(err, status == STATUS_OK ? STATUS_DENIED : status, "%s",
                         refused ? "that user was erased, and is refused from then on"
                                 : status_text(status));
    }
    struct store_profile profile = {.id = input.id,
                                    .email = input.email,
                                    .name = input.name,
                                    .traits = input.traits.data ? input.traits : STR("{}"),
                                    .created_ms = created,
                                    .updated_ms = updated};
    return write_profile(import, &profile, err);
}

// --- Lines --------------------------------------------------------------------------------------------------------------

static enum status take_line(struct import *import, struct str line, struct error *err) {
    static const struct json_limits limits = {.depth = EVENT_DEPTH_MAX + 4};
    const struct json_value *root = NULL;
    char *copy = arena_alloc_zero(&import->line, line.len + JSON_PADDING);
    if (!copy) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    memcpy(copy, line.data, line.len);
    enum status status =
        json_parse(import->parser, str_make(copy, line.len), &limits, &import->line, &root, err);
    if (status != STATUS_OK) {
        return status;
    }
    struct str kind = json_get_string(root, STR("kind"));
    if (str_equal(kind, STR("event"))) {
        return take_event(import, root, err);
    }
    if (str_equal(kind, STR("profile"))) {
        return take_profile(import, root, err);
    }
    return str_equal(kind, STR("export")) || str_equal(kind, STR("page"))
               ? STATUS_OK
               : error_set(err, STATUS_INVALID, "kind must be export, profile, event or page");
}

static enum status take_lines(struct import *import) {
    struct str rest = import->exchange->request.body;
    enum status status = STATUS_OK;
    for (size_t number = 1; rest.len > 0 && status == STATUS_OK; number++) {
        struct error err = {STATUS_OK, ""};
        struct str line = str_trim(str_cut(&rest, '\n'));
        arena_reset(&import->line);
        status = line.len > 0 ? take_line(import, line, &err) : STATUS_OK;
        if (status != STATUS_OK && is_of_line(status)) {
            status = reject(import, number, err.text[0] ? err.text : status_text(status));
        }
    }
    return status;
}

// --- The reply ----------------------------------------------------------------------------------------------------------

// Records of the log that the store does not have yet. -1: nobody knows.
static int64_t waiting_of(const struct import *import) {
    unsigned count = eventlog_partition_count(import->log);
    struct eventlog_partition_info *infos =
        arena_alloc_array(&import->exchange->arena, count, sizeof *infos);
    int64_t waiting = 0;
    if (!infos ||
        eventlog_partitions_info(import->log, STR("processor"), infos, count) != STATUS_OK) {
        return -1;
    }
    for (unsigned i = 0; i < count; i++) {
        int64_t processed = 0;
        if (store_partition_offset(import->users->config.store, eventlog_epoch(import->log), i,
                                   &processed) != STATUS_OK) {
            return -1;
        }
        waiting += infos[i].end > processed ? infos[i].end - processed : 0;
    }
    return waiting;
}

static void send(struct import *import) {
    struct json_writer w;
    json_writer_init(&w, http_reply_body(import->exchange));
    json_begin_object(&w);
    json_member_u64(&w, STR("events"), import->events);
    json_member_u64(&w, STR("eventsKnown"), import->known);
    json_member_u64(&w, STR("profiles"), import->profiles);
    json_member_u64(&w, STR("profilesKnown"), import->profiles_known);
    json_key(&w, STR("rejected"));
    json_begin_array(&w);
    for (const struct rejection *at = import->first; at; at = at->next) {
        json_begin_object(&w);
        json_member_u64(&w, STR("line"), at->line);
        json_member_string(&w, STR("reason"), at->reason);
        json_end_object(&w);
    }
    json_end_array(&w);
    json_member_i64(&w, STR("waiting"), waiting_of(import));
    json_end_object(&w);
    http_reply_send(import->exchange, 200, "application/json");
}

static size_t count_lines(struct str text) {
    size_t count = 1;
    for (size_t i = 0; i < text.len; i++) {
        count += text.data[i] == '\n';
    }
    return count;
}

static enum status carry_out(struct import *import) {
    size_t lines = count_lines(import->exchange->request.body);
    import->records = arena_alloc_array(&import->exchange->arena, lines, sizeof *import->records);
    enum status status = import->records ? json_parser_make(&import->parser) : STATUS_NO_MEMORY;
    if (status == STATUS_OK) {
        status = take_lines(import);
    }
    if (status == STATUS_OK && import->events > 0) {
        status = users_log_append(import->log, import->records, import->events);
    }
    json_parser_free(import->parser);
    return status;
}

void users_handle_project_import(struct http_exchange *exchange, void *context) {
    struct users *users = context;
    struct import import = {.users = users, .exchange = exchange};
    struct clock *clock = users->config.clock;
    import.end = &import.first;
    import.now_ms = clock->wall_ms(clock);
    if (!users_ask_project(users, exchange, &import.project)) {
        return;
    }
    if (count_lines(exchange->request.body) > LINES_MAX) {
        http_reply_problem(exchange, 413, STR("An import takes 10000 lines at once."));
        return;
    }
    import.log = users_log(users, exchange);
    if (!import.log) {
        return;
    }
    arena_init(&import.line, (size_t)64 << 10, 0);
    enum status status = carry_out(&import);
    arena_free(&import.line);
    if (status == STATUS_QUOTA || status == STATUS_FULL) {
        http_reply_header(exchange, "Retry-After", STR("5"));
        http_reply_problem(exchange, 503, STR("The event log takes no more at the moment."));
    } else if (status != STATUS_OK) {
        view_fail(exchange, status, "users", "The lines cannot be imported");
    } else {
        send(&import);
    }
}
