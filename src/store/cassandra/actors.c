// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What is known about actors: states, days and sessions, one at a time or many at once.
//
// An actor lives in one partition of the log, and its rows say which. When the number of partitions was changed it moved to another, whose
// rows went on from what the old one knew: of two rows for the same thing, the one with more events is the later.
#include "event/event.h"
#include "store/cassandra/cassandra.h"
#include "store/cassandra/engine_table.h"

#define STATE_COLUMNS 13
#define DAY_COLUMNS 8

// --- Decoding -----------------------------------------------------------------------------------------------------------

enum status cassandra_get_session(const struct cql_value *columns, struct store_session *out) {
    enum status status = cql_get_bigint(columns[0], &out->start_ms);
    if (status == STATUS_OK) {
        status = cql_get_bigint(columns[1], &out->end_ms);
    }
    if (status == STATUS_OK) {
        status = cassandra_get_u32(columns[2], &out->events);
    }
    return status == STATUS_OK ? cassandra_get_u32(columns[3], &out->page_views) : status;
}

enum status cassandra_get_state(const struct cql_value *columns, struct arena *arena,
                                struct store_actor_state *out) {
    struct store_actor_state state = {0};
    enum status status = cql_get_bigint(columns[1], &state.first_seen_ms);
    if (status == STATUS_OK) {
        status = cql_get_bigint(columns[2], &state.last_seen_ms);
    }
    if (status == STATUS_OK) {
        status = cassandra_get_u64(columns[3], &state.events);
    }
    if (status == STATUS_OK) {
        status = cassandra_get_u64(columns[4], &state.sessions);
    }
    if (status == STATUS_OK) {
        status = cassandra_get_session(columns + 5, &state.current);
    }
    if (status == STATUS_OK && columns[9].bytes.len > 0) {
        status = cassandra_get_text(columns[9], arena, &state.traits);
    }
    if (status == STATUS_OK) {
        status = cql_get_date(columns[10], &state.activity_first_day);
    }
    if (status == STATUS_OK) {
        status = cassandra_get_text(columns[11], arena, &state.activity);
    }
    if (status == STATUS_OK && !cql_is_null(columns[12])) {
        status = cassandra_get_text(columns[12], arena, &state.funnels);
    }
    *out = state;
    return status;
}

static enum status decode_types(struct cql_value value, uint32_t by_type[EVENT_TYPE_COUNT]) {
    struct cql_elements elements = {0};
    int32_t count = 0;
    enum status status = cql_get_collection(value, &elements, &count);
    for (int32_t i = 0; i < count && status == STATUS_OK; i++) {
        struct cql_value name;
        struct cql_value number;
        enum event_type type = EVENT_TRACK;
        status = cql_next_element(&elements, &name);
        if (status == STATUS_OK) {
            status = cql_next_element(&elements, &number);
        }
        if (status == STATUS_OK && event_type_from_name(name.bytes, &type)) {
            status = cassandra_get_u32(number, &by_type[type]);
        }
    }
    return status == STATUS_END ? STATUS_CORRUPT : status;
}

static enum status decode_names(struct cql_value value, struct arena *arena,
                                struct store_actor_day *day) {
    struct cql_elements elements = {0};
    int32_t count = 0;
    enum status status = cql_get_collection(value, &elements, &count);
    // A pair takes eight bytes of lengths at least.
    if (status != STATUS_OK || count < 0 || (size_t)count > value.bytes.len / 8) {
        return status != STATUS_OK ? status : count == 0 ? STATUS_OK : STATUS_CORRUPT;
    }
    day->names = arena_alloc_array(arena, (size_t)count, sizeof *day->names);
    if (day->names == NULL) {
        return STATUS_NO_MEMORY;
    }
    day->name_count = (size_t)count;
    for (int32_t i = 0; i < count && status == STATUS_OK; i++) {
        struct cql_value name;
        struct cql_value number;
        status = cql_next_element(&elements, &name);
        if (status == STATUS_OK) {
            status = cql_next_element(&elements, &number);
        }
        if (status == STATUS_OK) {
            status = cassandra_get_text(name, arena, &day->names[i].name);
        }
        if (status == STATUS_OK) {
            status = cassandra_get_u32(number, &day->names[i].events);
        }
    }
    return status == STATUS_END ? STATUS_CORRUPT : status;
}

enum status cassandra_get_day(const struct cql_value *columns, struct arena *arena,
                              struct store_actor_day *out) {
    struct store_actor_day day = {0};
    enum status status = cql_get_date(columns[0], &day.day);
    if (status == STATUS_OK) {
        status = cql_get_bigint(columns[2], &day.first_ms);
    }
    if (status == STATUS_OK) {
        status = cql_get_bigint(columns[3], &day.last_ms);
    }
    if (status == STATUS_OK) {
        status = cassandra_get_u32(columns[4], &day.events);
    }
    if (status == STATUS_OK) {
        status = cassandra_get_u32(columns[5], &day.sessions);
    }
    if (status == STATUS_OK) {
        status = decode_types(columns[6], day.by_type);
    }
    if (status == STATUS_OK) {
        status = decode_names(columns[7], arena, &day);
    }
    *out = day;
    return status;
}

// --- Many at once -------------------------------------------------------------------------------------------------------

// One read and what it fills.
struct target {
    struct arena *arena;
    struct store_actor_state *state;
    struct store_actor_day *day;
    bool *found;
};

static enum status take_state(struct cassandra_read *read, const struct cql_value *columns) {
    const struct target *target = read->context;
    struct store_actor_state state;
    enum status status = cassandra_get_state(columns, target->arena, &state);
    if (status == STATUS_OK && (!*target->found || state.events > target->state->events)) {
        *target->state = state;
        *target->found = true;
    }
    return status;
}

static enum status take_day(struct cassandra_read *read, const struct cql_value *columns) {
    const struct target *target = read->context;
    struct store_actor_day day;
    enum status status = cassandra_get_day(columns, target->arena, &day);
    if (status == STATUS_OK && (!*target->found || day.events > target->day->events)) {
        *target->day = day;
        *target->found = true;
    }
    return status;
}

static enum status make_read(const struct cassandra_store *store, struct cassandra_read *read,
                             struct str project, struct store_actor actor, int64_t epoch,
                             const struct target *target, struct arena *scratch) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    bool day = target->day != NULL;
    cassandra_bind_actor(values, cassandra_generation_of(store, epoch), project, actor);
    cql_bind_bigint(values, epoch);
    if (day) {
        cql_bind_date(values, target->day->day);
    }
    struct target *own = arena_alloc(scratch, sizeof *own);
    enum status status = cassandra_read_make(read, day ? STATEMENT_DAY_GET : STATEMENT_STATE_GET,
                                             values, day ? DAY_COLUMNS : STATE_COLUMNS, scratch);
    if (own == NULL || status != STATUS_OK) {
        return own == NULL ? STATUS_NO_MEMORY : status;
    }
    *own = *target;
    read->row = day ? take_day : take_state;
    read->context = own;
    return STATUS_OK;
}

enum status cassandra_state_read(const struct cassandra_store *store, struct cassandra_read *read,
                                 struct str project, struct store_actor actor, int64_t epoch,
                                 struct store_actor_state *state, bool *found, struct arena *arena,
                                 struct arena *scratch) {
    const struct target target = {.arena = arena, .state = state, .found = found};
    return make_read(store, read, project, actor, epoch, &target, scratch);
}

enum status cassandra_actors_load(struct store *base, struct store_actor_request *requests,
                                  size_t count, struct arena *arena) {
    struct cassandra_store *store = cassandra_of(base);
    for (size_t i = 0; i < count; i++) {
        requests[i].found = false;
    }
    int64_t epoch = 0;
    enum status status = cassandra_epoch(store, &epoch);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    struct arena scratch;
    arena_init(&scratch, (size_t)32 << 10, 0);
    struct cassandra_read *reads = arena_alloc_array(&scratch, count, sizeof *reads);
    status = reads == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct store_actor_request *request = &requests[i];
        struct target target = {.arena = arena,
                                .state = request->want_day ? NULL : &request->state,
                                .day = request->want_day ? &request->day : NULL,
                                .found = &request->found};
        status =
            make_read(store, &reads[i], request->project, request->actor, epoch, &target, &scratch);
    }
    if (status == STATUS_OK) {
        status = cassandra_read_many(store, reads, count);
    }
    arena_free(&scratch);
    return status;
}

enum status cassandra_states_get(struct cassandra_store *store, struct str project,
                                 const struct store_actor *actors, size_t count,
                                 struct arena *arena, struct store_actor_state *states,
                                 bool *found) {
    struct arena scratch;
    arena_init(&scratch, 4096, 0);
    struct store_actor_request *requests = arena_alloc_array(&scratch, count, sizeof *requests);
    enum status status = requests == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        requests[i] = (struct store_actor_request){.project = project, .actor = actors[i]};
    }
    if (status == STATUS_OK) {
        status = cassandra_actors_load(&store->store, requests, count, arena);
    }
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        states[i] = requests[i].state;
        found[i] = requests[i].found;
    }
    arena_free(&scratch);
    return status;
}

enum status cassandra_actor_get(struct store *base, struct str project, struct store_actor actor,
                                struct arena *arena, struct store_actor_state *out) {
    bool found = false;
    enum status status =
        cassandra_states_get(cassandra_of(base), project, &actor, 1, arena, out, &found);
    return status == STATUS_OK && !found ? STATUS_NOT_FOUND : status;
}

// --- Ranges -------------------------------------------------------------------------------------------------------------

struct range {
    struct cassandra_rows rows;
    struct arena *arena;
};

static const void *last_of(const struct range *range) {
    const struct cassandra_rows *rows = &range->rows;
    return rows->count == 0 ? NULL : rows->items + (rows->count - 1) * rows->size;
}

// Adds the row, or puts it in the place of the last one.
static enum status put(struct range *range, bool replaces, const void *row) {
    struct cassandra_rows *rows = &range->rows;
    void *at = replaces ? rows->items + (rows->count - 1) * rows->size
                        : cassandra_rows_add(rows, range->arena);
    if (at == NULL) {
        return STATUS_NO_MEMORY;
    }
    memcpy(at, row, rows->size);
    return STATUS_OK;
}

static enum status add_day(struct cassandra_read *read, const struct cql_value *columns) {
    struct range *range = read->context;
    const struct store_actor_day *last = last_of(range);
    struct store_actor_day day = {0};
    enum status status = cassandra_get_day(columns, range->arena, &day);
    bool same = last != NULL && last->day == day.day;
    if (status != STATUS_OK || (same && day.events <= last->events)) {
        return status;
    }
    return put(range, same, &day);
}

static enum status add_session(struct cassandra_read *read, const struct cql_value *columns) {
    struct range *range = read->context;
    const struct cql_value parts[] = {columns[0], columns[2], columns[3], columns[4]};
    const struct store_session *last = last_of(range);
    struct store_session session = {0};
    enum status status = cassandra_get_session(parts, &session);
    bool same = last != NULL && last->start_ms == session.start_ms;
    if (status != STATUS_OK || (same && session.events <= last->events)) {
        return status;
    }
    return put(range, same, &session);
}

// One statement's rows; none when no batch was ever committed. Bounds are bound by the caller behind the epoch.
static enum status begin_range(struct cassandra_store *store, struct cql_values *values,
                               struct str project, struct store_actor actor) {
    int64_t epoch = 0;
    enum status status = cassandra_epoch(store, &epoch);
    cassandra_bind_actor(values, cassandra_generation_of(store, epoch), project, actor);
    cql_bind_bigint(values, epoch);
    return status;
}

static enum status read_range(struct cassandra_store *store, struct cassandra_read *read,
                              struct cql_values *values, struct range *range) {
    read->values = cql_values_bytes(values);
    read->value_count = values->count;
    read->context = range;
    enum status status = buffer_status(values->out);
    return status == STATUS_OK ? cassandra_read_many(store, read, 1) : status;
}

enum status cassandra_actor_days(struct store *base, struct str project, struct store_actor actor,
                                 int32_t from, int32_t to, struct arena *arena,
                                 struct store_actor_day **out, size_t *count) {
    struct cassandra_store *store = cassandra_of(base);
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    enum status status = begin_range(store, values, project, actor);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    cql_bind_date(values, from);
    cql_bind_date(values, to);
    struct range range = {{.size = sizeof(struct store_actor_day)}, arena};
    struct cassandra_read read = {
        .statement = STATEMENT_DAYS_GET, .columns = DAY_COLUMNS, .row = add_day};
    status = read_range(store, &read, values, &range);
    *out = (struct store_actor_day *)(void *)range.rows.items;
    *count = range.rows.count;
    return status;
}

enum status cassandra_actor_sessions(struct store *base, struct str project,
                                     struct store_actor actor, int64_t from_ms, int64_t to_ms,
                                     struct arena *arena, struct store_session **out,
                                     size_t *count) {
    struct cassandra_store *store = cassandra_of(base);
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    enum status status = begin_range(store, values, project, actor);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    cql_bind_timestamp(values, from_ms);
    cql_bind_timestamp(values, to_ms);
    struct range range = {{.size = sizeof(struct store_session)}, arena};
    struct cassandra_read read = {
        .statement = STATEMENT_SESSIONS_GET, .columns = 5, .row = add_session};
    status = read_range(store, &read, values, &range);
    *out = (struct store_session *)(void *)range.rows.items;
    *count = range.rows.count;
    return status;
}
