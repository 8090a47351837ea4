// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The least a server can do for a request on this machine: epoll, one read, a look for Content-Length, one write of a
// constant. What any real server costs above it is the price of its HTTP. Usage: floor_epoll [PORT [THREADS]]
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER 65536
#define THREADS_MAX 64
#define EVENTS 256

struct connection {
    int fd;
    size_t len;
    char data[BUFFER];
};

static const char REPLY[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                            "Content-Length: 16\r\n\r\n{\"success\":true}";

static int listen_on(unsigned short port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const int on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 1024) != 0) {
        perror("floor_epoll: listen");
        exit(1);
    }
    return fd;
}

// Bytes of the first request in the buffer, 0 when it is not whole.
static size_t request_length(const char *data, size_t len) {
    const char *end = memmem(data, len, "\r\n\r\n", 4);
    if (!end) {
        return 0;
    }
    size_t head = (size_t)(end - data) + 4;
    const char *field = memmem(data, head, "Content-Length: ", 16);
    size_t body = field ? strtoul(field + 16, NULL, 10) : 0;
    return len >= head + body ? head + body : 0;
}

// False: the connection has ended.
static int serve(struct connection *connection) {
    ssize_t n = read(connection->fd, connection->data + connection->len,
                     sizeof connection->data - 1 - connection->len);
    if (n <= 0) {
        return n < 0 && errno == EAGAIN;
    }
    connection->len += (size_t)n;
    size_t used;
    while ((used = request_length(connection->data, connection->len)) > 0) {
        if (write(connection->fd, REPLY, sizeof REPLY - 1) != (ssize_t)sizeof REPLY - 1) {
            return 0;
        }
        connection->len -= used;
        memmove(connection->data, connection->data + used, connection->len);
    }
    return connection->len < sizeof connection->data - 1;
}

static void accept_one(int poll, int listener) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (fd < 0) {
        return;
    }
    struct connection *connection = malloc(sizeof *connection);
    if (!connection) {
        close(fd);
        return;
    }
    connection->fd = fd;
    connection->len = 0;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event) != 0) {
        close(fd);
        free(connection);
    }
}

static void *run(void *context) {
    int listener = *(const int *)context;
    int poll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN};
    struct epoll_event events[EVENTS];
    if (poll < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event) != 0) {
        perror("floor_epoll: epoll");
        exit(1);
    }
    for (;;) {
        int count = epoll_wait(poll, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            struct connection *connection = events[i].data.ptr;
            if (!connection) {
                accept_one(poll, listener);
            } else if (!serve(connection)) {
                close(connection->fd);
                free(connection);
            }
        }
    }
    return NULL;
}

int main(int argc, char **argv) {
    unsigned short port = (unsigned short)(argc > 1 ? strtoul(argv[1], NULL, 10) : 0);
    unsigned threads = (unsigned)(argc > 2 ? strtoul(argv[2], NULL, 10) : 1);
    threads = threads < 1 ? 1 : threads > THREADS_MAX ? THREADS_MAX : threads;
    int listeners[THREADS_MAX];
    pthread_t handles[THREADS_MAX];
    for (unsigned i = 0; i < threads; i++) {
        listeners[i] = listen_on(port);
        struct sockaddr_in address;
        socklen_t length = sizeof address;
        if (getsockname(listeners[i], (struct sockaddr *)&address, &length) != 0) {
            perror("floor_epoll: getsockname");
            return 1;
        }
        port = ntohs(address.sin_port);
    }
    printf("%u\n", port);
    fflush(stdout);
    for (unsigned i = 0; i < threads; i++) {
        if (pthread_create(&handles[i], NULL, run, &listeners[i]) != 0) {
            fprintf(stderr, "floor_epoll: no thread\n");
            return 1;
        }
    }
    return pthread_join(handles[0], NULL);
}
