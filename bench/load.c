// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A load generator for benchmarks: keep-alive connections on one epoll, one request at a time on each; prints one JSON
// object. It is kept cheap, as it shares the machine with what it measures.
//
//   load --port N [--connections 64] [--requests N | --seconds S] [--request FILE] [--path /v1/track]
//        [--header "Name: value"] [--body-bytes 308] [--batch 1] [--users 100000]
// FILE holds a whole request; wherever it has @@@@@@@@@@@@@@@@ (16) the hexadecimal number of the request is put, and for
// ################ the number of a user. Without FILE such a request is made.
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MARK 16
#define OFFSETS_MAX 20000
#define RECEIVE 65536
#define EVENTS 256
#define BUCKETS 4096 // of latency: 64 a power of two of nanoseconds

struct options {
    unsigned short port;
    unsigned connections;
    uint64_t requests;
    double seconds;
    const char *file;
    const char *path;
    const char *header;
    size_t body_bytes;
    unsigned batch;
    uint64_t users;
};

struct connection {
    int fd;
    bool busy;
    char *request;
    size_t sent;
    size_t received;
    size_t expected; // whole reply; 0: head not read
    int status;
    uint64_t started_ns;
    char reply[RECEIVE];
};

struct load {
    struct options options;
    char *request;
    size_t request_len;
    size_t number_at[OFFSETS_MAX];
    size_t numbers;
    size_t user_at[OFFSETS_MAX];
    size_t users;
    int poll;
    struct connection *connections;
    unsigned open;
    uint64_t next;
    uint64_t done;
    uint64_t errors;
    uint64_t statuses[1000];
    uint64_t latency[BUCKETS];
    uint64_t max_ns;
    uint64_t end_ns;
    uint64_t random;
};

static void fail(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void *must(void *memory) {
    if (!memory) {
        fail("memory");
    }
    return memory;
}

// --- The request -----------------------------------------------------------------------------------------------------
static size_t write_event(char *to, size_t room, size_t bytes) {
    int n = snprintf(to, room,
                     "{\"messageId\":\"m-@@@@@@@@@@@@@@@@\",\"type\":\"track\",\"userId\":\"u-################\","
                     "\"event\":\"Button Clicked\",\"properties\":{\"plan\":\"pro\",\"button\":\"signup\",\"pad\":\"");
    size_t len = (size_t)n;
    while (len + 3 < bytes) {
        to[len] = (char)('a' + len % 26);
        len++;
    }
    memcpy(to + len, "\"}}", 3);
    return len + 3;
}

static void make_request(struct load *load) {
    const struct options *options = &load->options;
    size_t room = (options->body_bytes + 400) * options->batch + 100;
    char *body = must(malloc(room));
    size_t len = 0;
    if (options->batch > 1) {
        len += (size_t)snprintf(body, room, "{\"batch\":[");
    }
    for (unsigned i = 0; i < options->batch; i++) {
        if (i > 0) {
            body[len++] = ',';
        }
        len += write_event(body + len, room - len, options->body_bytes);
    }
    if (options->batch > 1) {
        memcpy(body + len, "]}", 2);
        len += 2;
    }
    size_t whole = len + 1024 + strlen(options->path) + (options->header ? strlen(options->header) : 0);
    load->request = must(malloc(whole));
    int head = snprintf(load->request, whole,
                        "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nContent-Type: application/json\r\n"
                        "Content-Length: %zu\r\n%s%s\r\n",
                        options->path, options->port, len, options->header ? options->header : "",
                        options->header ? "\r\n" : "");
    memcpy(load->request + head, body, len);
    load->request_len = (size_t)head + len;
    free(body);
}

static void read_request(struct load *load) {
    FILE *file = fopen(load->options.file, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0) {
        fail(load->options.file);
    }
    long size = ftell(file);
    rewind(file);
    load->request = must(malloc(size > 0 ? (size_t)size : 1));
    load->request_len = fread(load->request, 1, size > 0 ? (size_t)size : 0, file);
    fclose(file);
}

static size_t find_marks(const struct load *load, const char *mark, size_t *offsets) {
    size_t count = 0;
    const char *at = load->request;
    const char *end = load->request + load->request_len;
    while (count < OFFSETS_MAX && (at = memmem(at, (size_t)(end - at), mark, MARK)) != NULL) {
        offsets[count++] = (size_t)(at - load->request);
        at += MARK;
    }
    return count;
}

static void put_hex(char *to, uint64_t number) {
    for (int i = MARK - 1; i >= 0; i--) {
        to[i] = "0123456789abcdef"[number & 15];
        number >>= 4;
    }
}

static uint64_t next_random(struct load *load) { // xorshift64*, Vigna 2016
    load->random ^= load->random >> 12;
    load->random ^= load->random << 25;
    load->random ^= load->random >> 27;
    return load->random * 2685821657736338717u;
}

// --- Connections -----------------------------------------------------------------------------------------------------
static void end_connection(struct load *load, struct connection *connection, bool error) {
    if (connection->fd >= 0) {
        close(connection->fd);
        connection->fd = -1;
        load->open--;
    }
    if (error) {
        load->errors++;
    }
}

static void connect_one(struct load *load, struct connection *connection) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(load->options.port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    connection->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connection->fd < 0 || setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        connect(connection->fd, (struct sockaddr *)&address, sizeof address) != 0) {
        fail("connect");
    }
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(load->poll, EPOLL_CTL_ADD, connection->fd, &event) != 0) {
        fail("epoll_ctl");
    }
    load->open++;
}

// Blocking: requests fit the socket's buffer, or the server reads them while we write.
static void send_next(struct load *load, struct connection *connection) {
    bool over = load->options.requests > 0 ? load->next >= load->options.requests
                                           : now_ns() >= load->end_ns;
    if (over) {
        end_connection(load, connection, false);
        return;
    }
    uint64_t number = load->next++;
    for (size_t i = 0; i < load->numbers; i++) {
        put_hex(connection->request + load->number_at[i], number * load->numbers + i);
    }
    for (size_t i = 0; i < load->users; i++) {
        put_hex(connection->request + load->user_at[i], next_random(load) % load->options.users);
    }
    connection->received = connection->expected = 0;
    connection->started_ns = now_ns();
    size_t sent = 0;
    while (sent < load->request_len) {
        ssize_t n = send(connection->fd, connection->request + sent, load->request_len - sent, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR) {
            end_connection(load, connection, true);
            return;
        }
        sent += n > 0 ? (size_t)n : 0;
    }
}

static bool read_head(struct connection *connection) {
    connection->reply[connection->received] = '\0';
    const char *end = strstr(connection->reply, "\r\n\r\n");
    if (!end) {
        return false;
    }
    const char *length = strstr(connection->reply, "Content-Length: ");
    size_t body = length && length < end ? strtoul(length + 16, NULL, 10) : 0;
    connection->expected = (size_t)(end - connection->reply) + 4 + body;
    connection->status = (int)strtol(connection->reply + 9, NULL, 10);
    return true;
}

static unsigned bucket_of(uint64_t ns) {
    if (ns < 64) {
        return (unsigned)ns;
    }
    unsigned power = 63 - (unsigned)__builtin_clzll(ns);
    return (power - 5) * 64 + (unsigned)(ns >> (power - 6) & 63);
}

static double bucket_us(unsigned bucket) {
    if (bucket < 64) {
        return bucket / 1000.0;
    }
    unsigned power = bucket / 64 + 5;
    return (double)((uint64_t)(64 + bucket % 64) << (power - 6)) / 1000.0;
}

static void take_reply(struct load *load, struct connection *connection) {
    size_t room = RECEIVE - 1 - connection->received;
    if (connection->expected > RECEIVE - 1) { // a large body is only counted
        room = RECEIVE - 1;
    }
    char *to = connection->expected > RECEIVE - 1 ? connection->reply : connection->reply + connection->received;
    ssize_t n = recv(connection->fd, to, room, 0);
    if (n <= 0) {
        end_connection(load, connection, true);
        return;
    }
    connection->received += (size_t)n;
    if (connection->expected == 0 && !read_head(connection)) {
        return;
    }
    if (connection->received < connection->expected) {
        return;
    }
    uint64_t took = now_ns() - connection->started_ns;
    load->latency[bucket_of(took)]++;
    load->max_ns = took > load->max_ns ? took : load->max_ns;
    load->done++;
    if (connection->status >= 0 && connection->status < 1000) {
        load->statuses[connection->status]++;
    }
    send_next(load, connection);
}

static void run(struct load *load) {
    struct epoll_event events[EVENTS];
    for (unsigned i = 0; i < load->options.connections; i++) {
        struct connection *connection = &load->connections[i];
        connection->request = must(malloc(load->request_len));
        memcpy(connection->request, load->request, load->request_len);
        connect_one(load, connection);
    }
    load->end_ns = now_ns() + (uint64_t)(load->options.seconds * 1e9);
    for (unsigned i = 0; i < load->options.connections; i++) {
        send_next(load, &load->connections[i]);
    }
    while (load->open > 0) {
        int count = epoll_wait(load->poll, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            take_reply(load, events[i].data.ptr);
        }
    }
}

// --- Report ----------------------------------------------------------------------------------------------------------
static double percentile(const struct load *load, double share) {
    uint64_t wanted = (uint64_t)((double)load->done * share);
    uint64_t seen = 0;
    for (unsigned i = 0; i < BUCKETS; i++) {
        seen += load->latency[i];
        if (seen > wanted) {
            return bucket_us(i);
        }
    }
    return (double)load->max_ns / 1000.0;
}

static void report(const struct load *load, double seconds) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                 (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    printf("{\"requests\":%llu,\"errors\":%llu,\"seconds\":%.3f,\"requestsPerSecond\":%.0f,\"status\":{",
           (unsigned long long)load->done, (unsigned long long)load->errors, seconds,
           (double)load->done / seconds);
    const char *comma = "";
    for (int status = 0; status < 1000; status++) {
        if (load->statuses[status] > 0) {
            printf("%s\"%d\":%llu", comma, status, (unsigned long long)load->statuses[status]);
            comma = ",";
        }
    }
    printf("},\"latencyUs\":{\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f},"
           "\"clientCpuSeconds\":%.3f}\n",
           percentile(load, 0.5), percentile(load, 0.9), percentile(load, 0.99), percentile(load, 0.999),
           (double)load->max_ns / 1000.0, cpu);
}

static void read_option(struct options *options, const char *name, const char *value) {
    if (strcmp(name, "--port") == 0) {
        options->port = (unsigned short)strtoul(value, NULL, 10);
    } else if (strcmp(name, "--connections") == 0) {
        options->connections = (unsigned)strtoul(value, NULL, 10);
    } else if (strcmp(name, "--requests") == 0) {
        options->requests = strtoull(value, NULL, 10);
    } else if (strcmp(name, "--seconds") == 0) {
        options->seconds = strtod(value, NULL);
    } else if (strcmp(name, "--request") == 0) {
        options->file = value;
    } else if (strcmp(name, "--path") == 0) {
        options->path = value;
    } else if (strcmp(name, "--header") == 0) {
        options->header = value;
    } else if (strcmp(name, "--body-bytes") == 0) {
        options->body_bytes = strtoul(value, NULL, 10);
    } else if (strcmp(name, "--batch") == 0) {
        options->batch = (unsigned)strtoul(value, NULL, 10);
    } else if (strcmp(name, "--users") == 0) {
        options->users = strtoull(value, NULL, 10);
    } else {
        fprintf(stderr, "load: unknown option %s\n", name);
        exit(2);
    }
}

int main(int argc, char **argv) {
    struct load *load = must(calloc(1, sizeof *load));
    load->options = (struct options){.connections = 64, .seconds = 5, .path = "/v1/track", .body_bytes = 308,
                                     .batch = 1, .users = 100000};
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc) {
            fprintf(stderr, "load: %s needs a value\n", argv[i]);
            return 2;
        }
        read_option(&load->options, argv[i], argv[i + 1]);
    }
    struct options *options = &load->options;
    if (options->port == 0 || options->connections == 0 || options->batch == 0 || options->users == 0) {
        fprintf(stderr, "load: --port is needed; connections, batch and users must be above 0\n");
        return 2;
    }
    load->random = 88172645463325252u;
    if (options->file) {
        read_request(load);
    } else {
        make_request(load);
    }
    load->numbers = find_marks(load, "@@@@@@@@@@@@@@@@", load->number_at);
    load->users = find_marks(load, "################", load->user_at);
    load->poll = epoll_create1(0);
    if (load->poll < 0) {
        fail("epoll_create1");
    }
    load->connections = must(calloc(options->connections, sizeof *load->connections));
    uint64_t started = now_ns();
    run(load);
    report(load, (double)(now_ns() - started) / 1e9);
    for (unsigned i = 0; i < options->connections; i++) {
        free(load->connections[i].request);
    }
    free(load->connections);
    free(load->request);
    bool ok = load->errors == 0;
    free(load);
    return ok ? 0 : 1;
}
