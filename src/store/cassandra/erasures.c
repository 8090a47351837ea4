// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Receipts of erasures, holds, refusals, secrets; and closed reports as erasing needs them.
#include "store/cassandra/cassandra.h"
#include "store/cassandra/engine_table.h"

struct listing {
    struct cassandra_rows rows;
    struct arena *arena;
};

static enum status list(struct cassandra_store *store, enum statement statement,
                        const struct cql_values *values, unsigned columns,
                        enum status (*take)(struct cassandra_read *read,
                                            const struct cql_value *columns),
                        struct listing *listing) {
    struct cassandra_read read = {
        .statement = statement, .columns = columns, .row = take, .context = listing};
    if (values != NULL) {
        read.values = cql_values_bytes(values);
        read.value_count = values->count;
    }
    return cassandra_read_many(store, &read, 1);
}

static enum status get_texts(const struct cql_value *columns, size_t count, struct arena *arena,
                             struct str *const *texts) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = cassandra_get_text(columns[i], arena, texts[i]);
    }
    return status;
}

// --- Receipts -----------------------------------------------------------------------------------------------------------

enum status cassandra_erasure_put(struct store *base, const struct store_erasure *erasure) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    cql_bind_text(values, erasure->id);
    cql_bind_text(values, erasure->project);
    cql_bind_text(values, erasure->person);
    cql_bind_timestamp(values, erasure->requested_ms);
    cql_bind_int(values, (int32_t)erasure->parts);
    cql_bind_boolean(values, erasure->keep_refusing);
    cql_bind_boolean(values, erasure->failed);
    return cassandra_run(cassandra_of(base), STATEMENT_ERASURE_PUT, values, NULL, NULL);
}

static enum status take_erasure(struct cassandra_read *read, const struct cql_value *columns) {
    struct listing *listing = read->context;
    struct store_erasure *row = cassandra_rows_add(&listing->rows, listing->arena);
    if (row == NULL) {
        return STATUS_NO_MEMORY;
    }
    struct str *const texts[] = {&row->id, &row->project, &row->person};
    enum status status = get_texts(columns, 3, listing->arena, texts);
    if (status == STATUS_OK) {
        status = cql_get_bigint(columns[3], &row->requested_ms);
    }
    if (status == STATUS_OK) {
        status = cassandra_get_u32(columns[4], &row->parts);
    }
    if (status == STATUS_OK) {
        status = cql_get_boolean(columns[5], &row->keep_refusing);
    }
    return status == STATUS_OK ? cql_get_boolean(columns[6], &row->failed) : status;
}

enum status cassandra_erasures(struct store *base, struct arena *arena, struct store_erasure **out,
                               size_t *count) {
    struct listing listing = {{.size = sizeof(struct store_erasure)}, arena};
    enum status status =
        list(cassandra_of(base), STATEMENT_ERASURES_GET, NULL, 7, take_erasure, &listing);
    *out = (struct store_erasure *)(void *)listing.rows.items;
    *count = listing.rows.count;
    return status;
}

static void set_removed(struct store_erased *removed, struct str name, uint64_t rows) {
#define X(member)                                                                                  \
    if (str_equal(name, STR(#member))) {                                                           \
        removed->member = rows;                                                                    \
    }
    STORE_ERASED_LIST(X)
#undef X
}

static enum status get_removed(struct cql_value value, struct store_erased *removed) {
    struct cql_elements elements = {0};
    int32_t count = 0;
    enum status status = cql_get_collection(value, &elements, &count);
    for (int32_t i = 0; i < count && status == STATUS_OK; i++) {
        struct cql_value name;
        struct cql_value number;
        uint64_t rows = 0;
        status = cql_next_element(&elements, &name);
        if (status == STATUS_OK) {
            status = cql_next_element(&elements, &number);
        }
        if (status == STATUS_OK) {
            status = cassandra_get_u64(number, &rows);
        }
        if (status == STATUS_OK) {
            set_removed(removed, name.bytes, rows);
        }
    }
    return status == STATUS_END ? STATUS_CORRUPT : status;
}

static enum status take_part(struct cassandra_read *read, const struct cql_value *columns) {
    struct listing *listing = read->context;
    struct store_erasure_part *row = cassandra_rows_add(&listing->rows, listing->arena);
    if (row == NULL) {
        return STATUS_NO_MEMORY;
    }
    enum status status = cassandra_get_u32(columns[0], &row->part);
    if (status == STATUS_OK) {
        status = cql_get_boolean(columns[1], &row->done);
    }
    if (status == STATUS_OK) {
        status = cql_get_bigint(columns[2], &row->done_ms);
    }
    return status == STATUS_OK ? get_removed(columns[3], &row->removed) : status;
}

enum status cassandra_erasure_parts(struct store *base, struct str id, struct arena *arena,
                                    struct store_erasure_part **out, size_t *count) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    cql_bind_text(values, id);
    struct listing listing = {{.size = sizeof(struct store_erasure_part)}, arena};
    enum status status =
        list(cassandra_of(base), STATEMENT_ERASURE_PARTS_GET, values, 4, take_part, &listing);
    *out = (struct store_erasure_part *)(void *)listing.rows.items;
    *count = listing.rows.count;
    return status;
}

// --- Refusals and links -------------------------------------------------------------------------------------------------

static enum status take_refusal(struct cassandra_read *read, const struct cql_value *columns) {
    struct listing *listing = read->context;
    struct store_refusal *row = cassandra_rows_add(&listing->rows, listing->arena);
    uint32_t partition = 0;
    if (row == NULL) {
        return STATUS_NO_MEMORY;
    }
    struct str *const texts[] = {&row->project, &row->person};
    enum status status = cassandra_get_u32(columns[0], &partition);
    row->partition = partition;
    if (status == STATUS_OK) {
        status = get_texts(columns + 1, 2, listing->arena, texts);
    }
    return status == STATUS_OK ? cql_get_bigint(columns[3], &row->since_ms) : status;
}

enum status cassandra_refusals(struct store *base, struct arena *arena, struct store_refusal **out,
                               size_t *count) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    struct listing listing = {{.size = sizeof(struct store_refusal)}, arena};
    int64_t epoch = 0;
    enum status status = cassandra_epoch(cassandra_of(base), &epoch);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    cql_bind_bigint(values, epoch);
    status = list(cassandra_of(base), STATEMENT_REFUSALS_GET, values, 4, take_refusal, &listing);
    *out = (struct store_refusal *)(void *)listing.rows.items;
    *count = listing.rows.count;
    return status;
}

static enum status take_text(struct cassandra_read *read, const struct cql_value *columns) {
    struct listing *listing = read->context;
    struct str *row = cassandra_rows_add(&listing->rows, listing->arena);
    return row == NULL ? STATUS_NO_MEMORY : cassandra_get_text(columns[0], listing->arena, row);
}

enum status cassandra_link_users(struct store *base, struct str project, struct str anonymous_id,
                                 struct arena *arena, struct str **out, size_t *count) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    struct listing listing = {{.size = sizeof(struct str)}, arena};
    int64_t epoch = 0;
    enum status status = cassandra_epoch(cassandra_of(base), &epoch);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    cql_bind_text(values, project);
    cql_bind_text(values, anonymous_id);
    cql_bind_bigint(values, epoch);
    status = list(cassandra_of(base), STATEMENT_LINKS_GET, values, 2, take_text, &listing);
    *out = (struct str *)(void *)listing.rows.items;
    *count = listing.rows.count;
    return status;
}

// --- Holds --------------------------------------------------------------------------------------------------------------

enum status cassandra_hold_put(struct store *base, const struct store_hold *hold) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    bool applied = false;
    cql_bind_text(values, hold->project);
    cql_bind_text(values, hold->person);
    cql_bind_text(values, hold->name.data == NULL ? STR("") : hold->name);
    cql_bind_timestamp(values, hold->created_ms);
    enum status status =
        cassandra_decide(cassandra_of(base), STATEMENT_HOLD_PUT, values, &applied, NULL);
    return status == STATUS_OK && !applied ? STATUS_EXISTS : status;
}

enum status cassandra_hold_delete(struct store *base, struct str project, struct str person) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    bool applied = false;
    cql_bind_text(values, project);
    cql_bind_text(values, person);
    enum status status =
        cassandra_decide(cassandra_of(base), STATEMENT_HOLD_DELETE, values, &applied, NULL);
    return status == STATUS_OK && !applied ? STATUS_NOT_FOUND : status;
}

static enum status take_hold(struct cassandra_read *read, const struct cql_value *columns) {
    struct listing *listing = read->context;
    struct store_hold *row = cassandra_rows_add(&listing->rows, listing->arena);
    if (row == NULL) {
        return STATUS_NO_MEMORY;
    }
    struct str *const texts[] = {&row->project, &row->person, &row->name};
    enum status status = get_texts(columns, 3, listing->arena, texts);
    return status == STATUS_OK ? cql_get_bigint(columns[3], &row->created_ms) : status;
}

enum status cassandra_holds(struct store *base, struct arena *arena, struct store_hold **out,
                            size_t *count) {
    struct listing listing = {{.size = sizeof(struct store_hold)}, arena};
    enum status status =
        list(cassandra_of(base), STATEMENT_HOLDS_GET, NULL, 4, take_hold, &listing);
    *out = (struct store_hold *)(void *)listing.rows.items;
    *count = listing.rows.count;
    return status;
}

// --- Reports and secrets ------------------------------------------------------------------------------------------------

static enum status take_report(struct cassandra_read *read, const struct cql_value *columns) {
    struct listing *listing = read->context;
    struct store_report *row = cassandra_rows_add(&listing->rows, listing->arena);
    if (row == NULL) {
        return STATUS_NO_MEMORY;
    }
    enum status status = cassandra_get_u32(columns[0], &row->revision);
    if (status == STATUS_OK) {
        status = cql_get_bigint(columns[1], &row->closed_ms);
    }
    if (status == STATUS_OK) {
        status = cassandra_get_u64(columns[2], &row->digest);
    }
    return status == STATUS_OK ? cassandra_get_text(columns[3], listing->arena, &row->body)
                               : status;
}

enum status cassandra_report_revisions(struct store *base, struct str project, int32_t day,
                                       struct arena *arena, struct store_report **out,
                                       size_t *count) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    struct listing listing = {{.size = sizeof(struct store_report)}, arena};
    cql_bind_text(values, project);
    cql_bind_date(values, day);
    enum status status =
        list(cassandra_of(base), STATEMENT_REPORT_REVISIONS_GET, values, 4, take_report, &listing);
    *out = (struct store_report *)(void *)listing.rows.items;
    *count = listing.rows.count;
    for (size_t i = 0; i < *count; i++) {
        (*out)[i].day = day;
    }
    return status;
}

enum status cassandra_report_rewrite(struct store *base, struct str project,
                                     const struct store_report *report) {
    struct buffer buffer;
    struct cql_values values;
    bool applied = false;
    buffer_init(&buffer, CASSANDRA_BATCH_MAX);
    cql_values_begin(&values, &buffer);
    cql_bind_text(&values, report->body.data == NULL ? STR("") : report->body);
    cql_bind_text(&values, project);
    cql_bind_date(&values, report->day);
    cql_bind_int(&values, (int32_t)report->revision);
    enum status status =
        cassandra_decide(cassandra_of(base), STATEMENT_REPORT_REWRITE, &values, &applied, NULL);
    buffer_free(&buffer);
    return status == STATUS_OK && !applied ? STATUS_NOT_FOUND : status;
}

enum status cassandra_secret(struct store *base, struct str name,
                             uint8_t secret[STORE_SECRET_BYTES]) {
    struct cassandra_store *store = cassandra_of(base);
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    struct cql_result *result = NULL;
    struct cql_value column;
    bool applied = false;
    cql_bind_text(values, name);
    cql_bind_blob(values, str_make((const char *)secret, STORE_SECRET_BYTES));
    enum status status = cassandra_decide(store, STATEMENT_SECRET_PUT, values, &applied, NULL);
    if (status != STATUS_OK || applied) {
        return status;
    }
    values = cassandra_values_begin(&memory);
    cql_bind_text(values, name);
    status = cassandra_run_row(store, STATEMENT_SECRET_GET, values, &result, &column, 1);
    if (status == STATUS_OK && column.bytes.len != STORE_SECRET_BYTES) {
        status = STATUS_CORRUPT;
    }
    if (status == STATUS_OK) {
        memcpy(secret, column.bytes.data, STORE_SECRET_BYTES);
    }
    cql_result_free(result);
    return status;
}
