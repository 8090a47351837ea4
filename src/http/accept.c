// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Listening sockets, one a loop on the same address, and what comes in through them.
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "http/server_private.h"

#define BACKLOG 4096
#define ACCEPT_AT_ONCE 32 // then connections that are open get a turn
#define PAUSE_MS 100
// Connections above the limit that are told so; further ones are closed without a word.
#define EXTRA_CONNECTIONS 128

static socklen_t make_address(const char *host, uint16_t port, struct sockaddr_storage *out) {
    memset(out, 0, sizeof *out);
    host = strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;
    if (uv_ip4_addr(host, port, (struct sockaddr_in *)out) == 0) {
        return sizeof(struct sockaddr_in);
    }
    if (uv_ip6_addr(host, port, (struct sockaddr_in6 *)out) == 0) {
        return sizeof(struct sockaddr_in6);
    }
    return 0;
}

static enum status listen_failed(const char *host, unsigned port, int code, struct error *err) {
    switch (code) {
    case EADDRINUSE:
        return error_set(
            err, STATUS_EXISTS,
            "cannot listen on %s port %u: another program uses it; stop that or choose another port",
            host, port);
    case EACCES:
        return error_set(
            err, STATUS_DENIED,
            "cannot listen on %s port %u: not permitted; ports below 1024 need a privilege", host,
            port);
    case EADDRNOTAVAIL:
        return error_set(err, STATUS_INVALID,
                         "cannot listen on %s port %u: this machine does not have that address",
                         host, port);
    default:
        return error_set(err, STATUS_IO, "cannot listen on %s port %u: %s", host, port,
                         uv_strerror(uv_translate_sys_error(code)));
    }
}

// The first socket binds without SO_REUSEPORT, so that another process on the port is noticed (with it, two servers of the
// same user would silently share the port); it joins the group afterwards, before the others bind.
static int open_listener(const struct sockaddr_storage *address, socklen_t length, bool first) {
    int fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    const int on = 1;
    bool ok = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0;
    // Inherited by what is accepted.
    ok = ok && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0;
    if (!first) {
        ok = ok && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0;
    }
    ok = ok && bind(fd, (const struct sockaddr *)address, length) == 0;
    if (first) {
        ok = ok && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0;
    }
    if (!ok || listen(fd, BACKLOG) != 0) {
        int code = errno;
        close(fd);
        errno = code;
        return -1;
    }
    return fd;
}

static uint16_t bound_port(int fd) {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address;
    memset(&address, 0, sizeof address);
    socklen_t length = sizeof address;
    if (getsockname(fd, &address.any, &length) != 0) {
        return 0;
    }
    return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

enum status http_listen(struct http_server *server, const char *host, uint16_t *port, int *fds,
                        struct error *err) {
    struct sockaddr_storage address;
    socklen_t length = make_address(host, *port, &address);
    if (length == 0) {
        return error_set(
            err, STATUS_INVALID,
            "cannot listen on \"%s\": not an IP address; write one such as 127.0.0.1, 0.0.0.0 or ::",
            host);
    }
    for (unsigned i = 0; i < server->loop_count; i++) {
        fds[i] = open_listener(&address, length, i == 0);
        if (fds[i] < 0) {
            int code = errno;
            while (i > 0) {
                close(fds[--i]);
            }
            return listen_failed(host, *port, code, err);
        }
        if (i == 0) {
            *port = bound_port(fds[0]);
            length = make_address(host, *port, &address);
        }
    }
    return STATUS_OK;
}

static void on_resume(uv_timer_t *timer) {
    http_accept_resume(timer->data);
}

// Out of descriptors or memory: the connection stays in the backlog, where it would make the loop spin.
static void pause_accept(struct http_loop *loop, int code) {
    if (!loop->accept_warned) {
        LOG_WARN("http", "cannot accept connections; trying again until it works",
                 LOG_CSTR("server", loop->server->name),
                 LOG_CSTR("reason", uv_strerror(uv_translate_sys_error(code))));
    }
    loop->accept_warned = true;
    loop->accept_paused = true;
    for (size_t i = 0; i < HTTP_LISTENERS; i++) {
        if (loop->listeners[i].open) {
            uv_poll_stop(&loop->listeners[i].poll);
        }
    }
    uv_timer_start(&loop->resume_accept, on_resume, PAUSE_MS, 0);
}

void http_accept_resume(struct http_loop *loop) {
    if (!loop->accept_paused) {
        return;
    }
    for (size_t i = 0; i < HTTP_LISTENERS; i++) {
        if (loop->listeners[i].open) {
            loop->accept_paused = false;
            uv_timer_stop(&loop->resume_accept);
            uv_poll_start(&loop->listeners[i].poll, UV_READABLE, http_accept_ready);
        }
    }
}

// An IPv4 address that came in through IPv6 is written as such.
void http_address_text(const struct sockaddr_storage *address, char out[HTTP_IP_TEXT_MAX]) {
    int outcome = -1;
    if (address->ss_family == AF_INET) {
        outcome = uv_ip4_name((const struct sockaddr_in *)address, out, HTTP_IP_TEXT_MAX);
    } else if (address->ss_family == AF_INET6) {
        outcome = uv_ip6_name((const struct sockaddr_in6 *)address, out, HTTP_IP_TEXT_MAX);
    }
    if (outcome != 0) {
        out[0] = '\0';
    } else if (strncmp(out, "::ffff:", 7) == 0 && strchr(out, '.')) {
        memmove(out, out + 7, strlen(out + 7) + 1);
    }
}

static void take_up(const struct http_listener *listener, int fd,
                    const struct sockaddr_storage *address) {
    struct http_loop *loop = listener->loop;
    struct http_server *server = loop->server;
    unsigned before = atomic_fetch_add_explicit(&server->connections, 1, memory_order_relaxed);
    unsigned limit = server->config.connections;
    if (before >= limit + EXTRA_CONNECTIONS) {
        atomic_fetch_sub_explicit(&server->connections, 1, memory_order_relaxed);
        metrics_add(server->rejected_total, 1);
        close(fd);
        return;
    }
    http_connection_open(loop, fd, address, listener->tls, before >= limit);
}

// False: nothing more to accept now.
static bool accept_one(const struct http_listener *listener) {
    struct http_loop *loop = listener->loop;
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    int fd =
        accept4(listener->fd, (struct sockaddr *)&address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        loop->accept_warned = false;
        take_up(listener, fd, &address);
        return true;
    }
    switch (errno) {
    case EAGAIN: return false;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM: pause_accept(loop, errno); return false;
    default: // the connection failed before it was accepted (accept(2))
        return true;
    }
}

void http_accept_ready(uv_poll_t *handle, int status, int events) {
    const struct http_listener *listener = handle->data;
    (void)status;
    (void)events;
    http_loop_update_time(listener->loop);
    for (int i = 0; i < ACCEPT_AT_ONCE && accept_one(listener); i++) {
    }
}

void http_accept_all(struct http_loop *loop) {
    for (size_t i = 0; i < HTTP_LISTENERS; i++) {
        while (loop->listeners[i].open && accept_one(&loop->listeners[i])) {
        }
    }
}
