// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Active persons of a day: actors that links say are one count once.
#ifndef FOOTFALL_REPORTS_PEOPLE_H
#define FOOTFALL_REPORTS_PEOPLE_H

#include "base/arena.h"
#include "base/status.h"
#include "store/store.h"

#define REPORTS_PEOPLE_DAYS 64 // at most, counted at once

// How many actors of each day are somebody who is counted already: of a user and the anonymous ids that belong to them, all that were active
// but one. Walks the links of all projects once, so it costs what there are links, not actors or days; meant for closing days. What it
// holds in memory are the linked anonymous ids that were active on one of the days.
MUST_CHECK enum status reports_people_counted_twice(struct store *store, struct str project,
                                                    int32_t first, size_t days, int64_t *out);
// "people" of a closed report's body; false when it has none, as those closed by earlier releases.
bool reports_people_read(struct str body, struct arena *arena, int64_t *out);

#endif
