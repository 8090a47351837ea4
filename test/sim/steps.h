// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Two sets of funnels, and what they count as a person would say it, with plain loops over all that is remembered.
#ifndef FOOTFALL_TEST_SIM_STEPS_H
#define FOOTFALL_TEST_SIM_STEPS_H

#include "base/timezone.h"
#include "funnel/funnel.h"
#include "history.h"
#include "sums.h"

#define STEPS_SETS 2

// The caller holds it.
struct funnel_set *steps_read(unsigned set);

// One actor's life: events of the history in the order of the log.
struct steps_life {
    const struct history *history; // with sets
    const struct timezone_rules *zone;
    const size_t *events;
    size_t count;
};
// Adds what all funnels count of it. Without the code that is tested, but for the ids of funnels.
void steps_recount(const struct steps_life *life, struct sums *sums);

#endif
