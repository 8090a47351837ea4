// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A sorted array: there are few, and it is changed once for each erasure.
#include "processor/refusals.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 16

void refusals_free(struct refusals *refusals) {
    free(refusals->hashes);
    refusals->hashes = NULL;
    refusals->count = refusals->capacity = 0;
    refusals->has_key = false;
}

// Where it is, or belongs.
static size_t place_of(const struct refusals *refusals, const char *hash, bool *found) {
    size_t from = 0;
    size_t to = refusals->count;
    *found = false;
    while (from < to && !*found) {
        size_t middle = from + (to - from) / 2;
        int order = memcmp(refusals->hashes[middle], hash, PERSON_HASH_LEN);
        *found = order == 0;
        from = order < 0 ? middle + 1 : *found ? middle : from;
        to = order > 0 ? middle : to;
    }
    return from;
}

static enum status add(struct refusals *refusals, const char *hash) {
    bool found = false;
    size_t at = place_of(refusals, hash, &found);
    if (found) {
        return STATUS_OK;
    }
    if (refusals->count == refusals->capacity) {
        size_t capacity = refusals->capacity ? refusals->capacity * 2 : FIRST_CAPACITY;
        void *hashes = realloc(refusals->hashes, capacity * sizeof *refusals->hashes);
        if (!hashes) {
            return STATUS_NO_MEMORY;
        }
        refusals->hashes = hashes;
        refusals->capacity = capacity;
    }
    memmove(&refusals->hashes[at + 1], &refusals->hashes[at],
            (refusals->count - at) * sizeof *refusals->hashes);
    memcpy(refusals->hashes[at], hash, PERSON_HASH_LEN);
    refusals->hashes[at][PERSON_HASH_LEN] = '\0';
    refusals->count++;
    return STATUS_OK;
}

enum status refusals_need_key(struct refusals *refusals, struct store *store) {
    if (refusals->has_key) {
        return STATUS_OK;
    }
    // Chance does not decide anything here: whoever asked first has made the key, and all others read it.
    randombytes_buf(refusals->key, sizeof refusals->key);
    enum status status = store_secret(store, REFUSALS_SECRET, refusals->key);
    refusals->has_key = status == STATUS_OK;
    return status;
}

enum status refusals_load(struct refusals *refusals, struct store *store, unsigned partition) {
    struct arena arena;
    struct store_refusal *rows = NULL;
    size_t count = 0;
    refusals_free(refusals);
    arena_init(&arena, 4096, 0);
    enum status status = store_refusals(store, &arena, &rows, &count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        if (rows[i].partition != partition && rows[i].partition != STORE_PARTITION_CARRIED) {
            continue;
        }
        if (rows[i].person.len != PERSON_HASH_LEN) {
            status = STATUS_CORRUPT;
        } else {
            status = add(refusals, rows[i].person.data);
        }
    }
    arena_free(&arena);
    return status == STATUS_OK && refusals->count > 0 ? refusals_need_key(refusals, store) : status;
}

bool refusals_have(const struct refusals *refusals, struct str project, struct store_actor actor) {
    char hash[PERSON_HASH_LEN + 1];
    bool found = false;
    if (refusals->count == 0) {
        return false;
    }
    person_hash(refusals->key, project, (char)actor.kind, actor.id, hash);
    (void)place_of(refusals, hash, &found);
    return found;
}

enum status refusals_change(struct refusals *refusals, struct store_batch *batch,
                            struct str project, struct store_actor actor, bool refused,
                            int64_t since_ms) {
    char hash[PERSON_HASH_LEN + 1];
    bool found = false;
    person_hash(refusals->key, project, (char)actor.kind, actor.id, hash);
    store_batch_refuse(batch, project, str_make(hash, PERSON_HASH_LEN), refused, since_ms);
    if (refused) {
        return add(refusals, hash);
    }
    size_t at = place_of(refusals, hash, &found);
    if (found) {
        refusals->count--;
        memmove(&refusals->hashes[at], &refusals->hashes[at + 1],
                (refusals->count - at) * sizeof *refusals->hashes);
    }
    return STATUS_OK;
}
