// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A Cassandra client: native protocol v4, asynchronous, on libuv. Knows nothing of Footfall above base/.
//
//   cql_execute (any thread) ─→ queue ─→ the session's loop thread ─→ host by token, data centre, load ─→ connection, stream id ─→ done()
//
// One session serves a process. It has one loop thread (config.threads of them when one is not enough); all sockets, timers and
// callbacks live there. Requests queue without blocking; many go out in one write, many replies are taken from one read.
//
// A control connection follows topology and status events; requests go to the replicas of their routing key in the local data centre
// first. What fails is tried again as section "Trying again" says, within the request's own time-out. A request that timed out keeps
// its stream id until the late reply comes or the connection dies.
#ifndef FOOTFALL_CQL_H
#define FOOTFALL_CQL_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/queue.h"
#include "base/random.h"
#include "cql/values.h"

enum cql_consistency {
    CQL_ANY = 0x0000,
    CQL_ONE = 0x0001,
    CQL_TWO = 0x0002,
    CQL_THREE = 0x0003,
    CQL_QUORUM = 0x0004,
    CQL_ALL = 0x0005,
    CQL_LOCAL_QUORUM = 0x0006,
    CQL_EACH_QUORUM = 0x0007,
    CQL_SERIAL = 0x0008,
    CQL_LOCAL_SERIAL = 0x0009,
    CQL_LOCAL_ONE = 0x000A,
};

// --- Session ------------------------------------------------------------------------------------------------------
struct cql_tls {
    bool enabled;
    struct str ca_file;          // PEM; empty: the system's
    struct str certificate_file; // PEM, for mutual TLS; empty: none
    struct str key_file;
    bool verify_peer; // chain; on by default where settings are made
    bool verify_host; // name or address of the certificate as well
};

struct cql_config {
    struct str contact_points; // "host,host:port,[v6]:port"; at least one must answer
    uint16_t port;             // where none is given, and of hosts that are discovered; 0: 9042
    struct str local_dc;       // empty: that of the contact point that answers first
    struct str username;       // empty: none
    struct str password;
    struct cql_tls tls;
    bool compression;                  // LZ4 where the server offers it
    unsigned threads;                  // loops; 0: one
    unsigned connections_per_host;     // a loop; 0: one
    unsigned in_flight_per_connection; // most stream ids in use; 0: 1024, at most 32768
    unsigned queued_max;               // requests waiting for a stream id before FULL; 0: 65536
    int64_t connect_timeout_ms;        // 0: 5 s
    int64_t request_timeout_ms;        // default of requests; 0: 10 s
    int64_t heartbeat_interval_ms;     // idle connections are asked; 0: 30 s
    int64_t heartbeat_timeout_ms;      // 0: 5 s
    int64_t reconnect_base_ms;         // back-off, doubled with jitter; 0: 100 ms
    int64_t reconnect_max_ms;          // 0: 10 s
    int64_t
        speculative_delay_ms; // an idempotent request unanswered for so long is sent to a second host too; 0: off
    struct clock *clock;
    struct random_source *random;
};
struct cql_session;

// Connects, reads the topology. Blocks at most a few connect time-outs. UNAVAILABLE: no contact point answers (err says what each
// said); DENIED: credentials refused; UNSUPPORTED: protocol v4 not spoken; INVALID: a setting.
MUST_CHECK enum status cql_session_open(const struct cql_config *config, struct cql_session **out,
                                        struct error *err);
// Requests that are pending get CLOSED. NULL is fine. Not from a callback.
void cql_session_close(struct cql_session *session);

// --- Statements ---------------------------------------------------------------------------------------------------
// A statement to be prepared on each host when it is first needed there, and again when a host has forgotten it (UNPREPARED). Lives
// as long as the session; any thread. text is copied; a text that is known gives the same object. Blocks until one host has prepared
// it, which tells how it is routed: its tables must exist. INVALID: the server refuses it. UNAVAILABLE, TIMEOUT as of a request.
struct cql_prepared;
MUST_CHECK enum status cql_prepare(struct cql_session *session, struct str text,
                                   struct cql_prepared **out, struct error *err);

// --- Requests -----------------------------------------------------------------------------------------------------
enum cql_request_kind { CQL_REQUEST_QUERY, CQL_REQUEST_EXECUTE, CQL_REQUEST_BATCH };
enum cql_batch_type { CQL_BATCH_LOGGED = 0, CQL_BATCH_UNLOGGED = 1 };

struct cql_batch_entry {
    const struct cql_prepared *prepared;
    struct str values; // cql_values_bytes
    uint16_t value_count;
};

struct cql_result;
// The caller fills the upper part and keeps everything alive until done is called, exactly once, on a loop thread of the session; it
// must not block. done owns result (NULL unless status is OK) and frees it, then or later, on any thread.
struct cql_request {
    enum cql_request_kind kind;
    struct str text;                     // QUERY
    const struct cql_prepared *prepared; // EXECUTE
    struct str values;                   // QUERY, EXECUTE
    uint16_t value_count;
    enum cql_batch_type batch_type;        // BATCH
    const struct cql_batch_entry *entries; // BATCH, all prepared; routed by the first
    size_t entry_count;
    enum cql_consistency consistency;
    enum cql_consistency serial_consistency; // of conditions; 0: SERIAL
    int32_t page_size;                       // 0: everything in one reply
    struct str paging_state;                 // of the page before; data NULL: the first page
    int64_t timeout_ms;                      // all tries together; 0: the session's
    bool idempotent; // may be sent twice: tried again after it may have been applied
    void (*done)(struct cql_request *request, struct cql_result *result);
    void *context;

    // Set before done. OK. TIMEOUT: no answer in time, or a coordinator's write or read time-out; it may have been applied.
    // UNAVAILABLE: too few replicas or no host; not applied unless sent (sent_unknown). FULL: queued_max, not sent. INVALID: the
    // server refuses the statement (syntax, invalid, config); EXISTS: already exists; DENIED: unauthorized. CLOSED: the
    // session is closing. IO, CORRUPT: the connection broke, or said what cannot be read.
    enum status status;
    bool sent_unknown;     // it failed and may have been applied
    uint32_t server_error; // code of section 9, 0: none
    struct error error;    // what the server or the socket said, and which host

    struct { // the client's own
        struct queue_node node;
        void *call;
    } private_;
};
void cql_execute(struct cql_session *session, struct cql_request *request);
// The same, waited for. Not from a loop thread. *result is the caller's to free (NULL unless OK); result itself may be NULL.
// done and context must not be set.
MUST_CHECK enum status cql_execute_wait(struct cql_session *session, struct cql_request *request,
                                        struct cql_result **result);

// --- Results ------------------------------------------------------------------------------------------------------
// Rows of one page. All slices point into the result.
void cql_result_free(struct cql_result *result);              // NULL is fine
size_t cql_result_row_count(const struct cql_result *result); // of this page
unsigned cql_result_column_count(const struct cql_result *result);
// Fills values (as many as columns) with the next row; END after the last, CORRUPT when the reply does not decode.
MUST_CHECK enum status cql_result_next(struct cql_result *result, struct cql_value *values,
                                       unsigned count);
bool cql_result_has_more(
    const struct cql_result *result); // pages; an empty page may have a successor
struct str cql_result_paging_state(const struct cql_result *result);
// Of a conditional statement: whether it was applied (first column "[applied]"). False for others.
bool cql_result_applied(const struct cql_result *result);
struct str cql_result_column_name(const struct cql_result *result, unsigned column);
enum cql_type cql_result_column_type(const struct cql_result *result, unsigned column);

// --- Trying again -------------------------------------------------------------------------------------------------
// Unavailable: next host, once. Read time-out: the same host, once, when enough replied but no data. Write time-out of a logged batch's
// log: the same host, once, if idempotent. Other time-outs and failures of replicas: next host if idempotent, twice. Overloaded,
// bootstrapping, truncate and server errors: next host if idempotent. Connection lost after sending: next host if idempotent; before
// sending: next host. UNPREPARED: prepare, then once more. No host: waits, within the time-out, for one. Eight tries in all.

// --- Looking ------------------------------------------------------------------------------------------------------
struct cql_stats {
    uint64_t requests, failures, retries, speculative, timeouts, late_replies, reprepared, writes,
        reads; // since start; writes, reads: socket calls
    unsigned hosts_up, hosts_down, connections, in_flight, queued;
};
void cql_session_stats(const struct cql_session *session, struct cql_stats *out);
// Waits until all hosts that are connected say that they have the same schema, at most timeout_ms: TIMEOUT. After DDL.
MUST_CHECK enum status cql_await_schema_agreement(struct cql_session *session, int64_t timeout_ms,
                                                  struct error *err);
// "5.0.9" of the host that the control connection is with; valid until the session closes. Data centre likewise.
struct str cql_server_version(const struct cql_session *session);
struct str cql_local_dc(const struct cql_session *session);

#endif
