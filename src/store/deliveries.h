// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What became of each delivery of a report: one row a delivery and time at which it was due.
//
// Part of the store's contract (store/store.h), whose first lines hold here too. Durable when a call returns. A row has a version and is
// written only over the version that was read, so that of several processes one delivers. Rows whose time is long over may be gone.
#ifndef FOOTFALL_STORE_DELIVERIES_H
#define FOOTFALL_STORE_DELIVERIES_H

#include "store/store.h"

// X(symbol, number, name). Numbers are stored.
#define STORE_DELIVERY_STATES(X)                                                                   \
    X(WAITING, 1, "waiting")    /* to be tried at next_ms */                                       \
    X(UNDER_WAY, 2, "underWay") /* somebody delivers it, until next_ms at the latest */            \
    X(DELIVERED, 3, "delivered")                                                                   \
    X(GIVEN_UP, 4, "givenUp") /* a dead letter: error says why */
enum store_delivery_state {
#define X(symbol, number, name) STORE_DELIVERY_##symbol = number,
    STORE_DELIVERY_STATES(X)
#undef X
};

#define STORE_DELIVERIES_KEPT_MS ((int64_t)100 * 24 * 3600 * 1000)

struct store_delivery {
    struct str name; // of the delivery, in the settings
    int64_t due_ms;
    enum store_delivery_state state;
    uint32_t attempts; // begun so far
    int64_t next_ms;
    int64_t changed_ms;
    struct str error; // of the last attempt; empty: none
    int64_t version;  // of the row: 1, 2, ...
};
// Writes version old_version + 1; old_version 0: there is no row yet. PRECONDITION: it is another version by now (also when there is one
// already, or none). INVALID: no name, or a text above 1 KiB.
MUST_CHECK enum status store_delivery_put(struct store *store, const struct store_delivery *row,
                                          int64_t old_version);
// All rows of a delivery, the last due first.
MUST_CHECK enum status store_deliveries(struct store *store, struct str name, struct arena *arena,
                                        struct store_delivery **out, size_t *count);
// Removes rows that were due before STORE_DELIVERIES_KEPT_MS, in engines that do not forget by themselves.
MUST_CHECK enum status store_deliveries_sweep(struct store *store, int64_t now_ms);

#endif
