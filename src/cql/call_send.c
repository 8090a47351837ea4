// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A call's way out: the next host, its statements prepared there, the frame.
#include "base/check.h"
#include "cql/call.h"
#include "cql/policy.h"
#include "cql/prepared.h"
#include "cql/session.h"

#define REPLICAS_MAX 16 // looked at; more copies than that nobody keeps

// --- Which host ----------------------------------------------------------------------------------------------------
static bool was_asked(const struct cql_call *call, const struct cql_host *host) {
    for (unsigned i = 0; i < call->asked_count; i++) {
        if (call->asked[i] == host->serial) {
            return true;
        }
    }
    return false;
}

static struct cql_choice choice_of(const struct cql_call *call, const struct cql_host *host,
                                   bool replica) {
    return (struct cql_choice){
        .usable = !host->removed && !was_asked(call, host) && cql_host_connection(host) != NULL,
        .replica = replica,
        .local = host->local,
        .load = cql_host_load(host),
    };
}

static const uint16_t *replicas_of(const struct cql_call *call, size_t *count) {
    const struct cql_loop *loop = call->loop;
    *count = 0;
    if (!call->has_token || !loop->topology) {
        return NULL;
    }
    const struct cql_request *request = call->request;
    const struct cql_prepared *prepared =
        request->kind == CQL_REQUEST_BATCH ? request->entries[0].prepared : request->prepared;
    struct str keyspace = str_make(prepared->keyspace, prepared->keyspace_len);
    return cql_ring_replicas(loop->topology->ring, keyspace, call->token, count);
}

// The usual case: one of the local replicas, without looking at all hosts.
static struct cql_host *choose_replica(const struct cql_call *call, const uint16_t *replicas,
                                       size_t count) {
    struct cql_loop *loop = call->loop;
    struct cql_choice choices[REPLICAS_MAX];
    count = count < REPLICAS_MAX ? count : REPLICAS_MAX;
    for (size_t i = 0; i < count; i++) {
        const struct cql_host *host = loop->by_number[replicas[i]];
        choices[i] = host && host->local ? choice_of(call, host, true)
                                         : (struct cql_choice){.usable = false};
    }
    size_t start = count > 1 ? (size_t)(cql_loop_chance(loop) % count) : 0;
    size_t best = cql_policy_choose(choices, count, start);
    return best == CQL_CHOICE_NONE ? NULL : loop->by_number[replicas[best]];
}

static struct cql_host *choose_any(const struct cql_call *call, const uint16_t *replicas,
                                   size_t count) {
    struct cql_loop *loop = call->loop;
    for (size_t i = 0; i < count; i++) {
        if (loop->by_number[replicas[i]]) {
            loop->by_number[replicas[i]]->replica = true;
        }
    }
    for (unsigned i = 0; i < loop->host_count; i++) {
        loop->choices[i] = choice_of(call, loop->hosts[i], loop->hosts[i]->replica);
        loop->hosts[i]->replica = false;
    }
    size_t start = loop->host_count > 1 ? (size_t)(cql_loop_chance(loop) % loop->host_count) : 0;
    size_t best = cql_policy_choose(loop->choices, loop->host_count, start);
    return best == CQL_CHOICE_NONE ? NULL : loop->hosts[best];
}

struct cql_host *cql_call_choose(const struct cql_call *call) {
    size_t count;
    const uint16_t *replicas = replicas_of(call, &count);
    struct cql_host *host = count > 0 ? choose_replica(call, replicas, count) : NULL;
    return host ? host : choose_any(call, replicas, count);
}

// --- On its way ----------------------------------------------------------------------------------------------------
static bool all_were_asked(const struct cql_call *call) {
    for (unsigned i = 0; i < call->loop->host_count; i++) {
        const struct cql_host *host = call->loop->hosts[i];
        if (cql_host_is_up(host) && !was_asked(call, host)) {
            return false;
        }
    }
    return call->asked_count > 0;
}

void cql_call_ask(struct cql_try *attempt, struct cql_host *host) {
    struct cql_call *call = attempt->call;
    if (call->asked_count < CQL_CALL_TRIES_MAX) {
        call->asked[call->asked_count++] = host->serial;
    }
    attempt->prepared_again = false;
    cql_call_send(attempt, host);
}

void cql_call_advance(struct cql_try *attempt) {
    struct cql_call *call = attempt->call;
    if (call->try_count >= CQL_CALL_TRIES_MAX) {
        cql_call_finish(call, call->failed, NULL);
        return;
    }
    if (call->may_go_round && all_were_asked(call)) {
        call->asked_count = 0;
    }
    call->may_go_round = false;
    struct cql_host *host = cql_call_choose(call);
    if (host) {
        cql_call_ask(attempt, host);
    } else if (call->failed != STATUS_OK && all_were_asked(call)) {
        cql_call_finish(call, call->failed, NULL);
    } else {
        cql_call_wait(attempt);
    }
}

// OK; END: it waits for an answer to PREPARE. FULL, NO_MEMORY, TOO_LARGE.
static enum status prepare(struct cql_try *attempt, struct cql_connection *connection) {
    const struct cql_request *request = attempt->call->request;
    enum status status = STATUS_OK;
    size_t count = request->kind == CQL_REQUEST_BATCH     ? request->entry_count
                   : request->kind == CQL_REQUEST_EXECUTE ? 1
                                                          : 0;
    for (size_t i = 0; i < count; i++) {
        const struct cql_prepared *prepared =
            request->kind == CQL_REQUEST_BATCH ? request->entries[i].prepared : request->prepared;
        switch (cql_prepared_need(connection, attempt->host, prepared, attempt, &status)) {
        case CQL_PREPARED_READY: break;
        case CQL_PREPARED_ASKED: return STATUS_END;
        case CQL_PREPARED_UNKNOWN: return status;
        }
    }
    return STATUS_OK;
}

static void encode_batch(struct buffer *out, const struct cql_request *request,
                         const struct cql_host *host) {
    cql_encode_batch_begin(out, request->batch_type, (uint16_t)request->entry_count);
    for (size_t i = 0; i < request->entry_count; i++) {
        const struct cql_batch_entry *entry = &request->entries[i];
        cql_encode_batch_entry(out, cql_prepared_id(host, entry->prepared), entry->values,
                               entry->value_count);
    }
    cql_encode_batch_end(out, request->consistency, request->serial_consistency);
}

static void encode(struct buffer *out, const struct cql_request *request,
                   const struct cql_host *host) {
    if (request->kind == CQL_REQUEST_BATCH) {
        encode_batch(out, request, host);
        return;
    }
    struct cql_query_options options = {
        .consistency = request->consistency,
        .serial_consistency = request->serial_consistency,
        .values = request->values,
        .value_count = request->value_count,
        .page_size = request->page_size,
        .paging_state = request->paging_state,
    };
    if (request->kind == CQL_REQUEST_EXECUTE) {
        cql_encode_execute(out, cql_prepared_id(host, request->prepared), &options);
    } else {
        cql_encode_query(out, request->text, &options);
    }
}

static enum cql_opcode opcode_of(const struct cql_request *request) {
    return request->kind == CQL_REQUEST_BATCH     ? CQL_OP_BATCH
           : request->kind == CQL_REQUEST_EXECUTE ? CQL_OP_EXECUTE
                                                  : CQL_OP_QUERY;
}

// Seen before it is copied, which for such a size takes the loop a while.
static bool is_too_large(const struct cql_request *request) {
    size_t size = request->values.len;
    if (request->kind == CQL_REQUEST_QUERY) {
        size += request->text.len;
    }
    for (size_t i = 0; request->kind == CQL_REQUEST_BATCH && i < request->entry_count; i++) {
        size += request->entries[i].values.len;
    }
    return size > CQL_FRAME_BODY_MAX;
}

static enum status write_frame(struct cql_try *attempt, struct cql_connection *connection) {
    const struct cql_request *request = attempt->call->request;
    if (is_too_large(request)) {
        return STATUS_TOO_LARGE;
    }
    struct buffer *out =
        cql_connection_begin(connection, &attempt->exchange, opcode_of(request), false);
    if (!out) {
        return STATUS_FULL;
    }
    encode(out, request, attempt->host);
    return cql_connection_end(connection);
}

void cql_call_send(struct cql_try *attempt, struct cql_host *host) {
    struct cql_call *call = attempt->call;
    attempt->host = host;
    struct cql_connection *connection = cql_host_connection(host);
    enum status status = connection ? prepare(attempt, connection) : STATUS_FULL;
    if (status == STATUS_END) {
        attempt->state = CQL_TRY_PREPARING;
        return;
    }
    if (status == STATUS_OK && call->only_prepare) {
        cql_call_finish(call, STATUS_OK, NULL);
        return;
    }
    if (status == STATUS_OK) {
        status = write_frame(attempt, connection);
    }
    if (status == STATUS_OK) {
        attempt->state = CQL_TRY_SENT;
        call->try_count++;
    } else if (cql_call_other_in_flight(attempt)) {
        attempt->state = CQL_TRY_IDLE;
    } else if (status == STATUS_FULL) {
        call->asked_count = 0; // this one was not asked after all
        cql_call_wait(attempt);
    } else {
        (void)error_set(&call->request->error, status, "cannot write a request: %s",
                        status_text(status));
        cql_call_finish(call, status, NULL);
    }
}
