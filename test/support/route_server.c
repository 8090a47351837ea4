// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Sets up what a role needs and talks to it over a socket, one connection a call.
#include "support/route_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/check.h"

#define REPLY_MAX (4u << 20)

void route_server_prepare(struct route_server *rs, const char *time_zone, int64_t wall_ms) {
    struct error err = {0};
    memset(rs, 0, sizeof *rs);
    clock_manual_init(&rs->clock, wall_ms);
    random_seeded_init(&rs->random, 7);
    enum status status = store_open_memory(&rs->store, &err);
    CHECK(status == STATUS_OK);
    struct store_project project = {
        .id = STR("default"), .name = STR("Default"), .time_zone = str_from_c(time_zone)};
    status = store_project_put(rs->store, &project);
    CHECK(status == STATUS_OK);
    status = auth_keyring_make(&rs->keyring);
    CHECK(status == STATUS_OK);
    status = auth_keyring_add_project(rs->keyring, STR("default"));
    CHECK(status == STATUS_OK);
    rs->principal.role = AUTH_ROLE_ADMIN;
    rs->reply = malloc(REPLY_MAX);
    CHECK(rs->reply != NULL);
}

static void handle(struct http_exchange *exchange, void *context) {
    struct route_server *rs = context;
    exchange->principal = &rs->principal;
    http_router_dispatch(rs->router, exchange);
}

void route_server_start(struct route_server *rs, struct http_route_table routes) {
    struct error err = {0};
    enum status status = http_router_make(&routes, 1, &rs->router, &err);
    CHECK(status == STATUS_OK);
    status = workers_start(2, 64, "test-worker", &rs->workers);
    CHECK(status == STATUS_OK);
    struct http_server_config config = {.name = "test",
                                        .host = "127.0.0.1",
                                        .threads = 1,
                                        .handle = handle,
                                        .context = rs,
                                        .workers = rs->workers,
                                        .clock = clock_system(),
                                        .random = random_system()};
    status = http_server_start(&config, &rs->server, &err);
    CHECK(status == STATUS_OK);
}

void route_server_stop(struct route_server *rs) {
    http_server_stop(rs->server);
    workers_stop(rs->workers);
    http_router_free(rs->router);
    rs->server = NULL;
}

void route_server_free(struct route_server *rs) {
    auth_keyring_free(rs->keyring);
    store_close(rs->store);
    free(rs->reply);
}

static int connect_to(uint16_t port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int connected = connect(fd, (struct sockaddr *)&address, sizeof address);
    CHECK(fd >= 0 && connected == 0);
    return fd;
}

static void send_all(int fd, const char *bytes, size_t len) {
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        CHECK(sent > 0);
        bytes += sent;
        len -= (size_t)sent;
    }
}

struct route_reply route_call(struct route_server *rs, const char *method, const char *target,
                              const char *headers, const char *body) {
    struct buffer request;
    buffer_init(&request, REPLY_MAX);
    buffer_printf(&request, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s", method,
                  target, headers ? headers : "");
    if (body) {
        buffer_printf(&request, "Content-Length: %zu\r\n", strlen(body));
    }
    buffer_printf(&request, "\r\n%s", body ? body : "");
    CHECK(buffer_status(&request) == STATUS_OK);
    int fd = connect_to(http_server_port(rs->server));
    send_all(fd, request.data, request.len);
    buffer_free(&request);
    size_t len = 0;
    ssize_t got = 0;
    while ((got = recv(fd, rs->reply + len, REPLY_MAX - 1 - len, 0)) > 0) {
        len += (size_t)got;
    }
    close(fd);
    rs->reply[len] = '\0';
    char *end = strstr(rs->reply, "\r\n\r\n");
    CHECK(end != NULL);
    end[2] = '\0';
    return (struct route_reply){(unsigned)strtoul(rs->reply + 9, NULL, 10), rs->reply, end + 4};
}

const char *route_header(struct route_reply reply, const char *name, char *out, size_t size) {
    char start[64];
    snprintf(start, sizeof start, "\r\n%s: ", name);
    const char *at = strstr(reply.head, start);
    out[0] = '\0';
    if (at) {
        at += strlen(start);
        const char *end = strstr(at, "\r\n");
        snprintf(out, size, "%.*s", (int)(end - at), at);
    }
    return out;
}

void route_assert_status(struct route_reply reply, unsigned expected) {
    if (reply.status != expected) {
        print_error("%s\n%s\n", reply.head, reply.body);
    }
    assert_int_equal(reply.status, expected);
}

void route_assert_has(const char *text, const char *part) {
    bool found = strstr(text, part) != NULL;
    if (!found) {
        print_error("not found: %s\nin: %s\n", part, text);
    }
    assert_true(found);
}
