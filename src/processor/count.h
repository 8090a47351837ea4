// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Counts an event in the breakdowns that enrichment makes: places, channels, campaigns, versions, declared dimensions.
#ifndef FOOTFALL_PROCESSOR_COUNT_H
#define FOOTFALL_PROCESSOR_COUNT_H

#include "processor/apply.h"

// totals: of the event's day. NO_MEMORY: the partition must be set back.
MUST_CHECK enum status breakdowns_count(struct partition *partition,
                                        const struct applied_event *applied,
                                        struct day_totals *totals);

#endif
