// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Faults between the processor and its store and log: the linker leads its calls through here (--wrap).
//
// A crash is a point after which no call has any effect: whatever the dying processor still does is as if it had not been done.
// A commit at that point may have gone through without the processor hearing of it.
#ifndef FOOTFALL_TEST_SIM_FAULTS_H
#define FOOTFALL_TEST_SIM_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

struct store_batch;
struct faults {
    uint64_t calls;       // so far
    uint64_t crash_at;    // number of the call; 0: never
    uint64_t fail_one_in; // such a share of calls fails once, with or without effect; 0: none
    bool crashed;
};
extern struct faults faults;
void faults_seed(uint64_t seed);

// Is told of batches that begin and of commits that take effect, whatever the processor hears of them. NULL: nobody is.
struct faults_watch {
    void (*begun)(unsigned partition, const struct store_batch *batch);
    void (*committed)(const struct store_batch *batch, int64_t next_offset);
};
extern struct faults_watch faults_watch;

#endif
