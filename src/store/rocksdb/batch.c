// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Batches in the form RocksDB writes them to its log, built without RocksDB and sorted by key.
//
// The form is that of db/write_batch.cc (WriteBatch::rep_): sequence (8 bytes), count (4 bytes, little-endian), then records of a tag,
// the family's id, and length-prefixed key and value. WriteBatch takes such bytes over whole. It needs no family handles, so
// the database may be reopened while a batch is being filled. And it may be sorted: a memtable is a skip list that begins its
// search where the last insert ended, so that neighbours cost a third of what keys in any order do.
#include <stdlib.h>

#include "base/bytes.h"
#include "store/rocksdb/rocks.h"

#define HEADER 12
#define BATCH_MAX ((size_t)512 << 20)
#define TABLES 64 // first bytes of keys (enum keys_table) are below

enum record_tag { RECORD_FAMILY_DELETION = 0x4, RECORD_FAMILY_VALUE = 0x5 };

struct record {
    uint64_t
        order; // the table, then what follows the prefix that all keys of the table in this batch share
    const char *key;
    uint32_t key_len;
    uint32_t offset, len; // in `records`
    uint32_t number;      // later ones win
};

struct place {
    uint32_t key, key_len, offset, len;
};

struct rocks_batch {
    struct kv_batch base;
    struct buffer records; // as they came
    struct buffer places;  // a struct place each
};

static struct rocks *rocks_of(struct kv *kv) {
    return (struct rocks *)kv;
}

enum status rocks_batch_make(struct kv *kv, struct kv_batch **out) {
    struct rocks_batch *batch = calloc(1, sizeof *batch);
    if (batch == NULL) {
        return STATUS_NO_MEMORY;
    }
    batch->base.kv = kv;
    buffer_init(&batch->records, BATCH_MAX);
    buffer_init(&batch->places, BATCH_MAX);
    *out = &batch->base;
    return STATUS_OK;
}

static enum status add(struct rocks_batch *batch, enum record_tag tag, enum kv_family family,
                       struct str key, const struct str *value) {
    struct place place = {.offset = (uint32_t)batch->records.len, .key_len = (uint32_t)key.len};
    bytes_put_u8(&batch->records, (uint8_t)tag);
    bytes_put_varint(&batch->records, rocks_of(batch->base.kv)->family_ids[family]);
    bytes_put_str(&batch->records, key);
    place.key = (uint32_t)(batch->records.len - key.len);
    if (value != NULL) {
        bytes_put_str(&batch->records, *value);
    }
    place.len = (uint32_t)batch->records.len - place.offset;
    buffer_append(&batch->places, &place, sizeof place);
    // A failure sticks to its buffer: a torn record is never written.
    enum status status = buffer_status(&batch->records);
    return status == STATUS_OK ? buffer_status(&batch->places) : status;
}

enum status rocks_batch_put(struct kv_batch *base, enum kv_family family, struct str key,
                            struct str value) {
    return add((struct rocks_batch *)base, RECORD_FAMILY_VALUE, family, key, &value);
}

enum status rocks_batch_delete(struct kv_batch *base, enum kv_family family, struct str key) {
    return add((struct rocks_batch *)base, RECORD_FAMILY_DELETION, family, key, NULL);
}

size_t rocks_batch_bytes(const struct kv_batch *base) {
    return ((const struct rocks_batch *)base)->records.len;
}

void rocks_batch_free(struct kv_batch *base) {
    struct rocks_batch *batch = (struct rocks_batch *)base;
    buffer_free(&batch->records);
    buffer_free(&batch->places);
    free(batch);
}

static unsigned table_of(const struct record *record) {
    return record->key_len == 0 ? 0 : (uint8_t)record->key[0] % TABLES;
}

static uint32_t shared_bytes(const struct record *a, const struct record *b, uint32_t max) {
    max = a->key_len < max ? a->key_len : max;
    max = b->key_len < max ? b->key_len : max;
    uint32_t n = 0;
    while (n < max && a->key[n] == b->key[n]) {
        n++;
    }
    return n;
}

// Seven bytes behind the shared prefix, below the table. Shorter keys are filled with zeros.
static uint64_t order_of(const struct record *record, uint32_t prefix) {
    uint64_t order = table_of(record);
    for (uint32_t i = 0; i < 7; i++) {
        uint32_t at = prefix + i;
        order = order << 8 | (at < record->key_len ? (uint8_t)record->key[at] : 0);
    }
    return order;
}

static void set_orders(struct record *records, size_t count) {
    const struct record *first[TABLES] = {NULL};
    uint32_t prefix[TABLES];
    for (size_t i = 0; i < count; i++) {
        unsigned table = table_of(&records[i]);
        if (first[table] == NULL) {
            first[table] = &records[i];
            prefix[table] = records[i].key_len;
        }
        prefix[table] = shared_bytes(first[table], &records[i], prefix[table]);
    }
    for (size_t i = 0; i < count; i++) {
        records[i].order = order_of(&records[i], prefix[table_of(&records[i])]);
    }
}

static int compare_records(const void *a_memory, const void *b_memory) {
    const struct record *a = a_memory;
    const struct record *b = b_memory;
    if (a->order != b->order) {
        return a->order < b->order ? -1 : 1;
    }
    int order = str_compare(str_make(a->key, a->key_len), str_make(b->key, b->key_len));
    if (order != 0) {
        return order;
    }
    return a->number < b->number ? -1 : a->number > b->number;
}

static struct record *sort_records(const struct rocks_batch *batch, size_t count) {
    struct record *records = malloc((count + 1) * sizeof *records);
    if (records == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        struct place place;
        memcpy(&place, batch->places.data + i * sizeof place, sizeof place);
        records[i] = (struct record){.key = batch->records.data + place.key,
                                     .key_len = place.key_len,
                                     .offset = place.offset,
                                     .len = place.len,
                                     .number = (uint32_t)i};
    }
    set_orders(records, count);
    qsort(records, count, sizeof *records, compare_records);
    return records;
}

// The bytes RocksDB takes over; freed by the caller.
static enum status assemble(const struct rocks_batch *batch, char **out, size_t *len) {
    size_t count = batch->places.len / sizeof(struct place);
    char *rep = malloc(HEADER + batch->records.len);
    struct record *records = sort_records(batch, count);
    if (rep == NULL || records == NULL) {
        free(rep);
        free(records);
        return STATUS_NO_MEMORY;
    }
    memset(rep, 0, HEADER);
    for (unsigned i = 0; i < 4; i++) {
        rep[8 + i] = (char)(uint8_t)(count >> (8 * i));
    }
    size_t at = HEADER;
    for (size_t i = 0; i < count; i++) {
        memcpy(rep + at, batch->records.data + records[i].offset, records[i].len);
        at += records[i].len;
    }
    free(records);
    *out = rep;
    *len = at;
    return STATUS_OK;
}

// Takes the bytes over.
static enum status write_bytes(struct rocks *rocks, char *rep, size_t len) {
    enum status status = rocks_recover(rocks);
    if (status == STATUS_OK) {
        status = rocks_enter(rocks);
    }
    if (status != STATUS_OK) {
        free(rep);
        return status;
    }
    rocksdb_writebatch_t *writes = rocksdb_writebatch_create_from(rep, len);
    free(rep);
    char *message = NULL;
    rocksdb_write(rocks->db, rocks->write, writes, &message);
    rocksdb_writebatch_destroy(writes);
    rocks_leave(rocks);
    return message == NULL ? STATUS_OK : rocks_write_failed(rocks, message);
}

enum status rocks_write(struct kv *kv, struct kv_batch *base) {
    struct rocks_batch *batch = (struct rocks_batch *)base;
    enum status status = buffer_status(&batch->records);
    status = status == STATUS_OK ? buffer_status(&batch->places) : status;
    char *rep = NULL;
    size_t len = 0;
    if (status == STATUS_OK) {
        status = assemble(batch, &rep, &len);
    }
    if (status != STATUS_OK) {
        return status;
    }
    // A large batch must not be in memory three times while RocksDB works on it.
    buffer_free(&batch->records);
    buffer_free(&batch->places);
    return write_bytes(rocks_of(kv), rep, len);
}
