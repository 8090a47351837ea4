// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// An HTTP/2 session: its settings, bytes in and out, and what nghttp2 tells about frames.
#include "http/h2.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/log.h"

#define OUT_ENOUGH ((size_t)64 * 1024) // then what is there is written before more is made
#define OUT_MAX ((size_t)512 * 1024)
#define READ_SIZE ((size_t)32 * 1024)
#define READS_AT_ONCE 4
#define ALLOWANCE 1000 // see h2_flood.c
#define ACKS_MAX 100   // of settings and pings, unsent
#define OUT_KEPT ((size_t)16 * 1024)

static const struct str PREFACE = STR_INIT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

enum status http_h2_look(const char *bytes, size_t len) {
    size_t n = len < PREFACE.len ? len : PREFACE.len;
    if (memcmp(bytes, PREFACE.data, n) != 0) {
        return STATUS_NOT_FOUND;
    }
    return n == PREFACE.len ? STATUS_OK : STATUS_END;
}

// --- What nghttp2 tells ------------------------------------------------------------------------------------------------
static struct http_h2_stream *find(const struct http_h2 *h2, int32_t id) {
    return nghttp2_session_get_stream_user_data(h2->session, id);
}

static int on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *head, void *user) {
    struct http_h2 *h2 = user;
    (void)session;
    if (head->type == NGHTTP2_HEADERS) {
        h2->continuations = 0;
        h2->connection->began_us = h2->connection->loop->now_us;
        h2->connection->began_us += h2->connection->began_us == 0;
    }
    http_h2_count_frame(h2, head);
    return 0;
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
    (void)session;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
        return http_h2_begin_stream(user, frame->hd.stream_id);
    }
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, nghttp2_rcbuf *name,
                     nghttp2_rcbuf *value, uint8_t flags, void *user) {
    struct http_h2_stream *stream = find(user, frame->hd.stream_id);
    (void)session;
    (void)flags;
    if (!stream) {
        return 0;
    }
    nghttp2_vec name_bytes = nghttp2_rcbuf_get_buf(name);
    nghttp2_vec value_bytes = nghttp2_rcbuf_get_buf(value);
    return http_h2_add_header(stream, str_make((const char *)name_bytes.base, name_bytes.len),
                              nghttp2_rcbuf_is_static(name),
                              str_make((const char *)value_bytes.base, value_bytes.len));
}

// A header that may not be: by default it would be left out, and what is in front or behind us could see another request.
static int on_invalid_header(nghttp2_session *session, const nghttp2_frame *frame,
                             nghttp2_rcbuf *name, nghttp2_rcbuf *value, uint8_t flags, void *user) {
    struct http_h2 *h2 = user;
    struct http_h2_stream *stream = find(h2, frame->hd.stream_id);
    (void)name;
    (void)value;
    (void)flags;
    metrics_add(h2->connection->loop->server->rejected_total, 1);
    if (stream) {
        stream->refused = true;
    }
    return nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                     NGHTTP2_PROTOCOL_ERROR) == 0
               ? 0
               : NGHTTP2_ERR_CALLBACK_FAILURE;
}

// Also of requests that are malformed (RFC 9113 8.1.1), whose streams nghttp2 resets.
static int on_invalid_frame(nghttp2_session *session, const nghttp2_frame *frame, int code,
                            void *user) {
    struct http_h2 *h2 = user;
    (void)session;
    (void)code;
    if (frame->hd.type == NGHTTP2_HEADERS) {
        h2->connection->began_us = 0;
    }
    metrics_add(h2->connection->loop->server->rejected_total, 1);
    (void)http_h2_afford(h2, 5);
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
    struct http_h2 *h2 = user;
    struct http_h2_stream *stream = find(h2, frame->hd.stream_id);
    (void)session;
    if (frame->hd.type == NGHTTP2_HEADERS) {
        h2->connection->began_us = 0;
    }
    if (frame->hd.type == NGHTTP2_SETTINGS && !h2->began) {
        h2->began = true;
        h2->connection->began_us = 0;
    }
    if (frame->hd.type == NGHTTP2_DATA && !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM) &&
        frame->hd.length <= frame->data.padlen) {
        (void)http_h2_afford(h2, 2);
    }
    if (h2->sent_away) {
        return 0;
    }
    if (frame->hd.type == NGHTTP2_RST_STREAM && stream) {
        http_h2_count_reset(h2, stream);
    }
    if (!stream || (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)) {
        return 0;
    }
    if (frame->hd.type == NGHTTP2_HEADERS && !stream->head_done) {
        int code = http_h2_complete_head(stream, (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0);
        if (code != 0) {
            return code;
        }
    }
    if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) {
        http_h2_complete(stream);
    }
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
                   size_t len, void *user) {
    struct http_h2 *h2 = user;
    struct http_h2_stream *stream = find(h2, id);
    (void)flags;
    // The connection's window is never held back: streams that may go on would starve.
    if (nghttp2_session_consume_connection(session, len) != 0) {
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    http_h2_earn(h2, (double)len / 4096); // clients measure the way with pings
    return stream ? http_h2_add_body(stream, data, len) : 0;
}

static int on_frame_sent(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
    struct http_h2 *h2 = user;
    bool ends = (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
                (frame->hd.flags & NGHTTP2_FLAG_END_STREAM);
    if (frame->hd.type == NGHTTP2_DATA) {
        http_h2_earn(h2, 3); // its window updates
    }
    if (!ends) {
        return 0;
    }
    h2->answered++;
    http_h2_earn(h2, 5);
    const struct http_h2_stream *stream = find(h2, frame->hd.stream_id);
    // Answered before all of the request came: the rest is not wanted (RFC 9113 8.1).
    if (stream && !stream->whole &&
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                  NGHTTP2_NO_ERROR) != 0) {
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t code, void *user) {
    struct http_h2_stream *stream = find(user, id);
    (void)session;
    (void)code;
    if (stream) {
        http_h2_leave(stream);
    }
    return 0;
}

// --- Setting up --------------------------------------------------------------------------------------------------------
static nghttp2_session_callbacks *make_callbacks(void) {
    nghttp2_session_callbacks *callbacks = NULL;
    if (nghttp2_session_callbacks_new(&callbacks) != 0) {
        return NULL;
    }
    nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, on_begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback2(callbacks, on_header);
    nghttp2_session_callbacks_set_on_invalid_header_callback2(callbacks, on_invalid_header);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, on_invalid_frame);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    nghttp2_session_callbacks_set_send_data_callback(callbacks, http_h2_send_data);
    return callbacks;
}

static bool make_session(struct http_h2 *h2) {
    nghttp2_session_callbacks *callbacks = make_callbacks();
    nghttp2_option *option = NULL;
    bool ok = callbacks && nghttp2_option_new(&option) == 0;
    if (ok) {
        nghttp2_option_set_no_auto_window_update(option, 1);
        nghttp2_option_set_max_outbound_ack(option, ACKS_MAX);
        nghttp2_option_set_no_closed_streams(option, 1);
        ok = nghttp2_session_server_new2(&h2->session, callbacks, h2, option) == 0;
    }
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    return ok;
}

static bool greet(struct http_h2 *h2) {
    const struct http_server_config *config = &h2->connection->loop->server->config;
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, HTTP_H2_STREAMS},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, (uint32_t)HTTP_H2_WINDOW},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (uint32_t)config->header_bytes},
        {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
    };
    return nghttp2_submit_settings(h2->session, NGHTTP2_FLAG_NONE, settings,
                                   sizeof settings / sizeof settings[0]) == 0 &&
           nghttp2_session_set_local_window_size(h2->session, NGHTTP2_FLAG_NONE, 0,
                                                 HTTP_H2_CONNECTION_WINDOW) == 0;
}

static void feed(struct http_h2 *h2, const char *bytes, size_t len) {
    ssize_t n = nghttp2_session_mem_recv(h2->session, (const uint8_t *)bytes, len);
    if (n < 0) {
        LOG_DEBUG("http", "an HTTP/2 connection is closed", LOG_CSTR("remote", h2->connection->ip),
                  LOG_CSTR("reason", nghttp2_strerror((int)n)));
        h2->broken = true;
    }
}

bool http_h2_open(struct http_connection *connection) {
    struct http_h2 *h2 = calloc(1, sizeof *h2);
    if (!h2) {
        return false;
    }
    h2->connection = connection;
    h2->active_us = h2->allowed_us = connection->loop->now_us;
    h2->allowance = ALLOWANCE;
    buffer_init(&h2->out, OUT_MAX);
    connection->h2 = h2;
    if (!make_session(h2) || !greet(h2)) {
        return false; // freed with the connection
    }
    connection->began_us = connection->loop->now_us; // until the client's settings have come
    if (connection->block) {
        feed(h2, connection->block->data + connection->start, connection->end - connection->start);
        http_connection_drop_input(connection);
    }
    return true;
}

void http_h2_free(struct http_connection *connection) {
    struct http_h2 *h2 = connection->h2;
    if (!h2) {
        return;
    }
    for (struct http_exchange_private *exchange = connection->first; exchange;
         exchange = exchange->next) {
        exchange->stream = NULL;
    }
    nghttp2_session_del(h2->session);
    buffer_free(&h2->out);
    free(h2);
    connection->h2 = NULL;
}

// --- Bytes -------------------------------------------------------------------------------------------------------------
void http_h2_receive(struct http_connection *connection) {
    static _Thread_local char bytes[READ_SIZE];
    struct http_h2 *h2 = connection->h2;
    int reads = 0;
    do {
        ssize_t n = http_transport_read(&connection->transport, bytes, sizeof bytes);
        if (n > 0) {
            connection->mark_us = connection->loop->now_us;
            metrics_add(connection->loop->server->received_bytes, (uint64_t)n);
            feed(h2, bytes, (size_t)n);
        } else if (n == 0) {
            connection->eof = h2->broken = true;
        } else if (errno == EAGAIN || errno == EINTR) {
            return;
        } else {
            h2->broken = true;
        }
    } while (!h2->broken && ++reads < READS_AT_ONCE &&
             http_transport_pending(&connection->transport));
}

// False: nothing (more) to write.
static bool make_frames(struct http_h2 *h2) {
    if (h2->sent == h2->out.len) {
        buffer_clear(&h2->out);
        h2->sent = 0;
    }
    while (h2->out.len < OUT_ENOUGH) {
        const uint8_t *bytes = NULL;
        ssize_t n = nghttp2_session_mem_send(h2->session, &bytes);
        if (n < 0) {
            h2->broken = true;
            return false;
        }
        if (n == 0) {
            break;
        }
        buffer_append(&h2->out, bytes, (size_t)n);
    }
    if (buffer_status(&h2->out) != STATUS_OK) {
        h2->broken = true;
        return false;
    }
    return h2->out.len > h2->sent;
}

static bool write_frames(struct http_connection *connection) {
    struct http_h2 *h2 = connection->h2;
    struct iovec segment = {h2->out.data + h2->sent, h2->out.len - h2->sent};
    ssize_t n = http_transport_write(&connection->transport, &segment, 1);
    if (n >= 0) {
        h2->sent += (size_t)n;
        connection->mark_us = connection->loop->now_us;
        metrics_add(connection->loop->server->sent_bytes, (uint64_t)n);
        return true;
    }
    if (errno == EAGAIN) {
        connection->write_blocked = true;
    } else if (errno != EINTR) {
        h2->broken = true;
    }
    return false;
}

void http_h2_pump(struct http_connection *connection) {
    struct http_h2 *h2 = connection->h2;
    http_h2_look_at_parts(h2);
    while (!connection->write_blocked && !h2->broken && make_frames(h2)) {
        if (!write_frames(connection)) {
            break;
        }
        http_h2_make_room(h2);
    }
    if (!h2->broken && !connection->write_blocked &&
        http_transport_flush(&connection->transport) != 0) {
        connection->write_blocked = errno == EAGAIN;
        h2->broken = errno != EAGAIN;
    }
    if (h2->out.len == h2->sent && h2->out.capacity > OUT_KEPT) {
        buffer_free(&h2->out);
        h2->sent = 0;
    }
    if (h2->broken) {
        http_connection_close(connection);
    }
}

bool http_h2_is_over(const struct http_connection *connection) {
    const struct http_h2 *h2 = connection->h2;
    return !connection->write_blocked && h2->out.len == h2->sent &&
           !nghttp2_session_want_read(h2->session) && !nghttp2_session_want_write(h2->session);
}

// Clients that have requests on the way learn of it before they are told which were taken (RFC 9113 6.8); the next sweep tells.
void http_h2_drain(struct http_connection *connection) {
    struct http_h2 *h2 = connection->h2;
    if (nghttp2_submit_shutdown_notice(h2->session) != 0) {
        h2->broken = true;
    }
    h2->goaway_due = true;
    connection->drained_idle = connection->first == NULL;
}
