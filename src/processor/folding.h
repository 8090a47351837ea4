// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A breakdown that is full, of one day in one partition: what it knows of values that have no row of their own.
//
// Values that come once a breakdown has its limit are folded into "(other)". What is here says about how many different ones they are, and
// finds the one among them that turns out to be frequent, so that it gets a row after all. Such a row is exact: it is only given to a value
// all of whose events were seen, one by one.
//
//   bits   one for each value folded, by hash. A value whose bit is not set was never folded before.
//   seats  128 values being watched: hash, and how many events so far. Only a value that was never folded before takes one, with its first
//          event. 32 rows of four; the newest pushes out the one that was silent longest and has no credit. Each event gives one credit, and
//          a newcomer that finds everybody with credit takes one off each, and is not watched.
//
// All of it is a function of the hashes in log order, and is stored with the day's totals (STORE_METRIC_FOLDING); numbers there stay below
// 2^53, so that sums over partitions, which mean nothing, stay in 64 bits.
#ifndef FOOTFALL_PROCESSOR_FOLDING_H
#define FOOTFALL_PROCESSOR_FOLDING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define FOLDING_WORD_BITS 48
#define FOLDING_WORDS 340
#define FOLDING_BITS (FOLDING_WORD_BITS * FOLDING_WORDS)
#define FOLDING_ROWS 32
#define FOLDING_WAYS 4
#define FOLDING_SEATS (FOLDING_ROWS * FOLDING_WAYS)
#define FOLDING_NUMBERS (FOLDING_WORDS + 2 * FOLDING_SEATS + 1) // bits, then seats, then late

struct folding_seat {
    uint64_t hash;   // 48 bits, never 0 when taken
    uint32_t events; // 0: nobody sits here
    uint8_t credit;
};
struct folding {
    uint64_t words[FOLDING_WORDS];
    struct folding_seat seats[FOLDING_SEATS];
    uint32_t late; // values that got a row of their own
    uint32_t ones;
    uint64_t estimate; // in thousandths
    bool dirty;        // since the last write
    uint64_t changed[FOLDING_NUMBERS / 64 + 1];
    // Since the last write.
    uint64_t new_events, new_values;
};

// A value without a row has an event. late_most: how many may get one after all. Returns 0: it is folded; else it gets a row, with so
// many events, this one among them, all but this one in "(other)" until now.
uint32_t folding_see(struct folding *folding, uint64_t hash, uint32_t late_most);
// The same, and it is folded in any case.
void folding_note(struct folding *folding, uint64_t hash);
// About how many different values were folded. Good to a few per cent up to 80 000, a lower bound above.
int64_t folding_values(const struct folding *folding);

// The state as numbers 0..FOLDING_NUMBERS - 1, 0 where there is nothing; names are "bits 17", "seat 3", "events 3", "late".
int64_t folding_number(const struct folding *folding, unsigned number);
bool folding_is_changed(const struct folding *folding, unsigned number);
void folding_written(struct folding *folding);
#define FOLDING_NAME 16
void folding_name(unsigned number, char out[FOLDING_NAME]);
// False: there is no such number, or it cannot be this.
bool folding_load(struct folding *folding, struct str name, int64_t value);

#endif
