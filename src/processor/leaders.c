// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Leaders by insertion into a small sorted array.
#include "processor/leaders.h"

#include <stdlib.h>

void leaders_free(struct leaders *leaders, struct intern *intern) {
    for (uint32_t i = 0; i < leaders->count; i++) {
        intern_drop(intern, leaders->top[i].id);
    }
    for (uint32_t i = 0; i < leaders->displaced_count; i++) {
        intern_drop(intern, leaders->displaced[i]);
    }
    free(leaders->displaced);
    *leaders = (struct leaders){0};
}

static bool leads(int64_t events, struct str id, const struct leader *other) {
    return events != other->events ? events > other->events
                                   : str_compare(id, intern_str(other->id)) < 0;
}

// The row, when there is one, must go. Takes over the hold on the id.
static enum status displace(struct leaders *leaders, struct intern *intern,
                            const struct leader *leader) {
    if (!leader->stored) {
        intern_drop(intern, leader->id);
        return STATUS_OK;
    }
    if (leaders->displaced_count == leaders->displaced_capacity) {
        uint32_t capacity = leaders->displaced_capacity ? leaders->displaced_capacity * 2 : 8;
        struct intern_value **displaced =
            realloc(leaders->displaced, capacity * sizeof(struct intern_value *));
        if (!displaced) {
            return STATUS_NO_MEMORY;
        }
        leaders->displaced = displaced;
        leaders->displaced_capacity = capacity;
    }
    leaders->displaced[leaders->displaced_count++] = leader->id;
    return STATUS_OK;
}

static enum status displace_last(struct leaders *leaders, struct intern *intern) {
    struct leader *last = &leaders->top[leaders->count - 1];
    enum status status = displace(leaders, intern, last);
    if (status == STATUS_OK) {
        leaders->count--;
    }
    return status;
}
static void insert(struct leaders *leaders, struct leader leader) {
    uint32_t at = leaders->count++;
    while (at > 0 && leads(leader.events, intern_str(leader.id), &leaders->top[at - 1])) {
        leaders->top[at] = leaders->top[at - 1];
        at--;
    }
    leaders->top[at] = leader;
}

static bool take_out(struct leaders *leaders, const struct intern_value *id, struct leader *out) {
    for (uint32_t i = 0; i < leaders->count; i++) {
        if (leaders->top[i].id == id) {
            *out = leaders->top[i];
            leaders->count--;
            memmove(&leaders->top[i], &leaders->top[i + 1],
                    (leaders->count - i) * sizeof(struct leader));
            return true;
        }
    }
    return false;
}

static enum status put(struct leaders *leaders, struct intern *intern, struct str id,
                       int64_t events, bool stored) {
    if (leaders->count == LEADERS_MAX) {
        if (!leads(events, id, &leaders->top[LEADERS_MAX - 1])) {
            return STATUS_OK;
        }
        enum status status = displace_last(leaders, intern);
        if (status != STATUS_OK) {
            return status;
        }
    }
    struct intern_value *value = intern_take(intern, id);
    if (!value) {
        return STATUS_NO_MEMORY;
    }
    insert(leaders, (struct leader){value, events, stored, !stored});
    return STATUS_OK;
}

enum status leaders_load(struct leaders *leaders, struct intern *intern, struct str id,
                         int64_t events) {
    return put(leaders, intern, id, events, true);
}

enum status leaders_offer(struct leaders *leaders, struct intern *intern, struct str id,
                          int64_t events) {
    if (leaders->count == LEADERS_MAX && !leads(events, id, &leaders->top[LEADERS_MAX - 1])) {
        return STATUS_OK;
    }
    struct leader known;
    struct intern_value *value = intern_find(intern, id);
    if (value && take_out(leaders, value, &known)) {
        known.dirty = known.dirty || known.events != events;
        known.events = events;
        insert(leaders, known);
        return STATUS_OK;
    }
    return put(leaders, intern, id, events, false);
}

enum status leaders_remove(struct leaders *leaders, struct intern *intern, struct str id,
                           bool *was) {
    struct leader known;
    struct intern_value *value = intern_find(intern, id);
    *was = value && take_out(leaders, value, &known);
    return *was ? displace(leaders, intern, &known) : STATUS_OK;
}

void leaders_write(struct leaders *leaders, struct intern *intern, struct str project, int32_t day,
                   struct store_batch *batch) {
    // Those who left first: one that left and came back within the cycle is put again below.
    for (uint32_t i = 0; i < leaders->displaced_count; i++) {
        struct store_total gone = {day, STORE_METRIC_TOP_ACTORS, intern_str(leaders->displaced[i]),
                                   0};
        store_batch_total(batch, project, &gone);
        intern_drop(intern, leaders->displaced[i]);
    }
    leaders->displaced_count = 0;
    for (uint32_t i = 0; i < leaders->count; i++) {
        struct leader *leader = &leaders->top[i];
        if (leader->dirty) {
            struct store_total total = {day, STORE_METRIC_TOP_ACTORS, intern_str(leader->id),
                                        leader->events};
            store_batch_total(batch, project, &total);
            leader->dirty = false;
            leader->stored = true;
        }
    }
}
