// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Reading batches in order: an iterator that is kept from poll to poll, but not for long, since it holds on to old files.
#include <stdio.h>
#include <stdlib.h>

#include "eventlog/rocksdb_store.h"

#define ITERATOR_AGE_US (2LL * 1000 * 1000)

struct rocksdb_cursor {
    struct batch_cursor cursor; // first member
    struct rocksdb_cursor *next;
    struct rocksdb_cursor *previous;
    rocksdb_readoptions_t *options;
    rocksdb_iterator_t *iterator; // NULL: resting
    int64_t opened_at;
    char lower[2]; // keys of this partition: lower <= key < upper; RocksDB keeps pointers to them
    char upper[2];
};

static struct rocksdb_cursor *cursor_of(struct batch_cursor *cursor) {
    return CONTAINER_OF(cursor, struct rocksdb_cursor, cursor);
}

struct batch_cursor *rocksdb_cursor_open(struct batch_store *base, unsigned partition) {
    struct rocksdb_store *store = rocksdb_store_of(base);
    struct rocksdb_cursor *cursor = calloc(1, sizeof *cursor);
    if (cursor == NULL) {
        return NULL;
    }
    cursor->cursor.store = base;
    cursor->cursor.partition = partition;
    for (unsigned i = 0; i < 2; i++) {
        cursor->lower[i] = (char)(unsigned char)(partition >> (8 - 8 * i));
        cursor->upper[i] = (char)(unsigned char)((partition + 1) >> (8 - 8 * i));
    }
    cursor->options = rocksdb_readoptions_create();
    rocksdb_readoptions_set_iterate_lower_bound(cursor->options, cursor->lower, 2);
    rocksdb_readoptions_set_iterate_upper_bound(cursor->options, cursor->upper, 2);
    rocksdb_readoptions_set_fill_cache(cursor->options, 0); // read once, in passing
    pthread_mutex_lock(&store->cursors_mutex);
    cursor->next = store->cursors;
    if (cursor->next != NULL) {
        cursor->next->previous = cursor;
    }
    store->cursors = cursor;
    pthread_mutex_unlock(&store->cursors_mutex);
    return &cursor->cursor;
}

static void drop_iterator(struct rocksdb_cursor *cursor) {
    if (cursor->iterator != NULL) {
        rocksdb_iter_destroy(cursor->iterator);
        cursor->iterator = NULL;
    }
}

void rocksdb_cursor_rest(struct batch_cursor *base) {
    struct rocksdb_store *store = rocksdb_store_of(base->store);
    pthread_rwlock_rdlock(&store->lock);
    drop_iterator(cursor_of(base));
    pthread_rwlock_unlock(&store->lock);
}

void rocksdb_cursor_rest_all(struct rocksdb_store *store) {
    pthread_mutex_lock(&store->cursors_mutex);
    for (struct rocksdb_cursor *cursor = store->cursors; cursor != NULL; cursor = cursor->next) {
        drop_iterator(cursor);
    }
    pthread_mutex_unlock(&store->cursors_mutex);
}

void rocksdb_cursor_close(struct batch_cursor *base) {
    struct rocksdb_store *store = rocksdb_store_of(base->store);
    struct rocksdb_cursor *cursor = cursor_of(base);
    rocksdb_cursor_rest(base);
    pthread_mutex_lock(&store->cursors_mutex);
    if (cursor->previous != NULL) {
        cursor->previous->next = cursor->next;
    } else {
        store->cursors = cursor->next;
    }
    if (cursor->next != NULL) {
        cursor->next->previous = cursor->previous;
    }
    pthread_mutex_unlock(&store->cursors_mutex);
    rocksdb_readoptions_destroy(cursor->options);
    free(cursor);
}

// At the batch with the greatest base not above offset. A fresh iterator sees all that is durable.
static void seek(struct rocksdb_store *store, struct rocksdb_cursor *cursor, int64_t offset) {
    unsigned partition = cursor->cursor.partition;
    drop_iterator(cursor);
    cursor->iterator = rocksdb_create_iterator_cf(store->db, cursor->options,
                                                  rocksdb_store_family(store, partition));
    cursor->opened_at = store->clock->mono_us(store->clock);
    char key[ROCKSDB_BATCH_KEY_LEN];
    rocksdb_store_batch_key(partition, offset, key);
    rocksdb_iter_seek_for_prev(cursor->iterator, key, sizeof key);
}

// Whether the kept iterator only has to move on by one.
static bool step(struct rocksdb_store *store, struct rocksdb_cursor *cursor, int64_t offset) {
    if (cursor->iterator == NULL || cursor->cursor.next != offset ||
        store->clock->mono_us(store->clock) - cursor->opened_at > ITERATOR_AGE_US) {
        return false;
    }
    if (rocksdb_iter_valid(cursor->iterator)) {
        rocksdb_iter_next(cursor->iterator);
    }
    return rocksdb_iter_valid(cursor->iterator) != 0;
}

enum status rocksdb_cursor_read(struct batch_cursor *base, int64_t offset, struct str *encoded,
                                struct error *err) {
    struct rocksdb_store *store = rocksdb_store_of(base->store);
    struct rocksdb_cursor *cursor = cursor_of(base);
    if (!step(store, cursor, offset)) {
        seek(store, cursor, offset);
    }
    base->next = -1; // until the reader accepts the batch
    if (!rocksdb_iter_valid(cursor->iterator)) {
        char *text = NULL;
        rocksdb_iter_get_error(cursor->iterator, &text);
        drop_iterator(cursor);
        if (text == NULL) {
            return STATUS_END;
        }
        char what[96];
        snprintf(what, sizeof what, "reading partition %u at offset %lld of", base->partition,
                 (long long)offset);
        return rocksdb_store_error(err, store, what, text);
    }
    size_t len = 0;
    const char *value = rocksdb_iter_value(cursor->iterator, &len);
    *encoded = str_make(value, len);
    return STATUS_OK;
}
