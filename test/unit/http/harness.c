// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A server on a free port of 127.0.0.1 and a client that speaks raw bytes, for tests of http.
#include "harness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

#define PATIENCE_MS 10000
#define REPLY_MAX (4u << 20)

struct http_server *harness_start(harness_handler *handle, void *context,
                                  const struct http_server_config *config) {
    struct http_server_config filled = {0};
    if (config) {
        filled = *config;
    }
    filled.name = filled.name ? filled.name : "test";
    filled.host = filled.host ? filled.host : "127.0.0.1";
    filled.threads = filled.threads ? filled.threads : 1;
    filled.handle = handle;
    filled.context = context;
    filled.clock = clock_system();
    filled.random = random_system();
    log_configure(LOG_LEVEL_OFF, LOG_FORMAT_TEXT, STDERR_FILENO);
    struct http_server *server = NULL;
    struct error err = {0};
    if (http_server_start(&filled, &server, &err) != STATUS_OK) {
        fail_msg("%s", err.text);
    }
    return server;
}

int harness_connect(const struct http_server *server) {
    return harness_connect_port(http_server_port(server));
}

int harness_connect_port(uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    const int on = 1;
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

// A server that refuses early may close before all is sent.
void harness_send(int fd, const char *bytes, size_t len) {
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
        if (n < 0 && (errno == EPIPE || errno == ECONNRESET)) {
            return;
        }
        assert_true(n > 0);
        bytes += n;
        len -= (size_t)n;
    }
}

void harness_send_text(int fd, const char *text) {
    harness_send(fd, text, strlen(text));
}

unsigned harness_count(const char *text, const char *part) {
    unsigned count = 0;
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part)) {
        count++;
    }
    return count;
}

int64_t harness_now_ms(void) {
    struct clock *clock = clock_system();
    return clock->mono_us(clock) / 1000;
}

const char *harness_read_until(int fd, const char *text, unsigned times) {
    static _Thread_local char reply[REPLY_MAX];
    size_t len = 0;
    int64_t deadline = harness_now_ms() + PATIENCE_MS;
    reply[0] = '\0';
    while (!text || harness_count(reply, text) < times) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        int64_t left = deadline - harness_now_ms();
        if (left <= 0 || poll(&wait, 1, (int)left) <= 0) {
            print_error("the server kept us waiting; so far: %s\n", reply);
            fail();
        }
        ssize_t n = recv(fd, reply + len, sizeof reply - 1 - len, 0);
        if (n <= 0) {
            break;
        }
        for (ssize_t i = 0; i < n; i++) { // so that C strings see all
            reply[len + (size_t)i] = reply[len + (size_t)i] == '\0' ? '0' : reply[len + (size_t)i];
        }
        len += (size_t)n;
        reply[len] = '\0';
    }
    return reply;
}

const char *harness_read_all(int fd) {
    return harness_read_until(fd, NULL, 0);
}

const char *harness_talk(const struct http_server *server, const char *bytes, size_t len) {
    int fd = harness_connect(server);
    harness_send(fd, bytes, len);
    const char *reply = harness_read_all(fd);
    close(fd);
    return reply;
}
