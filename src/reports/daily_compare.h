// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The figures of a daily report, next to those of the day it is compared with.
#ifndef FOOTFALL_REPORTS_DAILY_COMPARE_H
#define FOOTFALL_REPORTS_DAILY_COMPARE_H

#include "reports/compare.h"
#include "reports/daily.h"

#define REPORTS_DAILY_FIGURES 10
// figures: room for REPORTS_DAILY_FIGURES. before of each is not known when the report is compared with nothing.
void reports_daily_figures(const struct reports_daily *daily, struct reports_figure *figures,
                           struct reports_comparison *out);
// The member "previous", with the hours of the earlier day. Writes nothing when there is none.
void reports_daily_compare_json(struct json_writer *w, const struct reports_daily *daily);
// Makes daily->previous, also *out, of the day that compare says: all but closed, revision and people.
MUST_CHECK enum status reports_daily_previous(struct store *store, struct arena *arena,
                                              enum reports_compare compare,
                                              struct reports_daily *daily,
                                              struct reports_daily **out);

#endif
