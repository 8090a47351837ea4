// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The newest activities of one partition of the event log, in memory of a fixed size: one writer that never waits, any number of readers.
//
//   blocks:   [ oldest, of 800.. ][ 840.. ][ 861.. | published | pending ]        begin 800, complete 874
//
// The writer (the processor's thread, or who speaks for one in another process) puts items as it applies events: they are pending, and
// nobody sees them. When the cycle is in the store it publishes them, with the offset below which everything is there; when the cycle
// fails it discards them. A full ring loses its oldest block. An offset at or above begin and below complete whose event is not here
// was a bot, a resend or a dead letter.
//
// Readers hold a block while they look at it: a writer that needs its memory takes other memory meanwhile. So memory is what was given
// to live_ring_make, and a block for each reader that is looking at one that has gone.
#ifndef FOOTFALL_LIVE_RING_H
#define FOOTFALL_LIVE_RING_H

#include "live/item.h"

struct live_ring;
// Allocates blocks when they are needed. bytes is rounded up to a few KiB. NO_MEMORY.
MUST_CHECK enum status live_ring_make(size_t bytes, struct live_ring **out);
// Nobody may read any more. NULL is fine.
void live_ring_free(struct live_ring *ring);

// --- The writer -------------------------------------------------------------------------------------------------------
// Forgets all: what comes is of this life of the log and begins at offset `from`. Until the first publish nothing is known of the
// partition.
void live_ring_reset(struct live_ring *ring, int64_t epoch, int64_t from);
// Offsets must ascend. Without memory the ring begins anew behind the item.
void live_ring_put(struct live_ring *ring, const struct live_item *item);
// What is pending can be seen from now on, and nothing below next_offset will come any more.
void live_ring_publish(struct live_ring *ring, int64_t next_offset);
void live_ring_discard(struct live_ring *ring); // what is pending

// --- Readers; any thread ----------------------------------------------------------------------------------------------
struct live_ring_view {
    int64_t epoch;
    int64_t begin;    // the oldest offset that the ring still answers for
    int64_t complete; // behind the newest; -1: nothing is known of the partition
};
void live_ring_look(const struct live_ring *ring, struct live_ring_view *out);
// Calls visit for items of offsets from `from` on, ascending, until it returns false; slices are good during the call. False: some of
// them are not here any more, or went meanwhile; those before them were visited.
typedef bool live_ring_visit(const struct live_item *item, void *context);
MUST_CHECK bool live_ring_walk(struct live_ring *ring, int64_t from, live_ring_visit *visit,
                               void *context);
// For the newest items: from the newest block to the oldest and ascending in each; before each older block `more` is asked
// whether it is wanted.
void live_ring_walk_back(struct live_ring *ring, live_ring_visit *visit,
                         bool (*more)(void *context), void *context);

#endif
