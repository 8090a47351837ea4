// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the processor tells the live feed (live/ring.h): the events it applied, once they are in the store; and after a start the newest
// ones of before. Nothing here fails: a feed without memory has gaps, which its readers are told.
#ifndef FOOTFALL_PROCESSOR_FEED_H
#define FOOTFALL_PROCESSOR_FEED_H

#include "processor/apply.h"

// Where the store stands is known: what the ring has is kept when it ends there. *start, when given: lowered to where the newest records
// of before begin, when they are to be read again; they come to feed_fill.
void feed_loaded(struct partition *partition, int64_t log_begin, int64_t *start);
// Takes records that are in the store already off the front of a batch, and returns how many.
size_t feed_fill(struct partition *partition, const struct eventlog_batch *batch);
void feed_put(struct partition *partition, const struct applied_event *applied);
void feed_publish(struct partition *partition); // the cycle is in the store
void feed_discard(struct partition *partition); // it is not
// What is below next_offset is not to be shown any more, here and in processes that have heard of it: somebody was erased. Before the cycle
// that says so is committed.
void feed_forget(struct partition *partition, int64_t next_offset);
void feed_given_up(struct partition *partition);

#endif
