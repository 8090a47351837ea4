// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Runs of batches of one partition, the grain at which retention drops: it never looks at records.
//
//   [segment][segment][segment][active]      begin of the partition = first segment's base, end = active's end
//
// Closed segments are stored as one small row each. The active one is stored in the header of its last batch, so that keeping it
// costs nothing per write and opening a log reads one batch a partition.
#ifndef FOOTFALL_EVENTLOG_SEGMENT_H
#define FOOTFALL_EVENTLOG_SEGMENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct segment {
    int64_t base;
    int64_t end;    // behind its last record
    uint64_t bytes; // encoded
    int64_t oldest; // timestamp of its first batch
    int64_t newest; // newest timestamp in it
};

// Oldest first; a plain growing array whose front is given up in place.
struct segment_list {
    struct segment *items;
    size_t first;
    size_t end; // items[first .. end)
    size_t capacity;
};

static inline size_t segment_list_count(const struct segment_list *list) {
    return list->end - list->first;
}
static inline struct segment *segment_list_at(const struct segment_list *list, size_t i) {
    return &list->items[list->first + i];
}
// Makes sure that the next `more` pushes cannot fail.
MUST_CHECK enum status segment_list_reserve(struct segment_list *list, size_t more);
void segment_list_push(struct segment_list *list, const struct segment *segment); // after reserve
void segment_list_drop_front(struct segment_list *list, size_t count);
void segment_list_free(struct segment_list *list);

#endif
