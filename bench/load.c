// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A load generator for benchmarks: keep-alive connections on one epoll, one request at a time on each; prints one JSON
// object. It is kept cheap, as it shares the machine with what it measures.
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "traffic.h"

#define HEAD_MAX 1024
#define RECEIVE 65536
#define EVENTS 256
#define BUCKETS 4096 // of latency: 64 a power of two of nanoseconds
#define CONNECTIONS_MAX 4096

static const char help[] =
    "load --port N [OPTION VALUE]...\n"
    "  --events N        stop after so many events (default: none)\n"
    "  --seconds S       stop after so many seconds (default 5; with --events 600)\n"
    "  --connections N   default 64\n"
    "  --batch N         events a request: 1 (default) posts to /v1/track, more to /v1/batch\n"
    "  --get PATH        sends no events but GET PATH; a # in it becomes the name of a user, with\n"
    "                    --first-visit of one who came before that\n"
    "  --rate R          requests a second, sent on time whatever the replies do; latency counts from the time a\n"
    "                    request was due. Default: as fast as replies come\n"
    "  --header TEXT     a line of the request's head\n"
    "  --users N         how many people there are (default 100000)\n"
    "  --first-visit N   who comes first\n"
    "  --visit-mean N    events of a visit (default 8)\n"
    "  --seed N          of the ids\n"
    "  --from-ms, --to-ms  event times sweep this range over --events; default: now\n";

struct options {
    unsigned short port;
    unsigned connections;
    double seconds;
    double rate;
    const char *get;
    const char *header;
    unsigned batch;
    struct traffic_config traffic;
};

struct connection {
    int fd;
    size_t received;
    size_t expected; // whole reply; 0: head not read
    int status;
    uint64_t started_ns;
    struct connection *next_idle;
    char reply[RECEIVE];
};

struct load {
    struct options options;
    struct traffic traffic;
    char *request; // head, ending at HEAD_MAX, then the body
    int poll;
    struct connection *connections;
    struct connection *idle;
    unsigned open;
    unsigned busy;
    uint64_t sent_events;
    uint64_t sent_body_bytes;
    uint64_t due; // requests that --rate has let go
    uint64_t done;
    uint64_t events;
    uint64_t errors;
    uint64_t statuses[1000];
    uint64_t latency[BUCKETS];
    uint64_t max_ns;
    uint64_t start_ns;
    uint64_t end_ns;
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
static unsigned events_of_next(const struct load *load) {
    uint64_t limit = load->options.traffic.events;
    uint64_t left = limit > 0 ? limit - load->sent_events : load->options.batch;
    return (unsigned)(left < load->options.batch ? left : load->options.batch);
}

static size_t write_body(struct load *load, char *to, unsigned count) {
    if (load->options.batch == 1) {
        return traffic_event(&load->traffic, to, true);
    }
    size_t len = 10;
    memcpy(to, "{\"batch\":[", len);
    for (unsigned i = 0; i < count; i++) {
        if (i > 0) {
            to[len++] = ',';
        }
        len += traffic_event(&load->traffic, to + len, false);
    }
    memcpy(to + len, "]}", 2);
    return len + 2;
}

// Puts the head right in front of the body. Returns where the request starts.
static char *write_head(struct load *load, size_t body_len, size_t *len) {
    char head[HEAD_MAX];
    char path[HEAD_MAX / 2];
    const struct options *options = &load->options;
    const char *mark = options->get ? strchr(options->get, '#') : NULL;
    if (mark) {
        char user[32];
        size_t n = traffic_user(user, traffic_known_user(&load->traffic));
        snprintf(path, sizeof path, "%.*s%.*s%s", (int)(mark - options->get), options->get, (int)n,
                 user, mark + 1);
    } else {
        snprintf(path, sizeof path, "%s",
                 options->get          ? options->get
                 : options->batch == 1 ? "/v1/track"
                                       : "/v1/batch");
    }
    int n = snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n%s%s",
                     options->get ? "GET" : "POST", path, options->port,
                     options->header ? options->header : "", options->header ? "\r\n" : "");
    if (!options->get && n > 0 && n < HEAD_MAX) {
        n += snprintf(head + n, sizeof head - (size_t)n,
                      "Content-Type: application/json\r\nContent-Length: %zu\r\n", body_len);
    }
    if (n <= 0 || n >= HEAD_MAX - 2) {
        fprintf(stderr, "load: path and header are too long\n");
        exit(2);
    }
    memcpy(head + n, "\r\n", 2);
    n += 2;
    char *start = load->request + HEAD_MAX - n;
    memcpy(start, head, (size_t)n);
    *len = (size_t)n + body_len;
    return start;
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
    const struct timeval patience = {.tv_sec = 30};
    connection->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connection->fd < 0 ||
        setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        setsockopt(connection->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0 ||
        connect(connection->fd, (struct sockaddr *)&address, sizeof address) != 0) {
        fail("connect");
    }
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(load->poll, EPOLL_CTL_ADD, connection->fd, &event) != 0) {
        fail("epoll_ctl");
    }
    load->open++;
}

static bool is_over(const struct load *load) {
    uint64_t limit = load->options.traffic.events;
    return (limit > 0 && load->sent_events >= limit) || now_ns() >= load->end_ns;
}

// Blocking: requests fit the socket's buffer, or the server reads them while we write.
static void send_request(struct load *load, struct connection *connection, uint64_t started_ns) {
    unsigned count = load->options.get ? 0 : events_of_next(load);
    size_t body = load->options.get ? 0 : write_body(load, load->request + HEAD_MAX, count);
    size_t len = 0;
    const char *start = write_head(load, body, &len);
    load->sent_events += count;
    load->sent_body_bytes += body;
    connection->received = connection->expected = 0;
    connection->started_ns = started_ns > 0 ? started_ns : now_ns();
    load->busy++;
    size_t sent = 0;
    while (sent < len) {
        ssize_t n = send(connection->fd, start + sent, len - sent, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR) {
            load->busy--;
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
    const char *length = strcasestr(connection->reply, "Content-Length: ");
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

static void count_reply(struct load *load, const struct connection *connection) {
    uint64_t took = now_ns() - connection->started_ns;
    load->latency[bucket_of(took)]++;
    load->max_ns = took > load->max_ns ? took : load->max_ns;
    load->done++;
    load->busy--;
    if (connection->status >= 0 && connection->status < 1000) {
        load->statuses[connection->status]++;
    }
}

static void take_reply(struct load *load, struct connection *connection) {
    bool large = connection->expected > RECEIVE - 1; // its body is only counted
    char *to = large ? connection->reply : connection->reply + connection->received;
    size_t room = large ? RECEIVE - 1 : RECEIVE - 1 - connection->received;
    ssize_t n = recv(connection->fd, to, room, 0);
    if (n <= 0) {
        load->busy--;
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
    count_reply(load, connection);
    if (load->options.rate > 0) {
        connection->next_idle = load->idle;
        load->idle = connection;
    } else if (is_over(load)) {
        end_connection(load, connection, false);
    } else {
        send_request(load, connection, 0);
    }
}

// --- Pace ------------------------------------------------------------------------------------------------------------
static uint64_t due_ns(const struct load *load, uint64_t request) {
    return load->start_ns + (uint64_t)((double)request / load->options.rate * 1e9);
}

// Sends what is due on idle connections. Returns how long until the next is due; a reply may come first.
static uint64_t send_due(struct load *load) {
    while (load->idle && !is_over(load)) {
        uint64_t at = due_ns(load, load->due);
        uint64_t now = now_ns();
        if (at > now) {
            return at - now < 999999999 ? at - now : 999999999;
        }
        struct connection *connection = load->idle;
        load->idle = connection->next_idle;
        load->due++;
        send_request(load, connection, at);
    }
    return UINT64_C(100000000);
}

static void run(struct load *load) {
    struct epoll_event events[EVENTS];
    bool paced = load->options.rate > 0;
    for (unsigned i = 0; i < load->options.connections; i++) {
        connect_one(load, &load->connections[i]);
    }
    load->start_ns = now_ns();
    load->end_ns = load->start_ns + (uint64_t)(load->options.seconds * 1e9);
    const uint64_t give_up_ns = load->end_ns + UINT64_C(30000000000);
    for (unsigned i = 0; i < load->options.connections; i++) {
        if (paced) {
            load->connections[i].next_idle = load->idle;
            load->idle = &load->connections[i];
        } else if (is_over(load)) {
            end_connection(load, &load->connections[i], false);
        } else {
            send_request(load, &load->connections[i], 0);
        }
    }
    while (load->open > 0 && now_ns() < give_up_ns &&
           (!paced || load->busy > 0 || !is_over(load))) {
        uint64_t ns = paced ? send_due(load) : UINT64_C(999999999);
        // Milliseconds, as epoll_wait takes them, would be too coarse to be on time with.
        const struct timespec wait = {.tv_nsec = (long)ns};
        int count = epoll_pwait2(load->poll, events, EVENTS, &wait, NULL);
        for (int i = 0; i < count; i++) {
            take_reply(load, events[i].data.ptr);
        }
    }
    load->errors += load->busy; // never answered
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
    printf("{\"requests\":%llu,\"events\":%llu,\"bodyBytes\":%llu,\"visits\":%llu,\"errors\":%llu,"
           "\"seconds\":%.3f,\"requestsPerSecond\":%.0f,\"status\":{",
           (unsigned long long)load->done, (unsigned long long)load->sent_events,
           (unsigned long long)load->sent_body_bytes, (unsigned long long)load->traffic.visits,
           (unsigned long long)load->errors, seconds, (double)load->done / seconds);
    const char *comma = "";
    for (int status = 0; status < 1000; status++) {
        if (load->statuses[status] > 0) {
            printf("%s\"%d\":%llu", comma, status, (unsigned long long)load->statuses[status]);
            comma = ",";
        }
    }
    printf("},\"latencyUs\":{\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f},"
           "\"clientCpuSeconds\":%.3f}\n",
           percentile(load, 0.5), percentile(load, 0.9), percentile(load, 0.99),
           percentile(load, 0.999), (double)load->max_ns / 1000.0, cpu);
}

// --- Command line ----------------------------------------------------------------------------------------------------
static bool read_traffic_option(struct traffic_config *traffic, const char *name,
                                const char *value) {
    const struct {
        const char *name;
        uint64_t *number;
        int64_t *time;
    } table[] = {
        {"--events", &traffic->events, NULL},   {"--users", &traffic->users, NULL},
        {"--seed", &traffic->seed, NULL},       {"--first-visit", &traffic->first_visit, NULL},
        {"--from-ms", NULL, &traffic->from_ms}, {"--to-ms", NULL, &traffic->to_ms},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(name, table[i].name) == 0) {
            if (table[i].number) {
                *table[i].number = strtoull(value, NULL, 10);
            } else {
                *table[i].time = strtoll(value, NULL, 10);
            }
            return true;
        }
    }
    return false;
}

static void read_option(struct options *options, const char *name, const char *value) {
    if (strcmp(name, "--port") == 0) {
        options->port = (unsigned short)strtoul(value, NULL, 10);
    } else if (strcmp(name, "--connections") == 0) {
        options->connections = (unsigned)strtoul(value, NULL, 10);
    } else if (strcmp(name, "--seconds") == 0) {
        options->seconds = strtod(value, NULL);
    } else if (strcmp(name, "--rate") == 0) {
        options->rate = strtod(value, NULL);
    } else if (strcmp(name, "--get") == 0) {
        options->get = value;
    } else if (strcmp(name, "--header") == 0) {
        options->header = value;
    } else if (strcmp(name, "--batch") == 0) {
        options->batch = (unsigned)strtoul(value, NULL, 10);
    } else if (strcmp(name, "--visit-mean") == 0) {
        options->traffic.visit_mean = (unsigned)strtoul(value, NULL, 10);
    } else if (!read_traffic_option(&options->traffic, name, value)) {
        fprintf(stderr, "load: unknown option %s\n%s", name, help);
        exit(2);
    }
}

static void read_options(struct options *options, int argc, char **argv) {
    *options = (struct options){
        .connections = 64, .batch = 1, .traffic = {.users = 100000, .visit_mean = 8, .seed = 1}};
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc) {
            fprintf(stderr, "load: %s needs a value\n%s", argv[i], help);
            exit(2);
        }
        read_option(options, argv[i], argv[i + 1]);
    }
    if (options->seconds <= 0) {
        options->seconds = options->traffic.events > 0 ? 600 : 5;
    }
    if (options->port == 0 || options->connections == 0 || options->connections > CONNECTIONS_MAX ||
        options->batch == 0 || options->batch > 10000 || options->traffic.users == 0 ||
        options->traffic.visit_mean == 0) {
        fprintf(stderr, "load: --port is needed; numbers must be above 0 and sane\n%s", help);
        exit(2);
    }
}

int main(int argc, char **argv) {
    struct load *load = must(calloc(1, sizeof *load));
    read_options(&load->options, argc, argv);
    traffic_init(&load->traffic, &load->options.traffic);
    load->request =
        must(malloc(HEAD_MAX + 16 + (size_t)load->options.batch * (TRAFFIC_EVENT_MAX + 1)));
    load->poll = epoll_create1(0);
    if (load->poll < 0) {
        fail("epoll_create1");
    }
    load->connections = must(calloc(load->options.connections, sizeof *load->connections));
    run(load);
    report(load, (double)(now_ns() - load->start_ns) / 1e9);
    bool ok = load->errors == 0;
    free(load->connections);
    free(load->request);
    free(load);
    return ok ? 0 : 1;
}
