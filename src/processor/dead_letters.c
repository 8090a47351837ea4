// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A record that cannot be used, kept with the reason.
#include "processor/dead_letters.h"

#include "store/letters.h"

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

// A dead letter that somebody replayed is in the log once more, further on, and that counts; one that was discarded counts nowhere. What
// today's rules would make of the record does not matter. Nor does what stands before the place where the replay was to begin.
enum status dead_letters_settled(const struct partition *partition,
                                 const struct eventlog_view *record, bool *settled) {
    const struct processor_config *config = &partition->worker->shared->config;
    struct store_letter_mark mark;
    *settled = config->replay && (record->timestamp_ms < config->replay_from_ms ||
                                  record->offset < config->replay_from_offset);
    if (!config->replay || *settled) {
        return STATUS_OK;
    }
    enum status status =
        store_letter_mark_get(config->store, partition->number, record->offset, &mark);
    *settled = status == STATUS_OK && mark.outcome != STORE_LETTER_TAKING;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}
