// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Batches, kept as they come and given to RocksDB sorted by key.
//
//   batch ─ places, one a write ─→ key and value in chunks ─── write: sorted, into a WriteBatch
//
// A memtable is a skip list that begins its search where the last insert of the same table ended, so that neighbours cost a third of
// what keys in any order do. Families are named by number until the write, so the database may be reopened while a batch is filled.
//
// What a write leaves behind is used by the next, chunks by any batch: a cycle of the processor takes megabytes, and would take as
// many page faults each time anew.
#include <stdlib.h>

#include "store/rocksdb/rocks.h"
#include "store/rocksdb/sort.h"

#define PLACES_MAX ((size_t)512 << 20)
#define CHUNK_BYTES ((size_t)256 << 10)
#define CHUNKS_KEPT 24
#define WRITER_KEPT_BYTES                                                                          \
    ((size_t)4 << 20) // of keys and values in the last write of one that is kept

struct rocks_chunk {
    struct rocks_chunk *next;
    size_t size, used;
    char data[];
};

// What is needed only while a batch is written.
struct rocks_writer {
    rocksdb_writebatch_t *writes;
    struct buffer orders;
};

struct place {
    const char *key; // the value follows
    uint32_t key_len, value_len;
    uint16_t family;
    bool deletes;
};

struct rocks_batch {
    struct kv_batch base;
    struct buffer places;       // a struct place each
    struct rocks_chunk *chunks; // the newest first
    size_t bytes;               // of keys and values
    enum status failed;
};

static struct rocks *rocks_of(struct kv *kv) {
    return (struct rocks *)kv;
}

// --- Memory -----------------------------------------------------------------------------------------------------------

static struct rocks_chunk *chunk_take(struct rocks *rocks, size_t size) {
    struct rocks_chunk *chunk = NULL;
    if (size <= CHUNK_BYTES) {
        size = CHUNK_BYTES;
        pthread_mutex_lock(&rocks->kept_lock);
        chunk = rocks->chunks;
        if (chunk != NULL) {
            rocks->chunks = chunk->next;
            rocks->chunk_count--;
        }
        pthread_mutex_unlock(&rocks->kept_lock);
    }
    if (chunk == NULL) {
        chunk = malloc(sizeof *chunk + size);
    }
    if (chunk != NULL) {
        chunk->size = size;
        chunk->used = 0;
    }
    return chunk;
}

static void chunk_give_back(struct rocks *rocks, struct rocks_chunk *chunk) {
    if (chunk->size == CHUNK_BYTES) {
        pthread_mutex_lock(&rocks->kept_lock);
        if (rocks->chunk_count < CHUNKS_KEPT) {
            chunk->next = rocks->chunks;
            rocks->chunks = chunk;
            rocks->chunk_count++;
            chunk = NULL;
        }
        pthread_mutex_unlock(&rocks->kept_lock);
    }
    free(chunk);
}

static void writer_free(struct rocks_writer *writer) {
    if (writer != NULL) {
        rocksdb_writebatch_destroy(writer->writes);
        buffer_free(&writer->orders);
        free(writer);
    }
}

static struct rocks_writer *writer_take(struct rocks *rocks) {
    pthread_mutex_lock(&rocks->kept_lock);
    struct rocks_writer *writer = rocks->writer;
    rocks->writer = NULL;
    pthread_mutex_unlock(&rocks->kept_lock);
    if (writer != NULL) {
        return writer;
    }
    writer = calloc(1, sizeof *writer);
    if (writer != NULL) {
        writer->writes = rocksdb_writebatch_create();
        buffer_init(&writer->orders, PLACES_MAX);
    }
    return writer;
}

static void writer_give_back(struct rocks *rocks, struct rocks_writer *writer, size_t bytes) {
    if (bytes <= WRITER_KEPT_BYTES) {
        pthread_mutex_lock(&rocks->kept_lock);
        if (rocks->writer == NULL) {
            rocks->writer = writer;
            writer = NULL;
        }
        pthread_mutex_unlock(&rocks->kept_lock);
    }
    writer_free(writer);
}

void rocks_batch_free_kept(struct rocks *rocks) {
    writer_free(rocks->writer);
    rocks->writer = NULL;
    for (struct rocks_chunk *chunk = rocks->chunks, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    rocks->chunks = NULL;
}

// --- Filling ----------------------------------------------------------------------------------------------------------

enum status rocks_batch_make(struct kv *kv, struct kv_batch **out) {
    struct rocks_batch *batch = calloc(1, sizeof *batch);
    if (batch == NULL) {
        return STATUS_NO_MEMORY;
    }
    batch->base.kv = kv;
    buffer_init(&batch->places, PLACES_MAX);
    *out = &batch->base;
    return STATUS_OK;
}

void rocks_batch_free(struct kv_batch *base) {
    struct rocks_batch *batch = (struct rocks_batch *)base;
    for (struct rocks_chunk *chunk = batch->chunks, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        chunk_give_back(rocks_of(base->kv), chunk);
    }
    buffer_free(&batch->places);
    free(batch);
}

// NULL: no memory. A value too large for a chunk has one of its own, behind which the one before goes on being filled.
static char *room(struct rocks_batch *batch, size_t len) {
    struct rocks_chunk *chunk = batch->chunks;
    if (chunk == NULL || len > chunk->size - chunk->used) {
        chunk = chunk_take(rocks_of(batch->base.kv), len);
        if (chunk == NULL) {
            return NULL;
        }
        bool own = chunk->size > CHUNK_BYTES && batch->chunks != NULL;
        struct rocks_chunk **at = own ? &batch->chunks->next : &batch->chunks;
        chunk->next = *at;
        *at = chunk;
    }
    char *place = chunk->data + chunk->used;
    chunk->used += len;
    batch->bytes += len;
    return place;
}

static enum status add(struct rocks_batch *batch, enum kv_family family, bool deletes,
                       struct str key, struct str value) {
    if (key.len > UINT32_MAX || value.len > UINT32_MAX) {
        batch->failed = STATUS_TOO_LARGE;
    }
    char *to = batch->failed == STATUS_OK ? room(batch, key.len + value.len) : NULL;
    if (to == NULL) {
        // A failure sticks: what is not whole is never written.
        batch->failed = batch->failed == STATUS_OK ? STATUS_NO_MEMORY : batch->failed;
        return batch->failed;
    }
    struct place place = {.key = to,
                          .key_len = (uint32_t)key.len,
                          .value_len = (uint32_t)value.len,
                          .family = (uint16_t)family,
                          .deletes = deletes};
    memcpy(to, key.data, key.len);
    if (value.len > 0) {
        memcpy(to + key.len, value.data, value.len);
    }
    buffer_append(&batch->places, &place, sizeof place);
    batch->failed = buffer_status(&batch->places);
    return batch->failed;
}

enum status rocks_batch_put(struct kv_batch *base, enum kv_family family, struct str key,
                            struct str value) {
    return add((struct rocks_batch *)base, family, false, key, value);
}

enum status rocks_batch_delete(struct kv_batch *base, enum kv_family family, struct str key) {
    return add((struct rocks_batch *)base, family, true, key, STR_EMPTY);
}

size_t rocks_batch_bytes(const struct kv_batch *base) {
    return ((const struct rocks_batch *)base)->bytes;
}

// --- Writing ----------------------------------------------------------------------------------------------------------

static const struct place *places_of(const struct rocks_batch *batch) {
    return (const struct place *)(const void *)batch->places.data;
}

static struct str key_of(const void *context, uint32_t number) {
    const struct place *place = places_of(context) + number;
    return str_make(place->key, place->key_len);
}

// Inside the lock.
static void assemble(const struct rocks *rocks, const struct rocks_batch *batch,
                     const struct sort_item *sorted, size_t count, rocksdb_writebatch_t *writes) {
    rocksdb_writebatch_clear(writes);
    for (size_t i = 0; i < count; i++) {
        const struct place *place = places_of(batch) + sorted[i].number;
        rocksdb_column_family_handle_t *family = rocks->families[place->family];
        if (place->deletes) {
            rocksdb_writebatch_delete_cf(writes, family, place->key, place->key_len);
        } else {
            rocksdb_writebatch_put_cf(writes, family, place->key, place->key_len,
                                      place->key + place->key_len, place->value_len);
        }
    }
}

static enum status write_sorted(struct rocks *rocks, const struct rocks_batch *batch,
                                const struct sort_item *sorted, size_t count,
                                rocksdb_writebatch_t *writes) {
    enum status status = rocks_recover(rocks);
    if (status == STATUS_OK) {
        status = rocks_enter(rocks);
    }
    if (status != STATUS_OK) {
        return status;
    }
    char *message = NULL;
    assemble(rocks, batch, sorted, count, writes);
    rocksdb_write(rocks->db, rocks->write, writes, &message);
    rocks_leave(rocks);
    return message == NULL ? STATUS_OK : rocks_write_failed(rocks, message);
}

enum status rocks_write(struct kv *kv, struct kv_batch *base) {
    struct rocks *rocks = rocks_of(kv);
    const struct rocks_batch *batch = (const struct rocks_batch *)base;
    size_t count = batch->places.len / sizeof(struct place);
    if (batch->failed != STATUS_OK) {
        return batch->failed;
    }
    struct rocks_writer *writer = writer_take(rocks);
    if (writer == NULL) {
        return STATUS_NO_MEMORY;
    }
    struct sort_item *sorted = NULL;
    enum status status = sort_keys(&writer->orders, count, key_of, batch, &sorted);
    if (status == STATUS_OK) {
        status = write_sorted(rocks, batch, sorted, count, writer->writes);
    }
    writer_give_back(rocks, writer, batch->bytes);
    return status;
}
