// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Generations of derived rows: their numbers are rows of META, their removal a scan that jumps over what is kept.
//
//   generation       the one that is read
//   generation.next  the one that is filled; absent: none. Its note stands beside it
//   generation.last  the highest number that was ever given: what is left of an old one is never taken for a new one
//   generation.past  what is known of replays that are over
#include <stdlib.h>

#include "store/kv/kv_store.h"

#define CARRY_ROWS 2000

static void sweep_from_start(struct kv_store *store) {
    store->sweep_table = 0;
    store->sweep_key.len = 0;
}

static void meta_key(struct keys_key *key, struct str name) {
    keys_begin(key, KEYS_META);
    keys_tail(key, name);
}

static enum status get_number(struct kv_store *store, struct str name, int64_t *number) {
    struct keys_key key;
    meta_key(&key, name);
    return kv_store_get_number(store, &key, number);
}

bool kv_generation_next(struct kv_store *store, uint16_t *next) {
    int64_t number = 0;
    bool filled = get_number(store, STR("generation.next"), &number) == STATUS_OK;
    *next = (uint16_t)number;
    return filled;
}

static enum status put_number(struct kv_batch *batch, struct str name, int64_t number) {
    struct keys_key key;
    meta_key(&key, name);
    return kv_store_batch_number(batch, &key, number);
}

static enum status write_durably(struct kv_store *store, struct kv_batch *batch,
                                 enum status status) {
    if (status == STATUS_OK) {
        status = store->kv->engine->write(store->kv, batch);
    }
    return status == STATUS_OK ? store->kv->engine->sync(store->kv) : status;
}

static enum status put_text(struct kv_store *store, struct kv_batch *batch, struct str name,
                            struct str text) {
    struct keys_key key;
    meta_key(&key, name);
    return store->kv->engine->batch_put(batch, KV_MAIN, keys_str(&key),
                                        text.len > 0 ? text : STR(""));
}

// The number of a new one, which from then on no other gets.
static enum status take_number(struct kv_store *store, int64_t *number) {
    struct kv_batch *batch = NULL;
    int64_t last = 0;
    enum status status = get_number(store, STR("generation.last"), &last);
    if (status == STATUS_NOT_FOUND) {
        last = store->generation;
    } else if (status != STATUS_OK) {
        return status;
    }
    if (last >= UINT16_MAX) {
        return STATUS_FULL;
    }
    *number = last + 1;
    status = store->kv->engine->batch_make(store->kv, &batch);
    if (status == STATUS_OK) {
        status = write_durably(store, batch, put_number(batch, STR("generation.last"), *number));
        store->kv->engine->batch_free(batch);
    }
    return status;
}

// Some of a table's rows, those from *from on, under another number. *from: where to go on; empty: it was all.
static enum status carry_some(struct kv_store *store, enum keys_table table, uint16_t number,
                              struct keys_key *from, struct kv_batch *batch) {
    const struct kv_engine *engine = store->kv->engine;
    struct kv_scan *scan = NULL;
    struct keys_key upper;
    struct keys_key head;
    struct str key;
    struct str value;
    keys_begin_derived(&upper, table, store->generation);
    keys_begin_derived(&head, table, number);
    struct keys_key lower = from->len > 0 ? *from : upper;
    keys_end_of_prefix(&upper);
    from->len = 0;
    enum status status =
        engine->scan_open(store->kv, KV_MAIN, keys_str(&lower), keys_str(&upper), &scan);
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t rows = 0; status == STATUS_OK && engine->scan_entry(scan, &key, &value); rows++) {
        if (key.len > KEYS_MAX) {
            status = STATUS_CORRUPT;
        } else if (rows == CARRY_ROWS) {
            memcpy(from->data, key.data, key.len);
            from->len = key.len;
            break;
        } else {
            struct keys_key made = head; // of one length, whatever the number
            memcpy(made.data + head.len, key.data + head.len, key.len - head.len);
            made.len = key.len;
            status = engine->batch_put(batch, KV_MAIN, keys_str(&made), value);
            engine->scan_next(scan);
        }
    }
    enum status closed = engine->scan_close(scan);
    return status == STATUS_OK ? closed : status;
}

static enum status carry_table(struct kv_store *store, enum keys_table table, uint16_t number) {
    const struct kv_engine *engine = store->kv->engine;
    struct keys_key from = {.len = 0};
    enum status status = STATUS_OK;
    do {
        struct kv_batch *batch = NULL;
        status = engine->batch_make(store->kv, &batch);
        if (status == STATUS_OK) {
            status = carry_some(store, table, number, &from, batch);
            status = status == STATUS_OK ? engine->write(store->kv, batch) : status;
            engine->batch_free(batch);
        }
    } while (status == STATUS_OK && from.len > 0);
    return status;
}

static enum status carry(struct kv_store *store, uint16_t number) {
    static const enum keys_table carried[] = {KEYS_REFUSAL, KEYS_LINK, KEYS_LINK_BY_USER};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof carried / sizeof carried[0] && status == STATUS_OK; i++) {
        status = carry_table(store, carried[i], number);
    }
    return status;
}

// What was carried and then not begun has a number that nobody gets, and is swept.
static enum status begin(struct kv_store *store, struct kv_batch *batch,
                         const struct store_generation_start *start) {
    int64_t next = 0;
    enum status status = get_number(store, STR("generation.next"), &next);
    if (status != STATUS_NOT_FOUND && (status != STATUS_OK || !start->again)) {
        return status == STATUS_OK ? STATUS_EXISTS : status;
    }
    status = take_number(store, &next);
    if (status == STATUS_OK && start->carry) {
        status = carry(store, (uint16_t)next);
    }
    if (status == STATUS_OK) {
        status = put_text(store, batch, STR("generation.note"), start->note);
    }
    if (status == STATUS_OK) {
        status = put_number(batch, STR("generation.next"), next);
    }
    return write_durably(store, batch, status);
}

enum status kv_generation_begin(struct store *base, const struct store_generation_start *start) {
    struct kv_store *store = kv_store_of(base);
    struct kv_batch *batch = NULL;
    enum status status = store->kv->engine->batch_make(store->kv, &batch);
    if (status != STATUS_OK) {
        return status;
    }
    pthread_mutex_lock(&store->people);
    status = begin(store, batch, start);
    sweep_from_start(store);
    pthread_mutex_unlock(&store->people);
    store->kv->engine->batch_free(batch);
    return status;
}

enum status kv_generation_note(struct store *base, const uint8_t *version, struct str note) {
    struct kv_store *store = kv_store_of(base);
    (void)version; // one process has it
    struct kv_batch *batch = NULL;
    int64_t next = 0;
    enum status status = store->kv->engine->batch_make(store->kv, &batch);
    if (status != STATUS_OK) {
        return status;
    }
    pthread_mutex_lock(&store->people);
    status = get_number(store, STR("generation.next"), &next);
    if (status == STATUS_OK) {
        status = write_durably(store, batch, put_text(store, batch, STR("generation.note"), note));
    }
    pthread_mutex_unlock(&store->people);
    store->kv->engine->batch_free(batch);
    return status;
}

enum status kv_generation_past(struct store *base, struct arena *arena, struct str *past) {
    struct kv_store *store = kv_store_of(base);
    struct keys_key key;
    meta_key(&key, STR("generation.past"));
    return store->kv->engine->get(store->kv, KV_MAIN, keys_str(&key), arena, past);
}

enum status kv_generation_open(struct store *base, struct arena *arena, struct str *note,
                               struct store **out) {
    struct kv_store *store = kv_store_of(base);
    struct keys_key key;
    int64_t next = 0;
    enum status status = get_number(store, STR("generation.next"), &next);
    if (status == STATUS_OK && (next < 0 || next > UINT16_MAX)) {
        status = STATUS_CORRUPT;
    }
    if (status == STATUS_OK && note != NULL) {
        meta_key(&key, STR("generation.note"));
        status = store->kv->engine->get(store->kv, KV_MAIN, keys_str(&key), arena, note);
    }
    return status == STATUS_OK && out != NULL ? kv_store_borrow(store, (uint16_t)next, out)
                                              : status;
}

// Readers ask `generation` of the object, a write that is atomic.
static void use(struct kv_store *store, int64_t number, int64_t epoch, bool epoch_known) {
    for (size_t i = 0; i < KV_STORE_STRIPES; i++) {
        pthread_mutex_lock(&store->partitions[i]);
    }
    pthread_mutex_lock(&store->epoch_lock);
    store->generation = (uint16_t)number;
    store->epoch = epoch;
    store->epoch_known = epoch_known;
    for (size_t i = 0; i < KV_STORE_FLOORS; i++) {
        store->seen_floors[i] = INT64_MIN; // what was forgotten there says nothing here
    }
    pthread_mutex_unlock(&store->epoch_lock);
    for (size_t i = 0; i < KV_STORE_STRIPES; i++) {
        pthread_mutex_unlock(&store->partitions[i]);
    }
}

static enum status remove_next(struct kv_store *store, struct kv_batch *batch) {
    struct keys_key key;
    meta_key(&key, STR("generation.next"));
    enum status status = store->kv->engine->batch_delete(batch, KV_MAIN, keys_str(&key));
    meta_key(&key, STR("generation.note"));
    return status == STATUS_OK ? store->kv->engine->batch_delete(batch, KV_MAIN, keys_str(&key))
                               : status;
}

static enum status end(struct kv_store *store, struct kv_batch *batch, bool use_it,
                       struct str past) {
    int64_t next = 0;
    int64_t epoch = 0;
    struct keys_key key;
    enum status status = get_number(store, STR("generation.next"), &next);
    if (status != STATUS_OK) {
        return status;
    }
    keys_begin_derived(&key, KEYS_EPOCH, (uint16_t)next);
    enum status known = kv_store_get_number(store, &key, &epoch);
    if (known != STATUS_OK && known != STATUS_NOT_FOUND) {
        return known;
    }
    status = remove_next(store, batch);
    if (status == STATUS_OK) {
        status = put_text(store, batch, STR("generation.past"), past);
    }
    if (status == STATUS_OK && use_it) {
        status = put_number(batch, STR("generation"), next);
    }
    status = write_durably(store, batch, status);
    if (status == STATUS_OK && use_it) {
        use(store, next, epoch, known == STATUS_OK);
    }
    return status;
}

enum status kv_generation_end(struct store *base, const struct store_generation_ending *ending) {
    struct kv_store *store = kv_store_of(base);
    struct kv_batch *batch = NULL;
    enum status status = store->kv->engine->batch_make(store->kv, &batch);
    if (status != STATUS_OK) {
        return status;
    }
    pthread_mutex_lock(&store->people);
    status = end(store, batch, ending->use_it, ending->past);
    sweep_from_start(store);
    pthread_mutex_unlock(&store->people);
    store->kv->engine->batch_free(batch);
    return status;
}

// --- Sweeping -----------------------------------------------------------------------------------------------------------

struct sweep {
    struct kv_store *store;
    struct kv_batch *batch;
    int64_t kept[2]; // generations; -1: none
    size_t left;     // rows that may still go
};

static const struct {
    enum kv_family family;
    enum keys_table table;
} tables[] = {
    {KV_TIMELINE, KEYS_TIMELINE}, {KV_ACTORS, KEYS_STATE},      {KV_ACTORS, KEYS_DAY},
    {KV_ACTORS, KEYS_SESSION},    {KV_MAIN, KEYS_LINK_BY_USER}, {KV_MAIN, KEYS_LINK},
    {KV_MAIN, KEYS_DEAD_LETTER},  {KV_MAIN, KEYS_REFUSAL},      {KV_MAIN, KEYS_TOTAL},
    {KV_MAIN, KEYS_SEEN},         {KV_MAIN, KEYS_OFFSET},       {KV_MAIN, KEYS_EPOCH},
};
#define TABLES (sizeof tables / sizeof tables[0])

// One entry: deletes it, or jumps over the generation, when that is kept.
static enum status sweep_entry(struct sweep *sweep, struct kv_scan *scan, struct str key) {
    struct kv_store *store = sweep->store;
    const struct kv_engine *engine = store->kv->engine;
    struct str rest = str_make(key.data + 1, key.len - 1);
    uint16_t generation = 0;
    if (!keys_read_u16(&rest, &generation) || key.len > KEYS_MAX) {
        return STATUS_CORRUPT;
    }
    if (generation == sweep->kept[0] || generation == sweep->kept[1]) {
        struct keys_key behind;
        keys_begin_derived(&behind, tables[store->sweep_table].table, generation);
        keys_end_of_prefix(&behind);
        engine->scan_seek(scan, keys_str(&behind));
        return STATUS_OK;
    }
    enum status status = engine->batch_delete(sweep->batch, tables[store->sweep_table].family, key);
    // The next sweep goes on from here, and not over all that was removed before.
    memcpy(store->sweep_key.data, key.data, key.len);
    store->sweep_key.len = key.len;
    sweep->left--;
    engine->scan_next(scan);
    return status;
}

static enum status sweep_table(struct sweep *sweep) {
    struct kv_store *store = sweep->store;
    const struct kv_engine *engine = store->kv->engine;
    enum kv_family family = tables[store->sweep_table].family;
    struct keys_key lower;
    struct keys_key upper;
    struct kv_scan *scan = NULL;
    struct str key;
    struct str value;
    keys_begin(&upper, tables[store->sweep_table].table);
    lower = store->sweep_key.len > 0 ? store->sweep_key : upper;
    keys_end_of_prefix(&upper);
    enum status status =
        engine->scan_open(store->kv, family, keys_str(&lower), keys_str(&upper), &scan);
    if (status != STATUS_OK) {
        return status;
    }
    while (status == STATUS_OK && sweep->left > 0 && engine->scan_entry(scan, &key, &value)) {
        status = sweep_entry(sweep, scan, key);
    }
    enum status closed = engine->scan_close(scan);
    return status == STATUS_OK ? closed : status;
}

static enum status sweep_all(struct sweep *sweep) {
    struct kv_store *store = sweep->store;
    enum status status = STATUS_OK;
    while (store->sweep_table < TABLES && sweep->left > 0 && status == STATUS_OK) {
        status = sweep_table(sweep);
        if (status == STATUS_OK && sweep->left > 0) {
            store->sweep_table++;
            store->sweep_key.len = 0;
        }
    }
    return status;
}

enum status kv_generation_sweep(struct store *base, size_t rows, bool *more) {
    struct kv_store *store = kv_store_of(base);
    struct sweep sweep = {.store = store, .left = rows};
    enum status status = store->kv->engine->batch_make(store->kv, &sweep.batch);
    if (status != STATUS_OK) {
        return status;
    }
    pthread_mutex_lock(&store->people); // no generation begins or ends meanwhile
    int64_t next = -1;
    status = get_number(store, STR("generation.next"), &next);
    sweep.kept[0] = store->generation;
    sweep.kept[1] = status == STATUS_OK ? next : -1;
    if (status == STATUS_OK || status == STATUS_NOT_FOUND) {
        status = sweep_all(&sweep);
    }
    if (status == STATUS_OK && sweep.left < rows) {
        status = store->kv->engine->write(store->kv, sweep.batch);
    }
    *more = sweep.left == 0;
    if (status != STATUS_OK || !*more) {
        sweep_from_start(store); // also what could not be written now
    }
    pthread_mutex_unlock(&store->people);
    store->kv->engine->batch_free(sweep.batch);
    return status;
}
