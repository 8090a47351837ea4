// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The socket of a connection: opening, reading, writing what has gathered, heartbeats, closing.
#include "cql/connection.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "cql/session.h"

// A request may be as large as a frame. No further one is begun when so much already waits for the socket.
#define OUT_MAX (CQL_FRAME_BODY_MAX + (size_t)64 * 1024)
#define OUT_FULL ((size_t)4 * 1024 * 1024)
#define OUT_KEPT ((size_t)1024 * 1024) // larger buffers are given back when they are empty
#define KEEPALIVE_S 60

static void on_heartbeat(struct cql_timer *timer);

void cql_address_text(const struct sockaddr_storage *address, char out[CQL_ADDRESS_TEXT]) {
    char text[INET6_ADDRSTRLEN] = "?";
    if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;
        (void)uv_ip6_name(v6, text, sizeof text);
        snprintf(out, CQL_ADDRESS_TEXT, "[%s]:%u", text, ntohs(v6->sin6_port));
    } else {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
        (void)uv_ip4_name(v4, text, sizeof text);
        snprintf(out, CQL_ADDRESS_TEXT, "%s:%u", text, ntohs(v4->sin_port));
    }
}

// --- The end -------------------------------------------------------------------------------------------------------
static void on_freed(uv_handle_t *handle) {
    struct cql_connection *connection = handle->data;
    cql_connection_streams_free(connection);
    cql_frame_reader_free(&connection->reader);
    buffer_free(&connection->out);
    buffer_free(&connection->cipher);
    buffer_free(&connection->flying);
    cql_tls_stream_free(&connection->tls);
    free(connection);
}

static void leave_dirty(struct cql_connection *connection) {
    struct cql_connection **link = &connection->loop->dirty;
    while (connection->dirty && *link) {
        if (*link == connection) {
            *link = connection->next_dirty;
            connection->dirty = false;
        } else {
            link = &(*link)->next_dirty;
        }
    }
}

static void finish(struct cql_connection *connection) {
    bool was_ready = connection->state == CQL_CONNECTION_READY;
    connection->state = CQL_CONNECTION_CLOSED;
    if (was_ready) {
        CQL_COUNT(connection->loop->counters.connections, -1u);
    }
    cql_loop_timer_stop(connection->loop, &connection->timer);
    leave_dirty(connection);
    cql_connection_answer_all(connection);
    connection->events->closed(connection, &connection->why);
    uv_close((uv_handle_t *)&connection->tcp, on_freed);
}

void cql_connection_close(struct cql_connection *connection, enum status status, const char *format,
                          ...) {
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (connection->state == CQL_CONNECTION_CLOSED) {
        return;
    }
    (void)error_set(&connection->why, status, "%s: %s", connection->address, text);
    finish(connection);
}

void cql_connection_drain(struct cql_connection *connection) {
    connection->drain = true;
    if (connection->in_flight == 0) {
        cql_connection_close(connection, STATUS_CLOSED, "the host has left the cluster");
    }
}

// --- Writing -------------------------------------------------------------------------------------------------------
void cql_connection_mark_dirty(struct cql_connection *connection) {
    if (!connection->dirty) {
        connection->dirty = true;
        connection->next_dirty = connection->loop->dirty;
        connection->loop->dirty = connection;
    }
}

static void empty(struct buffer *buffer) {
    if (buffer->capacity > OUT_KEPT) {
        buffer_free(buffer);
    } else {
        buffer_clear(buffer);
    }
}

static void on_written(uv_write_t *write, int status) {
    struct cql_connection *connection = write->data;
    connection->writing = false;
    if (connection->state == CQL_CONNECTION_CLOSED) {
        return;
    }
    if (status < 0) {
        cql_connection_close(connection, STATUS_IO, "cannot write: %s", uv_strerror(status));
        return;
    }
    empty(&connection->flying);
    cql_loop_update_time(connection->loop);
    connection->events->freed(connection);
    cql_connection_mark_dirty(connection);
}

static bool encrypt(struct cql_connection *connection) {
    if (connection->out.len == 0) {
        return true;
    }
    struct error err;
    enum status status =
        cql_tls_write(&connection->tls, buffer_str(&connection->out), &connection->cipher, &err);
    connection->sent_total += connection->out.len;
    empty(&connection->out);
    if (status != STATUS_OK) {
        cql_connection_close(connection, status, "%s", err.text);
    }
    return status == STATUS_OK;
}

static void write_rest(struct cql_connection *connection, struct buffer *from, size_t written) {
    struct buffer rest = *from;
    *from = connection->flying;
    connection->flying = rest;
    connection->writing = true;
    connection->write.data = connection;
    uv_buf_t slice = uv_buf_init(rest.data + written, (unsigned)(rest.len - written));
    int failed =
        uv_write(&connection->write, (uv_stream_t *)&connection->tcp, &slice, 1, on_written);
    if (failed < 0) {
        connection->writing = false;
        cql_connection_close(connection, STATUS_IO, "cannot write: %s", uv_strerror(failed));
    }
}

void cql_connection_flush(struct cql_connection *connection) {
    struct buffer *from = &connection->out;
    if (connection->state == CQL_CONNECTION_CLOSED || connection->writing) {
        return; // on_written comes back
    }
    if (connection->tls.ssl) {
        from = &connection->cipher;
        if (connection->tls.established && !encrypt(connection)) {
            return;
        }
    }
    if (from->len == 0) {
        return;
    }
    uv_buf_t slice = uv_buf_init(from->data, (unsigned)from->len);
    int n = uv_try_write((uv_stream_t *)&connection->tcp, &slice, 1);
    CQL_COUNT(connection->loop->counters.writes, 1);
    if (n < 0 && n != UV_EAGAIN) {
        cql_connection_close(connection, STATUS_IO, "cannot write: %s", uv_strerror(n));
        return;
    }
    size_t written = n < 0 ? 0 : (size_t)n;
    if (from == &connection->out) {
        connection->sent_total += from->len;
    }
    if (written == from->len) {
        empty(from);
    } else {
        write_rest(connection, from, written);
    }
}

bool cql_connection_usable(const struct cql_connection *connection) {
    unsigned most = connection->loop->session->config.in_flight_per_connection;
    return connection->state == CQL_CONNECTION_READY && !connection->drain &&
           connection->in_flight < most && connection->out.len < OUT_FULL;
}

// --- Reading -------------------------------------------------------------------------------------------------------
static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
    (void)suggested;
    struct cql_connection *connection = handle->data;
    struct cql_loop *loop = connection->loop;
    size_t len = 0;
    char *room;
    if (connection->tls.ssl) {
        if (!loop->cipher) {
            loop->cipher = malloc(CQL_LOOP_CIPHER);
        }
        room = loop->cipher;
        len = CQL_LOOP_CIPHER;
    } else {
        room = cql_frame_reader_room(&connection->reader, &len);
    }
    // Without memory libuv reports UV_ENOBUFS to on_read.
    *buffer = uv_buf_init(room, room ? (unsigned)len : 0);
}

static bool take_frames(struct cql_connection *connection) {
    struct error err;
    while (connection->state != CQL_CONNECTION_CLOSED) {
        struct cql_frame frame;
        enum status status = cql_frame_reader_next(&connection->reader, &frame, &err);
        if (status == STATUS_END) {
            return true;
        }
        if (status == STATUS_OK) {
            cql_connection_dispatch(connection, &frame);
            cql_frame_free(&frame);
        } else if (connection->state != CQL_CONNECTION_READY && status == STATUS_CORRUPT) {
            cql_connection_close(connection, STATUS_UNSUPPORTED,
                                 "does not speak version 4 of the native protocol: %s", err.text);
        } else {
            cql_connection_close(connection, status, "%s", err.text);
        }
    }
    return false;
}

static void take_plain(struct cql_connection *connection, size_t len) {
    cql_frame_reader_filled(&connection->reader, len);
    if (take_frames(connection)) {
        connection->events->freed(connection);
    }
}

static bool secure(struct cql_connection *connection) {
    struct error err;
    enum status status = cql_tls_handshake(&connection->tls, &connection->cipher, &err);
    cql_connection_mark_dirty(connection);
    if (status == STATUS_OK) {
        cql_connection_greet(connection);
    } else if (status != STATUS_END) {
        cql_connection_flush(connection); // the alert
        cql_connection_close(connection, status, "%s", err.text);
    }
    return status == STATUS_OK && connection->state != CQL_CONNECTION_CLOSED;
}

static void take_cipher(struct cql_connection *connection, const char *bytes, size_t len) {
    struct error err;
    enum status status = cql_tls_fed(&connection->tls, bytes, len);
    if (status != STATUS_OK) {
        cql_connection_close(connection, status, "no memory for TLS");
        return;
    }
    if (!connection->tls.established && !secure(connection)) {
        return;
    }
    while (connection->state != CQL_CONNECTION_CLOSED) {
        size_t room = 0;
        size_t n = 0;
        char *to = cql_frame_reader_room(&connection->reader, &room);
        status = to ? cql_tls_read(&connection->tls, to, room, &n, &err)
                    : error_set(&err, STATUS_NO_MEMORY, "no memory to read into");
        if (status == STATUS_END) {
            cql_connection_mark_dirty(connection); // TLS itself may have something to say
            return;
        }
        if (status == STATUS_OK) {
            take_plain(connection, n);
        } else if (status == STATUS_CLOSED) {
            cql_connection_close(connection, STATUS_IO, "the server closed the connection");
        } else {
            cql_connection_close(connection, status, "%s", err.text);
        }
    }
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer) {
    struct cql_connection *connection = stream->data;
    if (n == 0 || connection->state == CQL_CONNECTION_CLOSED) {
        return; // EAGAIN
    }
    if (n < 0) {
        cql_connection_close(connection, STATUS_IO, "%s",
                             n == UV_EOF ? "the server closed the connection"
                                         : uv_strerror((int)n));
        return;
    }
    struct cql_loop *loop = connection->loop;
    cql_loop_update_time(loop);
    connection->heard_ms = loop->now_ms;
    CQL_COUNT(loop->counters.reads, 1);
    if (connection->tls.ssl) {
        take_cipher(connection, buffer->base, (size_t)n);
    } else {
        take_plain(connection, (size_t)n);
    }
}

// --- Heartbeat -----------------------------------------------------------------------------------------------------
static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

// How long a connection that owes replies may say nothing before it is asked. With the standard times, what stands still is left
// within nine seconds, so that a request of ten has time for another host.
static int64_t patience_ms(const struct cql_config *config) {
    int64_t quarter = config->heartbeat_timeout_ms / 4 > 0 ? config->heartbeat_timeout_ms / 4 : 1;
    return least(config->heartbeat_interval_ms, quarter);
}

static void beat_later(struct cql_connection *connection) {
    cql_loop_timer(connection->loop, &connection->timer,
                   patience_ms(&connection->loop->session->config), on_heartbeat);
}

static void on_alive(struct cql_exchange *exchange, struct cql_frame *frame,
                     const struct error *err) {
    // That something came is all that was asked for; on_read has noted it.
    (void)exchange;
    (void)frame;
    (void)err;
}

void cql_connection_probe(struct cql_connection *connection) {
    if (connection->state != CQL_CONNECTION_READY || connection->heartbeat.connection) {
        return;
    }
    connection->heartbeat.answered = on_alive;
    struct buffer *out =
        cql_connection_begin(connection, &connection->heartbeat, CQL_OP_OPTIONS, true);
    if (out) {
        cql_encode_options(out);
        connection->heartbeat_ms = connection->loop->now_ms;
        if (cql_connection_end(connection) != STATUS_OK) {
            cql_connection_close(connection, STATUS_NO_MEMORY, "no memory for a heartbeat");
        }
    }
}

// What owes replies is asked sooner than what is idle: a process that stands still keeps its connections open.
static void on_heartbeat(struct cql_timer *timer) {
    struct cql_connection *connection = CONTAINER_OF(timer, struct cql_connection, timer);
    const struct cql_config *config = &connection->loop->session->config;
    int64_t now = connection->loop->now_ms;
    if (connection->heartbeat.connection) {
        // Any bytes are a sign of life: the answer may stand behind a long reply.
        int64_t since = connection->heard_ms > connection->heartbeat_ms ? connection->heard_ms
                                                                        : connection->heartbeat_ms;
        if (now - since >= config->heartbeat_timeout_ms) {
            cql_connection_close(connection, STATUS_TIMEOUT,
                                 "no answer to a heartbeat within %lld ms",
                                 (long long)config->heartbeat_timeout_ms);
            return;
        }
    } else {
        int64_t quiet =
            connection->in_flight > 0 ? patience_ms(config) : config->heartbeat_interval_ms;
        if (now - connection->heard_ms >= quiet - CQL_WHEEL_TICK_MS) {
            cql_connection_probe(connection);
        }
    }
    if (connection->state != CQL_CONNECTION_CLOSED) {
        beat_later(connection);
    }
}

// --- The beginning -------------------------------------------------------------------------------------------------
static void on_connect_late(struct cql_timer *timer) {
    struct cql_connection *connection = CONTAINER_OF(timer, struct cql_connection, timer);
    if (connection->why.status != STATUS_OK) {
        finish(connection); // it could not even begin
        return;
    }
    cql_connection_close(connection, STATUS_TIMEOUT, "no connection within %lld ms",
                         (long long)connection->loop->session->config.connect_timeout_ms);
}

static void on_connected(uv_connect_t *connect, int status) {
    struct cql_connection *connection = connect->data;
    if (connection->state == CQL_CONNECTION_CLOSED) {
        return;
    }
    struct cql_loop *loop = connection->loop;
    cql_loop_update_time(loop);
    if (status == 0) {
        status = uv_read_start((uv_stream_t *)&connection->tcp, on_room, on_read);
    }
    if (status < 0) {
        cql_connection_close(connection, STATUS_UNAVAILABLE, "%s", uv_strerror(status));
        return;
    }
    connection->heard_ms = loop->now_ms;
    // Neither is vital.
    (void)uv_tcp_nodelay(&connection->tcp, 1);
    (void)uv_tcp_keepalive(&connection->tcp, 1, KEEPALIVE_S);
    if (!loop->session->tls) {
        cql_connection_greet(connection);
        return;
    }
    connection->state = CQL_CONNECTION_SECURING;
    struct str name = loop->session->config.tls.verify_host ? connection->tls_name : STR_EMPTY;
    if (cql_tls_stream_init(&connection->tls, loop->session->tls, name) != STATUS_OK) {
        cql_connection_close(connection, STATUS_NO_MEMORY, "cannot begin TLS");
        return;
    }
    (void)secure(connection);
}

void cql_connection_ready(struct cql_connection *connection) {
    connection->state = CQL_CONNECTION_READY;
    CQL_COUNT(connection->loop->counters.connections, 1);
    beat_later(connection);
    connection->events->ready(connection);
}

struct cql_connection *cql_connection_open(struct cql_loop *loop,
                                           const struct sockaddr_storage *address,
                                           struct str tls_name,
                                           const struct cql_connection_events *events,
                                           void *owner) {
    struct cql_connection *connection = calloc(1, sizeof *connection);
    if (!connection) {
        return NULL;
    }
    connection->loop = loop;
    connection->events = events;
    connection->owner = owner;
    connection->tls_name = tls_name;
    cql_address_text(address, connection->address);
    if (cql_connection_streams_init(connection) != STATUS_OK) {
        free(connection);
        return NULL;
    }
    cql_frame_reader_init(&connection->reader, 0, 0);
    buffer_init(&connection->out, OUT_MAX);
    buffer_init(&connection->cipher, 2 * OUT_MAX);
    buffer_init(&connection->flying, OUT_MAX);
    int failed = uv_tcp_init(&loop->uv, &connection->tcp);
    CHECK(failed == 0);
    connection->tcp.data = connection;
    connection->connect.data = connection;
    failed = uv_tcp_connect(&connection->connect, &connection->tcp,
                            (const struct sockaddr *)(const void *)address, on_connected);
    if (failed < 0) {
        (void)error_set(&connection->why, STATUS_UNAVAILABLE, "%s: %s", connection->address,
                        uv_strerror(failed));
    }
    cql_loop_timer(loop, &connection->timer,
                   failed < 0 ? 0 : loop->session->config.connect_timeout_ms, on_connect_late);
    return connection;
}
