// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The event log on Kafka through librdkafka; private to src/eventlog/ and its tests.
//
//   eventlog_append ─→ producer (librdkafka batches, compresses, sends) ─→ delivery reports ─→ reports thread ─→ done()
//   eventlog_poll   ←─ one librdkafka consumer a eventlog_consumer, one queue a partition
//   looking         ←─ one handle a group asked for, which never joins the group
//
// Topics: "<topic>" has the events, key and value as they are; "<topic>.meta" the epoch (kafka_epoch.c). Groups are called
// "<topic>.<group>", so that topics of one cluster share none.
#ifndef FOOTFALL_EVENTLOG_KAFKA_H
#define FOOTFALL_EVENTLOG_KAFKA_H

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "base/thread.h"
#include "eventlog/engine.h"

#define KAFKA_OPEN_MS 5000      // how long brokers may take to answer while a log opens
#define KAFKA_LOOK_MS 3000      // and while it is looked at
#define KAFKA_MESSAGE_ROOM 4096 // what a record batch needs besides its one record, generously
#define KAFKA_ERROR_TEXT 400

// One life of librdkafka's producer. It ends when librdkafka finds its idempotence lost.
struct kafka_producer {
    struct kafka_producer *next; // among those that are being given up
    rd_kafka_t *rk;
    rd_kafka_topic_t *topic;
    rd_kafka_queue_t *queue; // delivery reports and errors
};

// Asks for a group's committed offsets; and for where partitions begin and end.
struct kafka_looker {
    struct kafka_looker *next;
    rd_kafka_t *rk;
    rd_kafka_topic_t *topic;
    struct str group; // as eventlog.h names it
};

struct kafka_consumer;
struct kafka_log {
    struct eventlog log; // first member
    struct eventlog_kafka_config
        config; // defaults filled in; strings are the arena's, NUL-terminated
    struct arena arena;

    pthread_rwlock_t producer_lock;  // read: producing; write: another producer takes over
    struct kafka_producer *producer; // changed by the reports thread only
    struct kafka_producer *retiring; // the reports thread's
    int descriptor;                  // an eventfd: there are reports, or something else to look at
    struct thread thread;
    bool thread_started;
    atomic_bool closing;
    int64_t replace_at; // not before; monotonic; the reports thread's
    int64_t probe_at;   // monotonic; the reports thread's

    atomic_uint appending; // threads inside append
    atomic_size_t waiting_bytes;
    atomic_size_t waiting_records;
    atomic_bool reachable;
    atomic_uint surplus; // partitions that somebody added, as far as is known
    _Atomic uint64_t appended_records, appended_bytes, commits, refused;

    pthread_mutex_t mutex;            // guards what follows
    struct kafka_consumer *consumers; // open ones
    pthread_mutex_t look_mutex;       // guards what follows; held while brokers are asked
    struct kafka_looker *lookers;
    int64_t look_at; // after brokers did not answer: not before; monotonic
};

static inline struct kafka_log *kafka_of(struct eventlog *log) {
    return CONTAINER_OF(log, struct kafka_log, log);
}

// --- kafka_config.c: librdkafka's settings
enum kafka_kind { KAFKA_PRODUCER, KAFKA_CONSUMER, KAFKA_LOOKER };
// group, instance: of consumers and lookers; instance may be NULL. The handle is made; the caller destroys it.
MUST_CHECK enum status kafka_handle_open(struct kafka_log *log, enum kafka_kind kind,
                                         struct str group, const char *instance,
                                         void (*customize)(rd_kafka_conf_t *conf, void *context),
                                         void *context, rd_kafka_t **out, struct error *err);
// What an error of librdkafka's means to the caller of an append, or of anything else.
enum status kafka_status(rd_kafka_resp_err_t code);

// --- kafka_topic.c
// Makes the topics, or compares the one with the events with what it should be. The producer must be open.
MUST_CHECK enum status kafka_topics_open(struct kafka_log *log, rd_kafka_t *keeper,
                                         struct error *err);

// --- kafka_admin.c: requests to brokers, waited for
struct kafka_new_topic {
    const char *name;
    unsigned partitions;
    unsigned replication;
    const char *const *settings; // name, value, ..., NULL
};
MUST_CHECK enum status kafka_topic_create(rd_kafka_t *rk, const struct kafka_new_topic *wanted,
                                          struct error *err); // EXISTS
struct kafka_topic_shape {
    unsigned partitions;  // 0: there is no such topic
    unsigned replication; // of the partition that has the fewest
    bool led;             // every partition has a leader
    unsigned brokers;     // of the cluster
};
MUST_CHECK enum status kafka_topic_shape(rd_kafka_t *rk, const char *topic,
                                         struct kafka_topic_shape *out, struct error *err);
// Calls each for every setting of a topic. NOT_FOUND: the broker that was asked has not heard of it (yet).
MUST_CHECK enum status kafka_topic_settings(rd_kafka_t *rk, const char *topic,
                                            void (*each)(const char *name, const char *value,
                                                         void *context),
                                            void *context, struct error *err);
// How many copies a topic made now gets.
unsigned kafka_replication(const struct kafka_log *log, unsigned brokers);

// --- kafka_epoch.c
struct kafka_pending {
    uint64_t id; // 0: nothing was announced
};
// Says in the metadata that this process is about to make the topic; and how that went.
MUST_CHECK enum status kafka_epoch_announce(struct kafka_log *log, struct kafka_pending *pending,
                                            struct error *err);
MUST_CHECK enum status kafka_epoch_made(struct kafka_log *log, const struct kafka_pending *pending,
                                        bool made, struct error *err);
// Finds the epoch that all processes agree on, waiting for it where another process has just made the topic.
MUST_CHECK enum status kafka_epoch_find(struct kafka_log *log, rd_kafka_t *keeper, int64_t *epoch,
                                        struct error *err);

// --- kafka_producer.c
MUST_CHECK enum status kafka_producer_open(struct kafka_log *log, struct kafka_producer **out,
                                           struct error *err);
// When the topic exists.
MUST_CHECK enum status kafka_producer_use_topic(struct kafka_log *log,
                                                struct kafka_producer *producer, struct error *err);
void kafka_producer_close(struct kafka_producer *producer);
// Writes one record to a topic and waits for it. Only before the reports thread runs.
MUST_CHECK enum status kafka_producer_write(struct kafka_producer *producer, const char *topic,
                                            struct str key, struct str value, struct error *err);
void kafka_append(struct eventlog *log, struct eventlog_append *append);
void kafka_give_up(struct eventlog *log);
void *kafka_reports_run(void *log);
void kafka_notify(int descriptor);
void kafka_take_notes(int descriptor);

// --- kafka_consumer.c: groups; kafka_poll.c: reading
struct kafka_position {
    bool owned;
    bool failed;       // could not be read there; a seek tries again
    bool out_of_range; // librdkafka stopped there; why is to be found out
    int64_t offset;    // the next to deliver
    _Atomic int64_t
        told; // the last commit, perhaps still on its way; -1: none. Any thread reads it
    rd_kafka_queue_t *queue;  // NULL unless owned
    rd_kafka_message_t *held; // fetched, and left for the next poll
};
struct kafka_consumer {
    struct eventlog_consumer consumer; // first member
    struct kafka_consumer *next;       // in the log's list
    struct eventlog_consumer_config config;
    char group[101];
    unsigned number; // among the process's members of the group
    rd_kafka_t *rk;  // NULL after a fatal error, until revive_at
    int descriptor;  // an eventfd: something may be there
    atomic_bool woken;
    bool fatal;
    int64_t revive_at; // monotonic
    bool giving_up;    // inside revoked: commits are waited for
    bool lost;         // inside revoked: others may own the partitions already
    bool leaving;      // takes nothing any more, though the group may just have given it something
    bool reassign;     // positions were changed
    bool untaken;      // it only looks, and has not begun
    int64_t look_at;   // not before: find out why partitions are out of range; monotonic
    unsigned turn;     // the partition to look at first
    struct kafka_position *positions; // one a partition
    struct eventlog_view *views;
    size_t view_count;
    size_t view_capacity;
    char *bytes; // what the views point to
    size_t bytes_capacity;
};
static inline struct kafka_consumer *kafka_consumer_of(struct eventlog_consumer *consumer) {
    return CONTAINER_OF(consumer, struct kafka_consumer, consumer);
}
// Rebalances, and errors of the group.
void kafka_group_serve(struct kafka_consumer *consumer);
enum status kafka_consumer_open(struct eventlog *log, const struct eventlog_consumer_config *config,
                                struct eventlog_consumer **out, struct error *err);
void kafka_consumer_close(struct eventlog_consumer *consumer);
enum status kafka_poll(struct eventlog_consumer *consumer, int64_t timeout_us, size_t max_bytes,
                       struct eventlog_batch *batch, struct error *err);
void kafka_consumer_wake(struct eventlog_consumer *consumer);
enum status kafka_seek(struct eventlog_consumer *consumer, unsigned partition, int64_t offset);
int64_t kafka_consumer_end(struct eventlog_consumer *consumer, unsigned partition);
// What brokers do not tell now is not known to be beyond.
bool kafka_is_beyond_end(struct kafka_consumer *consumer, unsigned partition, int64_t offset);

// --- kafka_commit.c
enum status kafka_commit(struct eventlog_consumer *consumer, unsigned partition,
                         int64_t next_offset);
// Puts in what this process's consumers of the group have committed last, which may still be on its way.
void kafka_consumers_amend(struct kafka_log *log, unsigned first, unsigned count, struct str group,
                           struct eventlog_partition_info *out);

// --- kafka_look.c
enum status kafka_partitions_info(struct eventlog *log, unsigned first, unsigned count,
                                  struct str group, struct eventlog_partition_info *out);
// Where partitions begin and end, by a handle of the caller's.
MUST_CHECK enum status kafka_look_bounds(rd_kafka_t *rk, const char *topic, unsigned first,
                                         unsigned count, struct eventlog_partition_info *out);
MUST_CHECK enum status kafka_look_committed(rd_kafka_t *rk, const char *topic, unsigned first,
                                            unsigned count, struct eventlog_partition_info *out);
// Of a handle that looks and is no member of a group: without leaving one, which waits for a coordinator as long as there is none.
void kafka_looker_destroy(rd_kafka_t *rk);
void kafka_lookers_close(struct kafka_log *log);

#endif
