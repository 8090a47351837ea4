// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Erasing a person: what removes their rows, what remembers that it was done, and who must not be erased or not be taken again.
//
// Part of the store's contract (store/store.h), whose first lines hold here too. `person` is a keyed hash (event/person.h) of 1 to 64
// characters: none of these rows has an id of anybody.
#ifndef FOOTFALL_STORE_ERASURE_H
#define FOOTFALL_STORE_ERASURE_H

#include "store/store.h"

// --- Receipts ---------------------------------------------------------------------------------------------------------
// What was removed, in rows.
#define STORE_ERASED_LIST(X)                                                                       \
    X(profiles)                                                                                    \
    X(timeline)                                                                                    \
    X(sessions)                                                                                    \
    X(days)                                                                                        \
    X(states)                                                                                      \
    X(links)                                                                                       \
    X(leaders) /* top_actors of day totals */                                                      \
    X(letters) /* dead letters */                                                                  \
    X(reports) /* revisions of closed reports, written anew without them */
struct store_erased {
#define X(name) uint64_t name;
    STORE_ERASED_LIST(X)
#undef X
};
struct store_erasure {
    struct str id; // a UUIDv7: ordered by time
    struct str project;
    struct str person;
    int64_t requested_ms;
    uint32_t parts; // control records in the log, at most 65535
    bool keep_refusing;
    bool failed; // the log did not take the records
};
// One control record's share, written with the batches that carry it out.
struct store_erasure_part {
    uint32_t part;
    bool done;
    int64_t done_ms;
    struct store_erased removed;
};
// Creates or replaces; durable.
MUST_CHECK enum status store_erasure_put(struct store *store, const struct store_erasure *erasure);
// All of them, by id.
MUST_CHECK enum status store_erasures(struct store *store, struct arena *arena,
                                      struct store_erasure **out, size_t *count);
// Of one receipt, by part; those that nothing was done for are missing.
MUST_CHECK enum status store_erasure_parts(struct store *store, struct str id, struct arena *arena,
                                           struct store_erasure_part **out, size_t *count);

// --- Within a batch (store_batch_*) -----------------------------------------------------------------------------------
// Removes what committed batches hold of the actor: timeline entries, at most limit of them (at least 1), and when those were all, its
// sessions, days, state and, of a user, its links, too. *more: there are further entries; commit without moving the offset, and go on in
// another batch. The batch must hold nothing of the actor. What later batches write is not hidden by it. Adds to *removed.
MUST_CHECK enum status store_batch_erase(struct store_batch *batch, struct str project,
                                         struct store_actor actor, unsigned limit,
                                         struct store_erased *removed, bool *more);
// The link of the pair, if there is one. Links of a user are put and removed through one partition, the user's.
MUST_CHECK enum status store_batch_unlink(struct store_batch *batch, struct str project,
                                          struct str anonymous_id, struct str user_id,
                                          struct store_erased *removed);
// Dead letters of this batch's own partition whose record has one of the needles in it, a text of at least one byte.
MUST_CHECK enum status store_batch_letters_remove(struct store_batch *batch, struct str project,
                                                  struct str needle, struct store_erased *removed);
void store_batch_erasure_part(struct store_batch *batch, struct str id,
                              const struct store_erasure_part *part);
// From here on events of the person are refused (or taken again). Either removes what STORE_PARTITION_CARRIED has of the person: a person's
// rows are changed through one partition, the person's.
void store_batch_refuse(struct store_batch *batch, struct str project, struct str person,
                        bool refused, int64_t since_ms);

// Refusals of everybody whose partition is not known, since only a hash of the person is: they came from a log with another number of
// partitions, and hold in each. Only batches of who moves an installation are of this partition.
#define STORE_PARTITION_CARRIED 65535U
struct store_refusal {
    unsigned partition;
    struct str project, person;
    int64_t since_ms;
};
// All, in no order that anybody may rely on.
MUST_CHECK enum status store_refusals(struct store *store, struct arena *arena,
                                      struct store_refusal **out, size_t *count);
// Users that the anonymous id was ever linked to, bytewise ascending.
MUST_CHECK enum status store_link_users(struct store *store, struct str project,
                                        struct str anonymous_id, struct arena *arena,
                                        struct str **out, size_t *count);

// --- Holds ------------------------------------------------------------------------------------------------------------
// Who must not be erased.
struct store_hold {
    struct str project, person;
    struct str name; // what it is called: a case's number, say; no id of anybody
    int64_t created_ms;
};
MUST_CHECK enum status store_hold_put(struct store *store, const struct store_hold *hold); // EXISTS
MUST_CHECK enum status store_hold_delete(struct store *store, struct str project,
                                         struct str person); // NOT_FOUND
MUST_CHECK enum status store_holds(struct store *store, struct arena *arena,
                                   struct store_hold **out, size_t *count);

// --- Reports and secrets ----------------------------------------------------------------------------------------------
// All revisions of a day, newest first.
MUST_CHECK enum status store_report_revisions(struct store *store, struct str project, int32_t day,
                                              struct arena *arena, struct store_report **out,
                                              size_t *count);
// Gives a revision that is there another body. NOT_FOUND.
MUST_CHECK enum status store_report_rewrite(struct store *store, struct str project,
                                            const struct store_report *report);
#define STORE_SECRET_BYTES 32
// The secret of that name: the one that is kept, else this one from now on. For all processes the same.
MUST_CHECK enum status store_secret(struct store *store, struct str name,
                                    uint8_t secret[STORE_SECRET_BYTES]);

#endif
