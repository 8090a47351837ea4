// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The audit log, a partition a month, and the usage of days, a partition a day.
#include "store/cassandra/cassandra.h"
#include "store/cassandra/engine_table.h"

#define DAY_MS INT64_C(86400000)

// Months since the year 0.
static int32_t month_of(int64_t ms) {
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    clock_date_from_day((int32_t)(ms / DAY_MS), &year, &month, &day);
    return year * 12 + (int32_t)month - 1;
}

// --- Audit ------------------------------------------------------------------------------------------------------------

enum status cassandra_audit_append(struct store *base, const struct store_audit *audit) {
    struct buffer buffer;
    struct cql_values values;
    buffer_init(&buffer, CASSANDRA_BATCH_MAX);
    cql_values_begin(&values, &buffer);
    cql_bind_int(&values, month_of(audit->time_ms));
    cql_bind_timestamp(&values, audit->time_ms);
    cql_bind_text(&values, audit->id);
    cql_bind_text(&values, audit->project.data == NULL ? STR("") : audit->project);
    cql_bind_text(&values, audit->entry);
    enum status status =
        cassandra_run(cassandra_of(base), STATEMENT_AUDIT_PUT, &values, NULL, NULL);
    buffer_free(&buffer);
    return status;
}

struct audits {
    struct cassandra_rows rows;
    struct arena *arena;
};

static enum status take_audit(struct cassandra_read *read, const struct cql_value *columns) {
    struct audits *audits = read->context;
    struct store_audit *row = cassandra_rows_add(&audits->rows, audits->arena);
    if (row == NULL) {
        return STATUS_NO_MEMORY;
    }
    enum status status = cql_get_bigint(columns[0], &row->time_ms);
    struct str *const texts[] = {&row->id, &row->project, &row->entry};
    for (size_t i = 0; i < 3 && status == STATUS_OK; i++) {
        status = cassandra_get_text(columns[1 + i], audits->arena, texts[i]);
    }
    return status;
}

// One more than asked for tells whether there are more.
static enum status read_month(struct cassandra_store *store, int32_t month,
                              const struct store_audit_query *query, int64_t before_ms,
                              struct str before_id, struct audits *audits) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    size_t wanted = (size_t)query->limit + 1 - audits->rows.count;
    cql_bind_int(values, month);
    cql_bind_timestamp(values, before_ms);
    cql_bind_text(values, before_id);
    cql_bind_timestamp(values, query->from_ms);
    cql_bind_int(values, wanted < INT32_MAX ? (int32_t)wanted : INT32_MAX);
    struct cassandra_read read;
    enum status status = cassandra_read_make(&read, STATEMENT_AUDIT_GET, values, 4, audits->arena);
    read.row = take_audit;
    read.context = audits;
    return status == STATUS_OK ? cassandra_read_many(store, &read, 1) : status;
}

enum status cassandra_audit_read(struct store *base, const struct store_audit_query *query,
                                 struct arena *arena, struct store_audit **out, size_t *count,
                                 bool *more) {
    struct audits audits = {{.size = sizeof(struct store_audit)}, arena};
    bool resume = query->resume && query->after_ms < query->to_ms;
    int64_t before_ms = resume ? query->after_ms : query->to_ms;
    struct str before_id = resume ? query->after_id : STR("");
    enum status status = STATUS_OK;
    // Month by month, until there are enough: nothing of an earlier one is newer.
    int32_t least = month_of(query->from_ms);
    for (int32_t month = month_of(before_ms);
         month >= least && status == STATUS_OK && audits.rows.count <= query->limit; month--) {
        status = read_month(cassandra_of(base), month, query, before_ms, before_id, &audits);
    }
    *more = audits.rows.count > query->limit;
    *out = (struct store_audit *)(void *)audits.rows.items;
    *count = *more ? query->limit : audits.rows.count;
    return status;
}

// --- Usage ------------------------------------------------------------------------------------------------------------

enum status cassandra_usage_put(struct store *base, const struct store_usage *usage) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    cql_bind_date(values, usage->day);
    cql_bind_text(values, usage->project);
    cql_bind_text(values, usage->counter);
    cql_bind_bigint(values, usage->events);
    return cassandra_run(cassandra_of(base), STATEMENT_USAGE_PUT, values, NULL, NULL);
}

struct usages {
    struct cassandra_rows rows;
    struct arena *arena;
    int32_t day;
};

static enum status take_usage(struct cassandra_read *read, const struct cql_value *columns) {
    struct usages *usages = read->context;
    struct store_usage *row = cassandra_rows_add(&usages->rows, usages->arena);
    if (row == NULL) {
        return STATUS_NO_MEMORY;
    }
    row->day = usages->day;
    enum status status = cassandra_get_text(columns[0], usages->arena, &row->project);
    if (status == STATUS_OK) {
        status = cassandra_get_text(columns[1], usages->arena, &row->counter);
    }
    return status == STATUS_OK ? cql_get_bigint(columns[2], &row->events) : status;
}

enum status cassandra_usage_read(struct store *base, int32_t day, struct arena *arena,
                                 struct store_usage **out, size_t *count) {
    struct usages usages = {{.size = sizeof(struct store_usage)}, arena, day};
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    cql_bind_date(values, day);
    struct cassandra_read read;
    enum status status = cassandra_read_make(&read, STATEMENT_USAGE_GET, values, 3, arena);
    read.row = take_usage;
    read.context = &usages;
    if (status == STATUS_OK) {
        status = cassandra_read_many(cassandra_of(base), &read, 1);
    }
    *out = (struct store_usage *)(void *)usages.rows.items;
    *count = usages.rows.count;
    return status;
}
