// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A processing batch: every row becomes a statement with its values, as the table has it.
#include <stdlib.h>

#include "event/event.h"
#include "store/cassandra/commit.h"
#include "store/cassandra/engine_table.h"

#define TTL_MAX_S (INT64_C(20) * 365 * 86400) // Cassandra's own limit

// An actor whose timeline has more than one part.
struct long_actor {
    struct str key; // values of its partition key
    enum store_actor_kind kind;
    uint64_t part;
};

struct batch {
    struct store_batch base;
    struct cassandra_store *store;
    struct changes changes;
    struct cassandra_commit commit;
    int64_t generation;
    struct arena arena;
    struct cassandra_rows long_actors;
    bool has_link_age;
    int64_t link_age;
};

static struct batch *batch_of(struct store_batch *base) {
    return (struct batch *)base;
}

static struct str not_null(struct str text) {
    return text.data == NULL ? STR("") : text;
}

void cassandra_batch_discard(struct store_batch *base) {
    struct batch *batch = batch_of(base);
    changes_free(&batch->changes);
    arena_free(&batch->arena);
    free(batch);
}

enum status cassandra_batch_begin(struct store *base, int64_t epoch, unsigned partition,
                                  struct store_batch **out) {
    struct batch *batch = calloc(1, sizeof *batch);
    if (batch == NULL) {
        return STATUS_NO_MEMORY;
    }
    batch->base.store = base;
    batch->store = cassandra_of(base);
    batch->commit.log_epoch = epoch;
    batch->commit.partition = partition;
    batch->long_actors.size = sizeof(struct long_actor);
    arena_init(&batch->arena, 1024, 0);
    changes_init(&batch->changes);
    enum status status = cassandra_place_get(batch->store, epoch, partition, &batch->commit.began);
    batch->commit.epoch = batch->commit.began.epoch;
    batch->generation = batch->commit.epoch - epoch;
    if (status == STATUS_OK && batch->commit.began.closed != 0) {
        status = STATUS_UNAVAILABLE; // until the switch is over, one way or the other
    }
    if (status != STATUS_OK) {
        cassandra_batch_discard(&batch->base);
        return status;
    }
    *out = &batch->base;
    return STATUS_OK;
}

static struct cql_values *begin_actor(struct batch *batch, enum statement statement,
                                      struct str project, struct store_actor actor) {
    struct cql_values *values = changes_begin(&batch->changes, statement);
    cassandra_bind_actor(values, batch->generation, project, actor);
    return values;
}

// --- Timeline -----------------------------------------------------------------------------------------------------------

int64_t cassandra_seconds_left(const struct cassandra_store *store, int64_t timestamp_ms,
                               int64_t age_ms) {
    struct clock *clock = store->clock;
    int64_t left = (age_ms - (clock->wall_ms(clock) - timestamp_ms)) / 1000;
    return left <= 0 ? 0 : left < TTL_MAX_S ? left : TTL_MAX_S;
}

static void bind_life(struct cql_values *values, int64_t received_ms, int64_t seconds) {
    cql_bind_bigint(values, received_ms * 1000);
    cql_bind_int(values, (int32_t)seconds);
}

static void bind_if(struct cql_values *values, struct str text) {
    if (text.data == NULL) {
        cql_bind_unset(values);
    } else {
        cql_bind_text(values, text);
    }
}

enum status cassandra_batch_timeline(struct store_batch *base, struct str project,
                                     struct store_actor actor,
                                     const struct store_timeline_row *row) {
    struct batch *batch = batch_of(base);
    int64_t age_ms = batch->store->timeline_age_ms;
    int64_t left = cassandra_seconds_left(batch->store, row->timestamp_ms, age_ms);
    if (row->type >= EVENT_TYPE_COUNT || row->received_ms > INT64_MAX / 1000 ||
        row->received_ms <= INT64_MIN / 1000) {
        return STATUS_INVALID;
    }
    if (age_ms > 0 && left == 0) {
        return STATUS_OK; // past retention already
    }
    struct cql_values *values = begin_actor(batch, STATEMENT_TIMELINE_PUT, project, actor);
    cql_bind_timestamp(values, row->timestamp_ms);
    cql_bind_boolean(values, cassandra_is_uuid(row->event_id));
    cql_bind_text(values, row->event_id);
    cql_bind_text(values, event_type_name((enum event_type)row->type));
    cql_bind_text(values, not_null(row->name));
    cql_bind_timestamp(values, row->received_ms);
    bind_if(values, row->anonymous_id);
    bind_if(values, row->properties);
    bind_if(values, row->traits);
    bind_if(values, row->context);
    bind_if(values, row->extra);
    bind_life(values, row->received_ms, age_ms > 0 ? left : 0);
    return changes_end(&batch->changes);
}

// How many events an actor has is known when the batch ends. Rows of one who has many go to the part that is being filled.
static enum status note_part(struct batch *batch, struct str project, struct store_actor actor,
                             uint64_t events) {
    if (events < CASSANDRA_PART_EVENTS) {
        return STATUS_OK;
    }
    struct long_actor *noted = cassandra_rows_add(&batch->long_actors, &batch->arena);
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    cassandra_bind_actor(values, batch->generation, project, actor);
    if (noted == NULL) {
        return STATUS_NO_MEMORY;
    }
    noted->kind = actor.kind;
    noted->part = events / CASSANDRA_PART_EVENTS;
    noted->key = arena_copy(&batch->arena, cql_values_bytes(values));
    return noted->key.data == NULL ? STATUS_NO_MEMORY : buffer_status(values->out);
}

static enum status move_parts(struct batch *batch) {
    const struct long_actor *actors =
        (const struct long_actor *)(const void *)batch->long_actors.items;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < batch->long_actors.count && status == STATUS_OK; i++) {
        char name[CASSANDRA_KIND_MAX];
        status = changes_move(
            &batch->changes, STATEMENT_TIMELINE_PUT, actors[i].key,
            cassandra_part_name(actors[i].kind, batch->generation, actors[i].part, name));
    }
    return status;
}

// --- Actors ---------------------------------------------------------------------------------------------------------------

enum status cassandra_batch_actor(struct store_batch *base, struct str project,
                                  struct store_actor actor, const struct store_actor_state *state) {
    struct batch *batch = batch_of(base);
    bool funnels = state->funnels.data != NULL;
    struct cql_values *values = begin_actor(
        batch, funnels ? STATEMENT_STATE_FUNNELS_PUT : STATEMENT_STATE_PUT, project, actor);
    cql_bind_bigint(values, batch->commit.epoch);
    cql_bind_int(values, (int32_t)batch->commit.partition);
    cql_bind_timestamp(values, state->first_seen_ms);
    cql_bind_timestamp(values, state->last_seen_ms);
    cql_bind_bigint(values, (int64_t)state->events);
    cql_bind_bigint(values, (int64_t)state->sessions);
    cql_bind_timestamp(values, state->current.start_ms);
    cql_bind_timestamp(values, state->current.end_ms);
    cql_bind_int(values, (int32_t)state->current.events);
    cql_bind_int(values, (int32_t)state->current.page_views);
    cql_bind_text(values, not_null(state->traits)); // a null would be a tombstone, each time
    cql_bind_date(values, state->activity_first_day);
    cql_bind_blob(values, not_null(state->activity));
    if (funnels) {
        cql_bind_text(values, state->funnels);
    }
    enum status status = changes_end(&batch->changes);
    return status == STATUS_OK ? note_part(batch, project, actor, state->events) : status;
}

static void bind_types(struct cql_values *values, const uint32_t by_type[EVENT_TYPE_COUNT]) {
    struct cql_collection map = cql_bind_begin_collection(values);
    int32_t count = 0;
    for (unsigned type = 0; type < EVENT_TYPE_COUNT; type++) {
        if (by_type[type] != 0) {
            cql_bind_text(values, event_type_name((enum event_type)type));
            cql_bind_int(values, (int32_t)by_type[type]);
            count++;
        }
    }
    cql_bind_end(values, map, count);
}

static void bind_names(struct cql_values *values, const struct store_actor_day *day) {
    struct cql_collection map = cql_bind_begin_collection(values);
    for (size_t i = 0; i < day->name_count; i++) {
        cql_bind_text(values, not_null(day->names[i].name));
        cql_bind_int(values, (int32_t)day->names[i].events);
    }
    cql_bind_end(values, map, (int32_t)day->name_count);
}

enum status cassandra_batch_actor_day(struct store_batch *base, struct str project,
                                      struct store_actor actor, const struct store_actor_day *day) {
    struct batch *batch = batch_of(base);
    struct cql_values *values = begin_actor(batch, STATEMENT_DAY_PUT, project, actor);
    cql_bind_bigint(values, batch->commit.epoch);
    cql_bind_date(values, day->day);
    cql_bind_int(values, (int32_t)batch->commit.partition);
    cql_bind_timestamp(values, day->first_ms);
    cql_bind_timestamp(values, day->last_ms);
    cql_bind_int(values, (int32_t)day->events);
    cql_bind_int(values, (int32_t)day->sessions);
    bind_types(values, day->by_type);
    bind_names(values, day);
    return changes_end(&batch->changes);
}

static struct cql_values *begin_session(struct batch *batch, enum statement statement,
                                        struct str project, struct store_actor actor,
                                        int64_t start_ms) {
    struct cql_values *values = begin_actor(batch, statement, project, actor);
    cql_bind_bigint(values, batch->commit.epoch);
    cql_bind_timestamp(values, start_ms);
    cql_bind_int(values, (int32_t)batch->commit.partition);
    return values;
}

enum status cassandra_batch_session(struct store_batch *base, struct str project,
                                    struct store_actor actor, const struct store_session *session) {
    struct batch *batch = batch_of(base);
    int64_t age_ms = batch->store->session_age_ms;
    struct cql_values *values =
        begin_session(batch, age_ms > 0 ? STATEMENT_SESSION_AGED_PUT : STATEMENT_SESSION_PUT,
                      project, actor, session->start_ms);
    cql_bind_timestamp(values, session->end_ms);
    cql_bind_int(values, (int32_t)session->events);
    cql_bind_int(values, (int32_t)session->page_views);
    if (age_ms > 0) {
        // Late events of a log that is read again look for it, however old it is.
        int64_t least = STORE_SESSION_KEEP_MS / 1000;
        int64_t left =
            cassandra_seconds_left(batch->store, session->end_ms, age_ms + STORE_SESSION_KEEP_MS);
        cql_bind_int(values, (int32_t)(left > least ? left : least));
    }
    return changes_end(&batch->changes);
}

enum status cassandra_batch_session_remove(struct store_batch *base, struct str project,
                                           struct store_actor actor, int64_t start_ms) {
    struct batch *batch = batch_of(base);
    begin_session(batch, STATEMENT_SESSION_REMOVE, project, actor, start_ms);
    return changes_end(&batch->changes);
}

// --- Links ------------------------------------------------------------------------------------------------------------------

// Earlier links have greater timestamps, so a removal would hide all later ones of its pair. Therefore links have an age, how often links
// of the partition's users were removed: those of one age are above all of the ages before, and a removal lies between.
static enum status link_age(struct batch *batch, int64_t *age) {
    if (!batch->has_link_age) {
        struct cassandra_values memory;
        struct cql_values *values = cassandra_values_begin(&memory);
        struct cql_result *result = NULL;
        struct cql_value column;
        cql_bind_bigint(values, batch->commit.epoch);
        cql_bind_int(values, (int32_t)batch->commit.partition);
        enum status status =
            cassandra_run_row(batch->store, STATEMENT_LINK_AGE_GET, values, &result, &column, 1);
        if (status == STATUS_OK) {
            status = cql_get_bigint(column, &batch->link_age);
        }
        cql_result_free(result);
        if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
            return status;
        }
        batch->has_link_age = true;
    }
    *age = batch->link_age;
    return STATUS_OK;
}

// The earlier the link, the greater its timestamp: Cassandra itself keeps the earliest of a pair, whoever writes it and when.
enum status cassandra_batch_link(struct store_batch *base, struct str project,
                                 struct str anonymous_id, struct str user_id, int64_t linked_ms) {
    struct batch *batch = batch_of(base);
    if (linked_ms > CASSANDRA_LINK_TIME_MAX || linked_ms < -CASSANDRA_LINK_TIME_MAX) {
        return STATUS_INVALID;
    }
    int64_t age = 0;
    enum status status = link_age(batch, &age);
    if (status != STATUS_OK) {
        return status;
    }
    // Of two ages the timestamps do not tell which link is the earlier: the row has to be asked.
    bool known = false;
    if (age > 0) {
        status = cassandra_link_known(base, project, anonymous_id, user_id, linked_ms, &known);
    }
    if (status != STATUS_OK || known) {
        return status;
    }
    int64_t stamp = CASSANDRA_LINK_TIME_MAX + age * CASSANDRA_LINK_AGE - linked_ms;
    struct cql_values *values = changes_begin(&batch->changes, STATEMENT_LINK_PUT);
    cql_bind_text(values, project);
    cql_bind_text(values, anonymous_id);
    cql_bind_bigint(values, batch->commit.epoch);
    cql_bind_text(values, user_id);
    cql_bind_timestamp(values, linked_ms);
    cql_bind_bigint(values, stamp);
    status = changes_end(&batch->changes);
    if (status != STATUS_OK) {
        return status;
    }
    values = changes_begin(&batch->changes, STATEMENT_LINK_OF_USER_PUT);
    cql_bind_text(values, project);
    cql_bind_text(values, user_id);
    cql_bind_bigint(values, batch->commit.epoch);
    cql_bind_text(values, anonymous_id);
    cql_bind_bigint(values, stamp);
    return changes_end(&batch->changes);
}

struct changes *cassandra_batch_changes(struct store_batch *base) {
    return &batch_of(base)->changes;
}

struct cassandra_commit *cassandra_batch_place(struct store_batch *base) {
    return &batch_of(base)->commit;
}

enum status cassandra_batch_link_remove(struct store_batch *base, struct str project,
                                        struct str anonymous_id, struct str user_id) {
    struct batch *batch = batch_of(base);
    int64_t age = 0;
    enum status status = link_age(batch, &age);
    if (status != STATUS_OK) {
        return status;
    }
    struct cql_values *values = changes_begin(&batch->changes, STATEMENT_LINK_REMOVE);
    cql_bind_bigint(values, CASSANDRA_LINK_TIME_MAX + age * CASSANDRA_LINK_AGE);
    cql_bind_text(values, project);
    cql_bind_text(values, anonymous_id);
    cql_bind_bigint(values, batch->commit.epoch);
    cql_bind_text(values, user_id);
    status = changes_end(&batch->changes);
    if (status != STATUS_OK) {
        return status;
    }
    values = changes_begin(&batch->changes, STATEMENT_LINK_OF_USER_REMOVE);
    cql_bind_bigint(values, CASSANDRA_LINK_TIME_MAX + age * CASSANDRA_LINK_AGE);
    cql_bind_text(values, project);
    cql_bind_text(values, user_id);
    cql_bind_bigint(values, batch->commit.epoch);
    cql_bind_text(values, anonymous_id);
    status = changes_end(&batch->changes);
    if (status != STATUS_OK || age + 1 >= CASSANDRA_LINK_AGES_MAX) {
        return status;
    }
    // Of this batch's removals all have one age; what the next batch puts is above.
    values = changes_begin(&batch->changes, STATEMENT_LINK_AGE_PUT);
    cql_bind_bigint(values, batch->commit.epoch);
    cql_bind_int(values, (int32_t)batch->commit.partition);
    cql_bind_bigint(values, age + 1);
    return changes_end(&batch->changes);
}

// --- Totals -----------------------------------------------------------------------------------------------------------------

enum status cassandra_batch_total(struct store_batch *base, struct str project,
                                  const struct store_total *total) {
    struct batch *batch = batch_of(base);
    bool put = total->amount != 0;
    struct str metric = cassandra_metric_name(total->metric);
    if (metric.len == 0) {
        return STATUS_INVALID;
    }
    struct cql_values *values =
        changes_begin(&batch->changes, put ? STATEMENT_TOTAL_PUT : STATEMENT_TOTAL_REMOVE);
    cql_bind_text(values, project);
    cql_bind_date(values, total->day);
    cql_bind_bigint(values, batch->commit.epoch);
    cql_bind_text(values, metric);
    cql_bind_text(values, not_null(total->value));
    cql_bind_int(values, (int32_t)batch->commit.partition);
    if (put) {
        cql_bind_bigint(values, total->amount);
    }
    enum status status = changes_end(&batch->changes);
    if (status == STATUS_OK && put) {
        values = changes_begin(&batch->changes, STATEMENT_TOTAL_DAY_PUT);
        cql_bind_text(values, project);
        cql_bind_bigint(values, batch->commit.epoch);
        cql_bind_date(values, total->day);
        status = changes_end(&batch->changes);
    }
    return status;
}

// --- The dedupe window ------------------------------------------------------------------------------------------------------

static void begin_seen(struct cql_values *values, const struct batch *batch, int64_t chunk) {
    cql_bind_bigint(values, batch->commit.epoch);
    cql_bind_int(values, (int32_t)batch->commit.partition);
    cql_bind_bigint(values, chunk);
}

// On every machine alike: little-endian.
static enum status copy_hashes(const uint64_t *hashes, size_t count, struct str *out) {
    char *data = malloc(count * 8 + 1);
    if (data == NULL) {
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        for (unsigned b = 0; b < 8; b++) {
            data[8 * i + b] = (char)(uint8_t)(hashes[i] >> (8 * b));
        }
    }
    *out = str_make(data, count * 8);
    return STATUS_OK;
}

enum status cassandra_batch_seen(struct store_batch *base, int64_t chunk, int64_t last_ms,
                                 const uint64_t *hashes, size_t count) {
    struct batch *batch = batch_of(base);
    struct str bytes;
    enum status status = copy_hashes(hashes, count, &bytes);
    if (status != STATUS_OK) {
        return status;
    }
    struct cql_values *values = changes_begin(&batch->changes, STATEMENT_SEEN_PUT);
    begin_seen(values, batch, chunk);
    cql_bind_timestamp(values, last_ms);
    cql_bind_int(values, (int32_t)count);
    cql_bind_blob(values, bytes);
    free((char *)bytes.data); // it is this function's own
    return changes_end(&batch->changes);
}

static bool is_below(struct str values, void *context) {
    const int64_t *below = context;
    struct cql_elements elements;
    struct cql_value chunk;
    int64_t number = 0;
    cql_get_tuple((struct cql_value){values}, &elements); // a list of values looks like a tuple
    for (int i = 0; i < 3; i++) {                         // epoch, partition, chunk
        if (cql_next_element(&elements, &chunk) != STATUS_OK) {
            return false;
        }
    }
    return cql_get_bigint(chunk, &number) == STATUS_OK && number < *below;
}

enum status cassandra_batch_seen_forget(struct store_batch *base, int64_t below_chunk) {
    struct batch *batch = batch_of(base);
    changes_drop(&batch->changes, STATEMENT_SEEN_PUT, is_below, &below_chunk);
    struct cql_values *values = changes_begin(&batch->changes, STATEMENT_SEEN_FORGET);
    begin_seen(values, batch, below_chunk);
    return changes_end(&batch->changes);
}

// --- The end ----------------------------------------------------------------------------------------------------------------

size_t cassandra_batch_bytes(const struct store_batch *base) {
    return ((const struct batch *)base)->changes.bytes.len;
}

enum status cassandra_batch_commit(struct store_batch *base, int64_t next_offset) {
    struct batch *batch = batch_of(base);
    batch->commit.next_offset = next_offset;
    enum status status = move_parts(batch);
    if (status == STATUS_OK) {
        status = cassandra_commit(batch->store, &batch->commit, &batch->changes);
    }
    cassandra_batch_discard(base);
    return status;
}
