// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Counts rows and adds up digests of them, so that two stores can be compared without holding either; private to src/migrate/.
//
// A group is a kind of rows of one project; day totals by day as well. Sums of digests do not depend on the order in which a store
// gives its rows. 128 bits: two different stores agree by chance never. Of version floors only a project's highest counts: a store
// may keep several.
#ifndef FOOTFALL_MIGRATE_TALLY_H
#define FOOTFALL_MIGRATE_TALLY_H

#include "base/buffer.h"
#include "store/walk.h"

#define TALLY_BUCKETS 4096

struct tally_sum {
    uint64_t count;
    uint64_t digest[2];
};
struct tally_group {
    struct tally_group *next; // of the bucket
    enum store_row_kind kind;
    struct str project; // empty for rows that have none
    int32_t day;        // of day totals; else 0
    struct tally_sum sum;
};
struct tally {
    struct arena arena;
    struct buffer encoded; // one row at a time
    struct tally_group *buckets[TALLY_BUCKETS];
    size_t groups;
    uint64_t rows;
};

void tally_init(struct tally *tally);
void tally_free(struct tally *tally);
// NO_MEMORY, TOO_LARGE.
MUST_CHECK enum status tally_add(struct tally *tally, const struct store_row *row);
// What it has of a group; zero when it has none.
struct tally_sum tally_find(const struct tally *tally, const struct tally_group *group);
// Every group of one or the other tally, ordered by kind, project and day; in the arena. NULL: no memory.
struct tally_group *tally_merge(const struct tally *a, const struct tally *b, struct arena *arena,
                                size_t *count);

void tally_sum_add(struct tally_sum *sum, struct str bytes);
bool tally_sum_equal(const struct tally_sum *a, const struct tally_sum *b);

// The row's contents as bytes, all of them: equal rows and only those give equal bytes.
void tally_encode(struct buffer *out, const struct store_row *row);

#endif
