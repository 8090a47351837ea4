// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The live feed of a process: a ring a partition of the event log, and one thread that is woken when there is something new.
//
//   processor's threads (or who listens to other processes) ─→ rings ─→ the thread of live.h ─→ readers on their loops
//
// A partition has one writer at a time. Telling costs a writer one atomic addition, and a system call when the thread sleeps and somebody
// reads.
#ifndef FOOTFALL_LIVE_FEED_H
#define FOOTFALL_LIVE_FEED_H

#include "live/position.h"
#include "live/ring.h"

struct live_feed;
// bytes: of all rings together. NO_MEMORY, IO.
MUST_CHECK enum status live_feed_make(size_t bytes, struct live_feed **out);
void live_feed_free(struct live_feed *feed); // no writer or reader may be left; NULL is fine

// --- Writers ------------------------------------------------------------------------------------------------------------
// How many partitions the log has, before the first ring is asked for; 1 to LIVE_PARTITIONS_MAX. More may come later, not fewer.
void live_feed_set_partitions(struct live_feed *feed, unsigned count);
// Made when it is not there yet, by its writer. NULL: no memory, or no such partition.
struct live_ring *live_feed_ring(struct live_feed *feed, unsigned partition);
// How many records a ring holds at most, roughly: so many are worth reading again after a start.
int64_t live_feed_records(const struct live_feed *feed);
void live_feed_tell(struct live_feed *feed); // something was published

// --- The thread of live.h, and whoever looks ----------------------------------------------------------------------------
unsigned live_feed_partitions(const struct live_feed *feed); // 0: not known yet
struct live_ring *live_feed_look(const struct live_feed *feed,
                                 unsigned partition); // NULL: not there yet
// Whether anybody reads, so that the thread wants to be woken.
void live_feed_listen(struct live_feed *feed, bool wanted);
// Until somebody tells, or timeout_us. One thread.
void live_feed_wait(struct live_feed *feed, int64_t timeout_us);
void live_feed_wake(struct live_feed *feed); // ends a wait, whether it listens or not; any thread

#endif
