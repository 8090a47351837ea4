// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What Cassandra gives with one row an event: our own client, one prepared INSERT a request, many of them in flight, the events that
// load sends; with --counters also so many counters an event, as a first design of day totals would have. The store writes fewer, larger
// mutations; this is what it is compared with.
//
// usage: floor_cassandra --hosts LIST [--events N] [--in-flight N] [--counters N] [--keyspace NAME]
// Prints one JSON object. The keyspace is made when it is missing, with one replica.
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/thread.h"
#include "cql/cql.h"
#include "traffic.h"

#define MADE 100000 // events, made before the time is taken
#define IN_FLIGHT_MAX 16384
#define MS_A_DAY 86400000
#define REQUEST_MAX 4096 // bytes of the values of a row
#define TIMEOUT_MS 30000
#define COUNTERS_MAX 8

struct options {
    const char *hosts;
    const char *keyspace;
    uint64_t events;
    unsigned in_flight;
    unsigned counters;
};

struct event {
    char *text;
    size_t len;
    struct str user; // part of text
};

struct floor;
// A request that is in flight, and sent again with the next event when it is done.
struct slot {
    struct cql_request request;
    struct buffer values;
    struct floor *floor;
    uint64_t number;  // of the event
    unsigned counted; // counters of it that were sent
};

struct floor {
    struct options options;
    struct cql_session *session;
    struct cql_prepared *insert;
    struct cql_prepared *count;
    struct event *events;
    int64_t start_ms;
    atomic_uint_fast64_t next;
    atomic_uint_fast64_t done;
    atomic_uint_fast64_t refused;
    pthread_mutex_t mutex;
    pthread_cond_t all_done;
    bool over;
    double seconds, cpu_seconds;                   // what writing took
    char problem[sizeof((struct error *)0)->text]; // the first one
};

static void fail(const char *what, const char *why) {
    fprintf(stderr, "floor_cassandra: %s: %s\n", what, why);
    exit(1);
}

static double cpu_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void make_events(struct floor *floor) {
    struct traffic_config config = {
        .users = 100000, .visit_mean = 8, .seed = (uint64_t)floor->start_ms};
    struct traffic *traffic = malloc(sizeof *traffic);
    floor->events = calloc(MADE, sizeof *floor->events);
    char text[TRAFFIC_EVENT_MAX];
    if (!traffic || !floor->events) {
        fail("memory", "none left");
    }
    traffic_init(traffic, &config);
    for (size_t i = 0; i < MADE; i++) {
        struct event *event = &floor->events[i];
        event->len = traffic_event(traffic, text, 1);
        event->text = malloc(event->len + 1);
        if (!event->text) {
            fail("memory", "none left");
        }
        memcpy(event->text, text, event->len);
        event->text[event->len] = '\0';
        const char *user = strstr(event->text, "\"userId\":\"");
        if (!user) {
            fail("event", "has no user");
        }
        event->user = str_make(user + 10, strcspn(user + 10, "\""));
    }
    free(traffic);
}

// --- Tables ----------------------------------------------------------------------------------------------------------
static void run_statement(struct floor *floor, const char *text) {
    struct cql_request request = {.kind = CQL_REQUEST_QUERY,
                                  .text = str_from_c(text),
                                  .consistency = CQL_QUORUM,
                                  .timeout_ms = TIMEOUT_MS};
    if (cql_execute_wait(floor->session, &request, NULL) != STATUS_OK) {
        fail(text, request.error.text);
    }
}

static void make_counters(struct floor *floor) {
    char text[1024];
    struct error err;
    snprintf(
        text, sizeof text,
        "CREATE TABLE IF NOT EXISTS %s.counters (project text, day date, metric int, value text, "
        "n counter, PRIMARY KEY ((project, day), metric, value))",
        floor->options.keyspace);
    run_statement(floor, text);
    snprintf(text, sizeof text,
             "UPDATE %s.counters SET n = n + 1 WHERE project = ? AND day = ? AND metric = ? AND "
             "value = ?",
             floor->options.keyspace);
    if (cql_prepare(floor->session, str_from_c(text), &floor->count, &err) != STATUS_OK) {
        fail("prepare", err.text);
    }
}

// The same shape as the store's timeline, so that only the number of mutations differs.
static void make_table(struct floor *floor) {
    char text[1024];
    struct error err;
    snprintf(text, sizeof text,
             "CREATE KEYSPACE IF NOT EXISTS %s WITH replication = "
             "{'class': 'SimpleStrategy', 'replication_factor': 1}",
             floor->options.keyspace);
    run_statement(floor, text);
    snprintf(
        text, sizeof text,
        "CREATE TABLE IF NOT EXISTS %s.events (project text, actor text, day date, ts timestamp, "
        "id blob, type text, name text, event text, PRIMARY KEY ((project, actor, day), ts, id)) "
        "WITH CLUSTERING ORDER BY (ts DESC, id ASC)",
        floor->options.keyspace);
    run_statement(floor, text);
    snprintf(text, sizeof text,
             "INSERT INTO %s.events (project, actor, day, ts, id, type, name, event) "
             "VALUES (?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?",
             floor->options.keyspace);
    if (cql_prepare(floor->session, str_from_c(text), &floor->insert, &err) != STATUS_OK) {
        fail("prepare", err.text);
    }
}

// --- Rows ------------------------------------------------------------------------------------------------------------
static void send_bound(struct slot *slot, const struct cql_prepared *prepared,
                       const struct cql_values *values) {
    if (buffer_status(&slot->values) != STATUS_OK) {
        fail("values", status_text(buffer_status(&slot->values)));
    }
    slot->request.prepared = prepared;
    slot->request.values = cql_values_bytes(values);
    slot->request.value_count = values->count;
    slot->request.idempotent = prepared == slot->floor->insert;
    cql_execute(slot->floor->session, &slot->request);
}

static int64_t event_ms(const struct slot *slot) {
    return slot->floor->start_ms + (int64_t)(slot->number / 100);
}

static void send_row(struct slot *slot) {
    struct floor *floor = slot->floor;
    const struct event *event = &floor->events[slot->number % MADE];
    struct cql_values values;
    char id[16] = "0000000";
    memcpy(id + 8, &slot->number, 8);
    buffer_clear(&slot->values);
    cql_values_begin(&values, &slot->values);
    cql_bind_text(&values, STR("bench"));
    cql_bind_text(&values, event->user);
    cql_bind_date(&values, (int32_t)(event_ms(slot) / MS_A_DAY));
    cql_bind_timestamp(&values, event_ms(slot));
    cql_bind_blob(&values, str_make(id, sizeof id));
    cql_bind_text(&values, STR("track"));
    cql_bind_text(&values, STR("Button Clicked"));
    cql_bind_text(&values, str_make(event->text, event->len));
    cql_bind_bigint(&values, (int64_t)slot->number + 1);
    send_bound(slot, floor->insert, &values);
}

// Of a few hundred different ones: names, pages and the like.
static void send_counter(struct slot *slot) {
    struct cql_values values;
    char value[32];
    int len = snprintf(value, sizeof value, "value-%u", (unsigned)(slot->number * 7 % 100));
    buffer_clear(&slot->values);
    cql_values_begin(&values, &slot->values);
    cql_bind_text(&values, STR("bench"));
    cql_bind_date(&values, (int32_t)(event_ms(slot) / MS_A_DAY));
    cql_bind_int(&values, (int32_t)slot->counted++);
    cql_bind_text(&values, str_make(value, (size_t)len));
    send_bound(slot, slot->floor->count, &values);
}

static void send_next(struct slot *slot) {
    slot->number = atomic_fetch_add(&slot->floor->next, 1);
    slot->counted = 0;
    if (slot->number < slot->floor->options.events) {
        send_row(slot);
    }
}

static void written(struct cql_request *request, struct cql_result *result) {
    struct slot *slot = request->context;
    struct floor *floor = slot->floor;
    cql_result_free(result);
    if (request->status != STATUS_OK && atomic_fetch_add(&floor->refused, 1) == 0) {
        memcpy(floor->problem, request->error.text, sizeof floor->problem);
    }
    if (slot->counted < floor->options.counters) {
        send_counter(slot);
        return;
    }
    if (atomic_fetch_add(&floor->done, 1) + 1 == floor->options.events) {
        thread_must(pthread_mutex_lock(&floor->mutex));
        floor->over = true;
        thread_must(pthread_cond_signal(&floor->all_done));
        thread_must(pthread_mutex_unlock(&floor->mutex));
        return;
    }
    send_next(slot);
}

static void write_all(struct floor *floor) {
    struct slot *slots = calloc(floor->options.in_flight, sizeof *slots);
    if (!slots) {
        fail("memory", "none left");
    }
    for (unsigned i = 0; i < floor->options.in_flight; i++) {
        slots[i].floor = floor;
        slots[i].request = (struct cql_request){.kind = CQL_REQUEST_EXECUTE,
                                                .consistency = CQL_QUORUM,
                                                .timeout_ms = TIMEOUT_MS,
                                                .done = written,
                                                .context = &slots[i]};
        buffer_init(&slots[i].values, REQUEST_MAX);
    }
    double cpu = cpu_seconds();
    int64_t start_us = clock_system()->mono_us(clock_system());
    for (unsigned i = 0; i < floor->options.in_flight; i++) {
        send_next(&slots[i]);
    }
    thread_must(pthread_mutex_lock(&floor->mutex));
    while (!floor->over) {
        thread_must(pthread_cond_wait(&floor->all_done, &floor->mutex));
    }
    thread_must(pthread_mutex_unlock(&floor->mutex));
    floor->cpu_seconds = cpu_seconds() - cpu;
    floor->seconds = (double)(clock_system()->mono_us(clock_system()) - start_us) / 1e6;
    // The session calls nobody back once it is closed, so the slots may go then.
    cql_session_close(floor->session);
    for (unsigned i = 0; i < floor->options.in_flight; i++) {
        buffer_free(&slots[i].values);
    }
    free(slots);
}

// --- Command line ----------------------------------------------------------------------------------------------------
static void usage(void) {
    fprintf(stderr, "usage: floor_cassandra --hosts LIST [--events N] [--in-flight N] "
                    "[--counters N] [--keyspace NAME]\n");
    exit(2);
}

static struct options read_options(int argc, char **argv) {
    struct options options = {.keyspace = "bench_floor", .events = 100000, .in_flight = 256};
    if (argc % 2 == 0) {
        usage();
    }
    for (int i = 1; i < argc; i += 2) {
        if (strcmp(argv[i], "--hosts") == 0) {
            options.hosts = argv[i + 1];
        } else if (strcmp(argv[i], "--events") == 0) {
            options.events = strtoull(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--in-flight") == 0) {
            options.in_flight = (unsigned)strtoul(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--counters") == 0) {
            options.counters = (unsigned)strtoul(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--keyspace") == 0) {
            options.keyspace = argv[i + 1];
        } else {
            usage();
        }
    }
    if (!options.hosts || options.events == 0 || options.in_flight == 0 ||
        options.in_flight > IN_FLIGHT_MAX || options.counters > COUNTERS_MAX) {
        usage();
    }
    return options;
}

int main(int argc, char **argv) {
    static struct floor floor;
    struct clock *clock = clock_system();
    struct error err;
    floor.options = read_options(argc, argv);
    floor.start_ms = clock->wall_ms(clock);
    thread_must(pthread_mutex_init(&floor.mutex, NULL));
    thread_cond_init(&floor.all_done);
    struct cql_config config = {.contact_points = str_from_c(floor.options.hosts),
                                .compression = true,
                                .in_flight_per_connection = floor.options.in_flight,
                                .clock = clock,
                                .random = random_system()};
    if (cql_session_open(&config, &floor.session, &err) != STATUS_OK) {
        fail("connect", err.text);
    }
    make_events(&floor);
    make_table(&floor);
    make_counters(&floor);
    write_all(&floor);
    uint64_t refused = atomic_load(&floor.refused);
    printf("{\"events\":%llu,\"refused\":%llu,\"seconds\":%.3f,\"cpuSeconds\":%.3f}\n",
           (unsigned long long)floor.options.events, (unsigned long long)refused, floor.seconds,
           floor.cpu_seconds);
    if (refused > 0) {
        fprintf(stderr, "floor_cassandra: %llu rows refused, the first: %s\n",
                (unsigned long long)refused, floor.problem);
    }
    for (size_t i = 0; i < MADE; i++) {
        free(floor.events[i].text);
    }
    free(floor.events);
    return refused <= floor.options.events / 100 ? 0 : 1; // on a busy machine a few time out
}
