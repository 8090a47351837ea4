// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Carries out control records: erasing an actor at the record's offset.
//
//   commit what is open → note what will go of people's own data, remove it → derived rows, some thousand a batch → the offset behind it
//
// Each batch is atomic together with the receipt's counts, and the offset moves with the last one: after a crash anywhere the record is read
// again, finds what is left, and adds to the counts that are there.
#ifndef FOOTFALL_PROCESSOR_ERASE_H
#define FOOTFALL_PROCESSOR_ERASE_H

#include "processor/worker.h"

// How many of the records come before the first control record.
size_t erase_find(struct partition *partition, const struct eventlog_view *records, size_t count);
// Moves partition->next_offset behind the record. On failure the partition must be set back.
MUST_CHECK enum status erase_record(struct partition *partition, const struct eventlog_view *record,
                                    struct error *err);

// --- erase_reports.c
// Takes the user out of all revisions of the closed report of a day. rewrite false: only counts those that name them. Adds to *count.
MUST_CHECK enum status erase_from_reports(struct worker *worker, struct str project, int32_t day,
                                          struct str user_id, bool rewrite, uint64_t *count);

#endif
