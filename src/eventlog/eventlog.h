// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The event log: the contract that the embedded engine, the in-memory twin and Kafka all keep.
//
// A log has a fixed number of partitions. A record's partition is murmur2(key) & 0x7fffffff modulo the count, as Kafka's Java
// client does it, in every implementation. Within a partition offsets are dense, start at 0 and grow by 1.
//
//   append: any thread ──→ one committer: one write, one fsync for everything waiting ──→ done() for each
//   read:   a consumer is a member of a group; a partition belongs to one member at a time
//
// All functions may be called from any thread, but a consumer belongs to one thread at a time.
#ifndef FOOTFALL_EVENTLOG_H
#define FOOTFALL_EVENTLOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/queue.h"
#include "base/str.h"

#define EVENTLOG_PARTITIONS_MAX 1024
#define EVENTLOG_RECORD_MAX (1024 * 1024) // bytes of key and value together

// --- Appending ----------------------------------------------------------------------------------------------------
struct eventlog_record {
    struct str key;
    struct str value;
    int64_t timestamp_ms; // when it was received; retention and the dedupe window go by it
};

// One request's records. The caller fills the upper part and keeps everything alive, records and what they point to
// included, until done is called, exactly once. done may be called before eventlog_append returns.
struct eventlog_append {
    const struct eventlog_record *records;
    size_t count; // 0 is allowed: done with OK
    void (*done)(
        struct eventlog_append *append); // on a thread of the log or the caller's; must not block
    void *context;
    enum status
        status; // OK: all records are on stable storage (fsynced, or acknowledged by all in-sync replicas).
    // QUOTA: refused, the disk quota is reached, nothing was kept. FULL: too much is waiting, nothing was
    // kept. TOO_LARGE: a record above EVENTLOG_RECORD_MAX, nothing was kept. IO, UNAVAILABLE, TIMEOUT:
    // not acknowledged; some records may be there all the same (the sender sends again, ids tell).
    // CLOSED: the log is closing, nothing was kept.
    struct queue_node node; // the log's own, as are the next two
    _Atomic uint32_t unreported;
    _Atomic uint32_t worst;
};

struct eventlog;

void eventlog_append(struct eventlog *log, struct eventlog_append *append);
unsigned eventlog_partition_count(const struct eventlog *log);
unsigned eventlog_partition_of(struct str key, unsigned partition_count);

// --- Reading ------------------------------------------------------------------------------------------------------
struct eventlog_consumer;

struct eventlog_consumer_config {
    struct str group; // 1..100 bytes
    // Called from inside eventlog_poll on the polling thread. After assigned returns, reading starts at *start, which comes in
    // as the group's committed offset (or the log's begin) and may be changed. revoked: finish and commit now; when it
    // returns the partition may go to another member.
    void (*assigned)(unsigned partition, int64_t *start, void *context);
    void (*revoked)(unsigned partition, void *context);
    void *context;
    // Only ever looks, and never commits: retention does not wait for the group. With Kafka it is no member of the group and
    // has all partitions, whoever else looks; elsewhere it is one, so that two at once would share them.
    bool looks;
};

struct eventlog_view {
    int64_t offset;
    int64_t timestamp_ms;
    struct str key;
    struct str value; // followed by at least 64 readable bytes
};

// Records of one partition in offset order. Valid until the next poll or close of the same consumer.
struct eventlog_batch {
    unsigned partition;
    const struct eventlog_view *records;
    size_t count;
    int64_t
        next_offset; // where reading goes on: behind the last record, also over a gap left by retention
};

MUST_CHECK enum status eventlog_consumer_open(struct eventlog *log,
                                              const struct eventlog_consumer_config *config,
                                              struct eventlog_consumer **out, struct error *err);
// Leaves the group (calls revoked for what it owns). NULL is fine.
void eventlog_consumer_close(struct eventlog_consumer *consumer);
// Waits at most timeout_us for records of any owned partition, about max_bytes at most (at least one record), fair between
// partitions. OK; TIMEOUT: nothing new (batch->count is 0); CLOSED: eventlog_wake_all and close; CORRUPT or IO: batch->partition
// and next_offset name the place that could not be read and err says more: that partition is not skipped and not read again until
// eventlog_seek; the others go on.
MUST_CHECK enum status eventlog_poll(struct eventlog_consumer *consumer, int64_t timeout_us,
                                     size_t max_bytes, struct eventlog_batch *batch,
                                     struct error *err);
// Makes a poll that waits return TIMEOUT now. Any thread.
void eventlog_consumer_wake(struct eventlog_consumer *consumer);
// Reading of an owned partition goes on at `offset`. NOT_FOUND when the partition is not owned.
MUST_CHECK enum status eventlog_seek(struct eventlog_consumer *consumer, unsigned partition,
                                     int64_t offset);
// Everything below next_offset of an owned partition is done with. Stable before it returns or soon after (a lost commit only
// means reading again). NOT_FOUND when the partition is no longer owned.
MUST_CHECK enum status eventlog_commit(struct eventlog_consumer *consumer, unsigned partition,
                                       int64_t next_offset);

// --- Looking ------------------------------------------------------------------------------------------------------
struct eventlog_partition_info {
    int64_t begin;     // first offset still kept
    int64_t end;       // behind the last durable record
    int64_t committed; // of the group asked for; -1 when it never committed
};
// What is true now: asks the brokers where there are some, which takes round trips (UNAVAILABLE when they do not answer in a few
// seconds, and at once for a while after that). NOT_FOUND: there is no such partition.
MUST_CHECK enum status eventlog_partition_info(struct eventlog *log, unsigned partition,
                                               struct str group,
                                               struct eventlog_partition_info *out);
// The same of the partitions 0 to count - 1 (at most as many as there are), in no more round trips than for one.
MUST_CHECK enum status eventlog_partitions_info(struct eventlog *log, struct str group,
                                                struct eventlog_partition_info *out,
                                                unsigned count);
// Where an owned partition ended when the consumer last heard of it, for loops that ask often: cheap, asks nobody, and may be
// behind. -1: nothing is known, or the partition is not owned. The consumer's thread.
int64_t eventlog_consumer_end(struct eventlog_consumer *consumer, unsigned partition);
struct eventlog_stats {
    uint64_t appended_records; // since start, durable
    uint64_t appended_bytes;   // keys and values
    uint64_t commits;          // group commits since start
    uint64_t refused;          // appends not acknowledged since start
    uint64_t waiting_bytes;    // queued, not yet durable
    uint64_t disk_bytes;       // 0 for engines without a disk of their own
    uint64_t quota_bytes;      // 0: none
    bool writable;             // false: quota reached or the engine refuses writes
    bool reachable;            // false: no broker answers; without brokers always true
    unsigned surplus;          // partitions that somebody added to the topic: nobody reads them
    // Of a spool in front of Kafka; nothing for the others.
    bool spooling;            // appends go to the spool, and what is in it to Kafka
    uint64_t spool_records;   // waiting in it
    uint64_t spool_bytes;     // on disk
    int64_t spool_oldest_ms;  // timestamp of the oldest that waits; 0: none
    uint64_t drained_records; // moved from it to Kafka since start
};
void eventlog_stats(struct eventlog *log, struct eventlog_stats *out);
// Drops what is older than retention allows, now (also done on a schedule by the log itself).
MUST_CHECK enum status eventlog_enforce_retention(struct eventlog *log, struct error *err);
// Number that tells one life of the log from another (a log made anew starts offsets at 0): random, positive, kept with the log.
// 0: not known yet, of a spool whose Kafka has not answered since start.
int64_t eventlog_epoch(const struct eventlog *log);
// Waits for what is queued (CLOSED for what comes later), then frees. Consumers must be closed before. NULL is fine.
void eventlog_close(struct eventlog *log);
// "rocksdb", "memory", "kafka", "spool". Static storage.
const char *eventlog_engine_name(const struct eventlog *log);

// --- Engines ------------------------------------------------------------------------------------------------------
struct eventlog_config {
    unsigned
        partitions; // of a new log; an existing one keeps its own (a difference is an error that says so)
    int64_t retention_ms;     // 0: keep for ever. Records of at least this age may go
    uint64_t retention_bytes; // 0: no limit. Oldest go first, over all partitions
    bool
        retention_waits_for_consumers; // do not drop what a known group has not committed, and nothing while none is known (appends are refused at the quota, then)
    uint64_t quota_bytes;              // 0: none. Appends get QUOTA while the log is above it
    uint64_t
        disk_reserve_bytes; // 0: none. Appends get QUOTA while the file system has less free than this
    size_t waiting_bytes_max; // most bytes queued before appends get FULL; 0: 64 MiB
    struct clock *clock;
};
// directory: created (mode 0700) when missing; CONFLICT when another process has it open.
MUST_CHECK enum status eventlog_open_rocksdb(const char *directory,
                                             const struct eventlog_config *config,
                                             struct eventlog **out, struct error *err);
// How many partitions the log in a directory has, whoever has it open. NOT_FOUND: there is none.
MUST_CHECK enum status eventlog_rocksdb_partitions(const char *directory, unsigned *out,
                                                   struct error *err);
// A copy of the log as it is now into a directory that is not there yet: hard links where the file system can. All that was acknowledged
// before the call is in it. UNSUPPORTED: not a log of eventlog_open_rocksdb.
MUST_CHECK enum status eventlog_rocksdb_checkpoint(struct eventlog *log, const char *directory,
                                                   struct error *err);
// Between hold and release no record is dropped by retention, so that the log still has what a store copied meanwhile has not applied.
// UNSUPPORTED as above.
MUST_CHECK enum status eventlog_rocksdb_hold(struct eventlog *log, struct error *err);
void eventlog_rocksdb_release(struct eventlog *log);
MUST_CHECK enum status eventlog_open_memory(const struct eventlog_config *config,
                                            struct eventlog **out, struct error *err);

// Kafka: brokers keep the records; several processes share the partitions of a group.
struct eventlog_kafka_config {
    struct str brokers;   // "host:port,host:port"
    struct str topic;     // of the events; metadata lives in "<topic>.meta"
    unsigned partitions;  // of a topic that is made; an existing one must have as many
    unsigned replication; // of a topic that is made; 0: 3, or as many brokers as there are
    unsigned min_insync;  // 0: replication - 1, at least 1
    // Of a topic that is made; on one that exists a difference is logged. 0: for ever.
    int64_t retention_ms;
    uint64_t retention_bytes;    // of the whole topic, a copy; each partition gets its part
    struct str instance_id;      // static membership (group.instance.id); empty: dynamic
    int64_t session_timeout_ms;  // 0: 10 s
    int64_t delivery_timeout_ms; // 0: 30 s; an append not acknowledged by then gets TIMEOUT
    size_t waiting_bytes_max;    // most bytes queued before appends get FULL; 0: 64 MiB
    // Lines "name=value" for librdkafka as they are (security.protocol, sasl.*, ssl.*); empty lines and # comments are fine.
    struct str properties;
    bool must_exist; // a topic that is missing is not made: NOT_FOUND
    // Gets each setting of the topic that is not as it would be made, during the opening; NULL: they are logged.
    void (*differs)(void *context, const char *setting, const char *value, const char *consequence);
    void *differs_context;
    // A topic may have more partitions by now: only the first are read. For who moves what was in them elsewhere.
    bool may_be_wider;
    struct clock *clock;
};
// The strings need live only for the call. UNAVAILABLE: no broker answers in time; wait and try again. CONFLICT: the topic has
// another number of partitions. INVALID: a setting or property is refused, err names it. UNSUPPORTED: built without librdkafka.
MUST_CHECK enum status eventlog_open_kafka(const struct eventlog_kafka_config *config,
                                           struct eventlog **out, struct error *err);

// A fsynced local queue in front of Kafka: when Kafka does not acknowledge in time, events go there, still get their OK, and move
// on to Kafka in order when it is back. Reading passes through to the log behind (UNAVAILABLE while it is not open).
struct eventlog_spool_config {
    const char *directory; // made (mode 0700) when missing; one process at a time
    unsigned partitions;   // as the log behind
    uint64_t quota_bytes;  // 0: none. Appends that neither Kafka nor the spool can take get QUOTA
    uint64_t disk_reserve_bytes;
    int64_t
        patience_ms; // how long Kafka may take to acknowledge before events go to the spool; 0: 2 s
    struct clock *clock;
    // Opens what stands behind. Called on the spool's own thread, again and again until it succeeds, so that a process starts and
    // takes events while Kafka is away. What it opened is the spool's to close.
    enum status (*open_behind)(void *context, struct eventlog **out, struct error *err);
    void *context;
};
// CONFLICT: another process has the directory open.
MUST_CHECK enum status eventlog_open_spool(const struct eventlog_spool_config *config,
                                           struct eventlog **out, struct error *err);

#endif
