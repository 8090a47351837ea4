// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Putting the days of a user and of the linked anonymous ids together.
#include "users/days.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/timezone.h"

static int compare_parts(const void *a, const void *b) {
    const struct store_actor_day *x = *(const struct store_actor_day *const *)a;
    const struct store_actor_day *y = *(const struct store_actor_day *const *)b;
    return (x->day > y->day) - (x->day < y->day);
}

static int compare_names(const void *a, const void *b) {
    const struct store_name_count *x = a, *y = b;
    return str_compare(x->name, y->name);
}

static int compare_counts(const void *a, const void *b) {
    const struct store_name_count *x = a, *y = b;
    if (x->events != y->events) {
        return x->events < y->events ? 1 : -1;
    }
    return str_compare(x->name, y->name);
}

static enum status merge_names(struct arena *arena, const struct store_actor_day *const *parts,
                               size_t count, struct users_day *day) {
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        total += parts[i]->name_count;
    }
    struct store_name_count *all = arena_alloc_array(arena, total + 1, sizeof *all);
    if (!all) {
        return STATUS_NO_MEMORY;
    }
    size_t filled = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < parts[i]->name_count; j++) {
            all[filled++] = parts[i]->names[j];
        }
    }
    qsort(all, filled, sizeof *all, compare_names);
    size_t kept = 0;
    for (size_t i = 0; i < filled; i++) {
        if (kept > 0 && str_equal(all[kept - 1].name, all[i].name)) {
            all[kept - 1].events += all[i].events;
        } else {
            all[kept++] = all[i];
        }
    }
    qsort(all, kept, sizeof *all, compare_counts);
    day->names = all;
    day->name_count = kept;
    return STATUS_OK;
}

static enum status merge_day(struct arena *arena, const struct store_actor_day *const *parts,
                             size_t count, struct users_day *out) {
    *out = (struct users_day){
        .day = parts[0]->day, .first_ms = parts[0]->first_ms, .last_ms = parts[0]->last_ms};
    for (size_t i = 0; i < count; i++) {
        const struct store_actor_day *part = parts[i];
        out->first_ms = part->first_ms < out->first_ms ? part->first_ms : out->first_ms;
        out->last_ms = part->last_ms > out->last_ms ? part->last_ms : out->last_ms;
        out->events += part->events;
        out->sessions += part->sessions;
        for (size_t type = 0; type < EVENT_TYPE_COUNT; type++) {
            out->by_type[type] += part->by_type[type];
        }
    }
    return merge_names(arena, parts, count, out);
}

enum status users_days_merge(struct arena *arena, const struct store_actor_day *parts,
                             size_t part_count, struct users_day **out, size_t *count) {
    const struct store_actor_day **order = arena_alloc_array(arena, part_count + 1, sizeof *order);
    struct users_day *days = arena_alloc_array(arena, part_count + 1, sizeof *days);
    if (!order || !days) {
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < part_count; i++) {
        order[i] = &parts[i];
    }
    qsort(order, part_count, sizeof *order, compare_parts);
    size_t merged = 0;
    for (size_t i = 0; i < part_count;) {
        size_t same = 1;
        while (i + same < part_count && order[i + same]->day == order[i]->day) {
            same++;
        }
        enum status status = merge_day(arena, order + i, same, &days[merged]);
        if (status != STATUS_OK) {
            return status;
        }
        merged++;
        i += same;
    }
    *out = days;
    *count = merged;
    return STATUS_OK;
}

// A list that grows in an arena by doubling; what it outgrew is freed with the arena.
static bool list_reserve(struct arena *arena, void **items, size_t count, size_t more,
                         size_t *capacity, size_t size) {
    if (count + more <= *capacity) {
        return true;
    }
    size_t wanted = 2 * (count + more);
    void *grown = arena_alloc_array(arena, wanted, size);
    if (!grown) {
        return false;
    }
    if (count > 0) {
        memcpy(grown, *items, count * size);
    }
    *items = grown;
    *capacity = wanted;
    return true;
}

struct length {
    int32_t day; // of its start
    int64_t seconds;
};

struct reading {
    struct users *users;
    struct arena *arena;
    struct str project;
    const struct view_zone *zone;
    struct view_range range;
    void *parts; // struct store_actor_day
    size_t part_count, part_capacity;
    void *lengths; // struct length
    size_t length_count, length_capacity;
};

static enum status read_days(struct reading *reading, struct store_actor actor) {
    struct store_actor_day *days = NULL;
    size_t count = 0;
    enum status status =
        store_actor_days(reading->users->config.store, reading->project, actor,
                         reading->range.first, reading->range.last, reading->arena, &days, &count);
    if (status != STATUS_OK || count == 0) {
        return status;
    }
    if (!list_reserve(reading->arena, &reading->parts, reading->part_count, count,
                      &reading->part_capacity, sizeof *days)) {
        return STATUS_NO_MEMORY;
    }
    memcpy((struct store_actor_day *)reading->parts + reading->part_count, days,
           count * sizeof *days);
    reading->part_count += count;
    return STATUS_OK;
}

static void add_length(struct reading *reading, const struct store_session *session) {
    struct length *lengths = reading->lengths;
    CHECK(lengths != NULL);
    lengths[reading->length_count++] =
        (struct length){timezone_day(reading->zone->rules, session->start_ms, NULL),
                        (session->end_ms - session->start_ms) / 1000};
}

static enum status read_sessions(struct reading *reading, struct store_actor actor,
                                 const struct store_session *current) {
    int64_t from = timezone_day_start(reading->zone->rules, reading->range.first);
    int64_t to = timezone_day_start(reading->zone->rules, reading->range.last + 1);
    struct store_session *sessions = NULL;
    size_t count = 0;
    enum status status = store_actor_sessions(reading->users->config.store, reading->project, actor,
                                              from, to, reading->arena, &sessions, &count);
    if (status != STATUS_OK) {
        return status;
    }
    if (!list_reserve(reading->arena, &reading->lengths, reading->length_count, count + 1,
                      &reading->length_capacity, sizeof(struct length))) {
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        add_length(reading, &sessions[i]);
    }
    if (current->events > 0 && current->start_ms >= from && current->start_ms < to) {
        add_length(reading, current);
    }
    return STATUS_OK;
}

static int compare_lengths(const void *a, const void *b) {
    const struct length *x = a, *y = b;
    if (x->day != y->day) {
        return x->day < y->day ? -1 : 1;
    }
    return (x->seconds > y->seconds) - (x->seconds < y->seconds);
}

// Gives each day the lengths of the sessions that started on it.
static enum status share_lengths(struct reading *reading, struct users_day *days, size_t count) {
    size_t total = reading->length_count;
    struct length *lengths = reading->lengths;
    int64_t *seconds = arena_alloc_array(reading->arena, total + 1, sizeof *seconds);
    if (!seconds) {
        return STATUS_NO_MEMORY;
    }
    if (total > 0) {
        qsort(lengths, total, sizeof *lengths, compare_lengths);
    }
    size_t at = 0;
    for (size_t i = 0; i < total; i++) {
        seconds[i] = lengths[i].seconds;
    }
    for (size_t i = 0; i < count; i++) {
        while (at < total && lengths[at].day < days[i].day) {
            at++;
        }
        days[i].seconds = seconds + at;
        while (at < total && lengths[at].day == days[i].day) {
            at++;
        }
        days[i].second_count = (size_t)(seconds + at - days[i].seconds);
    }
    return STATUS_OK;
}

enum status users_days_read(struct users *users, struct arena *arena, struct str project,
                            const struct users_person *person, const struct view_zone *zone,
                            struct view_range range, struct users_day **out, size_t *count) {
    struct reading reading = {
        .users = users, .arena = arena, .project = project, .zone = zone, .range = range};
    for (size_t i = 0; i < person->actor_count; i++) {
        if (!person->found[i]) {
            continue;
        }
        enum status status = read_days(&reading, person->actors[i]);
        if (status == STATUS_OK) {
            status = read_sessions(&reading, person->actors[i], &person->states[i].current);
        }
        if (status != STATUS_OK) {
            return status;
        }
    }
    enum status status = users_days_merge(arena, reading.parts, reading.part_count, out, count);
    return status == STATUS_OK ? share_lengths(&reading, *out, *count) : status;
}
