// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Carries an installation over from one event log and store to others, whatever their engines: all kept log records, every row.
//
//   source log   --copy in order-->   target log      (log_copy.c)
//   source store --page by page -->   target store    (row_copy.c)     then the offsets, then a comparison of both sides (tally.c)
//
// The target's log may have another number of partitions: plan.h says where everything goes then.
//
// What has been done is noted in a file beside the source, so that a migration that was interrupted anywhere, also by a power cut, goes
// on where it was when it is run again. Rows are written at offset 0 of their partition, in any order and again without harm; only
// when all are there is the partition's offset set to where the copied log ends. So everything that is processed at the target later is
// newer than what was carried over. One migration at a time, in one thread; neither side is used by anybody else meanwhile.
#ifndef FOOTFALL_MIGRATE_MIGRATE_H
#define FOOTFALL_MIGRATE_MIGRATE_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/error.h"
#include "eventlog/eventlog.h"
#include "store/store.h"

struct migrate_side {
    struct eventlog *log;
    struct store *store;
};

// X(symbol, what is being done, unit)
#define MIGRATE_PHASE_LIST(X)                                                                      \
    X(PLAN, "finding where everything goes", "records")                                            \
    X(SURVEY, "reading the source", "rows")                                                        \
    X(LOG, "copying the event log", "records")                                                     \
    X(ROWS, "copying the store", "rows")                                                           \
    X(CHECK_LOG, "checking the event log", "records")                                              \
    X(CHECK_ROWS, "checking the store", "rows")
enum migrate_phase {
#define X(symbol, text, unit) MIGRATE_PHASE_##symbol,
    MIGRATE_PHASE_LIST(X)
#undef X
};
const char *migrate_phase_text(enum migrate_phase phase);
const char *migrate_phase_unit(enum migrate_phase phase);

struct migrate_config {
    struct migrate_side source; // everything in its log is processed; nobody writes
    struct migrate_side target; // empty; any number of partitions
    const char *notes_path;     // beside the source
    struct clock *clock;
    int64_t timeline_retention_ms; // 0: none. Entries beyond it are left behind
    int64_t patience_ms; // how long a store that does not answer is asked again; 0: not at all
    bool (*stopped)(void *context); // NULL, or asked between steps: true ends the migration there
    // NULL, or called from inside. total 0: unknown.
    void (*progress)(enum migrate_phase phase, uint64_t done, uint64_t total, void *context);
    void *context;
};

// What there is on both sides of one kind of rows of one project, or of log records.
struct migrate_line {
    struct str what; // "day totals of shop"
    uint64_t source, target;
    bool same; // counts and contents
};
struct migrate_report {
    struct arena arena; // what follows lives in it
    struct migrate_line *lines;
    size_t line_count;
    struct migrate_line *differences; // finer than lines: totals by day, log records by partition
    size_t difference_count;
    int64_t behind; // of a survey: log records the source has not processed yet
};
void migrate_report_free(struct migrate_report *report);

// What a migration would carry over: fills the source's side of the lines. The target is not touched and may be absent.
MUST_CHECK enum status migrate_survey(const struct migrate_config *config,
                                      struct migrate_report *report, struct error *err);

// OK: all is copied and compared; without differences the migration is noted as done. CLOSED: stopped. EXISTS: it was done before.
// CONFLICT: the source is not fully processed or has moved on (also meanwhile), or the target is not empty and not what an interrupted migration of
// this source left. CORRUPT, and what the engines give: err says where. After all but EXISTS it may be run again.
// The report is filled only with OK.
MUST_CHECK enum status migrate_run(const struct migrate_config *config,
                                   struct migrate_report *report, struct error *err);

#endif
