// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The in-memory twin: the embedded log over arrays. No threads of its own: an append is done before eventlog_append returns, so a
// simulation that owns the clock replays exactly.
#include <stdlib.h>

#include "eventlog/embedded.h"

struct memory_batch {
    int64_t base;
    size_t len;
    char *data;
};

// Oldest first; the front is given up in place, as in segment.h.
struct memory_partition {
    struct memory_batch *items;
    size_t first;
    size_t end;
    size_t capacity;
};

struct memory_store {
    struct batch_store store; // first member
    unsigned count;
    pthread_mutex_t mutex; // guards all below; held between pin and unpin
    struct memory_partition *partitions;
    uint64_t bytes;
    unsigned *touched; // partitions of the transaction, one entry a batch
    size_t touched_count;
    size_t touched_capacity;
    bool failed; // a put found no memory: commit says so
};

static struct memory_store *memory_of(struct batch_store *store) {
    return CONTAINER_OF(store, struct memory_store, store);
}

static bool partition_push(struct memory_partition *partition, int64_t base, struct str encoded) {
    if (partition->end == partition->capacity) {
        size_t count = partition->end - partition->first;
        size_t capacity = 2 * count + 16;
        struct memory_batch *items = malloc(capacity * sizeof *items);
        if (items == NULL) {
            return false;
        }
        if (count > 0) {
            memcpy(items, partition->items + partition->first, count * sizeof *items);
        }
        free(partition->items);
        *partition = (struct memory_partition){items, 0, count, capacity};
    }
    char *data = malloc(encoded.len);
    if (data == NULL) {
        return false;
    }
    memcpy(data, encoded.data, encoded.len);
    partition->items[partition->end++] = (struct memory_batch){base, encoded.len, data};
    return true;
}

static bool remember_touched(struct memory_store *memory, unsigned partition) {
    if (memory->touched_count == memory->touched_capacity) {
        size_t capacity = 2 * memory->touched_capacity + 64;
        unsigned *touched = realloc(memory->touched, capacity * sizeof *touched);
        if (touched == NULL) {
            return false;
        }
        memory->touched = touched;
        memory->touched_capacity = capacity;
    }
    memory->touched[memory->touched_count++] = partition;
    return true;
}

// Batches go in place at once: nobody reads behind the end that the log publishes after commit.
static void put_batch(struct batch_store *store, unsigned partition, int64_t base,
                      struct str encoded) {
    struct memory_store *memory = memory_of(store);
    pthread_mutex_lock(&memory->mutex);
    if (!remember_touched(memory, partition)) {
        memory->failed = true;
    } else if (!partition_push(&memory->partitions[partition], base, encoded)) {
        memory->touched_count--;
        memory->failed = true;
    } else {
        memory->bytes += encoded.len;
    }
    pthread_mutex_unlock(&memory->mutex);
}

// Segments, begins and places of groups live in the log itself; there is no later opening that would need them.
static void put_segment(struct batch_store *store, unsigned partition,
                        const struct segment *segment) {
    (void)store;
    (void)partition;
    (void)segment;
}

static void put_offset(struct batch_store *store, unsigned partition, int64_t offset) {
    (void)store;
    (void)partition;
    (void)offset;
}

static enum status put_committed(struct batch_store *store, unsigned partition, struct str group,
                                 int64_t offset) {
    (void)group;
    put_offset(store, partition, offset);
    return STATUS_OK;
}

static void discard(struct batch_store *store) {
    struct memory_store *memory = memory_of(store);
    pthread_mutex_lock(&memory->mutex);
    while (memory->touched_count > 0) {
        struct memory_partition *partition =
            &memory->partitions[memory->touched[--memory->touched_count]];
        partition->end--;
        memory->bytes -= partition->items[partition->end].len;
        free(partition->items[partition->end].data);
    }
    memory->failed = false;
    pthread_mutex_unlock(&memory->mutex);
}

static enum status commit(struct batch_store *store, struct error *err) {
    struct memory_store *memory = memory_of(store);
    if (memory->failed) {
        discard(store);
        return error_set(err, STATUS_UNAVAILABLE, "no memory for the in-memory event log");
    }
    memory->touched_count = 0;
    return STATUS_OK;
}

static enum status reclaim(struct batch_store *store, unsigned index, int64_t begin, bool now,
                           struct error *err) {
    (void)now;
    (void)err;
    struct memory_store *memory = memory_of(store);
    pthread_mutex_lock(&memory->mutex);
    struct memory_partition *partition = &memory->partitions[index];
    // Batches never straddle a begin: it is the end of a segment. The last one below it ends there.
    while (partition->first < partition->end && partition->items[partition->first].base < begin) {
        memory->bytes -= partition->items[partition->first].len;
        free(partition->items[partition->first].data);
        partition->first++;
    }
    pthread_mutex_unlock(&memory->mutex);
    return STATUS_OK;
}

static enum status load(struct batch_store *store, const struct batch_store_loader *loader,
                        struct error *err) {
    (void)err;
    struct memory_store *memory = memory_of(store);
    for (unsigned i = 0; i < memory->count; i++) {
        const struct memory_partition *partition = &memory->partitions[i];
        if (partition->first < partition->end) {
            const struct memory_batch *last = &partition->items[partition->end - 1];
            enum status status = loader->last(loader->context, i, str_make(last->data, last->len));
            if (status != STATUS_OK) {
                return status;
            }
        }
    }
    return STATUS_OK;
}

static enum status recover(struct batch_store *store, struct error *err) {
    (void)store;
    (void)err;
    return STATUS_OK;
}

static uint64_t used_bytes(struct batch_store *store) {
    struct memory_store *memory = memory_of(store);
    pthread_mutex_lock(&memory->mutex);
    uint64_t bytes = memory->bytes;
    pthread_mutex_unlock(&memory->mutex);
    return bytes;
}

static uint64_t free_bytes(struct batch_store *store) {
    (void)store;
    return UINT64_MAX;
}

static struct batch_cursor *cursor_open(struct batch_store *store, unsigned partition) {
    struct batch_cursor *cursor = calloc(1, sizeof *cursor);
    if (cursor != NULL) {
        cursor->store = store;
        cursor->partition = partition;
    }
    return cursor;
}

static void cursor_rest(struct batch_cursor *cursor) {
    (void)cursor;
}

static void cursor_close(struct batch_cursor *cursor) {
    free(cursor);
}

static enum status pin(struct batch_store *store) {
    pthread_mutex_lock(&memory_of(store)->mutex);
    return STATUS_OK;
}

static void unpin(struct batch_store *store) {
    pthread_mutex_unlock(&memory_of(store)->mutex);
}

static enum status cursor_read(struct batch_cursor *cursor, int64_t offset, struct str *encoded,
                               struct error *err) {
    (void)err;
    const struct memory_partition *partition =
        &memory_of(cursor->store)->partitions[cursor->partition];
    size_t low = partition->first;
    size_t high = partition->end;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (partition->items[middle].base <= offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == partition->first) {
        return STATUS_END;
    }
    *encoded = str_make(partition->items[low - 1].data, partition->items[low - 1].len);
    return STATUS_OK;
}

static void close_store(struct batch_store *store) {
    struct memory_store *memory = memory_of(store);
    for (unsigned i = 0; memory->partitions != NULL && i < memory->count; i++) {
        struct memory_partition *partition = &memory->partitions[i];
        for (size_t j = partition->first; j < partition->end; j++) {
            free(partition->items[j].data);
        }
        free(partition->items);
    }
    free(memory->partitions);
    free(memory->touched);
    pthread_mutex_destroy(&memory->mutex);
    free(memory);
}

static const struct batch_store_engine memory_store_engine = {
    .put_batch = put_batch,
    .put_segment = put_segment,
    .put_begin = put_offset,
    .drop_segment = put_offset,
    .commit = commit,
    .discard = discard,
    .reclaim = reclaim,
    .put_committed = put_committed,
    .load = load,
    .recover = recover,
    .used_bytes = used_bytes,
    .free_bytes = free_bytes,
    .cursor_open = cursor_open,
    .cursor_rest = cursor_rest,
    .cursor_close = cursor_close,
    .pin = pin,
    .unpin = unpin,
    .cursor_read = cursor_read,
    .close = close_store,
};

static const struct eventlog_engine memory_engine = EMBEDDED_ENGINE("memory");

enum status eventlog_open_memory(const struct eventlog_config *config, struct eventlog **out,
                                 struct error *err) {
    *out = NULL;
    enum status status = embedded_check_config(config, err);
    if (status != STATUS_OK) {
        return status;
    }
    struct memory_store *memory = calloc(1, sizeof *memory);
    struct memory_partition *partitions = calloc(config->partitions, sizeof *partitions);
    if (memory == NULL || partitions == NULL) {
        free(memory);
        free(partitions);
        return error_set(err, STATUS_NO_MEMORY, "no memory for the in-memory event log");
    }
    memory->store.engine = &memory_store_engine;
    memory->partitions = partitions;
    memory->count = config->partitions;
    pthread_mutex_init(&memory->mutex, NULL);
    int64_t epoch = embedded_new_epoch();
    return embedded_open(&memory->store, &memory_engine, config, epoch, false, out, err);
}
