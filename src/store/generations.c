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

enum status store_generation_note(struct store *store, const uint8_t *version, struct str note) {
    if (!store->engine->generation_note) {
        return STATUS_UNSUPPORTED;
    }
    return fits(note) ? store->engine->generation_note(store, version, note) : STATUS_INVALID;
}

enum status store_generation_open(struct store *store, struct arena *arena, struct str *note,
                                  struct store **out) {
    return store->engine->generation_open ? store->engine->generation_open(store, arena, note, out)
                                          : STATUS_UNSUPPORTED;
}

enum status store_generation_end(struct store *store,
                                 const struct store_generation_ending *ending) {
    if (!store->engine->generation_end) {
        return STATUS_UNSUPPORTED;
    }
    return fits(ending->past) ? store->engine->generation_end(store, ending) : STATUS_INVALID;
}

static enum status end(struct store *store, bool use_it, struct str past) {
    struct store_generation_ending ending = {.use_it = use_it, .past = past};
    return store_generation_end(store, &ending);
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

// --- In a store that several processes share -----------------------------------------------------------------------------

enum status store_generation_look(struct store *store, struct arena *arena,
                                  struct store_generation_look *out) {
    const struct store_engine_shared *shared = store->engine->generations_shared;
    return shared ? shared->look(store, arena, out) : STATUS_UNSUPPORTED;
}

enum status store_generation_hold(struct store *store, struct store **out, int64_t *generation) {
    const struct store_engine_shared *shared = store->engine->generations_shared;
    return shared ? shared->hold(store, out, generation) : STATUS_UNSUPPORTED;
}

enum status store_generation_progress(struct store *store, int64_t epoch, unsigned partition,
                                      int64_t *next_offset) {
    const struct store_engine_shared *shared = store->engine->generations_shared;
    return shared ? shared->progress(store, epoch, partition, next_offset) : STATUS_UNSUPPORTED;
}

enum status store_generation_sign(struct store *store, int64_t generation, struct str process,
                                  struct str sign) {
    const struct store_engine_shared *shared = store->engine->generations_shared;
    if (!shared) {
        return STATUS_UNSUPPORTED;
    }
    return fits(sign) ? shared->sign(store, generation, process, sign) : STATUS_INVALID;
}

enum status store_generation_signs(struct store *store, int64_t generation, struct arena *arena,
                                   struct str **out, size_t *count) {
    const struct store_engine_shared *shared = store->engine->generations_shared;
    *count = 0;
    return shared ? shared->signs(store, generation, arena, out, count) : STATUS_UNSUPPORTED;
}

enum status store_generation_close_begin(struct store *store, const uint8_t *version,
                                         int64_t *closing) {
    const struct store_engine_shared *shared = store->engine->generations_shared;
    return shared ? shared->close_begin(store, version, closing) : STATUS_UNSUPPORTED;
}

enum status store_generation_close(struct store *store, int64_t closing, int64_t epoch,
                                   unsigned partition, int64_t *next_offset) {
    const struct store_engine_shared *shared = store->engine->generations_shared;
    return shared ? shared->close(store, closing, epoch, partition, next_offset)
                  : STATUS_UNSUPPORTED;
}

enum status store_generation_close_end(struct store *store, int64_t closing) {
    const struct store_engine_shared *shared = store->engine->generations_shared;
    return shared ? shared->close_end(store, closing) : STATUS_UNSUPPORTED;
}

enum status store_generation_reopen(struct store *store, int64_t epoch, unsigned partition) {
    const struct store_engine_shared *shared = store->engine->generations_shared;
    return shared ? shared->reopen(store, epoch, partition) : STATUS_UNSUPPORTED;
}
