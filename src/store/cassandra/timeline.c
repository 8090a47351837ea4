// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The timeline: rows of one or many actors, merged newest first.
//
// Some actors are read side by side; who was seen last comes first. What is kept is the best page so far, and further actors are read only
// down to its last row: a user may own a thousand anonymous ids.
#include <stdlib.h>

#include "event/event.h"
#include "store/cassandra/cassandra.h"
#include "store/cassandra/engine_table.h"
#include "store/kv/keys.h" // the order of event ids is the same in all engines

#define ROW_COLUMNS 11
#define PARTS_AT_ONCE 16 // each may give a whole page

struct part {
    const struct store_actor *actor;
    uint64_t number;
    int64_t last_seen_ms; // of the actor
};

struct reading {
    struct cassandra_store *store;
    int64_t generation;
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
    char name[CASSANDRA_KIND_MAX];
    cql_bind_text(values, reading->project);
    cql_bind_text(values,
                  cassandra_part_name(part->actor->kind, reading->generation, part->number, name));
    cql_bind_text(values, part->actor->id);
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

// The rows of some parts join the page.
static enum status read_parts(struct reading *reading, const struct part *parts, size_t count) {
    struct cassandra_read reads[PARTS_AT_ONCE];
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

// --- Which parts there are ----------------------------------------------------------------------------------------------

struct seen {
    uint64_t events;
    int64_t last_seen_ms;
};

static enum status take_seen(struct cassandra_read *read, const struct cql_value *columns) {
    struct seen *seen = read->context;
    struct seen row = {0};
    enum status status = cassandra_get_u64(columns[0], &row.events);
    if (status == STATUS_OK) {
        status = cql_get_bigint(columns[1], &row.last_seen_ms);
    }
    if (status == STATUS_OK && row.events >= seen->events) {
        *seen = row;
    }
    return status;
}

static int compare_parts(const void *a_memory, const void *b_memory) {
    const struct part *a = a_memory;
    const struct part *b = b_memory;
    if (a->last_seen_ms != b->last_seen_ms) {
        return a->last_seen_ms > b->last_seen_ms ? -1 : 1;
    }
    if (a->actor != b->actor) {
        return a->actor < b->actor ? -1 : 1;
    }
    return a->number == b->number ? 0 : a->number > b->number ? -1 : 1; // the newest first
}

static enum status read_seen(struct reading *reading, int64_t epoch, struct seen *seen) {
    const struct store_timeline_query *query = reading->query;
    size_t count = query->actor_count;
    struct cassandra_read *reads = arena_alloc_array(reading->scratch, count, sizeof *reads);
    enum status status = reads == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct cassandra_values memory;
        struct cql_values *values = cassandra_values_begin(&memory);
        cassandra_bind_actor(values, reading->generation, reading->project, query->actors[i]);
        cql_bind_bigint(values, epoch);
        status = cassandra_read_make(&reads[i], STATEMENT_PARTS_GET, values, 2, reading->scratch);
        reads[i].row = take_seen;
        reads[i].context = &seen[i];
    }
    return status == STATUS_OK ? cassandra_read_many(reading->store, reads, count) : status;
}

static enum status find_parts(struct reading *reading, int64_t epoch,
                              struct cassandra_rows *parts) {
    const struct store_timeline_query *query = reading->query;
    struct seen *seen = arena_alloc_array(reading->scratch, query->actor_count, sizeof *seen);
    enum status status = seen == NULL ? STATUS_NO_MEMORY : read_seen(reading, epoch, seen);
    for (size_t i = 0; i < query->actor_count && status == STATUS_OK; i++) {
        for (uint64_t n = 0; n <= seen[i].events / CASSANDRA_PART_EVENTS; n++) {
            struct part *part = cassandra_rows_add(parts, reading->scratch);
            if (part == NULL) {
                return STATUS_NO_MEMORY;
            }
            *part = (struct part){&query->actors[i], n, seen[i].last_seen_ms};
        }
    }
    if (status == STATUS_OK && parts->count > 1) {
        qsort(parts->items, parts->count, parts->size, compare_parts);
    }
    return status;
}

static enum status fill_page(struct reading *reading, const struct part *parts, size_t count) {
    enum status status = STATUS_OK;
    for (size_t at = 0; at < count && status == STATUS_OK; at += PARTS_AT_ONCE) {
        size_t left = count - at;
        status = read_parts(reading, parts + at, left < PARTS_AT_ONCE ? left : PARTS_AT_ONCE);
    }
    return status;
}

enum status cassandra_timeline_read(struct store *base, struct str project,
                                    const struct store_timeline_query *query, struct arena *arena,
                                    struct store_timeline_row **out, size_t *count, bool *more) {
    int64_t epoch = 0;
    enum status status = cassandra_epoch(cassandra_of(base), &epoch);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    struct arena scratch;
    arena_init(&scratch, (size_t)16 << 10, 0);
    bool resume = query->resume && query->after_ms < query->to_ms;
    struct reading reading = {.store = cassandra_of(base),
                              .generation = cassandra_generation_of(cassandra_of(base), epoch),
                              .project = project,
                              .query = query,
                              .arena = arena,
                              .scratch = &scratch,
                              .before_ms = resume ? query->after_ms : query->to_ms,
                              .before_id = resume ? query->after_id : STR_EMPTY,
                              .wanted = (size_t)query->limit + 1,
                              .page = {.size = sizeof(struct store_timeline_row)}};
    struct cassandra_rows parts = {.size = sizeof(struct part)};
    status = find_parts(&reading, epoch, &parts);
    if (status == STATUS_OK) {
        status = fill_page(&reading, (const struct part *)(const void *)parts.items, parts.count);
    }
    arena_free(&scratch);
    *more = reading.page.count > query->limit;
    *count = *more ? query->limit : reading.page.count;
    *out = (struct store_timeline_row *)(void *)reading.page.items;
    return status;
}
