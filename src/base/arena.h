// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Memory of one request or one batch: many small allocations, freed all at once.
//
//   chunk 1 [used......]  chunk 2 [used...|free.....]
//
// Owner: whoever made it; not thread-safe; may be handed to another thread together with what it holds.
// Pointers stay valid until arena_reset or arena_free.
#ifndef FOOTFALL_BASE_ARENA_H
#define FOOTFALL_BASE_ARENA_H

#include <stddef.h>

#include "base/str.h"

struct arena_chunk;

struct arena {
    struct arena_chunk *chunk; // newest; each links to the one before
    char *next;                // first free byte of the newest chunk
    char *end;
    size_t
        chunk_size; // bytes asked of malloc at a time (larger allocations get a chunk of their own)
    size_t used;    // bytes taken from malloc in all
    size_t limit;   // most bytes it may take from malloc
};

// Allocates nothing yet. limit 0 means no limit of its own.
void arena_init(struct arena *arena, size_t chunk_size, size_t limit);
void arena_free(struct arena *arena);  // gives everything back; the arena may be used again
void arena_reset(struct arena *arena); // forgets all, keeps one chunk for reuse

// The way of arena_alloc when the newest chunk is used up.
void *arena_alloc_chunk(struct arena *arena, size_t size);

// 16-byte aligned, not zeroed. NULL when malloc fails or the limit is reached.
static inline void *arena_alloc(struct arena *arena, size_t size) {
    // Subtraction, not addition: size may be anything. next is NULL until the first chunk; then nothing is free.
    size_t left = (size_t)(arena->end - arena->next);
    if (__builtin_expect(size > left || left == 0, 0)) {
        return arena_alloc_chunk(arena, size);
    }
    char *at = arena->next;
    size_t rounded = (size + 15) & ~(size_t)15;
    arena->next = rounded < left ? at + rounded : arena->end;
    return at;
}
void *arena_alloc_zero(struct arena *arena, size_t size);
// count * size with overflow check, zeroed.
void *arena_alloc_array(struct arena *arena, size_t count, size_t size);

// Copies; the copy has a NUL behind it. data is NULL when there is no memory (also for an empty s it is non-NULL on success).
struct str arena_copy(struct arena *arena, struct str s);
__attribute__((format(printf, 2, 3))) struct str arena_printf(struct arena *arena,
                                                              const char *format, ...);

#endif
