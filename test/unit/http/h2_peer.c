// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A client that writes HTTP/2 frames by hand.
#include "h2_peer.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define HEAD 9
#define PATIENCE_MS 10000

static uint32_t read_u32(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void write_u32(uint8_t *at, uint32_t value) {
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
}

int32_t h2_id(unsigned number) {
    return (int32_t)(number * 2 + 1);
}

struct h2_peer *h2_connect(const struct http_server *server) {
    struct h2_peer *peer = calloc(1, sizeof *peer);
    assert_non_null(peer);
    peer->fd = harness_connect(server);
    peer->goaway = -1;
    for (size_t i = 0; i < H2_STREAMS; i++) {
        peer->replies[i].reset = -1;
    }
    assert_int_equal(nghttp2_hd_inflate_new(&peer->inflater), 0);
    harness_send_text(peer->fd, PREFACE);
    h2_frame(peer, NGHTTP2_SETTINGS, 0, 0, NULL, 0);
    return peer;
}

void h2_close(struct h2_peer *peer) {
    nghttp2_hd_inflate_del(peer->inflater);
    close(peer->fd);
    free(peer);
}

void h2_frame(struct h2_peer *peer, uint8_t type, uint8_t flags, int32_t id, const void *payload,
              size_t len) {
    uint8_t *bytes = malloc(HEAD + len);
    assert_non_null(bytes);
    bytes[0] = (uint8_t)(len >> 16);
    bytes[1] = (uint8_t)(len >> 8);
    bytes[2] = (uint8_t)len;
    bytes[3] = type;
    bytes[4] = flags;
    write_u32(bytes + 5, (uint32_t)id);
    if (len > 0) {
        memcpy(bytes + HEAD, payload, len);
    }
    harness_send(peer->fd, (const char *)bytes, HEAD + len);
    free(bytes);
}

// RFC 7541 5.1 with a prefix of seven bits, and what an escape stands for.
static size_t put_string(uint8_t *out, const char *text, size_t len) {
    static const char *const ESCAPES[] = {"\\0", "\\r", "\\n"};
    static const char BYTES[] = {'\0', '\r', '\n'};
    char plain[70000];
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        plain[n] = text[i];
        for (size_t e = 0; e < 3 && i + 1 < len; e++) {
            if (strncmp(text + i, ESCAPES[e], 2) == 0) {
                plain[n] = BYTES[e];
                i++;
                break;
            }
        }
        n++;
    }
    size_t at = 0;
    size_t rest = n;
    if (rest < 127) {
        out[at++] = (uint8_t)rest;
    } else {
        out[at++] = 127;
        for (rest -= 127; rest >= 128; rest >>= 7) {
            out[at++] = (uint8_t)(rest | 128);
        }
        out[at++] = (uint8_t)rest;
    }
    memcpy(out + at, plain, n);
    return at + n;
}

size_t h2_block(const char *lines, uint8_t *out, size_t size) {
    size_t at = 0;
    while (*lines) {
        const char *end = strchr(lines, '\n');
        const char *colon = strstr(lines + 1, ": ");
        assert_true(end && colon && colon < end);
        assert_true(at + (size_t)(end - lines) + 16 < size);
        out[at++] = 0; // a literal that is not to be remembered
        at += put_string(out + at, lines, (size_t)(colon - lines));
        at += put_string(out + at, colon + 2, (size_t)(end - colon) - 2);
        lines = end + 1;
    }
    return at;
}

void h2_headers(struct h2_peer *peer, unsigned number, uint8_t flags, const char *lines) {
    static uint8_t block[1 << 17];
    size_t len = h2_block(lines, block, sizeof block);
    const size_t most = 16384;
    size_t first = len < most ? len : most;
    uint8_t last = len > first ? (uint8_t)(flags & ~NGHTTP2_FLAG_END_HEADERS) : flags;
    h2_frame(peer, NGHTTP2_HEADERS, last, h2_id(number), block, first);
    for (size_t at = first; at < len; at += most) {
        size_t n = len - at < most ? len - at : most;
        h2_frame(peer, NGHTTP2_CONTINUATION,
                 at + n == len ? (uint8_t)(flags & NGHTTP2_FLAG_END_HEADERS) : 0, h2_id(number),
                 block + at, n);
    }
}

void h2_data(struct h2_peer *peer, unsigned number, bool end, const void *bytes, size_t len) {
    h2_frame(peer, NGHTTP2_DATA, end ? NGHTTP2_FLAG_END_STREAM : 0, h2_id(number), bytes, len);
}

void h2_reset(struct h2_peer *peer, unsigned number) {
    uint8_t code[4];
    write_u32(code, NGHTTP2_CANCEL);
    h2_frame(peer, NGHTTP2_RST_STREAM, 0, h2_id(number), code, sizeof code);
}

void h2_window(struct h2_peer *peer, int32_t id, uint32_t more) {
    uint8_t increment[4];
    write_u32(increment, more);
    h2_frame(peer, NGHTTP2_WINDOW_UPDATE, 0, id, increment, sizeof increment);
}

static void add_header(struct h2_reply *reply, const nghttp2_nv *header) {
    size_t used = strlen(reply->headers);
    if (strncmp((const char *)header->name, ":status", header->namelen) == 0) {
        unsigned status = (unsigned)strtoul((const char *)header->value, NULL, 10);
        if (status < 200) {
            reply->interim++;
        } else {
            reply->status = status;
        }
        return;
    }
    snprintf(reply->headers + used, sizeof reply->headers - used, "%.*s: %.*s\n",
             (int)header->namelen, (const char *)header->name, (int)header->valuelen,
             (const char *)header->value);
}

static void take_headers(struct h2_peer *peer, struct h2_reply *reply, uint8_t *block, size_t len) {
    for (;;) {
        nghttp2_nv header;
        int flags = 0;
        ssize_t n = nghttp2_hd_inflate_hd2(peer->inflater, &header, &flags, block, len, 1);
        assert_true(n >= 0);
        block += n;
        len -= (size_t)n;
        if (flags & NGHTTP2_HD_INFLATE_EMIT) {
            add_header(reply, &header);
        }
        if (flags & NGHTTP2_HD_INFLATE_FINAL) {
            nghttp2_hd_inflate_end_headers(peer->inflater);
            return;
        }
    }
}

static void take_settings(struct h2_peer *peer, uint8_t flags, const uint8_t *payload, size_t len) {
    if (flags & NGHTTP2_FLAG_ACK) {
        peer->acks++;
        return;
    }
    for (size_t i = 0; i + 6 <= len; i += 6) {
        if (payload[i + 1] == NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE) {
            peer->window = read_u32(payload + i + 2);
        }
    }
    h2_frame(peer, NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, NULL, 0);
}

static void take_frame(struct h2_peer *peer, uint8_t type, uint8_t flags, uint32_t id,
                       uint8_t *payload, size_t len) {
    struct h2_reply *reply = &peer->replies[id / 2 % H2_STREAMS];
    switch (type) {
    case NGHTTP2_HEADERS:
        assert_true(flags & NGHTTP2_FLAG_END_HEADERS);
        take_headers(peer, reply, payload, len);
        break;
    case NGHTTP2_DATA: {
        size_t room = reply->body < H2_TEXT - 1 ? H2_TEXT - 1 - reply->body : 0;
        memcpy(reply->text + (room > 0 ? reply->body : 0), payload, len < room ? len : room);
        reply->body += len;
        break;
    }
    case NGHTTP2_WINDOW_UPDATE: reply->granted += id > 0 ? read_u32(payload) : 0; break;
    case NGHTTP2_RST_STREAM: reply->reset = (int)read_u32(payload); break;
    case NGHTTP2_GOAWAY:
        peer->goaway_last = (int32_t)read_u32(payload);
        peer->goaway = (int)read_u32(payload + 4);
        break;
    case NGHTTP2_PING: peer->pongs += (flags & NGHTTP2_FLAG_ACK) != 0; break;
    case NGHTTP2_SETTINGS: take_settings(peer, flags, payload, len); break;
    default: break;
    }
    if ((type == NGHTTP2_HEADERS || type == NGHTTP2_DATA) && (flags & NGHTTP2_FLAG_END_STREAM)) {
        reply->ended = true;
    }
}

bool h2_read(struct h2_peer *peer) {
    for (;;) {
        size_t payload = peer->len < HEAD
                             ? 0
                             : ((size_t)peer->in[0] << 16 | (size_t)peer->in[1] << 8 | peer->in[2]);
        if (peer->len >= HEAD && peer->len >= HEAD + payload) {
            take_frame(peer, peer->in[3], peer->in[4], read_u32(peer->in + 5) & 0x7fffffff,
                       peer->in + HEAD, payload);
            peer->len -= HEAD + payload;
            memmove(peer->in, peer->in + HEAD + payload, peer->len);
            return true;
        }
        struct pollfd wait = {.fd = peer->fd, .events = POLLIN};
        if (peer->closed) {
            return false;
        }
        if (poll(&wait, 1, PATIENCE_MS) <= 0) {
            fail_msg("the server kept us waiting; goaway %d", peer->goaway);
        }
        ssize_t n = recv(peer->fd, peer->in + peer->len, sizeof peer->in - peer->len, 0);
        if (n <= 0) {
            peer->closed = true;
            return false;
        }
        peer->len += (size_t)n;
    }
}

struct h2_reply *h2_wait(struct h2_peer *peer, unsigned number) {
    struct h2_reply *reply = &peer->replies[number];
    while (!reply->ended && reply->reset < 0 && h2_read(peer)) {
    }
    return reply;
}

void h2_wait_end(struct h2_peer *peer) {
    while (h2_read(peer)) {
    }
}

bool h2_ping(struct h2_peer *peer) {
    unsigned before = peer->pongs;
    h2_frame(peer, NGHTTP2_PING, 0, 0, "12345678", 8);
    while (peer->pongs == before && h2_read(peer)) {
    }
    return peer->pongs > before;
}

void h2_assert_alive(struct h2_peer *peer, unsigned number) {
    h2_headers(peer, number, H2_GET, H2_HEAD);
    const struct h2_reply *reply = h2_wait(peer, number);
    assert_int_equal(reply->status, 200);
    assert_true(reply->ended);
}
