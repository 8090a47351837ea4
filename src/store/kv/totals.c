// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Day totals: a row for each partition, summed when read.
#include "store/kv/kv_store.h"

#define METRIC_BITS 64 // of a set of metrics

// One partition's rows of one day, or the sums so far: ascending by metric, then value.
struct run {
    struct store_total *totals;
    size_t count;
};

static void begin_key(struct kv_store *store, struct keys_key *key, struct str project,
                      int32_t day) {
    keys_begin_derived(key, KEYS_TOTAL, store->generation);
    keys_text(key, project);
    keys_i32(key, day);
}

// What stands behind the project in a key.
static bool read_position(struct str in, int32_t *day, uint16_t *partition, uint8_t *metric,
                          struct str *value) {
    if (!keys_read_i32(&in, day) || !keys_read_u16(&in, partition) || !keys_read_u8(&in, metric)) {
        return false;
    }
    *value = in;
    return true;
}

static enum status add_total(struct kv_rows *rows, struct arena *arena, int32_t day, uint8_t metric,
                             struct str value, struct str amount) {
    struct store_total *row = kv_rows_add(rows, arena);
    struct str own = arena_copy(arena, value);
    if (row == NULL || own.data == NULL) {
        return STATUS_NO_MEMORY;
    }
    row->day = day;
    row->metric = (enum store_metric)metric;
    row->value = own;
    return values_get_number(amount, &row->amount) ? STATUS_OK : STATUS_CORRUPT;
}

static int compare_totals(const struct store_total *a, const struct store_total *b) {
    if (a->metric != b->metric) {
        return a->metric < b->metric ? -1 : 1;
    }
    return str_compare(a->value, b->value);
}

static int64_t add_amounts(int64_t a, int64_t b) {
    int64_t sum = 0;
    if (__builtin_add_overflow(a, b, &sum)) {
        return a > 0 ? INT64_MAX : INT64_MIN;
    }
    return sum;
}

static enum status merge_runs(struct run *sum, const struct run *run, struct arena *arena) {
    if (sum->count == 0 || run->count == 0) {
        *sum = sum->count == 0 ? *run : *sum;
        return STATUS_OK;
    }
    struct store_total *merged = arena_alloc_array(arena, sum->count + run->count, sizeof *merged);
    if (merged == NULL) {
        return STATUS_NO_MEMORY;
    }
    size_t n = 0;
    size_t a = 0;
    size_t b = 0;
    while (a < sum->count || b < run->count) {
        int order = a == sum->count   ? 1
                    : b == run->count ? -1
                                      : compare_totals(&sum->totals[a], &run->totals[b]);
        merged[n] = order <= 0 ? sum->totals[a] : run->totals[b];
        if (order == 0) {
            merged[n].amount = add_amounts(merged[n].amount, run->totals[b].amount);
        }
        a += order <= 0 ? 1 : 0;
        b += order >= 0 ? 1 : 0;
        n++;
    }
    *sum = (struct run){merged, n};
    return STATUS_OK;
}

// A reading of totals: the scan stands at the first row that is not taken yet.
struct reading {
    struct kv_store *store;
    struct kv_scan *scan;
    struct str project;
    size_t prefix; // length of the key up to the day
    uint64_t metrics;
    struct arena *arena;   // of the caller
    struct arena *scratch; // of one day
};

// To the next metric that is wanted, or behind the partition.
static void skip_metric(struct reading *reading, int32_t day, uint16_t partition, unsigned metric) {
    do {
        metric++;
    } while (metric < METRIC_BITS && (reading->metrics & UINT64_C(1) << metric) == 0);
    struct keys_key key;
    begin_key(reading->store, &key, reading->project, day);
    keys_u16(&key, partition);
    keys_u8(&key, metric < METRIC_BITS ? (uint8_t)metric : UINT8_MAX);
    reading->store->kv->engine->scan_seek(reading->scan, keys_str(&key));
}

// All wanted rows of the day and partition the scan stands at.
static enum status read_run(struct reading *reading, int32_t day, uint16_t partition,
                            struct run *run) {
    const struct kv_engine *engine = reading->store->kv->engine;
    struct kv_rows rows = {.size = sizeof(struct store_total)};
    enum status status = STATUS_OK;
    struct str key;
    struct str amount;
    while (status == STATUS_OK && engine->scan_entry(reading->scan, &key, &amount)) {
        int32_t row_day = 0;
        uint16_t row_partition = 0;
        uint8_t metric = 0;
        struct str value;
        if (!read_position(str_make(key.data + reading->prefix, key.len - reading->prefix),
                           &row_day, &row_partition, &metric, &value)) {
            return STATUS_CORRUPT;
        }
        if (row_day != day || row_partition != partition) {
            break;
        }
        if (metric < METRIC_BITS && (reading->metrics & UINT64_C(1) << metric) != 0) {
            status = add_total(&rows, reading->scratch, day, metric, value, amount);
            engine->scan_next(reading->scan);
        } else if (metric == UINT8_MAX) {
            engine->scan_next(reading->scan); // no such metric; but a scan must come to an end
        } else {
            skip_metric(reading, day, partition, metric);
        }
    }
    *run = (struct run){(struct store_total *)(void *)rows.items, rows.count};
    return status;
}

// All partitions of the day the scan stands at.
static enum status read_day(struct reading *reading, struct kv_rows *out) {
    const struct kv_engine *engine = reading->store->kv->engine;
    struct run sum = {0};
    enum status status = STATUS_OK;
    int32_t day = 0;
    bool first = true;
    struct str key;
    struct str amount;
    while (status == STATUS_OK && engine->scan_entry(reading->scan, &key, &amount)) {
        int32_t row_day = 0;
        uint16_t partition = 0;
        uint8_t metric = 0;
        struct str value;
        if (!read_position(str_make(key.data + reading->prefix, key.len - reading->prefix),
                           &row_day, &partition, &metric, &value)) {
            return STATUS_CORRUPT;
        }
        if (!first && row_day != day) {
            break;
        }
        first = false;
        day = row_day;
        struct run run = {0};
        status = read_run(reading, day, partition, &run);
        if (status == STATUS_OK) {
            status = merge_runs(&sum, &run, reading->scratch);
        }
    }
    for (size_t i = 0; i < sum.count && status == STATUS_OK; i++) {
        struct store_total *row = kv_rows_add(out, reading->arena);
        struct str value = arena_copy(reading->arena, sum.totals[i].value);
        if (row == NULL || value.data == NULL) {
            return STATUS_NO_MEMORY;
        }
        *row = sum.totals[i];
        row->value = value;
    }
    return status;
}

enum status kv_totals_read(struct store *base, struct str project, int32_t from, int32_t to,
                           uint64_t metrics, struct arena *arena, struct store_total **out,
                           size_t *count) {
    struct kv_store *store = kv_store_of(base);
    struct kv *kv = store->kv;
    struct keys_key lower;
    struct keys_key upper;
    begin_key(store, &lower, project, from);
    begin_key(store, &upper, project, to);
    struct arena scratch;
    arena_init(&scratch, (size_t)64 << 10, 0);
    struct reading reading = {store, NULL, project, lower.len - 4, metrics, arena, &scratch};
    keys_end_of_prefix(&upper);
    enum status status =
        kv->engine->scan_open(kv, KV_MAIN, keys_str(&lower), keys_str(&upper), &reading.scan);
    if (status != STATUS_OK) {
        return status;
    }
    struct kv_rows rows = {.size = sizeof(struct store_total)};
    struct str key;
    struct str amount;
    while (status == STATUS_OK && kv->engine->scan_entry(reading.scan, &key, &amount)) {
        status = read_day(&reading, &rows);
        arena_reset(&scratch);
    }
    enum status closed = kv->engine->scan_close(reading.scan);
    arena_free(&scratch);
    *out = (struct store_total *)(void *)rows.items;
    *count = rows.count;
    return status == STATUS_OK ? closed : status;
}

enum status kv_totals_load(struct store *base, unsigned partition, struct str project, int32_t day,
                           struct arena *arena, struct store_total **out, size_t *count) {
    struct kv_store *store = kv_store_of(base);
    struct kv *kv = store->kv;
    struct keys_key lower;
    struct keys_key upper;
    begin_key(store, &lower, project, day);
    struct reading reading = {store, NULL, project, lower.len - 4, UINT64_MAX, arena, arena};
    keys_u16(&lower, (uint16_t)partition);
    upper = lower;
    keys_end_of_prefix(&upper);
    enum status status =
        kv->engine->scan_open(kv, KV_MAIN, keys_str(&lower), keys_str(&upper), &reading.scan);
    if (status != STATUS_OK) {
        return status;
    }
    struct run run = {0};
    status = read_run(&reading, day, (uint16_t)partition, &run);
    enum status closed = kv->engine->scan_close(reading.scan);
    *out = run.totals;
    *count = run.count;
    return status == STATUS_OK ? closed : status;
}
