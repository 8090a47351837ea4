// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The small rows of the RocksDB store, and finding everything again when a log is opened.
#include "base/bytes.h"
#include "base/check.h"
#include "eventlog/rocksdb_store.h"

#define KEY_MAX 128
#define ROW_BEGIN 'B'
#define ROW_SEGMENT 'S'
#define ROW_PLACE 'C'

// Small rows have keys and values with a known most, so both are made on the stack.
struct row {
    unsigned char bytes[KEY_MAX];
    size_t len;
};

static void row_put(struct row *row, uint64_t value, size_t width) {
    CHECK(row->len + width <= sizeof row->bytes);
    for (size_t i = 0; i < width; i++) {
        row->bytes[row->len++] = (unsigned char)(value >> (8 * (width - 1 - i)));
    }
}

static struct row row_key(char kind, unsigned partition) {
    struct row row = {.bytes = {(unsigned char)kind}, .len = 1};
    row_put(&row, partition, 2);
    return row;
}

static void put(struct rocksdb_store *store, const struct row *key, const struct row *value) {
    rocksdb_writebatch_put_cf(store->transaction, store->small, (const char *)key->bytes, key->len,
                              (const char *)value->bytes, value->len);
}

enum status rocksdb_store_setting(struct rocksdb_store *store, char name, uint64_t *value,
                                  struct error *err) {
    char *text = NULL;
    size_t len = 0;
    rocksdb_readoptions_t *read = rocksdb_readoptions_create();
    char *found = rocksdb_get(store->db, read, &name, 1, &len, &text);
    rocksdb_readoptions_destroy(read);
    if (text != NULL) {
        return rocksdb_store_error(err, store, "reading the settings of", text);
    }
    if (found == NULL) {
        return STATUS_NOT_FOUND;
    }
    struct str in = str_make(found, len);
    enum status status = STATUS_OK;
    if (!bytes_get_be64(&in, value)) {
        status = error_set(err, STATUS_CORRUPT, "setting %c of the event log in %s is damaged",
                           name, store->directory);
    }
    rocksdb_free(found);
    return status;
}

void rocksdb_store_put_setting(struct rocksdb_store *store, char name, uint64_t value) {
    struct row key = {.bytes = {(unsigned char)name}, .len = 1};
    struct row row = {.len = 0};
    row_put(&row, value, 8);
    put(store, &key, &row);
}

void rocksdb_store_put_segment(struct batch_store *base, unsigned partition,
                               const struct segment *segment) {
    struct row key = row_key(ROW_SEGMENT, partition);
    row_put(&key, (uint64_t)segment->base, 8);
    struct row value = {.len = 0};
    row_put(&value, (uint64_t)segment->end, 8);
    row_put(&value, segment->bytes, 8);
    row_put(&value, (uint64_t)segment->oldest, 8);
    row_put(&value, (uint64_t)segment->newest, 8);
    put(rocksdb_store_of(base), &key, &value);
}

void rocksdb_store_put_begin(struct batch_store *base, unsigned partition, int64_t begin) {
    struct row key = row_key(ROW_BEGIN, partition);
    struct row value = {.len = 0};
    row_put(&value, (uint64_t)begin, 8);
    put(rocksdb_store_of(base), &key, &value);
}

void rocksdb_store_drop_segment(struct batch_store *base, unsigned partition,
                                int64_t segment_base) {
    struct rocksdb_store *store = rocksdb_store_of(base);
    struct row key = row_key(ROW_SEGMENT, partition);
    row_put(&key, (uint64_t)segment_base, 8);
    rocksdb_writebatch_delete_cf(store->transaction, store->small, (const char *)key.bytes,
                                 key.len);
}

enum status rocksdb_store_put_committed(struct batch_store *base, unsigned partition,
                                        struct str group, int64_t offset) {
    struct rocksdb_store *store = rocksdb_store_of(base);
    struct row key = row_key(ROW_PLACE, partition);
    CHECK(key.len + group.len <= sizeof key.bytes);
    memcpy(key.bytes + key.len, group.data, group.len);
    key.len += group.len;
    struct row value = {.len = 0};
    row_put(&value, (uint64_t)offset, 8);
    char *text = NULL;
    pthread_rwlock_rdlock(&store->lock);
    bool open = store->db != NULL;
    if (open) {
        rocksdb_put_cf(store->db, store->unsynced, store->small, (const char *)key.bytes, key.len,
                       (const char *)value.bytes, value.len, &text);
    }
    pthread_rwlock_unlock(&store->lock);
    if (text != NULL) {
        rocksdb_free(text);
        return STATUS_IO;
    }
    return open ? STATUS_OK : STATUS_UNAVAILABLE;
}

// --- Loading ------------------------------------------------------------------------------------------------------

static enum status damaged_row(const struct rocksdb_store *store, struct error *err) {
    return error_set(err, STATUS_CORRUPT, "the event log in %s has a damaged row",
                     store->directory);
}

static enum status load_row(const struct rocksdb_store *store,
                            const struct batch_store_loader *loader, struct str key,
                            struct str value, struct error *err) {
    uint8_t kind = 0;
    uint16_t partition = 0;
    uint64_t base = 0;
    uint64_t fields[4] = {0};
    size_t count = value.len / 8;
    if (key.len == 1) { // a setting
        return STATUS_OK;
    }
    if (!bytes_get_u8(&key, &kind) || !bytes_get_be16(&key, &partition) || count > 4) {
        return damaged_row(store, err);
    }
    for (size_t i = 0; i < count; i++) {
        if (!bytes_get_be64(&value, &fields[i])) {
            return damaged_row(store, err);
        }
    }
    if (kind == ROW_BEGIN && count == 1) {
        return loader->begin(loader->context, partition, (int64_t)fields[0]);
    }
    if (kind == ROW_PLACE && count == 1) {
        return loader->committed(loader->context, partition, key, (int64_t)fields[0]);
    }
    if (kind == ROW_SEGMENT && count == 4 && bytes_get_be64(&key, &base)) {
        const struct segment segment = {.base = (int64_t)base,
                                        .end = (int64_t)fields[0],
                                        .bytes = fields[1],
                                        .oldest = (int64_t)fields[2],
                                        .newest = (int64_t)fields[3]};
        return loader->segment(loader->context, partition, &segment);
    }
    return damaged_row(store, err);
}

static enum status load_rows(struct rocksdb_store *store, const struct batch_store_loader *loader,
                             rocksdb_iterator_t *rows, struct error *err) {
    enum status status = STATUS_OK;
    rocksdb_iter_seek_to_first(rows);
    while (status == STATUS_OK && rocksdb_iter_valid(rows)) {
        size_t key_len = 0;
        size_t value_len = 0;
        const char *key = rocksdb_iter_key(rows, &key_len);
        const char *value = rocksdb_iter_value(rows, &value_len);
        status = load_row(store, loader, str_make(key, key_len), str_make(value, value_len), err);
        rocksdb_iter_next(rows);
    }
    char *text = NULL;
    rocksdb_iter_get_error(rows, &text);
    if (text != NULL) {
        return rocksdb_store_error(err, store, "reading", text);
    }
    return status;
}

static enum status load_last(struct rocksdb_store *store, const struct batch_store_loader *loader,
                             unsigned partition, rocksdb_iterator_t *batches, struct error *err) {
    char key[ROCKSDB_BATCH_KEY_LEN];
    rocksdb_store_batch_key(partition, INT64_MAX, key);
    rocksdb_iter_seek_for_prev(batches, key, sizeof key);
    char *text = NULL;
    rocksdb_iter_get_error(batches, &text);
    if (text != NULL) {
        return rocksdb_store_error(err, store, "reading the last batches of", text);
    }
    if (!rocksdb_iter_valid(batches)) {
        return STATUS_OK;
    }
    size_t found_len = 0;
    const char *found = rocksdb_iter_key(batches, &found_len);
    if (found_len != sizeof key || memcmp(found, key, 2) != 0) {
        return STATUS_OK; // another partition of the same family
    }
    size_t len = 0;
    const char *value = rocksdb_iter_value(batches, &len);
    return loader->last(loader->context, partition, str_make(value, len));
}

enum status rocksdb_store_load(struct batch_store *base, const struct batch_store_loader *loader,
                               struct error *err) {
    struct rocksdb_store *store = rocksdb_store_of(base);
    rocksdb_readoptions_t *read = rocksdb_readoptions_create();
    rocksdb_iterator_t *rows = rocksdb_create_iterator_cf(store->db, read, store->small);
    enum status status = load_rows(store, loader, rows, err);
    rocksdb_iter_destroy(rows);
    for (unsigned family = 0; family < store->families && status == STATUS_OK; family++) {
        rocksdb_iterator_t *batches =
            rocksdb_create_iterator_cf(store->db, read, store->batches[family]);
        for (unsigned i = family; i < store->partitions && status == STATUS_OK;
             i += store->families) {
            status = load_last(store, loader, i, batches, err);
        }
        rocksdb_iter_destroy(batches);
    }
    rocksdb_readoptions_destroy(read);
    return status;
}
