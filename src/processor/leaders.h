// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The users with the most events of a day in one partition.
//
// Exact, though only LEADERS_MAX are known: a user's count never falls and is offered whenever it grew, so whoever was once
// displaced comes back with the count that brings it back. Order: events descending, then id ascending.
#ifndef FOOTFALL_PROCESSOR_LEADERS_H
#define FOOTFALL_PROCESSOR_LEADERS_H

#include "processor/intern.h"
#include "store/store.h"

#define LEADERS_MAX 50

struct leader {
    struct intern_value *id;
    int64_t events;
    bool stored; // the store has a row, maybe with a smaller count
    bool dirty;
};
struct leaders {
    struct leader top[LEADERS_MAX]; // in order
    uint32_t count;
    struct intern_value **displaced; // whose rows must go
    uint32_t displaced_count, displaced_capacity;
};

void leaders_free(struct leaders *leaders, struct intern *intern);
// NO_MEMORY.
MUST_CHECK enum status leaders_load(struct leaders *leaders, struct intern *intern, struct str id,
                                    int64_t events);
MUST_CHECK enum status leaders_offer(struct leaders *leaders, struct intern *intern, struct str id,
                                     int64_t events);
// Takes the id out, and its row; whoever would have been the next is not known. *was: it was among them. NO_MEMORY.
MUST_CHECK enum status leaders_remove(struct leaders *leaders, struct intern *intern, struct str id,
                                      bool *was);
// Puts what changed into the batch.
void leaders_write(struct leaders *leaders, struct intern *intern, struct str project, int32_t day,
                   struct store_batch *batch);

#endif
