// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The rules of the settings in a cycle.
//
// A cycle is written whole or not at all, and a record is in one that is written exactly once. So one set of rules a cycle
// is enough for each record to be judged by one set, which nobody finds out afterwards to have been another.
#include "processor/shaping.h"

#include "processor/dead_letters.h"

enum status shaping_begin(struct partition *partition) {
    struct shape *shape = partition->worker->shared->config.shape;
    return shape ? shape_batch_begin(&partition->shaping, shape) : STATUS_OK;
}

// What a rule did to an event counts once, however often the log is replayed.
void shaping_commit(struct partition *partition) {
    if (partition->worker->shared->config.replay) {
        shape_batch_discard(&partition->shaping);
    } else {
        shape_batch_commit(&partition->shaping);
    }
}

void shaping_discard(struct partition *partition) {
    shape_batch_discard(&partition->shaping);
}

// In the totals of its day, as dropped.
static enum status count_dropped(struct partition *partition, const struct applied_event *applied,
                                 enum store_metric metric, struct str why) {
    struct day_totals_cache *cache = &partition->worker->totals;
    struct day_totals *totals = NULL;
    enum status status = day_totals_take(cache, &partition->dirty_totals, partition->number,
                                         applied->project, applied->day, &totals);
    return status == STATUS_OK ? day_totals_add_text(cache, totals, metric, why, 1) : status;
}

enum status shaping_drop_bot(struct partition *partition, const struct applied_event *applied) {
    partition->counts.bots++;
    return count_dropped(partition, applied, STORE_METRIC_BOTS, applied->dimensions.bot);
}

enum status shaping_drop_refused(struct partition *partition, const struct applied_event *applied) {
    partition->counts.filtered++;
    return count_dropped(partition, applied, STORE_METRIC_FILTERED, STR("erased"));
}

enum status shaping_apply(struct partition *partition, const struct eventlog_view *record,
                          struct applied_event *applied, bool *kept, const char **outcome) {
    struct worker *worker = partition->worker;
    const struct shape_rules *rules = partition->shaping.rules;
    struct shape_outcome shaped = {.fate = SHAPE_KEPT};
    enum status status = rules ? shape_apply(rules, worker->shape, &applied->event, &applied->trees,
                                             &worker->arena, partition->shaping.counts, &shaped)
                               : STATUS_OK;
    *kept = shaped.fate == SHAPE_KEPT;
    if (status != STATUS_OK || *kept) {
        return status;
    }
    if (shaped.fate == SHAPE_DEAD_LETTER) {
        struct error why;
        (void)error_set(&why, STATUS_INVALID, "%.*s", STR_ARG(shaped.reason));
        dead_letters_add(partition, record, "rule", &why);
        // Its id was new. When somebody changes the rule and replays the letter, it has to be once more.
        dedupe_take_back(&partition->dedupe);
        *outcome = "dead letter";
        return STATUS_OK;
    }
    partition->counts.filtered++;
    *outcome = "filtered";
    return count_dropped(partition, applied, STORE_METRIC_FILTERED,
                         shape_rule_name(rules, shaped.rule));
}

enum status shaping_again(struct partition *partition, struct applied_event *applied,
                          struct shape_batch *batch, bool *kept) {
    struct worker *worker = partition->worker;
    struct shape *shape = worker->shared->config.shape;
    struct shape_outcome shaped = {.fate = SHAPE_KEPT};
    *batch = (struct shape_batch){.shape = NULL};
    *kept = true;
    if (!shape) {
        return STATUS_OK;
    }
    enum status status = shape_batch_begin(batch, shape);
    if (status == STATUS_OK) {
        status = shape_apply(batch->rules, worker->shape, &applied->event, &applied->trees,
                             &worker->arena, batch->counts, &shaped);
    }
    *kept = status == STATUS_OK && shaped.fate == SHAPE_KEPT;
    if (*kept) {
        status = shape_hide_addresses(batch->rules, worker->shape, &applied->event, &applied->trees,
                                      &worker->arena);
    }
    return status;
}

enum status shaping_hide(struct partition *partition, struct applied_event *applied) {
    struct worker *worker = partition->worker;
    const struct shape_rules *rules = partition->shaping.rules;
    return rules ? shape_hide_addresses(rules, worker->shape, &applied->event, &applied->trees,
                                        &worker->arena)
                 : STATUS_OK;
}
