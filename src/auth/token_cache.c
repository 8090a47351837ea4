// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The cache of verified tokens.
#include "auth/token_cache.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/thread.h"

#define WAYS 4
#define SHARDS 64

struct place {
    struct token_hash hash;
    uint64_t generation; // 0: nothing is here
    int64_t expires_s;
    struct auth_principal principal;
};

struct shard {
    _Alignas(64) pthread_mutex_t mutex;
    unsigned next; // place that is filled next
};

struct token_cache {
    unsigned char key[crypto_shorthash_siphashx24_KEYBYTES];
    size_t sets; // a power of two, at least SHARDS
    struct place *places;
    struct shard shards[SHARDS];
};

enum status token_cache_make(size_t entries, struct random_source *random,
                             struct token_cache **out) {
    struct token_cache *cache = aligned_alloc(64, (sizeof *cache + 63) / 64 * 64);
    if (!cache) {
        return STATUS_NO_MEMORY;
    }
    size_t sets = SHARDS;
    while (sets * WAYS < entries && sets < SIZE_MAX / sizeof(struct place) / WAYS / 2) {
        sets *= 2;
    }
    *cache = (struct token_cache){.sets = sets};
    cache->places = calloc(sets * WAYS, sizeof *cache->places);
    if (!cache->places) {
        free(cache);
        return STATUS_NO_MEMORY;
    }
    random->fill(random, cache->key, sizeof cache->key);
    for (size_t i = 0; i < SHARDS; i++) {
        thread_must(pthread_mutex_init(&cache->shards[i].mutex, NULL));
    }
    *out = cache;
    return STATUS_OK;
}

void token_cache_free(struct token_cache *cache) {
    if (cache) {
        for (size_t i = 0; i < SHARDS; i++) {
            thread_must(pthread_mutex_destroy(&cache->shards[i].mutex));
        }
        free(cache->places);
        sodium_memzero(cache->key, sizeof cache->key);
        free(cache);
    }
}

struct token_hash token_cache_hash(const struct token_cache *cache, struct str token) {
    struct token_hash hash;
    _Static_assert(sizeof hash == crypto_shorthash_siphashx24_BYTES, "128 bits");
    (void)crypto_shorthash_siphashx24((unsigned char *)&hash,
                                      (const unsigned char *)(token.data ? token.data : ""),
                                      token.len, cache->key);
    return hash;
}

static struct shard *shard_of(struct token_cache *cache, struct token_hash hash) {
    return &cache->shards[hash.a & (SHARDS - 1)];
}

static struct place *set_of(struct token_cache *cache, struct token_hash hash) {
    return &cache->places[(hash.a & (cache->sets - 1)) * WAYS];
}

static bool is_of(const struct place *place, struct token_hash hash) {
    return place->generation != 0 && place->hash.a == hash.a && place->hash.b == hash.b;
}

bool token_cache_find(struct token_cache *cache, struct token_hash hash, uint64_t generation,
                      int64_t now_s, struct auth_principal *out) {
    struct shard *shard = shard_of(cache, hash);
    const struct place *set = set_of(cache, hash);
    bool found = false;
    thread_must(pthread_mutex_lock(&shard->mutex));
    for (unsigned i = 0; i < WAYS && !found; i++) {
        if (is_of(&set[i], hash)) {
            found = set[i].generation == generation && now_s < set[i].expires_s;
            if (!found) {
                break;
            }
            *out = set[i].principal;
        }
    }
    thread_must(pthread_mutex_unlock(&shard->mutex));
    return found;
}

void token_cache_put(struct token_cache *cache, struct token_hash hash, uint64_t generation,
                     int64_t expires_s, const struct auth_principal *principal) {
    struct shard *shard = shard_of(cache, hash);
    struct place *set = set_of(cache, hash);
    thread_must(pthread_mutex_lock(&shard->mutex));
    struct place *place = NULL;
    for (unsigned i = 0; i < WAYS; i++) {
        if (is_of(&set[i], hash)) {
            place = &set[i];
        }
    }
    for (unsigned i = 0; i < WAYS && !place; i++) {
        if (set[i].generation != generation) {
            place = &set[i]; // nobody can use it any more
        }
    }
    if (!place) {
        place = &set[shard->next++ % WAYS];
    }
    *place = (struct place){hash, generation, expires_s, *principal};
    thread_must(pthread_mutex_unlock(&shard->mutex));
}
