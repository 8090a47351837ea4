// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A client that writes HTTP/2 frames by hand, so that it can write those that should not be.
#ifndef FOOTFALL_TEST_HTTP_H2_PEER_H
#define FOOTFALL_TEST_HTTP_H2_PEER_H

#include <nghttp2/nghttp2.h>

#include "harness.h"

#define H2_STREAMS 2048 // number i has the id 2 i + 1
#define H2_TEXT 400

struct h2_reply {
    unsigned status;
    unsigned interim; // 1xx before it
    size_t body;
    size_t granted;     // bytes of a body, beyond the first window
    char text[H2_TEXT]; // its beginning
    char headers[H2_TEXT];
    bool ended;
    int reset; // code; -1: was not
};

struct h2_peer {
    int fd;
    nghttp2_hd_inflater *inflater;
    uint8_t in[1 << 17];
    size_t len;
    struct h2_reply replies[H2_STREAMS];
    int goaway; // code; -1: none
    int32_t goaway_last;
    bool closed;
    unsigned acks; // of settings
    unsigned pongs;
    uint32_t window; // the server's for a stream
};

enum {
    H2_GET = NGHTTP2_FLAG_END_STREAM | NGHTTP2_FLAG_END_HEADERS,
    H2_POST = NGHTTP2_FLAG_END_HEADERS,
};
#define H2_HEAD ":method: GET\n:scheme: http\n:path: /\n:authority: a.test\n"
#define H2_HEAD_POST ":method: POST\n:scheme: http\n:path: /\n:authority: a.test\n"

struct h2_peer *h2_connect(const struct http_server *server); // with preface and settings
void h2_close(struct h2_peer *peer);
int32_t h2_id(unsigned number);
void h2_frame(struct h2_peer *peer, uint8_t type, uint8_t flags, int32_t id, const void *payload,
              size_t len);
// lines: "name: value\n" each; "\\0", "\\r" and "\\n" in them stand for these bytes.
size_t h2_block(const char *lines, uint8_t *out, size_t size);
void h2_headers(struct h2_peer *peer, unsigned number, uint8_t flags, const char *lines);
void h2_data(struct h2_peer *peer, unsigned number, bool end, const void *bytes, size_t len);
void h2_reset(struct h2_peer *peer, unsigned number);
void h2_window(struct h2_peer *peer, int32_t id, uint32_t more);

bool h2_read(struct h2_peer *peer); // one frame; false: the end, see closed
struct h2_reply *h2_wait(struct h2_peer *peer,
                         unsigned number); // until it ended, was reset, or the end
void h2_wait_end(struct h2_peer *peer);    // until the server closes
// A round trip: what was sent before was seen by the server. False: the end.
bool h2_ping(struct h2_peer *peer);
// Asks for / and looks at the answer.
void h2_assert_alive(struct h2_peer *peer, unsigned number);

#endif
