// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The life of a call: begun, waiting, timed out, done.
#include "cql/call.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/check.h"
#include "cql/policy.h"
#include "cql/prepared.h"
#include "cql/session.h"
#include "cql/token.h"

#define POOL_MAX 4096

const char cql_call_only_prepare = 0;

// --- Memory --------------------------------------------------------------------------------------------------------
static struct cql_call *take(struct cql_loop *loop) {
    struct cql_call *call = loop->free_calls;
    if (call) {
        loop->free_calls = call->next;
        loop->free_call_count--;
        memset(call, 0, sizeof *call);
    } else {
        call = calloc(1, sizeof *call);
        if (!call) {
            return NULL;
        }
    }
    call->loop = loop;
    call->next = loop->calls;
    if (call->next) {
        call->next->previous = call;
    }
    loop->calls = call;
    for (unsigned i = 0; i < CQL_CALL_PARALLEL; i++) {
        call->tries[i].call = call;
        call->tries[i].exchange.answered = cql_call_answered;
    }
    return call;
}

static void unlink_call(struct cql_call *call) {
    if (call->previous) {
        call->previous->next = call->next;
    } else {
        call->loop->calls = call->next;
    }
    if (call->next) {
        call->next->previous = call->previous;
    }
}

static void give_back(struct cql_call *call) {
    struct cql_loop *loop = call->loop;
    if (loop->free_call_count == POOL_MAX) {
        free(call);
        return;
    }
    call->next = loop->free_calls;
    loop->free_calls = call;
    loop->free_call_count++;
}

void cql_call_free_pool(struct cql_loop *loop) {
    while (loop->free_calls) {
        struct cql_call *call = loop->free_calls;
        loop->free_calls = call->next;
        free(call);
    }
    loop->free_call_count = 0;
}

// --- The end -------------------------------------------------------------------------------------------------------
static void finish_request(struct cql_loop *loop, struct cql_request *request, enum status status,
                           struct cql_result *result) {
    request->status = status;
    if (status == STATUS_OK) {
        request->sent_unknown = false;
        request->server_error = 0;
    } else {
        CQL_COUNT(loop->counters.failures, 1);
        request->error.status = status;
    }
    request->done(request, result);
}

static void note_waiting(struct cql_loop *loop) {
    atomic_store_explicit(&loop->counters.queued, loop->waiting.length, memory_order_relaxed);
}

static void leave(struct cql_try *attempt) {
    bool waited = attempt->state == CQL_TRY_WAITING;
    cql_line_remove(attempt);
    attempt->state = CQL_TRY_IDLE;
    if (waited) {
        note_waiting(attempt->call->loop);
    }
    cql_connection_abandon(&attempt->exchange);
    attempt->call->request->sent_unknown |= attempt->exchange.sent;
}

void cql_call_finish(struct cql_call *call, enum status status, struct cql_result *result) {
    struct cql_loop *loop = call->loop;
    struct cql_request *request = call->request;
    cql_loop_timer_stop(loop, &call->timeout);
    cql_loop_timer_stop(loop, &call->speculate);
    unlink_call(call);
    for (unsigned i = 0; i < CQL_CALL_PARALLEL; i++) {
        if (call->tries[i].state != CQL_TRY_IDLE) {
            leave(&call->tries[i]);
        }
    }
    give_back(call);
    finish_request(loop, request, status, result);
}

void cql_call_end_all(struct cql_loop *loop) {
    struct cql_call *next;
    // Finishing one takes no other with it: connections are not closed for want of stream ids any more (loop->shut).
    for (struct cql_call *call = loop->calls; call; call = next) {
        next = call->next;
        (void)error_set(&call->request->error, STATUS_CLOSED, "the session is closing");
        cql_call_finish(call, STATUS_CLOSED, NULL);
    }
}

static const struct error *last_failure(const struct cql_loop *loop) {
    for (unsigned i = 0; i < loop->host_count; i++) {
        if (loop->hosts[i]->last.status != STATUS_OK) {
            return &loop->hosts[i]->last;
        }
    }
    return NULL;
}

static bool any_host_up(const struct cql_loop *loop) {
    for (unsigned i = 0; i < loop->host_count; i++) {
        if (cql_host_is_up(loop->hosts[i])) {
            return true;
        }
    }
    return false;
}

static void on_timeout(struct cql_timer *timer) {
    struct cql_call *call = CONTAINER_OF(timer, struct cql_call, timeout);
    struct cql_request *request = call->request;
    struct cql_loop *loop = call->loop;
    bool waits = call->tries[0].state == CQL_TRY_WAITING || call->tries[1].state == CQL_TRY_WAITING;
    CQL_COUNT(loop->counters.timeouts, 1);
    if (waits && !any_host_up(loop)) {
        const struct error *why = last_failure(loop);
        cql_call_finish(call,
                        error_set(&request->error, STATUS_UNAVAILABLE, "no host is connected%s%s",
                                  why ? ": " : "", why ? why->text : ""),
                        NULL);
        return;
    }
    const struct cql_try *asked =
        call->tries[0].state != CQL_TRY_IDLE ? &call->tries[0] : &call->tries[1];
    const char *host = asked->host ? asked->host->name : "any host";
    int64_t after =
        request->timeout_ms > 0 ? request->timeout_ms : loop->session->config.request_timeout_ms;
    enum status status =
        waits ? error_set(&request->error, STATUS_TIMEOUT, "not sent within %" PRId64 " ms: %s",
                          after, "all connections are full")
              : error_set(&request->error, STATUS_TIMEOUT,
                          "no answer from %s within %" PRId64 " ms", host, after);
    cql_call_finish(call, status, NULL);
}

// --- Waiting -------------------------------------------------------------------------------------------------------
void cql_call_wait(struct cql_try *attempt) {
    struct cql_call *call = attempt->call;
    struct cql_loop *loop = call->loop;
    if (loop->waiting.length >= loop->session->config.queued_max) {
        (void)error_set(&call->request->error, STATUS_FULL, "%u requests are waiting already",
                        loop->waiting.length);
        cql_call_finish(call, STATUS_FULL, NULL);
        return;
    }
    attempt->state = CQL_TRY_WAITING;
    attempt->host = NULL;
    cql_line_append(&loop->waiting, attempt);
    note_waiting(loop);
}

static bool any_host_usable(const struct cql_loop *loop) {
    for (unsigned i = 0; i < loop->host_count; i++) {
        if (cql_host_connection(loop->hosts[i])) {
            return true;
        }
    }
    return false;
}

void cql_call_resume_waiting(struct cql_loop *loop) {
    // Those that must wait on go to the end of the line, and are not looked at twice.
    unsigned left = loop->waiting.length;
    while (left-- > 0 && loop->waiting.first && any_host_usable(loop)) {
        struct cql_try *attempt = loop->waiting.first;
        cql_line_remove(attempt);
        attempt->state = CQL_TRY_IDLE;
        note_waiting(loop);
        cql_call_advance(attempt);
    }
}

// --- The beginning -------------------------------------------------------------------------------------------------
static const struct cql_prepared *routed_by(const struct cql_request *request, struct str *values,
                                            uint16_t *count) {
    if (request->kind == CQL_REQUEST_BATCH) {
        *values = request->entries[0].values;
        *count = request->entries[0].value_count;
        return request->entries[0].prepared;
    }
    *values = request->values;
    *count = request->value_count;
    return request->kind == CQL_REQUEST_EXECUTE ? request->prepared : NULL;
}

static void find_token(struct cql_call *call) {
    struct str values;
    uint16_t count;
    struct str key;
    const struct cql_prepared *prepared = routed_by(call->request, &values, &count);
    if (!prepared || call->only_prepare || !cql_prepared_has_route(prepared)) {
        return;
    }
    // What has no single place, or is not understood, may be asked of any host: the server judges it.
    call->has_token = cql_routing_key(values, count, prepared->parts, prepared->part_count,
                                      &call->loop->scratch, &key) == STATUS_OK;
    if (call->has_token) {
        call->token = cql_token(key);
    }
}

static bool is_sound(const struct cql_request *request) {
    if (request->kind == CQL_REQUEST_EXECUTE) {
        return request->prepared != NULL;
    }
    if (request->kind != CQL_REQUEST_BATCH) {
        return true;
    }
    bool sound = request->entry_count > 0 && request->entry_count <= CQL_BATCH_ENTRIES_MAX;
    for (size_t i = 0; sound && i < request->entry_count; i++) {
        sound = request->entries[i].prepared != NULL;
    }
    return sound;
}

static void on_speculate(struct cql_timer *timer) {
    struct cql_call *call = CONTAINER_OF(timer, struct cql_call, speculate);
    struct cql_try *first = &call->tries[0];
    struct cql_try *second = &call->tries[1];
    if (first->state != CQL_TRY_SENT || second->state != CQL_TRY_IDLE) {
        return;
    }
    struct cql_host *host = cql_call_choose(call);
    if (host) {
        CQL_COUNT(call->loop->counters.speculative, 1);
        cql_call_ask(second, host);
    }
}

void cql_call_start(struct cql_loop *loop, struct cql_request *request) {
    CQL_COUNT(loop->counters.requests, 1);
    request->sent_unknown = false;
    request->server_error = 0;
    request->error.text[0] = 0;
    if (loop->shut) {
        (void)error_set(&request->error, STATUS_CLOSED, "the session is closing");
        finish_request(loop, request, STATUS_CLOSED, NULL);
        return;
    }
    if (!is_sound(request)) {
        (void)error_set(&request->error, STATUS_INVALID,
                        "a request without a statement, or with too many");
        finish_request(loop, request, STATUS_INVALID, NULL);
        return;
    }
    struct cql_call *call = take(loop);
    if (!call) {
        (void)error_set(&request->error, STATUS_NO_MEMORY, "no memory for a request");
        finish_request(loop, request, STATUS_NO_MEMORY, NULL);
        return;
    }
    const struct cql_config *config = &loop->session->config;
    call->request = request;
    call->only_prepare = request->private_.call == &cql_call_only_prepare;
    find_token(call);
    cql_loop_timer(loop, &call->timeout,
                   request->timeout_ms > 0 ? request->timeout_ms : config->request_timeout_ms,
                   on_timeout);
    if (config->speculative_delay_ms > 0 && request->idempotent) {
        cql_loop_timer(loop, &call->speculate, config->speculative_delay_ms, on_speculate);
    }
    cql_call_advance(&call->tries[0]);
}
