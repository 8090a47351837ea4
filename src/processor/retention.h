// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Who comes back: active users by how long ago they were first seen, in days and in weeks from Monday.
//
// A user who was first seen on day F and is active on day A counts in the totals of A, as A - F; the same with the Mondays of their weeks.
// So the cohort of day F, k days later, is what day F + k has at k. Sums over partitions, because an actor lives in one.
#ifndef FOOTFALL_PROCESSOR_RETENTION_H
#define FOOTFALL_PROCESSOR_RETENTION_H

#include "processor/worker.h"

// Further back nothing is counted.
#define RETENTION_DAYS 90
#define RETENTION_WEEKS 52

// The user has just become active on that day, as the bitmap says already. When it is before all others, what was counted moves. On failure
// the partition must be set back.
MUST_CHECK enum status retention_count(struct partition *partition, const struct actor *actor,
                                       int32_t day);

#endif
