// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Rows of generations: written, and looked for, in a store that may be a generation of its own. All fail the test that calls.
#ifndef FOOTFALL_TEST_CONTRACT_STORE_GENERATION_ROWS_H
#define FOOTFALL_TEST_CONTRACT_STORE_GENERATION_ROWS_H

#include "engines.h"

// Some of each kind of row, of partition 2, committed at the offset `amount`, which is also the total.
void rows_fill(struct store *store, int64_t amount, const char *user_id);
int64_t rows_events(struct fixture *f, struct store *store); // the total
size_t rows_letters(struct fixture *f, struct store *store);
size_t rows_timeline(struct fixture *f, struct store *store); // entries, sessions and days of ann
void rows_expect_owner(struct fixture *f, struct store *store, const char *expected); // of guest
size_t rows_refusals(struct fixture *f, struct store *store);
int64_t rows_offset(struct store *store);
void rows_sweep(struct fixture *f, size_t rows); // until nothing is left
void rows_begin(struct fixture *f, const char *note, bool carry);

#endif
