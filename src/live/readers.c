// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A reader's way between the thread of live and the loop of its connection.
#include <stdlib.h>

#include "http/problem.h"
#include "live/private.h"

static void count_out(struct live *live) {
    thread_must(pthread_mutex_lock(&live->mutex));
    if (atomic_fetch_sub(&live->reader_count, 1) == 1) {
        thread_must(pthread_cond_broadcast(&live->none));
    }
    thread_must(pthread_mutex_unlock(&live->mutex));
}

bool live_reader_admit(struct live *live, struct http_exchange *exchange) {
    // Draining is looked at behind the count: who drains sets it and then waits for the count.
    unsigned before = atomic_fetch_add(&live->reader_count, 1);
    bool draining = atomic_load(&live->draining);
    if (before < live->config.readers && !draining) {
        return true;
    }
    count_out(live);
    http_reply_header(exchange, "Retry-After", draining ? STR("1") : STR("10"));
    http_reply_problem(exchange, 503,
                       draining ? STR("The server is stopping.")
                                : STR("As many streams of activities are open as may be."));
    return false;
}

struct live_reader *live_reader_make(struct live *live, struct http_exchange *exchange,
                                     const struct live_format *format) {
    struct live_reader *reader = calloc(1, sizeof *reader);
    if (!reader) {
        count_out(live);
        http_reply_problem(exchange, 503, STR("Out of memory."));
        return NULL;
    }
    reader->live = live;
    reader->exchange = exchange;
    reader->format = format;
    atomic_fetch_add(&live->peer_count, format == &live_format_peer);
    buffer_init(&reader->buffer, LIVE_BUFFER_MAX);
    for (unsigned i = 0; i < LIVE_PARTITIONS_MAX; i++) {
        reader->offsets[i] = -1;
    }
    return reader;
}

void live_reader_place(struct live_reader *reader, const struct live_position *position) {
    reader->epoch = position->epoch;
    for (unsigned i = 0; i < position->count; i++) {
        reader->offsets[i] = position->offsets[i];
    }
}

// --- On the loop --------------------------------------------------------------------------------------------------------
static void tell_room(struct http_exchange *exchange, void *context) {
    struct live_reader *reader = context;
    (void)exchange;
    atomic_store(&reader->has_room, true);
    live_feed_wake(reader->live->config.feed);
}

static void tell_gone(struct http_exchange *exchange, unsigned status, void *context) {
    struct live_reader *reader = context;
    (void)exchange;
    (void)status;
    atomic_store(&reader->gone, true);
    live_feed_wake(reader->live->config.feed);
}

static const struct http_stream_events events = {.room = tell_room, .gone = tell_gone};

static void free_reader(struct live_reader *reader) {
    struct live *live = reader->live;
    atomic_fetch_sub(&live->peer_count, reader->format == &live_format_peer);
    buffer_free(&reader->buffer);
    free(reader);
    count_out(live);
}

void live_reader_begin(struct live_reader *reader, const char *content_type, struct str first) {
    struct live *live = reader->live;
    struct http_exchange *exchange = reader->exchange;
    struct clock *clock = live->config.clock;
    http_stream_begin(exchange, &events, reader);
    if (!http_stream_head(exchange, 200, content_type, -1)) {
        free_reader(reader);
        return;
    }
    atomic_store(&reader->has_room, http_stream_write(exchange, first));
    reader->written_us = reader->room_us = reader->permit_us = clock->mono_us(clock);
    thread_must(pthread_mutex_lock(&live->mutex));
    reader->next = live->joining;
    live->joining = reader;
    thread_must(pthread_mutex_unlock(&live->mutex));
    live_feed_wake(live->config.feed);
}

// A buffer that failed would tear a hole into what is sent.
static bool write_buffer(struct live_reader *reader) {
    bool whole = buffer_status(&reader->buffer) == STATUS_OK;
    if (whole) {
        bool room = http_stream_write(reader->exchange, buffer_str(&reader->buffer));
        atomic_store(&reader->has_room, room);
    }
    buffer_clear(&reader->buffer);
    return whole;
}

static void deliver(struct http_exchange *exchange, void *context) {
    struct live_reader *reader = context;
    struct live_feed *feed = reader->live->config.feed;
    (void)exchange;
    if (!write_buffer(reader)) {
        atomic_store(&reader->gone, true);
    }
    atomic_store(&reader->delivering, false); // from here on it is the thread's again
    live_feed_wake(feed);
}

static void finish(struct http_exchange *exchange, void *context) {
    struct live_reader *reader = context;
    bool whole = write_buffer(reader);
    if (reader->end == LIVE_GONE || !whole) {
        http_stream_abort(exchange);
    } else {
        http_stream_end(exchange);
    }
    free_reader(reader);
}

// --- On the thread ------------------------------------------------------------------------------------------------------
void live_reader_deliver(struct live_reader *reader) {
    atomic_store(&reader->delivering, true);
    http_exchange_resume(reader->exchange, deliver, reader);
}

void live_reader_finish(struct live_reader *reader) {
    http_exchange_resume(reader->exchange, finish, reader);
}
