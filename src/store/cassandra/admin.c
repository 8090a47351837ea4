// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Projects, keys, accounts and closed reports: few rows, each made once.
//
// Those of one table share a partition, so that one read gives all of them in order.
#include <stdlib.h>

#include "store/cassandra/cassandra.h"
#include "store/cassandra/engine_table.h"

static struct str not_null(struct str text) {
    return text.data == NULL ? STR("") : text;
}

// A row that must not be there yet.
static enum status put_new(struct cassandra_store *store, enum statement statement,
                           const struct cql_values *values) {
    bool applied = false;
    enum status status = cassandra_decide(store, statement, values, &applied, NULL);
    return status == STATUS_OK && !applied ? STATUS_EXISTS : status;
}

// All rows of a table; `texts` of each are filled by take.
struct listing {
    struct cassandra_rows rows;
    struct arena *arena;
};

static enum status list(struct cassandra_store *store, enum statement statement, unsigned columns,
                        enum status (*take)(struct cassandra_read *read,
                                            const struct cql_value *columns),
                        struct listing *listing) {
    struct cassandra_read read = {
        .statement = statement, .columns = columns, .row = take, .context = listing};
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

// --- Projects -----------------------------------------------------------------------------------------------------------

enum status cassandra_project_put(struct store *base, const struct store_project *project) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    cql_bind_text(values, project->id);
    cql_bind_text(values, not_null(project->name));
    cql_bind_text(values, not_null(project->time_zone));
    cql_bind_timestamp(values, project->created_ms);
    return put_new(cassandra_of(base), STATEMENT_PROJECT_PUT, values);
}

static enum status take_project(struct cassandra_read *read, const struct cql_value *columns) {
    struct listing *listing = read->context;
    struct store_project *row = cassandra_rows_add(&listing->rows, listing->arena);
    if (row == NULL) {
        return STATUS_NO_MEMORY;
    }
    struct str *const texts[] = {&row->id, &row->name, &row->time_zone};
    enum status status = get_texts(columns, 3, listing->arena, texts);
    return status == STATUS_OK ? cql_get_bigint(columns[3], &row->created_ms) : status;
}

enum status cassandra_projects(struct store *base, struct arena *arena, struct store_project **out,
                               size_t *count) {
    struct listing listing = {{.size = sizeof(struct store_project)}, arena};
    enum status status =
        list(cassandra_of(base), STATEMENT_PROJECTS_GET, 4, take_project, &listing);
    *out = (struct store_project *)(void *)listing.rows.items;
    *count = listing.rows.count;
    return status;
}

// --- Keys ---------------------------------------------------------------------------------------------------------------

enum status cassandra_key_put(struct store *base, const struct store_key *key) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    cql_bind_text(values, key->id);
    cql_bind_text(values, not_null(key->project));
    cql_bind_text(values, not_null(key->kind));
    cql_bind_text(values, not_null(key->role));
    cql_bind_text(values, not_null(key->secret));
    cql_bind_text(values, not_null(key->label));
    cql_bind_timestamp(values, key->created_ms);
    return put_new(cassandra_of(base), STATEMENT_KEY_PUT, values);
}

enum status cassandra_key_delete(struct store *base, struct str id) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    cql_bind_text(values, id);
    bool applied = false;
    enum status status =
        cassandra_decide(cassandra_of(base), STATEMENT_KEY_DELETE, values, &applied, NULL);
    return status == STATUS_OK && !applied ? STATUS_NOT_FOUND : status;
}

static enum status take_key(struct cassandra_read *read, const struct cql_value *columns) {
    struct listing *listing = read->context;
    struct store_key *row = cassandra_rows_add(&listing->rows, listing->arena);
    if (row == NULL) {
        return STATUS_NO_MEMORY;
    }
    struct str *const texts[] = {&row->id,   &row->project, &row->kind,
                                 &row->role, &row->secret,  &row->label};
    enum status status = get_texts(columns, 6, listing->arena, texts);
    return status == STATUS_OK ? cql_get_bigint(columns[6], &row->created_ms) : status;
}

enum status cassandra_keys(struct store *base, struct arena *arena, struct store_key **out,
                           size_t *count) {
    struct listing listing = {{.size = sizeof(struct store_key)}, arena};
    enum status status = list(cassandra_of(base), STATEMENT_KEYS_GET, 7, take_key, &listing);
    *out = (struct store_key *)(void *)listing.rows.items;
    *count = listing.rows.count;
    return status;
}

// --- Accounts -----------------------------------------------------------------------------------------------------------

enum status cassandra_account_put(struct store *base, const struct store_account *account) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    cql_bind_text(values, account->email);
    cql_bind_text(values, not_null(account->password_hash));
    cql_bind_text(values, not_null(account->role));
    cql_bind_text(values, not_null(account->project));
    cql_bind_timestamp(values, account->created_ms);
    cql_bind_text(values, not_null(account->name));
    cql_bind_boolean(values, account->disabled);
    cql_bind_bigint(values, account->version);
    return put_new(cassandra_of(base), STATEMENT_ACCOUNT_PUT, values);
}

static bool find_account(const struct store_account *accounts, size_t count, struct str email) {
    for (size_t i = 0; i < count; i++) {
        if (str_equal(accounts[i].email, email)) {
            return true;
        }
    }
    return false;
}

enum status cassandra_account_replace(struct store *base, const struct store_account *account,
                                      int64_t version) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    cql_bind_text(values, not_null(account->password_hash));
    cql_bind_text(values, not_null(account->role));
    cql_bind_text(values, not_null(account->project));
    cql_bind_text(values, not_null(account->name));
    cql_bind_boolean(values, account->disabled);
    cql_bind_bigint(values, account->version);
    cql_bind_text(values, account->email);
    if (version == 0) {
        cql_bind_null(values); // made before there were versions
    } else {
        cql_bind_bigint(values, version);
    }
    bool applied = false;
    enum status status =
        cassandra_decide(cassandra_of(base), STATEMENT_ACCOUNT_REPLACE, values, &applied, NULL);
    if (status != STATUS_OK || applied) {
        return status;
    }
    struct arena arena;
    struct store_account *accounts = NULL;
    size_t count = 0;
    arena_init(&arena, 4096, 0);
    status = cassandra_accounts(base, &arena, &accounts, &count);
    if (status == STATUS_OK) {
        status =
            find_account(accounts, count, account->email) ? STATUS_PRECONDITION : STATUS_NOT_FOUND;
    }
    arena_free(&arena);
    return status;
}

enum status cassandra_account_delete(struct store *base, struct str email) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    cql_bind_text(values, email);
    bool applied = false;
    enum status status =
        cassandra_decide(cassandra_of(base), STATEMENT_ACCOUNT_DELETE, values, &applied, NULL);
    return status == STATUS_OK && !applied ? STATUS_NOT_FOUND : status;
}

enum status cassandra_get_account(const struct cql_value *columns, struct arena *arena,
                                  struct store_account *row) {
    struct str *const texts[] = {&row->email, &row->password_hash, &row->role, &row->project,
                                 &row->name};
    enum status status = get_texts(columns, 5, arena, texts);
    row->name = not_null(row->name);
    row->disabled = false;
    row->version = 0;
    if (status == STATUS_OK) {
        status = cql_get_bigint(columns[5], &row->created_ms);
    }
    if (status == STATUS_OK) {
        status = cql_get_boolean(columns[6], &row->disabled);
    }
    if (status == STATUS_OK) {
        status = cql_get_bigint(columns[7], &row->version);
    }
    return status;
}

static enum status take_account(struct cassandra_read *read, const struct cql_value *columns) {
    struct listing *listing = read->context;
    struct store_account *row = cassandra_rows_add(&listing->rows, listing->arena);
    return row == NULL ? STATUS_NO_MEMORY : cassandra_get_account(columns, listing->arena, row);
}

enum status cassandra_accounts(struct store *base, struct arena *arena, struct store_account **out,
                               size_t *count) {
    struct listing listing = {{.size = sizeof(struct store_account)}, arena};
    enum status status = list(cassandra_of(base), STATEMENT_ACCOUNTS_GET, STATEMENT_ACCOUNT_COLUMNS,
                              take_account, &listing);
    *out = (struct store_account *)(void *)listing.rows.items;
    *count = listing.rows.count;
    return status;
}

// --- Closed reports -----------------------------------------------------------------------------------------------------

enum status cassandra_report_put(struct store *base, struct str project,
                                 const struct store_report *report) {
    struct buffer buffer;
    struct cql_values values;
    buffer_init(&buffer, CASSANDRA_BATCH_MAX);
    cql_values_begin(&values, &buffer);
    cql_bind_text(&values, project);
    cql_bind_date(&values, report->day);
    cql_bind_int(&values, (int32_t)report->revision);
    cql_bind_timestamp(&values, report->closed_ms);
    cql_bind_bigint(&values, (int64_t)report->digest);
    cql_bind_text(&values, not_null(report->body));
    enum status status = put_new(cassandra_of(base), STATEMENT_REPORT_PUT, &values);
    buffer_free(&buffer);
    return status;
}

enum status cassandra_report_get(struct store *base, struct str project, int32_t day,
                                 struct arena *arena, struct store_report *out) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    cql_bind_text(values, project);
    cql_bind_date(values, day);
    struct cql_result *result = NULL;
    struct cql_value columns[4];
    struct store_report report = {.day = day};
    enum status status =
        cassandra_run_row(cassandra_of(base), STATEMENT_REPORT_GET, values, &result, columns, 4);
    if (status == STATUS_OK) {
        status = cassandra_get_u32(columns[0], &report.revision);
    }
    if (status == STATUS_OK) {
        status = cql_get_bigint(columns[1], &report.closed_ms);
    }
    if (status == STATUS_OK) {
        status = cassandra_get_u64(columns[2], &report.digest);
    }
    if (status == STATUS_OK) {
        status = cassandra_get_text(columns[3], arena, &report.body);
    }
    cql_result_free(result);
    if (status == STATUS_OK) {
        *out = report;
    }
    return status;
}
