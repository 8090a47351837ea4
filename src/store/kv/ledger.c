// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The audit log and the usage of days.
#include "base/bytes.h"
#include "store/kv/kv_store.h"

static enum status put_durably(struct kv *kv, const struct keys_key *key, struct str value) {
    struct kv_batch *batch = NULL;
    enum status status = kv->engine->batch_make(kv, &batch);
    if (status != STATUS_OK) {
        return status;
    }
    status = kv->engine->batch_put(batch, KV_MAIN, keys_str(key), value);
    if (status == STATUS_OK) {
        status = kv->engine->write(kv, batch);
    }
    kv->engine->batch_free(batch);
    return status == STATUS_OK ? kv->engine->sync(kv) : status;
}

// --- Audit ------------------------------------------------------------------------------------------------------------

enum status kv_audit_append(struct store *base, const struct store_audit *audit) {
    struct kv *kv = kv_store_of(base)->kv;
    struct keys_key key;
    keys_begin(&key, KEYS_AUDIT);
    keys_i64_desc(&key, audit->time_ms);
    keys_event_id(&key, audit->id);
    struct buffer value;
    buffer_init(&value, KV_STORE_VALUE_MAX);
    bytes_put_str(&value, audit->project);
    bytes_put_str(&value, audit->entry);
    enum status status = buffer_status(&value);
    if (status == STATUS_OK) {
        status = put_durably(kv, &key, buffer_str(&value));
    }
    buffer_free(&value);
    return status;
}

static enum status take_audit(struct str key, struct str value, struct arena *arena,
                              struct store_audit *row) {
    enum status status = STATUS_OK;
    struct str own = arena_copy(arena, value);
    if (own.data == NULL) {
        return STATUS_NO_MEMORY;
    }
    if (!keys_read_i64_desc(&key, &row->time_ms) ||
        !keys_read_event_id(&key, arena, &row->id, &status)) {
        return status == STATUS_OK ? STATUS_CORRUPT : status;
    }
    bool whole = bytes_get_str(&own, &row->project) && bytes_get_str(&own, &row->entry);
    return whole && own.len == 0 ? STATUS_OK : STATUS_CORRUPT;
}

// Times are complemented in keys: the latest of the range is where the scan begins.
static void audit_bounds(const struct store_audit_query *query, struct keys_key *lower,
                         struct keys_key *upper) {
    keys_begin(lower, KEYS_AUDIT);
    keys_begin(upper, KEYS_AUDIT);
    if (query->resume && query->after_ms < query->to_ms) {
        keys_i64_desc(lower, query->after_ms);
        keys_event_id(lower, query->after_id);
        keys_u8(lower, 0); // behind it
    } else {
        keys_i64_desc(lower, query->to_ms - 1);
    }
    keys_i64_desc(upper, query->from_ms);
    keys_end_of_prefix(upper);
}

enum status kv_audit_read(struct store *base, const struct store_audit_query *query,
                          struct arena *arena, struct store_audit **out, size_t *count,
                          bool *more) {
    struct kv *kv = kv_store_of(base)->kv;
    struct keys_key lower;
    struct keys_key upper;
    struct keys_key table;
    struct kv_rows rows = {.size = sizeof(struct store_audit)};
    struct kv_scan *scan = NULL;
    audit_bounds(query, &lower, &upper);
    keys_begin(&table, KEYS_AUDIT);
    if (str_compare(keys_str(&lower), keys_str(&upper)) >= 0) {
        return STATUS_OK;
    }
    enum status status =
        kv->engine->scan_open(kv, KV_MAIN, keys_str(&lower), keys_str(&upper), &scan);
    if (status != STATUS_OK) {
        return status;
    }
    struct str key;
    struct str value;
    bool left = kv->engine->scan_entry(scan, &key, &value);
    while (left && status == STATUS_OK && rows.count < query->limit) {
        struct store_audit *row = kv_rows_add(&rows, arena);
        status = row == NULL ? STATUS_NO_MEMORY
                             : take_audit(str_make(key.data + table.len, key.len - table.len),
                                          value, arena, row);
        kv->engine->scan_next(scan);
        left = kv->engine->scan_entry(scan, &key, &value);
    }
    enum status closed = kv->engine->scan_close(scan);
    *out = (struct store_audit *)(void *)rows.items;
    *count = rows.count;
    *more = left;
    return status == STATUS_OK ? closed : status;
}

// --- Usage ------------------------------------------------------------------------------------------------------------

enum status kv_usage_put(struct store *base, const struct store_usage *usage) {
    struct keys_key key;
    keys_begin(&key, KEYS_USAGE);
    keys_i32(&key, usage->day);
    keys_text(&key, usage->project);
    keys_tail(&key, usage->counter);
    char bytes[16];
    struct buffer value;
    buffer_init_fixed(&value, bytes, sizeof bytes);
    values_put_number(&value, usage->events);
    return put_durably(kv_store_of(base)->kv, &key, buffer_str(&value));
}

static enum status take_usage(struct str key, struct str value, struct arena *arena,
                              struct store_usage *row) {
    struct str own = arena_copy(arena, key);
    if (own.data == NULL) {
        return STATUS_NO_MEMORY;
    }
    bool whole = keys_read_i32(&own, &row->day) && keys_read_text(&own, &row->project) &&
                 values_get_number(value, &row->events);
    row->counter = own;
    return whole ? STATUS_OK : STATUS_CORRUPT;
}

enum status kv_usage_read(struct store *base, int32_t day, struct arena *arena,
                          struct store_usage **out, size_t *count) {
    struct kv *kv = kv_store_of(base)->kv;
    struct keys_key table;
    struct keys_key lower;
    struct keys_key upper;
    struct kv_rows rows = {.size = sizeof(struct store_usage)};
    struct kv_scan *scan = NULL;
    keys_begin(&table, KEYS_USAGE);
    lower = table;
    keys_i32(&lower, day);
    upper = lower;
    keys_end_of_prefix(&upper);
    enum status status =
        kv->engine->scan_open(kv, KV_MAIN, keys_str(&lower), keys_str(&upper), &scan);
    if (status != STATUS_OK) {
        return status;
    }
    struct str key;
    struct str value;
    while (status == STATUS_OK && kv->engine->scan_entry(scan, &key, &value)) {
        struct store_usage *row = kv_rows_add(&rows, arena);
        status = row == NULL ? STATUS_NO_MEMORY
                             : take_usage(str_make(key.data + table.len, key.len - table.len),
                                          value, arena, row);
        kv->engine->scan_next(scan);
    }
    enum status closed = kv->engine->scan_close(scan);
    *out = (struct store_usage *)(void *)rows.items;
    *count = rows.count;
    return status == STATUS_OK ? closed : status;
}
