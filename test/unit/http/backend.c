// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// One thread that accepts, one a connection.
#include "backend.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/thread.h"

#define CONNECTIONS_MAX 512

struct served {
    struct backend *backend;
    struct thread thread;
    unsigned number;
    int fd;
};

struct backend {
    int fd;
    uint16_t port;
    backend_serve *serve;
    void *context;
    struct thread thread;
    atomic_uint accepted;
    struct served served[CONNECTIONS_MAX];
};

static void *serve_one(void *context) {
    struct served *served = context;
    served->backend->serve(served->fd, served->number, served->backend->context);
    shutdown(served->fd,
             SHUT_RDWR); // closed when the thread is joined, so that the number is not used again
    return NULL;
}

static void *accept_all(void *context) {
    struct backend *backend = context;
    int fd;
    while ((fd = accept(backend->fd, NULL, NULL)) >= 0) {
        unsigned number = atomic_load(&backend->accepted);
        CHECK(number < CONNECTIONS_MAX);
        struct served *served = &backend->served[number];
        *served = (struct served){.backend = backend, .number = number, .fd = fd};
        // Counted before it is served: whoever has the reply may ask how many there were.
        atomic_store(&backend->accepted, number + 1);
        enum status status = thread_start(&served->thread, "backend", serve_one, served);
        CHECK(status == STATUS_OK);
    }
    return NULL;
}

static int listen_anywhere(uint16_t *port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    bool ok = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
              getsockname(fd, (struct sockaddr *)&address, &length) == 0;
    CHECK(ok);
    *port = ntohs(address.sin_port);
    return fd;
}

struct backend *backend_start(backend_serve *serve, void *context) {
    struct backend *backend = calloc(1, sizeof *backend);
    CHECK(backend != NULL);
    backend->serve = serve;
    backend->context = context;
    backend->fd = listen_anywhere(&backend->port);
    int listening = listen(backend->fd, 128);
    CHECK(listening == 0);
    enum status status = thread_start(&backend->thread, "backend", accept_all, backend);
    CHECK(status == STATUS_OK);
    return backend;
}

uint16_t backend_port(const struct backend *backend) {
    return backend->port;
}

unsigned backend_accepted(struct backend *backend) {
    return atomic_load(&backend->accepted);
}

void backend_stop(struct backend *backend) {
    shutdown(backend->fd, SHUT_RDWR);
    thread_join(&backend->thread);
    close(backend->fd);
    unsigned count = atomic_load(&backend->accepted);
    for (unsigned i = 0; i < count; i++) {
        shutdown(backend->served[i].fd, SHUT_RDWR);
        thread_join(&backend->served[i].thread);
        close(backend->served[i].fd);
    }
    free(backend);
}

static size_t body_length(const char *head) {
    const char *at = strcasestr(head, "\r\ncontent-length:");
    return at ? strtoul(at + 17, NULL, 10) : 0;
}

bool backend_read(int fd, char *out, size_t size) {
    size_t len = 0;
    size_t wanted = 0;
    // One byte at a time: what is behind belongs to the next request.
    while (wanted == 0 || len < wanted) {
        CHECK(len + 1 < size);
        ssize_t n = recv(fd, out + len, wanted > 0 ? wanted - len : 1, 0);
        if (n <= 0) {
            return false;
        }
        len += (size_t)n;
        out[len] = '\0';
        if (wanted == 0 && len >= 4 && memcmp(out + len - 4, "\r\n\r\n", 4) == 0) {
            wanted = len + body_length(out);
        }
    }
    return true;
}

void backend_write(int fd, const char *text) {
    size_t len = strlen(text);
    while (len > 0) {
        ssize_t n = send(fd, text, len, MSG_NOSIGNAL);
        if (n <= 0) {
            return;
        }
        text += n;
        len -= (size_t)n;
    }
}

uint16_t backend_unused_port(void) {
    uint16_t port;
    close(listen_anywhere(&port));
    return port;
}
