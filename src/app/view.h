// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What a process knows of itself, and what all of them know together: the content of /status.
//
// Each process shows its own part on its management port. The gateway asks all of them and merges: what was accepted is a sum, a
// partition is shown by whoever owns it, and one that nobody owns who answers is stuck.
#ifndef FOOTFALL_APP_VIEW_H
#define FOOTFALL_APP_VIEW_H

#include "app/service.h"
#include "app/view_upstreams.h"
#include "base/arena.h"
#include "base/json_read.h"
#include "base/json_write.h"

#define APP_VIEW_NAME 16

struct app_view {
    char role[APP_VIEW_NAME];
    char address[160]; // of the management port; empty: not known
    char version[32];
    char waiting[APP_WAITING_TEXT];
    bool reachable; // of a peer: it answered
    bool ready;
    int64_t uptime_s;
    uint64_t memory_bytes;
    bool has_log, has_processor, has_store;
    char log_engine[APP_VIEW_NAME]; // "embedded", "kafka"
    bool has_spool;
    char store_engine[APP_VIEW_NAME]; // "embedded", "cassandra"
    struct eventlog_stats log;
    struct processor_stats processor;
    struct shape_stats shape;                                        // of a processor; in the arena
    char user_agents[ENRICHMENT_ABOUT], locations[ENRICHMENT_ABOUT]; // what enrichment goes by
    struct processor_folded *folded;                                 // in the arena
    size_t folded_count;
    struct store_stats store;
    struct processor_partition_status *rows; // by partition; in the arena
    size_t row_count;
    struct app_upstream_view *upstreams; // of a gateway; in the arena
    size_t upstream_count;
    struct str configuration; // what is known of the settings: an object; data NULL: nothing
    bool has_config;          // of the role config
    struct config_server_stats config;
};

// This process; all of it, up or not. ask_log: how far each partition was processed is asked of the event log where no processor is
// here to say, which takes round trips.
void app_view_look(struct app_service *service, bool ask_log, struct arena *arena,
                   struct app_view *out);
// Of a peer's reply. SYNTAX and the like: it is none of ours.
MUST_CHECK enum status app_view_read(struct str json, struct arena *arena, struct app_view *out);
// Adds what another process knows. NO_MEMORY.
MUST_CHECK enum status app_view_merge(struct app_view *view, const struct app_view *other,
                                      struct arena *arena);
// After the last: a partition without an owner is stuck.
void app_view_settle(struct app_view *view);
// How far processing is behind the event log, over all partitions.
struct app_lag {
    int64_t records;      // accepted, not yet queryable
    int64_t processed_ms; // everything received before is queryable; wall clock
    bool stuck;           // a partition cannot go on, or nothing is known
};
struct app_lag app_view_lag(const struct app_view *view);
// Forgets the partitions of other processes; then having none is nothing bad.
void app_view_keep_own(struct app_view *view);

// {"version":…,"eventLog":{…},…}; processes: those it was merged from, count 0: it is one process.
void app_view_write(struct json_writer *writer, const struct app_view *view,
                    const struct app_view *processes, size_t count);

// --- view_rules.c ---
// "rules": what each did; of what a peer shows; the sum, with NO_MEMORY.
void app_view_write_rules(struct json_writer *writer, const struct shape_stats *stats);
MUST_CHECK enum status app_view_read_rules(const struct json_value *processor, struct arena *arena,
                                           struct shape_stats *out);
MUST_CHECK enum status app_view_merge_rules(struct shape_stats *to, const struct shape_stats *from,
                                            struct arena *arena);

// Asks everybody in status.peers, at the same time and for five seconds at most, and puts ourselves in. *processes: one a peer, in the
// arena. NO_MEMORY. On a thread that may block.
MUST_CHECK enum status app_view_collect(struct app_service *service, struct arena *arena,
                                        struct app_view *merged, struct app_view **processes,
                                        size_t *count);

#endif
