// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// GET /export: a whole project as lines of JSON, a page a request, for POST /import of another installation.
//
//   cursor: none → header, profiles → "p:ID" → ... → "e:EPOCH:PARTITION:OFFSET:UNTIL" → events of the log, partition by partition → null
//
// Events are read from the event log, because that has them as they came in (address, User-Agent, what rules changed later), and only
// those are given that stand in the timeline of their actor: what is counted, and nothing of anybody who was erased since.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/thread.h"
#include "event/control.h"
#include "event/event.h"
#include "http/problem.h"
#include "http/query.h"
#include "users/control_log.h"
#include "users/transfer.h"

#define GROUP STR("export") // commits nothing, and retention does not wait for it
#define GROUP_OF_OFFSETS STR("processor")
#define PAGE_BYTES ((size_t)1 << 20)
#define PAGE_RECORDS 50000 // read, whoever's they are
#define PAGE_PROFILES 500
#define POLL_US 20000
#define POLL_BYTES ((size_t)1 << 20)
#define EMPTY_POLLS_MAX 750 // fifteen seconds in which nothing comes although something should
#define TIMELINE_LOOK 100
#define CURSOR_MAX 600

struct page {
    struct users *users;
    struct http_exchange *exchange;
    struct str project;
    int64_t from_ms, to_ms; // of events
    struct json_writer w;
    size_t line; // where the last one begins
    char next[CURSOR_MAX];
    // Events
    struct eventlog *log;
    struct json_parser *parser;
    struct eventlog_partition_info *infos;
    unsigned partitions, partition;
    int64_t offset;
    int64_t
        until; // where it ended when its first page was asked for: who sends all the time must not hold an export up; -1: not yet
    size_t records;
};

// --- Lines --------------------------------------------------------------------------------------------------------------

static struct json_writer *begin_line(struct page *page, const char *kind) {
    page->w.comma = false;
    page->line = http_reply_body(page->exchange)->len;
    json_begin_object(&page->w);
    json_member_string(&page->w, STR("kind"), str_from_c(kind));
    return &page->w;
}

static void end_line(struct page *page) {
    struct buffer *body = http_reply_body(page->exchange);
    json_end_object(&page->w);
    json_join_lines(body, page->line);
    buffer_append_char(body, '\n');
    page->w.comma = false;
}

static bool is_full(const struct page *page) {
    return http_reply_body(page->exchange)->len >= PAGE_BYTES;
}

static int64_t records_gone(const struct page *page) {
    int64_t gone = 0;
    for (unsigned i = 0; i < page->partitions; i++) {
        gone += page->infos[i].begin;
    }
    return gone;
}

static void put_header(struct page *page) {
    struct clock *clock = page->users->config.clock;
    struct json_writer *w = begin_line(page, "export");
    json_member_i64(w, STR("format"), TRANSFER_FORMAT);
    json_member_string(w, STR("project"), page->project);
    json_member_time(w, STR("exportedAt"), clock->wall_ms(clock));
    // Of all projects: whose they were nobody knows any more.
    json_member_i64(w, STR("recordsGone"), records_gone(page));
    end_line(page);
}

static void put_profile(struct page *page, const struct store_profile *profile) {
    struct json_writer *w = begin_line(page, "profile");
    json_member_time(w, STR("createdAt"), profile->created_ms);
    json_member_time(w, STR("updatedAt"), profile->updated_ms);
    json_key(w, STR("profile"));
    json_begin_object(w);
    json_member_string(w, STR("id"), profile->id);
    json_member_string_or_null(w, STR("email"), profile->email);
    json_member_string_or_null(w, STR("name"), profile->name);
    json_member_raw(w, STR("traits"), profile->traits.len > 0 ? profile->traits : STR("{}"));
    json_end_object(w);
    end_line(page);
}

// --- Profiles -----------------------------------------------------------------------------------------------------------

static void next_event_cursor(struct page *page) {
    (void)snprintf(page->next, sizeof page->next, "e:%" PRId64 ":%u:%" PRId64 ":%" PRId64,
                   eventlog_epoch(page->log), page->partition, page->offset, page->until);
}

static enum status put_profiles(struct page *page, struct str after) {
    struct store_profile *profiles = NULL;
    size_t count = 0;
    bool more = false;
    enum status status =
        store_profile_list(page->users->config.store, page->project, after, PAGE_PROFILES,
                           &page->exchange->arena, &profiles, &count, &more);
    size_t i = 0;
    for (; i < count && status == STATUS_OK && !is_full(page); i++) {
        put_profile(page, &profiles[i]);
    }
    if (status == STATUS_OK && (more || i < count)) {
        (void)snprintf(page->next, sizeof page->next, "p:%.*s", STR_ARG(profiles[i - 1].id));
    } else {
        next_event_cursor(page);
    }
    return status;
}

// --- Events -------------------------------------------------------------------------------------------------------------

static void assigned(unsigned partition, int64_t *start, void *context) {
    const struct page *page = context;
    *start = partition == page->partition ? page->offset : page->infos[partition].end;
}

enum status transfer_is_known(struct users *users, const struct event *event, struct arena *arena,
                              bool *known) {
    const struct store_actor actor = {
        .kind = event->user_id.len > 0 ? STORE_ACTOR_USER : STORE_ACTOR_ANONYMOUS,
        .id = event->user_id.len > 0 ? event->user_id : event->anonymous_id};
    struct store_timeline_query query = {.actors = &actor,
                                         .actor_count = 1,
                                         .from_ms = event->timestamp_ms,
                                         .to_ms = event->timestamp_ms + 1,
                                         .limit = TIMELINE_LOOK};
    enum status status = STATUS_OK;
    bool more = true;
    *known = false;
    while (status == STATUS_OK && more && !*known) {
        struct store_timeline_row *rows = NULL;
        size_t count = 0;
        status = store_timeline_read(users->config.store, event->project, &query, arena, &rows,
                                     &count, &more);
        for (size_t i = 0; i < count && status == STATUS_OK && !*known; i++) {
            *known = str_equal(rows[i].event_id, event->id);
        }
        more = more && count > 0;
        if (status == STATUS_OK && more) {
            query.resume = true;
            query.after_ms = rows[count - 1].timestamp_ms;
            query.after_id = rows[count - 1].event_id;
        }
    }
    return status;
}

static bool is_of_project(const struct page *page, struct str key) {
    return key.len > page->project.len && key.data[page->project.len] == '\0' &&
           memcmp(key.data, page->project.data, page->project.len) == 0;
}

static enum status take_record(struct page *page, const struct eventlog_view *record) {
    struct event event;
    struct event_trees trees;
    struct error why;
    struct arena arena;
    bool known = false;
    if (!is_of_project(page, record->key) || control_looks_like(record->value)) {
        return STATUS_OK;
    }
    arena_init(&arena, (size_t)16 << 10, 0);
    enum status status = event_decode(page->parser, record->value, &arena, &event, &trees, &why);
    if (status != STATUS_OK) {
        arena_free(&arena);
        return status == STATUS_NO_MEMORY ? status : STATUS_OK; // a dead letter, or somebody else's
    }
    if (event.timestamp_ms >= page->from_ms && event.timestamp_ms < page->to_ms &&
        str_equal(event.project, page->project)) {
        status = transfer_is_known(page->users, &event, &arena, &known);
    }
    if (status == STATUS_OK && known) {
        struct json_writer *w = begin_line(page, "event");
        json_member_raw(w, STR("event"), record->value);
        end_line(page);
    }
    arena_free(&arena);
    return status;
}

static enum status take_batch(struct page *page, const struct eventlog_batch *batch) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < batch->count && status == STATUS_OK; i++) {
        const struct eventlog_view *record = &batch->records[i];
        if (record->offset >= page->until || is_full(page)) {
            return STATUS_OK;
        }
        status = take_record(page, record);
        page->records++;
        page->offset = status == STATUS_OK ? record->offset + 1 : page->offset;
    }
    if (status == STATUS_OK && batch->next_offset > page->offset) {
        page->offset = batch->next_offset;
    }
    return status;
}

static enum status read_partition(struct page *page, struct eventlog_consumer *consumer) {
    enum status status = STATUS_OK;
    unsigned empty = 0;
    while (status == STATUS_OK && page->offset < page->until && page->records < PAGE_RECORDS &&
           !is_full(page)) {
        struct eventlog_batch batch = {.count = 0};
        struct error why;
        status = eventlog_poll(consumer, POLL_US, POLL_BYTES, &batch, &why);
        if (status == STATUS_TIMEOUT && ++empty < EMPTY_POLLS_MAX) {
            status = STATUS_OK;
        } else if (status == STATUS_OK && batch.partition == page->partition) {
            empty = 0;
            status = take_batch(page, &batch);
        }
    }
    return status;
}

// Two members of the group would each see one half of the partitions of an embedded log.
static enum status read_log(struct page *page) {
    struct eventlog_consumer_config config = {
        .group = GROUP, .assigned = assigned, .context = page, .looks = true};
    struct eventlog_consumer *consumer = NULL;
    struct error why;
    thread_must(pthread_mutex_lock(&page->users->export_lock));
    enum status status = eventlog_consumer_open(page->log, &config, &consumer, &why);
    if (status == STATUS_OK) {
        status = read_partition(page, consumer);
        eventlog_consumer_close(consumer);
    }
    thread_must(pthread_mutex_unlock(&page->users->export_lock));
    return status;
}

// What the store has, and so has judged.
static enum status find_end(struct page *page) {
    int64_t processed = page->until;
    const struct eventlog_partition_info *info = &page->infos[page->partition];
    page->offset = page->offset > info->begin ? page->offset : info->begin;
    if (page->until >= 0) {
        return STATUS_OK;
    }
    enum status status = store_partition_offset(
        page->users->config.store, eventlog_epoch(page->log), page->partition, &processed);
    page->until = processed < info->end ? processed : info->end;
    return status;
}

// One partition a page, or as many as are empty.
static enum status put_events(struct page *page) {
    enum status status = STATUS_OK;
    while (status == STATUS_OK && page->partition < page->partitions) {
        status = find_end(page);
        if (status == STATUS_OK && page->offset < page->until) {
            status = json_parser_make(&page->parser);
            if (status == STATUS_OK) {
                status = read_log(page);
            }
            json_parser_free(page->parser);
            break;
        }
        page->partition++;
        page->offset = 0;
        page->until = -1;
    }
    if (page->partition < page->partitions) {
        next_event_cursor(page);
    } else {
        page->next[0] = '\0';
    }
    return status;
}

// --- The request --------------------------------------------------------------------------------------------------------

static bool look_at_log(struct page *page) {
    page->log = users_log(page->users, page->exchange);
    if (!page->log) {
        return false;
    }
    page->partitions = eventlog_partition_count(page->log);
    page->infos = arena_alloc_array(&page->exchange->arena, page->partitions, sizeof *page->infos);
    enum status status = page->infos ? eventlog_partitions_info(page->log, GROUP_OF_OFFSETS,
                                                                page->infos, page->partitions)
                                     : STATUS_NO_MEMORY;
    if (status != STATUS_OK) {
        view_fail(page->exchange, status, "users", "The event log cannot be looked at");
    }
    return status == STATUS_OK;
}

// "e:EPOCH:PARTITION:OFFSET:UNTIL"
static bool read_event_cursor(struct page *page, struct str cursor) {
    int64_t epoch = 0;
    uint64_t partition = 0;
    (void)str_cut(&cursor, ':');
    bool good = str_to_i64(str_cut(&cursor, ':'), &epoch) && epoch == eventlog_epoch(page->log) &&
                str_to_u64(str_cut(&cursor, ':'), &partition) && partition < page->partitions &&
                str_to_i64(str_cut(&cursor, ':'), &page->offset) && page->offset >= 0 &&
                str_to_i64(cursor, &page->until) && page->until >= -1;
    page->partition = (unsigned)partition;
    return good;
}

static bool ask_times(struct page *page, struct str from, struct str to) {
    struct view_zone zone;
    int32_t first = INT32_MIN, last = INT32_MAX;
    page->from_ms = INT64_MIN;
    page->to_ms = INT64_MAX;
    if (!view_ask_day(page->exchange, "from", from, &first) ||
        !view_ask_day(page->exchange, "to", to, &last) ||
        !view_ask_zone(page->exchange, page->users->zones, page->project, &zone)) {
        return false;
    }
    if (from.data) {
        page->from_ms = timezone_day_start(zone.rules, first);
    }
    if (to.data) {
        page->to_ms = timezone_day_start(zone.rules, last + 1);
    }
    return true;
}

static void send(struct page *page, enum status status) {
    if (status != STATUS_OK) {
        buffer_clear(http_reply_body(page->exchange));
        view_fail(page->exchange, status, "users", "The export cannot be made");
        return;
    }
    struct json_writer *w = begin_line(page, "page");
    json_member_string_or_null(w, STR("next"), page->next[0] ? str_from_c(page->next) : STR_EMPTY);
    end_line(page);
    http_reply_header(page->exchange, "Cache-Control", STR("private, no-store"));
    http_reply_send(page->exchange, 200, "application/x-ndjson");
}

void users_handle_project_export(struct http_exchange *exchange, void *context) {
    static const char *const names[] = {"project", "from", "to", "cursor"};
    struct str asked[4] = {STR_EMPTY, STR_EMPTY, STR_EMPTY, STR_EMPTY};
    struct page page = {.users = context, .exchange = exchange, .until = -1};
    if (!http_query_read(exchange, names, asked, 4) ||
        !users_scope(page.users, exchange, asked[0], &page.project) ||
        !ask_times(&page, asked[1], asked[2]) || !look_at_log(&page)) {
        return;
    }
    struct str cursor = asked[3];
    enum status status = STATUS_OK;
    json_writer_init(&page.w, http_reply_body(exchange));
    if (!cursor.data) {
        put_header(&page);
        status = put_profiles(&page, STR_EMPTY);
    } else if (str_starts_with(cursor, STR("p:"))) {
        status = put_profiles(&page, str_make(cursor.data + 2, cursor.len - 2));
    } else if (str_starts_with(cursor, STR("e:")) && read_event_cursor(&page, cursor)) {
        status = put_events(&page);
    } else {
        view_refuse(exchange, "cursor", STR("is none that this export gave"));
        return;
    }
    send(&page, status);
}
