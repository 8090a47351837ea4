// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Records that cannot be used go where people can look at them.
#ifndef FOOTFALL_PROCESSOR_DEAD_LETTERS_H
#define FOOTFALL_PROCESSOR_DEAD_LETTERS_H

#include "processor/worker.h"

// Into the open batch, under the project that the record's key names. stage: "decode", "apply" or "rule"; why->text is the reason.
void dead_letters_add(struct partition *partition, const struct eventlog_view *record,
                      const char *stage, const struct error *why);

// In a replay of the log: whether the record is to be passed over.
MUST_CHECK enum status dead_letters_settled(const struct partition *partition,
                                            const struct eventlog_view *record, bool *settled);

#endif
