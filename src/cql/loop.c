// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The loop's thread: takes what was queued, turns the timer wheel, lets connections write before it sleeps, ends.
#include "cql/loop.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "cql/call.h"
#include "cql/connection.h"
#include "cql/control.h"
#include "cql/host.h"
#include "cql/session.h"
#include "cql/topology.h"

#define ROUTING_KEY_MAX ((size_t)1024 * 1024)

void cql_loop_update_time(struct cql_loop *loop) {
    struct clock *clock = loop->session->config.clock;
    loop->now_ms = clock->mono_us(clock) / 1000;
}

uint64_t cql_loop_chance(struct cql_loop *loop) {
    uint64_t x = loop->chance;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    loop->chance = x;
    return x;
}

// --- Timers --------------------------------------------------------------------------------------------------------
static void on_tick(uv_timer_t *timer);

static void set_ticker(struct cql_loop *loop) {
    int64_t next = cql_wheel_next_ms(&loop->wheel);
    loop->ticker_ms = next;
    if (next != INT64_MAX && !loop->shut) {
        int64_t after = next - loop->now_ms;
        uv_update_time(&loop->uv);
        (void)uv_timer_start(&loop->ticker, on_tick, after > 0 ? (uint64_t)after : 0, 0);
    }
}

static void on_tick(uv_timer_t *timer) {
    struct cql_loop *loop = timer->data;
    cql_loop_update_time(loop);
    cql_wheel_advance(&loop->wheel, loop->now_ms);
    set_ticker(loop);
}

void cql_loop_timer(struct cql_loop *loop, struct cql_timer *timer, int64_t after_ms,
                    void (*fire)(struct cql_timer *timer)) {
    int64_t due = after_ms > INT64_MAX / 2 ? INT64_MAX / 2 : loop->now_ms + after_ms;
    cql_timer_start(&loop->wheel, timer, due, fire);
    // Late by a tick is allowed; the ticker is not moved for every request.
    if (timer->tick * CQL_WHEEL_TICK_MS < loop->ticker_ms) {
        set_ticker(loop);
    }
}

// --- What is queued ------------------------------------------------------------------------------------------------
void cql_loop_submit(struct cql_loop *loop, struct cql_request *request) {
    if (queue_push(&loop->requests, &request->private_.node)) {
        (void)uv_async_send(&loop->wake);
    }
}

void cql_loop_post(struct cql_loop *loop, struct cql_command *command) {
    if (queue_push(&loop->commands, &command->node)) {
        (void)uv_async_send(&loop->wake);
    }
}

static void take_commands(struct cql_loop *loop) {
    struct queue_node *node = queue_take_all(&loop->commands);
    while (node) {
        struct cql_command *command = CONTAINER_OF(node, struct cql_command, node);
        node = node->next;
        command->run(loop, command);
    }
}

static void take_requests(struct cql_loop *loop) {
    struct queue_node *node = queue_take_all(&loop->requests);
    while (node) {
        struct cql_request *request = CONTAINER_OF(node, struct cql_request, private_.node);
        node = node->next;
        cql_call_start(loop, request);
    }
}

static void shut_down(struct cql_loop *loop) {
    loop->shut = true;
    if (loop->index == 0 && loop->session->control) {
        cql_control_stop(loop->session->control);
    }
    cql_call_end_all(loop);
    while (loop->host_count > 0) {
        cql_host_remove(loop->hosts[loop->host_count - 1], true);
    }
    (void)uv_timer_stop(&loop->ticker);
    uv_close((uv_handle_t *)&loop->ticker, NULL);
    uv_close((uv_handle_t *)&loop->before_sleep, NULL);
    uv_close((uv_handle_t *)&loop->wake, NULL);
}

static void on_wake(uv_async_t *handle) {
    struct cql_loop *loop = handle->data;
    if (loop->shut) {
        return;
    }
    cql_loop_update_time(loop);
    take_commands(loop);
    take_requests(loop);
    if (atomic_load(&loop->closing)) {
        shut_down(loop);
    }
}

static void on_before_sleep(uv_prepare_t *handle) {
    struct cql_loop *loop = handle->data;
    while (loop->dirty) {
        struct cql_connection *connection = loop->dirty;
        loop->dirty = connection->next_dirty;
        connection->dirty = false;
        cql_connection_flush(connection);
    }
}

static void *run(void *given) {
    struct cql_loop *loop = given;
    (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
    // What was queued while it closed is answered here, on the loop's thread all the same.
    take_commands(loop);
    take_requests(loop);
    return NULL;
}

// --- Making and unmaking ---------------------------------------------------------------------------------------------
static void init_handles(struct cql_loop *loop) {
    // They fail only without descriptors, which uv_loop_init has looked at, or when misused.
    int failed = uv_async_init(&loop->uv, &loop->wake, on_wake);
    CHECK(failed == 0);
    (void)uv_prepare_init(&loop->uv, &loop->before_sleep);
    (void)uv_prepare_start(&loop->before_sleep, on_before_sleep);
    (void)uv_timer_init(&loop->uv, &loop->ticker);
    loop->wake.data = loop;
    loop->before_sleep.data = loop;
    loop->ticker.data = loop;
}

enum status cql_loop_init(struct cql_loop *loop, struct cql_session *session, unsigned index,
                          struct error *err) {
    loop->session = session;
    loop->index = index;
    loop->ticker_ms = INT64_MAX;
    cql_line_init(&loop->waiting);
    queue_init(&loop->requests);
    queue_init(&loop->commands);
    buffer_init(&loop->scratch, ROUTING_KEY_MAX);
    cql_loop_update_time(loop);
    cql_wheel_init(&loop->wheel, loop->now_ms);
    loop->chance = random_u64(session->config.random) | 1;
    int failed = uv_loop_init(&loop->uv);
    if (failed < 0) {
        return error_set(err, STATUS_IO, "cannot make an event loop: %s", uv_strerror(failed));
    }
    init_handles(loop);
    loop->initialised = true;
    return STATUS_OK;
}

enum status cql_loop_start(struct cql_loop *loop, struct error *err) {
    char name[16];
    snprintf(name, sizeof name, "cql-%u", loop->index);
    enum status status = thread_start(&loop->thread, name, run, loop);
    loop->running = status == STATUS_OK;
    return status == STATUS_OK ? status : error_set(err, status, "cannot start a thread");
}

void cql_loop_stop(struct cql_loop *loop) {
    if (!loop->initialised) {
        return;
    }
    atomic_store(&loop->closing, true);
    (void)uv_async_send(&loop->wake);
    if (loop->running) {
        thread_join(&loop->thread);
    } else {
        (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
    }
    int failed = uv_loop_close(&loop->uv);
    CHECK(failed == 0);
    cql_call_free_pool(loop);
    cql_topology_release(loop->topology);
    buffer_free(&loop->scratch);
    free(loop->hosts);
    free(loop->by_number);
    free(loop->choices);
    free(loop->cipher);
    loop->initialised = false;
}
