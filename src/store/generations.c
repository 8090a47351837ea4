// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Generations: what is checked before an engine is asked, and engines that have none.
#include "store/generations.h"

#include "store/engine.h"

static bool fits(struct str note) {
    return note.len <= STORE_GENERATION_NOTE_MAX;
}

enum status store_generation_begin(struct store *store,
                                   const struct store_generation_start *start) {
    if (!store->engine->generation_begin) {
        return STATUS_UNSUPPORTED;
    }
    return fits(start->note) ? store->engine->generation_begin(store, start) : STATUS_INVALID;
}

enum status store_generation_note(struct store *store, struct str note) {
    if (!store->engine->generation_note) {
        return STATUS_UNSUPPORTED;
    }
    return fits(note) ? store->engine->generation_note(store, note) : STATUS_INVALID;
}

enum status store_generation_open(struct store *store, struct arena *arena, struct str *note,
                                  struct store **out) {
    return store->engine->generation_open ? store->engine->generation_open(store, arena, note, out)
                                          : STATUS_UNSUPPORTED;
}

static enum status end(struct store *store, bool use_it, struct str past) {
    if (!store->engine->generation_end) {
        return STATUS_UNSUPPORTED;
    }
    return fits(past) ? store->engine->generation_end(store, use_it, past) : STATUS_INVALID;
}

enum status store_generation_switch(struct store *store, struct str past) {
    return end(store, true, past);
}

enum status store_generation_abandon(struct store *store, struct str past) {
    return end(store, false, past);
}

enum status store_generation_past(struct store *store, struct arena *arena, struct str *past) {
    return store->engine->generation_past ? store->engine->generation_past(store, arena, past)
                                          : STATUS_UNSUPPORTED;
}

enum status store_generation_sweep(struct store *store, size_t rows, bool *more) {
    *more = false;
    return store->engine->generation_sweep ? store->engine->generation_sweep(store, rows, more)
                                           : STATUS_UNSUPPORTED;
}
