// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Both sides of the proxy: bytes from a client and bytes from a service, in pieces that the input chooses, through the forwarding code.
// What each side is given must begin with a head that a strict parser takes, or somebody could put words into the other's mouth.
//
//   input: flags, piece of the client, piece of the service, length of the client's bytes (2), these, the service's bytes
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "http/upstream_private.h"

#define HEADERS 100
#define SERVICES 4 // connections to the service: a request is tried again
#define SEEN ((size_t)64 * 1024)

enum {
    FLAG_STREAMS = 1,
    FLAG_SERVICE_CLOSES = 2,
    FLAG_CLIENT_HALF_CLOSES = 4,
    FLAG_POLICY = 8,
    FLAG_SERVICE_FIRST = 16
};

struct side { // what came out of the proxy there
    char bytes[SEEN];
    size_t len;
};

struct scene {
    struct http_loop *loop;
    struct http_upstream *upstream;
    int listener;
    int client;
    int services[SERVICES];
    size_t service_count;
    struct side to_client;
    struct side to_service[SERVICES];
    unsigned flags;
};

static struct scene scene;
static struct sockaddr_un service_address = {.sun_family = AF_UNIX};
static socklen_t service_length;

static enum status resolve(void *context, const char *host, uint16_t port,
                           struct http_upstream_found *out, struct error *err) {
    (void)context, (void)host, (void)port, (void)err;
    memcpy(&out->addresses[0], &service_address, sizeof service_address);
    out->lengths[0] = service_length;
    out->count = 1;
    return STATUS_OK;
}

static void handle(struct http_exchange *exchange, void *context) {
    static const struct http_header set[] = {{STR_INIT("X-Set"), STR_INIT("1")}};
    static const struct str remove[] = {STR_INIT("Cookie"), STR_INIT("Set-Cookie")};
    static const struct http_forward_policy policy = {.target = STR_INIT("/other?x"),
                                                      .host = STR_INIT("shop.test"),
                                                      .request = {set, 1, remove, 2},
                                                      .reply = {set, 1, remove, 2}};
    (void)context;
    if (scene.flags & FLAG_POLICY) {
        http_upstream_forward_by(scene.upstream, exchange, &policy);
    } else {
        http_upstream_forward(scene.upstream, exchange);
    }
}

static void plan(struct http_exchange *exchange, struct http_body_plan *out, void *context) {
    (void)exchange, (void)context;
    out->streams = (scene.flags & FLAG_STREAMS) != 0;
}

static void listen_there(void) {
    service_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
                                 (size_t)snprintf(service_address.sun_path + 1, 60,
                                                  "footfall-fuzz-proxy-%d", (int)getpid()));
    scene.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    CHECK(scene.listener >= 0);
    CHECK(bind(scene.listener, (struct sockaddr *)&service_address, service_length) == 0);
    CHECK(listen(scene.listener, 16) == 0);
}

static void make_scene(void) {
    static struct random_seeded seeded;
    static struct clock_manual clock;
    static struct http_loop loop;
    static struct http_server server;
    const struct str url = STR("http://127.0.0.1:80");
    const struct http_upstream_config config = {
        .name = "back", .urls = &url, .url_count = 1, .resolve = resolve};
    struct error err;
    random_seeded_init(&seeded, 1);
    clock_manual_init(&clock, 1000);
    server.config = (struct http_server_config){.name = "fuzz",
                                                .host = "127.0.0.1",
                                                .handle = handle,
                                                .plan = plan,
                                                .clock = &clock.clock,
                                                .random = &seeded.source,
                                                .target_bytes = 500,
                                                .header_bytes = 4000,
                                                .header_count = 30,
                                                .body_bytes = 20000,
                                                .reply_bytes = 1 << 20,
                                                .memory_bytes = 1 << 20,
                                                .connections = 10,
                                                .pipeline_max = 4,
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
    scene.loop = &loop;
    listen_there();
    CHECK(http_upstream_make(&config, &scene.upstream, &err) == STATUS_OK);
}

// --- One step ----------------------------------------------------------------------------------------------------------
static void drain(int fd, struct side *side) {
    char sink[16384];
    ssize_t n = fd >= 0 ? recv(fd, sink, sizeof sink, MSG_DONTWAIT) : 0;
    while (n > 0) {
        size_t room = SEEN - side->len;
        size_t kept = (size_t)n < room ? (size_t)n : room;
        memcpy(side->bytes + side->len, sink, kept);
        side->len += kept;
        n = recv(fd, sink, sizeof sink, MSG_DONTWAIT);
    }
}

static void turn(void) {
    uv_run(&scene.loop->uv, UV_RUN_NOWAIT);
    int fd = scene.service_count < SERVICES
                 ? accept4(scene.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)
                 : -1;
    if (fd >= 0) {
        scene.to_service[scene.service_count].len = 0;
        scene.services[scene.service_count++] = fd;
    }
    drain(scene.client, &scene.to_client);
    for (size_t i = 0; i < scene.service_count; i++) {
        drain(scene.services[i], &scene.to_service[i]);
    }
}

// Gives how much was taken.
static size_t put(int fd, struct str bytes, size_t piece) {
    size_t len = piece < bytes.len ? piece : bytes.len;
    ssize_t n = fd >= 0 && len > 0 ? send(fd, bytes.data, len, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;
    turn();
    return n > 0 ? (size_t)n : 0;
}

static void skip(struct str *bytes, size_t n) {
    bytes->data += n;
    bytes->len -= n;
}

static int last_service(void) {
    return scene.service_count > 0 ? scene.services[scene.service_count - 1] : -1;
}

static void exchange_bytes(struct str client, size_t client_piece, struct str service,
                           size_t service_piece) {
    for (unsigned idle = 0; idle < 4 && client.len + service.len > 0; idle++) {
        size_t sent = 0;
        if (!(scene.flags & FLAG_SERVICE_FIRST)) {
            sent = put(scene.client, client, client_piece);
            skip(&client, sent);
        }
        size_t said = put(last_service(), service, service_piece);
        skip(&service, said);
        if (scene.flags & FLAG_SERVICE_FIRST) {
            sent = put(scene.client, client, client_piece);
            skip(&client, sent);
        }
        idle = sent + said > 0 ? 0 : idle;
    }
}

// --- What must hold ------------------------------------------------------------------------------------------------------
static void check_request(struct side *side) {
    static const struct http_parse_limits limits = {4000, 20000, SIZE_MAX, HEADERS};
    struct http_head_parser parser;
    struct http_message message = {0};
    struct http_request request = {0};
    struct http_header headers[HEADERS];
    http_head_parser_init(&parser, &limits);
    if (side->len > 0) {
        CHECK(http_parse_head(&parser, &message, side->bytes, side->len, &request, headers) !=
              HTTP_PARSE_REFUSED);
    }
}

static void check_reply(struct side *side) {
    static const struct http_parse_limits limits = {4000, 1 << 20, SIZE_MAX, HEADERS};
    struct http_head_parser parser;
    struct http_message message = {0};
    struct http_response response = {0};
    struct http_header headers[HEADERS];
    http_response_parser_init(&parser, &limits);
    if (side->len > 0) {
        CHECK(http_parse_response(&parser, &message, side->bytes, side->len, false, &response,
                                  headers) != HTTP_PARSE_REFUSED);
    }
}

static void end_all(void) {
    close(scene.client);
    scene.client = -1;
    while (scene.loop->connection_count > 0) {
        turn();
        http_upstream_loop_abort(scene.loop);
        if (scene.loop->connections) {
            http_connection_close(scene.loop->connections);
        }
    }
    http_upstream_loop_abort(scene.loop);
    for (struct http_upstream_loop *home = scene.loop->upstreams; home; home = home->next) {
        home->ending = false; // the next input comes
    }
    turn();
    CHECK(http_upstream_load(scene.upstream).active == 0);
    CHECK(http_upstream_load(scene.upstream).connections == 0);
    CHECK(http_upstream_load(scene.upstream).waiting == 0);
    for (int fd = last_service(); fd >= 0; fd = last_service()) {
        close(fd);
        scene.service_count--;
    }
    for (int fd = accept(scene.listener, NULL, NULL); fd >= 0;
         fd = accept(scene.listener, NULL, NULL)) {
        close(fd);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!scene.loop) {
        log_configure(LOG_LEVEL_OFF, LOG_FORMAT_TEXT, STDERR_FILENO);
        make_scene();
    }
    if (size < 5) {
        return 0;
    }
    struct sockaddr_storage address = {.ss_family = AF_INET};
    size_t split = (size_t)data[3] << 8 | data[4];
    size_t rest = size - 5;
    split = split < rest ? split : rest;
    struct str client = str_make((const char *)data + 5, split);
    struct str service = str_make((const char *)data + 5 + split, rest - split);
    int fds[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
    scene.flags = data[0];
    scene.client = fds[1];
    scene.to_client.len = 0;
    http_loop_update_time(scene.loop);
    atomic_fetch_add(&scene.loop->server->connections, 1);
    http_connection_open(scene.loop, fds[0], &address, false, false);
    exchange_bytes(client, 1 + (size_t)data[1] * 16, service, 1 + (size_t)data[2] * 16);
    if (scene.flags & FLAG_CLIENT_HALF_CLOSES) {
        (void)shutdown(scene.client, SHUT_WR);
    }
    turn();
    if (scene.flags & FLAG_SERVICE_CLOSES && scene.service_count > 0) {
        (void)shutdown(last_service(), SHUT_RDWR);
    }
    turn();
    turn();
    check_reply(&scene.to_client);
    for (size_t i = 0; i < scene.service_count; i++) {
        check_request(&scene.to_service[i]);
    }
    end_all();
    return 0;
}
