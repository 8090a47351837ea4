// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Totals of one local day of a project, as one partition counts them: absolute amounts in memory, written when a cycle ends.
//
//   (partition, project, day) ─→ fixed cells: events, types, hours, devices, actives...   amounts in an array, dirty bits in a word
//                                counted cells: names, paths, hosts, session lengths      a growing array with an index
//                                leaders
//
// Tables are read from the store on first touch and forgotten, least recently used first, once their cells are written.
// Belongs to one thread.
#ifndef FOOTFALL_PROCESSOR_DAY_TOTALS_H
#define FOOTFALL_PROCESSOR_DAY_TOTALS_H

#include "event/event.h"
#include "processor/breakdowns.h"
#include "processor/folding.h"
#include "processor/intern.h"
#include "processor/leaders.h"
#include "processor/project_zones.h"
#include "processor/useragent.h"
#include "store/store.h"

#define DAY_TOTALS_OTHER STR("(other)")

// Cells that every day has: the first of each group.
enum day_fixed {
    DAY_EVENTS,
    DAY_ACTIVE_USERS,
    DAY_ACTIVE_ANONYMOUS,
    DAY_ACTIVE_USERS_7,
    DAY_ACTIVE_USERS_30,
    DAY_NEW_USERS,
    DAY_SESSIONS,
    DAY_BOUNCES,
    DAY_TYPE,
    DAY_HOUR = DAY_TYPE + EVENT_TYPE_COUNT,
    DAY_DEVICE = DAY_HOUR + 24,
    DAY_BROWSER = DAY_DEVICE + USERAGENT_DEVICE_COUNT,
    DAY_OS = DAY_BROWSER + USERAGENT_BROWSER_COUNT,
    DAY_FIXED_COUNT = DAY_OS + USERAGENT_OS_COUNT,
};
_Static_assert(DAY_FIXED_COUNT <= 64, "dirty bits of fixed cells are one word");

struct day_cell {
    struct intern_value *value; // NULL: the value is `number`, in decimal
    int64_t number;
    int64_t amount;
    uint8_t metric; // enum store_metric
    bool dirty;     // is among the changed ones
};

struct day_totals {
    struct day_totals *next;          // in its slot
    struct day_totals *newer, *older; // by use
    struct day_totals *next_dirty;    // of the partition
    struct project *project;
    unsigned partition;
    int32_t day;
    bool dirty;
    uint64_t fixed_dirty;
    int64_t fixed[DAY_FIXED_COUNT];
    struct day_cell *cells;
    uint32_t cell_count, cell_capacity;
    uint32_t *index;   // twice the capacity; 0: empty, else cell number + 1
    uint32_t *changed; // numbers of the dirty cells
    uint32_t changed_count;
    uint32_t values[BREAKDOWN_COUNT];         // different values a breakdown
    struct folding *folding[BREAKDOWN_COUNT]; // NULL: nothing was folded
    bool folds;                               // one of these is there
    struct leaders *leaders;                  // NULL: none yet
};

#define DAY_TOTALS_RECENT 256
struct day_totals_cache {
    struct store *store;
    struct intern *intern;
    struct intern_value *other;
    const struct breakdowns *breakdowns;
    struct processor_folded
        *folded; // by the tables that were written last; they count when that is committed
    size_t folded_count, folded_capacity;
    struct day_totals **slots;
    size_t slot_count;
    size_t count;
    struct day_totals *oldest, *newest;
    struct day_totals *recent[DAY_TOTALS_RECENT]; // direct-mapped
    size_t bytes;
};
// Where a partition keeps what it changed in this cycle.
struct day_totals_dirty {
    struct day_totals *first;
};

// breakdowns: outlives it. NO_MEMORY.
MUST_CHECK enum status day_totals_cache_init(struct day_totals_cache *cache, struct store *store,
                                             struct intern *intern,
                                             const struct breakdowns *breakdowns);
void day_totals_cache_free(struct day_totals_cache *cache);
void day_totals_cache_shrink(struct day_totals_cache *cache, size_t bytes);
void day_totals_cache_forget(struct day_totals_cache *cache, unsigned partition);

// The table, read from the store when it is not in memory; put on the dirty list, since who asks will change it.
MUST_CHECK enum status day_totals_take(struct day_totals_cache *cache,
                                       struct day_totals_dirty *dirty, unsigned partition,
                                       struct project *project, int32_t day,
                                       struct day_totals **out);
static inline void day_totals_add(struct day_totals *totals, unsigned cell, int64_t amount) {
    totals->fixed[cell] += amount;
    totals->fixed_dirty |= 1ULL << cell;
}
// Which value counts for text: itself, or "(other)" when the metric has its most values already; no value is given a row late. The caller
// holds the result; NULL: no memory.
struct intern_value *day_totals_value(struct day_totals_cache *cache, struct day_totals *totals,
                                      enum store_metric metric, struct str text);
MUST_CHECK enum status day_totals_add_value(struct day_totals_cache *cache,
                                            struct day_totals *totals, enum store_metric metric,
                                            struct intern_value *value, int64_t amount);
MUST_CHECK enum status day_totals_add_number(struct day_totals_cache *cache,
                                             struct day_totals *totals, enum store_metric metric,
                                             int64_t number, int64_t amount);
// One event more of the value, or of "(other)" (folding.h) when the breakdown is full.
MUST_CHECK enum status day_totals_add_text(struct day_totals_cache *cache,
                                           struct day_totals *totals, enum store_metric metric,
                                           struct str text, int64_t amount);
// The same of a declared dimension, by its place; text is "NAME=value".
MUST_CHECK enum status day_totals_add_declared(struct day_totals_cache *cache,
                                               struct day_totals *totals, size_t declared,
                                               struct str text);
MUST_CHECK enum status day_totals_offer_leader(struct day_totals_cache *cache,
                                               struct day_totals *totals, struct str user_id,
                                               int64_t events);
// *was: the user was among the leaders.
MUST_CHECK enum status day_totals_remove_leader(struct day_totals_cache *cache,
                                                struct day_totals *totals, struct str user_id,
                                                bool *was);
// Puts everything on the list into the batch and empties the list.
void day_totals_write(struct day_totals_cache *cache, struct day_totals_dirty *dirty,
                      struct store_batch *batch);
// The batch was committed: what was folded counts from now on.
void day_totals_tell_folded(struct day_totals_cache *cache, struct folded_counts *counts);

#endif
