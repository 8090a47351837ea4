// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// See serving.h.
#include "unit/activity/serving.h"

#include <stdlib.h>

#include "eventlog/engine.h"

struct refusing_log {
    struct eventlog log; // first member
    enum status refusal;
};

static void refuse(struct eventlog *log, struct eventlog_append *append) {
    append->status = ((struct refusing_log *)(void *)log)->refusal;
    append->done(append);
}

static void refusing_close(struct eventlog *log) {
    free((struct refusing_log *)(void *)log);
}

static const struct eventlog_engine refusing_engine = {
    .name = "refusing", .append = refuse, .close = refusing_close};

static struct eventlog *make_log(enum status refusal) {
    struct eventlog *log;
    struct error err;
    if (refusal != STATUS_OK) {
        struct refusing_log *refusing = calloc(1, sizeof *refusing);
        assert_non_null(refusing);
        refusing->log = (struct eventlog){.engine = &refusing_engine, .partitions = 1, .epoch = 1};
        refusing->refusal = refusal;
        return &refusing->log;
    }
    const struct eventlog_config config = {.partitions = 1, .clock = clock_system()};
    assert_int_equal(eventlog_open_memory(&config, &log, &err), STATUS_OK);
    return log;
}

static void dispatch(struct http_exchange *exchange, void *context) {
    struct serving *serving = context;
    http_router_dispatch(serving->router, exchange);
}

void serving_start(struct serving *serving, const struct activity_config *config,
                   enum status refusal) {
    struct activity_config used = config ? *config : (struct activity_config){.log = NULL};
    struct error err;
    *serving = (struct serving){.refusal = refusal};
    assert_int_equal(auth_keyring_make(&serving->keyring), STATUS_OK);
    assert_int_equal(auth_keyring_add_project(serving->keyring, STR("shop")), STATUS_OK);
    assert_int_equal(
        auth_keyring_add(serving->keyring, STR("k1"), STR("shop"), AUTH_ROLE_WRITE, STR("wk_test")),
        STATUS_OK);
    serving->log = make_log(refusal);
    used.log = serving->log;
    used.keyring = serving->keyring;
    used.clock = clock_system();
    used.random = random_system();
    assert_int_equal(activity_start(&used, &serving->activity, &err), STATUS_OK);
    struct http_route_table table = activity_routes(serving->activity);
    if (http_router_make(&table, 1, &serving->router, &err) != STATUS_OK) {
        fail_msg("%s", err.text);
    }
    serving->server = harness_start(dispatch, serving, NULL);
}

void serving_stop(struct serving *serving) {
    http_server_stop(serving->server);
    eventlog_close(serving->log);
    http_router_free(serving->router);
    activity_stop(serving->activity);
    auth_keyring_free(serving->keyring);
}

const char *serving_talk(struct serving *serving, const char *head, const void *body, size_t len) {
    struct buffer request;
    buffer_init(&request, 8 * 1024 * 1024);
    buffer_append_str(&request, str_from_c(head));
    buffer_printf(&request, "Host: a.example\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n",
                  len);
    buffer_append(&request, body, len);
    assert_int_equal(buffer_status(&request), STATUS_OK);
    const char *reply = harness_talk(serving->server, request.data, request.len);
    buffer_free(&request);
    return reply;
}

static void ignore_assigned(unsigned partition, int64_t *start, void *context) {
    (void)partition;
    (void)start;
    (void)context;
}

static void ignore_revoked(unsigned partition, void *context) {
    (void)partition;
    (void)context;
}

struct str serving_log_lines(struct serving *serving, struct arena *arena) {
    const struct eventlog_consumer_config config = {
        .group = STR("test"), .assigned = ignore_assigned, .revoked = ignore_revoked};
    struct eventlog_consumer *consumer;
    struct eventlog_batch batch;
    struct error err;
    struct buffer lines;
    buffer_init(&lines, 16 * 1024 * 1024);
    assert_int_equal(eventlog_consumer_open(serving->log, &config, &consumer, &err), STATUS_OK);
    while (eventlog_poll(consumer, 0, 1024 * 1024, &batch, &err) == STATUS_OK) {
        for (size_t i = 0; i < batch.count; i++) {
            buffer_append_str(&lines, batch.records[i].value);
            buffer_append_char(&lines, '\n');
        }
    }
    eventlog_consumer_close(consumer);
    struct str copy = arena_copy(arena, buffer_str(&lines));
    buffer_free(&lines);
    return copy;
}
