// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Everything a store holds, kind by kind, and writing it into another as it was: for who moves or checks an installation.
//
// Part of the store's contract (store/store.h), whose first lines hold here too. Not for requests: a walk reads whole tables.
#ifndef FOOTFALL_STORE_WALK_H
#define FOOTFALL_STORE_WALK_H

#include "store/deliveries.h"
#include "store/letters.h"
#include "store/store.h"

// --- Walking --------------------------------------------------------------------------------------------------------
// X(symbol, number, name of the rows for people)
#define STORE_ROW_LIST(X)                                                                          \
    X(PROJECT, 1, "projects")                                                                      \
    X(KEY, 2, "keys")                                                                              \
    X(ACCOUNT, 3, "accounts")                                                                      \
    X(PROFILE, 4, "profiles")                                                                      \
    X(VERSION_FLOOR, 5, "version floors")                                                          \
    X(REPORT, 6, "closed reports")                                                                 \
    X(DELIVERY, 7, "deliveries")                                                                   \
    X(STATE, 8, "actors")                                                                          \
    X(DAY, 9, "actors' days")                                                                      \
    X(SESSION, 10, "ended sessions")                                                               \
    X(TIMELINE, 11, "timeline entries")                                                            \
    X(LINK, 12, "identity links")                                                                  \
    X(TOTAL, 13, "day totals")                                                                     \
    X(SEEN, 14, "dedupe chunks")                                                                   \
    X(DEAD_LETTER, 15, "dead letters")                                                             \
    X(OFFSET, 16, "offsets")                                                                       \
    X(LETTER_MARK, 17, "marks of dead letters")
enum store_row_kind {
#define X(symbol, number, name) STORE_ROW_##symbol = number,
    STORE_ROW_LIST(X)
#undef X
        STORE_ROW_END // above every number
};
struct store_link {
    struct str anonymous_id, user_id;
    int64_t linked_ms; // the earliest of the pair
};
struct store_seen {
    int64_t chunk, last_ms;
    const uint64_t *hashes;
    size_t count;
};
struct store_offset {
    int64_t epoch, next_offset;
};
// What was done about a dead letter, which may be gone itself.
struct store_marked {
    int64_t offset;
    struct store_letter_mark mark;
};
struct store_row {
    enum store_row_kind kind;
    struct str project;       // of PROFILE to TOTAL and DEAD_LETTER
    struct store_actor actor; // of STATE, DAY, SESSION, TIMELINE
    unsigned partition;       // of TOTAL, SEEN, DEAD_LETTER, OFFSET, LETTER_MARK
    union {
        struct store_project project;
        struct store_key key;
        struct store_account account;
        struct store_profile profile;
        // The highest version of a deleted profile. A project may have several rows: the highest counts.
        uint64_t version_floor;
        struct store_report report;
        struct store_delivery delivery;
        struct store_actor_state state;
        struct store_actor_day day;
        struct store_session session;
        struct store_timeline_row timeline;
        struct store_link link;
        struct store_total total; // one partition's, not the sum
        struct store_seen seen;
        struct store_dead_letter dead_letter;
        struct store_offset offset;
        struct store_marked marked;
    } as; // by kind
};
struct store_page {
    struct store_row *rows;
    size_t count; // may be 0 with more behind it
    // Opaque bytes: the next page begins behind it, also after the store was opened again.
    struct str position;
    bool more; // there may be further rows
};
// Rows of one kind behind `after` (data NULL: from the start), in an order that does not change while nothing is written; each row is
// given once. About `bytes` of memory at most, but at least one row when there is one. Rows written meanwhile may come or not.
// INVALID: `after` is no position of this kind. UNSUPPORTED: the engine cannot.
MUST_CHECK enum status store_walk(struct store *store, enum store_row_kind kind, struct str after,
                                  size_t bytes, struct arena *arena, struct store_page *out);
// "profiles". Static storage.
const char *store_row_kind_name(enum store_row_kind kind);

// --- Restoring ------------------------------------------------------------------------------------------------------
// What other functions would change on the way, written as it was in another store. Durable when the call returns.
// Profiles with their versions and times, where nobody else writes any: of two versions of one the higher stands. CONFLICT: an email belongs to another profile, as far as the engine can tell without a transaction; some profiles may be
// written then. UNSUPPORTED: the engine cannot.
MUST_CHECK enum status store_profiles_restore(struct store *store, struct str project,
                                              const struct store_profile *profiles, size_t count);
// Profiles made from here on begin above `version`; a floor that is higher already stays.
MUST_CHECK enum status store_version_floor_raise(struct store *store, struct str project,
                                                 uint64_t version);
// A row of a delivery with its version, where nobody else writes any. What is there already stays. INVALID as of store_delivery_put, and a
// version below 1.
MUST_CHECK enum status store_delivery_restore(struct store *store,
                                              const struct store_delivery *row);

#endif
