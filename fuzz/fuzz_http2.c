// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Writes bytes into a connection that speaks HTTP/2, as they are or behind a proper beginning, in one piece or in several, and lets a loop
// turn until the connection has gone. Handlers answer at once, in ways that the path chooses.
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "http/server_private.h"

static const char BEGINNING[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";

static void look_at(struct str s) {
    for (size_t i = 0; i < s.len; i++) {
        CHECK(s.data[i] != '\r' && s.data[i] != '\n' && s.data[i] != '\0');
    }
}

static void handle(struct http_exchange *exchange, void *context) {
    const struct http_request *request = &exchange->request;
    (void)context;
    CHECK(request->path.len > 0 && request->method_name.len > 0);
    CHECK(request->body.len <= 5000 && request->header_count <= 20);
    look_at(request->target);
    for (size_t i = 0; i < request->header_count; i++) {
        look_at(request->headers[i].name);
        look_at(request->headers[i].value);
    }
    static char large[100000];
    buffer_append(http_reply_body(exchange), large,
                  request->path.len > 3 ? sizeof large : request->path.len);
    http_reply_send(exchange, 200, "text/plain");
}

static struct http_server *make_server(void) {
    static struct random_seeded seeded;
    static struct clock_manual clock;
    static struct http_loop loop;
    static struct http_server server;
    struct error err;
    random_seeded_init(&seeded, 1);
    clock_manual_init(&clock, 1000);
    server.config = (struct http_server_config){.name = "fuzz",
                                                .host = "127.0.0.1",
                                                .handle = handle,
                                                .http2 = true,
                                                .clock = &clock.clock,
                                                .random = &seeded.source,
                                                .target_bytes = 200,
                                                .header_bytes = 1000,
                                                .header_count = 20,
                                                .body_bytes = 5000,
                                                .reply_bytes = 1 << 20,
                                                .memory_bytes = 1 << 20,
                                                .connections = 10,
                                                .pipeline_max = 16,
                                                .header_timeout_ms = 1000,
                                                .body_timeout_ms = 1000,
                                                .idle_timeout_ms = 1000,
                                                .write_timeout_ms = 1000,
                                                .drain_timeout_ms = 1000};
    server.loops = &loop;
    server.loop_count = 1;
    loop.listeners[HTTP_LISTENER_PLAIN].fd = loop.listeners[HTTP_LISTENER_TLS].fd = -1;
    CHECK(http_loop_init(&loop, &server, 0, &err) == STATUS_OK);
    loop.self = pthread_self();
    return &server;
}

static void turn(struct http_loop *loop) {
    uv_run(&loop->uv, UV_RUN_NOWAIT);
}

static void send_piece(int fd, const uint8_t *data, size_t size, struct http_loop *loop) {
    while (size > 0) {
        ssize_t n = send(fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        char sink[65536];
        turn(loop);
        ssize_t got = recv(fd, sink, sizeof sink, MSG_DONTWAIT);
        if (n < 0 && got == 0) {
            return;
        }
        if (n < 0 && errno != EAGAIN) {
            return;
        }
        if (n > 0) {
            data += n;
            size -= (size_t)n;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct http_server *server;
    if (!server) {
        log_configure(LOG_LEVEL_OFF, LOG_FORMAT_TEXT, STDERR_FILENO);
        server = make_server();
    }
    struct http_loop *loop = &server->loops[0];
    struct sockaddr_storage address = {.ss_family = AF_INET};
    int fds[2];
    if (size < 2) {
        return 0;
    }
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
    http_loop_update_time(loop);
    atomic_fetch_add(&server->connections, 1);
    http_connection_open(loop, fds[0], &address, false, false);
    if (data[0] & 1) {
        send_piece(fds[1], (const uint8_t *)BEGINNING, sizeof BEGINNING - 1, loop);
    }
    size_t cut = 1 + (size_t)data[1] * (size - 2) / 255 % (size - 1);
    send_piece(fds[1], data + 2, cut < size - 2 ? cut : size - 2, loop);
    if (cut < size - 2) {
        send_piece(fds[1], data + 2 + cut, size - 2 - cut, loop);
    }
    close(fds[1]);
    while (loop->connection_count > 0) {
        turn(loop);
        if (loop->connections) {
            http_connection_close(loop->connections);
        }
    }
    return 0;
}
