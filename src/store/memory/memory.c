// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The in-memory twin: a skip list for each family, under one lock. For tests and for the simulation.
#include <pthread.h>
#include <stdlib.h>

#include "base/check.h"
#include "store/kv/kv_store.h"
#include "store/memory/skiplist.h"

struct memory {
    struct kv kv;
    pthread_rwlock_t lock; // read: gets and open scans; write: a batch
    struct skiplist families[KV_FAMILIES];
};

struct memory_operation {
    struct memory_operation *next;
    enum kv_family family;
    struct skiplist_node *node; // a put
    struct str key;             // a delete, when node is NULL
};

struct memory_batch {
    struct kv_batch base;
    struct memory_operation *first, **last;
    struct arena arena;
    size_t bytes;
};

struct kv_scan {
    struct memory *memory;
    const struct skiplist *list;
    const struct skiplist_node *at;
    struct str upper;
};

static struct memory *memory_of(struct kv *kv) {
    return (struct memory *)kv;
}

static enum status memory_multi_get(struct kv *kv, enum kv_family family, const struct str *keys,
                                    size_t count, struct arena *arena, struct str *values) {
    struct memory *memory = memory_of(kv);
    enum status status = STATUS_OK;
    pthread_rwlock_rdlock(&memory->lock);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        const struct skiplist_node *node = skiplist_seek(&memory->families[family], keys[i]);
        values[i] = STR_EMPTY;
        if (node != NULL && str_equal(node->key, keys[i])) {
            values[i] = arena_copy(arena, node->value);
            status = values[i].data == NULL ? STATUS_NO_MEMORY : STATUS_OK;
        }
    }
    pthread_rwlock_unlock(&memory->lock);
    return status;
}

static enum status memory_get(struct kv *kv, enum kv_family family, struct str key,
                              struct arena *arena, struct str *value) {
    enum status status = memory_multi_get(kv, family, &key, 1, arena, value);
    return status == STATUS_OK && value->data == NULL ? STATUS_NOT_FOUND : status;
}

static void memory_scan_seek(struct kv_scan *scan, struct str key) {
    scan->at = skiplist_seek(scan->list, key);
}

static enum status memory_scan_open(struct kv *kv, enum kv_family family, struct str lower,
                                    struct str upper, struct kv_scan **out) {
    struct memory *memory = memory_of(kv);
    struct kv_scan *scan = malloc(sizeof *scan);
    if (scan == NULL) {
        return STATUS_NO_MEMORY;
    }
    pthread_rwlock_rdlock(&memory->lock);
    *scan = (struct kv_scan){memory, &memory->families[family], NULL, upper};
    memory_scan_seek(scan, lower);
    *out = scan;
    return STATUS_OK;
}

static bool memory_scan_entry(struct kv_scan *scan, struct str *key, struct str *value) {
    if (scan->at == NULL || str_compare(scan->at->key, scan->upper) >= 0) {
        return false;
    }
    *key = scan->at->key;
    *value = scan->at->value;
    return true;
}

static void memory_scan_next(struct kv_scan *scan) {
    scan->at = scan->at->next[0];
}

static enum status memory_scan_close(struct kv_scan *scan) {
    pthread_rwlock_unlock(&scan->memory->lock);
    free(scan);
    return STATUS_OK;
}

static enum status memory_batch_make(struct kv *kv, struct kv_batch **out) {
    struct memory_batch *batch = calloc(1, sizeof *batch);
    if (batch == NULL) {
        return STATUS_NO_MEMORY;
    }
    batch->base.kv = kv;
    batch->last = &batch->first;
    arena_init(&batch->arena, 4096, 0);
    *out = &batch->base;
    return STATUS_OK;
}

static struct memory_operation *add_operation(struct memory_batch *batch, enum kv_family family) {
    struct memory_operation *operation = arena_alloc_zero(&batch->arena, sizeof *operation);
    if (operation != NULL) {
        operation->family = family;
        *batch->last = operation;
        batch->last = &operation->next;
    }
    return operation;
}

static enum status memory_batch_put(struct kv_batch *base, enum kv_family family, struct str key,
                                    struct str value) {
    struct memory_batch *batch = (struct memory_batch *)base;
    struct skiplist_node *node = skiplist_node_make(key, value);
    if (node == NULL) {
        return STATUS_NO_MEMORY;
    }
    struct memory_operation *operation = add_operation(batch, family);
    if (operation == NULL) {
        skiplist_node_free(node);
        return STATUS_NO_MEMORY;
    }
    operation->node = node;
    batch->bytes += key.len + value.len;
    return STATUS_OK;
}

static enum status memory_batch_delete(struct kv_batch *base, enum kv_family family,
                                       struct str key) {
    struct memory_batch *batch = (struct memory_batch *)base;
    struct str own = arena_copy(&batch->arena, key);
    struct memory_operation *operation = own.data == NULL ? NULL : add_operation(batch, family);
    if (operation == NULL) {
        return STATUS_NO_MEMORY;
    }
    operation->key = own;
    batch->bytes += key.len;
    return STATUS_OK;
}

static size_t memory_batch_bytes(const struct kv_batch *base) {
    return ((const struct memory_batch *)base)->bytes;
}

static void memory_batch_free(struct kv_batch *base) {
    struct memory_batch *batch = (struct memory_batch *)base;
    for (struct memory_operation *operation = batch->first; operation != NULL;
         operation = operation->next) {
        skiplist_node_free(operation->node); // NULL once it is in the map
    }
    arena_free(&batch->arena);
    free(batch);
}

static enum status memory_write(struct kv *kv, struct kv_batch *base) {
    struct memory *memory = memory_of(kv);
    struct memory_batch *batch = (struct memory_batch *)base;
    pthread_rwlock_wrlock(&memory->lock);
    for (struct memory_operation *operation = batch->first; operation != NULL;
         operation = operation->next) {
        struct skiplist *list = &memory->families[operation->family];
        if (operation->node == NULL) {
            skiplist_delete(list, operation->key);
        } else {
            skiplist_put(list, operation->node);
            operation->node = NULL;
            operation->key = STR_EMPTY;
        }
    }
    pthread_rwlock_unlock(&memory->lock);
    // Written once: a second write would delete what it put.
    batch->first = NULL;
    batch->last = &batch->first;
    return STATUS_OK;
}

static enum status memory_sync(struct kv *kv) {
    CHECK(kv != NULL);
    return STATUS_OK; // nothing survives the process, whatever is done here
}

static void memory_stats(struct kv *kv, struct store_stats *out) {
    struct memory *memory = memory_of(kv);
    *out = (struct store_stats){.writable = true};
    pthread_rwlock_rdlock(&memory->lock);
    for (size_t i = 0; i < KV_FAMILIES; i++) {
        out->memory_bytes += memory->families[i].bytes;
    }
    pthread_rwlock_unlock(&memory->lock);
}

static void memory_close(struct kv *kv) {
    struct memory *memory = memory_of(kv);
    for (size_t i = 0; i < KV_FAMILIES; i++) {
        skiplist_free(&memory->families[i]);
    }
    pthread_rwlock_destroy(&memory->lock);
    free(memory);
}

static const struct kv_engine memory_engine = {
    .get = memory_get,
    .peek = memory_get,
    .multi_get = memory_multi_get,
    .scan_open = memory_scan_open,
    .scan_entry = memory_scan_entry,
    .scan_next = memory_scan_next,
    .scan_seek = memory_scan_seek,
    .scan_close = memory_scan_close,
    .batch_make = memory_batch_make,
    .batch_put = memory_batch_put,
    .batch_delete = memory_batch_delete,
    .batch_bytes = memory_batch_bytes,
    .batch_free = memory_batch_free,
    .write = memory_write,
    .sync = memory_sync,
    .stats = memory_stats,
    .close = memory_close,
};

enum status kv_memory_make(struct kv **out, struct error *err) {
    struct memory *memory = calloc(1, sizeof *memory);
    if (memory == NULL) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for the in-memory store");
    }
    memory->kv.engine = &memory_engine;
    pthread_rwlock_init(&memory->lock, NULL);
    for (size_t i = 0; i < KV_FAMILIES; i++) {
        skiplist_init(&memory->families[i]);
    }
    *out = &memory->kv;
    return STATUS_OK;
}

enum status store_open_memory(struct store **out, struct error *err) {
    struct kv *kv = NULL;
    enum status status = kv_memory_make(&kv, err);
    return status == STATUS_OK ? kv_store_open(kv, &kv_store_engine_memory, out, err) : status;
}
