// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Dead letters: read page by page over all projects, and marked.
#include <stdlib.h>

#include "store/kv/kv_store.h"

// --- Reading ----------------------------------------------------------------------------------------------------------

struct listing {
    const struct store_letter_query *query;
    struct kv *kv;
    struct arena *arena;
    size_t header; // of keys, before the project
    size_t wanted; // of each project: one more than asked for tells whether there are more
    struct kv_rows rows;
    char project[KEYS_MAX]; // the one the scan is in
    size_t project_len;
    size_t of_project; // rows taken of it
};

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

static bool read_place(struct str rest, struct store_dead_letter *letter) {
    uint16_t partition = 0;
    bool whole = keys_read_i64_desc(&rest, &letter->received_ms) &&
                 keys_read_u16(&rest, &partition) && keys_read_i64_desc(&rest, &letter->offset) &&
                 rest.len == 0;
    letter->partition = partition;
    return whole;
}

static void place_key(struct keys_key *key, uint16_t generation,
                      const struct store_dead_letter *letter) {
    keys_begin_derived(key, KEYS_DEAD_LETTER, generation);
    keys_text(key, letter->project);
    keys_i64_desc(key, letter->received_ms);
    keys_u16(key, (uint16_t)letter->partition);
    keys_i64_desc(key, letter->offset);
}

// To the first letter of this project that the query is about. prefix: the key's part up to the project.
static void enter_project(const struct listing *listing, struct kv_scan *scan, struct str prefix) {
    const struct store_letter_query *query = listing->query;
    struct keys_key start = {0};
    keys_tail(&start, prefix);
    if (query->resume && query->after_ms < query->to_ms) {
        keys_i64_desc(&start, query->after_ms);
        keys_u16(&start, (uint16_t)query->after_partition);
        keys_i64_desc(&start, query->after_offset);
        keys_u8(&start, 0); // behind it
    } else if (query->to_ms > INT64_MIN) {
        keys_i64_desc(&start, query->to_ms - 1);
    }
    listing->kv->engine->scan_seek(scan, keys_str(&start));
}

static void leave_project(const struct listing *listing, struct kv_scan *scan, struct str prefix) {
    struct keys_key next = {0};
    keys_tail(&next, prefix);
    keys_end_of_prefix(&next);
    listing->kv->engine->scan_seek(scan, keys_str(&next));
}

static enum status take(struct listing *listing, struct str project, struct str value,
                        const struct store_dead_letter *place) {
    struct str own = arena_copy(listing->arena, value);
    struct str name = arena_copy(listing->arena, project);
    struct store_dead_letter *letter = kv_rows_add(&listing->rows, listing->arena);
    if (own.data == NULL || name.data == NULL || letter == NULL) {
        return STATUS_NO_MEMORY;
    }
    *letter = *place;
    letter->project = name;
    return values_get_dead_letter(own, letter) ? STATUS_OK : STATUS_CORRUPT;
}

// One entry of the scan.
static enum status look(struct listing *listing, struct kv_scan *scan, struct str key,
                        struct str value) {
    struct str rest = str_make(key.data + listing->header, key.len - listing->header);
    struct str project;
    struct store_dead_letter place = {0};
    if (!keys_read_text(&rest, &project) || project.len > sizeof listing->project ||
        !read_place(rest, &place)) {
        return STATUS_CORRUPT;
    }
    struct str prefix = str_make(key.data, key.len - rest.len);
    if (!str_equal(project, str_make(listing->project, listing->project_len))) {
        memcpy(listing->project, project.data, project.len);
        listing->project_len = project.len;
        listing->of_project = 0;
        enter_project(listing, scan, prefix);
        return STATUS_OK; // the scan stands on this or a later one now
    }
    if (listing->of_project >= listing->wanted || place.received_ms < listing->query->from_ms) {
        leave_project(listing, scan, prefix);
        return STATUS_OK;
    }
    enum status status = take(listing, project, value, &place);
    listing->of_project++;
    listing->kv->engine->scan_next(scan);
    return status;
}

enum status kv_letters_read(struct store *base, const struct store_letter_query *query,
                            struct arena *arena, struct store_dead_letter **out, size_t *count,
                            bool *more) {
    struct kv_store *store = kv_store_of(base);
    struct kv *kv = store->kv;
    struct keys_key lower;
    struct keys_key upper;
    keys_begin_derived(&lower, KEYS_DEAD_LETTER, store->generation);
    struct listing listing = {.query = query,
                              .kv = kv,
                              .arena = arena,
                              .header = lower.len,
                              .wanted = (size_t)query->limit + 1,
                              .rows = {.size = sizeof(struct store_dead_letter)}};
    if (query->project.data != NULL) {
        keys_text(&lower, query->project);
    }
    upper = lower;
    keys_end_of_prefix(&upper);
    struct kv_scan *scan = NULL;
    enum status status =
        kv->engine->scan_open(kv, KV_MAIN, keys_str(&lower), keys_str(&upper), &scan);
    if (status != STATUS_OK) {
        return status;
    }
    struct str key;
    struct str value;
    while (status == STATUS_OK && kv->engine->scan_entry(scan, &key, &value)) {
        status = look(&listing, scan, key, value);
    }
    enum status closed = kv->engine->scan_close(scan);
    if (listing.rows.count > 1) {
        qsort(listing.rows.items, listing.rows.count, listing.rows.size, compare_letters);
    }
    *out = (struct store_dead_letter *)(void *)listing.rows.items;
    *more = listing.rows.count > query->limit;
    *count = *more ? query->limit : listing.rows.count;
    return status == STATUS_OK ? closed : status;
}

// --- Age ----------------------------------------------------------------------------------------------------------------

struct old_letters {
    size_t header; // of a key, in front of the project
    int64_t before_ms;
    unsigned limit;
};

// Collects rows to delete; keys stand newest first within a project, so what is too old is the end of each.
static enum status collect_old(struct kv_store *store, struct kv_scan *scan, struct kv_batch *batch,
                               uint64_t *found, void *context) {
    const struct old_letters *letters = context;
    const struct kv_engine *engine = store->kv->engine;
    struct str key;
    struct str value;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && *found < letters->limit &&
           engine->scan_entry(scan, &key, &value)) {
        struct str rest = str_make(key.data + letters->header, key.len - letters->header);
        struct str project;
        struct store_dead_letter place = {0};
        if (!keys_read_text(&rest, &project)) {
            return STATUS_CORRUPT;
        }
        struct keys_key old = {0};
        keys_tail(&old, str_make(key.data, key.len - rest.len));
        if (!read_place(rest, &place)) {
            return STATUS_CORRUPT;
        }
        if (place.received_ms >= letters->before_ms) {
            keys_i64_desc(&old, letters->before_ms - 1);
            engine->scan_seek(scan, keys_str(&old));
            continue;
        }
        status = engine->batch_delete(batch, KV_MAIN, key);
        ++*found;
        engine->scan_next(scan);
    }
    return status;
}

enum status kv_letters_age(struct store *base, int64_t before_ms, unsigned limit, uint64_t *removed,
                           bool *more) {
    struct kv_store *store = kv_store_of(base);
    struct keys_key lower;
    struct keys_key upper;
    keys_begin_derived(&lower, KEYS_DEAD_LETTER, store->generation);
    upper = lower;
    keys_end_of_prefix(&upper);
    struct old_letters letters = {lower.len, before_ms, limit};
    enum status status = kv_remove(store, KV_MAIN, keys_str(&lower), keys_str(&upper), collect_old,
                                   &letters, removed);
    *more = status == STATUS_OK && *removed == limit;
    return status;
}

// --- Marks ------------------------------------------------------------------------------------------------------------

static void mark_key(struct keys_key *key, unsigned partition, int64_t offset) {
    keys_begin(key, KEYS_LETTER_MARK);
    keys_u16(key, (uint16_t)partition);
    keys_i64(key, offset);
}

static void put_mark(struct keys_key *value, const struct store_letter_mark *mark) {
    value->len = 0;
    keys_u8(value, (uint8_t)mark->outcome);
    keys_i64(value, mark->marked_ms);
    keys_u16(value, (uint16_t)mark->target);
    keys_i64(value, mark->target_end);
}

bool kv_letter_mark_read(struct str value, struct store_letter_mark *mark) {
    uint8_t outcome = 0;
    uint16_t target = 0;
    bool whole = keys_read_u8(&value, &outcome) && keys_read_i64(&value, &mark->marked_ms) &&
                 keys_read_u16(&value, &target) && keys_read_i64(&value, &mark->target_end) &&
                 value.len == 0 && outcome >= STORE_LETTER_TAKING &&
                 outcome <= STORE_LETTER_DISCARDED;
    mark->outcome = (enum store_letter_outcome)outcome;
    mark->target = target;
    return whole;
}

enum status kv_letter_mark_get(struct store *base, unsigned partition, int64_t offset,
                               struct store_letter_mark *out) {
    struct kv_store *store = kv_store_of(base);
    struct keys_key key;
    struct arena arena;
    struct str value;
    arena_init(&arena, 256, 0);
    mark_key(&key, partition, offset);
    enum status status = store->kv->engine->get(store->kv, KV_MAIN, keys_str(&key), &arena, &value);
    if (status == STATUS_OK && !kv_letter_mark_read(value, out)) {
        status = STATUS_CORRUPT;
    }
    arena_free(&arena);
    return status;
}

enum status kv_letter_settled(struct kv_store *store, unsigned partition, int64_t offset,
                              bool *settled) {
    struct store_letter_mark mark;
    enum status status = kv_letter_mark_get(&store->store, partition, offset, &mark);
    *settled = status == STATUS_OK && mark.outcome != STORE_LETTER_TAKING;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status put_both(struct kv_store *store, struct kv_batch *batch,
                            const struct store_dead_letter *letter,
                            const struct store_letter_mark *mark) {
    const struct kv_engine *engine = store->kv->engine;
    struct keys_key key;
    struct keys_key value;
    mark_key(&key, letter->partition, letter->offset);
    put_mark(&value, mark);
    enum status status = engine->batch_put(batch, KV_MAIN, keys_str(&key), keys_str(&value));
    if (status == STATUS_OK && mark->outcome != STORE_LETTER_TAKING) {
        place_key(&key, store->generation, letter);
        status = engine->batch_delete(batch, KV_MAIN, keys_str(&key));
    }
    uint16_t next = 0;
    if (status == STATUS_OK && mark->outcome != STORE_LETTER_TAKING &&
        kv_generation_next(store, &next)) {
        place_key(&key, next, letter);
        status = engine->batch_delete(batch, KV_MAIN, keys_str(&key));
    }
    return status;
}

// The letter goes with its mark, in one write.
enum status kv_letter_mark(struct store *base, const struct store_dead_letter *letter,
                           const struct store_letter_mark *mark) {
    struct kv_store *store = kv_store_of(base);
    struct kv *kv = store->kv;
    struct kv_batch *batch = NULL;
    enum status status = kv->engine->batch_make(kv, &batch);
    if (status != STATUS_OK) {
        return status;
    }
    bool settled = false;
    pthread_mutex_lock(&store->people);
    status = kv_letter_settled(store, letter->partition, letter->offset, &settled);
    if (status == STATUS_OK && settled) {
        status = STATUS_EXISTS;
    }
    if (status == STATUS_OK) {
        status = put_both(store, batch, letter, mark);
    }
    if (status == STATUS_OK) {
        status = kv->engine->write(kv, batch);
    }
    pthread_mutex_unlock(&store->people);
    kv->engine->batch_free(batch);
    return status == STATUS_OK ? kv->engine->sync(kv) : status;
}
