// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// An HTTP/1.1 server on libuv and llhttp: one loop per thread, each with its own SO_REUSEPORT listener.
//
// A connection lives and dies on its loop. Requests are parsed strictly (RFC 9112): Content-Length with Transfer-Encoding,
// repeated or odd Content-Length, bare LF, obs-fold, a missing or repeated Host, other framing ambiguities get 400 and the
// connection is closed. Limits answer 414, 431, 413, 503; slow clients get 408. Pipelined requests are handled at the same
// time up to pipeline_max, replies go out in order. Reading stops while a client does not take its replies (back-pressure).
#ifndef FOOTFALL_HTTP_SERVER_H
#define FOOTFALL_HTTP_SERVER_H

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "base/workers.h"
#include "http/certificates.h"
#include "http/exchange.h"

// How the body of a request comes to its handler.
struct http_body_plan {
    bool streams;      // in parts (stream.h); else the handler is called when all of it is there
    size_t body_bytes; // [body_bytes of the server] 413
};

struct http_server_config {
    const char *name; // for thread names, logs and metrics: "public", "management"
    const char *host; // numeric address, or "localhost"
    uint16_t port;    // 0: any free port (see http_server_port)
    // A second address, where TLS is spoken. Both NULL: none. The server holds the certificates for as long as it needs them.
    const char *tls_host;
    uint16_t tls_port;
    struct http_certificates *certificates;
    bool http2;       // also without TLS, with clients that begin with it
    unsigned threads; // loops; 0: one per core
    void (*handle)(struct http_exchange *exchange, void *context); // loop thread
    // Asked on the loop thread once the head is there and the body is not; the request may be read, but not answered. NULL: all bodies
    // come whole.
    void (*plan)(struct http_exchange *exchange, struct http_body_plan *plan, void *context);
    void (*completed)(const struct http_exchange *exchange, int64_t duration_us,
                      void *context); // after the reply was
    // queued, on the loop thread; for access logs and metrics; may be NULL
    void *context;
    struct workers *workers; // for http_exchange_offload; may be NULL when no handler uses it
    struct clock *clock;
    struct random_source *random;
    // Limits; 0 means the default in brackets.
    size_t target_bytes;   // [8 KiB] 414
    size_t header_bytes;   // [32 KiB] 431, all headers together
    unsigned header_count; // [100] 431
    size_t body_bytes;     // [4 MiB] 413, before inflating
    size_t reply_bytes;    // [64 MiB]
    size_t
        memory_bytes; // [256 MiB] received and not yet answered, over all connections; what would be above gets 503
    unsigned connections;             // [10000] per server; one more gets 503 and is closed
    unsigned pipeline_max;            // [16]
    unsigned requests_per_connection; // [0: no limit] Connection: close after so many
    unsigned handshakes;              // [512] under way a loop; one more ends the oldest
    int64_t handshake_timeout_ms;     // [10 s] from the connection to the end of the TLS handshake
    int64_t header_timeout_ms; // [10 s] from the first byte of a request to the end of its headers
    int64_t body_timeout_ms;   // [30 s] without a byte of the body
    int64_t idle_timeout_ms;   // [75 s] between requests
    int64_t write_timeout_ms;  // [30 s] without the client taking a byte
    int64_t drain_timeout_ms;  // [8 s] http_server_stop waits so long for replies
};

struct http_server;

// Listens and starts the threads. On failure err says which address and why (in use, not permitted, not an address).
MUST_CHECK enum status http_server_start(const struct http_server_config *config,
                                         struct http_server **out, struct error *err);
uint16_t http_server_port(const struct http_server *server);
uint16_t http_server_tls_port(const struct http_server *server); // 0: none
// Graceful: stops accepting, closes idle connections, answers what is in flight with Connection: close, then ends the threads.
// Callable from any thread but the loops. Frees the server. NULL is fine.
void http_server_stop(struct http_server *server);
// For gauges: connections open and exchanges in flight now.
void http_server_load(const struct http_server *server, unsigned *connections, unsigned *exchanges);
// Memory of requests that are being received or answered now.
size_t http_server_request_bytes(const struct http_server *server);

#endif
