// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What an event log costs: CPU and disk an event, by size of request; reading behind and reading along; opening again.
//
//   micro_eventlog DIRECTORY [EVENTS]        DIRECTORY must not exist; everything in it is left for looking at
//   micro_eventlog kafka:HOST:PORT [EVENTS]  our part of Kafka: topics "micro-..." are made; without disk figures
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "event_pool.h"

enum { IN_FLIGHT = 64, READ_PATIENCE_US = 20000000 };

static double clock_seconds(clockid_t id) {
    struct timespec now;
    clock_gettime(id, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu_us(void) {
    return 1e6 * clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
}

struct sender {
    struct eventlog_append append;
    struct queue_waker waker;
};

static void sent(struct eventlog_append *append) {
    struct sender *sender = append->context;
    if (append->status != STATUS_OK) {
        fprintf(stderr, "append: %s\n", status_text(append->status));
        exit(1);
    }
    queue_wake(&sender->waker);
}

static void append_all(struct eventlog *log, const struct eventlog_record *pool, size_t events,
                       size_t request) {
    static struct sender senders[IN_FLIGHT];
    size_t at = 0;
    for (size_t i = 0; i * request < events; i++) {
        struct sender *sender = &senders[i % IN_FLIGHT];
        if (i < IN_FLIGHT) {
            queue_waker_init(&sender->waker);
        } else {
            queue_wait(&sender->waker, -1);
        }
        at = at + request > EVENT_POOL ? 0 : at;
        sender->append = (struct eventlog_append){
            .records = pool + at, .count = request, .done = sent, .context = sender};
        eventlog_append(log, &sender->append);
        at += request;
    }
    size_t requests = (events + request - 1) / request;
    for (size_t i = 0; i < (requests < IN_FLIGHT ? requests : IN_FLIGHT); i++) {
        queue_wait(&senders[i].waker, -1);
    }
}

// Kafka's brokers hand out partitions before anything comes, so nothing yet is no end.
static size_t read_all(struct eventlog *log, const char *group, size_t events) {
    const struct eventlog_consumer_config config = {.group = str_from_c(group)};
    struct eventlog_consumer *consumer = NULL;
    struct eventlog_batch batch;
    struct error err = {0};
    size_t count = 0;
    if (eventlog_consumer_open(log, &config, &consumer, &err) != STATUS_OK) {
        exit(1);
    }
    enum status status;
    do {
        status = eventlog_poll(consumer, READ_PATIENCE_US, 1024UL * 1024, &batch, &err);
        count += status == STATUS_OK ? batch.count : 0;
    } while (status == STATUS_OK && count < events);
    if (status != STATUS_OK) {
        fprintf(stderr, "poll: %s\n", status == STATUS_TIMEOUT ? "records are missing" : err.text);
        exit(1);
    }
    eventlog_consumer_close(consumer);
    return count;
}

static long resident_kb(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static struct eventlog *open_log(const char *name, size_t request) {
    const char *brokers = strncmp(name, "kafka:", 6) == 0 ? name + 6 : NULL;
    char place[512];
    if (brokers) {
        snprintf(place, sizeof place, "micro-%d-%zu", getpid(), request);
    } else {
        snprintf(place, sizeof place, "%s-%zu", name, request);
    }
    const struct eventlog_kafka_config kafka = {.brokers = str_from_c(brokers),
                                                .topic = str_from_c(place),
                                                .partitions = 8,
                                                .replication = 1,
                                                .clock = clock_system()};
    const struct eventlog_config config = {.partitions = 8, .clock = clock_system()};
    struct eventlog *log = NULL;
    struct error err = {0};
    enum status status = brokers ? eventlog_open_kafka(&kafka, &log, &err)
                                 : eventlog_open_rocksdb(place, &config, &log, &err);
    if (status != STATUS_OK) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    return log;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "micro_eventlog DIRECTORY|kafka:HOST:PORT [EVENTS]\n");
        return 2;
    }
    size_t most = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000000;
    uint64_t pool_bytes = 0;
    struct eventlog_record *pool = event_pool_make(&pool_bytes);
    double event_bytes = (double)pool_bytes / EVENT_POOL;
    printf("events of %.0f bytes, %d requests in flight, peak before %ld kB\n", event_bytes,
           IN_FLIGHT, resident_kb());
    static const size_t requests[] = {1, 8, 64, 500};
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        size_t events = requests[i] < 64 ? most / 5 : most;
        struct eventlog *log = open_log(argv[1], requests[i]);
        double cpu = cpu_us();
        double begin = clock_seconds(CLOCK_MONOTONIC);
        append_all(log, pool, events, requests[i]);
        double wall = clock_seconds(CLOCK_MONOTONIC) - begin;
        double append_cpu = cpu_us() - cpu;
        struct eventlog_stats stats;
        eventlog_stats(log, &stats);
        eventlog_close(log);
        long append_kb = resident_kb();
        double closed_cpu = cpu_us() - cpu; // with what compaction still had to do
        begin = clock_seconds(CLOCK_MONOTONIC);
        log = open_log(argv[1], requests[i]);
        double open_ms = 1e3 * (clock_seconds(CLOCK_MONOTONIC) - begin);
        struct eventlog_stats after;
        eventlog_stats(log, &after);
        cpu = cpu_us();
        size_t count = read_all(log, "bench", (size_t)stats.appended_records);
        double read_cpu = cpu_us() - cpu;
        eventlog_close(log);
        printf(
            "request of %3zu: append %.2f us CPU an event (%.2f with closing), %.0f events/s, "
            "%.0f events a commit, disk %.3f of the bytes, open %.0f ms, reading behind %.2f us, "
            "peak %ld kB, %ld kB with reading\n",
            requests[i], append_cpu / (double)events, closed_cpu / (double)events,
            (double)events / wall, (double)stats.appended_records / (double)stats.commits,
            (double)after.disk_bytes / ((double)stats.appended_records * event_bytes), open_ms,
            read_cpu / (double)count, append_kb, resident_kb());
        fflush(stdout);
    }
    event_pool_free(pool);
    return 0;
}
