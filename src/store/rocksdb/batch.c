// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Batches in the form RocksDB writes them to its log, built without RocksDB.
//
// The form is that of db/write_batch.cc (WriteBatch::rep_): sequence (8 bytes), count (4 bytes, little-endian), then records of a tag,
// the family's id, and length-prefixed key and value. WriteBatch takes such bytes over whole. Building them here saves three calls
// and a few checks a row; and it needs no family handles, so that the database may be reopened while a batch is being filled.
#include <stdlib.h>

#include "base/bytes.h"
#include "store/rocksdb/rocks.h"

#define HEADER 12
#define BATCH_MAX ((size_t)512 << 20)

enum record_tag { RECORD_FAMILY_DELETION = 0x4, RECORD_FAMILY_VALUE = 0x5 };

struct rocks_batch {
    struct kv_batch base;
    struct buffer rep;
    uint32_t count;
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
    buffer_init(&batch->rep, BATCH_MAX);
    char header[HEADER] = {0};
    buffer_append(&batch->rep, header, sizeof header);
    enum status status = buffer_status(&batch->rep);
    if (status != STATUS_OK) {
        rocks_batch_free(&batch->base);
        return status;
    }
    *out = &batch->base;
    return STATUS_OK;
}

enum status rocks_batch_put(struct kv_batch *base, enum kv_family family, struct str key,
                            struct str value) {
    struct rocks_batch *batch = (struct rocks_batch *)base;
    bytes_put_u8(&batch->rep, RECORD_FAMILY_VALUE);
    bytes_put_varint(&batch->rep, rocks_of(base->kv)->family_ids[family]);
    bytes_put_str(&batch->rep, key);
    bytes_put_str(&batch->rep, value);
    batch->count++;
    return buffer_status(
        &batch->rep); // a failure sticks to the buffer: a torn record is never written
}

enum status rocks_batch_delete(struct kv_batch *base, enum kv_family family, struct str key) {
    struct rocks_batch *batch = (struct rocks_batch *)base;
    bytes_put_u8(&batch->rep, RECORD_FAMILY_DELETION);
    bytes_put_varint(&batch->rep, rocks_of(base->kv)->family_ids[family]);
    bytes_put_str(&batch->rep, key);
    batch->count++;
    return buffer_status(&batch->rep);
}

size_t rocks_batch_bytes(const struct kv_batch *base) {
    return ((const struct rocks_batch *)base)->rep.len;
}

void rocks_batch_free(struct kv_batch *base) {
    struct rocks_batch *batch = (struct rocks_batch *)base;
    buffer_free(&batch->rep);
    free(batch);
}

static void set_count(struct rocks_batch *batch) {
    for (unsigned i = 0; i < 4; i++) {
        batch->rep.data[8 + i] = (char)(uint8_t)(batch->count >> (8 * i));
    }
}

enum status rocks_write(struct kv *kv, struct kv_batch *base) {
    struct rocks *rocks = rocks_of(kv);
    struct rocks_batch *batch = (struct rocks_batch *)base;
    enum status status = buffer_status(&batch->rep);
    if (status == STATUS_OK) {
        status = rocks_recover(rocks);
    }
    if (status == STATUS_OK) {
        status = rocks_enter(rocks);
    }
    if (status != STATUS_OK) {
        return status;
    }
    set_count(batch);
    rocksdb_writebatch_t *writes = rocksdb_writebatch_create_from(batch->rep.data, batch->rep.len);
    char *message = NULL;
    rocksdb_write(rocks->db, rocks->write, writes, &message);
    rocksdb_writebatch_destroy(writes);
    rocks_leave(rocks);
    return message == NULL ? STATUS_OK : rocks_write_failed(rocks, message);
}
