// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Receipts of erasures, holds, refusals, secrets; and closed reports as erasing needs them.
#include "store/kv/kv_store.h"

#include "store/kv/values_part.h"

// --- Values -----------------------------------------------------------------------------------------------------------

static void put_erasure(struct buffer *out, const struct store_erasure *erasure) {
    bytes_put_str(out, erasure->id);
    bytes_put_str(out, erasure->project);
    bytes_put_str(out, erasure->person);
    bytes_put_zigzag(out, erasure->requested_ms);
    bytes_put_varint(out, erasure->parts);
    bytes_put_u8(out, (uint8_t)(erasure->keep_refusing | erasure->failed << 1));
}

static bool get_erasure(struct str value, void *row) {
    struct store_erasure *erasure = row;
    uint8_t flags = 0;
    bool whole = bytes_get_str(&value, &erasure->id) && bytes_get_str(&value, &erasure->project) &&
                 bytes_get_str(&value, &erasure->person) &&
                 bytes_get_zigzag(&value, &erasure->requested_ms) &&
                 values_get_u32(&value, &erasure->parts) && bytes_get_u8(&value, &flags) &&
                 value.len == 0 && flags < 4;
    erasure->keep_refusing = (flags & 1) != 0;
    erasure->failed = (flags & 2) != 0;
    return whole;
}

void values_put_erasure_part(struct buffer *out, const struct store_erasure_part *part) {
    bytes_put_u8(out, part->done);
    bytes_put_zigzag(out, part->done_ms);
#define X(name) bytes_put_varint(out, part->removed.name);
    STORE_ERASED_LIST(X)
#undef X
}

static bool get_part(struct str value, struct store_erasure_part *part) {
    uint8_t done = 0;
    bool whole = bytes_get_u8(&value, &done) && done < 2 &&
                 bytes_get_zigzag(&value, &part->done_ms)
#define X(name) &&bytes_get_varint(&value, &part->removed.name)
                     STORE_ERASED_LIST(X)
#undef X
                 && value.len == 0;
    part->done = done == 1;
    return whole;
}

static void put_hold(struct buffer *out, const struct store_hold *hold) {
    bytes_put_str(out, hold->project);
    bytes_put_str(out, hold->person);
    bytes_put_str(out, hold->name);
    bytes_put_zigzag(out, hold->created_ms);
}

static bool get_hold(struct str value, void *row) {
    struct store_hold *hold = row;
    return bytes_get_str(&value, &hold->project) && bytes_get_str(&value, &hold->person) &&
           bytes_get_str(&value, &hold->name) && bytes_get_zigzag(&value, &hold->created_ms) &&
           value.len == 0;
}

// --- Receipts ---------------------------------------------------------------------------------------------------------

enum status kv_erasure_put(struct store *base, const struct store_erasure *erasure) {
    struct kv *kv = kv_store_of(base)->kv;
    struct kv_batch *batch = NULL;
    struct keys_key key;
    keys_begin(&key, KEYS_ERASURE);
    keys_tail(&key, erasure->id);
    enum status status = kv->engine->batch_make(kv, &batch);
    if (status != STATUS_OK) {
        return status;
    }
    struct buffer value;
    buffer_init(&value, KV_STORE_VALUE_MAX);
    put_erasure(&value, erasure);
    status = buffer_status(&value);
    if (status == STATUS_OK) {
        status = kv->engine->batch_put(batch, KV_MAIN, keys_str(&key), buffer_str(&value));
    }
    if (status == STATUS_OK) {
        status = kv->engine->write(kv, batch);
    }
    buffer_free(&value);
    kv->engine->batch_free(batch);
    return status == STATUS_OK ? kv->engine->sync(kv) : status;
}

enum status kv_erasures(struct store *base, struct arena *arena, struct store_erasure **out,
                        size_t *count) {
    struct kv_rows rows = {.size = sizeof(struct store_erasure)};
    enum status status =
        kv_admin_read_all(kv_store_of(base), KEYS_ERASURE, arena, &rows, get_erasure);
    *out = (struct store_erasure *)(void *)rows.items;
    *count = rows.count;
    return status;
}

void kv_erasure_part_key(struct keys_key *key, struct str id) {
    keys_begin(key, KEYS_ERASURE_PART);
    keys_text(key, id);
}

// Goes through the rows of a prefix; take gets what stands behind it in the key.
static enum status read_prefix(struct kv_store *store, const struct keys_key *prefix,
                               enum status (*take)(struct str rest, struct str value,
                                                   struct arena *arena, struct kv_rows *rows),
                               struct arena *arena, struct kv_rows *rows) {
    struct kv *kv = store->kv;
    struct keys_key upper = *prefix;
    keys_end_of_prefix(&upper);
    struct kv_scan *scan = NULL;
    enum status status =
        kv->engine->scan_open(kv, KV_MAIN, keys_str(prefix), keys_str(&upper), &scan);
    if (status != STATUS_OK) {
        return status;
    }
    struct str key;
    struct str value;
    while (status == STATUS_OK && kv->engine->scan_entry(scan, &key, &value)) {
        status = take(str_make(key.data + prefix->len, key.len - prefix->len), value, arena, rows);
        kv->engine->scan_next(scan);
    }
    enum status closed = kv->engine->scan_close(scan);
    return status == STATUS_OK ? closed : status;
}

static enum status take_part(struct str rest, struct str value, struct arena *arena,
                             struct kv_rows *rows) {
    struct store_erasure_part *part = kv_rows_add(rows, arena);
    uint16_t number = 0;
    if (part == NULL) {
        return STATUS_NO_MEMORY;
    }
    bool whole = keys_read_u16(&rest, &number) && rest.len == 0 && get_part(value, part);
    part->part = number;
    return whole ? STATUS_OK : STATUS_CORRUPT;
}

enum status kv_erasure_parts(struct store *base, struct str id, struct arena *arena,
                             struct store_erasure_part **out, size_t *count) {
    struct kv_rows rows = {.size = sizeof(struct store_erasure_part)};
    struct keys_key prefix;
    kv_erasure_part_key(&prefix, id);
    enum status status = read_prefix(kv_store_of(base), &prefix, take_part, arena, &rows);
    *out = (struct store_erasure_part *)(void *)rows.items;
    *count = rows.count;
    return status;
}

// --- Refusals and links ---------------------------------------------------------------------------------------------------

static enum status take_refusal(struct str rest, struct str value, struct arena *arena,
                                struct kv_rows *rows) {
    struct store_refusal *row = kv_rows_add(rows, arena);
    struct str own = arena_copy(arena, rest);
    uint16_t partition = 0;
    if (row == NULL || own.data == NULL) {
        return STATUS_NO_MEMORY;
    }
    bool whole = keys_read_u16(&own, &partition) && keys_read_text(&own, &row->project) &&
                 values_get_number(value, &row->since_ms);
    row->partition = partition;
    row->person = own;
    return whole ? STATUS_OK : STATUS_CORRUPT;
}

enum status kv_refusals(struct store *base, struct arena *arena, struct store_refusal **out,
                        size_t *count) {
    struct kv_store *store = kv_store_of(base);
    struct kv_rows rows = {.size = sizeof(struct store_refusal)};
    struct keys_key prefix;
    keys_begin_derived(&prefix, KEYS_REFUSAL, store->generation);
    enum status status = read_prefix(store, &prefix, take_refusal, arena, &rows);
    *out = (struct store_refusal *)(void *)rows.items;
    *count = rows.count;
    return status;
}

static enum status take_user(struct str rest, struct str value, struct arena *arena,
                             struct kv_rows *rows) {
    (void)value;
    struct str *row = kv_rows_add(rows, arena);
    struct str own = arena_copy(arena, rest);
    if (row == NULL || own.data == NULL) {
        return STATUS_NO_MEMORY;
    }
    *row = own;
    return STATUS_OK;
}

enum status kv_link_users(struct store *base, struct str project, struct str anonymous_id,
                          struct arena *arena, struct str **out, size_t *count) {
    struct kv_store *store = kv_store_of(base);
    struct kv_rows rows = {.size = sizeof(struct str)};
    struct keys_key prefix;
    keys_begin_derived(&prefix, KEYS_LINK, store->generation);
    keys_text(&prefix, project);
    keys_text(&prefix, anonymous_id);
    enum status status = read_prefix(store, &prefix, take_user, arena, &rows);
    *out = (struct str *)(void *)rows.items;
    *count = rows.count;
    return status;
}

// --- Holds ----------------------------------------------------------------------------------------------------------------

static void hold_key(struct keys_key *key, struct str project, struct str person) {
    keys_begin(key, KEYS_HOLD);
    keys_text(key, project);
    keys_tail(key, person);
}

enum status kv_hold_put(struct store *base, const struct store_hold *hold) {
    struct keys_key key;
    struct buffer value;
    hold_key(&key, hold->project, hold->person);
    buffer_init(&value, KV_STORE_VALUE_MAX);
    put_hold(&value, hold);
    enum status status = kv_admin_put_new(kv_store_of(base), &key, &value);
    buffer_free(&value);
    return status;
}

enum status kv_hold_delete(struct store *base, struct str project, struct str person) {
    struct keys_key key;
    hold_key(&key, project, person);
    return kv_admin_change(kv_store_of(base), &key, NULL, NULL, NULL);
}

enum status kv_holds(struct store *base, struct arena *arena, struct store_hold **out,
                     size_t *count) {
    struct kv_rows rows = {.size = sizeof(struct store_hold)};
    enum status status = kv_admin_read_all(kv_store_of(base), KEYS_HOLD, arena, &rows, get_hold);
    *out = (struct store_hold *)(void *)rows.items;
    *count = rows.count;
    return status;
}

// --- Reports and secrets ------------------------------------------------------------------------------------------------

static void report_key(struct keys_key *key, struct str project, int32_t day) {
    keys_begin(key, KEYS_REPORT);
    keys_text(key, project);
    keys_i32(key, day);
}

static enum status take_revision(struct str rest, struct str value, struct arena *arena,
                                 struct kv_rows *rows) {
    struct store_report *row = kv_rows_add(rows, arena);
    struct str own = arena_copy(arena, value);
    if (row == NULL || own.data == NULL) {
        return STATUS_NO_MEMORY;
    }
    bool whole =
        keys_read_u32_desc(&rest, &row->revision) && rest.len == 0 && values_get_report(own, row);
    return whole ? STATUS_OK : STATUS_CORRUPT;
}

enum status kv_report_revisions(struct store *base, struct str project, int32_t day,
                                struct arena *arena, struct store_report **out, size_t *count) {
    struct kv_rows rows = {.size = sizeof(struct store_report)};
    struct keys_key prefix;
    report_key(&prefix, project, day);
    enum status status = read_prefix(kv_store_of(base), &prefix, take_revision, arena, &rows);
    *out = (struct store_report *)(void *)rows.items;
    *count = rows.count;
    for (size_t i = 0; i < *count; i++) {
        (*out)[i].day = day;
    }
    return status;
}

static enum status decide_report(struct str old, struct buffer *value, void *context) {
    (void)old;
    values_put_report(value, context);
    return STATUS_OK;
}

enum status kv_report_rewrite(struct store *base, struct str project,
                              const struct store_report *report) {
    struct keys_key key;
    struct buffer value;
    struct store_report copy = *report;
    report_key(&key, project, report->day);
    keys_u32_desc(&key, report->revision);
    buffer_init(&value, KV_STORE_VALUE_MAX);
    enum status status = kv_admin_change(kv_store_of(base), &key, decide_report, &value, &copy);
    buffer_free(&value);
    return status;
}

enum status kv_secret(struct store *base, struct str name, uint8_t secret[STORE_SECRET_BYTES]) {
    struct kv_store *store = kv_store_of(base);
    struct keys_key key;
    struct buffer value;
    char bytes[STORE_SECRET_BYTES];
    keys_begin(&key, KEYS_SECRET);
    keys_tail(&key, name);
    buffer_init_fixed(&value, bytes, sizeof bytes);
    buffer_append(&value, (const char *)secret, STORE_SECRET_BYTES);
    enum status status = kv_admin_put_new(store, &key, &value);
    if (status != STATUS_EXISTS) {
        return status;
    }
    struct arena arena;
    struct str kept;
    arena_init(&arena, 256, 0);
    status = kv_store_get(store, STORE_REACH_ALL, KV_MAIN, &key, &arena, &kept);
    if (status == STATUS_OK && kept.len != STORE_SECRET_BYTES) {
        status = STATUS_CORRUPT;
    }
    if (status == STATUS_OK) {
        memcpy(secret, kept.data, STORE_SECRET_BYTES);
    }
    arena_free(&arena);
    return status;
}
