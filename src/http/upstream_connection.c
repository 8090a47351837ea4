// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A connection to an upstream: connect, write what is queued, read, time out, break.
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/check.h"
#include "http/upstream_private.h"

#define SEGMENTS 60
#define KEEP_INPUT ((size_t)16 * 1024)
#define HEAD_ROOM ((size_t)256 * 1024) // with one read behind it

static void on_poll(uv_poll_t *handle, int status, int events);

// --- Lists -----------------------------------------------------------------------------------------------------------
static struct http_upstream_connection **list_of(const struct http_upstream_connection *c) {
    return c->is_full ? &c->address->full : &c->address->free;
}

static void link_first(struct http_upstream_connection *connection) {
    struct http_upstream_connection **list = list_of(connection);
    connection->previous = NULL;
    connection->next = *list;
    if (connection->next) {
        connection->next->previous = connection;
    }
    *list = connection;
}

static void unlink_connection(struct http_upstream_connection *connection) {
    if (connection->previous) {
        connection->previous->next = connection->next;
    } else {
        *list_of(connection) = connection->next;
    }
    if (connection->next) {
        connection->next->previous = connection->previous;
    }
}

void http_upstream_relist(struct http_upstream_connection *connection) {
    bool full = connection->count >= connection->home->upstream->config.pipeline ||
                (connection->first && http_forward_is_alone(connection->first));
    if (full != connection->is_full) {
        unlink_connection(connection);
        connection->is_full = full;
        link_first(connection);
    }
}

static void set_events(struct http_upstream_connection *connection, int events) {
    if (events == connection->events || connection->closed) {
        return;
    }
    connection->events = events;
    if (uv_poll_start(&connection->poll, events, on_poll) != 0) {
        connection->events = 0; // noticed by the time-outs
    }
}

static int wanted_events(const struct http_upstream_connection *connection) {
    bool writes = (connection->connecting && !connection->shaking_hands) ||
                  connection->write_blocked || http_transport_unsent(&connection->transport);
    return (writes ? UV_WRITABLE : 0) | (connection->paused ? 0 : UV_READABLE);
}

void http_upstream_watch(struct http_upstream_connection *connection) {
    set_events(connection, wanted_events(connection));
}

// --- Connecting ------------------------------------------------------------------------------------------------------
int http_upstream_open_socket(const struct sockaddr_storage *address, socklen_t length) {
    const int on = 1;
    int fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (const struct sockaddr *)address, length) != 0 && errno != EINPROGRESS) {
        int code = errno;
        close(fd);
        errno = code;
        return -1;
    }
    return fd;
}

static struct http_upstream_connection *make(struct http_upstream_loop *home,
                                             struct http_upstream_address *address) {
    struct sockaddr_storage to;
    socklen_t length = 0;
    if (!http_upstream_enter(home->upstream, address->peer, &to, &length)) {
        return NULL;
    }
    struct http_upstream_connection *connection = calloc(1, sizeof *connection);
    int fd = connection ? http_upstream_open_socket(&to, length) : -1;
    if (fd < 0 || uv_poll_init(&home->loop->uv, &connection->poll, fd) != 0) {
        if (fd >= 0) {
            close(fd);
        }
        http_upstream_leave(address->peer);
        free(connection);
        return NULL;
    }
    connection->poll.data = connection;
    connection->home = home;
    connection->address = address;
    http_transport_open(&connection->transport, fd);
    connection->connecting = true;
    connection->mark_us = home->loop->now_us;
    buffer_init(&connection->in, HTTP_UPSTREAM_WHOLE + HEAD_ROOM);
    return connection;
}

struct http_upstream_connection *http_upstream_connect(struct http_upstream_loop *home,
                                                       struct http_upstream_address *address,
                                                       bool alone, bool *failed) {
    *failed = false;
    struct http_upstream_connection *found = address->free;
    while (found && alone && found->count > 0) {
        found = found->next;
    }
    if (found || address->connections >= home->upstream->config.connections) {
        return found;
    }
    if (!http_upstream_may_connect(home->upstream)) {
        return NULL;
    }
    struct http_upstream_connection *connection = make(home, address);
    if (!connection) {
        http_upstream_disconnected(home->upstream);
        *failed = true;
        return NULL;
    }
    metrics_add(home->upstream->connects, 1);
    address->connections++;
    link_first(connection);
    set_events(connection, wanted_events(connection));
    return connection;
}

// --- Writing ---------------------------------------------------------------------------------------------------------
void http_upstream_put(struct http_upstream_connection *connection, struct http_forward *forward) {
    struct http_upstream_loop *home = connection->home;
    forward->next = NULL;
    forward->connection = connection;
    if (connection->last) {
        connection->last->next = forward;
    } else {
        connection->first = forward;
    }
    connection->last = forward;
    connection->unsent = connection->unsent ? connection->unsent : forward;
    connection->count++;
    http_upstream_began(connection->address);
    http_upstream_relist(connection);
    if (!connection->dirty && !connection->connecting && !connection->write_blocked) {
        connection->dirty = true;
        connection->next_dirty = home->dirty;
        home->dirty = connection;
    }
}

static int add_rest(struct iovec *segments, int count, struct str part, size_t *skip) {
    if (*skip >= part.len) {
        *skip -= part.len;
        return count;
    }
    segments[count].iov_base = (void *)(uintptr_t)(part.data + *skip);
    segments[count].iov_len = part.len - *skip;
    *skip = 0;
    return count + 1;
}

static int gather(const struct http_upstream_connection *connection, struct iovec *segments) {
    int count = 0;
    for (const struct http_forward *forward = connection->unsent; forward && count + 4 <= SEGMENTS;
         forward = forward->next) {
        size_t skip = forward->sent;
        count = add_rest(segments, count, forward->line, &skip);
        count = add_rest(segments, count, forward->head, &skip);
        count = add_rest(segments, count, forward->body, &skip);
        skip = 0;
        count = add_rest(segments, count, buffer_str(&forward->pending), &skip);
    }
    return count;
}

static void advance(struct http_upstream_connection *connection, size_t written) {
    while (connection->unsent && written > 0) {
        struct http_forward *forward = connection->unsent;
        size_t left = forward->size - forward->sent;
        size_t n = written < left ? written : left;
        forward->sent += n;
        written -= n;
        if (forward->sent < forward->size) {
            break;
        }
        if (forward->streams) {
            left = forward->pending.len;
            n = written < left ? written : left;
            written -= n;
            http_upstream_body_sent(forward, n);
            connection->mark_us = connection->home->loop->now_us;
        }
        if (http_upstream_body_left(forward)) {
            connection->unsent = forward->pending.len > 0 ? forward : NULL;
            break;
        }
        forward->waiting_us = connection->home->loop->now_us;
        connection->unsent = forward->next;
    }
    CHECK(written == 0);
}

void http_upstream_flush(struct http_upstream_connection *connection) {
    struct iovec segments[SEGMENTS];
    while (!connection->closed && !connection->connecting && connection->unsent) {
        int count = gather(connection, segments);
        ssize_t n = http_transport_write(&connection->transport, segments, count);
        if (n >= 0) {
            advance(connection, (size_t)n);
            connection->write_blocked = false;
        } else if (errno == EAGAIN) {
            connection->write_blocked = true;
            break;
        } else if (errno != EINTR) {
            // What the peer said before it went may still be there to be read, and ends it then.
            connection->write_blocked = false;
            connection->write_broken = true;
            connection->unsent = NULL;
            (void)http_transport_end(&connection->transport);
            break;
        }
    }
    if (!connection->closed && http_transport_flush(&connection->transport) != 0 &&
        errno != EAGAIN && errno != EINTR) {
        (void)http_transport_end(&connection->transport); // noticed by reading
    }
    set_events(connection, wanted_events(connection));
}

// --- Closing ---------------------------------------------------------------------------------------------------------
static void on_closed(uv_handle_t *handle) {
    free(handle->data);
}

static void drop_dirty(struct http_upstream_connection *connection) {
    struct http_upstream_connection **link = &connection->home->dirty;
    while (*link && *link != connection) {
        link = &(*link)->next_dirty;
    }
    if (*link) {
        *link = connection->next_dirty;
    }
}

static void close_connection(struct http_upstream_connection *connection) {
    connection->closed = true;
    unlink_connection(connection);
    if (connection->dirty) {
        drop_dirty(connection);
    }
    connection->address->connections--;
    http_upstream_left(connection->address, connection->count);
    http_upstream_leave(connection->address->peer);
    http_upstream_disconnected(connection->home->upstream);
    buffer_free(&connection->in);
    uv_close((uv_handle_t *)&connection->poll, on_closed);
    int fd = connection->transport.fd;
    http_transport_close(&connection->transport);
    close(fd);
}

void http_upstream_break(struct http_upstream_connection *connection, bool rest_untouched,
                         unsigned status, const char *detail) {
    struct http_upstream_loop *home = connection->home;
    struct http_forward *forward = connection->first;
    bool replied = connection->in.len > 0;
    int index = (int)(connection->address - home->addresses);
    close_connection(connection);
    for (bool is_first = true; forward; is_first = false) {
        struct http_forward *next = forward->next;
        forward->avoid = index;
        forward->connection = NULL;
        // Who took too long once would take as long again, and the work may be under way.
        if (is_first && (replied || status == 504)) {
            http_upstream_fail(forward, status, detail);
        } else {
            http_upstream_again(forward, rest_untouched, status, detail);
        }
        forward = next;
    }
    http_upstream_take_waiting(home);
}

// --- Events ----------------------------------------------------------------------------------------------------------
static void unreachable(struct http_upstream_connection *connection, const char *detail) {
    http_upstream_failed(connection->home, connection->address, true);
    http_upstream_break(connection, false, 503, detail);
}

static void shake_hands(struct http_upstream_connection *connection) {
    enum status status = http_upstream_handshake(connection->address->peer, &connection->transport);
    if (status == STATUS_END) {
        set_events(connection, wanted_events(connection));
    } else if (status != STATUS_OK) {
        unreachable(connection, "there is no TLS connection to it");
    } else {
        connection->connecting = false;
        connection->mark_us = connection->home->loop->now_us;
        http_upstream_flush(connection);
    }
}

static void connected(struct http_upstream_connection *connection) {
    int code = 0;
    socklen_t length = sizeof code;
    int fd = connection->transport.fd;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &length) != 0 || code != 0) {
        unreachable(connection, "nobody answers there");
    } else if (http_upstream_secure(connection->address->target, &connection->transport) !=
               STATUS_OK) {
        unreachable(connection, "there is no memory for TLS");
    } else {
        connection->shaking_hands = true;
        shake_hands(connection);
    }
}

static void read_once(struct http_upstream_connection *connection) {
    struct http_upstream_loop *home = connection->home;
    struct buffer *in = &connection->in;
    char *to = home->scratch;
    if (in->len > 0) {
        if (buffer_reserve(in, HTTP_UPSTREAM_READ) != STATUS_OK) {
            http_upstream_break(connection, false, 502, "its reply is too large");
            return;
        }
        to = in->data + in->len;
    }
    ssize_t n = http_transport_read(&connection->transport, to, HTTP_UPSTREAM_READ);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n < 0) {
        if (connection->first) { // else it was a farewell
            http_upstream_failed(home, connection->address, false);
        }
        http_upstream_break(connection, false, 502, "the connection was reset");
        return;
    }
    connection->mark_us = home->loop->now_us;
    size_t before = in->len;
    char *data = before > 0 ? in->data : home->scratch;
    if (before > 0) {
        in->len += (size_t)n;
    }
    if (http_upstream_take(connection, data, before + (size_t)n, n == 0) && in->len == 0 &&
        in->capacity > KEEP_INPUT) {
        buffer_free(in);
    }
}

static void read_more(struct http_upstream_connection *connection) {
    do {
        read_once(connection);
    } while (!connection->closed && http_transport_pending(&connection->transport));
}

static void on_poll(uv_poll_t *handle, int status, int events) {
    struct http_upstream_connection *connection = handle->data;
    http_loop_update_time(connection->home->loop);
    if (connection->connecting) {
        if (connection->shaking_hands) {
            shake_hands(connection);
        } else {
            connected(connection);
        }
        return;
    }
    if (status < 0) {
        http_upstream_break(connection, false, 502, "the connection failed");
        return;
    }
    if (events & UV_WRITABLE) {
        http_upstream_flush(connection);
    }
    if ((events & UV_READABLE) && !connection->closed && !connection->paused) {
        read_more(connection);
    }
}

// --- Time-outs -------------------------------------------------------------------------------------------------------
// It has begun to be passed on: what counts is the time without a byte, unless the client does not take them.
static void sweep_reply(struct http_upstream_connection *connection, int64_t now_us) {
    const struct http_upstream_config *config = &connection->home->upstream->config;
    bool tunnel = connection->first->tunnel;
    int64_t most = tunnel ? config->tunnel_timeout_ms : config->stall_timeout_ms;
    if (!connection->paused && now_us - connection->mark_us > most * 1000) {
        if (!tunnel) {
            http_upstream_failed(connection->home, connection->address, false);
        }
        http_upstream_break(connection, false, 504, "its reply stopped half way");
    }
}

static void sweep_one(struct http_upstream_connection *connection, int64_t now_us) {
    const struct http_upstream_config *config = &connection->home->upstream->config;
    const struct http_forward *first = connection->first;
    if (connection->connecting) {
        if (now_us - connection->mark_us > config->connect_timeout_ms * 1000) {
            unreachable(connection, "it takes no connection");
        }
    } else if (!first) {
        bool gone = atomic_load(&connection->address->peer->presence) != HTTP_UPSTREAM_PRESENT ||
                    atomic_load(&connection->home->upstream->retired);
        if (gone || now_us - connection->mark_us > config->idle_timeout_ms * 1000) {
            http_upstream_break(connection, false, 502, "idle");
        }
    } else if (first->replying) {
        sweep_reply(connection, now_us);
    } else if (first->streams && first->taken && first->pending.len > 0 &&
               now_us - connection->mark_us > config->reply_timeout_ms * 1000) {
        http_upstream_failed(connection->home, connection->address, false);
        http_upstream_break(connection, false, 504, "it does not take the request");
    } else if (first->streams && !first->body_done) {
        return; // the client's time counts
    } else if (first->waiting_us > 0 && connection->in.len == 0 &&
               now_us - first->waiting_us > first->reply_timeout_us) {
        http_upstream_failed(connection->home, connection->address, false);
        http_upstream_break(connection, false, 504, "its reply did not come in time");
    } else if (now_us - first->began_us > first->total_timeout_us) {
        http_upstream_break(connection, false, 504, "its reply was not whole in time");
    }
}

void http_upstream_sweep(struct http_upstream_loop *home, struct http_upstream_connection *list) {
    int64_t now_us = home->loop->now_us;
    struct http_upstream_connection *next;
    for (struct http_upstream_connection *connection = list; connection; connection = next) {
        next = connection->next;
        sweep_one(connection, now_us);
    }
}
