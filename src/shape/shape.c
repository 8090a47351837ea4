// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The rules of the moment, and the counters of all that have been.
#include "shape/shape.h"

#include <stdlib.h>

#include "base/thread.h"

// Of a name; it stays when its rule goes, so that a rule that comes back goes on counting. Each takes about 130 bytes, and a person writes them.
struct counter {
    struct counter *next;
    bool current; // a rule of the set of the moment has it
    struct shape_rule_stats stats;
};

struct shape {
    pthread_mutex_t mutex; // guards what follows
    struct shape_rules *rules;
    struct counter *counters, **counters_end; // in the order in which names came
    uint64_t changes;
};

static struct counter *find(const struct shape *shape, struct str name) {
    struct counter *counter = shape->counters;
    while (counter && !str_equal(str_from_c(counter->stats.name), name)) {
        counter = counter->next;
    }
    return counter;
}

static enum status add_counters(struct shape *shape, const struct shape_rules *rules) {
    for (unsigned i = 0; i < shape_rules_count(rules); i++) {
        struct str name = shape_rule_name(rules, i);
        if (find(shape, name)) {
            continue;
        }
        struct counter *counter = calloc(1, sizeof *counter);
        if (!counter) {
            return STATUS_NO_MEMORY;
        }
        memcpy(counter->stats.name, name.data, name.len);
        *shape->counters_end = counter;
        shape->counters_end = &counter->next;
    }
    return STATUS_OK;
}

static void mark_current(struct shape *shape) {
    for (struct counter *counter = shape->counters; counter; counter = counter->next) {
        counter->current = false;
    }
    for (unsigned i = 0; i < shape_rules_count(shape->rules); i++) {
        find(shape, shape_rule_name(shape->rules, i))->current = true;
    }
}

enum status shape_make(struct shape_rules *rules, struct shape **out) {
    struct shape *shape = calloc(1, sizeof *shape);
    if (!shape) {
        shape_rules_release(rules);
        return STATUS_NO_MEMORY;
    }
    thread_must(pthread_mutex_init(&shape->mutex, NULL));
    shape->counters_end = &shape->counters;
    shape->rules = rules;
    if (add_counters(shape, rules) != STATUS_OK) {
        shape_free(shape);
        return STATUS_NO_MEMORY;
    }
    mark_current(shape);
    *out = shape;
    return STATUS_OK;
}

void shape_free(struct shape *shape) {
    if (!shape) {
        return;
    }
    shape_rules_release(shape->rules);
    for (struct counter *counter = shape->counters, *next; counter; counter = next) {
        next = counter->next;
        free(counter);
    }
    thread_must(pthread_mutex_destroy(&shape->mutex));
    free(shape);
}

enum status shape_change(struct shape *shape, struct shape_rules *rules) {
    thread_must(pthread_mutex_lock(&shape->mutex));
    struct shape_rules *old = rules;
    enum status status = add_counters(shape, rules);
    if (status == STATUS_OK) {
        old = shape->rules;
        shape->rules = rules;
        shape->changes++;
        mark_current(shape);
    }
    thread_must(pthread_mutex_unlock(&shape->mutex));
    shape_rules_release(old);
    return status;
}

// ---- Batches --------------------------------------------------------------------------------------------------------

enum status shape_batch_begin(struct shape_batch *batch, struct shape *shape) {
    *batch = (struct shape_batch){.shape = shape};
    thread_must(pthread_mutex_lock(&shape->mutex));
    batch->rules = shape_rules_hold(shape->rules);
    thread_must(pthread_mutex_unlock(&shape->mutex));
    batch->counts = calloc(shape_rules_count(batch->rules), sizeof *batch->counts);
    if (!batch->counts) {
        shape_batch_discard(batch);
        return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

void shape_batch_discard(struct shape_batch *batch) {
    shape_rules_release(batch->rules);
    free(batch->counts);
    *batch = (struct shape_batch){.shape = NULL};
}

static bool is_zero(const struct shape_counts *counts) {
    uint64_t any = 0;
    for (unsigned i = 0; i < SHAPE_COUNTS; i++) {
        any |= counts->of[i];
    }
    return any == 0;
}

void shape_batch_commit(struct shape_batch *batch) {
    struct shape *shape = batch->shape;
    if (!batch->rules) {
        return;
    }
    thread_must(pthread_mutex_lock(&shape->mutex));
    for (unsigned i = 0; i < shape_rules_count(batch->rules); i++) {
        if (is_zero(&batch->counts[i])) {
            continue;
        }
        // Made when the rules came, and never taken away.
        struct counter *counter = find(shape, shape_rule_name(batch->rules, i));
        for (unsigned j = 0; j < SHAPE_COUNTS; j++) {
            counter->stats.counts.of[j] += batch->counts[i].of[j];
        }
    }
    thread_must(pthread_mutex_unlock(&shape->mutex));
    shape_batch_discard(batch);
}

// ---- Looking --------------------------------------------------------------------------------------------------------

enum status shape_look(struct shape *shape, struct arena *arena, struct shape_stats *out) {
    thread_must(pthread_mutex_lock(&shape->mutex));
    *out = (struct shape_stats){.fingerprint = shape_rules_fingerprint(shape->rules),
                                .changes = shape->changes};
    size_t most = shape_rules_count(shape->rules);
    out->rules = arena_alloc_array(arena, most, sizeof *out->rules);
    for (unsigned i = 0; i < most && out->rules; i++) {
        out->rules[out->count++] = find(shape, shape_rule_name(shape->rules, i))->stats;
    }
    thread_must(pthread_mutex_unlock(&shape->mutex));
    return out->rules ? STATUS_OK : STATUS_NO_MEMORY;
}

void shape_render_metrics(struct shape *shape, struct buffer *out) {
    buffer_printf(out,
                  "# HELP footfall_rule_events_total Events by what a rule of the settings did\n"
                  "# TYPE footfall_rule_events_total counter\n");
    thread_must(pthread_mutex_lock(&shape->mutex));
    for (const struct counter *counter = shape->counters; counter; counter = counter->next) {
        for (unsigned i = 0; i < SHAPE_COUNTS && counter->current; i++) {
            buffer_printf(out, "footfall_rule_events_total{rule=\"%s\",did=\"%.*s\"} %llu\n",
                          counter->stats.name, STR_ARG(shape_count_name((enum shape_count)i)),
                          (unsigned long long)counter->stats.counts.of[i]);
        }
    }
    thread_must(pthread_mutex_unlock(&shape->mutex));
}
