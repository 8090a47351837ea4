// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// From an event to what changes in the totals of funnels.
#include "processor/funnels.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/check.h"

#define SECONDS_DIGITS 6
#define VALUE_MAX (FUNNEL_NAME_MAX + FUNNEL_ID_LEN + 32)

_Static_assert(PROGRESS_STEPS_MAX == FUNNEL_STEPS_MAX, "a chain holds any funnel's steps");
_Static_assert(FUNNELS_REMEMBERED_MAX > FUNNELS_MAX, "of all that are declared there is progress");

void funnels_begin(struct partition *partition) {
    CHECK(!partition->funnels);
    partition->funnels = funnel_board_hold(partition->worker->shared->config.funnels);
}

void funnels_end(struct partition *partition) {
    funnel_set_release(partition->funnels);
    partition->funnels = NULL;
}

int64_t funnels_seconds(int64_t seconds) {
    int64_t unit = 1;
    while (seconds / unit >= 1 << SECONDS_DIGITS) {
        unit *= 2;
    }
    return seconds / unit * unit;
}

// --- Totals ---------------------------------------------------------------------------------------------------------

struct counting {
    struct partition *partition;
    struct project *project;
    const struct funnel *funnel;
    struct day_totals *totals; // of the day of entry
};

__attribute__((format(printf, 4, 5))) static enum status count(const struct counting *counting,
                                                               enum store_metric metric,
                                                               int64_t amount, const char *format,
                                                               ...) {
    struct day_totals_cache *cache = &counting->partition->worker->totals;
    char text[VALUE_MAX];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    CHECK(len > 0 && (size_t)len < sizeof text);
    struct intern_value *value = intern_take(cache->intern, str_make(text, (size_t)len));
    if (!value) {
        return STATUS_NO_MEMORY;
    }
    enum status status = day_totals_add_value(cache, counting->totals, metric, value, amount);
    intern_drop(cache->intern, value);
    return status;
}

static enum status count_seconds(const struct counting *counting, const struct funnel_chain *chain,
                                 unsigned step, int64_t amount) {
    const struct funnel *funnel = counting->funnel;
    int64_t seconds = funnels_seconds((chain->ms[step] - chain->ms[step - 1]) / 1000);
    return count(counting, STORE_METRIC_FUNNEL_SECONDS, amount, "%.*s %s %u %" PRId64,
                 STR_ARG(funnel->name), funnel->id_text, step + 1, seconds);
}

// Bit for bit what was counted for the old chain is taken back.
static enum status count_step(const struct counting *counting, const struct funnel_change *change,
                              unsigned step) {
    const struct funnel *funnel = counting->funnel;
    const struct funnel_chain *before = &change->before, *after = &change->after;
    bool had = before->reached > step, has = after->reached > step;
    enum status status = STATUS_OK;
    if (had != has) {
        status = count(counting, STORE_METRIC_FUNNEL, has ? 1 : -1, "%.*s %s %u",
                       STR_ARG(funnel->name), funnel->id_text, step + 1);
    }
    bool same = had && has && step > 0 && before->ms[step] == after->ms[step] &&
                before->ms[step - 1] == after->ms[step - 1];
    if (step == 0 || same) {
        return status;
    }
    if (status == STATUS_OK && had) {
        status = count_seconds(counting, before, step, -1);
    }
    if (status == STATUS_OK && has) {
        status = count_seconds(counting, after, step, 1);
    }
    return status;
}

static enum status count_change(const struct funnel_change *change, void *context) {
    struct counting *counting = context;
    struct partition *partition = counting->partition;
    enum status status =
        day_totals_take(&partition->worker->totals, &partition->dirty_totals, partition->number,
                        counting->project, change->day, &counting->totals);
    for (unsigned i = 0; i < counting->funnel->step_count && status == STATUS_OK; i++) {
        status = count_step(counting, change, i);
    }
    return status;
}

// --- The actor ------------------------------------------------------------------------------------------------------

// Makes room for one that the actor comes into: of those that are not declared any more the first goes.
static void forget_one(struct actor_cache *cache, struct actor *actor,
                       const struct funnel_set *set) {
    struct funnel_progress **link = &actor->progress;
    size_t count = 0;
    for (const struct funnel_progress *at = actor->progress; at; at = at->next) {
        count++;
    }
    if (count < FUNNELS_REMEMBERED_MAX) {
        return;
    }
    while (funnel_set_has(set, (*link)->funnel)) {
        link = &(*link)->next;
    }
    struct funnel_progress *gone = *link;
    *link = gone->next;
    cache->bytes -= funnel_progress_bytes(gone);
    funnel_progress_free(gone);
}

// NULL: no memory.
static struct funnel_progress *progress_of(struct actor_cache *cache, struct actor *actor,
                                           const struct funnel_set *set, uint64_t funnel) {
    struct funnel_progress *found = actor->progress;
    while (found && found->funnel != funnel) {
        found = found->next;
    }
    if (found) {
        return found;
    }
    forget_one(cache, actor, set);
    struct funnel_progress **end = &actor->progress;
    while (*end) {
        end = &(*end)->next;
    }
    *end = funnel_progress_make(funnel);
    cache->bytes += *end ? funnel_progress_bytes(*end) : 0;
    return *end;
}

static enum status apply_one(struct partition *partition, const struct applied_event *applied,
                             const struct funnel *funnel, uint16_t steps) {
    struct actor_cache *cache = &partition->worker->actors;
    struct counting counting = {
        .partition = partition, .project = applied->project, .funnel = funnel};
    struct funnel_progress *progress =
        progress_of(cache, applied->actor, partition->funnels, funnel->id);
    if (!progress) {
        return STATUS_NO_MEMORY;
    }
    int64_t ms = applied->event.timestamp_ms;
    int32_t close =
        project_day(applied->project, ms - funnel->within_ms - PROGRESS_LATE_MS, NULL) - 1;
    struct funnel_progress_match match = {.ms = ms, .day = applied->day, .steps = steps};
    size_t bytes = funnel_progress_bytes(progress);
    enum status status = funnel_progress_add(
        progress, &(struct funnel_measure){funnel->within_ms, funnel->step_count}, match, close,
        count_change, &counting);
    cache->bytes += funnel_progress_bytes(progress) - bytes;
    return status;
}

enum status funnels_text(struct partition *partition, struct actor *actor, struct str *out) {
    struct buffer *scratch = &partition->worker->scratch;
    *out = STR_EMPTY;
    if (!actor->progress && !actor->has_progress) {
        return STATUS_OK;
    }
    actor->has_progress = true;
    buffer_clear(scratch);
    funnel_progress_write(actor->progress, scratch);
    *out = scratch->len > 0 ? buffer_str(scratch) : STR(""); // what the row had is gone
    return buffer_status(scratch);
}

enum status funnels_apply(struct partition *partition, struct applied_event *applied) {
    struct worker *worker = partition->worker;
    const struct funnel_set *set = partition->funnels;
    uint16_t steps[FUNNELS_MAX];
    if (!set || !funnel_set_may_match(set, &applied->event)) {
        return STATUS_OK;
    }
    enum status status = funnel_set_match(set, worker->shape, &applied->event, &applied->trees,
                                          &worker->arena, steps);
    for (size_t i = 0; i < funnel_set_count(set) && status == STATUS_OK; i++) {
        if (steps[i] != 0) {
            status = apply_one(partition, applied, funnel_set_at(set, i), steps[i]);
        }
    }
    return status;
}
