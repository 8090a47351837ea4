// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Walks over all rows of a store, and says what of them is carried over.
#include "migrate/patience.h"
#include "migrate/row_copy.h"

#define PAGE_BYTES ((size_t)4 << 20)
#define PAGE_ARENA ((size_t)1 << 20)

static enum status read_failed(enum store_row_kind kind, enum status status, struct error *err) {
    return error_set(err, status, "the store's %s cannot be read: %s", store_row_kind_name(kind),
                     status_text(status));
}

static enum status read_page(struct row_walk *walk, struct str position, struct arena *arena,
                             struct store_page *page) {
    struct patience patience = patience_begin(walk->config);
    enum status status = STATUS_OK;
    do {
        arena_reset(arena);
        status = store_walk(walk->store, walk->kind, position, PAGE_BYTES, arena, page);
    } while (patience_left(&patience, status, store_row_kind_name(walk->kind)));
    return status;
}

// Two arenas in turn: a page's position is needed while the next page is read.
static enum status walk_kind(struct row_walk *walk, struct arena arenas[2], struct error *err) {
    struct str position = walk->position;
    bool more = true;
    for (unsigned turn = 0; more; turn ^= 1) {
        if (walk->config->stopped && walk->config->stopped(walk->config->context)) {
            return error_set(err, STATUS_CLOSED, "stopped");
        }
        struct store_page page;
        enum status status = read_page(walk, position, &arenas[turn], &page);
        if (status != STATUS_OK) {
            return read_failed(walk->kind, status, err);
        }
        status = walk->visit(page.rows, page.count, walk->context, err);
        more = page.more;
        position = page.position;
        if (status == STATUS_OK && more && walk->paused) {
            status = walk->paused(walk->kind, position, walk->context, err);
        }
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

// A store that has a letter's mark need not keep the letter.
static enum store_row_kind kind_behind(enum store_row_kind kind) {
    return kind == STORE_ROW_SEEN          ? STORE_ROW_LETTER_MARK
           : kind == STORE_ROW_LETTER_MARK ? STORE_ROW_DEAD_LETTER
                                           : (enum store_row_kind)(kind + 1);
}

enum status row_walk(struct row_walk *walk, struct error *err) {
    struct arena arenas[2];
    arena_init(&arenas[0], PAGE_ARENA, 0);
    arena_init(&arenas[1], PAGE_ARENA, 0);
    enum status status = STATUS_OK;
    while (walk->kind != STORE_ROW_OFFSET && status == STATUS_OK) {
        status = walk_kind(walk, arenas, err);
        if (status == STATUS_OK) {
            walk->kind = kind_behind(walk->kind);
            walk->position = STR_EMPTY;
            status = walk->paused ? walk->paused(walk->kind, walk->position, walk->context, err)
                                  : STATUS_OK;
        }
    }
    arena_free(&arenas[0]);
    arena_free(&arenas[1]);
    return status;
}

bool row_carry(const struct row_rules *rules, struct store_row *row, enum status *status) {
    *status = STATUS_OK;
    if (row->kind == STORE_ROW_TIMELINE) {
        return row->as.timeline.timestamp_ms >= rules->timeline_from_ms;
    }
    if (row->kind == STORE_ROW_DELIVERY) {
        return row->as.delivery.due_ms >= rules->due_from_ms;
    }
    return row->kind < STORE_ROW_TOTAL || !rules->plan || plan_row(rules->plan, row, status);
}
