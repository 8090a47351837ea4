// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The steps of a migration, and what must be so before each.
#include "migrate/migrate.h"

#include <stdlib.h>

#include "migrate/erasure_copy.h"
#include "migrate/ledger_copy.h"
#include "migrate/log_copy.h"
#include "migrate/prepare.h"
#include "migrate/report.h"
#include "migrate/row_copy.h"

#define DAY_MS INT64_C(86400000)

const char *migrate_phase_text(enum migrate_phase phase) {
    static const char *const texts[] = {
#define X(symbol, text, unit) text,
        MIGRATE_PHASE_LIST(X)
#undef X
    };
    return texts[phase];
}

const char *migrate_phase_unit(enum migrate_phase phase) {
    static const char *const units[] = {
#define X(symbol, text, unit) unit,
        MIGRATE_PHASE_LIST(X)
#undef X
    };
    return units[phase];
}

struct run {
    const struct migrate_config *config;
    struct arena arena;
    struct notes notes;
    struct plan plan;
    struct tally *source, *target; // on the heap: each has a table of its own
};

// --- Counting -------------------------------------------------------------------------------------------------------

struct counting {
    const struct migrate_config *config;
    struct row_rules rules;
    struct tally *tally;
    enum migrate_phase phase;
    uint64_t total; // 0: unknown
};

static enum status count_page(struct store_row *rows, size_t count, void *context,
                              struct error *err) {
    struct counting *counting = context;
    const struct migrate_config *config = counting->config;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        if (row_carry(&counting->rules, &rows[i], &status)) {
            status = tally_add(counting->tally, &rows[i]);
        }
        if (status != STATUS_OK) {
            return error_set(err, status, "%s of partition %u: %s",
                             store_row_kind_name(rows[i].kind), rows[i].partition,
                             status_text(status));
        }
    }
    if (config->progress) {
        config->progress(counting->phase, counting->tally->rows, counting->total, config->context);
    }
    return STATUS_OK;
}

static enum status count_rows(struct counting *counting, struct store *store, struct error *err) {
    struct row_walk walk = {.config = counting->config,
                            .store = store,
                            .kind = STORE_ROW_PROJECT,
                            .visit = count_page,
                            .context = counting};
    return row_walk(&walk, err);
}

static int64_t margin_from(const struct migrate_config *config, int64_t kept_ms, int64_t margin) {
    return kept_ms > 0 ? config->clock->wall_ms(config->clock) - kept_ms + margin : INT64_MIN;
}

// margin: what goes within so long may be gone on one side while the other is looked at, and is left out.
static struct row_rules rules_of(const struct migrate_config *config, struct plan *plan,
                                 int64_t margin) {
    return (struct row_rules){plan, margin_from(config, config->timeline_retention_ms, margin),
                              margin_from(config, STORE_DELIVERIES_KEPT_MS, margin)};
}

// --- Steps ----------------------------------------------------------------------------------------------------------

static enum status next_step(struct run *run, enum notes_step step, struct error *err) {
    run->notes.step = step;
    return notes_write(run->config->notes_path, &run->notes, err);
}

static enum status copy(struct run *run, struct error *err) {
    const struct migrate_config *config = run->config;
    enum status status = STATUS_OK;
    if (run->notes.step == NOTES_STEP_LOG) {
        status = log_copy(config, &run->notes, err);
        status = status == STATUS_OK ? next_step(run, NOTES_STEP_ROWS, err) : status;
    }
    if (status == STATUS_OK && run->notes.step == NOTES_STEP_ROWS) {
        struct row_rules rules = rules_of(config, &run->plan, 0);
        status = row_copy(config, &run->notes, &rules, run->source->rows, err);
        status = status == STATUS_OK ? ledger_copy(config, err) : status;
        status = status == STATUS_OK ? erasure_copy(config, &run->notes, err) : status;
        status = status == STATUS_OK ? row_copy_flush(config, err) : status;
        status = status == STATUS_OK ? next_step(run, NOTES_STEP_OFFSETS, err) : status;
    }
    if (status == STATUS_OK && run->notes.step == NOTES_STEP_OFFSETS) {
        status = row_copy_offsets(config, &run->notes, err);
        status = status == STATUS_OK ? next_step(run, NOTES_STEP_CHECK, err) : status;
    }
    return status;
}

static enum status compare_offsets(struct run *run, struct migrate_report *report,
                                   struct error *err) {
    for (unsigned i = 0; i < run->notes.targets; i++) {
        int64_t offset = 0;
        enum status status =
            store_partition_offset(run->config->target.store, run->notes.target_epoch, i, &offset);
        if (status == STATUS_OK) {
            status = report_add_offset(report, i, run->notes.places[i].end, offset);
        }
        if (status != STATUS_OK) {
            return error_set(err, status, "partition %u of the target: %s", i, status_text(status));
        }
    }
    return STATUS_OK;
}

// Whoever wrote to the source meanwhile would look for it in vain.
static enum status check_source_stood(const struct run *run, struct arena *arena,
                                      struct error *err) {
    struct notes_range *now = arena_alloc_array(arena, run->notes.partitions, sizeof *now);
    int64_t behind = 0;
    int64_t more = 0;
    if (!now) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    enum status status = prepare_source(run->config, now, &behind, err);
    for (unsigned i = 0; i < run->notes.partitions; i++) {
        more += now[i].end - run->notes.ranges[i].end;
    }
    return status == STATUS_OK && more != 0
               ? error_set(err, STATUS_CONFLICT,
                           "the source has taken %lld records while it was moved, which the target "
                           "does not have: stop what writes to it, empty the target, remove %s and "
                           "begin anew",
                           (long long)more, run->config->notes_path)
               : status;
}

static enum status compare(struct run *run, struct counting *counting,
                           struct migrate_report *report, struct error *err) {
    struct log_sums sums;
    enum status status = log_copy_compare(run->config, &run->notes, &run->arena, &sums, err);
    if (status != STATUS_OK) {
        return status;
    }
    counting->rules.plan = NULL; // the target's rows are as they are to be
    counting->tally = run->target;
    counting->phase = MIGRATE_PHASE_CHECK_ROWS;
    counting->total = run->source->rows;
    status = count_rows(counting, run->config->target.store, err);
    if (status == STATUS_OK) {
        status = compare_offsets(run, report, err);
    }
    if (status == STATUS_OK) {
        status = check_source_stood(run, &run->arena, err);
    }
    if (status != STATUS_OK) {
        return status;
    }
    status = report_add_logs(report, &sums, run->notes.targets);
    if (status == STATUS_OK) {
        status = report_add_rows(report, run->source, run->target);
    }
    return status == STATUS_OK ? STATUS_OK : error_set(err, status, "%s", status_text(status));
}

// What only the plan has.
static enum status count_chunks(struct counting *counting, struct error *err) {
    const struct plan *plan = counting->rules.plan;
    for (size_t i = 0; i < plan->chunk_count; i++) {
        enum status status = tally_add(counting->tally, &plan->chunks[i]);
        if (status != STATUS_OK) {
            return error_set(err, status, "dedupe chunks: %s", status_text(status));
        }
    }
    return STATUS_OK;
}

static enum status run_plan(struct run *run, struct migrate_report *report, struct error *err) {
    struct counting counting = {.config = run->config,
                                .rules = rules_of(run->config, &run->plan, DAY_MS),
                                .tally = run->source,
                                .phase = MIGRATE_PHASE_SURVEY};
    enum status status = count_rows(&counting, run->config->source.store, err);
    if (status == STATUS_OK) {
        status = count_chunks(&counting, err);
    }
    if (status == STATUS_OK) {
        status = copy(run, err);
    }
    if (status == STATUS_OK) {
        status = compare(run, &counting, report, err);
    }
    if (status == STATUS_OK && report->difference_count == 0) {
        status = next_step(run, NOTES_STEP_DONE, err);
    }
    return status;
}

static enum status run_steps(struct run *run, struct migrate_report *report, struct error *err) {
    enum status status = prepare(run->config, &run->arena, &run->notes, err);
    if (status == STATUS_OK) {
        status = plan_make(run->config, &run->notes, &run->plan, err);
    }
    if (status != STATUS_OK) {
        return status;
    }
    status = run_plan(run, report, err);
    plan_free(&run->plan);
    return status;
}

static enum status run_make(struct run *run, const struct migrate_config *config,
                            struct error *err) {
    *run = (struct run){.config = config};
    arena_init(&run->arena, (size_t)16 << 10, 0);
    run->source = malloc(sizeof *run->source);
    run->target = malloc(sizeof *run->target);
    if (!run->source || !run->target) {
        free(run->source);
        free(run->target);
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    tally_init(run->source);
    tally_init(run->target);
    return STATUS_OK;
}

static void run_free(struct run *run) {
    tally_free(run->source);
    tally_free(run->target);
    free(run->source);
    free(run->target);
    arena_free(&run->arena);
}

enum status migrate_run(const struct migrate_config *config, struct migrate_report *report,
                        struct error *err) {
    struct run run;
    report_init(report);
    enum status status = run_make(&run, config, err);
    if (status != STATUS_OK) {
        return status;
    }
    status = run_steps(&run, report, err);
    if (status != STATUS_OK) {
        migrate_report_free(report);
    }
    run_free(&run);
    return status;
}

static enum status survey(struct run *run, struct migrate_report *report, struct error *err) {
    const struct migrate_config *config = run->config;
    unsigned partitions = eventlog_partition_count(config->source.log);
    struct log_sums sums = {arena_alloc_array(&run->arena, partitions, sizeof(struct tally_sum)),
                            arena_alloc_array(&run->arena, partitions, sizeof(struct tally_sum))};
    struct notes_range *ranges = arena_alloc_array(&run->arena, partitions, sizeof *ranges);
    if (!sums.source || !sums.target || !ranges) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    enum status status = prepare_source(config, ranges, &report->behind, err);
    if (status != STATUS_OK) {
        return status;
    }
    for (unsigned i = 0; i < partitions; i++) {
        sums.source[i].count = (uint64_t)(ranges[i].end - ranges[i].begin);
    }
    struct counting counting = {.config = config,
                                .rules = rules_of(config, NULL, 0),
                                .tally = run->source,
                                .phase = MIGRATE_PHASE_SURVEY};
    status = count_rows(&counting, config->source.store, err);
    if (status != STATUS_OK) {
        return status;
    }
    status = report_add_logs(report, &sums, partitions);
    if (status == STATUS_OK) {
        status = report_add_rows(report, run->source, run->target);
    }
    return status == STATUS_OK ? STATUS_OK : error_set(err, status, "%s", status_text(status));
}

enum status migrate_survey(const struct migrate_config *config, struct migrate_report *report,
                           struct error *err) {
    struct run run;
    report_init(report);
    enum status status = run_make(&run, config, err);
    if (status != STATUS_OK) {
        return status;
    }
    status = survey(&run, report, err);
    if (status != STATUS_OK) {
        migrate_report_free(report);
    } else {
        // There is no other side to differ from.
        report->difference_count = 0;
        for (size_t i = 0; i < report->line_count; i++) {
            report->lines[i].same = true;
        }
    }
    run_free(&run);
    return status;
}
