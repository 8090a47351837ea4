// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Where everything of the source goes at the target; private to src/migrate/.
//
// With as many partitions on both sides everything keeps its partition, and offsets within rows move along with the log. With another
// number each kind of row has a way of its own (docs/adr/0032-another-number-of-partitions.md):
//
//   an actor's rows, links    to the partition of the actor's key, as their records
//   day totals                keep their number, be there such a partition or not: readers add up over all. The leaders of a day go with
//                             their users, at most as many as a partition keeps
//   dedupe windows            taken apart, id by id: to the partition of the record that had the id, or, where the log no longer has
//                             it, to each that it could be in
//   dead letters, marks       to where their record is in the target's log; what the log no longer has gets numbers below 0
//   refusals                  to STORE_PARTITION_CARRIED: nobody knows whose they are
//
// It is made anew by each run, from the source alone, which does not change meanwhile.
#ifndef FOOTFALL_MIGRATE_PLAN_H
#define FOOTFALL_MIGRATE_PLAN_H

#include "migrate/migrate.h"
#include "migrate/notes.h"

#define PLAN_LEADERS 50 // that a partition keeps of a day

// A dead letter or its mark.
struct plan_letter {
    unsigned partition; // at the source, as is
    int64_t offset;
    unsigned target; // and there
    int64_t number;
    bool has_row; // false: there is only a mark
    bool placed;  // its record is in the log
};
struct plan_leader {
    struct str id;
    int64_t events;
    unsigned target;
    bool stays;
};
struct plan {
    const struct migrate_config *config;
    struct notes *notes;
    bool spreads; // the numbers of partitions differ
    struct arena arena;

    // When it spreads
    struct plan_letter *letters; // by partition and offset
    size_t letter_count;
    struct store_row *chunks; // of kind SEEN, as they are to be
    size_t chunk_count;
    // The leaders of one project and day, by id
    struct arena leaders_arena;
    struct str leaders_project;
    int32_t leaders_day;
    struct plan_leader *leaders;
    size_t leader_count;
};

// Also sets where the copied log ends in each partition (notes->places). CORRUPT: a record is in another partition than its key's.
MUST_CHECK enum status plan_make(const struct migrate_config *config, struct notes *notes,
                                 struct plan *out, struct error *err);
void plan_free(struct plan *plan);

// By how much offsets of a partition move; of plans that do not spread.
static inline int64_t plan_shift(const struct plan *plan, unsigned partition) {
    return plan->notes->places[partition].begin - plan->notes->ranges[partition].begin;
}
// Of `partitions` the one where records of that actor are.
unsigned plan_partition_of_id(struct str project, struct str id, unsigned partitions);
// Makes of a row of the source the one of the target. False: it is left behind, or *status says why it cannot be told: CORRUPT, its
// partition is not there.
bool plan_row(struct plan *plan, struct store_row *row, enum status *status);

// --- plan_seen.c: dedupe windows that are taken apart
struct seen_id {
    uint64_t hash;
    uint32_t partition; // at the source
    uint32_t target;    // SEEN_UNKNOWN, SEEN_SEVERAL
    uint64_t order;     // of its first record; 0: in no record
};
#define SEEN_UNKNOWN UINT32_MAX
#define SEEN_SEVERAL (UINT32_MAX - 1)
struct seen_chunk {
    unsigned partition;
    struct store_seen seen; // its hashes are in the arena
};
struct seen_plan {
    struct arena arena;
    struct seen_chunk *chunks; // in the order of log time
    size_t chunk_count, chunk_capacity;
    struct seen_id *ids; // by hash and partition
    size_t id_count;
    uint64_t records; // noted so far
};
void seen_plan_init(struct seen_plan *seen);
void seen_plan_free(struct seen_plan *seen);
MUST_CHECK enum status seen_plan_add(struct seen_plan *seen, const struct store_row *row);
// All are added.
MUST_CHECK enum status seen_plan_sort(struct seen_plan *seen);
// Offset from which on a partition's records are worth looking at; INT64_MAX: none is.
int64_t seen_plan_from(const struct seen_plan *seen, unsigned partition, int64_t log_begin);
// A record with the id is in this partition at the source, and goes to that one. In the order of the target's log.
void seen_plan_note(struct seen_plan *seen, uint64_t hash, unsigned partition, unsigned target);
// Chunks for the plan, in its arena.
MUST_CHECK enum status seen_plan_take_apart(const struct seen_plan *seen, struct plan *plan);

#endif
