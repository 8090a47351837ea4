// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The tables of day totals: finding them, counting in them, writing what changed.
#include "processor/day_totals.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "processor/day_totals_table.h"

#define FIRST_SLOTS 256

enum status day_totals_cache_init(struct day_totals_cache *cache, struct store *store,
                                  struct intern *intern, const struct breakdowns *breakdowns) {
    *cache = (struct day_totals_cache){.store = store, .intern = intern, .breakdowns = breakdowns};
    cache->other = intern_take(intern, DAY_TOTALS_OTHER);
    return cache->other ? STATUS_OK : STATUS_NO_MEMORY;
}

static uint64_t hash_of(unsigned partition, const struct project *project, int32_t day) {
    uint64_t key = ((uint64_t)project->number << 44) ^ ((uint64_t)partition << 32) ^ (uint32_t)day;
    return key * 0x9e3779b97f4a7c15ULL >> 20;
}

static size_t recent_slot(unsigned partition, const struct project *project, int32_t day) {
    return ((uint32_t)day + partition * 37 + project->number * 97) % DAY_TOTALS_RECENT;
}

static void list_remove(struct day_totals_cache *cache, struct day_totals *totals) {
    *(totals->older ? &totals->older->newer : &cache->oldest) = totals->newer;
    *(totals->newer ? &totals->newer->older : &cache->newest) = totals->older;
}

static void list_add_newest(struct day_totals_cache *cache, struct day_totals *totals) {
    totals->newer = NULL;
    totals->older = cache->newest;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = totals;
    cache->newest = totals;
}

static void drop(struct day_totals_cache *cache, struct day_totals *totals) {
    uint64_t hash = hash_of(totals->partition, totals->project, totals->day);
    struct day_totals **at = &cache->slots[hash & (cache->slot_count - 1)];
    while (*at != totals) {
        at = &(*at)->next;
    }
    *at = totals->next;
    list_remove(cache, totals);
    size_t slot = recent_slot(totals->partition, totals->project, totals->day);
    if (cache->recent[slot] == totals) {
        cache->recent[slot] = NULL;
    }
    cache->count--;
    day_totals_table_free(cache, totals);
}

void day_totals_cache_free(struct day_totals_cache *cache) {
    while (cache->oldest) {
        drop(cache, cache->oldest);
    }
    free(cache->slots);
    cache->slots = NULL;
    free(cache->folded);
    cache->folded = NULL;
    if (cache->other) {
        intern_drop(cache->intern, cache->other);
        cache->other = NULL;
    }
}

void day_totals_cache_shrink(struct day_totals_cache *cache, size_t bytes) {
    for (struct day_totals *totals = cache->oldest, *newer; totals && cache->bytes > bytes;
         totals = newer) {
        newer = totals->newer;
        if (!totals->dirty) {
            drop(cache, totals);
        }
    }
}

void day_totals_cache_forget(struct day_totals_cache *cache, unsigned partition) {
    for (struct day_totals *totals = cache->oldest, *newer; totals; totals = newer) {
        newer = totals->newer;
        if (totals->partition == partition) {
            drop(cache, totals);
        }
    }
}

// --- Finding --------------------------------------------------------------------------------------------------------

static bool grow(struct day_totals_cache *cache) {
    size_t count = cache->slot_count ? cache->slot_count * 2 : FIRST_SLOTS;
    struct day_totals **slots = calloc(count, sizeof(struct day_totals *));
    if (!slots) {
        return false;
    }
    for (struct day_totals *totals = cache->oldest; totals; totals = totals->newer) {
        uint64_t hash = hash_of(totals->partition, totals->project, totals->day);
        struct day_totals **slot = &slots[hash & (count - 1)];
        totals->next = *slot;
        *slot = totals;
    }
    cache->bytes += (count - cache->slot_count) * sizeof(struct day_totals *);
    free(cache->slots);
    cache->slots = slots;
    cache->slot_count = count;
    return true;
}

static bool is(const struct day_totals *totals, unsigned partition, const struct project *project,
               int32_t day) {
    return totals->day == day && totals->partition == partition && totals->project == project;
}

static enum status add(struct day_totals_cache *cache, unsigned partition, struct project *project,
                       int32_t day, uint64_t hash, struct day_totals **out) {
    if (cache->count >= cache->slot_count && !grow(cache)) {
        return STATUS_NO_MEMORY;
    }
    struct day_totals *totals = NULL;
    enum status status = day_totals_table_load(cache, partition, project, day, &totals);
    if (status != STATUS_OK) {
        return status;
    }
    struct day_totals **slot = &cache->slots[hash & (cache->slot_count - 1)];
    totals->next = *slot;
    *slot = totals;
    list_add_newest(cache, totals);
    cache->count++;
    *out = totals;
    return STATUS_OK;
}

enum status day_totals_take(struct day_totals_cache *cache, struct day_totals_dirty *dirty,
                            unsigned partition, struct project *project, int32_t day,
                            struct day_totals **out) {
    size_t recent = recent_slot(partition, project, day);
    struct day_totals *totals = cache->recent[recent];
    if (!totals || !is(totals, partition, project, day)) {
        uint64_t hash = hash_of(partition, project, day);
        totals = cache->slot_count ? cache->slots[hash & (cache->slot_count - 1)] : NULL;
        while (totals && !is(totals, partition, project, day)) {
            totals = totals->next;
        }
        enum status status =
            totals ? STATUS_OK : add(cache, partition, project, day, hash, &totals);
        if (status != STATUS_OK) {
            return status;
        }
        cache->recent[recent] = totals;
    }
    if (!totals->dirty) {
        // Use is counted by cycles: a table that is dirty already is among the newest.
        list_remove(cache, totals);
        list_add_newest(cache, totals);
        totals->dirty = true;
        totals->next_dirty = dirty->first;
        dirty->first = totals;
    }
    *out = totals;
    return STATUS_OK;
}

// --- Counting -------------------------------------------------------------------------------------------------------

// What was folded once stays so, also when the limit was raised meanwhile: else its row would be short of what is in "(other)".
static bool is_full(const struct day_totals_cache *cache, const struct day_totals *totals,
                    unsigned breakdown) {
    return totals->folding[breakdown] != NULL ||
           totals->values[breakdown] >= cache->breakdowns->limits[breakdown];
}

struct intern_value *day_totals_value(struct day_totals_cache *cache, struct day_totals *totals,
                                      enum store_metric metric, struct str text) {
    struct intern_value *value = intern_find(cache->intern, text);
    if (is_full(cache, totals, metric) &&
        (!value || !day_totals_table_has(totals, metric, value))) {
        struct folding *folding = day_totals_table_folding(cache, totals, metric);
        if (!folding) {
            return NULL;
        }
        folding_note(folding, str_hash(text, 0));
        return intern_hold(cache->other);
    }
    return value ? intern_hold(value) : intern_take(cache->intern, text);
}

static enum status add_to(struct day_totals *totals, struct day_cell *cell, int64_t amount) {
    if (!cell) {
        return STATUS_NO_MEMORY;
    }
    cell->amount += amount;
    if (!cell->dirty) {
        cell->dirty = true;
        totals->changed[totals->changed_count++] = (uint32_t)(cell - totals->cells);
    }
    return STATUS_OK;
}

enum status day_totals_add_value(struct day_totals_cache *cache, struct day_totals *totals,
                                 enum store_metric metric, struct intern_value *value,
                                 int64_t amount) {
    return add_to(totals, day_totals_table_cell(cache, totals, metric, value, 0), amount);
}

enum status day_totals_add_number(struct day_totals_cache *cache, struct day_totals *totals,
                                  enum store_metric metric, int64_t number, int64_t amount) {
    return add_to(totals, day_totals_table_cell(cache, totals, metric, NULL, number), amount);
}

static enum status add_named(struct day_totals_cache *cache, struct day_totals *totals,
                             enum store_metric metric, struct str text, int64_t amount) {
    struct intern_value *value = intern_take(cache->intern, text);
    if (!value) {
        return STATUS_NO_MEMORY;
    }
    enum status status = day_totals_add_value(cache, totals, metric, value, amount);
    intern_drop(cache->intern, value);
    return status;
}

static enum status add_other(struct day_totals_cache *cache, struct day_totals *totals,
                             unsigned breakdown, int64_t amount) {
    char text[BREAKDOWN_NAME + 16];
    if (breakdown < BREAKDOWN_DECLARED) {
        return day_totals_add_value(cache, totals, (enum store_metric)breakdown, cache->other,
                                    amount);
    }
    struct str name = cache->breakdowns->declared[breakdown - BREAKDOWN_DECLARED].name;
    int len = snprintf(text, sizeof text, "%.*s=(other)", STR_ARG(name));
    return add_named(cache, totals, STORE_METRIC_DIMENSION, str_make(text, (size_t)len), amount);
}

static enum status fold(struct day_totals_cache *cache, struct day_totals *totals,
                        unsigned breakdown, struct str text, int64_t amount) {
    uint32_t limit = cache->breakdowns->limits[breakdown];
    uint32_t late_most = limit / BREAKDOWN_LATE_PART > 0 ? limit / BREAKDOWN_LATE_PART : 1;
    struct folding *folding = day_totals_table_folding(cache, totals, breakdown);
    if (!folding) {
        return STATUS_NO_MEMORY;
    }
    uint32_t events = folding_see(folding, str_hash(text, 0), late_most);
    if (events == 0) {
        return add_other(cache, totals, breakdown, amount);
    }
    enum status status = add_other(cache, totals, breakdown, 1 - (int64_t)events);
    return status == STATUS_OK
               ? add_named(cache, totals, breakdowns_metric(breakdown), text, events)
               : status;
}

static enum status add_broken_down(struct day_totals_cache *cache, struct day_totals *totals,
                                   unsigned breakdown, struct str text, int64_t amount) {
    enum store_metric metric = breakdowns_metric(breakdown);
    struct intern_value *value = intern_find(cache->intern, text);
    if (value && day_totals_table_has(totals, metric, value)) {
        return day_totals_add_value(cache, totals, metric, value, amount);
    }
    return is_full(cache, totals, breakdown) ? fold(cache, totals, breakdown, text, amount)
                                             : add_named(cache, totals, metric, text, amount);
}

enum status day_totals_add_text(struct day_totals_cache *cache, struct day_totals *totals,
                                enum store_metric metric, struct str text, int64_t amount) {
    return add_broken_down(cache, totals, (unsigned)metric, text, amount);
}

enum status day_totals_add_declared(struct day_totals_cache *cache, struct day_totals *totals,
                                    size_t declared, struct str text) {
    return add_broken_down(cache, totals, BREAKDOWN_DECLARED + (unsigned)declared, text, 1);
}

enum status day_totals_offer_leader(struct day_totals_cache *cache, struct day_totals *totals,
                                    struct str user_id, int64_t events) {
    struct leaders *leaders = day_totals_table_leaders(cache, totals);
    return leaders ? leaders_offer(leaders, cache->intern, user_id, events) : STATUS_NO_MEMORY;
}

enum status day_totals_remove_leader(struct day_totals_cache *cache, struct day_totals *totals,
                                     struct str user_id, bool *was) {
    *was = false;
    return totals->leaders ? leaders_remove(totals->leaders, cache->intern, user_id, was)
                           : STATUS_OK;
}

// --- Writing --------------------------------------------------------------------------------------------------------

static void write_cells(struct day_totals *totals, struct store_batch *batch) {
    struct str project = totals->project->id;
    for (uint64_t dirty = totals->fixed_dirty; dirty != 0; dirty &= dirty - 1) {
        unsigned cell = (unsigned)__builtin_ctzll(dirty);
        struct store_total total = day_totals_fixed_name(cell);
        total.day = totals->day;
        total.amount = totals->fixed[cell];
        store_batch_total(batch, project, &total);
    }
    totals->fixed_dirty = 0;
    for (uint32_t i = 0; i < totals->changed_count; i++) {
        struct day_cell *cell = &totals->cells[totals->changed[i]];
        char number[24];
        struct str value;
        if (cell->value) {
            value = intern_str(cell->value);
        } else {
            int len = snprintf(number, sizeof number, "%" PRId64, cell->number);
            value = str_make(number, (size_t)len);
        }
        struct store_total total = {totals->day, (enum store_metric)cell->metric, value,
                                    cell->amount};
        store_batch_total(batch, project, &total);
        cell->dirty = false;
    }
    totals->changed_count = 0;
}

// Records may name any project; labels and people want one of those that can be made.
static struct str shown_project(struct str id) {
    bool fine = id.len > 0 && id.len <= 64;
    for (size_t i = 0; i < id.len && fine; i++) {
        char c = id.data[i];
        fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    }
    return fine ? id : STR("(unknown)");
}

// Also remembers what was folded, until that is committed. Short of memory it is told with the next write.
static void remember_folded(struct day_totals_cache *cache, const struct day_totals *totals,
                            unsigned breakdown) {
    struct folding *folding = totals->folding[breakdown];
    if (folding->new_events == 0) {
        return; // one of its values got a row
    }
    if (cache->folded_count == cache->folded_capacity) {
        size_t capacity = cache->folded_capacity > 0 ? cache->folded_capacity * 2 : 16;
        struct processor_folded *rows = realloc(cache->folded, capacity * sizeof *rows);
        if (!rows) {
            return;
        }
        cache->folded = rows;
        cache->folded_capacity = capacity;
    }
    struct processor_folded *row = &cache->folded[cache->folded_count++];
    struct str project = shown_project(totals->project->id);
    *row = (struct processor_folded){.events = folding->new_events, .values = folding->new_values};
    (void)snprintf(row->project, sizeof row->project, "%.*s", STR_ARG(project));
    breakdowns_name(cache->breakdowns, breakdown, row->by);
    folding->new_events = folding->new_values = 0;
}

static void write_folding(struct day_totals_cache *cache, struct day_totals *totals,
                          unsigned breakdown, struct store_batch *batch) {
    struct folding *folding = totals->folding[breakdown];
    char by[BREAKDOWN_NAME], part[FOLDING_NAME], name[BREAKDOWN_NAME + FOLDING_NAME + 1];
    if (!folding || !folding->dirty) {
        return;
    }
    breakdowns_name(cache->breakdowns, breakdown, by);
    struct store_total total = {totals->day, STORE_METRIC_FOLDED, str_from_c(by),
                                folding_values(folding)};
    store_batch_total(batch, totals->project->id, &total);
    for (unsigned number = 0; number < FOLDING_NUMBERS; number++) {
        if (folding_is_changed(folding, number)) {
            folding_name(number, part);
            int len = snprintf(name, sizeof name, "%s %s", by, part);
            total =
                (struct store_total){totals->day, STORE_METRIC_FOLDING, str_make(name, (size_t)len),
                                     folding_number(folding, number)};
            store_batch_total(batch, totals->project->id, &total);
        }
    }
    folding_written(folding);
    remember_folded(cache, totals, breakdown);
}

void day_totals_tell_folded(struct day_totals_cache *cache, struct folded_counts *counts) {
    for (size_t i = 0; i < cache->folded_count; i++) {
        folded_counts_add(counts, &cache->folded[i]);
    }
    cache->folded_count = 0;
}

void day_totals_write(struct day_totals_cache *cache, struct day_totals_dirty *dirty,
                      struct store_batch *batch) {
    cache->folded_count = 0; // of a batch that was not committed

    while (dirty->first) {
        struct day_totals *totals = dirty->first;
        dirty->first = totals->next_dirty;
        totals->next_dirty = NULL;
        totals->dirty = false;
        write_cells(totals, batch);
        for (unsigned i = 0; totals->folds && i < BREAKDOWN_COUNT; i++) {
            write_folding(cache, totals, i, batch);
        }
        if (totals->leaders) {
            leaders_write(totals->leaders, cache->intern, totals->project->id, totals->day, batch);
        }
    }
}
