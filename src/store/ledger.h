// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What a store keeps of the running of an installation: who administered what, and how many events each project brought on a day.
//
// Part of the store's contract (store/store.h), whose first lines hold here too.
#ifndef FOOTFALL_STORE_LEDGER_H
#define FOOTFALL_STORE_LEDGER_H

#include "store/store.h"

// --- Audit ------------------------------------------------------------------------------------------------------------
// Entries are added and never changed; there is no call that removes one.
struct store_audit {
    int64_t time_ms;    // from 2020 on
    struct str id;      // a UUID: 36 lower-case characters
    struct str project; // empty: of none, or of all
    struct str entry;   // a JSON object
};
// Durable when it returns OK. The same entry once more changes nothing. INVALID: a time or id that is none.
MUST_CHECK enum status store_audit_append(struct store *store, const struct store_audit *audit);

struct store_audit_query {
    int64_t from_ms, to_ms; // from <= time < to
    bool resume;            // behind the entry of this time and id
    int64_t after_ms;
    struct str after_id;
    unsigned limit; // at least 1
};
// Newest first; of the same time the greatest id first. more: there are further ones in the range.
MUST_CHECK enum status store_audit_read(struct store *store, const struct store_audit_query *query,
                                        struct arena *arena, struct store_audit **out,
                                        size_t *count, bool *more);

// --- Usage ------------------------------------------------------------------------------------------------------------
struct store_usage {
    int32_t day; // UTC
    struct str project;
    struct str counter; // who counted: each has a row of its own
    int64_t events;
};
// Sets what a counter has counted, durably. Of several rows of one counter that are put at the same time the last stands.
MUST_CHECK enum status store_usage_put(struct store *store, const struct store_usage *usage);
// All rows of a day.
MUST_CHECK enum status store_usage_read(struct store *store, int32_t day, struct arena *arena,
                                        struct store_usage **out, size_t *count);

#endif
