// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Sockets and threads of the fake Cassandra.
#include "fake.h"

#include <arpa/inet.h>
#include <errno.h>
#include <lz4.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "fake_private.h"

#define BODY_MAX ((size_t)32 * 1024 * 1024)
#define PATIENCE_US (INT64_C(20) * 1000000)

void fake_lock(struct fake *fake) {
    thread_must(pthread_mutex_lock(&fake->mutex));
}

void fake_unlock(struct fake *fake) {
    thread_must(pthread_cond_broadcast(&fake->changed));
    thread_must(pthread_mutex_unlock(&fake->mutex));
}

void fake_use(struct fake *fake, fake_script *script, void *context) {
    fake_lock(fake);
    fake->script = script;
    fake->context = context;
    fake_unlock(fake);
}

void fake_set_replication(struct fake *fake, unsigned replicas) {
    fake_lock(fake);
    fake->replication = replicas;
    fake_unlock(fake);
}

// --- Frames --------------------------------------------------------------------------------------------------------
static bool read_all(int fd, char *to, size_t len) {
    while (len > 0) {
        ssize_t n = recv(fd, to, len, 0);
        if (n <= 0 && errno != EINTR) {
            return false;
        }
        to += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

void fake_send(const struct fake_connection *connection, int16_t stream, uint8_t opcode,
               struct str body) {
    struct buffer out;
    buffer_init(&out, BODY_MAX);
    size_t start = cql_frame_begin(&out, CQL_OP_STARTUP, stream);
    buffer_append_str(&out, body);
    enum status status = cql_frame_end(&out, start, connection->lz4);
    CHECK(status == STATUS_OK);
    out.data[0] = (char)0x84; // from the server
    out.data[4] = (char)opcode;
    // The client may be gone, which is not the fake's business.
    for (size_t at = 0; at < out.len;) {
        ssize_t n = send(connection->fd, out.data + at, out.len - at, MSG_NOSIGNAL);
        if (n <= 0) {
            break;
        }
        at += (size_t)n;
    }
    buffer_free(&out);
}

static char *inflate(char *data, size_t *len) {
    struct str in = str_make(data, *len);
    uint32_t size = 0;
    bool ok = bytes_get_be32(&in, &size) && size <= BODY_MAX;
    CHECK(ok);
    char *plain = malloc(size + 1);
    int n = LZ4_decompress_safe(in.data, plain, (int)in.len, (int)size);
    CHECK(n >= 0);
    plain[n] = 0;
    free(data);
    *len = size;
    return plain;
}

static void handle(const struct fake_request *request) {
    struct fake *fake = request->host->fake;
    fake_lock(fake);
    request->host->requests[request->opcode & 31]++;
    fake_script *script = fake->script;
    void *context = fake->context;
    bool held =
        fake->holding && (request->opcode == CQL_OP_EXECUTE || request->opcode == CQL_OP_BATCH);
    if (held) {
        CHECK(fake->held_count < FAKE_HELD_MAX);
        fake->held[fake->held_count++] = *request;
    }
    fake_unlock(fake);
    if (held) {
        return;
    }
    if (!script || !script(request, context)) {
        fake_answer(request);
    }
    fake_lock(fake); // a script may have changed something that is waited for
    fake_unlock(fake);
}

static bool serve_one(struct fake_connection *connection) {
    unsigned char head[9];
    if (!read_all(connection->fd, (char *)head, sizeof head)) {
        return false;
    }
    size_t len = (size_t)head[5] << 24 | (size_t)head[6] << 16 | (size_t)head[7] << 8 | head[8];
    char *body = malloc(len + 1);
    bool whole = len < BODY_MAX && read_all(connection->fd, body, len);
    body[whole ? len : 0] = 0; // strndup looks for it
    if (whole) {
        bool compressed = head[1] & CQL_FRAME_COMPRESSED;
        if (compressed) {
            body = inflate(body, &len);
        }
        struct fake_request request = {
            .host = connection->host,
            .connection = connection,
            .opcode = head[4],
            .stream = (int16_t)(head[2] << 8 | head[3]),
            .body = str_make(body, len),
            .compressed = compressed,
        };
        handle(&request);
    }
    free(body);
    return whole;
}

static void *serve(void *given) {
    struct fake_connection *connection = given;
    struct fake *fake = connection->host->fake;
    while (serve_one(connection)) {
    }
    fake_lock(fake);
    connection->open = false;
    connection->registered = false;
    close(connection->fd);
    fake_unlock(fake);
    return NULL;
}

// --- Hosts ---------------------------------------------------------------------------------------------------------
void fake_address(const struct fake_host *host, uint8_t address[4]) {
    char text[32];
    snprintf(text, sizeof text, "%s.%u", host->fake->net, host->number);
    int ok = inet_pton(AF_INET, text, address);
    CHECK(ok == 1);
}

static void begin_connection(struct fake_host *host, int fd) {
    struct fake_connection *free_one = NULL;
    for (unsigned i = 0; i < FAKE_CONNECTIONS_MAX && !free_one; i++) {
        if (!host->connections[i].open) {
            free_one = &host->connections[i];
        }
    }
    CHECK(free_one);
    if (free_one->used) {
        thread_must(pthread_join(free_one->thread, NULL));
    }
    *free_one = (struct fake_connection){.host = host, .fd = fd, .used = true, .open = true};
    host->accepted++;
    thread_must(pthread_create(&free_one->thread, NULL, serve, free_one));
}

static void *accept_all(void *given) {
    struct fake_host *host = given;
    fake_lock(host->fake);
    int listener = host->listener;
    fake_unlock(host->fake);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0) {
            return NULL; // shut down
        }
        int one = 1;
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        fake_lock(host->fake);
        if (host->listener == listener) {
            begin_connection(host, fd);
        } else {
            close(fd);
        }
        fake_unlock(host->fake);
    }
}

static bool listen_at(struct fake_host *host) {
    struct fake *fake = host->fake;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(fake->port)};
    uint8_t bytes[4];
    fake_address(host, bytes);
    memcpy(&address.sin_addr, bytes, sizeof bytes);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int one = 1;
    socklen_t len = sizeof address;
    CHECK(fd >= 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 64) != 0) {
        close(fd);
        return false;
    }
    int failed = getsockname(fd, (struct sockaddr *)&address, &len);
    CHECK(failed == 0);
    if (fake->port == 0) { // it stays, so that whoever reads it need not wait
        fake->port = ntohs(address.sin_port);
    }
    host->listener = fd;
    thread_must(pthread_create(&host->acceptor, NULL, accept_all, host));
    return true;
}

static void cut_locked(struct fake_host *host) {
    for (unsigned i = 0; i < FAKE_CONNECTIONS_MAX; i++) {
        if (host->connections[i].open) {
            (void)shutdown(host->connections[i].fd, SHUT_RDWR);
        }
    }
}

void fake_cut(struct fake_host *host) {
    fake_lock(host->fake);
    cut_locked(host);
    fake_unlock(host->fake);
}

void fake_down(struct fake_host *host) {
    fake_lock(host->fake);
    int listener = host->listener;
    host->listener = -1;
    cut_locked(host);
    fake_unlock(host->fake);
    if (listener >= 0) {
        (void)shutdown(listener, SHUT_RDWR);
        thread_must(pthread_join(host->acceptor, NULL));
        close(listener);
    }
}

void fake_up(struct fake_host *host) {
    fake_lock(host->fake);
    bool listens = listen_at(host);
    fake_unlock(host->fake);
    CHECK(listens);
}

static const char *token_of(unsigned number, unsigned count) {
    static const char *const TOKENS[] = {"-9000000000000000000", "-4500000000000000000", "0",
                                         "4500000000000000000"};
    CHECK(count <= sizeof TOKENS / sizeof TOKENS[0]);
    return TOKENS[number - 1];
}

struct fake *fake_start(unsigned count) {
    struct fake *fake = calloc(1, sizeof *fake);
    // Each test process has a network of its own.
    snprintf(fake->net, sizeof fake->net, "127.%u.%u", 100 + (unsigned)getpid() / 250 % 100,
             (unsigned)getpid() % 250);
    thread_must(pthread_mutex_init(&fake->mutex, NULL));
    thread_cond_init(&fake->changed);
    fake->host_count = count;
    fake->replication = 1;
    for (unsigned i = 0; i < FAKE_HOSTS_MAX; i++) {
        fake->hosts[i] =
            (struct fake_host){.fake = fake, .number = i + 1, .data_centre = "dc1", .listener = -1};
    }
    for (unsigned i = 0; i < count; i++) {
        fake->hosts[i].member = true;
        fake->hosts[i].token = token_of(i + 1, count);
        fake_up(&fake->hosts[i]);
    }
    return fake;
}

void fake_stop(struct fake *fake) {
    for (unsigned i = 0; i < FAKE_HOSTS_MAX; i++) {
        struct fake_host *host = &fake->hosts[i];
        fake_down(host);
        for (unsigned c = 0; c < FAKE_CONNECTIONS_MAX; c++) {
            if (host->connections[c].used) {
                thread_must(pthread_join(host->connections[c].thread, NULL));
            }
        }
        fake_forget_statements(host, 0);
    }
    thread_must(pthread_mutex_destroy(&fake->mutex));
    thread_must(pthread_cond_destroy(&fake->changed));
    free(fake);
}

// --- Holding -------------------------------------------------------------------------------------------------------
void fake_hold(struct fake *fake, bool on) {
    fake_lock(fake);
    fake->holding = on;
    fake_unlock(fake);
}

struct wanted {
    struct fake *fake;
    unsigned count;
};

static bool are_held(void *context) {
    const struct wanted *wanted = context;
    return wanted->fake->held_count >= wanted->count;
}

void fake_wait_held(struct fake *fake, unsigned count) {
    struct wanted wanted = {fake, count};
    fake_wait(fake, are_held, &wanted);
}

void fake_release_all(struct fake *fake) {
    fake_lock(fake);
    for (unsigned i = 0; i < fake->held_count; i++) {
        fake_reply_void(&fake->held[i]);
    }
    fake->held_count = 0;
    fake_unlock(fake);
}

// --- For tests -----------------------------------------------------------------------------------------------------
struct cql_config fake_config(struct fake *fake) {
    static char contact[32]; // one fake at a time
    snprintf(contact, sizeof contact, "%s.1:%u", fake->net, fake->port);
    log_configure(getenv("VERBOSE") ? LOG_LEVEL_DEBUG : LOG_LEVEL_OFF, LOG_FORMAT_TEXT, 2);
    return (struct cql_config){
        .contact_points = str_from_c(contact),
        .port = fake->port,
        .connect_timeout_ms = 10000,
        .request_timeout_ms = 20000,
        .reconnect_base_ms = 5,
        .reconnect_max_ms = 50,
    };
}

struct cql_session *fake_open(const struct cql_config *config) {
    struct cql_session *session = NULL;
    struct error err = {0};
    if (cql_session_open(config, &session, &err) != STATUS_OK) {
        fail_msg("no session: %s", err.text);
    }
    return session;
}

void fake_wait(struct fake *fake, bool (*condition)(void *context), void *context) {
    struct clock *clock = clock_system();
    int64_t until = clock->mono_us(clock) + PATIENCE_US;
    bool holds = false;
    fake_lock(fake);
    while (!(holds = condition(context)) && clock->mono_us(clock) < until) {
        (void)thread_cond_wait_us(&fake->changed, &fake->mutex, until - clock->mono_us(clock));
    }
    thread_must(pthread_mutex_unlock(&fake->mutex));
    if (!holds) {
        fail_msg("what was waited for did not happen");
    }
}

void fake_wait_stats(struct cql_session *session,
                     bool (*condition)(const struct cql_stats *stats)) {
    struct clock *clock = clock_system();
    int64_t until = clock->mono_us(clock) + PATIENCE_US;
    struct cql_stats stats;
    do {
        cql_session_stats(session, &stats);
        if (condition(&stats)) {
            return;
        }
        struct timespec pause = {.tv_nsec = 1000000};
        nanosleep(&pause, NULL);
    } while (clock->mono_us(clock) < until);
    fail_msg("the session's statistics did not become what was waited for");
}

unsigned fake_requests(struct fake_host *host, enum cql_opcode opcode) {
    fake_lock(host->fake);
    unsigned count = host->requests[opcode & 31];
    fake_unlock(host->fake);
    return count;
}

unsigned fake_accepted(struct fake_host *host) {
    fake_lock(host->fake);
    unsigned count = host->accepted;
    fake_unlock(host->fake);
    return count;
}

unsigned fake_open_connections(struct fake_host *host) {
    unsigned count = 0;
    fake_lock(host->fake);
    for (unsigned i = 0; i < FAKE_CONNECTIONS_MAX; i++) {
        count += host->connections[i].open ? 1 : 0;
    }
    fake_unlock(host->fake);
    return count;
}
