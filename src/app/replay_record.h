// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What is known of a replay: as JSON for people, and the same for the store, so that it outlives the process.
#ifndef FOOTFALL_APP_REPLAY_RECORD_H
#define FOOTFALL_APP_REPLAY_RECORD_H

#include "base/json_write.h"
#include "base/status.h"
#include "base/str.h"

#define REPLAY_ID_MAX 24
#define REPLAY_BASIS_LEN 16
#define REPLAYS_KEPT 16 // of those that are over

enum replay_state {
    REPLAY_RUNNING,
    REPLAY_CAUGHT_UP, // level with the log, and waits for somebody to switch
    REPLAY_SWITCHED,
    REPLAY_CANCELLED,
    REPLAY_FAILED,
};
const char *replay_state_name(enum replay_state state);

struct replay_record {
    char id[REPLAY_ID_MAX]; // when it was begun, in milliseconds
    enum replay_state state;
    bool manual;                // it does not switch by itself
    bool partial;               // not all that was ever in the log is read
    int64_t from_ms;            // records received before are passed over; 0: none
    int64_t from_offset;        // so are those below, in each partition
    int64_t began_ms, ended_ms; // ended 0: not yet
    int64_t processed, records; // of the log
    char basis[REPLAY_BASIS_LEN +
               1]; // of rules, enrichment and settings: another one gives other results
    char problem[256];
};

void replay_record_write(struct json_writer *writer, const struct replay_record *record);
// NO_MEMORY, or CORRUPT when it is none.
MUST_CHECK enum status replay_record_read(struct str json, struct replay_record *out);
// {"items":[…]}, at most REPLAYS_KEPT.
void replay_records_write(struct json_writer *writer, const struct replay_record *records,
                          size_t count);
MUST_CHECK enum status replay_records_read(struct str json, struct replay_record *out,
                                           size_t *count);

#endif
