// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Which set of rules each record came under, as the commits that took effect tell: the set of the moment when their batch began.
#ifndef FOOTFALL_TEST_SIM_JUDGED_H
#define FOOTFALL_TEST_SIM_JUDGED_H

#include "funnel/funnel.h"
#include "history.h"
#include "shape/shape.h"

// Watches from now on, with the first set; the shape is the caller's.
struct shape *judged_begin(const struct history *history, unsigned partitions);
// Those that go with the rules of the moment; until judged_end.
struct funnel_board *judged_funnels(void);
// The other set is the one of the moment from now on.
void judged_change(struct shape *shape);
// Watches no more. By event of the history, once all records are committed; freed by the next begin.
const uint8_t *judged_end(void);

#endif
