// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// HTTP/2 (RFC 9113) under a connection: streams become exchanges, replies become frames. Private to http.
//
//   socket ─→ http_h2_receive ─→ nghttp2 ─→ exchange per stream ─→ handler
//   socket ←─ out, bounded    ←─ nghttp2 ←─ reply
//
// nghttp2 checks frames, header compression, the order of things and the grammar of headers; what it lets pass and a server should not
// put up with is counted here (h2_flood.c). All of it belongs to the loop's thread.
//
// An exchange of a stream is in the connection's list in the order of arrival. When its stream goes while a handler has it, it stays
// there without the stream until the handler answers.
#ifndef FOOTFALL_HTTP_H2_H
#define FOOTFALL_HTTP_H2_H

#include <nghttp2/nghttp2.h>

#include "http/server_private.h"

#define HTTP_H2_STREAMS 100
// Streams that were reset while a handler had them count until it is done with them.
#define HTTP_H2_EXCHANGES (2 * HTTP_H2_STREAMS)
#define HTTP_H2_WINDOW ((int32_t)128 * 1024)
#define HTTP_H2_CONNECTION_WINDOW ((int32_t)1024 * 1024)
// Of bodies that are not complete; beyond it only the oldest one may go on.
#define HTTP_H2_HELD_MAX ((size_t)4 * 1024 * 1024)

struct http_h2 {
    nghttp2_session *session;
    struct http_connection *connection;
    struct buffer out; // frames; what stands before `sent` was taken by the transport
    size_t sent;
    size_t held;        // bytes of bodies that are not complete
    size_t withheld;    // of those, what clients were not told to send more for
    int64_t active_us;  // when the last stream began or ended
    int64_t allowed_us; // when `allowance` was counted
    double allowance;   // of frames that lead to nothing
    unsigned resets;    // streams the client reset before they were answered
    unsigned answered;
    unsigned continuations; // of the header block that is coming
    bool began;             // the client's settings came
    bool goaway_due;        // clients were warned; next, they are told which streams count
    bool ending;            // GOAWAY was said; what was taken is finished
    bool sent_away;         // GOAWAY was said, and that is all
    bool broken;
};

struct http_h2_stream { // in the exchange's arena
    struct http_h2 *h2;
    struct http_exchange_private *exchange;
    int32_t id;
    size_t header_bytes;
    unsigned cookies;
    struct str authority;
    int64_t began_us;
    int64_t mark_us; // the last byte of its body, either way
    size_t body_len;
    size_t withheld; // of its window
    size_t content_length;
    bool has_length;
    size_t body_limit;
    size_t total; // of a body in parts: bytes that came
    bool
        incoming; // its handler was called at the head; what it has not taken is kept, and its window shut
    unsigned status; // to refuse it with, once its head is complete; 0: not so far
    const char *detail;
    bool head_done;
    bool headed;   // of a reply in parts: its head was framed
    bool deferred; // and all of it that there was
    bool refused;  // answered by ourselves: what else comes is ignored
    bool whole;    // nothing more comes
};

// For callbacks of nghttp2. Those with int give what they are to return.
// In h2_request.c:
int http_h2_begin_stream(struct http_h2 *h2, int32_t id);
int http_h2_add_header(struct http_h2_stream *stream, struct str name, bool name_lasts,
                       struct str value);
int http_h2_complete_head(struct http_h2_stream *stream, bool whole);
int http_h2_add_body(struct http_h2_stream *stream, const uint8_t *data, size_t len);
void http_h2_complete(struct http_h2_stream *stream);
void http_h2_refuse(struct http_h2_stream *stream, unsigned status, const char *detail);
// Tells what there is of a body in parts.
int http_h2_tell(struct http_h2_stream *stream);
void http_h2_fail(struct http_h2_stream *stream, unsigned status);
// The stream has gone.
void http_h2_leave(struct http_h2_stream *stream);
// In h2_reply.c. Frames what has come of replies in parts; and asks for more where all was sent.
void http_h2_look_at_parts(struct http_h2 *h2);
void http_h2_make_room(struct http_h2 *h2);
int http_h2_send_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *head,
                      size_t length, nghttp2_data_source *source, void *user);
// In h2_flood.c. False: the client has used up what it is allowed, and the connection is being ended.
bool http_h2_afford(struct http_h2 *h2, double cost);
void http_h2_earn(struct http_h2 *h2, double gain);
void http_h2_count_frame(struct http_h2 *h2, const nghttp2_frame_hd *head);
void http_h2_count_reset(struct http_h2 *h2, const struct http_h2_stream *stream);
// Lets those go on whose windows were held back, as far as there is room.
void http_h2_let_in(struct http_h2 *h2);
void http_h2_calm(struct http_h2 *h2, const char *why); // GOAWAY, ENHANCE_YOUR_CALM

#endif
