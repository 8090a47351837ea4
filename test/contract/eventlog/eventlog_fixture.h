// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the event log's tests stand on: a log of any engine in a directory or topic of its own, a clock that stands still, and
// appends that can be waited for.
//
// "kafka" needs brokers: FOOTFALL_TEST_KAFKA=host:port,... Its log keeps real time; the fixture's clock only stamps records.
#ifndef FOOTFALL_TEST_EVENTLOG_FIXTURE_H
#define FOOTFALL_TEST_EVENTLOG_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "eventlog/eventlog.h"

struct fixture_clock {
    struct clock clock; // first member
    atomic_llong wall;
    atomic_llong mono;
};
void fixture_clock_init(struct fixture_clock *clock, int64_t wall_ms);
void fixture_clock_advance(struct fixture_clock *clock, int64_t ms);

struct fixture {
    const char *engine;  // "memory", "rocksdb", "spool" (memory behind it) or "kafka"
    char directory[128]; // empty for kafka
    char topic[64];      // of kafka; deleted by fixture_free
    struct fixture_clock clock;
    struct eventlog_config config;
    struct eventlog_kafka_config kafka; // partitions are config's
    struct eventlog *log;               // NULL while closed
};
bool fixture_is_memory(const struct fixture *fixture); // nothing outlives the log
bool fixture_is_kafka(const struct fixture *fixture);
void fixture_init(struct fixture *fixture,
                  const char *engine); // makes the directory; does not open
void fixture_open(struct fixture *fixture);
void fixture_close(struct fixture *fixture);
void fixture_free(struct fixture *fixture); // closes, removes the directory
void fixture_remove_directory(const char *directory);

// An append with its own latch; how often done was called is counted.
struct waiting_append {
    struct eventlog_append append;
    atomic_uint done;
    struct queue_waker waker;
};
void waiting_append_start(struct waiting_append *waiting, struct eventlog *log,
                          const struct eventlog_record *records, size_t count);
enum status waiting_append_finish(struct waiting_append *waiting);

// One append, waited for.
enum status fixture_append(struct fixture *fixture, const struct eventlog_record *records,
                           size_t count);
// One record; key and value are C strings; stamped with the fixture's clock.
enum status fixture_append_one(struct fixture *fixture, const char *key, const char *value);
// A key whose records go to that partition.
void fixture_key_for(unsigned partition, unsigned partitions, char out[32]);

struct eventlog_consumer *fixture_consumer(struct fixture *fixture, const char *group);
// Polls the only member of a group; TIMEOUT when nothing is left to read. Waits only where records come from brokers: until the
// member owns all partitions and has read them to their ends.
enum status fixture_poll(struct eventlog_consumer *consumer, size_t max_bytes,
                         struct eventlog_batch *batch, struct error *err);
// Polls so until nothing is left; returns the number of records. Fails the test on any trouble.
size_t fixture_drain(struct eventlog_consumer *consumer);

#endif
