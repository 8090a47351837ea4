// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// From a key and a value of a table back to a row of store.h; private to kv/walk*.c.
#ifndef FOOTFALL_STORE_KV_WALK_ROWS_H
#define FOOTFALL_STORE_KV_WALK_ROWS_H

#include "store/kv/kv_store.h"

// Where the rows of a kind are.
struct walk_table {
    enum kv_family family;
    enum keys_table table;
    bool derived; // its keys have a generation
};
struct walk_table walk_table_of(enum store_row_kind kind);

// `key` is what stands behind the table's prefix. Both must live as long as the row, which points into them. Fills all of the row but
// its kind and the epoch of an offset. CORRUPT, NO_MEMORY.
MUST_CHECK enum status walk_read_row(enum store_row_kind kind, struct str key, struct str value,
                                     struct arena *arena, struct store_row *row);

#endif
