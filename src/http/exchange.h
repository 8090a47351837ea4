// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// One request and its reply, from the first byte parsed to the last byte queued.
//
// Ownership and threads. The server makes an exchange when a request is complete and hands it to the handler on the
// connection's loop thread. From then on whoever holds it may read the request, use the arena, and fill in the reply, on
// any one thread at a time; it may be passed on (to a worker pool, to the event log's callback). Exactly one call of
// http_reply_send (or of a function that says it sends) ends it; afterwards it must not be touched. The server keeps
// replies in request order under pipelining, and when the client has gone in the meantime it drops the reply silently.
// Handlers on the loop thread must not block; http_exchange_offload moves one to the worker pool.
#ifndef FOOTFALL_HTTP_EXCHANGE_H
#define FOOTFALL_HTTP_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/str.h"
#include "http/trace.h"

enum http_method {
    HTTP_GET_ = 1, // llhttp.h takes the names without underscore
    HTTP_HEAD_ = 2,
    HTTP_POST_ = 4,
    HTTP_PUT_ = 8,
    HTTP_PATCH_ = 16,
    HTTP_DELETE_ = 32,
    HTTP_OPTIONS_ = 64,
    HTTP_OTHER_ = 128,
};

struct http_header {
    struct str name; // as received
    struct str value;
};

#define HTTP_BODY_PADDING 64 // readable bytes behind the body, for SIMD readers
#define HTTP_PARAMETERS_MAX 6
#define HTTP_IP_TEXT_MAX 46

struct http_request {
    enum http_method method;
    struct str method_name;
    struct str target; // as received
    struct str path;   // before '?', not decoded
    struct str query;  // behind '?', not decoded; data NULL without '?'
    const struct http_header *headers;
    size_t header_count;
    struct str body;      // chunked framing removed, content codings not
    struct str remote_ip; // text of the peer's address, or of whom a trusted peer forwards for
    bool secure;          // came through TLS
    struct str
        client_subject; // of the certificate the client has proven to own, RFC 2253 text; empty: none
    // Set by http_forwarded_believe alone.
    bool peer_trusted;
    struct str forwarded_proto; // "http" or "https"; data NULL: nobody trusted said
    struct str forwarded_host;  // data NULL: the same
    int64_t received_us;        // monotonic, when the request line began
    int64_t head_us;            // monotonic, when the head was complete
    int64_t received_ms;        // wall clock, when it was complete
    const char *protocol;       // "HTTP/1.1", "HTTP/2"; static
    const char *tls;            // "TLSv1.3"; static; NULL: not encrypted
};

struct http_exchange {
    struct http_request request;
    struct arena arena; // lives as long as the exchange
    struct str
        request_id; // the caller's X-Request-Id when sane (1..128 of [A-Za-z0-9._:-]), else made
    struct str parameters[HTTP_PARAMETERS_MAX]; // of the matched route, percent-decoded
    const void *principal;                      // set by whoever authenticates; lives in the arena
    const struct http_trace *trace;             // set by http_trace_begin; NULL: none
    int64_t handled_us;                         // monotonic, set by whoever handles it first
    int64_t queued_us;   // how long it waited for a thread of the worker pool
    struct str upstream; // "host:port" of who was last asked for the reply; data NULL: nobody
    const char *route;   // pattern of the matched route, for metrics and the access log; static
    unsigned access;     // of the matched route
    void *held;          // of whoever handles it first, to be given back when it is completed
    struct str project;  // whose data it is about, once somebody knows; for the access log
    struct str subject,
        detail; // what was changed, and how; for the audit log; data NULL: nothing is said
    // Called once, by whoever sends the reply and on that thread, before anything of it leaves; may block when the handler may. False: a 503
    // problem with the text `failure` is sent in its place. NULL: nobody wants to know.
    bool (*before_reply)(struct http_exchange *exchange, unsigned status, void *context);
    void *before_reply_context;
    const char *failure;
    unsigned status;    // of the reply, once sent
    size_t reply_bytes; // of the reply's body, once sent
    // All else is the server's own: see server_private.h.
};

// First header of that name (case-insensitive); data NULL when absent.
struct str http_request_header(const struct http_exchange *exchange, struct str name);

// --- Reply ----------------------------------------------------------------------------------------------------------
// name and value are copied. A value with CR, LF or NUL is a CHECK failure. Content-Length, Connection, Date and X-Request-Id
// are the server's.
void http_reply_header(struct http_exchange *exchange, const char *name, struct str value);
// Where to write the body; its maximum is the server's reply limit.
struct buffer *http_reply_body(struct http_exchange *exchange);
// Sends what is in the body buffer. content_type NULL: no body header (204, 304). When the body buffer failed (no memory, too
// large) a 500 problem is sent instead. Compresses when the client accepts gzip and the body is worth it. Any thread.
void http_reply_send(struct http_exchange *exchange, unsigned status, const char *content_type);
// The same with a body that outlives the exchange (static storage), not copied until written.
void http_reply_send_static(struct http_exchange *exchange, unsigned status,
                            const char *content_type, struct str body);

// Runs `run` on the server's worker pool; it owns the exchange from there. When the pool is full a 503 problem with
// Retry-After is sent and run is not called.
void http_exchange_offload(struct http_exchange *exchange,
                           void (*run)(struct http_exchange *exchange, void *context),
                           void *context);
// The same, but false when the pool is full: nothing is sent then, and the caller still owns the exchange.
bool http_exchange_try_offload(struct http_exchange *exchange,
                               void (*run)(struct http_exchange *exchange, void *context),
                               void *context);
// The way back: `run` is called on the connection's loop thread, which owns the exchange from there. Any thread.
void http_exchange_resume(struct http_exchange *exchange,
                          void (*run)(struct http_exchange *exchange, void *context),
                          void *context);

#endif
