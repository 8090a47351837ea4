// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Chains of a few remembered events, and which of them are kept.
#include "processor/funnel_progress.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_MATCHES 4

struct funnel_progress *funnel_progress_make(uint64_t funnel) {
    struct funnel_progress *progress = calloc(1, sizeof *progress);
    if (progress) {
        progress->funnel = funnel;
        progress->closed = INT32_MIN;
    }
    return progress;
}

void funnel_progress_free(struct funnel_progress *progress) {
    if (progress) {
        free(progress->matches);
        free(progress);
    }
}

size_t funnel_progress_bytes(const struct funnel_progress *progress) {
    return sizeof *progress + progress->capacity * sizeof(struct funnel_progress_match);
}

// --- Chains ---------------------------------------------------------------------------------------------------------

// The list as it is, or as it was before one of its matches came: that one had other steps then, or none.
struct list {
    const struct funnel_progress *progress;
    uint32_t other;
    uint16_t other_steps;
};
#define NO_OTHER UINT32_MAX

static uint16_t steps_at(const struct list *list, uint32_t i) {
    return i == list->other ? list->other_steps : list->progress->matches[i].steps;
}

// at[]: which matches they are.
static unsigned follow(const struct list *list, const struct funnel_measure *funnel, uint32_t first,
                       uint32_t at[PROGRESS_STEPS_MAX]) {
    const struct funnel_progress *progress = list->progress;
    int64_t end = progress->matches[first].ms + funnel->within_ms;
    unsigned reached = 1;
    at[0] = first;
    for (uint32_t i = first + 1;
         i < progress->count && progress->matches[i].ms <= end && reached < funnel->step_count;
         i++) {
        if (steps_at(list, i) & 1U << reached) {
            at[reached++] = i;
        }
    }
    return reached;
}

static unsigned best_of(const struct list *list, const struct funnel_measure *funnel, int32_t day,
                        uint32_t at[PROGRESS_STEPS_MAX]) {
    const struct funnel_progress *progress = list->progress;
    unsigned best = 0;
    for (uint32_t i = 0; i < progress->count && best < funnel->step_count; i++) {
        uint32_t tried[PROGRESS_STEPS_MAX];
        if (progress->matches[i].day != day || !(steps_at(list, i) & 1U)) {
            continue;
        }
        unsigned reached = follow(list, funnel, i, tried);
        if (reached > best) {
            best = reached;
            memcpy(at, tried, reached * sizeof at[0]);
        }
    }
    return best;
}

static void chain_of(const struct list *list, const struct funnel_measure *funnel, int32_t day,
                     struct funnel_chain *out) {
    uint32_t at[PROGRESS_STEPS_MAX];
    out->reached = best_of(list, funnel, day, at);
    for (unsigned i = 0; i < out->reached; i++) {
        out->ms[i] = list->progress->matches[at[i]].ms;
    }
}

// The first day behind this one with a first step; INT32_MAX: there is none.
static int32_t day_after(const struct funnel_progress *progress, int32_t day) {
    int32_t next = INT32_MAX;
    for (uint32_t i = 0; i < progress->count; i++) {
        const struct funnel_progress_match *match = &progress->matches[i];
        if ((match->steps & 1U) && match->day > day && match->day < next) {
            next = match->day;
        }
    }
    return next;
}

// --- What is kept ---------------------------------------------------------------------------------------------------

static void close_days(struct funnel_progress *progress, int32_t day) {
    uint32_t kept = 0;
    if (day <= progress->closed) {
        return;
    }
    progress->closed = day;
    for (uint32_t i = 0; i < progress->count; i++) {
        if (progress->matches[i].day > day) {
            progress->matches[kept++] = progress->matches[i];
        }
    }
    progress->count = kept;
}

static uint32_t mark_used(struct funnel_progress *progress, const struct funnel_measure *funnel) {
    struct list now = {progress, NO_OTHER, 0};
    uint32_t spare = 0;
    for (uint32_t i = 0; i < progress->count; i++) {
        progress->matches[i].used = false;
    }
    for (int32_t day = day_after(progress, INT32_MIN); day != INT32_MAX;
         day = day_after(progress, day)) {
        uint32_t at[PROGRESS_STEPS_MAX];
        unsigned reached = best_of(&now, funnel, day, at);
        for (unsigned i = 0; i < reached; i++) {
            progress->matches[at[i]].used = true;
        }
    }
    for (uint32_t i = 0; i < progress->count; i++) {
        spare += !progress->matches[i].used;
    }
    return spare;
}

static void forget_spare(struct funnel_progress *progress, uint32_t spare) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < progress->count; i++) {
        if (!progress->matches[i].used && spare > PROGRESS_SPARE_MAX) {
            spare--;
        } else {
            progress->matches[kept++] = progress->matches[i];
        }
    }
    progress->count = kept;
}

// Chains stay as they are: what is forgotten is in none, or in that of a day that is closed.
static void trim(struct funnel_progress *progress, const struct funnel_measure *funnel) {
    uint32_t spare = progress->count;
    if (spare > PROGRESS_SPARE_MAX) { // otherwise nothing can be too many
        forget_spare(progress, mark_used(progress, funnel));
    }
    while (progress->count > PROGRESS_MATCHES_MAX) {
        close_days(progress, day_after(progress, INT32_MIN));
        forget_spare(progress, mark_used(progress, funnel));
    }
}

// --- Adding ---------------------------------------------------------------------------------------------------------

static bool grow(struct funnel_progress *progress) {
    uint32_t capacity = progress->capacity ? progress->capacity * 2 : FIRST_MATCHES;
    struct funnel_progress_match *matches = realloc(progress->matches, capacity * sizeof *matches);
    if (!matches) {
        return false;
    }
    progress->matches = matches;
    progress->capacity = capacity;
    return true;
}

// Two at the same time are one event for all that is asked. list: as it was before. NO_MEMORY.
static enum status insert(struct funnel_progress *progress,
                          const struct funnel_progress_match *match, struct list *before) {
    uint32_t at = progress->count;
    while (at > 0 && progress->matches[at - 1].ms > match->ms) {
        at--;
    }
    if (at > 0 && progress->matches[at - 1].ms == match->ms) {
        struct funnel_progress_match *same = &progress->matches[at - 1];
        *before = (struct list){progress, at - 1, same->steps};
        same->steps |= match->steps;
        return STATUS_OK;
    }
    if (progress->count == progress->capacity && !grow(progress)) {
        return STATUS_NO_MEMORY;
    }
    memmove(progress->matches + at + 1, progress->matches + at,
            (progress->count - at) * sizeof *match);
    progress->matches[at] = *match;
    progress->count++;
    *before = (struct list){progress, at, 0};
    return STATUS_OK;
}

static bool is_same(const struct funnel_chain *a, const struct funnel_chain *b) {
    return a->reached == b->reached && memcmp(a->ms, b->ms, a->reached * sizeof a->ms[0]) == 0;
}

enum status funnel_progress_add(
    struct funnel_progress *progress, const struct funnel_measure *funnel,
    struct funnel_progress_match match, int32_t close,
    enum status (*changed)(const struct funnel_change *change, void *context), void *context) {
    struct list before, now = {progress, NO_OTHER, 0};
    close_days(progress, close);
    if (match.day <= progress->closed) {
        return STATUS_OK;
    }
    enum status status = insert(progress, &match, &before);
    // A chain begins before what is in it, and days hardly ever go back with the clock: one more is looked at.
    for (int32_t day = day_after(progress, INT32_MIN);
         status == STATUS_OK && day != INT32_MAX && day <= match.day + 1;
         day = day_after(progress, day)) {
        struct funnel_change change = {.day = day};
        chain_of(&before, funnel, day, &change.before);
        chain_of(&now, funnel, day, &change.after);
        if (!is_same(&change.before, &change.after)) {
            status = changed(&change, context);
        }
    }
    if (status == STATUS_OK) {
        trim(progress, funnel);
    }
    return status;
}
