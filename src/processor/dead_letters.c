// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A record that cannot be used, kept with the reason.
#include "processor/dead_letters.h"

void dead_letters_add(struct partition *partition, const struct eventlog_view *record,
                      const char *stage, const struct error *why) {
    struct str rest = record->key;
    struct str project = str_cut(&rest, '\0');
    if (project.len == 0 || project.len > 64) {
        project = STR("unknown");
    }
    struct store_dead_letter letter = {
        .partition = partition->number,
        .offset = record->offset,
        .received_ms = record->timestamp_ms,
        .stage = str_from_c(stage),
        .reason = str_from_c(why->text),
        .record = record->value,
    };
    store_batch_dead_letter(partition->batch, project, &letter);
    partition->counts.dead_letters++;
}
