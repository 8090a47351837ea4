// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The timeline: rows of one or many actors, merged newest first.
//
// Actors are read one after another, never with an iterator each: a user may own a thousand anonymous ids. What is kept is the best
// page so far; a further actor is read only down to the last row of that page.
#include "store/kv/kv_store.h"

#include <stdlib.h>

struct page {
    struct store_timeline_row *rows; // newest first
    size_t count;
    size_t wanted; // limit + 1: the one more tells whether there are further ones
};

// Negative: a stands before b, that is, a is newer.
static int compare_rows(int64_t a_ms, struct str a_id, int64_t b_ms, struct str b_id) {
    if (a_ms != b_ms) {
        return a_ms > b_ms ? -1 : 1;
    }
    return keys_compare_event_ids(a_id, b_id);
}

static bool behind_page(const struct page *page, int64_t timestamp_ms, struct str id) {
    if (page->count < page->wanted) {
        return false;
    }
    const struct store_timeline_row *last = &page->rows[page->count - 1];
    return compare_rows(timestamp_ms, id, last->timestamp_ms, last->event_id) > 0;
}

static bool bounds(struct kv_store *store, struct str project, struct store_actor actor,
                   const struct store_timeline_query *query, struct keys_key *lower,
                   struct keys_key *upper) {
    int64_t newest = query->to_ms;
    if (query->to_ms == INT64_MIN || query->from_ms >= query->to_ms) {
        return false;
    }
    newest--;
    keys_actor(lower, KEYS_TIMELINE, store->generation, project, actor);
    *upper = *lower;
    if (query->resume && query->after_ms <= newest) {
        keys_i64_desc(lower, query->after_ms);
        keys_event_id(lower, query->after_id);
        keys_u8(lower, 0); // behind it
    } else {
        keys_i64_desc(lower, newest);
    }
    // The end of the prefix that all rows at from_ms share.
    keys_i64_desc(upper, query->from_ms);
    keys_end_of_prefix(upper);
    return true;
}

// The row at the scan, when it belongs to the page. *done: this and all further rows of the actor are behind it.
static enum status read_row(struct str key, struct str value, struct store_actor actor,
                            const struct store_timeline_query *query, const struct page *page,
                            struct arena *arena, struct kv_rows *run, bool *done) {
    size_t prefix = keys_timeline_prefix(key);
    struct str rest = str_make(key.data + prefix, key.len - prefix);
    struct store_timeline_row row = {0};
    if (!keys_read_i64_desc(&rest, &row.timestamp_ms)) {
        return STATUS_CORRUPT;
    }
    if (query->name.data != NULL) {
        // Before anything is copied: most rows may have another name.
        struct store_timeline_row peek = {.timestamp_ms = row.timestamp_ms};
        if (!values_get_timeline(value, actor, &peek)) {
            return STATUS_CORRUPT;
        }
        if (!str_equal(peek.name, query->name)) {
            return STATUS_OK;
        }
    }
    enum status status = STATUS_OK;
    if (!keys_read_event_id(&rest, arena, &row.event_id, &status)) {
        return status;
    }
    if (behind_page(page, row.timestamp_ms, row.event_id)) {
        *done = true;
        return STATUS_OK;
    }
    struct str own = arena_copy(arena, value);
    struct store_timeline_row *added = kv_rows_add(run, arena);
    if (own.data == NULL || added == NULL) {
        return STATUS_NO_MEMORY;
    }
    if (rest.len != 0 || !values_get_timeline(own, actor, &row)) {
        return STATUS_CORRUPT;
    }
    *added = row;
    return STATUS_OK;
}

static enum status read_actor(struct kv_store *store, struct str project, struct store_actor actor,
                              const struct store_timeline_query *query, const struct page *page,
                              struct arena *arena, struct kv_rows *run) {
    struct keys_key lower;
    struct keys_key upper;
    if (!bounds(store, project, actor, query, &lower, &upper)) {
        return STATUS_OK;
    }
    struct kv *kv = store->kv;
    struct kv_scan *scan = NULL;
    enum status status =
        kv->engine->scan_open(kv, KV_TIMELINE, keys_str(&lower), keys_str(&upper), &scan);
    if (status != STATUS_OK) {
        return status;
    }
    struct str key;
    struct str value;
    bool done = false;
    while (status == STATUS_OK && !done && run->count < page->wanted &&
           kv->engine->scan_entry(scan, &key, &value)) {
        status = read_row(key, value, actor, query, page, arena, run, &done);
        kv->engine->scan_next(scan);
    }
    enum status closed = kv->engine->scan_close(scan);
    return status == STATUS_OK ? closed : status;
}

// Two sorted lists become one, no longer than a page.
static enum status merge(struct page *page, const struct kv_rows *run, struct arena *arena) {
    const struct store_timeline_row *added = (const void *)run->items;
    if (run->count == 0) {
        return STATUS_OK;
    }
    if (page->count == 0) {
        page->rows = (void *)run->items;
        page->count = run->count;
        return STATUS_OK;
    }
    size_t total = page->count + run->count;
    total = total < page->wanted ? total : page->wanted;
    struct store_timeline_row *merged = arena_alloc_array(arena, total, sizeof *merged);
    if (merged == NULL) {
        return STATUS_NO_MEMORY;
    }
    size_t a = 0;
    size_t b = 0;
    for (size_t i = 0; i < total; i++) {
        bool first =
            b == run->count ||
            (a < page->count && compare_rows(page->rows[a].timestamp_ms, page->rows[a].event_id,
                                             added[b].timestamp_ms, added[b].event_id) <= 0);
        merged[i] = first ? page->rows[a++] : added[b++];
    }
    page->rows = merged;
    page->count = total;
    return STATUS_OK;
}

enum status kv_timeline_read(struct store *base, struct str project,
                             const struct store_timeline_query *query, struct arena *arena,
                             struct store_timeline_row **out, size_t *count, bool *more) {
    struct kv_store *store = kv_store_of(base);
    struct page page = {.wanted = (size_t)query->limit + 1};
    for (size_t i = 0; i < query->actor_count; i++) {
        struct store_actor actor = {query->actors[i].kind, arena_copy(arena, query->actors[i].id)};
        if (actor.id.data == NULL) {
            return STATUS_NO_MEMORY;
        }
        struct kv_rows run = {.size = sizeof(struct store_timeline_row)};
        enum status status = read_actor(store, project, actor, query, &page, arena, &run);
        if (status == STATUS_OK) {
            status = merge(&page, &run, arena);
        }
        if (status != STATUS_OK) {
            return status;
        }
    }
    *more = page.count > query->limit;
    *count = *more ? query->limit : page.count;
    *out = page.rows;
    return STATUS_OK;
}
