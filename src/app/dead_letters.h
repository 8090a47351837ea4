// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Dead letters: looked at, taken again, discarded. docs/operating.md says what people do with them; store/letters.h how they are kept.
#ifndef FOOTFALL_APP_DEAD_LETTERS_H
#define FOOTFALL_APP_DEAD_LETTERS_H

#include "app/service.h"
#include "store/letters.h"

#define DEAD_LETTER_ID_MAX 64

// Which letters: all that is left empty matches everything.
struct dead_letter_filter {
    struct store_letter_query query; // limit is the scan's own
    struct str stage;                // equal
    struct str reason;               // a part of it, in either case
};
// Looks through the letters that match, newest first, without holding more than a page of them; visit returns false to stop. What it is
// shown lives until it returns. looks: pages of the store that are looked at most. *more: letters may be left behind *last, which is
// where the scan ended (its texts are gone).
MUST_CHECK enum status dead_letters_scan(struct store *store,
                                         const struct dead_letter_filter *filter, unsigned looks,
                                         bool (*visit)(const struct store_dead_letter *letter,
                                                       void *context),
                                         void *context, struct store_dead_letter *last, bool *more);

// "partition-offset-milliseconds": the time finds the letter, the other two are the record's place in the log.
void dead_letter_id_write(const struct store_dead_letter *letter, char out[DEAD_LETTER_ID_MAX]);
bool dead_letter_id_read(struct str id, struct store_dead_letter *letter);
// project data NULL: whosoever. NOT_FOUND: there is none, or it was dealt with.
MUST_CHECK enum status dead_letter_find(struct store *store, struct str project, struct str id,
                                        struct arena *arena, struct store_dead_letter *out);

// Appends the letter's record to the log anew, with the id it has, and marks the letter. Doing it again after it was broken off at any
// point counts the event once: either the letter is TAKEN, or the id is still in the window in which ids are known.
struct dead_letter_taking {
    struct eventlog *log;
    struct store *store;
    struct clock *clock;
    int64_t window_ms;  // how long, and
    int64_t window_ids; // for how many records of a partition, ids are known
    struct str project; // the only one that the record may belong to; data NULL: any
    bool again;         // also when an earlier attempt is too old for its id to be known
};
// record: takes the place of the letter's; data NULL: the letter's own. INVALID: it is no event, or belongs to another project. CONFLICT: an
// earlier attempt was broken off too long ago. EXISTS: somebody was faster. Else the log's and the store's. err says it to people.
MUST_CHECK enum status dead_letter_take(const struct dead_letter_taking *taking,
                                        const struct store_dead_letter *letter, struct str record,
                                        struct error *err);

// The routes; of the gateway.
struct http_route_table app_dead_letter_routes(struct app_service *service);

#endif
