// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Takes the dedupe windows of the source apart, and puts new ones together.
#include <stdlib.h>
#include <string.h>

#include "migrate/plan.h"

#define CHUNK_IDS 4096 // chunks of one time are joined up to so many

void seen_plan_init(struct seen_plan *seen) {
    *seen = (struct seen_plan){.chunk_count = 0};
    arena_init(&seen->arena, (size_t)64 << 10, 0);
}

void seen_plan_free(struct seen_plan *seen) {
    arena_free(&seen->arena);
    free(seen->chunks);
    free(seen->ids);
    *seen = (struct seen_plan){.chunk_count = 0};
}

enum status seen_plan_add(struct seen_plan *seen, const struct store_row *row) {
    if (seen->chunk_count == seen->chunk_capacity) {
        size_t capacity = seen->chunk_capacity ? seen->chunk_capacity * 2 : 256;
        struct seen_chunk *chunks = realloc(seen->chunks, capacity * sizeof *chunks);
        if (!chunks) {
            return STATUS_NO_MEMORY;
        }
        seen->chunks = chunks;
        seen->chunk_capacity = capacity;
    }
    size_t count = row->as.seen.count;
    uint64_t *hashes = arena_alloc_array(&seen->arena, count + 1, sizeof *hashes);
    if (!hashes) {
        return STATUS_NO_MEMORY;
    }
    if (count > 0) {
        memcpy(hashes, row->as.seen.hashes, count * sizeof *hashes);
    }
    struct seen_chunk *chunk = &seen->chunks[seen->chunk_count++];
    *chunk = (struct seen_chunk){row->partition, row->as.seen};
    chunk->seen.hashes = hashes;
    seen->id_count += count;
    return STATUS_OK;
}

// Of one log time the partitions' chunks in turn, each partition's in its order.
static int compare_chunks(const void *a_memory, const void *b_memory) {
    const struct seen_chunk *a = a_memory;
    const struct seen_chunk *b = b_memory;
    if (a->seen.last_ms != b->seen.last_ms) {
        return a->seen.last_ms < b->seen.last_ms ? -1 : 1;
    }
    if (a->partition != b->partition) {
        return a->partition < b->partition ? -1 : 1;
    }
    return a->seen.chunk < b->seen.chunk ? -1 : a->seen.chunk > b->seen.chunk;
}

static int compare_ids(const void *a_memory, const void *b_memory) {
    const struct seen_id *a = a_memory;
    const struct seen_id *b = b_memory;
    if (a->hash != b->hash) {
        return a->hash < b->hash ? -1 : 1;
    }
    return a->partition < b->partition ? -1 : a->partition > b->partition;
}

enum status seen_plan_sort(struct seen_plan *seen) {
    size_t at = 0;
    seen->ids = malloc((seen->id_count + 1) * sizeof *seen->ids);
    if (!seen->ids) {
        return STATUS_NO_MEMORY;
    }
    if (seen->chunk_count > 1) {
        qsort(seen->chunks, seen->chunk_count, sizeof *seen->chunks, compare_chunks);
    }
    for (size_t i = 0; i < seen->chunk_count; i++) {
        const struct seen_chunk *chunk = &seen->chunks[i];
        for (size_t k = 0; k < chunk->seen.count; k++) {
            seen->ids[at++] =
                (struct seen_id){chunk->seen.hashes[k], chunk->partition, SEEN_UNKNOWN, 0};
        }
    }
    qsort(seen->ids, at, sizeof *seen->ids, compare_ids);
    return STATUS_OK;
}

// A chunk's number is the offset of the record that opened it, unless it was moved here before: then it may be below the log.
int64_t seen_plan_from(const struct seen_plan *seen, unsigned partition, int64_t log_begin) {
    int64_t from = INT64_MAX;
    for (size_t i = 0; i < seen->chunk_count; i++) {
        if (seen->chunks[i].partition == partition && seen->chunks[i].seen.chunk < from) {
            from = seen->chunks[i].seen.chunk;
        }
    }
    return from < log_begin ? log_begin : from;
}

// The first of those that are equal: a window may have an id twice, and one entry does for it.
static struct seen_id *find(const struct seen_plan *seen, uint64_t hash, unsigned partition) {
    struct seen_id wanted = {.hash = hash, .partition = partition};
    size_t from = 0;
    size_t to = seen->id_count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (compare_ids(&seen->ids[middle], &wanted) < 0) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    bool found = from < seen->id_count && compare_ids(&seen->ids[from], &wanted) == 0;
    return found ? &seen->ids[from] : NULL;
}

void seen_plan_note(struct seen_plan *seen, uint64_t hash, unsigned partition, unsigned target) {
    struct seen_id *id = find(seen, hash, partition);
    seen->records++;
    if (id && id->order == 0) {
        id->order = seen->records;
    }
    if (id && id->target != target) {
        id->target = id->target == SEEN_UNKNOWN ? target : SEEN_SEVERAL;
    }
}

// --- Putting together -----------------------------------------------------------------------------------------------

static unsigned common_divisor(unsigned a, unsigned b) {
    while (b != 0) {
        unsigned rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

// The chunk of a target that is under way.
struct making {
    uint64_t hashes[CHUNK_IDS];
    struct store_seen seen; // count 0: none
    int64_t chunks;         // made before
};
struct taking {
    struct plan *plan;
    struct making **targets; // one a target, made when the first id goes there
    size_t room;             // of the plan's list
};

static enum status finish_chunk(struct taking *taking, unsigned target) {
    struct plan *plan = taking->plan;
    struct making *making = taking->targets[target];
    if (!making || making->seen.count == 0) {
        return STATUS_OK;
    }
    if (plan->chunk_count == taking->room) {
        size_t room = taking->room ? taking->room * 2 : 64;
        struct store_row *chunks = arena_alloc_array(&plan->arena, room, sizeof *chunks);
        if (!chunks) {
            return STATUS_NO_MEMORY;
        }
        if (plan->chunk_count > 0) {
            memcpy(chunks, plan->chunks, plan->chunk_count * sizeof *chunks);
        }
        plan->chunks = chunks;
        taking->room = room;
    }
    size_t count = making->seen.count;
    uint64_t *hashes = arena_alloc_array(&plan->arena, count, sizeof *hashes);
    if (!hashes) {
        return STATUS_NO_MEMORY;
    }
    memcpy(hashes, making->hashes, count * sizeof *hashes);
    struct store_row *row = &plan->chunks[plan->chunk_count++];
    *row = (struct store_row){.kind = STORE_ROW_SEEN, .partition = target};
    row->as.seen = (struct store_seen){making->chunks++, making->seen.last_ms, hashes, count};
    making->seen.count = 0;
    return STATUS_OK;
}

static enum status put_id(struct taking *taking, unsigned target, int64_t last_ms, uint64_t hash) {
    struct making *making = taking->targets[target];
    enum status status = STATUS_OK;
    if (!making) {
        making = taking->targets[target] = calloc(1, sizeof *making);
    }
    if (!making) {
        return STATUS_NO_MEMORY;
    }
    if (making->seen.last_ms != last_ms || making->seen.count == CHUNK_IDS) {
        status = finish_chunk(taking, target);
        making->seen.last_ms = last_ms;
    }
    if (status == STATUS_OK) {
        making->hashes[making->seen.count++] = hash;
    }
    return status;
}

static enum status take_id(struct taking *taking, const struct seen_id *id, int64_t last_ms) {
    const struct notes *notes = taking->plan->notes;
    unsigned divisor = common_divisor(notes->partitions, notes->targets);
    enum status status = STATUS_OK;
    if (id->target < SEEN_SEVERAL) {
        return put_id(taking, id->target, last_ms, id->hash);
    }
    // A key whose hash leaves `partition` modulo one number can leave `target` modulo the other exactly when both leave the same modulo what
    // divides both.
    for (unsigned target = id->partition % divisor; target < notes->targets && status == STATUS_OK;
         target += divisor) {
        status = put_id(taking, target, last_ms, id->hash);
    }
    return status;
}

static int by_order(const void *a_memory, const void *b_memory) {
    const struct seen_id *a = *(const struct seen_id *const *)a_memory;
    const struct seen_id *b = *(const struct seen_id *const *)b_memory;
    return a->order != b->order ? (a->order < b->order ? -1 : 1) : compare_ids(a, b);
}

// Chunks of one log time: their ids as they come in the log, which whoever reads the window beside it goes by.
static enum status take_time(struct taking *taking, const struct seen_plan *seen, size_t first,
                             size_t end) {
    size_t count = 0;
    for (size_t i = first; i < end; i++) {
        count += seen->chunks[i].seen.count;
    }
    const struct seen_id **ids = malloc((count + 1) * sizeof *ids);
    if (!ids) {
        return STATUS_NO_MEMORY;
    }
    count = 0;
    for (size_t i = first; i < end; i++) {
        const struct seen_chunk *chunk = &seen->chunks[i];
        for (size_t k = 0; k < chunk->seen.count; k++) {
            ids[count] = find(seen, chunk->seen.hashes[k], chunk->partition);
            count += ids[count] != NULL; // all of them are there
        }
    }
    qsort(ids, count, sizeof(struct seen_id *), by_order);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = take_id(taking, ids[i], seen->chunks[first].seen.last_ms);
    }
    free(ids);
    return status;
}

enum status seen_plan_take_apart(const struct seen_plan *seen, struct plan *plan) {
    unsigned targets = plan->notes->targets;
    struct taking taking = {.plan = plan, .targets = calloc(targets, sizeof *taking.targets)};
    enum status status = taking.targets ? STATUS_OK : STATUS_NO_MEMORY;
    for (size_t first = 0, end; first < seen->chunk_count && status == STATUS_OK; first = end) {
        for (end = first + 1; end < seen->chunk_count &&
                              seen->chunks[end].seen.last_ms == seen->chunks[first].seen.last_ms;) {
            end++;
        }
        status = take_time(&taking, seen, first, end);
    }
    for (unsigned i = 0; i < targets && status == STATUS_OK; i++) {
        status = finish_chunk(&taking, i);
    }
    // The last has number -1: below every offset, so that chunks that come later are newer.
    for (size_t i = 0; i < plan->chunk_count && status == STATUS_OK; i++) {
        struct store_row *row = &plan->chunks[i];
        row->as.seen.chunk -= taking.targets[row->partition]->chunks;
    }
    for (unsigned i = 0; i < targets && taking.targets; i++) {
        free(taking.targets[i]);
    }
    free(taking.targets);
    return status;
}
