// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Dead letters for people: read page by page, and marked when somebody has dealt with one.
//
// Letters are derived data; what people do about them is not. So a letter is not deleted: it gets a mark, which is durable when the call
// returns, and from then on it is not read any more. A letter that is put again (the store lost its newest writes, the log is read again)
// stays dealt with, since its mark is found by partition and offset.
//
//   open ── TAKING ──→ TAKEN        its record is appended to the log anew, between the two
//    └────────┴──────→ DISCARDED
//
// Calls block, and may come from any thread but an HTTP loop. Statuses besides those named: as of store.h.
#ifndef FOOTFALL_STORE_LETTERS_H
#define FOOTFALL_STORE_LETTERS_H

#include "store/store.h"

struct store_letter_query {
    struct str project;     // data NULL: all
    int64_t from_ms, to_ms; // from <= received < to
    unsigned limit;
    bool resume; // begin behind this letter
    int64_t after_ms;
    unsigned after_partition;
    int64_t after_offset;
};
// Newest first; of one time by partition ascending and offset descending. Letters that are TAKEN or DISCARDED are left out. *more: there
// may be further ones.
MUST_CHECK enum status store_letters_read(struct store *store,
                                          const struct store_letter_query *query,
                                          struct arena *arena, struct store_dead_letter **out,
                                          size_t *count, bool *more);

// Removes letters received before before_ms, at most `limit` of them; *removed: how many. *more: there may be further ones. What was done about
// them stays known. A store that forgets by itself (store_cassandra_config.letter_age_ms) has nothing to remove.
MUST_CHECK enum status store_letters_age(struct store *store, int64_t before_ms, unsigned limit,
                                         uint64_t *removed, bool *more);

// Numbers are stored.
enum store_letter_outcome {
    STORE_LETTER_TAKING = 1,
    STORE_LETTER_TAKEN = 2,
    STORE_LETTER_DISCARDED = 3,
};
struct store_letter_mark {
    enum store_letter_outcome outcome;
    int64_t marked_ms;
    // Of TAKING and TAKEN: where in the log the record was to go, and where that partition ended before.
    unsigned target;
    int64_t target_end;
};
// letter: its project, received_ms, partition and offset count. EXISTS: it is TAKEN or DISCARDED already.
MUST_CHECK enum status store_letter_mark(struct store *store,
                                         const struct store_dead_letter *letter,
                                         const struct store_letter_mark *mark);
MUST_CHECK enum status store_letter_mark_get(struct store *store, unsigned partition,
                                             int64_t offset,
                                             struct store_letter_mark *out); // NOT_FOUND

#endif
