// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// GET /activities and GET /activities/stream.
#include <stdlib.h>

#include "auth/scope.h"
#include "http/problem.h"
#include "http/query.h"
#include "live/private.h"
#include "live/wire.h"
#include "view/asked.h"

#define PRIME_MS 2000
#define LIST_MAX ((size_t)16 * 1024 * 1024)

enum { PROJECT, NAME, TYPE, USER_ID, LIMIT, LAST_EVENT_ID = LIMIT, COUNT };

static bool ask_filter(struct live *live, struct http_exchange *exchange, const struct str *values,
                       struct live_filter *out) {
    *out = (struct live_filter){.name = values[NAME], .user_id = values[USER_ID]};
    if (!auth_scope_project(exchange, live->config.keyring, values[PROJECT], &out->project)) {
        return false;
    }
    // The value may stand in memory that changes with the keys, and a stream lives long.
    out->project = arena_copy(&exchange->arena, out->project);
    if (!out->project.data) {
        http_reply_problem(exchange, 503, STR("Out of memory."));
        return false;
    }
    exchange->project = out->project;
    if (values[NAME].len > EVENT_NAME_MAX) {
        view_refuse(exchange, "name", STR("must be at most 256 bytes"));
        return false;
    }
    if (values[USER_ID].len > EVENT_ACTOR_MAX) {
        view_refuse(exchange, "userId", STR("must be at most 256 bytes"));
        return false;
    }
    out->has_type = values[TYPE].data != NULL;
    if (out->has_type && !event_type_from_name(values[TYPE], &out->type)) {
        view_refuse(exchange, "type", STR("must be track, identify, page, screen, group or alias"));
        return false;
    }
    return true;
}

// --- The newest -----------------------------------------------------------------------------------------------------------
struct found {
    int64_t received_ms;
    int64_t offset;
    unsigned partition;
    struct str text; // in the arena
};
struct collection {
    const struct live_filter *filter;
    struct arena *arena;
    struct buffer scratch; // of one item's text
    struct buffer found;   // of struct found
    unsigned partition;
    unsigned limit;
    unsigned here; // of this partition
};

static bool collect(const struct live_item *item, void *context) {
    struct collection *all = context;
    if (!live_filter_takes(all->filter, item)) {
        return true;
    }
    struct json_writer writer;
    buffer_clear(&all->scratch);
    json_writer_init(&writer, &all->scratch);
    live_item_write(&writer, item);
    struct found found = {item->received_ms, item->offset, all->partition,
                          arena_copy(all->arena, buffer_str(&all->scratch))};
    if (json_writer_status(&writer) == STATUS_OK && found.text.data) {
        buffer_append(&all->found, &found, sizeof found);
        all->here++;
        return true;
    }
    all->found.failed = STATUS_NO_MEMORY;
    return false;
}

static bool wants_more(void *context) {
    const struct collection *all = context;
    return all->here < all->limit && buffer_status(&all->found) == STATUS_OK;
}

// What was received last comes first; the rest makes the order the same every time.
static int compare(const void *left, const void *right) {
    const struct found *a = left, *b = right;
    if (a->received_ms != b->received_ms) {
        return a->received_ms > b->received_ms ? -1 : 1;
    }
    if (a->partition != b->partition) {
        return a->partition < b->partition ? -1 : 1;
    }
    return a->offset > b->offset ? -1 : a->offset < b->offset;
}

static void send_list(struct http_exchange *exchange, struct collection *all) {
    struct json_writer writer;
    size_t count = all->found.len / sizeof(struct found);
    struct found *found = (struct found *)(void *)all->found.data;
    if (count > 0) {
        qsort(found, count, sizeof *found, compare);
    }
    json_writer_init(&writer, http_reply_body(exchange));
    json_begin_list(&writer);
    for (size_t i = 0; i < count && i < all->limit; i++) {
        json_raw(&writer, found[i].text);
    }
    json_end_list(&writer, STR_EMPTY);
    http_reply_header(exchange, "Cache-Control", STR("private, no-cache"));
    http_reply_send(exchange, 200, "application/json");
}

// A stream that begins there misses nothing between the list and itself: so it is read before the rings are.
static void tell_position(struct live *live, struct http_exchange *exchange) {
    int64_t *offsets = arena_alloc_array(&exchange->arena, LIVE_PARTITIONS_MAX, sizeof *offsets);
    struct live_position position = {0, live_feed_partitions(live->config.feed), offsets};
    struct buffer text, scratch;
    buffer_init(&text, (size_t)LIVE_POSITION_BYTES_MAX * 2);
    buffer_init(&scratch, LIVE_POSITION_BYTES_MAX);
    for (unsigned i = 0; i < position.count && offsets; i++) {
        struct live_ring *ring = live_feed_look(live->config.feed, i);
        struct live_ring_view view = {.complete = -1};
        if (ring) {
            live_ring_look(ring, &view);
        }
        offsets[i] = view.complete;
        position.epoch = view.complete >= 0 ? view.epoch : position.epoch;
    }
    if (offsets) {
        live_position_write(&text, &scratch, &position);
        http_reply_header(exchange, "Last-Event-ID", buffer_str(&text));
    }
    buffer_free(&text);
    buffer_free(&scratch);
}

static void handle_list(struct http_exchange *exchange, void *context) {
    static const char *const names[COUNT] = {"project", "name", "type", "userId", "limit"};
    struct live *live = context;
    struct str values[COUNT];
    struct live_filter filter;
    struct collection all = {.filter = &filter, .arena = &exchange->arena, .limit = 50};
    if (!http_query_read(exchange, names, values, COUNT) ||
        !ask_filter(live, exchange, values, &filter) ||
        !view_ask_limit(exchange, values[LIMIT], &all.limit)) {
        return;
    }
    if (live->config.hub) {
        live_hub_prime(live->config.hub, PRIME_MS);
    }
    tell_position(live, exchange);
    buffer_init(&all.scratch, LIVE_BUFFER_MAX);
    buffer_init(&all.found, LIST_MAX);
    unsigned count = live_feed_partitions(live->config.feed);
    for (; all.partition < count; all.partition++) {
        struct live_ring *ring = live_feed_look(live->config.feed, all.partition);
        all.here = 0;
        if (ring) {
            live_ring_walk_back(ring, collect, wants_more, &all);
        }
    }
    if (buffer_status(&all.found) == STATUS_OK) {
        send_list(exchange, &all);
    } else {
        view_fail(exchange, buffer_status(&all.found), "live",
                  "The newest activities cannot be listed");
    }
    buffer_free(&all.scratch);
    buffer_free(&all.found);
}

// --- The stream -----------------------------------------------------------------------------------------------------------
// The header is what an EventSource sends by itself; the parameter is for others, and the header counts when both are there.
static bool ask_position(struct http_exchange *exchange, struct str parameter, bool *given,
                         struct live_position *out) {
    struct str header = http_request_header(exchange, STR("Last-Event-ID"));
    struct str text = header.data ? header : parameter;
    *given = text.len > 0;
    if (!*given || live_position_read(text, &exchange->arena, out)) {
        return true;
    }
    if (header.data) {
        http_reply_problem(exchange, 400,
                           STR("Last-Event-ID is not the id of an activity of this stream."));
    } else {
        view_refuse(exchange, "lastEventId", STR("is not the id of an activity of this stream"));
    }
    return false;
}

static void handle_stream(struct http_exchange *exchange, void *context) {
    static const char *const names[COUNT] = {"project", "name", "type", "userId", "lastEventId"};
    struct live *live = context;
    struct str values[COUNT];
    struct live_filter filter;
    struct live_position position;
    bool resumes = false;
    if (!http_query_read(exchange, names, values, COUNT) ||
        !ask_filter(live, exchange, values, &filter) ||
        !ask_position(exchange, values[LAST_EVENT_ID], &resumes, &position)) {
        return;
    }
    http_reply_header(exchange, "Cache-Control", STR("no-store"));
    http_reply_header(exchange, "X-Accel-Buffering", STR("no")); // nginx would keep events back
    if (exchange->request.method == HTTP_HEAD_) {
        http_reply_send_static(exchange, 200, "text/event-stream", STR_EMPTY);
        return;
    }
    if (!live_reader_admit(live, exchange)) {
        return;
    }
    struct live_reader *reader = live_reader_make(live, exchange, &live_format_events);
    if (!reader) {
        return;
    }
    reader->filter = filter;
    reader->checked = true;
    if (resumes) {
        live_reader_place(reader, &position);
    }
    live_reader_begin(reader, "text/event-stream", STR("retry: 2000\n\n"));
}

static const struct http_route routes[] = {
    {HTTP_GET_, "/activities", AUTH_ACCESS_VIEWER, true, handle_list},
    {HTTP_GET_, "/activities/stream", AUTH_ACCESS_VIEWER, false, handle_stream},
};

struct http_route_table live_routes(struct live *live) {
    return (struct http_route_table){routes, sizeof routes / sizeof routes[0], live};
}

struct http_route_table live_route_patterns(void) {
    return live_routes(NULL);
}

// --- Other processes ------------------------------------------------------------------------------------------------------
void live_serve_peer(struct live *live, struct http_exchange *exchange) {
    static const char *const names[] = {"from"};
    struct str from = STR_EMPTY;
    struct live_position position;
    unsigned partitions = live_feed_partitions(live->config.feed);
    if (!http_query_read(exchange, names, &from, 1)) {
        return;
    }
    if (from.data && !live_position_read(from, &exchange->arena, &position)) {
        view_refuse(exchange, "from", STR("is not a position"));
        return;
    }
    if (live->config.hub || partitions == 0) {
        http_reply_problem(exchange, 404, STR("This process has no feed of its own."));
        return;
    }
    if (!live_reader_admit(live, exchange)) {
        return;
    }
    struct live_reader *reader = live_reader_make(live, exchange, &live_format_peer);
    if (!reader) {
        return;
    }
    if (from.data) {
        live_reader_place(reader, &position);
    }
    char bytes[32];
    struct buffer hello;
    buffer_init_fixed(&hello, bytes, sizeof bytes);
    live_frame_write(&hello,
                     &(struct live_frame){.kind = LIVE_FRAME_HELLO, .partitions = partitions});
    live_reader_begin(reader, LIVE_WIRE_TYPE, buffer_str(&hello));
}
