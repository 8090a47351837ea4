// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What an event log engine implements; private to src/eventlog/.
//
// eventlog.c checks arguments and dispatches; each engine is one file (or folder) that fills this table. Every callback keeps the
// duty that eventlog.h states for the function of the same name. None may be NULL.
#ifndef FOOTFALL_EVENTLOG_ENGINE_H
#define FOOTFALL_EVENTLOG_ENGINE_H

#include "eventlog/eventlog.h"

struct eventlog_engine {
    const char *name; // "rocksdb", "memory", "kafka", "spool"
    void (*append)(struct eventlog *log, struct eventlog_append *append);
    // Answers all that waits for brokers with UNAVAILABLE soon: somebody else keeps it. Records may be there all the same.
    void (*give_up)(struct eventlog *log);
    enum status (*consumer_open)(struct eventlog *log,
                                 const struct eventlog_consumer_config *config,
                                 struct eventlog_consumer **out, struct error *err);
    void (*consumer_close)(struct eventlog_consumer *consumer);
    enum status (*poll)(struct eventlog_consumer *consumer, int64_t timeout_us, size_t max_bytes,
                        struct eventlog_batch *batch, struct error *err);
    void (*consumer_wake)(struct eventlog_consumer *consumer);
    enum status (*seek)(struct eventlog_consumer *consumer, unsigned partition, int64_t offset);
    enum status (*commit)(struct eventlog_consumer *consumer, unsigned partition,
                          int64_t next_offset);
    int64_t (*consumer_end)(struct eventlog_consumer *consumer, unsigned partition);
    // Of the partitions first to first + count - 1.
    enum status (*partitions_info)(struct eventlog *log, unsigned first, unsigned count,
                                   struct str group, struct eventlog_partition_info *out);
    void (*stats)(struct eventlog *log, struct eventlog_stats *out);
    enum status (*enforce_retention)(struct eventlog *log, struct error *err);
    void (*close)(struct eventlog *log);
};

// First member of every engine's own log object; consumers begin with a pointer to their log.
struct eventlog {
    const struct eventlog_engine *engine;
    unsigned partitions;
    _Atomic int64_t epoch;
};
struct eventlog_consumer {
    struct eventlog *log;
};

#endif
