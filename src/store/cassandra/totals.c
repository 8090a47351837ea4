// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Day totals: a row for each partition of the log, summed when read. Days are read side by side.
#include <stdlib.h>

#include "store/cassandra/cassandra.h"
#include "store/cassandra/engine_table.h"

#define FEW_DAYS 64 // so many are asked for without looking which there are

struct day {
    int32_t number;
    struct arena *arena;
    struct cassandra_rows rows; // struct store_total, of all partitions
};

static enum status take_total(struct cassandra_read *read, const struct cql_value *columns) {
    struct day *day = read->context;
    enum store_metric metric = cassandra_metric_from_name(columns[0].bytes);
    if (metric == 0) {
        return STATUS_OK; // of a newer Footfall
    }
    struct store_total *total = cassandra_rows_add(&day->rows, day->arena);
    if (total == NULL) {
        return STATUS_NO_MEMORY;
    }
    total->day = day->number;
    total->metric = metric;
    enum status status = cassandra_get_text(columns[1], day->arena, &total->value);
    return status == STATUS_OK ? cql_get_bigint(columns[3], &total->amount) : status;
}

static int compare_totals(const void *a_memory, const void *b_memory) {
    const struct store_total *a = a_memory;
    const struct store_total *b = b_memory;
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

// Sorts the day's rows and appends their sums.
static enum status sum_day(struct day *day, struct arena *arena, struct cassandra_rows *out) {
    struct store_total *totals = (struct store_total *)(void *)day->rows.items;
    if (day->rows.count > 1) {
        qsort(totals, day->rows.count, sizeof *totals, compare_totals);
    }
    struct store_total *sum = NULL;
    for (size_t i = 0; i < day->rows.count; i++) {
        if (sum != NULL && compare_totals(sum, &totals[i]) == 0) {
            sum->amount = add_amounts(sum->amount, totals[i].amount);
            continue;
        }
        sum = cassandra_rows_add(out, arena);
        if (sum == NULL) {
            return STATUS_NO_MEMORY;
        }
        *sum = totals[i];
        sum->value = arena_copy(arena, totals[i].value);
        if (sum->value.data == NULL) {
            return STATUS_NO_MEMORY;
        }
    }
    return STATUS_OK;
}

// --- Which days there are -----------------------------------------------------------------------------------------------

struct days {
    struct cassandra_rows rows; // int32_t
    struct arena *arena;
};

static enum status add_day(struct days *days, int32_t number) {
    int32_t *row = cassandra_rows_add(&days->rows, days->arena);
    if (row == NULL) {
        return STATUS_NO_MEMORY;
    }
    *row = number;
    return STATUS_OK;
}

static enum status take_day(struct cassandra_read *read, const struct cql_value *columns) {
    int32_t number = 0;
    enum status status = cql_get_date(columns[0], &number);
    return status == STATUS_OK ? add_day(read->context, number) : status;
}

static enum status find_days(struct cassandra_store *store, struct str project, int64_t epoch,
                             int32_t from, int32_t to, struct days *days) {
    enum status status = STATUS_OK;
    if ((int64_t)to - from < FEW_DAYS) {
        for (int64_t number = from; number <= to && status == STATUS_OK; number++) {
            status = add_day(days, (int32_t)number);
        }
        return status;
    }
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    cql_bind_text(values, project);
    cql_bind_bigint(values, epoch);
    cql_bind_date(values, from);
    cql_bind_date(values, to);
    struct cassandra_read read = {.statement = STATEMENT_TOTAL_DAYS_GET,
                                  .values = cql_values_bytes(values),
                                  .value_count = values->count,
                                  .columns = 1,
                                  .row = take_day,
                                  .context = days};
    status = buffer_status(values->out);
    return status == STATUS_OK ? cassandra_read_many(store, &read, 1) : status;
}

// --- Reading --------------------------------------------------------------------------------------------------------------

static void bind_metrics(struct cql_values *values, uint64_t metrics) {
    struct cql_collection list = cql_bind_begin_collection(values);
    int32_t count = 0;
    for (unsigned metric = 1; metric < STORE_METRIC_END; metric++) {
        struct str name = cassandra_metric_name((enum store_metric)metric);
        if ((metrics & UINT64_C(1) << metric) != 0 && name.len > 0) {
            cql_bind_text(values, name);
            count++;
        }
    }
    cql_bind_end(values, list, count);
}

static enum status make_read(struct cassandra_read *read, struct str project, int64_t epoch,
                             uint64_t metrics, struct day *day, struct arena *scratch) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    cql_bind_text(values, project);
    cql_bind_date(values, day->number);
    cql_bind_bigint(values, epoch);
    bind_metrics(values, metrics);
    enum status status = cassandra_read_make(read, STATEMENT_TOTALS_GET, values, 4, scratch);
    read->row = take_total;
    read->context = day;
    return status;
}

static enum status read_days(struct cassandra_store *store, struct str project, int64_t epoch,
                             uint64_t metrics, const struct days *found, struct arena *scratch,
                             struct arena *arena, struct cassandra_rows *out) {
    const int32_t *numbers = (const int32_t *)(const void *)found->rows.items;
    size_t count = found->rows.count;
    struct day *days = arena_alloc_array(scratch, count, sizeof *days);
    struct cassandra_read *reads = arena_alloc_array(scratch, count, sizeof *reads);
    enum status status = days == NULL || reads == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        days[i] = (struct day){numbers[i], scratch, {.size = sizeof(struct store_total)}};
        status = make_read(&reads[i], project, epoch, metrics, &days[i], scratch);
    }
    if (status == STATUS_OK) {
        status = cassandra_read_many(store, reads, count);
    }
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = sum_day(&days[i], arena, out);
    }
    return status;
}

enum status cassandra_totals_read(struct store *base, struct str project, int32_t from, int32_t to,
                                  uint64_t metrics, struct arena *arena, struct store_total **out,
                                  size_t *count) {
    struct cassandra_store *store = cassandra_of(base);
    int64_t epoch = 0;
    enum status status = cassandra_epoch(store, &epoch);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    struct arena scratch;
    arena_init(&scratch, (size_t)64 << 10, 0);
    struct days days = {{.size = sizeof(int32_t)}, &scratch};
    struct cassandra_rows rows = {.size = sizeof(struct store_total)};
    status = find_days(store, project, epoch, from, to, &days);
    if (status == STATUS_OK && days.rows.count > 0) {
        status = read_days(store, project, epoch, metrics, &days, &scratch, arena, &rows);
    }
    arena_free(&scratch);
    *out = (struct store_total *)(void *)rows.items;
    *count = rows.count;
    return status;
}

enum status cassandra_totals_load(struct store *base, unsigned partition, struct str project,
                                  int32_t number, struct arena *arena, struct store_total **out,
                                  size_t *count) {
    struct cassandra_store *store = cassandra_of(base);
    int64_t epoch = 0;
    *out = NULL;
    *count = 0;
    enum status status = cassandra_epoch(store, &epoch);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    struct day day = {number, arena, {.size = sizeof(struct store_total)}};
    cql_bind_text(values, project);
    cql_bind_date(values, number);
    cql_bind_bigint(values, epoch);
    cql_bind_int(values, (int32_t)partition);
    struct cassandra_read read = {.statement = STATEMENT_TOTALS_GET_OWN,
                                  .values = cql_values_bytes(values),
                                  .value_count = values->count,
                                  .columns = 4,
                                  .row = take_total,
                                  .context = &day};
    status = buffer_status(values->out);
    if (status == STATUS_OK) {
        status = cassandra_read_many(store, &read, 1);
    }
    if (status == STATUS_OK && day.rows.count > 1) {
        qsort(day.rows.items, day.rows.count, sizeof(struct store_total), compare_totals);
    }
    *out = (struct store_total *)(void *)day.rows.items;
    *count = day.rows.count;
    return status;
}
