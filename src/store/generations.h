// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Generations of the derived data: a replay of the log fills a new one while the old one is read; then readers switch in one write.
//
//   begin ──→ open, fill through the store that it gives, close ──→ switch ──→ sweep: the old one is removed, bit by bit
//     └──────────────── abandon ──→ sweep
//
// A generation holds all that store_batch_* writes: states, days, sessions, timelines, totals, links, dead letters, the dedupe window, and
// the offsets. What people wrote, closed reports, and marks of dead letters (store/letters.h) are outside of them. There is at most one
// beside the one that is read. All of it is durable when a call returns, so that a replay is taken up again where it stood.
// UNSUPPORTED from all of them: this engine has no generations (Cassandra, so far).
#ifndef FOOTFALL_STORE_GENERATIONS_H
#define FOOTFALL_STORE_GENERATIONS_H

#include "store/store.h"

#define STORE_GENERATION_NOTE_MAX 16384

struct store_generation_start {
    struct str
        note; // what the replay is to know when it is taken up again; at most STORE_GENERATION_NOTE_MAX bytes
    bool again; // in place of the one that is being filled, if there is one, which is thrown away
    // The log has no longer all that was in it: links and refusals are copied from the one that is read, since what led to them may be gone.
    bool carry;
};
// Makes one, empty but for what is carried. EXISTS: one is being filled. FULL: no numbers are left.
MUST_CHECK enum status store_generation_begin(struct store *store,
                                              const struct store_generation_start *start);
MUST_CHECK enum status store_generation_note(struct store *store, struct str note); // NOT_FOUND
// The one that is being filled, as a store of its own: derived data there is that of the new generation, all else is the same. Close it before
// `store`. note (may be NULL) lives in arena; out may be NULL, too. NOT_FOUND: none is.
MUST_CHECK enum status store_generation_open(struct store *store, struct arena *arena,
                                             struct str *note, struct store **out);
// From now on `store` reads and writes the new one. Nobody may have a batch open in either meanwhile; what was opened above is closed.
// Each read that begins afterwards sees the new one. past: what is to be known of all that are over, by the same write. NOT_FOUND.
MUST_CHECK enum status store_generation_switch(struct store *store, struct str past);
MUST_CHECK enum status store_generation_abandon(struct store *store, struct str past); // NOT_FOUND
// What the last of these two was given; in arena. NOT_FOUND: there was none.
MUST_CHECK enum status store_generation_past(struct store *store, struct arena *arena,
                                             struct str *past);
// Removes up to so many rows of generations that are neither read nor filled. *more: there may be further ones.
MUST_CHECK enum status store_generation_sweep(struct store *store, size_t rows, bool *more);

#endif
