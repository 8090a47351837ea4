// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The ring: blocks in slots, each with a count of who looks at it.
//
// Blocks have sequence numbers; block n is in slot n % SLOTS while it is there. A reader counts itself in and then looks whether the slot
// still has the block; the writer empties the slot and then looks whether anybody is counted in (both sequentially consistent, so one of
// them sees the other). A block that is looked at is set aside and used again when everybody has left. Blocks are freed with the ring
// only, so that counting oneself in is safe whatever has become of the block.
#include "live/ring.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

#define SLOTS 16 // a power of two, more than BLOCKS
#define BLOCKS 8
#define BLOCK_LEAST ((size_t)2 * 1024)

struct live_block {
    struct live_block *next; // in the ring's list of all; the writer's
    bool used;               // has a sequence number; the writer's
    atomic_uint readers;
    _Atomic uint64_t sequence;
    _Atomic int64_t from;     // holds all items from here to the next block's
    _Atomic size_t published; // bytes that readers may look at
    size_t len;               // the writer's
    _Alignas(16) char data[];
};

struct live_ring {
    size_t block_bytes;
    _Atomic(struct live_block *) slots[SLOTS];
    _Atomic uint64_t first, end; // sequence numbers of the blocks that readers may look at
    _Atomic int64_t epoch, begin, complete;
    // The writer's
    struct live_block *all;
    uint64_t open_first; // as first, with what is pending
    uint64_t open_end;   // behind the last block, pending ones included
    size_t kept;         // published bytes of the last published block
    int64_t next_from;   // behind the last item
    int64_t kept_from;   // the same at the last publish
};

struct header {     // in front of each item's texts
    uint32_t bytes; // with the header, rounded up
    uint32_t properties, traits, context;
    int64_t offset, timestamp_ms, received_ms;
    uint16_t project, id, name, user_id, anonymous_id;
    uint8_t type;
    bool cut;
};

enum status live_ring_make(size_t bytes, struct live_ring **out) {
    struct live_ring *ring = calloc(1, sizeof *ring);
    if (!ring) {
        return STATUS_NO_MEMORY;
    }
    size_t block = bytes / BLOCKS & ~(size_t)15;
    ring->block_bytes = block > BLOCK_LEAST ? block : BLOCK_LEAST;
    live_ring_reset(ring, 0, -1);
    *out = ring;
    return STATUS_OK;
}

void live_ring_free(struct live_ring *ring) {
    if (!ring) {
        return;
    }
    while (ring->all) {
        struct live_block *block = ring->all;
        ring->all = block->next;
        CHECK(atomic_load(&block->readers) == 0);
        free(block);
    }
    free(ring);
}

// --- The writer -----------------------------------------------------------------------------------------------------

static struct live_block *block_at(struct live_ring *ring, uint64_t sequence) {
    return atomic_load_explicit(&ring->slots[sequence % SLOTS], memory_order_relaxed);
}

static void take_out(struct live_ring *ring, uint64_t sequence) {
    struct live_block *block = block_at(ring, sequence);
    atomic_store(&ring->slots[sequence % SLOTS], NULL);
    block->used = false;
}

static struct live_block *spare(struct live_ring *ring) {
    for (struct live_block *block = ring->all; block; block = block->next) {
        if (!block->used && atomic_load(&block->readers) == 0) {
            return block;
        }
    }
    struct live_block *block = calloc(1, sizeof *block + ring->block_bytes);
    if (block) {
        block->next = ring->all;
        ring->all = block;
    }
    return block;
}

// Readers first learn that it is no longer theirs.
static void lose_oldest(struct live_ring *ring) {
    uint64_t oldest = ring->open_first++;
    struct live_block *next =
        ring->open_first < ring->open_end ? block_at(ring, ring->open_first) : NULL;
    if (oldest < atomic_load_explicit(&ring->end, memory_order_relaxed)) {
        atomic_store(&ring->begin, next ? atomic_load(&next->from) : ring->next_from);
        atomic_store(&ring->first, ring->open_first);
    }
    take_out(ring, oldest);
}

static struct live_block *open_block(struct live_ring *ring) {
    if (ring->open_end - ring->open_first == BLOCKS) {
        lose_oldest(ring);
    }
    struct live_block *block = spare(ring);
    if (!block) {
        return NULL;
    }
    block->used = true;
    block->len = 0;
    atomic_store(&block->published, 0);
    // With no block before it, it also answers for what had nothing to show since the ring begins.
    bool only = ring->open_end == ring->open_first;
    atomic_store(&block->from, only ? atomic_load(&ring->begin) : ring->next_from);
    atomic_store(&block->sequence, ring->open_end);
    atomic_store(&ring->slots[ring->open_end % SLOTS], block);
    ring->open_end++;
    return block;
}

void live_ring_reset(struct live_ring *ring, int64_t epoch, int64_t from) {
    atomic_store(&ring->complete, -1);
    while (ring->open_first < ring->open_end) {
        lose_oldest(ring);
    }
    atomic_store(&ring->end, ring->open_end);
    atomic_store(&ring->first, ring->open_end);
    ring->next_from = ring->kept_from = from;
    ring->kept = 0;
    atomic_store(&ring->epoch, epoch);
    atomic_store(&ring->begin, from);
}

static char *put_text(char *at, struct str text) {
    if (text.len > 0) {
        memcpy(at, text.data, text.len);
    }
    return at + text.len;
}

static size_t size_of(const struct live_item *item, bool cut) {
    size_t bytes = sizeof(struct header) + item->project.len + item->id.len + item->name.len +
                   item->user_id.len + item->anonymous_id.len;
    bytes += cut ? 0 : item->properties.len + item->traits.len + item->context.len;
    return (bytes + 15) & ~(size_t)15;
}

static void write_item(char *at, const struct live_item *item, size_t bytes, bool cut) {
    struct header header = {
        .bytes = (uint32_t)bytes,
        .properties = cut ? 0 : (uint32_t)item->properties.len,
        .traits = cut ? 0 : (uint32_t)item->traits.len,
        .context = cut ? 0 : (uint32_t)item->context.len,
        .offset = item->offset,
        .timestamp_ms = item->timestamp_ms,
        .received_ms = item->received_ms,
        .project = (uint16_t)item->project.len,
        .id = (uint16_t)item->id.len,
        .name = (uint16_t)item->name.len,
        .user_id = (uint16_t)item->user_id.len,
        .anonymous_id = (uint16_t)item->anonymous_id.len,
        .type = (uint8_t)item->type,
        .cut = cut,
    };
    memcpy(at, &header, sizeof header);
    at = put_text(at + sizeof header, item->project);
    at = put_text(at, item->id);
    at = put_text(at, item->name);
    at = put_text(at, item->user_id);
    at = put_text(at, item->anonymous_id);
    if (!cut) {
        at = put_text(at, item->properties);
        at = put_text(at, item->traits);
        put_text(at, item->context);
    }
}

// Ids and names are bounded (processor/apply.c), so they always fit.
static bool has_sane_texts(const struct live_item *item) {
    return item->project.len <= UINT16_MAX && item->id.len <= UINT16_MAX &&
           item->name.len <= UINT16_MAX && item->user_id.len <= UINT16_MAX &&
           item->anonymous_id.len <= UINT16_MAX;
}

// The ring cannot answer for this item: it begins behind it. Ahead of the store by this cycle then, but with nothing to show.
static void begin_behind(struct live_ring *ring, const struct live_item *item) {
    bool known = atomic_load(&ring->complete) >= 0;
    live_ring_reset(ring, atomic_load(&ring->epoch), item->offset + 1);
    if (known) {
        live_ring_publish(ring, item->offset + 1);
    }
}

void live_ring_put(struct live_ring *ring, const struct live_item *item) {
    bool cut = item->cut || size_of(item, false) > ring->block_bytes;
    size_t bytes = size_of(item, cut);
    if (bytes > ring->block_bytes || !has_sane_texts(item)) {
        begin_behind(ring, item);
        return;
    }
    struct live_block *block =
        ring->open_end > ring->open_first ? block_at(ring, ring->open_end - 1) : NULL;
    if (!block || ring->block_bytes - block->len < bytes) {
        block = open_block(ring);
        if (!block) {
            begin_behind(ring, item);
            return;
        }
    }
    write_item(block->data + block->len, item, bytes, cut);
    block->len += bytes;
    ring->next_from = item->offset + 1;
}

void live_ring_publish(struct live_ring *ring, int64_t next_offset) {
    uint64_t end = atomic_load_explicit(&ring->end, memory_order_relaxed);
    for (uint64_t i = end > ring->open_first ? end - 1 : ring->open_first; i < ring->open_end;
         i++) {
        struct live_block *block = block_at(ring, i);
        atomic_store_explicit(&block->published, block->len, memory_order_release);
    }
    if (ring->open_first > atomic_load_explicit(&ring->first, memory_order_relaxed)) {
        // Pending blocks have pushed out one another.
        atomic_store(&ring->begin, atomic_load(&block_at(ring, ring->open_first)->from));
        atomic_store(&ring->first, ring->open_first);
    }
    atomic_store(&ring->end, ring->open_end);
    ring->kept = ring->open_end > ring->open_first ? block_at(ring, ring->open_end - 1)->len : 0;
    ring->next_from = ring->kept_from = next_offset;
    atomic_store(&ring->complete, next_offset);
}

void live_ring_discard(struct live_ring *ring) {
    uint64_t end = atomic_load_explicit(&ring->end, memory_order_relaxed);
    while (ring->open_end > end && ring->open_end > ring->open_first) {
        take_out(ring, --ring->open_end);
    }
    if (ring->open_end > ring->open_first) {
        block_at(ring, ring->open_end - 1)->len = ring->kept;
    } else { // everything that was published had to make room
        ring->open_first = ring->open_end;
        atomic_store(&ring->begin, ring->kept_from);
        atomic_store(&ring->first, ring->open_end);
        atomic_store(&ring->end, ring->open_end);
    }
    ring->next_from = ring->kept_from;
}

// --- Readers --------------------------------------------------------------------------------------------------------

static struct live_block *hold(struct live_ring *ring, uint64_t sequence) {
    struct live_block *block = atomic_load(&ring->slots[sequence % SLOTS]);
    if (!block) {
        return NULL;
    }
    atomic_fetch_add(&block->readers, 1);
    if (atomic_load(&ring->slots[sequence % SLOTS]) == block &&
        atomic_load(&block->sequence) == sequence) {
        return block;
    }
    atomic_fetch_sub(&block->readers, 1);
    return NULL;
}

static void let_go(struct live_block *block) {
    atomic_fetch_sub(&block->readers, 1);
}

void live_ring_look(const struct live_ring *ring, struct live_ring_view *out) {
    out->epoch = atomic_load(&ring->epoch);
    out->complete = atomic_load(&ring->complete);
    out->begin = atomic_load(&ring->begin);
}

static struct str take_text(const char **at, size_t len) {
    struct str text = str_make(*at, len);
    *at += len;
    return text;
}

static void read_item(const char *at, const struct header *header, struct live_item *out) {
    at += sizeof *header;
    out->offset = header->offset;
    out->type = (enum event_type)header->type;
    out->timestamp_ms = header->timestamp_ms;
    out->received_ms = header->received_ms;
    out->project = take_text(&at, header->project);
    out->id = take_text(&at, header->id);
    out->name = take_text(&at, header->name);
    out->user_id = take_text(&at, header->user_id);
    out->anonymous_id = take_text(&at, header->anonymous_id);
    out->properties = take_text(&at, header->properties);
    out->traits = take_text(&at, header->traits);
    out->context = take_text(&at, header->context);
    out->cut = header->cut;
}

// False: the visitor has had enough. *from moves behind what was visited.
static bool visit_block(const struct live_block *block, int64_t *from, live_ring_visit *visit,
                        void *context) {
    size_t len = atomic_load_explicit(&block->published, memory_order_acquire);
    for (size_t at = 0; at < len;) {
        struct header header;
        struct live_item item;
        memcpy(&header, block->data + at, sizeof header);
        if (header.offset >= *from) {
            *from = header.offset + 1;
            read_item(block->data + at, &header, &item);
            if (!visit(&item, context)) {
                return false;
            }
        }
        at += header.bytes;
    }
    return true;
}

// Whether block `sequence` has nothing at or above from, judged by where the next one begins.
static bool is_before(struct live_ring *ring, uint64_t sequence, uint64_t end, int64_t from) {
    struct live_block *next = sequence + 1 < end ? hold(ring, sequence + 1) : NULL;
    bool before = next && atomic_load(&next->from) <= from;
    if (next) {
        let_go(next);
    }
    return before;
}

enum walk { WALK_DONE, WALK_LOST };

// From *from on, which moves with what was visited. LOST: a block was not there any more.
static enum walk walk_once(struct live_ring *ring, int64_t *from, live_ring_visit *visit,
                           void *context) {
    uint64_t end = atomic_load(&ring->end);
    bool begun = false;
    for (uint64_t i = atomic_load(&ring->first); i < end; i++) {
        if (!begun && is_before(ring, i, end, *from)) {
            continue;
        }
        struct live_block *block = hold(ring, i);
        if (!block) {
            return WALK_LOST;
        }
        bool here = begun || atomic_load(&block->from) <= *from;
        bool on = here && visit_block(block, from, visit, context);
        let_go(block);
        if (!on) {
            return here ? WALK_DONE : WALK_LOST;
        }
        begun = true;
    }
    return begun || atomic_load(&ring->begin) <= *from ? WALK_DONE : WALK_LOST;
}

bool live_ring_walk(struct live_ring *ring, int64_t from, live_ring_visit *visit, void *context) {
    while (walk_once(ring, &from, visit, context) == WALK_LOST) {
        if (atomic_load(&ring->begin) > from) {
            return false;
        }
        // The block that has gone was not the one that is wanted.
    }
    return true;
}

void live_ring_walk_back(struct live_ring *ring, live_ring_visit *visit,
                         bool (*more)(void *context), void *context) {
    uint64_t first = atomic_load(&ring->first);
    uint64_t end = atomic_load(&ring->end);
    for (uint64_t i = end; i > first && more(context); i--) {
        struct live_block *block = hold(ring, i - 1);
        if (!block) {
            return; // so are those before it
        }
        int64_t from = INT64_MIN;
        bool on = visit_block(block, &from, visit, context);
        let_go(block);
        if (!on) {
            return;
        }
    }
}
