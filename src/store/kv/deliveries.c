// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What became of deliveries: a few rows a day, so they are read all at once.
#include <stdlib.h>

#include "base/bytes.h"
#include "store/kv/kv_store.h"

static void delivery_key(struct keys_key *key, const struct store_delivery *row) {
    keys_begin(key, KEYS_DELIVERY);
    keys_text(key, row->name);
    keys_i64(key, row->due_ms);
}

static void put_value(struct buffer *out, const struct store_delivery *row) {
    bytes_put_str(out, row->name);
    bytes_put_zigzag(out, row->due_ms);
    bytes_put_u8(out, (uint8_t)row->state);
    bytes_put_varint(out, row->attempts);
    bytes_put_zigzag(out, row->next_ms);
    bytes_put_zigzag(out, row->changed_ms);
    bytes_put_str(out, row->error);
    bytes_put_zigzag(out, row->version);
}

bool kv_delivery_read(struct str in, void *context) {
    struct store_delivery *row = context;
    uint8_t state = 0;
    uint64_t attempts = 0;
    bool whole = bytes_get_str(&in, &row->name) && bytes_get_zigzag(&in, &row->due_ms) &&
                 bytes_get_u8(&in, &state) && bytes_get_varint(&in, &attempts) &&
                 bytes_get_zigzag(&in, &row->next_ms) && bytes_get_zigzag(&in, &row->changed_ms) &&
                 bytes_get_str(&in, &row->error) && bytes_get_zigzag(&in, &row->version);
    row->state = (enum store_delivery_state)state;
    row->attempts = (uint32_t)attempts;
    return whole && in.len == 0 && state >= STORE_DELIVERY_WAITING &&
           state <= STORE_DELIVERY_GIVEN_UP;
}

struct change {
    const struct store_delivery *row;
    int64_t old_version;
};

static enum status decide(struct str old, struct buffer *value, void *context) {
    const struct change *change = context;
    struct store_delivery was;
    if (!kv_delivery_read(old, &was)) {
        return STATUS_CORRUPT;
    }
    if (was.version != change->old_version) {
        return STATUS_PRECONDITION;
    }
    put_value(value, change->row);
    return STATUS_OK;
}

enum status kv_delivery_put(struct store *store, const struct store_delivery *row,
                            int64_t old_version) {
    struct change change = {row, old_version};
    struct keys_key key;
    struct buffer value;
    enum status status;
    delivery_key(&key, row);
    buffer_init(&value, KV_STORE_VALUE_MAX);
    if (old_version == 0) {
        put_value(&value, row);
        status = kv_admin_put_new(kv_store_of(store), &key, &value);
    } else {
        status = kv_admin_change(kv_store_of(store), &key, decide, &value, &change);
    }
    buffer_free(&value);
    return status == STATUS_EXISTS || status == STATUS_NOT_FOUND ? STATUS_PRECONDITION : status;
}

static enum status read_all(struct store *store, struct arena *arena, struct store_delivery **out,
                            size_t *count) {
    struct kv_rows rows = {.size = sizeof(struct store_delivery)};
    enum status status =
        kv_admin_read_all(kv_store_of(store), KEYS_DELIVERY, arena, &rows, kv_delivery_read);
    *out = (struct store_delivery *)(void *)rows.items;
    *count = rows.count;
    return status;
}

static int last_first(const void *left, const void *right) {
    const struct store_delivery *a = left, *b = right;
    return a->due_ms > b->due_ms ? -1 : a->due_ms < b->due_ms;
}

enum status kv_deliveries(struct store *store, struct str name, struct arena *arena,
                          struct store_delivery **out, size_t *count) {
    size_t kept = 0;
    enum status status = read_all(store, arena, out, count);
    for (size_t i = 0; status == STATUS_OK && i < *count; i++) {
        if (str_equal((*out)[i].name, name)) {
            (*out)[kept++] = (*out)[i];
        }
    }
    *count = kept;
    if (kept > 0) {
        qsort(*out, kept, sizeof **out, last_first);
    }
    return status;
}

enum status kv_deliveries_sweep(struct store *store, int64_t before_ms) {
    struct store_delivery *rows = NULL;
    size_t count = 0;
    struct arena arena;
    arena_init(&arena, 4096, 0);
    enum status status = read_all(store, &arena, &rows, &count);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        if (rows[i].due_ms < before_ms) {
            struct keys_key key;
            delivery_key(&key, &rows[i]);
            status = kv_admin_change(kv_store_of(store), &key, NULL, NULL, NULL);
            status = status == STATUS_NOT_FOUND ? STATUS_OK : status;
        }
    }
    arena_free(&arena);
    return status;
}
