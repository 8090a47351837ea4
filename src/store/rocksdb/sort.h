// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Sorts many keys by their bytes, those of one table together: by digits of what follows the prefix they share.
#ifndef FOOTFALL_STORE_ROCKSDB_SORT_H
#define FOOTFALL_STORE_ROCKSDB_SORT_H

#include "base/buffer.h"

struct sort_item {
    uint64_t order;
    uint32_t number; // of the key
};

// The key of a number. Its first byte is its table (enum keys_table), which must be below SORT_TABLES to be sorted fast.
#define SORT_TABLES 128
typedef struct str (*sort_key_fn)(const void *context, uint32_t number);

// Numbers 0 to count - 1 in the order of their keys; of equal keys the lower number first. *sorted lies in memory, an initialized
// buffer, and is valid until that is used again. NO_MEMORY, TOO_LARGE when the buffer's maximum forbids it.
MUST_CHECK enum status sort_keys(struct buffer *memory, size_t count, sort_key_fn key_of,
                                 const void *context, struct sort_item **sorted);

#endif
