// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Walks over whole tables, page by page: Cassandra's own paging, in the order of tokens.
//
// A position is the kind, whether there is more, and the paging state of the page before. Rows of another epoch are passed over.
#include "store/cassandra/engine_table.h"
#include "store/cassandra/profiles.h"

#define ROW_BYTES 512 // about what a row takes, to tell how many make a page
#define PAGE_ROWS_MAX 2000
#define POSITION_HEADER 2

// Columns behind the epoch, for tables that have one.
typedef enum status (*row_reader)(const struct cql_value *columns, struct arena *arena,
                                  struct store_row *row);

static enum status get_texts(const struct cql_value *columns, size_t count, struct arena *arena,
                             struct str *const *texts) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = cassandra_get_text(columns[i], arena, texts[i]);
    }
    return status;
}

static enum status get_partition(struct cql_value value, struct store_row *row) {
    uint32_t partition = 0;
    enum status status = cassandra_get_u32(value, &partition);
    row->partition = partition;
    return status;
}

// --- What people wrote ------------------------------------------------------------------------------------------------------

static enum status read_project(const struct cql_value *columns, struct arena *arena,
                                struct store_row *row) {
    struct store_project *project = &row->as.project;
    struct str *const texts[] = {&project->id, &project->name, &project->time_zone};
    enum status status = get_texts(columns, 3, arena, texts);
    return status == STATUS_OK ? cql_get_bigint(columns[3], &project->created_ms) : status;
}

static enum status read_key(const struct cql_value *columns, struct arena *arena,
                            struct store_row *row) {
    struct store_key *key = &row->as.key;
    struct str *const texts[] = {&key->id,   &key->project, &key->kind,
                                 &key->role, &key->secret,  &key->label};
    enum status status = get_texts(columns, 6, arena, texts);
    return status == STATUS_OK ? cql_get_bigint(columns[6], &key->created_ms) : status;
}

static enum status read_account(const struct cql_value *columns, struct arena *arena,
                                struct store_row *row) {
    return cassandra_get_account(columns, arena, &row->as.account);
}

// NOT_FOUND: no row, only what a bucket's rows share.
static enum status read_profile(const struct cql_value *columns, struct arena *arena,
                                struct store_row *row) {
    if (cql_is_null(columns[1])) {
        return STATUS_NOT_FOUND;
    }
    enum status status = cassandra_get_text(columns[0], arena, &row->project);
    return status == STATUS_OK ? profiles_get(columns + 1, arena, &row->as.profile) : status;
}

static enum status read_floor(const struct cql_value *columns, struct arena *arena,
                              struct store_row *row) {
    if (cql_is_null(columns[2])) {
        return STATUS_NOT_FOUND;
    }
    enum status status = cassandra_get_text(columns[0], arena, &row->project);
    return status == STATUS_OK ? cassandra_get_u64(columns[2], &row->as.version_floor) : status;
}

static enum status read_report(const struct cql_value *columns, struct arena *arena,
                               struct store_row *row) {
    struct store_report *report = &row->as.report;
    enum status status = cassandra_get_text(columns[0], arena, &row->project);
    if (status == STATUS_OK) {
        status = cql_get_date(columns[1], &report->day);
    }
    if (status == STATUS_OK) {
        status = cassandra_get_u32(columns[2], &report->revision);
    }
    if (status == STATUS_OK) {
        status = cql_get_bigint(columns[3], &report->closed_ms);
    }
    if (status == STATUS_OK) {
        status = cassandra_get_u64(columns[4], &report->digest);
    }
    return status == STATUS_OK ? cassandra_get_text(columns[5], arena, &report->body) : status;
}

static enum status read_delivery(const struct cql_value *columns, struct arena *arena,
                                 struct store_row *row) {
    struct store_delivery *delivery = &row->as.delivery;
    enum status status = cassandra_get_text(columns[0], arena, &delivery->name);
    return status == STATUS_OK ? cassandra_get_delivery(columns + 1, arena, delivery) : status;
}

// --- What was derived -------------------------------------------------------------------------------------------------------

static enum status get_actor(const struct cql_value *columns, struct arena *arena,
                             struct store_row *row) {
    struct str *const texts[] = {&row->project, &row->actor.id};
    const struct cql_value values[] = {columns[0], columns[2]};
    int64_t generation = 0;
    return cassandra_kind_read(columns[1].bytes, &row->actor.kind, &generation)
               ? get_texts(values, 2, arena, texts)
               : STATUS_CORRUPT;
}

static enum status read_state(const struct cql_value *columns, struct arena *arena,
                              struct store_row *row) {
    enum status status = get_actor(columns, arena, row);
    return status == STATUS_OK ? cassandra_get_state(columns + 3, arena, &row->as.state) : status;
}

static enum status read_day(const struct cql_value *columns, struct arena *arena,
                            struct store_row *row) {
    enum status status = get_actor(columns, arena, row);
    return status == STATUS_OK ? cassandra_get_day(columns + 3, arena, &row->as.day) : status;
}

static enum status read_session(const struct cql_value *columns, struct arena *arena,
                                struct store_row *row) {
    enum status status = get_actor(columns, arena, row);
    return status == STATUS_OK ? cassandra_get_session(columns + 3, &row->as.session) : status;
}

static enum status read_entry(const struct cql_value *columns, struct arena *arena,
                              struct store_row *row) {
    enum status status = get_actor(columns, arena, row);
    return status == STATUS_OK ? cassandra_get_entry(columns + 3, arena, &row->as.timeline)
                               : status;
}

static enum status read_link(const struct cql_value *columns, struct arena *arena,
                             struct store_row *row) {
    struct store_link *link = &row->as.link;
    struct str *const texts[] = {&row->project, &link->anonymous_id, &link->user_id};
    enum status status = get_texts(columns, 3, arena, texts);
    return status == STATUS_OK ? cql_get_bigint(columns[3], &link->linked_ms) : status;
}

static enum status read_total(const struct cql_value *columns, struct arena *arena,
                              struct store_row *row) {
    struct store_total *total = &row->as.total;
    struct str *const texts[] = {&row->project, &total->value};
    const struct cql_value values[] = {columns[1], columns[4]};
    total->metric = cassandra_metric_from_name(columns[3].bytes);
    if (total->metric == 0) {
        return STATUS_NOT_FOUND; // of a newer Footfall
    }
    enum status status = get_partition(columns[0], row);
    if (status == STATUS_OK) {
        status = get_texts(values, 2, arena, texts);
    }
    if (status == STATUS_OK) {
        status = cql_get_date(columns[2], &total->day);
    }
    return status == STATUS_OK ? cql_get_bigint(columns[5], &total->amount) : status;
}

static enum status read_seen(const struct cql_value *columns, struct arena *arena,
                             struct store_row *row) {
    struct store_seen *seen = &row->as.seen;
    enum status status = get_partition(columns[0], row);
    if (status == STATUS_OK) {
        status = cql_get_bigint(columns[1], &seen->chunk);
    }
    if (status == STATUS_OK) {
        status = cql_get_bigint(columns[2], &seen->last_ms);
    }
    return status == STATUS_OK
               ? cassandra_get_hashes(columns[3], arena, &seen->hashes, &seen->count)
               : status;
}

static enum status read_letter(const struct cql_value *columns, struct arena *arena,
                               struct store_row *row) {
    enum status status = cassandra_get_text(columns[0], arena, &row->project);
    if (status == STATUS_OK) {
        status = cassandra_get_letter(columns + 1, arena, &row->as.dead_letter);
    }
    row->partition = row->as.dead_letter.partition;
    return status;
}

static enum status read_offset(const struct cql_value *columns, struct arena *arena,
                               struct store_row *row) {
    (void)arena;
    if (cql_is_null(columns[1])) {
        return STATUS_NOT_FOUND; // closed before anything was committed
    }
    enum status status = get_partition(columns[0], row);
    return status == STATUS_OK ? cql_get_bigint(columns[1], &row->as.offset.next_offset) : status;
}

static enum status read_mark(const struct cql_value *columns, struct arena *arena,
                             struct store_row *row) {
    (void)arena;
    enum status status = get_partition(columns[0], row);
    if (status == STATUS_OK) {
        status = cql_get_bigint(columns[1], &row->as.marked.offset);
    }
    return status == STATUS_OK ? cassandra_get_mark(columns + 2, &row->as.marked.mark) : status;
}

// --- Pages ------------------------------------------------------------------------------------------------------------------

static const struct table {
    enum statement statement;
    unsigned columns;
    bool has_epoch;
    row_reader read;
    bool by_kind; // the generation is in the kind, behind the project
} tables[] = {
    [STORE_ROW_PROJECT] = {STATEMENT_PROJECTS_GET, 4, false, read_project, false},
    [STORE_ROW_KEY] = {STATEMENT_KEYS_GET, 7, false, read_key, false},
    [STORE_ROW_ACCOUNT] = {STATEMENT_ACCOUNTS_GET, STATEMENT_ACCOUNT_COLUMNS, false, read_account,
                           false},
    [STORE_ROW_PROFILE] = {STATEMENT_WALK_PROFILES, 11, false, read_profile, false},
    [STORE_ROW_VERSION_FLOOR] = {STATEMENT_WALK_FLOORS, 3, false, read_floor, false},
    [STORE_ROW_REPORT] = {STATEMENT_WALK_REPORTS, 6, false, read_report, false},
    [STORE_ROW_DELIVERY] = {STATEMENT_WALK_DELIVERIES, 8, false, read_delivery, false},
    [STORE_ROW_STATE] = {STATEMENT_WALK_STATES, 17, true, read_state, false},
    [STORE_ROW_DAY] = {STATEMENT_WALK_DAYS, 12, true, read_day, false},
    [STORE_ROW_SESSION] = {STATEMENT_WALK_SESSIONS, 8, true, read_session, false},
    [STORE_ROW_TIMELINE] = {STATEMENT_WALK_TIMELINE, 14, false, read_entry, true},
    [STORE_ROW_LINK] = {STATEMENT_WALK_LINKS, 5, true, read_link, false},
    [STORE_ROW_TOTAL] = {STATEMENT_WALK_TOTALS, 7, true, read_total, false},
    [STORE_ROW_SEEN] = {STATEMENT_WALK_SEEN, 5, true, read_seen, false},
    [STORE_ROW_DEAD_LETTER] = {STATEMENT_WALK_LETTERS, 8, true, read_letter, false},
    [STORE_ROW_OFFSET] = {STATEMENT_WALK_OFFSETS, 3, true, read_offset, false},
    [STORE_ROW_LETTER_MARK] = {STATEMENT_WALK_MARKS, 7, true, read_mark, false},
};

// Which rows are of interest.
struct wanted {
    enum store_row_kind kind;
    int64_t epoch, generation, log_epoch;
};

static enum status is_wanted(const struct wanted *wanted, const struct cql_value *columns,
                             bool *is) {
    const struct table *table = &tables[wanted->kind];
    int64_t own = 0;
    enum store_actor_kind kind = STORE_ACTOR_USER;
    *is = !table->has_epoch && !table->by_kind;
    if (table->has_epoch) {
        enum status status = cql_get_bigint(columns[0], &own);
        // Marks are of the log, and outside of generations.
        *is = own == (wanted->kind == STORE_ROW_LETTER_MARK ? wanted->log_epoch : wanted->epoch);
        return status;
    }
    if (table->by_kind) {
        bool read = cassandra_kind_read(columns[1].bytes, &kind, &own);
        *is = own == wanted->generation;
        return read ? STATUS_OK : STATUS_CORRUPT;
    }
    return STATUS_OK;
}

static enum status add_row(const struct wanted *wanted, const struct cql_value *columns,
                           struct arena *arena, struct cassandra_rows *rows) {
    const struct table *table = &tables[wanted->kind];
    bool is = false;
    enum status status = is_wanted(wanted, columns, &is);
    if (status != STATUS_OK || !is) {
        return status;
    }
    struct store_row row = {.kind = wanted->kind};
    status = table->read(columns + (table->has_epoch ? 1 : 0), arena, &row);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    if (wanted->kind == STORE_ROW_OFFSET) {
        row.as.offset.epoch = wanted->log_epoch;
    }
    struct store_row *added = cassandra_rows_add(rows, arena);
    if (added == NULL) {
        return STATUS_NO_MEMORY;
    }
    *added = row;
    return STATUS_OK;
}

static enum status add_rows(struct cql_result *result, const struct wanted *wanted,
                            struct arena *arena, struct cassandra_rows *rows) {
    struct cql_value columns[CASSANDRA_COLUMNS_MAX];
    enum status status = STATUS_OK;
    while (status == STATUS_OK) {
        status = cql_result_next(result, columns, tables[wanted->kind].columns);
        if (status == STATUS_OK) {
            status = add_row(wanted, columns, arena, rows);
        }
    }
    return status == STATUS_END ? STATUS_OK : status;
}

static struct str make_position(enum store_row_kind kind, bool more, struct str paging_state,
                                struct arena *arena) {
    char *bytes = arena_alloc(arena, POSITION_HEADER + paging_state.len);
    if (bytes == NULL) {
        return STR_EMPTY;
    }
    bytes[0] = (char)kind;
    bytes[1] = more ? 1 : 0;
    if (more) {
        memcpy(bytes + POSITION_HEADER, paging_state.data, paging_state.len);
    }
    return str_make(bytes, POSITION_HEADER + (more ? paging_state.len : 0));
}

static int32_t page_rows(size_t bytes) {
    size_t rows = bytes / ROW_BYTES;
    return (int32_t)(rows < 1 ? 1 : rows > PAGE_ROWS_MAX ? PAGE_ROWS_MAX : rows);
}

static enum status read_page(struct cassandra_store *store, enum store_row_kind kind,
                             struct str paging_state, size_t bytes, struct arena *arena,
                             struct store_page *out) {
    struct wanted wanted = {.kind = kind};
    enum status status = cassandra_epoch(store, &wanted.epoch);
    if (status == STATUS_OK) {
        wanted.generation = cassandra_generation_of(store, wanted.epoch);
        wanted.log_epoch = wanted.epoch - wanted.generation;
    } else if (status != STATUS_NOT_FOUND) {
        return status;
    }
    struct cql_result *result = NULL;
    struct cassandra_rows rows = {.size = sizeof(struct store_row)};
    status =
        cassandra_run_page(store, tables[kind].statement, page_rows(bytes), paging_state, &result);
    if (status == STATUS_OK) {
        status = add_rows(result, &wanted, arena, &rows);
    }
    if (status == STATUS_OK) {
        out->rows = (struct store_row *)(void *)rows.items;
        out->count = rows.count;
        out->more = cql_result_has_more(result);
        out->position = make_position(kind, out->more, cql_result_paging_state(result), arena);
        status = out->position.data == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    }
    cql_result_free(result);
    return status;
}

enum status cassandra_walk(struct store *base, enum store_row_kind kind, struct str after,
                           size_t bytes, struct arena *arena, struct store_page *out) {
    struct str paging_state = STR_EMPTY;
    if (after.len > 0) {
        if (after.len < POSITION_HEADER || after.data[0] != (char)kind ||
            (unsigned char)after.data[1] > 1) {
            return STATUS_INVALID;
        }
        paging_state = str_make(after.data + POSITION_HEADER, after.len - POSITION_HEADER);
        if (after.data[1] == 0) {
            out->position = make_position(kind, false, STR_EMPTY, arena);
            return out->position.data == NULL ? STATUS_NO_MEMORY : STATUS_OK;
        }
    }
    return read_page(cassandra_of(base), kind, paging_state, bytes, arena, out);
}
