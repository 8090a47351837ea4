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
// UNSUPPORTED from all of them: this engine has no generations.
#ifndef FOOTFALL_STORE_GENERATIONS_H
#define FOOTFALL_STORE_GENERATIONS_H

#include "store/store.h"

#define STORE_GENERATION_NOTE_MAX 16384
#define STORE_GENERATION_VERSION_BYTES 16
// So long after a switch the old one may still be read somewhere: do not sweep.
#define STORE_GENERATION_GRACE_MS 60000

struct store_generation_start {
    struct str
        note; // what the replay is to know when it is taken up again; at most STORE_GENERATION_NOTE_MAX bytes
    bool again; // in place of the one that is being filled, if there is one, which is thrown away
    // The log has no longer all that was in it: links and refusals are copied from the one that is read, since what led to them may be gone.
    bool carry;
    const uint8_t *version; // as below; NULL: whatever the version
};
// Makes one, empty but for what is carried. EXISTS: one is being filled. FULL: no numbers are left.
MUST_CHECK enum status store_generation_begin(struct store *store,
                                              const struct store_generation_start *start);
// version: of the look below, NULL: whatever. NOT_FOUND, CONFLICT.
MUST_CHECK enum status store_generation_note(struct store *store, const uint8_t *version,
                                             struct str note);
// The one that is being filled, as a store of its own: derived data there is that of the new generation, all else is the same. Close it before
// `store`. note (may be NULL) lives in arena; out may be NULL, too. NOT_FOUND: none is.
MUST_CHECK enum status store_generation_open(struct store *store, struct arena *arena,
                                             struct str *note, struct store **out);
// From now on `store` reads and writes the new one. Nobody may have a batch open in either meanwhile; what was opened above is closed.
// Each read that begins afterwards sees the new one. past: what is to be known of all that are over, by the same write. NOT_FOUND.
MUST_CHECK enum status store_generation_switch(struct store *store, struct str past);
MUST_CHECK enum status store_generation_abandon(struct store *store, struct str past); // NOT_FOUND
// Either of these two, by what was looked at.
struct store_generation_ending {
    bool use_it; // switch; else abandon
    struct str past;
    int64_t generation; // CONFLICT unless this one is being filled; 0: whichever is
    int64_t closing;    // CONFLICT unless this attempt is under way; 0: whether one is or not
};
MUST_CHECK enum status store_generation_end(struct store *store,
                                            const struct store_generation_ending *ending);
// What the last of these two was given; in arena. NOT_FOUND: there was none.
MUST_CHECK enum status store_generation_past(struct store *store, struct arena *arena,
                                             struct str *past);
// Removes up to so many rows of generations that are neither read nor filled. *more: there may be further ones.
MUST_CHECK enum status store_generation_sweep(struct store *store, size_t rows, bool *more);

// --- In a store that several processes share -----------------------------------------------------------------------------
// All may fill one generation together, each those partitions of the log that it has at the time: a partition is written as by
// processors, so that of two who believe they have it one gets CONFLICT. Each process reads the generation that was read a second ago
// at most; the store given back by `hold` keeps one for good, which is what a processor needs.
//
// Nobody may see the old generation after the new one has less than it. So before a switch each partition of the old one is closed, by a
// conditional write where its commits decide: after that no commit there succeeds, however long its writer was asleep.
//
//   close_begin ──→ close each ──→ the new one has as much as each had ──→ end (use_it, with that attempt)
//        └─────────── close_end, or an abandon ──→ reopen each
//
// UNSUPPORTED from all of them: this engine belongs to one process, and `switch` above is enough.
struct store_generation_look {
    int64_t generation; // that is read
    int64_t filled;     // 0: none
    int64_t closing;    // the attempt that is under way; 0: none
    bool unswept;       // there may be rows of old ones
    int64_t
        known_ms; // for so long this process has known which is read; INT64_MAX: since it opened the store
    struct str note;                                 // in the arena, as the next
    struct str past;                                 // data NULL: nothing has ended yet
    uint8_t version[STORE_GENERATION_VERSION_BYTES]; // another one after each change
};
MUST_CHECK enum status store_generation_look(struct store *store, struct arena *arena,
                                             struct store_generation_look *out);
// A store that goes on with the generation that is read now when others switch. Close it before `store`.
MUST_CHECK enum status store_generation_hold(struct store *store, struct store **out,
                                             int64_t *generation);
// Of a store that holds a generation: below which offset the partition is committed, whether or not all of its rows have arrived.
MUST_CHECK enum status store_generation_progress(struct store *store, int64_t epoch,
                                                 unsigned partition, int64_t *next_offset);
// What a process says of itself while a generation is filled, for 15 s; and what all say that have in the last 15 s. In the arena.
MUST_CHECK enum status store_generation_sign(struct store *store, int64_t generation,
                                             struct str process, struct str sign);
MUST_CHECK enum status store_generation_signs(struct store *store, int64_t generation,
                                              struct arena *arena, struct str **out, size_t *count);
// *closing: its number; the one that is under way, if there is one. NOT_FOUND: none is being filled. CONFLICT: another version.
MUST_CHECK enum status store_generation_close_begin(struct store *store, const uint8_t *version,
                                                    int64_t *closing);
// store holds the generation that is read. *next_offset: where the partition ended for good. CONFLICT: a later attempt has closed it.
MUST_CHECK enum status store_generation_close(struct store *store, int64_t closing, int64_t epoch,
                                              unsigned partition, int64_t *next_offset);
MUST_CHECK enum status store_generation_close_end(struct store *store, int64_t closing);
// If it was closed by an attempt that came to nothing. store holds a generation; nothing happens when that is not the one that is read.
MUST_CHECK enum status store_generation_reopen(struct store *store, int64_t epoch,
                                               unsigned partition);

#endif
