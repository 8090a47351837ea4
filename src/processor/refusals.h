// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Erased persons of one partition whose events are dropped: keyed hashes in order, asked for each event while there are any.
#ifndef FOOTFALL_PROCESSOR_REFUSALS_H
#define FOOTFALL_PROCESSOR_REFUSALS_H

#include "event/person.h"
#include "store/erasure.h"

#define REFUSALS_SECRET STR("person") // the name of the hashes' key among the store's secrets

struct refusals {
    uint8_t key[PERSON_KEY_BYTES];
    bool has_key;
    char (*hashes)[PERSON_HASH_LEN + 1]; // ascending
    size_t count, capacity;
};

void refusals_free(struct refusals *refusals);
// Forgets what it had. The store's statuses.
MUST_CHECK enum status refusals_load(struct refusals *refusals, struct store *store,
                                     unsigned partition);
bool refusals_have(const struct refusals *refusals, struct str project, struct store_actor actor);
// Adds or removes, here and in the batch. A key must be there: refusals_need_key. NO_MEMORY.
MUST_CHECK enum status refusals_change(struct refusals *refusals, struct store_batch *batch,
                                       struct str project, struct store_actor actor, bool refused,
                                       int64_t since_ms);
// Asks the store for the key; it must have been made by whoever asked for the erasure. Made here when it was not.
MUST_CHECK enum status refusals_need_key(struct refusals *refusals, struct store *store);

#endif
