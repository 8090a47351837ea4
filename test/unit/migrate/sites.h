// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Installations to migrate from and to: a log and a store by engine, processed step by step; and what they hold, summed up.
#ifndef FOOTFALL_TEST_UNIT_MIGRATE_SITES_H
#define FOOTFALL_TEST_UNIT_MIGRATE_SITES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "drive.h"
#include "dump.h"
#include "migrate/migrate.h"
#include "migrate/tally.h"
#include "store/letters.h"

#define assert_status(expression, expected)                                                        \
    assert_string_equal(status_name(expression), status_name(expected))

struct site {
    bool on_disk;
    char directory[64];
    struct clock_manual clock; // the log's
    struct eventlog *log;
    struct store *store;
};
void site_open(struct site *site, bool on_disk, unsigned partitions);
void site_close(struct site *site);
// Closes and opens again what is on disk; does nothing in memory.
void site_reopen(struct site *site, unsigned partitions);
// Projects, keys, an account, profiles and reports, as people would have made them.
void site_settle(struct site *site);
// Processes everything in the log.
void site_process(struct site *site);
// What all is in the store but offsets, and kinds of the bit set `without`: 1 << enum store_row_kind.
void site_tally(struct site *site, uint32_t without, struct tally *tally);
// The same, but what depends on the number of partitions: totals are added up, dead letters have no place, and there are no dedupe windows.
void site_sums(struct site *site, uint32_t without, struct tally *tally);
// Fails with the first group that differs.
void tally_expect_equal(const struct tally *a, const struct tally *b);

// A configuration for migrating, with its notes in a file of its own.
struct move {
    struct migrate_config config;
    char notes[80];
    char directory[64];
};
void move_init(struct move *move, const struct site *source, const struct site *target);
void move_free(struct move *move);
// Runs it and expects no difference.
void move_finish(struct move *move);
// All of these, once.
void site_move(struct site *source, struct site *target);

#endif
