// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Blocks of received bytes: counted references within one loop, free ones kept by size.
#include <stdlib.h>

#include "base/check.h"
#include "http/server_private.h"

static const struct {
    size_t capacity;
    unsigned keep;
} CLASSES[HTTP_BLOCK_CLASSES] = {
    {(size_t)4 << 10, 64},  {(size_t)16 << 10, 32}, {(size_t)64 << 10, 16},
    {(size_t)256 << 10, 4}, {(size_t)1 << 20, 2},
};

struct http_block *http_block_take(struct http_block_pool *pool, size_t capacity) {
    int class = 0;
    while (class < HTTP_BLOCK_CLASSES && CLASSES[class].capacity < capacity) {
        class ++;
    }
    if (class == HTTP_BLOCK_CLASSES) {
        class = -1;
    } else {
        capacity = CLASSES[class].capacity;
        struct http_block *kept = pool->free[class];
        if (kept) {
            pool->free[class] = kept->next;
            pool->count[class]--;
            kept->references = 1;
            atomic_fetch_add_explicit(pool->in_use, capacity, memory_order_relaxed);
            return kept;
        }
    }
    struct http_block *block = malloc(sizeof *block + capacity + HTTP_BODY_PADDING);
    if (block) {
        block->next = NULL;
        block->capacity = capacity;
        block->references = 1;
        block->class = class;
        // Only the padding is ever read before it is written.
        memset(block->data + capacity, 0, HTTP_BODY_PADDING);
        atomic_fetch_add_explicit(pool->in_use, capacity, memory_order_relaxed);
    }
    return block;
}

void http_block_release(struct http_block_pool *pool, struct http_block *block) {
    if (!block) {
        return;
    }
    CHECK(block->references > 0);
    if (--block->references > 0) {
        return;
    }
    atomic_fetch_sub_explicit(pool->in_use, block->capacity, memory_order_relaxed);
    int class = block->class;
    if (class >= 0 && pool->count[class] < CLASSES[class].keep) {
        block->next = pool->free[class];
        pool->free[class] = block;
        pool->count[class]++;
    } else {
        free(block);
    }
}

void http_block_pool_free(struct http_block_pool *pool) {
    for (int class = 0; class < HTTP_BLOCK_CLASSES; class ++) {
        while (pool->free[class]) {
            struct http_block *block = pool->free[class];
            pool->free[class] = block->next;
            free(block);
        }
        pool->count[class] = 0;
    }
}
