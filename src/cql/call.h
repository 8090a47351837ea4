// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A request on its way: a host is chosen, its statements are prepared there, it is sent, answered, perhaps tried again; done, once.
//
//   call ── try 0 ── host A ── [PREPARE] ── exchange
//        └─ try 1 ── host B  (speculative)
//
// A call lives on one loop. Its memory comes from the loop's pool and goes back before done is called.
#ifndef FOOTFALL_CQL_CALL_H
#define FOOTFALL_CQL_CALL_H

#include "cql/connection.h"
#include "cql/host.h"

#define CQL_CALL_TRIES_MAX 8u // hosts asked one after another
#define CQL_CALL_PARALLEL 2u

enum cql_try_state {
    CQL_TRY_IDLE,
    CQL_TRY_WAITING,   // for a host or a stream id
    CQL_TRY_PREPARING, // in the line of a cql_prepared_at
    CQL_TRY_SENT,
};

struct cql_try {
    struct cql_exchange exchange;
    struct cql_call *call;
    enum cql_try_state state;
    struct cql_host *host; // PREPARING, SENT
    bool prepared_again;   // after UNPREPARED, at this host
    struct cql_line *line; // WAITING, PREPARING
    struct cql_try *next_waiting;
    struct cql_try **waiting_link;
};

struct cql_call {
    struct cql_request *request;
    struct cql_loop *loop;
    struct cql_call *next;
    struct cql_call *previous;
    struct cql_timer timeout;
    struct cql_timer speculate;
    struct cql_try tries[CQL_CALL_PARALLEL];
    enum status failed; // of the last try; OK: none has failed
    bool only_prepare;  // of cql_prepare
    bool may_go_round;  // when all hosts were asked, the first may be asked again
    bool has_token;
    int64_t token;
    unsigned retried; // CQL_RETRIED_*
    unsigned asked_count;
    unsigned try_count;
    uint32_t asked[CQL_CALL_TRIES_MAX]; // serials of hosts
};

void cql_line_init(struct cql_line *line);
void cql_line_append(struct cql_line *line, struct cql_try *attempt);
void cql_line_remove(struct cql_try *attempt); // from the one it is in; none is fine
void cql_line_take(struct cql_line *from, struct cql_line *to); // all; to was empty

// private_.call of a request that only prepares its statement.
extern const char cql_call_only_prepare;

void cql_call_start(struct cql_loop *loop, struct cql_request *request);
// Hosts or stream ids have become free.
void cql_call_resume_waiting(struct cql_loop *loop);
void cql_call_end_all(struct cql_loop *loop);
void cql_call_free_pool(struct cql_loop *loop);

// From prepared.c, for each in line: OK; or the server refused it (frame), or the connection broke (err).
void cql_call_prepared(struct cql_try *waiter, const struct cql_server_error *refusal,
                       const struct error *err);

// --- Between call.c, call_send.c and call_reply.c ------------------------------------------------------------------------
// Chooses a host for the try and sends, or lets it wait, or ends the call.
void cql_call_advance(struct cql_try *attempt);
struct cql_host *cql_call_choose(const struct cql_call *call); // NULL: none can take it now
// Notes that the host was asked, and sends.
void cql_call_ask(struct cql_try *attempt, struct cql_host *host);
// To that host, which may have forgotten its statements.
void cql_call_send(struct cql_try *attempt, struct cql_host *host);
void cql_call_wait(struct cql_try *attempt);
void cql_call_answered(struct cql_exchange *exchange, struct cql_frame *frame,
                       const struct error *err);
// done, with what request->error says when status is not OK.
void cql_call_finish(struct cql_call *call, enum status status, struct cql_result *result);
bool cql_call_other_in_flight(const struct cql_try *attempt);

#endif
