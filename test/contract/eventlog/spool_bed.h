// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the spool's tests stand on: a spool over a faulty log over an in-memory one, which outlives the spool.
#ifndef FOOTFALL_TEST_SPOOL_BED_H
#define FOOTFALL_TEST_SPOOL_BED_H

#include "faulty_log.h"

enum { BED_PARTITIONS = 4, BED_LONG_MS = 3000000 };

struct bed {
    struct fixture fixture; // its directory is the spool's, its log the memory behind
    struct eventlog *spool;
    _Atomic(struct eventlog *) behind; // the last one opened; the spool closes it
    atomic_uint refusals;              // how often opening it fails, first
    struct eventlog_spool_config config;
};

int bed_set_up(void **state); // does not open; patience is BED_LONG_MS
int bed_tear_down(void **state);
enum status bed_open_behind(void *context, struct eventlog **out, struct error *err);
void bed_open(struct bed *bed);
void bed_close(struct bed *bed);
struct eventlog_stats bed_stats(const struct bed *bed);
void bed_wait_direct(const struct bed *bed); // and nothing waits in the spool
// One record, waited for. Its timestamp is 1000 + number.
enum status bed_append(struct bed *bed, const char *key, unsigned number);
// The numbers that the log behind has, in order, of one key; returns how many.
size_t bed_numbers_behind(struct bed *bed, const char *key, unsigned *out, size_t max);
// They are 0 to count - 1.
void bed_assert_numbers_behind(struct bed *bed, const char *key, unsigned count);

#endif
