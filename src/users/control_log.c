// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Control records into the log: the same append as that of events, and so through the spool where there is one.
#include "users/control_log.h"

#include "base/queue.h"
#include "http/problem.h"

#define AWAIT_US (2 * 1000 * 1000LL)
#define LOOK_US (10 * 1000LL)
#define VALUE_MAX 8192

struct eventlog *users_log(struct users *users, struct http_exchange *exchange) {
    struct error err = {STATUS_UNAVAILABLE, "this process has no event log"};
    struct eventlog *log =
        users->config.log ? users->config.log(users->config.log_context, &err) : NULL;
    if (!log) {
        http_reply_header(exchange, "Retry-After", STR("5"));
        http_reply_problemf(exchange, 503, "This goes through the event log: %s.", err.text);
    }
    return log;
}

static void appended(struct eventlog_append *append) {
    queue_wake(append->context);
}

static enum status encode(const struct control *control, int64_t now_ms, struct arena *arena,
                          struct eventlog_record *out) {
    struct buffer value;
    buffer_init(&value, VALUE_MAX);
    enum status status = control_encode(control, &value);
    out->key = control_record_key(control, arena);
    out->timestamp_ms = now_ms;
    if (status == STATUS_OK) {
        out->value = arena_copy(arena, buffer_str(&value));
        status = out->key.data && out->value.data ? STATUS_OK : STATUS_NO_MEMORY;
    }
    buffer_free(&value);
    return status;
}

enum status users_log_append(struct eventlog *log, const struct eventlog_record *records,
                             size_t count) {
    struct queue_waker waker;
    queue_waker_init(&waker);
    struct eventlog_append append = {
        .records = records, .count = count, .done = appended, .context = &waker};
    eventlog_append(log, &append);
    queue_wait(&waker, -1);
    queue_waker_destroy(&waker);
    return append.status;
}

enum status users_control_append(struct eventlog *log, const struct control *controls, size_t count,
                                 int64_t now_ms, struct arena *arena) {
    struct eventlog_record *records = arena_alloc_array(arena, count, sizeof *records);
    enum status status = records ? STATUS_OK : STATUS_NO_MEMORY;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = encode(&controls[i], now_ms, arena, &records[i]);
    }
    return status == STATUS_OK ? users_log_append(log, records, count) : status;
}

// Whether the store has what the log held.
static bool is_processed(struct users *users, struct eventlog *log, unsigned partition,
                         int64_t end) {
    int64_t offset = 0;
    enum status status =
        store_partition_offset(users->config.store, eventlog_epoch(log), partition, &offset);
    return status != STATUS_OK || offset >= end;
}

void users_await_processed(struct users *users, struct eventlog *log, struct str project,
                           struct str id) {
    struct clock *clock = users->config.clock;
    struct control control = {.project = project, .id = id};
    struct eventlog_partition_info info;
    struct arena arena;
    arena_init(&arena, 1024, 0);
    struct str key = control_record_key(&control, &arena);
    unsigned partition = eventlog_partition_of(key, eventlog_partition_count(log));
    enum status status = key.data ? eventlog_partition_info(log, partition, STR("processor"), &info)
                                  : STATUS_NO_MEMORY;
    int64_t until = clock->mono_us(clock) + AWAIT_US;
    struct queue_waker waker;
    queue_waker_init(&waker);
    while (status == STATUS_OK && !is_processed(users, log, partition, info.end) &&
           clock->mono_us(clock) < until) {
        queue_wait(&waker, LOOK_US);
    }
    queue_waker_destroy(&waker);
    arena_free(&arena);
}
