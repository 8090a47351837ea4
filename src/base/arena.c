// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Chunks of memory in a chain, newest first, given back together.
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"

struct arena_chunk {
    struct arena_chunk *older;
    size_t size; // bytes asked of malloc, this header included
};

#define CHUNK_HEADER ((sizeof(struct arena_chunk) + 15) & ~(size_t)15)

_Static_assert(_Alignof(max_align_t) >= 16, "malloc must give what arena_alloc promises");

static void use_chunk(struct arena *arena, struct arena_chunk *chunk) {
    arena->next = (char *)chunk + CHUNK_HEADER;
    arena->end = (char *)chunk + chunk->size;
}

static struct arena_chunk *make_chunk(struct arena *arena, size_t size) {
    if (arena->limit != 0 && (size > arena->limit || arena->used > arena->limit - size)) {
        return NULL;
    }
    struct arena_chunk *chunk = malloc(size);
    if (chunk == NULL) {
        return NULL;
    }
    arena->used += size;
    chunk->size = size;
    return chunk;
}

void arena_init(struct arena *arena, size_t chunk_size, size_t limit) {
    CHECK(chunk_size >= 64);
    *arena = (struct arena){.chunk_size = (chunk_size + 15) & ~(size_t)15, .limit = limit};
    if (limit != 0 && arena->chunk_size > limit) {
        // Otherwise not even the first byte could be had.
        arena->chunk_size = limit;
    }
}

static void free_chain(struct arena_chunk *chunk) {
    while (chunk != NULL) {
        struct arena_chunk *older = chunk->older;
        free(chunk);
        chunk = older;
    }
}

void arena_free(struct arena *arena) {
    free_chain(arena->chunk);
    arena->chunk = NULL;
    arena->next = arena->end = NULL;
    arena->used = 0;
}

void arena_reset(struct arena *arena) {
    // The one to keep is one of the usual size: a giant from one odd request must not stay for good.
    struct arena_chunk *kept = NULL;
    struct arena_chunk *chunk = arena->chunk;
    while (chunk != NULL) {
        struct arena_chunk *older = chunk->older;
        if (kept == NULL && chunk->size == arena->chunk_size) {
            kept = chunk;
            kept->older = NULL;
        } else {
            free(chunk);
        }
        chunk = older;
    }
    arena->chunk = kept;
    arena->used = kept == NULL ? 0 : kept->size;
    arena->next = arena->end = NULL;
    if (kept != NULL) {
        use_chunk(arena, kept);
    }
}

void *arena_alloc_chunk(struct arena *arena, size_t size) {
    if (size > SIZE_MAX - CHUNK_HEADER - 16) {
        return NULL;
    }
    size_t needed = CHUNK_HEADER + ((size + 15) & ~(size_t)15) + (size == 0 ? 16 : 0);
    if (needed > arena->chunk_size && arena->chunk != NULL) {
        // A chunk of its own, put behind the newest: what is free in that one stays in use.
        struct arena_chunk *own = make_chunk(arena, needed);
        if (own == NULL) {
            return NULL;
        }
        own->older = arena->chunk->older;
        arena->chunk->older = own;
        return (char *)own + CHUNK_HEADER;
    }
    size_t usual = arena->chunk_size;
    if (arena->limit != 0 && usual > arena->limit - arena->used) {
        usual = arena->limit - arena->used; // the last piece below the limit is used too
    }
    struct arena_chunk *chunk = make_chunk(arena, needed > usual ? needed : usual);
    if (chunk == NULL) {
        return NULL;
    }
    chunk->older = arena->chunk;
    arena->chunk = chunk;
    use_chunk(arena, chunk);
    return arena_alloc(arena, size);
}

void *arena_alloc_zero(struct arena *arena, size_t size) {
    void *memory = arena_alloc(arena, size);
    return memory == NULL ? NULL : memset(memory, 0, size);
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t size) {
    size_t bytes = 0;
    return __builtin_mul_overflow(count, size, &bytes) ? NULL : arena_alloc_zero(arena, bytes);
}

struct str arena_copy(struct arena *arena, struct str s) {
    char *copy = s.len == SIZE_MAX ? NULL : arena_alloc(arena, s.len + 1);
    if (copy == NULL) {
        return STR_EMPTY;
    }
    if (s.len > 0) {
        memcpy(copy, s.data, s.len);
    }
    copy[s.len] = '\0';
    return str_make(copy, s.len);
}

struct str arena_printf(struct arena *arena, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    int len = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = len < 0 ? NULL : arena_alloc(arena, (size_t)len + 1);
    struct str result = STR_EMPTY;
    if (text != NULL) {
        vsnprintf(text, (size_t)len + 1, format, again);
        result = str_make(text, (size_t)len);
    }
    va_end(again);
    return result;
}
