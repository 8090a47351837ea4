// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The timeline: rows of one or many actors, merged newest first.
//
// An actor's rows are kept by month, and a table says which months there are. Months are read from the newest on, some actors of a month
// side by side, and only until the page is full: nothing in an older month can belong to it.
#include <stdlib.h>

#include "event/event.h"
#include "store/cassandra/cassandra.h"
#include "store/cassandra/engine_table.h"
#include "store/kv/keys.h" // the order of event ids is the same in all engines

#define ROW_COLUMNS 11
#define ACTORS_AT_ONCE 16 // each may give a whole page

struct part {
    int32_t month;
    const struct store_actor *actor;
};

struct reading {
    struct cassandra_store *store;
    struct str project;
    const struct store_timeline_query *query;
    struct arena *arena;   // of the caller
    struct arena *scratch; // of this call
    // Where it begins: behind this position.
    int64_t before_ms;
    struct str before_id; // empty: before all ids of that time
    size_t wanted;        // limit + 1: the one more tells whether there are further ones
    struct cassandra_rows page;
};

enum status cassandra_get_entry(const struct cql_value *columns, struct arena *arena,
                                struct store_timeline_row *row) {
    enum event_type type = EVENT_TRACK;
    if (!event_type_from_name(columns[3].bytes, &type)) {
        return STATUS_CORRUPT;
    }
    row->type = (uint8_t)type;
    enum status status = cql_get_bigint(columns[0], &row->timestamp_ms);
    if (status == STATUS_OK) {
        status = cql_get_bigint(columns[5], &row->received_ms);
    }
    struct str *const texts[] = {&row->event_id,   &row->name,   &row->anonymous_id,
                                 &row->properties, &row->traits, &row->context,
                                 &row->extra};
    static const unsigned from[] = {2, 4, 6, 7, 8, 9, 10};
    for (size_t i = 0; i < sizeof from / sizeof from[0] && status == STATUS_OK; i++) {
        status = cassandra_get_text(columns[from[i]], arena, texts[i]);
    }
    return status;
}

static enum status take_row(struct cassandra_read *read, const struct cql_value *columns) {
    struct reading *reading = read->context;
    struct store_timeline_row *row = cassandra_rows_add(&reading->page, reading->arena);
    return row == NULL ? STATUS_NO_MEMORY : cassandra_get_entry(columns, reading->arena, row);
}

static int compare_rows(const void *a_memory, const void *b_memory) {
    const struct store_timeline_row *a = a_memory;
    const struct store_timeline_row *b = b_memory;
    if (a->timestamp_ms != b->timestamp_ms) {
        return a->timestamp_ms > b->timestamp_ms ? -1 : 1;
    }
    return keys_compare_event_ids(a->event_id, b->event_id);
}

static enum status make_read(struct reading *reading, const struct part *part, int64_t from_ms,
                             struct cassandra_read *read) {
    const struct store_timeline_query *query = reading->query;
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    bool named = query->name.data != NULL;
    cassandra_bind_actor(values, reading->project, *part->actor);
    cql_bind_date(values, part->month);
    cql_bind_timestamp(values, reading->before_ms);
    cql_bind_boolean(values, cassandra_is_uuid(reading->before_id));
    cql_bind_text(values, reading->before_id.len > 0 ? reading->before_id : STR(""));
    cql_bind_timestamp(values, from_ms);
    if (named) {
        cql_bind_text(values, query->name);
    }
    cql_bind_int(values, reading->wanted < INT32_MAX ? (int32_t)reading->wanted : INT32_MAX);
    enum status status =
        cassandra_read_make(read, named ? STATEMENT_TIMELINE_GET_NAMED : STATEMENT_TIMELINE_GET,
                            values, ROW_COLUMNS, reading->scratch);
    read->row = take_row;
    read->context = reading;
    return status;
}

// Some actors' rows of one month join the page.
static enum status read_parts(struct reading *reading, const struct part *parts, size_t count) {
    struct cassandra_read reads[ACTORS_AT_ONCE];
    int64_t from_ms = reading->query->from_ms;
    const struct store_timeline_row *rows = (const void *)reading->page.items;
    if (reading->page.count == reading->wanted &&
        rows[reading->wanted - 1].timestamp_ms > from_ms) {
        from_ms = rows[reading->wanted - 1].timestamp_ms; // what is older cannot come in
    }
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = make_read(reading, &parts[i], from_ms, &reads[i]);
    }
    if (status == STATUS_OK) {
        status = cassandra_read_many(reading->store, reads, count);
    }
    if (status == STATUS_OK && reading->page.count > 1) {
        qsort(reading->page.items, reading->page.count, reading->page.size, compare_rows);
    }
    if (reading->page.count > reading->wanted) {
        reading->page.count = reading->wanted;
    }
    return status;
}

// --- Which months there are ---------------------------------------------------------------------------------------------

struct months {
    struct reading *reading;
    const struct store_actor *actor;
    struct cassandra_rows *parts;
};

static enum status take_month(struct cassandra_read *read, const struct cql_value *columns) {
    const struct months *months = read->context;
    struct part *part = cassandra_rows_add(months->parts, months->reading->scratch);
    if (part == NULL) {
        return STATUS_NO_MEMORY;
    }
    part->actor = months->actor;
    return cql_get_date(columns[0], &part->month);
}

static int compare_parts(const void *a_memory, const void *b_memory) {
    const struct part *a = a_memory;
    const struct part *b = b_memory;
    if (a->month != b->month) {
        return a->month > b->month ? -1 : 1;
    }
    return a->actor == b->actor ? 0 : a->actor < b->actor ? -1 : 1;
}

static enum status find_parts(struct reading *reading, struct cassandra_rows *parts) {
    const struct store_timeline_query *query = reading->query;
    size_t count = query->actor_count;
    int32_t from = cassandra_month(query->from_ms);
    int32_t to = cassandra_month(reading->before_ms);
    struct cassandra_read *reads = arena_alloc_array(reading->scratch, count, sizeof *reads);
    struct months *months = arena_alloc_array(reading->scratch, count, sizeof *months);
    enum status status = reads == NULL || months == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct cassandra_values memory;
        struct cql_values *values = cassandra_values_begin(&memory);
        cassandra_bind_actor(values, reading->project, query->actors[i]);
        cql_bind_date(values, from);
        cql_bind_date(values, to);
        months[i] = (struct months){reading, &query->actors[i], parts};
        status = cassandra_read_make(&reads[i], STATEMENT_MONTHS_GET, values, 1, reading->scratch);
        reads[i].row = take_month;
        reads[i].context = &months[i];
    }
    if (status == STATUS_OK) {
        status = cassandra_read_many(reading->store, reads, count);
    }
    if (status == STATUS_OK && parts->count > 1) {
        qsort(parts->items, parts->count, parts->size, compare_parts);
    }
    return status;
}

static enum status fill_page(struct reading *reading, const struct part *parts, size_t count) {
    enum status status = STATUS_OK;
    for (size_t at = 0; at < count && status == STATUS_OK;) {
        bool new_month = at == 0 || parts[at].month != parts[at - 1].month;
        if (new_month && reading->page.count == reading->wanted) {
            break;
        }
        size_t n = 1;
        while (n < ACTORS_AT_ONCE && at + n < count && parts[at + n].month == parts[at].month) {
            n++;
        }
        status = read_parts(reading, parts + at, n);
        at += n;
    }
    return status;
}

enum status cassandra_timeline_read(struct store *base, struct str project,
                                    const struct store_timeline_query *query, struct arena *arena,
                                    struct store_timeline_row **out, size_t *count, bool *more) {
    struct arena scratch;
    arena_init(&scratch, (size_t)16 << 10, 0);
    bool resume = query->resume && query->after_ms < query->to_ms;
    struct reading reading = {.store = cassandra_of(base),
                              .project = project,
                              .query = query,
                              .arena = arena,
                              .scratch = &scratch,
                              .before_ms = resume ? query->after_ms : query->to_ms,
                              .before_id = resume ? query->after_id : STR_EMPTY,
                              .wanted = (size_t)query->limit + 1,
                              .page = {.size = sizeof(struct store_timeline_row)}};
    struct cassandra_rows parts = {.size = sizeof(struct part)};
    enum status status = find_parts(&reading, &parts);
    if (status == STATUS_OK) {
        status = fill_page(&reading, (const struct part *)(const void *)parts.items, parts.count);
    }
    arena_free(&scratch);
    *more = reading.page.count > query->limit;
    *count = *more ? query->limit : reading.page.count;
    *out = (struct store_timeline_row *)(void *)reading.page.items;
    return status;
}
