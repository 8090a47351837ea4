// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Exchanges in parts: a request's body as it comes, a reply as it is made, memory bounded both ways. The same calls for HTTP/1 and HTTP/2.
//
//   handle(exchange)                      the head is there; of a route with `streams` (router.h) perhaps nothing else
//     http_stream_begin(exchange, events) from here on events are told
//       events->body(part, last)          until last; not while paused
//     http_stream_head(exchange, 200, type, length)
//       http_stream_write(part) ...       false: enough for now, go on at events->room
//     http_stream_end(exchange)           or _abort; or, instead of head to end, any http_reply_* of exchange.h
//
// Nothing is sent or told from within one of these calls: it happens later in the same turn of the loop. So they may be called from
// everywhere on the loop's thread, from events too; only there. After http_stream_end, http_stream_abort or http_reply_*, the exchange
// must not be touched, and no event comes any more.
//
// Any exchange may be answered in parts, also one that came whole (http_stream_is_whole): then its body is in request.body and there is
// no event of it. Until begun, a body is not read; a client that waits for "100 Continue" gets it when the body is first wanted. An
// exchange may be authenticated, or passed through a worker pool, before it is begun.
//
// A reply that ends before its request's body has come is fine; over HTTP/1 the connection ends with it.
#ifndef FOOTFALL_HTTP_STREAM_H
#define FOOTFALL_HTTP_STREAM_H

#include "http/exchange.h"

// Bytes of a reply that wait for the client before write says so.
#define HTTP_STREAM_FULL ((size_t)128 * 1024)

struct http_stream_events {
    // The next part of the body, good during the call only; may be empty with last. NULL for those who expect none.
    void (*body)(struct http_exchange *exchange, struct str part, bool last, void *context);
    // After write gave false: there is room again.
    void (*room)(struct http_exchange *exchange, void *context);
    // No further part will come. status 0: the client has gone, and whatever is said goes nowhere. Else its request is at fault (400, 408,
    // 413; 503: too much memory is in use), and that is the status to answer with unless the reply has begun. Either way the owner still has to end the exchange.
    void (*gone)(struct http_exchange *exchange, unsigned status, void *context);
};

// events must outlive the exchange.
void http_stream_begin(struct http_exchange *exchange, const struct http_stream_events *events,
                       void *context);
// Whether the body was there before the handler was called.
bool http_stream_is_whole(const struct http_exchange *exchange);
// Of a body that is not whole: its length; -1: not known before its end.
int64_t http_stream_body_length(const struct http_exchange *exchange);
// Body bytes told so far.
uint64_t http_stream_received(const struct http_exchange *exchange);
// Between them no part is told; what the client sends waits in its socket.
void http_stream_pause(struct http_exchange *exchange);
void http_stream_resume(struct http_exchange *exchange);

// Status and headers, those of http_reply_header included. content_type NULL: none is said. length -1: not known. False: another reply
// was sent in its place (before_reply of exchange.h), and the exchange is over.
MUST_CHECK bool http_stream_head(struct http_exchange *exchange, unsigned status,
                                 const char *content_type, int64_t length);
// Copies. False: as much waits as should; more is taken, but only up to the server's reply limit. Of HEAD, 204 and 304 nothing is sent.
bool http_stream_write(struct http_exchange *exchange, struct str part);
// Nothing more follows. With a length that was not reached it is an abort.
void http_stream_end(struct http_exchange *exchange);
// Ends it so that the client sees that something is missing.
void http_stream_abort(struct http_exchange *exchange);

// --- Another protocol on the same connection (RFC 9110 7.8) ------------------------------------------------------------
// Whether the client has offered one, and the way the exchange came allows it.
bool http_stream_offers_switch(const struct http_exchange *exchange);
// Sends 101 with the headers given so far, of which Upgrade is one. From then on events->body and http_stream_write carry whatever is
// spoken; `last` is the end of what the client says, and the connection ends with the exchange.
void http_stream_switch(struct http_exchange *exchange);

#endif
