// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What a Cassandra node and this process pay for an event: batches of the store against one row an event, by the same client, in one run.
//
//   micro_cassandra HOST[:PORT] [PID of the node [events [actors [events a batch [rows|batches]]]]]      keyspace micro_cassandra, made anew
//
//   cc -std=c17 -O2 -D_GNU_SOURCE -Isrc -o micro_cassandra bench/micro_cassandra.c build/src/store/libstore.a build/src/event/libevent.a \
//      build/src/cql/libcql.a build/src/base/libbase.a -lrocksdb -luv -llz4 -lssl -lcrypto -lsimdjson -lyaml -lstdc++ -lm -pthread
//
// Visitors come and look at some pages, VISITORS of them at a time. Every event is a timeline row; each batch writes the state and the day of
// every actor in it once, a session for some, totals, a dedupe chunk, and a journal. Against it, without putting anything together: the
// timeline row alone ("one row an event"), and with it the actor's state, its day and one total ("its rows one by one").
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "cql/cql.h"
#include "store/store.h"

#define DAY_MS INT64_C(86400000)
#define START_MS INT64_C(1795392000000)
#define VISITORS 250 // of one partition of eight
#define VISIT_EVENTS 8
#define TOTALS 200
#define ROUNDS 4
#define IN_FLIGHT 256
#define KINDS 4
#define KEYSPACE "micro_cassandra"
#define CONTEXT                                                                                    \
    "{\"page\":{\"url\":\"https://shop.example.org/\"},\"locale\":\"en-GB\",\"userAgent\":"        \
    "\"Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0\"}"

struct load {
    struct store *store;
    struct random_seeded random;
    long events, actors, per_batch, written;
    long visitors[VISITORS]; // actor + 1; 0: nobody
    uint32_t *touched;       // by actor: the last batch that wrote it
    uint32_t *counts;
};

struct event {
    char id[37], actor[24], properties[96];
    long number;
    int64_t time_ms;
};

static void die(const char *what, enum status status, const char *text) {
    if (status != STATUS_OK) {
        fprintf(stderr, "micro_cassandra: %s: %s: %s\n", what, status_text(status), text);
        exit(1);
    }
}

static double own_cpu(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double cpu_of(const char *pid) {
    char path[64];
    unsigned long user = 0;
    unsigned long kernel = 0;
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    FILE *file = pid == NULL ? NULL : fopen(path, "r");
    if (file != NULL) {
        if (fscanf(file, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                   &kernel) != 2) {
            user = kernel = 0;
        }
        fclose(file);
    }
    return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

static void next_event(struct load *load, struct event *event) {
    struct random_source *random = &load->random.source;
    long *visitor = &load->visitors[random_below(random, VISITORS)];
    if (*visitor == 0 || random_below(random, VISIT_EVENTS) == 0) {
        *visitor = 1 + (long)random_below(random, (uint64_t)load->actors);
    }
    uint64_t a = random_u64(random);
    uint64_t b = random_u64(random);
    event->number = *visitor - 1;
    event->time_ms = START_MS + load->written * 3;
    snprintf(event->id, sizeof event->id, "%08x-%04x-4%03x-%04x-%012" PRIx64, (unsigned)(a >> 32),
             (unsigned)(a >> 16 & 0xFFFF), (unsigned)(a & 0xFFF), (unsigned)(b >> 48),
             b & UINT64_C(0xFFFFFFFFFFFF));
    snprintf(event->actor, sizeof event->actor, "user-%08ld", event->number);
    snprintf(event->properties, sizeof event->properties,
             "{\"path\":\"/products/%u\",\"price\":%u.%02u}", (unsigned)(a >> 20 & 1023),
             (unsigned)(b & 255), (unsigned)(b >> 8 & 63));
    load->written++;
}

static void put_event(struct store_batch *batch, const struct event *event) {
    struct store_actor actor = {STORE_ACTOR_USER, str_from_c(event->actor)};
    struct store_timeline_row row = {.event_id = str_from_c(event->id),
                                     .name = STR("Product Viewed"),
                                     .timestamp_ms = event->time_ms,
                                     .received_ms = event->time_ms + 20,
                                     .properties = str_from_c(event->properties),
                                     .context = STR(CONTEXT)};
    store_batch_timeline(batch, STR("shop"), actor, &row);
}

static void put_actor(struct load *load, struct store_batch *batch, const struct event *event) {
    struct store_actor actor = {STORE_ACTOR_USER, str_from_c(event->actor)};
    uint32_t events = load->counts[event->number];
    struct store_actor_state state = {.first_seen_ms = START_MS,
                                      .last_seen_ms = event->time_ms,
                                      .events = events,
                                      .sessions = events / 8 + 1,
                                      .current = {event->time_ms - 5000, event->time_ms, 1, 1},
                                      .activity_first_day = (int32_t)(START_MS / DAY_MS),
                                      .activity = STR("\x01\x02\x03\x04")};
    store_batch_actor(batch, STR("shop"), actor, &state);
    struct store_name_count names[] = {{STR("Cart Updated"), events / 3 + 1},
                                       {STR("Product Viewed"), events / 2 + 1}};
    struct store_actor_day day = {.day = (int32_t)(event->time_ms / DAY_MS),
                                  .first_ms = START_MS,
                                  .last_ms = event->time_ms,
                                  .events = events,
                                  .sessions = 1,
                                  .by_type = {events},
                                  .names = names,
                                  .name_count = 2};
    store_batch_actor_day(batch, STR("shop"), actor, &day);
    if (events % 8 == 0) {
        struct store_session session = {event->time_ms - 100000, event->time_ms - 50000, 8, 3};
        store_batch_session(batch, STR("shop"), actor, &session);
    }
}

static void write_batch(struct load *load, uint32_t number) {
    struct store_batch *batch = NULL;
    die("begin", store_batch_begin(load->store, 1, 0, &batch), "");
    uint64_t *hashes = calloc((size_t)load->per_batch, sizeof *hashes);
    if (hashes == NULL) {
        exit(1);
    }
    long first = load->written;
    for (long i = 0; i < load->per_batch; i++) {
        struct event event;
        next_event(load, &event);
        hashes[i] = random_u64(&load->random.source);
        put_event(batch, &event);
        load->counts[event.number]++;
        if (load->touched[event.number] != number) {
            load->touched[event.number] = number;
            put_actor(load, batch, &event);
        }
    }
    for (int i = 0; i < TOTALS && i < load->per_batch; i++) {
        char value[32];
        int len = snprintf(value, sizeof value, "/products/%d", i);
        struct store_total total = {(int32_t)(START_MS / DAY_MS), STORE_METRIC_PAGE,
                                    str_make(value, (size_t)len), number + 1};
        store_batch_total(batch, STR("shop"), &total);
    }
    store_batch_seen(batch, first, START_MS, hashes, (size_t)load->per_batch);
    free(hashes);
    die("commit", store_batch_commit(batch, load->written), "");
}

// --- One row an event -----------------------------------------------------------------------------------------------

struct slot {
    struct queue_node node; // first member
    struct cql_request request;
    struct buffer buffer;
    char bytes[1024];
    struct rows *rows;
};
struct rows {
    struct cql_session *session;
    struct cql_prepared *insert[KINDS];
    struct queue done;
    struct queue_waker waker;
    struct slot slots[IN_FLIGHT];
};

static void landed(struct cql_request *request, struct cql_result *result) {
    struct slot *slot = request->context;
    cql_result_free(result);
    if (queue_push(&slot->rows->done, &slot->node)) {
        queue_wake(&slot->rows->waker);
    }
}

static void bind_actor(struct cql_values *values, const struct event *event) {
    cql_bind_text(values, STR("shop"));
    cql_bind_text(values, STR("user"));
    cql_bind_text(values, str_from_c(event->actor));
}

static void bind_entry(struct cql_values *values, const struct event *event) {
    bind_actor(values, event);
    cql_bind_timestamp(values, event->time_ms);
    cql_bind_boolean(values, true);
    cql_bind_text(values, str_from_c(event->id));
    cql_bind_text(values, STR("track"));
    cql_bind_text(values, STR("Product Viewed"));
    cql_bind_timestamp(values, event->time_ms + 20);
    cql_bind_text(values, str_from_c(event->properties));
    cql_bind_text(values, STR(CONTEXT));
}

static void bind_state(struct cql_values *values, const struct event *event) {
    bind_actor(values, event);
    for (int i = 0; i < 4; i++) {
        cql_bind_bigint(values, event->time_ms + i);
    }
    cql_bind_blob(values, STR("\x01\x02\x03\x04"));
}

static void bind_day(struct cql_values *values, const struct event *event) {
    bind_actor(values, event);
    cql_bind_date(values, (int32_t)(START_MS / DAY_MS));
    cql_bind_timestamp(values, START_MS);
    cql_bind_timestamp(values, event->time_ms);
    cql_bind_int(values, 1);
}

static void bind_total(struct cql_values *values, const struct event *event) {
    cql_bind_text(values, STR("shop"));
    cql_bind_date(values, (int32_t)(START_MS / DAY_MS));
    cql_bind_text(values, str_from_c(event->properties + 9)); // the path
    cql_bind_bigint(values, event->time_ms);
}

// What an event has to write when nothing is put together: the first kind alone, or all of them.
static const struct {
    const char *text;
    void (*bind)(struct cql_values *values, const struct event *event);
} kinds[KINDS] = {
    {"INSERT INTO " KEYSPACE
     ".activity_by_actor (project, kind, actor, time, uuid_id, event_id, type, "
     "name, received, properties, context) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
     bind_entry},
    {"INSERT INTO " KEYSPACE
     ".actor_state (project, kind, actor, epoch, log_partition, first_seen, "
     "last_seen, events, sessions, activity) VALUES (?, ?, ?, 1, 0, ?, ?, ?, ?, ?)",
     bind_state},
    {"INSERT INTO " KEYSPACE
     ".actor_days (project, kind, actor, epoch, day, log_partition, first_seen, "
     "last_seen, events) VALUES (?, ?, ?, 1, ?, 0, ?, ?, ?)",
     bind_day},
    {"INSERT INTO " KEYSPACE
     ".day_totals (project, day, epoch, metric, value, log_partition, amount) "
     "VALUES (?, ?, 1, 'page', ?, 0, ?)",
     bind_total},
};

static void send_row(struct slot *slot, const struct event *event, long kind) {
    struct cql_values values;
    slot->buffer.len = 0;
    cql_values_begin(&values, &slot->buffer);
    kinds[kind].bind(&values, event);
    slot->request = (struct cql_request){.kind = CQL_REQUEST_EXECUTE,
                                         .prepared = slot->rows->insert[kind],
                                         .values = cql_values_bytes(&values),
                                         .value_count = values.count,
                                         .consistency = CQL_LOCAL_QUORUM,
                                         .idempotent = true,
                                         .done = landed,
                                         .context = slot};
    cql_execute(slot->rows->session, &slot->request);
}

// The n-th request: each event has so many of them.
static void send_next(struct load *load, struct slot *slot, long n, long per_event,
                      struct event *event) {
    if (n % per_event == 0) {
        next_event(load, event);
    }
    send_row(slot, event, n % per_event);
}

static void write_rows(struct load *load, struct rows *rows, long events, long per_event) {
    long requests = events * per_event;
    long sent = 0;
    struct event event;
    for (; sent < IN_FLIGHT && sent < requests; sent++) {
        struct slot *slot = &rows->slots[sent];
        slot->rows = rows;
        buffer_init_fixed(&slot->buffer, slot->bytes, sizeof slot->bytes);
        send_next(load, slot, sent, per_event, &event);
    }
    for (long back = 0; back < requests;) {
        struct queue_node *node = queue_take_all(&rows->done);
        if (node == NULL) {
            queue_wait(&rows->waker, -1);
        }
        while (node != NULL) {
            struct slot *slot = (struct slot *)(void *)node;
            node = node->next;
            die("row", slot->request.status, slot->request.error.text);
            back++;
            if (sent < requests) {
                send_next(load, slot, sent++, per_event, &event);
            }
        }
    }
}

static void open_rows(struct rows *rows, struct str host) {
    struct cql_config config = {.contact_points = host,
                                .compression = true,
                                .clock = clock_system(),
                                .random = random_system()};
    struct error err = {0};
    queue_init(&rows->done);
    queue_waker_init(&rows->waker);
    die("session", cql_session_open(&config, &rows->session, &err), err.text);
}

static void run(struct rows *rows, const char *text) {
    struct cql_request request = {.kind = CQL_REQUEST_QUERY,
                                  .text = str_from_c(text),
                                  .consistency = CQL_ONE,
                                  .timeout_ms = 60000};
    die(text, cql_execute_wait(rows->session, &request, NULL), request.error.text);
}

// --- Both -----------------------------------------------------------------------------------------------------------

struct meter {
    double own, node, began;
};

static void start(struct meter *meter, const char *pid) {
    *meter = (struct meter){own_cpu(), cpu_of(pid),
                            (double)clock_system()->mono_us(clock_system()) / 1e6};
}

static void stop(const struct meter *meter, const char *pid, const char *what, long events) {
    double wall = (double)clock_system()->mono_us(clock_system()) / 1e6 - meter->began;
    printf("%-20s %8.0f events/s   own CPU %6.2f us   node's CPU %6.1f us an event\n", what,
           (double)events / wall, (own_cpu() - meter->own) / (double)events * 1e6,
           (cpu_of(pid) - meter->node) / (double)events * 1e6);
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(
            stderr,
            "usage: micro_cassandra HOST[:PORT] [PID [events [actors [a batch [rows|batches]]]]]\n");
        return 2;
    }
    static struct rows rows;
    static struct load load;
    const char *pid = argc > 2 && argv[2][0] != '-' ? argv[2] : NULL;
    load.events = argc > 3 ? strtol(argv[3], NULL, 10) : 400000;
    load.actors = argc > 4 ? strtol(argv[4], NULL, 10) : 20000;
    load.per_batch = argc > 5 ? strtol(argv[5], NULL, 10) : 5000;
    load.touched = calloc((size_t)load.actors, sizeof *load.touched);
    load.counts = calloc((size_t)load.actors, sizeof *load.counts);
    bool with_rows = argc <= 6 || strcmp(argv[6], "rows") == 0;
    bool with_batches = argc <= 6 || strcmp(argv[6], "batches") == 0;
    random_seeded_init(&load.random, 1);
    if (load.touched == NULL || load.counts == NULL) {
        return 1;
    }
    open_rows(&rows, str_from_c(argv[1]));
    run(&rows, "DROP KEYSPACE IF EXISTS " KEYSPACE);
    struct store_cassandra_config config = {
        .contact_points = str_from_c(argv[1]), .keyspace = STR(KEYSPACE), .create_schema = true};
    struct error err = {0};
    die("open", store_open_cassandra(&config, &load.store, &err), err.text);
    for (int i = 0; i < KINDS; i++) {
        die("prepare", cql_prepare(rows.session, str_from_c(kinds[i].text), &rows.insert[i], &err),
            err.text);
    }
    printf("%ld actors, %ld events a batch\n", load.actors, load.per_batch);
    for (int round = 0; round < ROUNDS; round++) { // the first ones warm the server up
        struct meter meter;
        start(&meter, pid);
        if (with_rows) {
            write_rows(&load, &rows, load.events / 4, 1);
            stop(&meter, pid, "one row an event", load.events / 4);
            start(&meter, pid);
            write_rows(&load, &rows, load.events / 4, KINDS);
            stop(&meter, pid, "its rows one by one", load.events / 4);
        }
        if (!with_batches) {
            continue;
        }
        start(&meter, pid);
        long until = load.written + load.events;
        for (uint32_t number = (uint32_t)round * 1000000 + 1; load.written < until; number++) {
            write_batch(&load, number);
        }
        stop(&meter, pid, "batches", load.events);
    }
    store_close(load.store);
    cql_session_close(rows.session);
    return 0;
}
