// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A call's way back: results, refusals, connections that broke; and whether to try again.
#include "base/log.h"
#include "cql/call.h"
#include "cql/policy.h"
#include "cql/prepared.h"
#include "cql/result.h"
#include "cql/session.h"

bool cql_call_other_in_flight(const struct cql_try *attempt) {
    const struct cql_call *call = attempt->call;
    const struct cql_try *other = &call->tries[attempt == &call->tries[0] ? 1 : 0];
    return other->state != CQL_TRY_IDLE;
}

static void again(struct cql_try *attempt, bool same_host) {
    CQL_COUNT(attempt->call->loop->counters.retries, 1);
    if (same_host && cql_host_is_up(attempt->host)) {
        cql_call_send(attempt, attempt->host);
    } else {
        cql_call_advance(attempt);
    }
}

// --- Refused -------------------------------------------------------------------------------------------------------
static void note_refusal(struct cql_try *attempt, const struct cql_server_error *server) {
    struct cql_call *call = attempt->call;
    struct error said;
    call->failed = cql_error_describe(server, &said);
    call->request->server_error = server->code;
    (void)error_set(&call->request->error, call->failed, "%s: %s", attempt->host->name, said.text);
}

static void on_refusal(struct cql_try *attempt, const struct cql_server_error *server,
                       bool may_be_applied) {
    struct cql_call *call = attempt->call;
    struct cql_request *request = call->request;
    note_refusal(attempt, server);
    request->sent_unknown |= may_be_applied;
    unsigned before = call->retried;
    enum cql_decision decision = cql_policy_decide(server, request->idempotent, &call->retried);
    call->may_go_round =
        ((call->retried ^ before) & (CQL_RETRIED_REPLICAS | CQL_RETRIED_REPLICAS_AGAIN)) != 0;
    bool final = decision == CQL_DECISION_FAIL && call->failed != STATUS_TIMEOUT &&
                 call->failed != STATUS_UNAVAILABLE && call->failed != STATUS_IO;
    if (!final && cql_call_other_in_flight(attempt)) {
        return; // that one may still succeed
    }
    if (decision == CQL_DECISION_FAIL || call->try_count >= CQL_CALL_TRIES_MAX) {
        cql_call_finish(call, call->failed, NULL);
        return;
    }
    again(attempt, decision == CQL_DECISION_SAME_HOST);
}

// All of a batch: the server names only the first that it does not know.
static void on_unprepared(struct cql_try *attempt, const struct cql_server_error *server) {
    struct cql_call *call = attempt->call;
    const struct cql_request *request = call->request;
    bool has_statement = request->kind == CQL_REQUEST_EXECUTE || request->kind == CQL_REQUEST_BATCH;
    if (attempt->prepared_again || !has_statement || !cql_host_is_up(attempt->host)) {
        on_refusal(attempt, server, false);
        return;
    }
    CQL_COUNT(call->loop->counters.reprepared, 1);
    if (request->kind == CQL_REQUEST_EXECUTE) {
        cql_prepared_unprepare(attempt->host, request->prepared);
    }
    for (size_t i = 0; request->kind == CQL_REQUEST_BATCH && i < request->entry_count; i++) {
        cql_prepared_unprepare(attempt->host, request->entries[i].prepared);
    }
    attempt->prepared_again = true;
    cql_call_send(attempt, attempt->host);
}

// --- Lost ----------------------------------------------------------------------------------------------------------
static void on_lost(struct cql_try *attempt, const struct error *err, bool sent) {
    struct cql_call *call = attempt->call;
    struct cql_request *request = call->request;
    request->sent_unknown |= sent;
    request->server_error = 0;
    request->error = *err;
    call->failed = err->status == STATUS_CORRUPT ? STATUS_CORRUPT : STATUS_IO;
    if (cql_call_other_in_flight(attempt)) {
        return;
    }
    if ((sent && !request->idempotent) || call->try_count >= CQL_CALL_TRIES_MAX) {
        cql_call_finish(call, call->failed, NULL);
        return;
    }
    // The cluster may be away as a whole: all hosts may be asked again when they are back.
    call->asked_count = 0;
    again(attempt, false);
}

// --- Answered ------------------------------------------------------------------------------------------------------
// What cannot be read fails the request; it may have been applied.
static void on_unreadable(struct cql_try *attempt, enum status status, const struct error *err) {
    struct cql_request *request = attempt->call->request;
    (void)error_set(&request->error, status, "%s: %s", attempt->host->name, err->text);
    request->sent_unknown = true;
    cql_call_finish(attempt->call, status, NULL);
}

static void on_result(struct cql_try *attempt, struct cql_frame *frame,
                      const struct cql_reply *reply) {
    struct cql_result *result = NULL;
    struct error err;
    enum status status = cql_result_make(frame, reply, &result, &err);
    if (status != STATUS_OK) {
        on_unreadable(attempt, status, &err);
        return;
    }
    cql_call_finish(attempt->call, STATUS_OK, result);
}

void cql_call_answered(struct cql_exchange *exchange, struct cql_frame *frame,
                       const struct error *err) {
    struct cql_try *attempt = CONTAINER_OF(exchange, struct cql_try, exchange);
    struct cql_reply reply;
    struct cql_server_error server = {0};
    struct error broken;
    attempt->state = CQL_TRY_IDLE;
    if (err) {
        on_lost(attempt, err, exchange->sent);
        return;
    }
    exchange->sent = false; // what follows knows what became of it
    enum status status = cql_reply_open(frame, &reply, &broken);
    if (status == STATUS_OK && reply.opcode == CQL_OP_RESULT) {
        on_result(attempt, frame, &reply);
        return;
    }
    if (status == STATUS_OK && reply.opcode == CQL_OP_ERROR) {
        status = cql_decode_error(reply.body, &server, &broken);
    } else if (status == STATUS_OK) {
        status = error_set(&broken, STATUS_CORRUPT, "answers a request with %s",
                           cql_opcode_name(reply.opcode));
    }
    if (status != STATUS_OK) {
        on_unreadable(attempt, status, &broken);
    } else if (server.code == CQL_ERROR_UNPREPARED) {
        on_unprepared(attempt, &server);
    } else {
        on_refusal(attempt, &server, cql_policy_may_be_applied(server.code));
    }
}

void cql_call_prepared(struct cql_try *attempt, const struct cql_server_error *refusal,
                       const struct error *err) {
    attempt->state = CQL_TRY_IDLE;
    if (refusal) {
        on_refusal(attempt, refusal, false);
    } else if (err) {
        on_lost(attempt, err, false);
    } else if (cql_host_is_up(attempt->host)) {
        cql_call_send(attempt, attempt->host);
    } else {
        cql_call_advance(attempt);
    }
}
