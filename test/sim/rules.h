// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Two sets of rules, and what they do to events as a person would say it: for histories that are shaped, also while sets change.
#ifndef FOOTFALL_TEST_SIM_RULES_H
#define FOOTFALL_TEST_SIM_RULES_H

#include "history.h"
#include "shape/shape.h"

#define RULES_SETS 2

// The caller holds it.
struct shape_rules *rules_read(unsigned set);
// The history as it is after the rules; sets: by event, which set it came under. Without the code that is tested, but for the hash that samples
// go by. Events are copies, in the arena of the history that was given.
struct history rules_recount(struct history *history, const uint8_t *sets);

#endif
