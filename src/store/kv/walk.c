// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Walks over whole tables, page by page. A page's position is the key of its last row.
#include "store/kv/walk_rows.h"

static void table_bounds(struct kv_store *store, struct walk_table table, struct keys_key *lower,
                         struct keys_key *upper) {
    if (table.derived) {
        keys_begin_derived(lower, table.table, store->generation);
    } else {
        keys_begin(lower, table.table);
    }
    *upper = *lower;
    keys_end_of_prefix(upper);
}

static enum status add_row(struct kv_rows *rows, enum store_row_kind kind, struct str key,
                           struct str value, struct arena *arena) {
    struct str own_key = arena_copy(arena, key);
    struct str own_value = arena_copy(arena, value);
    struct store_row *row = kv_rows_add(rows, arena);
    if (own_key.data == NULL || own_value.data == NULL || row == NULL) {
        return STATUS_NO_MEMORY;
    }
    *row = (struct store_row){.kind = kind};
    return walk_read_row(kind, own_key, own_value, arena, row);
}

// Rows from the scan's place on. position: the last one's key, whole.
static enum status read_page(struct kv *kv, struct kv_scan *scan, enum store_row_kind kind,
                             size_t prefix, size_t bytes, struct arena *arena,
                             struct store_page *page) {
    struct kv_rows rows = {.size = sizeof(struct store_row)};
    struct keys_key last = {0};
    size_t taken = 0;
    enum status status = STATUS_OK;
    struct str key;
    struct str value;
    bool left = kv->engine->scan_entry(scan, &key, &value);
    while (left && status == STATUS_OK && (rows.count == 0 || taken < bytes)) {
        last.len = 0;
        if (key.len > sizeof last.data) {
            return STATUS_CORRUPT;
        }
        keys_tail(&last, key);
        status = add_row(&rows, kind, str_make(key.data + prefix, key.len - prefix), value, arena);
        taken += key.len + value.len + sizeof(struct store_row);
        kv->engine->scan_next(scan);
        left = kv->engine->scan_entry(scan, &key, &value);
    }
    *page = (struct store_page){.rows = (struct store_row *)(void *)rows.items,
                                .count = rows.count,
                                .position = arena_copy(arena, keys_str(&last)),
                                .more = left};
    if (status == STATUS_OK && page->position.data == NULL) {
        status = STATUS_NO_MEMORY;
    }
    return status;
}

static void set_epoch(struct kv_store *store, struct store_page *page) {
    pthread_mutex_lock(&store->epoch_lock);
    for (size_t i = 0; i < page->count; i++) {
        page->rows[i].as.offset.epoch = store->epoch;
    }
    pthread_mutex_unlock(&store->epoch_lock);
}

enum status kv_walk(struct store *base, enum store_row_kind kind, struct str after, size_t bytes,
                    struct arena *arena, struct store_page *out) {
    struct kv_store *store = kv_store_of(base);
    struct kv *kv = store->kv;
    struct walk_table table = walk_table_of(kind);
    struct keys_key lower;
    struct keys_key upper;
    table_bounds(store, table, &lower, &upper);
    size_t prefix = lower.len;
    if (after.len > 0) {
        if (after.len >= sizeof lower.data || !str_starts_with(after, keys_str(&lower))) {
            return STATUS_INVALID;
        }
        lower.len = 0;
        keys_tail(&lower, after);
        keys_u8(&lower, 0); // behind it
    }
    struct kv_scan *scan = NULL;
    enum status status =
        kv->engine->scan_open(kv, table.family, keys_str(&lower), keys_str(&upper), &scan);
    if (status != STATUS_OK) {
        return status;
    }
    status = read_page(kv, scan, kind, prefix, bytes, arena, out);
    enum status closed = kv->engine->scan_close(scan);
    if (status == STATUS_OK && kind == STORE_ROW_OFFSET) {
        set_epoch(store, out);
    }
    return status == STATUS_OK ? closed : status;
}
