// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// How the domain's values are written and read: names where people look, and what is stored without a sign.
#include "base/uuid.h"
#include "store/cassandra/cassandra.h"

#define DAY_MS INT64_C(86400000)
#define ROWS_FIRST 16

const struct statement_layout statement_layouts[STATEMENT_COUNT] = {
#define C(symbol, number, table, partition_key, primary_key, stamp, text)                          \
    [STATEMENT_##symbol] = {STATEMENT_TABLE_##table, (partition_key), (primary_key),               \
                            STATEMENT_STAMP_##stamp},
    STATEMENT_CHANGES(C)
#undef C
};

static const struct str metric_names[] = {
#define X(symbol, number, name, what) [number] = STR_INIT(name),
    STORE_METRIC_LIST(X)
#undef X
};

struct cql_values *cassandra_values_begin(struct cassandra_values *values) {
    buffer_init_fixed(&values->buffer, values->bytes, sizeof values->bytes);
    cql_values_begin(&values->list, &values->buffer);
    return &values->list;
}

struct str cassandra_kind_name(enum store_actor_kind kind) {
    return kind == STORE_ACTOR_USER ? STR("user") : STR("anonymous");
}

struct str cassandra_part_name(enum store_actor_kind kind, int64_t generation, uint64_t part,
                               char out[CASSANDRA_KIND_MAX]) {
    struct str name = cassandra_kind_name(kind);
    if (generation == 0 && part == 0) {
        return name;
    }
    struct buffer buffer;
    buffer_init_fixed(&buffer, out, CASSANDRA_KIND_MAX);
    buffer_append_str(&buffer, name);
    if (generation != 0) {
        buffer_append_char(&buffer, '@');
        buffer_append_i64(&buffer, generation);
    }
    if (part != 0) {
        buffer_append_char(&buffer, '+');
        buffer_append_u64(&buffer, part);
    }
    return buffer_str(&buffer);
}

bool cassandra_kind_read(struct str text, enum store_actor_kind *kind, int64_t *generation) {
    struct str rest = text;
    struct str whole = str_cut(&rest, '+');
    struct str name = str_cut(&whole, '@');
    bool user = str_equal(name, cassandra_kind_name(STORE_ACTOR_USER));
    *kind = user ? STORE_ACTOR_USER : STORE_ACTOR_ANONYMOUS;
    *generation = 0;
    return (user || str_equal(name, cassandra_kind_name(STORE_ACTOR_ANONYMOUS))) &&
           (whole.len == 0 || str_to_i64(whole, generation));
}

void cassandra_bind_actor(struct cql_values *values, int64_t generation, struct str project,
                          struct store_actor actor) {
    char name[CASSANDRA_KIND_MAX];
    cql_bind_text(values, project);
    cql_bind_text(values, cassandra_part_name(actor.kind, generation, 0, name));
    cql_bind_text(values, actor.id);
}

// Of the form of a version 4 UUID, so that tools show it as what it is.
void cassandra_new_id(struct cassandra_store *store, uint8_t id[CASSANDRA_ID_BYTES]) {
    store->random->fill(store->random, id, CASSANDRA_ID_BYTES);
    id[6] = (uint8_t)((id[6] & 0x0F) | 0x40);
    id[8] = (uint8_t)((id[8] & 0x3F) | 0x80);
}

void cassandra_bind_id(struct cql_values *values, const uint8_t *id) {
    if (id == NULL) {
        cql_bind_null(values);
    } else {
        cql_bind_uuid(values, id);
    }
}

struct str cassandra_metric_name(enum store_metric metric) {
    size_t number = (size_t)metric;
    return number < sizeof metric_names / sizeof metric_names[0] ? metric_names[number] : STR_EMPTY;
}

enum store_metric cassandra_metric_from_name(struct str name) {
    for (size_t i = 1; i < sizeof metric_names / sizeof metric_names[0]; i++) {
        if (str_equal(metric_names[i], name)) {
            return (enum store_metric)i;
        }
    }
    return (enum store_metric)0;
}

struct str cassandra_readable(struct str text, struct arena *arena) {
    if (str_is_utf8(text)) {
        return text;
    }
    struct str copy = arena_copy(arena, text);
    for (size_t i = 0; copy.data != NULL && i < copy.len; i++) {
        char *at = (char *)copy.data + i; // the copy is ours
        *at = (unsigned char)*at < 0x80 ? *at : '?';
    }
    return copy;
}

bool cassandra_is_uuid(struct str id) {
    uint8_t bytes[UUID_BYTES];
    return id.len == UUID_TEXT_LEN && uuid_read(id.data, bytes);
}

int32_t cassandra_utc_day(int64_t ms) {
    int64_t day = ms / DAY_MS - (ms % DAY_MS < 0 ? 1 : 0);
    return day > INT32_MAX ? INT32_MAX : day < INT32_MIN ? INT32_MIN : (int32_t)day;
}

void *cassandra_rows_add(struct cassandra_rows *rows, struct arena *arena) {
    if (rows->count == rows->capacity) {
        size_t capacity = rows->capacity == 0 ? ROWS_FIRST : rows->capacity * 2;
        char *items = arena_alloc_array(arena, capacity, rows->size);
        if (items == NULL) {
            return NULL;
        }
        if (rows->count > 0) {
            memcpy(items, rows->items, rows->count * rows->size);
        }
        rows->items = items;
        rows->capacity = capacity;
    }
    return rows->items + rows->count++ * rows->size;
}

enum status cassandra_get_text(struct cql_value value, struct arena *arena, struct str *out) {
    *out = STR_EMPTY;
    if (cql_is_null(value)) {
        return STATUS_OK;
    }
    *out = arena_copy(arena, value.bytes);
    return out->data == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

enum status cassandra_get_u32(struct cql_value value, uint32_t *out) {
    int32_t number = 0;
    enum status status = cql_get_int(value, &number);
    *out = (uint32_t)number;
    return status;
}

enum status cassandra_get_u64(struct cql_value value, uint64_t *out) {
    int64_t number = 0;
    enum status status = cql_get_bigint(value, &number);
    *out = (uint64_t)number;
    return status;
}

static uint64_t little_endian(const char *at) {
    uint64_t value = 0;
    for (unsigned b = 0; b < 8; b++) {
        value |= (uint64_t)(uint8_t)at[b] << (8 * b);
    }
    return value;
}

enum status cassandra_get_hashes(struct cql_value value, struct arena *arena,
                                 const uint64_t **hashes, size_t *count) {
    if (value.bytes.len % 8 != 0) {
        return STATUS_CORRUPT;
    }
    *count = value.bytes.len / 8;
    uint64_t *own = arena_alloc_array(arena, *count, sizeof *own);
    if (own == NULL) {
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < *count; i++) {
        own[i] = little_endian(value.bytes.data + 8 * i);
    }
    *hashes = own;
    return STATUS_OK;
}
