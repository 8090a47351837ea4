// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Names, limits and counts of breakdowns.
#include "processor/breakdowns.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/thread.h"

#define LIMIT_DEFAULT BREAKDOWN_LIMIT
#define LIMIT_MOST 1000000
#define FOLDED_MOST 4096 // pairs of project and breakdown that are told apart
#define DIMENSION_PREFIX STR("dimension:")

static const struct str metric_names[] = {
#define X(symbol, number, name, what) [number] = STR_INIT(name),
    STORE_METRIC_LIST(X)
#undef X
};

enum store_metric breakdowns_metric(unsigned breakdown) {
    return breakdown < BREAKDOWN_DECLARED ? (enum store_metric)breakdown : STORE_METRIC_DIMENSION;
}

void breakdowns_name(const struct breakdowns *breakdowns, unsigned breakdown,
                     char out[BREAKDOWN_NAME]) {
    bool declared = breakdown >= BREAKDOWN_DECLARED;
    struct str name = declared ? breakdowns->declared[breakdown - BREAKDOWN_DECLARED].name
                               : metric_names[breakdown];
    (void)snprintf(out, BREAKDOWN_NAME, "%s%.*s", declared ? "dimension:" : "", STR_ARG(name));
}

static unsigned find_declared(const struct breakdowns *breakdowns, struct str name) {
    for (size_t i = 0; i < breakdowns->declared_count; i++) {
        if (str_equal(breakdowns->declared[i].name, name)) {
            return BREAKDOWN_DECLARED + (unsigned)i;
        }
    }
    return BREAKDOWN_COUNT;
}

unsigned breakdowns_find(const struct breakdowns *breakdowns, struct str name) {
    struct str prefix = DIMENSION_PREFIX;
    if (str_starts_with(name, prefix)) {
        return find_declared(breakdowns, str_make(name.data + prefix.len, name.len - prefix.len));
    }
    for (unsigned i = 1; i < sizeof metric_names / sizeof metric_names[0]; i++) {
        if (metric_names[i].len > 0 && str_equal(metric_names[i], name)) {
            return i;
        }
    }
    return BREAKDOWN_COUNT;
}

unsigned breakdowns_of_row(const struct breakdowns *breakdowns, enum store_metric metric,
                           struct str value) {
    return metric == STORE_METRIC_DIMENSION ? find_declared(breakdowns, str_cut(&value, '='))
                                            : (unsigned)metric;
}

static enum status read_limit(struct breakdowns *breakdowns, struct str text, struct error *err) {
    struct str number = text, name = str_trim(str_cut(&number, '='));
    uint64_t limit = 0;
    unsigned breakdown = breakdowns_find(breakdowns, name);
    if (breakdown == BREAKDOWN_COUNT) {
        return error_set(
            err, STATUS_INVALID,
            "breakdowns.limits: \"%.*s\": nothing is broken down by that; page=5000 and "
            "dimension:NAME=500 are meant",
            STR_ARG(text));
    }
    if (!str_to_u64(str_trim(number), &limit) || limit < 1 || limit > LIMIT_MOST) {
        return error_set(err, STATUS_INVALID,
                         "breakdowns.limits: \"%.*s\": a limit is a number from 1 to %d",
                         STR_ARG(text), LIMIT_MOST);
    }
    breakdowns->limits[breakdown] = (uint32_t)limit;
    return STATUS_OK;
}

enum status breakdowns_make(const struct processor_config *config,
                            const struct enrichment *enrichment, struct breakdowns *out,
                            struct error *err) {
    enum status status = STATUS_OK;
    *out = (struct breakdowns){.declared = enrichment->declared,
                               .declared_count = enrichment->declared_count};
    for (unsigned i = 0; i < BREAKDOWN_COUNT; i++) {
        out->limits[i] = config->breakdown_limit > 0 ? config->breakdown_limit : LIMIT_DEFAULT;
    }
    // Bounded by themselves: whole seconds below a day, days and weeks back.
    out->limits[STORE_METRIC_SESSION_SECONDS] = UINT32_MAX;
    out->limits[STORE_METRIC_RETENTION_DAY] = UINT32_MAX;
    out->limits[STORE_METRIC_RETENTION_WEEK] = UINT32_MAX;
    out->limits[STORE_METRIC_FUNNEL] =
        UINT32_MAX; // so many funnels and steps, seconds of few digits
    out->limits[STORE_METRIC_FUNNEL_SECONDS] = UINT32_MAX;
    for (size_t i = 0; i < config->breakdown_limit_count && status == STATUS_OK; i++) {
        status = read_limit(out, config->breakdown_limits[i], err);
    }
    return status;
}

// --- What was folded since start ----------------------------------------------------------------------------------------

void folded_counts_init(struct folded_counts *counts) {
    *counts = (struct folded_counts){.rows = NULL};
    thread_must(pthread_mutex_init(&counts->mutex, NULL));
}

void folded_counts_free(struct folded_counts *counts) {
    free(counts->rows);
    thread_must(pthread_mutex_destroy(&counts->mutex));
}

static bool is_same(const struct processor_folded *a, const struct processor_folded *b) {
    return strcmp(a->project, b->project) == 0 && strcmp(a->by, b->by) == 0;
}

static struct processor_folded *row_for(struct folded_counts *counts,
                                        const struct processor_folded *like) {
    for (size_t i = 0; i < counts->count; i++) {
        if (is_same(&counts->rows[i], like)) {
            return &counts->rows[i];
        }
    }
    if (counts->count == counts->capacity && counts->capacity < FOLDED_MOST) {
        size_t capacity = counts->capacity > 0 ? counts->capacity * 2 : 16;
        struct processor_folded *rows = realloc(counts->rows, capacity * sizeof *rows);
        if (!rows) {
            return NULL;
        }
        counts->rows = rows;
        counts->capacity = capacity;
    }
    if (counts->count == counts->capacity) {
        return NULL;
    }
    struct processor_folded *row = &counts->rows[counts->count++];
    *row = *like;
    row->events = row->values = 0;
    LOG_WARN("processor", "a breakdown is full: what is new goes to (other)",
             LOG_CSTR("project", row->project), LOG_CSTR("by", row->by),
             LOG_CSTR("setting", "breakdowns.limits"));
    return row;
}

void folded_counts_add(struct folded_counts *counts, const struct processor_folded *more) {
    thread_must(pthread_mutex_lock(&counts->mutex));
    struct processor_folded *row = row_for(counts, more);
    if (row) {
        row->events += more->events;
        row->values += more->values;
    } else {
        LOG_WARN("processor", "what was folded is not counted", LOG_CSTR("project", more->project),
                 LOG_CSTR("by", more->by));
    }
    thread_must(pthread_mutex_unlock(&counts->mutex));
}

size_t folded_counts_look(struct folded_counts *counts, struct processor_folded *out, size_t max) {
    thread_must(pthread_mutex_lock(&counts->mutex));
    size_t count = counts->count;
    for (size_t i = 0; i < count && i < max; i++) {
        out[i] = counts->rows[i];
    }
    thread_must(pthread_mutex_unlock(&counts->mutex));
    return count;
}

// Names of projects and dimensions have no character that would have to be escaped.
static void render(const struct folded_counts *counts, bool values, const char *name,
                   const char *help, struct buffer *out) {
    buffer_printf(out, "# HELP %s %s\n# TYPE %s counter\n", name, help, name);
    for (size_t i = 0; i < counts->count; i++) {
        const struct processor_folded *row = &counts->rows[i];
        buffer_printf(out, "%s{project=\"%s\",by=\"%s\"} %llu\n", name, row->project, row->by,
                      (unsigned long long)(values ? row->values : row->events));
    }
}

void folded_counts_render(struct folded_counts *counts, struct buffer *out) {
    thread_must(pthread_mutex_lock(&counts->mutex));
    render(counts, false, "footfall_processor_folded_events_total",
           "Events whose value went to (other) because its breakdown of the day is full", out);
    render(counts, true, "footfall_processor_folded_values_total",
           "About how many different values these were", out);
    thread_must(pthread_mutex_unlock(&counts->mutex));
}
