// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the processor reads back when it starts (offsets, the dedupe window), and dead letters for people.
#include "store/kv/kv_store.h"

#include <stdlib.h>

enum status kv_partition_offset(struct store *base, int64_t epoch, unsigned partition,
                                int64_t *next_offset) {
    struct kv_store *store = kv_store_of(base);
    pthread_mutex_lock(&store->epoch_lock);
    bool foreign = store->epoch_known && store->epoch != epoch;
    pthread_mutex_unlock(&store->epoch_lock);
    if (foreign) {
        return STATUS_CONFLICT;
    }
    struct keys_key key;
    keys_begin_derived(&key, KEYS_OFFSET, store->generation);
    keys_u16(&key, (uint16_t)partition);
    enum status status = kv_store_get_number(store, &key, next_offset);
    if (status == STATUS_NOT_FOUND) {
        *next_offset = 0;
        return STATUS_OK;
    }
    return status;
}

// The offset is read from where it is written, each time; and nobody else writes it.
void kv_partition_release(struct store *base, unsigned partition) {
    (void)base;
    (void)partition;
}

// What a chunk's row says. Its hashes are in the arena.
struct chunk {
    int64_t number, last_ms;
    const uint64_t *hashes;
    size_t count;
};

// The first chunk from `lower` on; END when there is none.
static enum status read_chunk(struct kv_store *store, const struct keys_key *lower,
                              const struct keys_key *upper, size_t prefix, struct arena *arena,
                              struct chunk *chunk) {
    struct kv *kv = store->kv;
    struct kv_scan *scan = NULL;
    enum status status =
        kv->engine->scan_open(kv, KV_MAIN, keys_str(lower), keys_str(upper), &scan);
    if (status != STATUS_OK) {
        return status;
    }
    struct str key;
    struct str value;
    if (!kv->engine->scan_entry(scan, &key, &value)) {
        status = STATUS_END;
    } else {
        struct str position = str_make(key.data + prefix, key.len - prefix);
        if (!keys_read_i64(&position, &chunk->number) || position.len != 0) {
            status = STATUS_CORRUPT;
        } else if (values_get_seen(value, arena, &chunk->last_ms, &chunk->hashes, &chunk->count,
                                   &status)) {
            status = STATUS_OK;
        }
    }
    enum status closed = kv->engine->scan_close(scan);
    return closed != STATUS_OK ? closed : status;
}

enum status kv_seen_load(struct store *base, unsigned partition,
                         bool (*visit)(int64_t chunk, int64_t last_ms, const uint64_t *hashes,
                                       size_t count, void *context),
                         void *context) {
    struct kv_store *store = kv_store_of(base);
    struct keys_key lower;
    struct keys_key upper;
    keys_begin_derived(&lower, KEYS_SEEN, store->generation);
    keys_u16(&lower, (uint16_t)partition);
    size_t prefix = lower.len;
    upper = lower;
    keys_end_of_prefix(&upper);
    struct arena arena;
    arena_init(&arena, (size_t)64 << 10, 0);
    enum status status = STATUS_OK;
    bool go_on = true;
    // A scan for each chunk: what visit does must not happen under a lock of the engine's.
    while (status == STATUS_OK && go_on) {
        struct chunk chunk = {0};
        status = read_chunk(store, &lower, &upper, prefix, &arena, &chunk);
        if (status == STATUS_OK) {
            go_on = visit(chunk.number, chunk.last_ms, chunk.hashes, chunk.count, context);
            lower.len = prefix;
            keys_i64(&lower, chunk.number);
            keys_u8(&lower, 0); // behind it
        }
        arena_reset(&arena);
    }
    arena_free(&arena);
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status read_letter(struct str key, struct str value, size_t header, struct arena *arena,
                               struct kv_rows *rows) {
    struct str own = arena_copy(arena, value);
    struct store_dead_letter *letter = kv_rows_add(rows, arena);
    if (own.data == NULL || letter == NULL) {
        return STATUS_NO_MEMORY;
    }
    struct str rest = str_make(key.data + header, key.len - header);
    struct str project;
    uint16_t partition = 0;
    bool whole = keys_read_text(&rest, &project) &&
                 keys_read_i64_desc(&rest, &letter->received_ms) &&
                 keys_read_u16(&rest, &partition) && keys_read_i64_desc(&rest, &letter->offset) &&
                 rest.len == 0 && values_get_dead_letter(own, letter);
    letter->partition = partition;
    return whole ? STATUS_OK : STATUS_CORRUPT;
}

static int compare_letters(const void *a_memory, const void *b_memory) {
    const struct store_dead_letter *a = a_memory;
    const struct store_dead_letter *b = b_memory;
    if (a->received_ms != b->received_ms) {
        return a->received_ms > b->received_ms ? -1 : 1;
    }
    if (a->partition != b->partition) {
        return a->partition < b->partition ? -1 : 1;
    }
    return a->offset == b->offset ? 0 : a->offset > b->offset ? -1 : 1;
}

// To the first letter of the next project.
static void skip_project(struct kv *kv, struct kv_scan *scan, struct str key, size_t header) {
    struct str rest = str_make(key.data + header, key.len - header);
    struct str project;
    struct keys_key next = {0};
    if (keys_read_text(&rest, &project)) {
        keys_tail(&next, str_make(key.data, key.len - rest.len));
        keys_end_of_prefix(&next);
        kv->engine->scan_seek(scan, keys_str(&next));
    } else {
        kv->engine->scan_next(scan);
    }
}

// The newest of each project the scan comes across. Rows are newest first within a project.
static enum status read_letters(struct kv *kv, struct kv_scan *scan, size_t header, unsigned limit,
                                struct arena *arena, struct kv_rows *rows) {
    enum status status = STATUS_OK;
    char project[KEYS_MAX];
    size_t project_len = 0;
    unsigned of_project = 0;
    struct str key;
    struct str value;
    while (status == STATUS_OK && kv->engine->scan_entry(scan, &key, &value)) {
        struct str rest = str_make(key.data + header, key.len - header);
        struct str current;
        if (!keys_read_text(&rest, &current) || current.len > sizeof project) {
            return STATUS_CORRUPT;
        }
        if (!str_equal(current, str_make(project, project_len)) || of_project == 0) {
            memcpy(project, current.data, current.len);
            project_len = current.len;
            of_project = 0;
        }
        if (of_project < limit) {
            status = read_letter(key, value, header, arena, rows);
            of_project++;
            kv->engine->scan_next(scan);
        } else {
            skip_project(kv, scan, key, header);
        }
    }
    return status;
}

enum status kv_dead_letters(struct store *base, struct str project, unsigned limit,
                            struct arena *arena, struct store_dead_letter **out, size_t *count) {
    struct kv_store *store = kv_store_of(base);
    struct kv *kv = store->kv;
    struct keys_key lower;
    struct keys_key upper;
    keys_begin_derived(&lower, KEYS_DEAD_LETTER, store->generation);
    size_t header = lower.len;
    if (project.data != NULL) {
        keys_text(&lower, project);
    }
    upper = lower;
    keys_end_of_prefix(&upper);
    struct kv_scan *scan = NULL;
    enum status status =
        kv->engine->scan_open(kv, KV_MAIN, keys_str(&lower), keys_str(&upper), &scan);
    if (status != STATUS_OK) {
        return status;
    }
    struct kv_rows rows = {.size = sizeof(struct store_dead_letter)};
    status = read_letters(kv, scan, header, limit, arena, &rows);
    enum status closed = kv->engine->scan_close(scan);
    if (rows.count > 1) {
        qsort(rows.items, rows.count, rows.size, compare_letters);
    }
    *out = (struct store_dead_letter *)(void *)rows.items;
    *count = rows.count < limit ? rows.count : limit;
    return status == STATUS_OK ? closed : status;
}
