// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Dead letters: what is checked before an engine is asked.
#include "store/letters.h"

#include "store/engine.h"

#define ID_MAX 512
#define PARTITION_MAX 65535

static bool is_id(struct str text) {
    return text.len > 0 && text.len <= ID_MAX && !memchr(text.data, '\0', text.len);
}

enum status store_letters_read(struct store *store, const struct store_letter_query *query,
                               struct arena *arena, struct store_dead_letter **out, size_t *count,
                               bool *more) {
    *out = NULL;
    *count = 0;
    *more = false;
    if ((query->project.data != NULL && !is_id(query->project)) ||
        (query->resume && query->after_partition > PARTITION_MAX)) {
        return STATUS_INVALID;
    }
    if (query->limit == 0 || query->from_ms >= query->to_ms ||
        (query->resume && query->after_ms < query->from_ms)) {
        return STATUS_OK;
    }
    return store->engine->letters_read(store, query, arena, out, count, more);
}

enum status store_dead_letters(struct store *store, struct str project, unsigned limit,
                               struct arena *arena, struct store_dead_letter **out, size_t *count) {
    struct store_letter_query query = {
        .project = project, .from_ms = INT64_MIN, .to_ms = INT64_MAX, .limit = limit};
    bool more = false;
    return store_letters_read(store, &query, arena, out, count, &more);
}

enum status store_letters_age(struct store *store, int64_t before_ms, unsigned limit,
                              uint64_t *removed, bool *more) {
    *removed = 0;
    *more = false;
    return limit == 0 || before_ms == INT64_MIN || !store->engine->letters_age
               ? STATUS_OK
               : store->engine->letters_age(store, before_ms, limit, removed, more);
}

enum status store_letter_mark(struct store *store, const struct store_dead_letter *letter,
                              const struct store_letter_mark *mark) {
    bool valid = is_id(letter->project) && letter->partition <= PARTITION_MAX &&
                 mark->target <= PARTITION_MAX && mark->outcome >= STORE_LETTER_TAKING &&
                 mark->outcome <= STORE_LETTER_DISCARDED;
    return valid ? store->engine->letter_mark(store, letter, mark) : STATUS_INVALID;
}

enum status store_letter_mark_get(struct store *store, unsigned partition, int64_t offset,
                                  struct store_letter_mark *out) {
    return partition <= PARTITION_MAX
               ? store->engine->letter_mark_get(store, partition, offset, out)
               : STATUS_INVALID;
}
