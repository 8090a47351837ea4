// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// One table of day totals: names of fixed cells, the index of the others, and reading both from the store.
#include "processor/day_totals_table.h"

#include <stdlib.h>

#include "base/check.h"

#define FIRST_CELLS 16

// --- Fixed cells ----------------------------------------------------------------------------------------------------

static const char hours[24][2] = {"00", "01", "02", "03", "04", "05", "06", "07",
                                  "08", "09", "10", "11", "12", "13", "14", "15",
                                  "16", "17", "18", "19", "20", "21", "22", "23"};

static const enum store_metric single[DAY_TYPE] = {
    [DAY_EVENTS] = STORE_METRIC_EVENTS,
    [DAY_ACTIVE_USERS] = STORE_METRIC_ACTIVE_USERS,
    [DAY_ACTIVE_ANONYMOUS] = STORE_METRIC_ACTIVE_ANONYMOUS,
    [DAY_ACTIVE_USERS_7] = STORE_METRIC_ACTIVE_USERS_7,
    [DAY_ACTIVE_USERS_30] = STORE_METRIC_ACTIVE_USERS_30,
    [DAY_NEW_USERS] = STORE_METRIC_NEW_USERS,
    [DAY_SESSIONS] = STORE_METRIC_SESSIONS,
    [DAY_BOUNCES] = STORE_METRIC_BOUNCES,
};

struct store_total day_totals_fixed_name(unsigned cell) {
    struct store_total name = {0};
    if (cell < DAY_TYPE) {
        name.metric = single[cell];
        name.value = STR("");
    } else if (cell < DAY_HOUR) {
        name.metric = STORE_METRIC_TYPE;
        name.value = event_type_name((enum event_type)(cell - DAY_TYPE));
    } else if (cell < DAY_DEVICE) {
        name.metric = STORE_METRIC_HOUR;
        name.value = str_make(hours[cell - DAY_HOUR], 2);
    } else if (cell < DAY_BROWSER) {
        name.metric = STORE_METRIC_DEVICE;
        name.value = useragent_device_name((enum useragent_device)(cell - DAY_DEVICE));
    } else if (cell < DAY_OS) {
        name.metric = STORE_METRIC_BROWSER;
        name.value = useragent_browser_name((enum useragent_browser)(cell - DAY_BROWSER));
    } else {
        name.metric = STORE_METRIC_OS;
        name.value = useragent_os_name((enum useragent_os)(cell - DAY_OS));
    }
    return name;
}

static bool load_fixed(struct day_totals *totals, const struct store_total *row) {
    for (unsigned cell = 0; cell < DAY_FIXED_COUNT; cell++) {
        struct store_total name = day_totals_fixed_name(cell);
        if (name.metric == row->metric && str_equal(name.value, row->value)) {
            totals->fixed[cell] = row->amount;
            return true;
        }
    }
    return false;
}

// --- Counted cells --------------------------------------------------------------------------------------------------

static size_t home_of(enum store_metric metric, const struct intern_value *value, int64_t number) {
    uint64_t key = value ? value->hash : (uint64_t)number * 0x9e3779b97f4a7c15ULL;
    return (size_t)(key ^ key >> 32 ^ (uint64_t)metric * 0x9e3779b1U);
}

static uint32_t index_mask(const struct day_totals *totals) {
    return totals->cell_capacity * 2 - 1;
}

// Where it is, or the empty place where it would be.
static uint32_t place_of(const struct day_totals *totals, enum store_metric metric,
                         const struct intern_value *value, int64_t number) {
    uint32_t at = (uint32_t)home_of(metric, value, number) & index_mask(totals);
    while (totals->index[at] != 0) {
        const struct day_cell *cell = &totals->cells[totals->index[at] - 1];
        if (cell->metric == (uint8_t)metric && cell->value == value && cell->number == number) {
            break;
        }
        at = (at + 1) & index_mask(totals);
    }
    return at;
}

static size_t cells_bytes(uint32_t capacity) {
    return capacity * (sizeof(struct day_cell) + 3 * sizeof(uint32_t));
}

static bool grow(struct day_totals_cache *cache, struct day_totals *totals) {
    uint32_t capacity = totals->cell_capacity ? totals->cell_capacity * 2 : FIRST_CELLS;
    struct day_cell *cells = realloc(totals->cells, capacity * sizeof(struct day_cell));
    if (!cells) {
        return false;
    }
    totals->cells = cells;
    uint32_t *changed = realloc(totals->changed, capacity * sizeof(uint32_t));
    if (!changed) {
        return false;
    }
    totals->changed = changed;
    uint32_t *index = calloc((size_t)capacity * 2, sizeof(uint32_t));
    if (!index) {
        return false;
    }
    cache->bytes += cells_bytes(capacity) - cells_bytes(totals->cell_capacity);
    free(totals->index);
    totals->index = index;
    totals->cell_capacity = capacity;
    for (uint32_t i = 0; i < totals->cell_count; i++) {
        const struct day_cell *cell = &cells[i];
        index[place_of(totals, (enum store_metric)cell->metric, cell->value, cell->number)] = i + 1;
    }
    return true;
}

bool day_totals_table_has(const struct day_totals *totals, enum store_metric metric,
                          const struct intern_value *value) {
    return totals->cell_count > 0 && totals->index[place_of(totals, metric, value, 0)] != 0;
}

struct day_cell *day_totals_table_cell(struct day_totals_cache *cache, struct day_totals *totals,
                                       enum store_metric metric, struct intern_value *value,
                                       int64_t number) {
    if (totals->cell_count == totals->cell_capacity && !grow(cache, totals)) {
        return NULL;
    }
    uint32_t at = place_of(totals, metric, value, number);
    if (totals->index[at] == 0) {
        totals->cells[totals->cell_count] =
            (struct day_cell){value ? intern_hold(value) : NULL, number, 0, (uint8_t)metric, false};
        totals->index[at] = ++totals->cell_count;
        unsigned breakdown =
            breakdowns_of_row(cache->breakdowns, metric, value ? intern_str(value) : STR_EMPTY);
        if (breakdown < BREAKDOWN_COUNT) {
            totals->values[breakdown]++;
        }
    }
    return &totals->cells[totals->index[at] - 1];
}

struct folding *day_totals_table_folding(struct day_totals_cache *cache, struct day_totals *totals,
                                         unsigned breakdown) {
    struct folding **folding = &totals->folding[breakdown];
    if (!*folding) {
        *folding = calloc(1, sizeof **folding);
        cache->bytes += *folding ? sizeof **folding : 0;
        totals->folds = totals->folds || *folding;
    }
    return *folding;
}

struct leaders *day_totals_table_leaders(struct day_totals_cache *cache,
                                         struct day_totals *totals) {
    if (!totals->leaders) {
        totals->leaders = calloc(1, sizeof(struct leaders));
        cache->bytes += totals->leaders ? sizeof(struct leaders) : 0;
    }
    return totals->leaders;
}

// --- The table ------------------------------------------------------------------------------------------------------

void day_totals_table_free(struct day_totals_cache *cache, struct day_totals *totals) {
    for (uint32_t i = 0; i < totals->cell_count; i++) {
        if (totals->cells[i].value) {
            intern_drop(cache->intern, totals->cells[i].value);
        }
    }
    if (totals->leaders) {
        leaders_free(totals->leaders, cache->intern);
        free(totals->leaders);
        cache->bytes -= sizeof(struct leaders);
    }
    for (unsigned i = 0; totals->folds && i < BREAKDOWN_COUNT; i++) {
        cache->bytes -= totals->folding[i] ? sizeof(struct folding) : 0;
        free(totals->folding[i]);
    }
    cache->bytes -= sizeof *totals + cells_bytes(totals->cell_capacity);
    free(totals->cells);
    free(totals->index);
    free(totals->changed);
    free(totals);
}

// "page bits 17". What belongs to a dimension that is not declared any more is of no use.
static enum status load_folding(struct day_totals_cache *cache, struct day_totals *totals,
                                const struct store_total *row) {
    struct str part = row->value, by = str_cut(&part, ' ');
    unsigned breakdown = breakdowns_find(cache->breakdowns, by);
    if (breakdown == BREAKDOWN_COUNT) {
        return STATUS_OK;
    }
    struct folding *folding = day_totals_table_folding(cache, totals, breakdown);
    if (!folding) {
        return STATUS_NO_MEMORY;
    }
    return folding_load(folding, part, row->amount) ? STATUS_OK : STATUS_CORRUPT;
}

// Of these the value is kept as a number.
static bool is_number(enum store_metric metric) {
    return metric == STORE_METRIC_SESSION_SECONDS || metric == STORE_METRIC_RETENTION_DAY ||
           metric == STORE_METRIC_RETENTION_WEEK;
}

static enum status load_row(struct day_totals_cache *cache, struct day_totals *totals,
                            const struct store_total *row) {
    if (row->metric == STORE_METRIC_TOP_ACTORS) {
        struct leaders *leaders = day_totals_table_leaders(cache, totals);
        return leaders ? leaders_load(leaders, cache->intern, row->value, row->amount)
                       : STATUS_NO_MEMORY;
    }
    if (row->metric == STORE_METRIC_FOLDING) {
        return load_folding(cache, totals, row);
    }
    int64_t number = 0;
    struct intern_value *value = NULL;
    if (row->metric == STORE_METRIC_FOLDED || load_fixed(totals, row)) {
        return STATUS_OK; // of the former the state tells
    }
    if ((unsigned)row->metric >= STORE_METRIC_END ||
        (is_number(row->metric) && !str_to_i64(row->value, &number))) {
        return STATUS_CORRUPT;
    }
    if (!is_number(row->metric)) {
        value = intern_take(cache->intern, row->value);
        if (!value) {
            return STATUS_NO_MEMORY;
        }
    }
    struct day_cell *cell = day_totals_table_cell(cache, totals, row->metric, value, number);
    if (value) {
        intern_drop(cache->intern, value);
    }
    if (!cell) {
        return STATUS_NO_MEMORY;
    }
    cell->amount = row->amount;
    return STATUS_OK;
}

enum status day_totals_table_load(struct day_totals_cache *cache, unsigned partition,
                                  struct project *project, int32_t day, struct day_totals **out) {
    struct arena arena;
    struct store_total *rows = NULL;
    size_t count = 0;
    struct day_totals *totals = calloc(1, sizeof *totals);
    if (!totals) {
        return STATUS_NO_MEMORY;
    }
    cache->bytes += sizeof *totals;
    totals->project = project;
    totals->partition = partition;
    totals->day = day;
    arena_init(&arena, 4096, 0);
    enum status status =
        store_totals_load(cache->store, partition, project->id, day, &arena, &rows, &count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = load_row(cache, totals, &rows[i]);
    }
    arena_free(&arena);
    if (status != STATUS_OK) {
        day_totals_table_free(cache, totals);
        return status;
    }
    *out = totals;
    return STATUS_OK;
}
