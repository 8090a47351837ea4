// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Asks the addresses of an upstream, all at the same time and from one thread, whether they are well; loops only read the answer.
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "http/tls.h"
#include "http/upstream_private.h"

#define STATUS_LINE 12 // "HTTP/1.1 200"

enum step { STEP_CONNECT, STEP_HANDSHAKE, STEP_WRITE, STEP_READ, STEP_DONE };

struct probe {
    struct http_upstream_peer *peer;
    struct http_transport transport;
    int fd;
    enum step step;
    size_t sent;
    size_t len;
    char reply[STATUS_LINE];
    bool well;
};

struct http_upstream_health_checks {
    struct http_upstream *upstream;
    struct thread thread;
    int wake; // becomes readable at the end
    atomic_bool ending;
    struct pollfd *polled;
    struct probe probes[];
};

static int64_t now_us(void) {
    return clock_system()->mono_us(clock_system());
}

// --- One probe -------------------------------------------------------------------------------------------------------
static void begin(struct http_upstream *upstream, struct probe *probe,
                  struct http_upstream_peer *peer) {
    struct sockaddr_storage address;
    socklen_t length = 0;
    *probe = (struct probe){.peer = NULL, .fd = -1, .step = STEP_DONE};
    if (!http_upstream_enter(upstream, peer, &address, &length)) {
        return; // there is nobody to ask
    }
    probe->peer = peer;
    probe->fd = http_upstream_open_socket(&address, length);
    if (probe->fd >= 0) {
        http_transport_open(&probe->transport, probe->fd);
        probe->step = STEP_CONNECT;
    }
}

static enum step connected(struct probe *probe) {
    int code = 0;
    socklen_t length = sizeof code;
    bool failed = getsockopt(probe->fd, SOL_SOCKET, SO_ERROR, &code, &length) != 0 || code != 0 ||
                  http_upstream_secure(probe->peer->target, &probe->transport) != STATUS_OK;
    return failed ? STEP_DONE : STEP_HANDSHAKE;
}

static enum step shake_hands(struct probe *probe) {
    enum status status = http_upstream_handshake(probe->peer, &probe->transport);
    if (status == STATUS_END) {
        return STEP_HANDSHAKE;
    }
    return status == STATUS_OK ? STEP_WRITE : STEP_DONE;
}

static enum step write_request(const struct http_upstream *upstream, struct probe *probe) {
    char request[1024];
    int len = snprintf(request, sizeof request,
                       "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: footfall-health\r\n"
                       "Connection: close\r\n\r\n",
                       upstream->config.health.path, probe->peer->target->authority);
    struct iovec rest = {request + probe->sent, (size_t)len - probe->sent};
    ssize_t n = http_transport_write(&probe->transport, &rest, 1);
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        return STEP_DONE;
    }
    probe->sent += n > 0 ? (size_t)n : 0;
    bool all = probe->sent == (size_t)len && !http_transport_unsent(&probe->transport);
    return all ? STEP_READ : STEP_WRITE;
}

// The status is all that counts.
static enum step read_reply(struct probe *probe) {
    ssize_t n = http_transport_read(&probe->transport, probe->reply + probe->len,
                                    sizeof probe->reply - probe->len);
    if (n <= 0) {
        return n < 0 && (errno == EAGAIN || errno == EINTR) ? STEP_READ : STEP_DONE;
    }
    probe->len += (size_t)n;
    if (probe->len < sizeof probe->reply) {
        return http_transport_pending(&probe->transport) ? read_reply(probe) : STEP_READ;
    }
    const char *reply = probe->reply;
    probe->well =
        memcmp(reply, "HTTP/1.", 7) == 0 && reply[8] == ' ' && (reply[9] == '2' || reply[9] == '3');
    return STEP_DONE;
}

static void advance(const struct http_upstream *upstream, struct probe *probe) {
    enum step before;
    do {
        before = probe->step;
        switch (before) {
        case STEP_CONNECT: probe->step = connected(probe); break;
        case STEP_HANDSHAKE: probe->step = shake_hands(probe); break;
        case STEP_WRITE: probe->step = write_request(upstream, probe); break;
        case STEP_READ: probe->step = read_reply(probe); break;
        case STEP_DONE: break;
        }
    } while (probe->step != before);
}

static short wanted(const struct probe *probe) {
    switch (probe->step) {
    case STEP_CONNECT:
    case STEP_WRITE: return POLLOUT;
    case STEP_HANDSHAKE:
        return http_transport_unsent(&probe->transport) ? POLLIN | POLLOUT : POLLIN;
    case STEP_READ:
    case STEP_DONE: break;
    }
    return POLLIN;
}

// --- What follows from it ----------------------------------------------------------------------------------------------
static void judge(struct http_upstream *upstream, struct http_upstream_peer *peer, bool well) {
    const struct http_upstream_health *policy = &upstream->config.health;
    bool was_well = !atomic_load(&peer->unhealthy);
    // In a row, of those that say something else than is believed.
    unsigned against = well == was_well ? 0 : atomic_load(&peer->against) + 1;
    bool turns = against >= (was_well ? policy->unhealthy_after : policy->healthy_after);
    atomic_store(&peer->against, turns ? 0 : against);
    if (turns) {
        atomic_store(&peer->unhealthy, was_well);
        atomic_fetch_add(&upstream->version, 1);
    }
    atomic_fetch_add(&peer->checks, 1);
    if (!turns) {
        return;
    }
    LOG_AT(was_well ? LOG_LEVEL_WARN : LOG_LEVEL_INFO, "http",
           was_well
               ? "an address does not answer that it is well, and gets nothing as long as others do"
               : "an address answers again that it is well",
           LOG_CSTR("upstream", upstream->config.name), LOG_CSTR("url", peer->target->authority),
           LOG_CSTR("address", peer->text));
}

static void end(struct http_upstream_health_checks *checks, struct probe *probe) {
    if (!probe->peer) {
        return;
    }
    if (probe->fd >= 0) {
        http_transport_close(&probe->transport);
        close(probe->fd);
    }
    // Not of a round that was broken off.
    if (!atomic_load(&checks->ending)) {
        judge(checks->upstream, probe->peer, probe->well);
    }
    http_upstream_leave(probe->peer);
}

// --- The thread ------------------------------------------------------------------------------------------------------
// Until something can be done or the time is up; false: the latter, or the end.
static bool wait_for_any(struct http_upstream_health_checks *checks, int64_t until_us) {
    size_t count = 0;
    checks->polled[count++] = (struct pollfd){.fd = checks->wake, .events = POLLIN};
    for (size_t i = 0; i < checks->upstream->peer_count; i++) {
        const struct probe *probe = &checks->probes[i];
        if (probe->step != STEP_DONE) {
            checks->polled[count++] = (struct pollfd){.fd = probe->fd, .events = wanted(probe)};
        }
    }
    int64_t left_us = until_us - now_us();
    if (left_us <= 0 || atomic_load(&checks->ending)) {
        return false;
    }
    int code = poll(checks->polled, count, (int)((left_us + 999) / 1000));
    return code > 0 || (code < 0 && errno == EINTR);
}

static bool is_ready(const struct http_upstream_health_checks *checks, const struct probe *probe) {
    size_t count = 1;
    for (const struct probe *other = checks->probes; other < probe; other++) {
        count += other->step != STEP_DONE;
    }
    return checks->polled[count].fd == probe->fd && checks->polled[count].revents != 0;
}

static void check_all(struct http_upstream_health_checks *checks) {
    struct http_upstream *upstream = checks->upstream;
    int64_t until_us = now_us() + upstream->config.health.timeout_ms * 1000;
    unsigned left = 0;
    for (size_t i = 0; i < upstream->peer_count; i++) {
        begin(upstream, &checks->probes[i], &upstream->peers[i]);
        left += checks->probes[i].step != STEP_DONE;
    }
    while (left > 0 && wait_for_any(checks, until_us)) {
        // From the last: the places of those before it in the list that was polled stay as they are.
        for (size_t i = upstream->peer_count; i-- > 0;) {
            struct probe *probe = &checks->probes[i];
            if (probe->step != STEP_DONE && is_ready(checks, probe)) {
                advance(upstream, probe);
                left -= probe->step == STEP_DONE;
            }
        }
    }
    for (size_t i = 0; i < upstream->peer_count; i++) {
        end(checks, &checks->probes[i]);
        checks->probes[i].step = STEP_DONE;
    }
}

static void *run(void *context) {
    struct http_upstream_health_checks *checks = context;
    while (!atomic_load(&checks->ending)) {
        int64_t next_us = now_us() + checks->upstream->config.health.interval_ms * 1000;
        check_all(checks);
        while (wait_for_any(checks, next_us)) {
        }
    }
    return NULL;
}

static void checks_free(struct http_upstream_health_checks *checks) {
    if (checks->wake >= 0) {
        close(checks->wake);
    }
    free(checks->polled);
    free(checks);
}

enum status http_upstream_start_checks(struct http_upstream *upstream, struct error *err) {
    if (!upstream->config.health.path) {
        return STATUS_OK;
    }
    struct http_upstream_health_checks *checks =
        calloc(1, sizeof *checks + upstream->peer_count * sizeof checks->probes[0]);
    if (!checks) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for health checks");
    }
    checks->upstream = upstream;
    checks->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    checks->polled = calloc(upstream->peer_count + 1, sizeof *checks->polled);
    for (size_t i = 0; i < upstream->peer_count; i++) {
        checks->probes[i].step = STEP_DONE;
    }
    enum status status = checks->wake < 0 || !checks->polled ? STATUS_NO_MEMORY : STATUS_OK;
    if (status == STATUS_OK) {
        status = thread_start(&checks->thread, "health", run, checks);
    }
    if (status != STATUS_OK) {
        checks_free(checks);
        return error_set(err, status, "health checks cannot be started: %s", status_text(status));
    }
    upstream->checks = checks;
    return STATUS_OK;
}

void http_upstream_stop_checks(struct http_upstream *upstream) {
    struct http_upstream_health_checks *checks = upstream->checks;
    if (!checks) {
        return;
    }
    const uint64_t one = 1;
    atomic_store(&checks->ending, true);
    CHECK(write(checks->wake, &one, sizeof one) == (ssize_t)sizeof one);
    thread_join(&checks->thread);
    checks_free(checks);
    upstream->checks = NULL;
}
