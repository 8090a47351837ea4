// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Coarse timers of one loop: starting and stopping one costs a few instructions, because nearly all of them are stopped.
//
//   slots  [t][ ][t t][ ] ... one a tick of 4 ms, 1024 of them; a timer further away goes round more than once
//
// A timer never fires early and at most about a tick late (plus what the loop is late). All on the loop's thread.
#ifndef FOOTFALL_CQL_WHEEL_H
#define FOOTFALL_CQL_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CQL_WHEEL_SLOTS 1024
#define CQL_WHEEL_TICK_MS 4

// Lives inside its owner's object; zeroed it is stopped.
struct cql_timer {
    struct cql_timer *next;
    struct cql_timer **link; // what points to this one; NULL: stopped
    int64_t tick;
    void (*fire)(struct cql_timer *timer); // stopped before it is called; may start and stop any
};

struct cql_wheel {
    struct cql_timer *slots[CQL_WHEEL_SLOTS];
    uint64_t occupied[CQL_WHEEL_SLOTS / 64]; // a bit a slot
    int64_t tick;                            // all up to this one have been looked at
};

void cql_wheel_init(struct cql_wheel *wheel, int64_t now_ms);
// Restarts one that runs.
void cql_timer_start(struct cql_wheel *wheel, struct cql_timer *timer, int64_t due_ms,
                     void (*fire)(struct cql_timer *timer));
void cql_timer_stop(struct cql_wheel *wheel,
                    struct cql_timer *timer); // one that is stopped is fine
static inline bool cql_timer_runs(const struct cql_timer *timer) {
    return timer->link != NULL;
}
void cql_wheel_advance(struct cql_wheel *wheel, int64_t now_ms); // fires what is due
// When cql_wheel_advance should be called next; INT64_MAX when no timer runs.
int64_t cql_wheel_next_ms(const struct cql_wheel *wheel);

#endif
