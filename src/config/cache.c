// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A few hundred slots that are walked through: a request that is not found costs far more than the walk.
#include "config/cache.h"

#include <stdlib.h>

#include "base/thread.h"

#define SLOTS 256

struct slot {
    char *data; // key, then value; NULL: free
    size_t key_len, value_len;
    uint64_t hash, used;
};
struct config_cache {
    pthread_mutex_t lock;
    struct slot slots[SLOTS];
    size_t bytes, most;
    uint64_t tick;
};

enum status config_cache_make(size_t bytes, struct config_cache **out) {
    struct config_cache *cache = calloc(1, sizeof *cache);
    if (!cache) {
        return STATUS_NO_MEMORY;
    }
    thread_must(pthread_mutex_init(&cache->lock, NULL));
    cache->most = bytes;
    *out = cache;
    return STATUS_OK;
}

static void empty(struct config_cache *cache, struct slot *slot) {
    if (slot->data) {
        cache->bytes -= slot->key_len + slot->value_len;
        explicit_bzero(slot->data, slot->key_len + slot->value_len); // values were decrypted
        free(slot->data);
    }
    *slot = (struct slot){.data = NULL};
}

void config_cache_free(struct config_cache *cache) {
    if (!cache) {
        return;
    }
    for (size_t i = 0; i < SLOTS; i++) {
        empty(cache, &cache->slots[i]);
    }
    thread_must(pthread_mutex_destroy(&cache->lock));
    free(cache);
}

static struct slot *find(struct config_cache *cache, struct str key) {
    uint64_t hash = str_hash(key, 1);
    for (size_t i = 0; i < SLOTS; i++) {
        struct slot *slot = &cache->slots[i];
        if (slot->data && slot->hash == hash &&
            str_equal(str_make(slot->data, slot->key_len), key)) {
            return slot;
        }
    }
    return NULL;
}

bool config_cache_find(struct config_cache *cache, struct str key, struct buffer *out) {
    thread_must(pthread_mutex_lock(&cache->lock));
    struct slot *slot = find(cache, key);
    if (slot) {
        slot->used = ++cache->tick;
        buffer_append(out, slot->data + slot->key_len, slot->value_len);
    }
    thread_must(pthread_mutex_unlock(&cache->lock));
    return slot != NULL;
}

// A free slot, or the one that was not used for the longest time.
static struct slot *oldest(struct config_cache *cache) {
    struct slot *found = &cache->slots[0];
    for (size_t i = 1; i < SLOTS; i++) {
        if (cache->slots[i].used < found->used) {
            found = &cache->slots[i];
        }
    }
    return found;
}

static struct slot *oldest_in_use(struct config_cache *cache) {
    struct slot *found = NULL;
    for (size_t i = 0; i < SLOTS; i++) {
        if (cache->slots[i].data && (!found || cache->slots[i].used < found->used)) {
            found = &cache->slots[i];
        }
    }
    return found;
}

void config_cache_put(struct config_cache *cache, struct str key, struct str value) {
    size_t size = key.len + value.len;
    char *data = size > 0 && size <= cache->most ? malloc(size) : NULL;
    if (!data) {
        return;
    }
    memcpy(data, key.data, key.len);
    memcpy(data + key.len, value.data ? value.data : "", value.len);
    thread_must(pthread_mutex_lock(&cache->lock));
    struct slot *slot = find(cache, key);
    slot = slot ? slot : oldest(cache);
    empty(cache, slot);
    while (cache->bytes + size > cache->most) {
        empty(cache, oldest_in_use(cache));
    }
    *slot = (struct slot){data, key.len, value.len, str_hash(key, 1), ++cache->tick};
    cache->bytes += size;
    thread_must(pthread_mutex_unlock(&cache->lock));
}
