// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Makes lines for people of what was counted on both sides; private to src/migrate/.
#ifndef FOOTFALL_MIGRATE_REPORT_H
#define FOOTFALL_MIGRATE_REPORT_H

#include "migrate/log_copy.h"

// Empty lists, ready to be added to.
void report_init(struct migrate_report *report);
// Of each kind and project a line; what differs, of totals by day, among the differences.
MUST_CHECK enum status report_add_rows(struct migrate_report *report, const struct tally *source,
                                       const struct tally *target);
MUST_CHECK enum status report_add_logs(struct migrate_report *report, const struct log_sums *sums,
                                       unsigned partitions);
// The offset of a partition of the target.
MUST_CHECK enum status report_add_offset(struct migrate_report *report, unsigned partition,
                                         int64_t expected, int64_t found);

#endif
