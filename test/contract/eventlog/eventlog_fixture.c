// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The event log's test fixture.
#include "eventlog_fixture.h"

#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "eventlog/engine.h"
#include "fixture_kafka.h"

static int64_t read_wall(struct clock *clock) {
    return atomic_load(&CONTAINER_OF(clock, struct fixture_clock, clock)->wall);
}

static int64_t read_mono(struct clock *clock) {
    return atomic_load(&CONTAINER_OF(clock, struct fixture_clock, clock)->mono);
}

void fixture_clock_init(struct fixture_clock *clock, int64_t wall_ms) {
    clock->clock = (struct clock){.wall_ms = read_wall, .mono_us = read_mono};
    atomic_init(&clock->wall, wall_ms);
    atomic_init(&clock->mono, 1000000);
}

void fixture_clock_advance(struct fixture_clock *clock, int64_t ms) {
    atomic_fetch_add(&clock->wall, ms);
    atomic_fetch_add(&clock->mono, 1000 * ms);
}

bool fixture_is_memory(const struct fixture *fixture) {
    return strcmp(fixture->engine, "memory") == 0 || strcmp(fixture->engine, "spool") == 0;
}

bool fixture_is_kafka(const struct fixture *fixture) {
    return strcmp(fixture->engine, "kafka") == 0;
}

static void make_directory(struct fixture *fixture) {
    const char *place = getenv("TMPDIR");
    snprintf(fixture->directory, sizeof fixture->directory, "%s/footfall-eventlog-XXXXXX",
             place != NULL ? place : "/tmp");
    assert_non_null(mkdtemp(fixture->directory));
}

void fixture_init(struct fixture *fixture, const char *engine) {
    *fixture = (struct fixture){.engine = engine};
    fixture_clock_init(&fixture->clock, 1700000000000);
    fixture->config = (struct eventlog_config){.partitions = 4, .clock = &fixture->clock.clock};
    if (fixture_is_kafka(fixture)) {
        fixture_kafka_init(fixture);
    } else {
        make_directory(fixture);
    }
}

static enum status open_behind(void *context, struct eventlog **out, struct error *err) {
    const struct fixture *fixture = context;
    return eventlog_open_memory(&fixture->config, out, err);
}

// Open, and the log behind as well.
static enum status open_spool(struct fixture *fixture, struct error *err) {
    const struct eventlog_spool_config config = {.directory = fixture->directory,
                                                 .partitions = fixture->config.partitions,
                                                 .clock = clock_system(),
                                                 .open_behind = open_behind,
                                                 .context = fixture};
    enum status status = eventlog_open_spool(&config, &fixture->log, err);
    struct eventlog_stats stats = {.spooling = true};
    while (status == STATUS_OK && stats.spooling) {
        sched_yield();
        eventlog_stats(fixture->log, &stats);
    }
    return status;
}

void fixture_open(struct fixture *fixture) {
    struct error err = {0};
    enum status status;
    if (fixture_is_kafka(fixture)) {
        fixture->kafka.partitions = fixture->config.partitions;
        fixture->kafka.waiting_bytes_max = fixture->config.waiting_bytes_max;
        status = eventlog_open_kafka(&fixture->kafka, &fixture->log, &err);
    } else if (strcmp(fixture->engine, "spool") == 0) {
        status = open_spool(fixture, &err);
    } else if (fixture_is_memory(fixture)) {
        status = eventlog_open_memory(&fixture->config, &fixture->log, &err);
    } else {
        status = eventlog_open_rocksdb(fixture->directory, &fixture->config, &fixture->log, &err);
    }
    if (status != STATUS_OK) {
        fail_msg("%s: %s", status_name(status), err.text);
    }
}

void fixture_close(struct fixture *fixture) {
    eventlog_close(fixture->log);
    fixture->log = NULL;
}

void fixture_remove_directory(const char *directory) {
    DIR *opened = opendir(directory);
    if (opened == NULL) {
        return;
    }
    const struct dirent *entry;
    while ((entry = readdir(opened)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        char path[512];
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        if (unlink(path) != 0) {
            fixture_remove_directory(path);
        }
    }
    closedir(opened);
    rmdir(directory);
}

void fixture_free(struct fixture *fixture) {
    fixture_close(fixture);
    if (fixture_is_kafka(fixture)) {
        fixture_kafka_free(fixture);
    } else {
        fixture_remove_directory(fixture->directory);
    }
}

static void note_done(struct eventlog_append *append) {
    struct waiting_append *waiting = append->context;
    atomic_fetch_add(&waiting->done, 1);
    queue_wake(&waiting->waker);
}

void waiting_append_start(struct waiting_append *waiting, struct eventlog *log,
                          const struct eventlog_record *records, size_t count) {
    *waiting = (struct waiting_append){
        .append = {.records = records, .count = count, .done = note_done, .context = waiting}};
    queue_waker_init(&waiting->waker);
    eventlog_append(log, &waiting->append);
}

enum status waiting_append_finish(struct waiting_append *waiting) {
    queue_wait(&waiting->waker, -1);
    assert_int_equal(atomic_load(&waiting->done), 1);
    queue_waker_destroy(&waiting->waker);
    return waiting->append.status;
}

enum status fixture_append(struct fixture *fixture, const struct eventlog_record *records,
                           size_t count) {
    struct waiting_append waiting;
    waiting_append_start(&waiting, fixture->log, records, count);
    return waiting_append_finish(&waiting);
}

enum status fixture_append_one(struct fixture *fixture, const char *key, const char *value) {
    const struct eventlog_record record = {str_from_c(key), str_from_c(value),
                                           atomic_load(&fixture->clock.wall)};
    return fixture_append(fixture, &record, 1);
}

void fixture_key_for(unsigned partition, unsigned partitions, char out[32]) {
    for (unsigned i = 0;; i++) {
        snprintf(out, 32, "key-%u", i);
        if (eventlog_partition_of(str_from_c(out), partitions) == partition) {
            return;
        }
    }
}

struct eventlog_consumer *fixture_consumer(struct fixture *fixture, const char *group) {
    const struct eventlog_consumer_config config = {.group = str_from_c(group)};
    struct eventlog_consumer *consumer = NULL;
    assert_int_equal(eventlog_consumer_open(fixture->log, &config, &consumer, NULL), STATUS_OK);
    return consumer;
}

enum status fixture_poll(struct eventlog_consumer *consumer, size_t max_bytes,
                         struct eventlog_batch *batch, struct error *err) {
    enum status status = eventlog_poll(consumer, 0, max_bytes, batch, err);
    if (strcmp(eventlog_engine_name(consumer->log), "kafka") == 0) {
        int64_t deadline = clock_system()->mono_us(clock_system()) + 60LL * 1000 * 1000;
        while (status == STATUS_TIMEOUT && !fixture_kafka_is_settled(consumer)) {
            assert_true(clock_system()->mono_us(clock_system()) < deadline);
            status = eventlog_poll(consumer, 20000, max_bytes, batch, err);
        }
    }
    return status;
}

size_t fixture_drain(struct eventlog_consumer *consumer) {
    size_t records = 0;
    for (;;) {
        struct eventlog_batch batch;
        struct error err = {0};
        enum status status = fixture_poll(consumer, 1024UL * 1024, &batch, &err);
        if (status == STATUS_TIMEOUT) {
            return records;
        }
        if (status != STATUS_OK) {
            fail_msg("%s: %s", status_name(status), err.text);
        }
        records += batch.count;
    }
}
