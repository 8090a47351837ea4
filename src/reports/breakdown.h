// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Rows of one breakdown out of those of several metrics: a declared dimension's own, and what was folded into "(other)".
#ifndef FOOTFALL_REPORTS_BREAKDOWN_H
#define FOOTFALL_REPORTS_BREAKDOWN_H

#include "reports/private.h"

#define REPORTS_DECLARED STR("dimension:")
#define REPORTS_OTHER STR("(other)")

// by is "dimension:NAME" of a declared one: *name. False: it is not.
bool reports_breakdown_declared(const struct reports *reports, struct str by, struct str *name);
// "plan, tier", for people.
struct str reports_breakdown_names(const struct reports *reports, struct arena *arena);

struct reports_breakdown {
    struct reports_rows
        rows;      // of the one metric; of a declared dimension its own, with its values alone
    int64_t other; // events of "(other)"
    int64_t
        other_values; // about how many different values these have, each counted once a day and partition
};
// rows: of metric and FOLDED. declared: data NULL, or the dimension's name. NO_MEMORY.
MUST_CHECK enum status reports_breakdown_make(struct arena *arena, struct reports_rows rows,
                                              enum store_metric metric, struct str declared,
                                              struct reports_breakdown *out);

#endif
