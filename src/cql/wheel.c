// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A hashed timer wheel (Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", 1987, scheme 6).
#include "cql/wheel.h"

#include <string.h>

void cql_wheel_init(struct cql_wheel *wheel, int64_t now_ms) {
    memset(wheel, 0, sizeof *wheel);
    wheel->tick = now_ms / CQL_WHEEL_TICK_MS;
}

static unsigned slot_of(int64_t tick) {
    return (unsigned)((uint64_t)tick % CQL_WHEEL_SLOTS);
}

static void insert(struct cql_wheel *wheel, struct cql_timer *timer) {
    unsigned slot = slot_of(timer->tick);
    struct cql_timer **head = &wheel->slots[slot];
    timer->next = *head;
    timer->link = head;
    if (timer->next) {
        timer->next->link = &timer->next;
    }
    *head = timer;
    wheel->occupied[slot / 64] |= UINT64_C(1) << (slot % 64);
}

static void unlink_timer(struct cql_timer *timer) {
    *timer->link = timer->next;
    if (timer->next) {
        timer->next->link = timer->link;
    }
    timer->link = NULL;
    timer->next = NULL;
}

static void forget_empty(struct cql_wheel *wheel, unsigned slot) {
    if (!wheel->slots[slot]) {
        wheel->occupied[slot / 64] &= ~(UINT64_C(1) << (slot % 64));
    }
}

void cql_timer_stop(struct cql_wheel *wheel, struct cql_timer *timer) {
    if (timer->link) {
        unlink_timer(timer);
        forget_empty(wheel, slot_of(timer->tick));
    }
}

void cql_timer_start(struct cql_wheel *wheel, struct cql_timer *timer, int64_t due_ms,
                     void (*fire)(struct cql_timer *timer)) {
    cql_timer_stop(wheel, timer);
    int64_t tick = due_ms / CQL_WHEEL_TICK_MS + (due_ms % CQL_WHEEL_TICK_MS > 0 ? 1 : 0);
    timer->tick = tick > wheel->tick ? tick : wheel->tick + 1;
    timer->fire = fire;
    insert(wheel, timer);
}

static void fire_slot(struct cql_wheel *wheel, unsigned slot, int64_t now_tick) {
    // Taken off first: what fires may start timers in this very slot.
    struct cql_timer *due = wheel->slots[slot];
    wheel->slots[slot] = NULL;
    forget_empty(wheel, slot);
    if (due) {
        due->link = &due;
    }
    while (due) {
        struct cql_timer *timer = due;
        unlink_timer(timer);
        if (timer->tick <= now_tick) {
            timer->fire(timer);
        } else {
            insert(wheel, timer); // another time round
        }
    }
}

void cql_wheel_advance(struct cql_wheel *wheel, int64_t now_ms) {
    int64_t now_tick = now_ms / CQL_WHEEL_TICK_MS;
    int64_t first = wheel->tick + 1;
    if (now_tick - first >= CQL_WHEEL_SLOTS) {
        first = now_tick - CQL_WHEEL_SLOTS + 1; // once round looks at all of them
    }
    for (int64_t tick = first; tick <= now_tick; tick++) {
        wheel->tick = tick;
        unsigned slot = slot_of(tick);
        if (wheel->occupied[slot / 64] >> (slot % 64) & 1) {
            fire_slot(wheel, slot, now_tick);
        }
    }
}

int64_t cql_wheel_next_ms(const struct cql_wheel *wheel) {
    for (unsigned distance = 1; distance <= CQL_WHEEL_SLOTS;) {
        unsigned slot = slot_of(wheel->tick + distance);
        uint64_t word = wheel->occupied[slot / 64] >> (slot % 64);
        if (word) {
            return (wheel->tick + distance + __builtin_ctzll(word)) * CQL_WHEEL_TICK_MS;
        }
        distance += 64 - slot % 64;
    }
    return INT64_MAX;
}
