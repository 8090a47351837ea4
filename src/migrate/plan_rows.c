// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Makes of the source's rows those of the target.
#include <stdlib.h>

#include "migrate/plan.h"

// --- Leaders --------------------------------------------------------------------------------------------------------

static int by_rank(const void *a_memory, const void *b_memory) {
    const struct plan_leader *a = a_memory;
    const struct plan_leader *b = b_memory;
    if (a->target != b->target) {
        return a->target < b->target ? -1 : 1;
    }
    if (a->events != b->events) {
        return a->events > b->events ? -1 : 1;
    }
    return str_compare(a->id, b->id);
}

static int by_id(const void *a_memory, const void *b_memory) {
    const struct plan_leader *a = a_memory;
    const struct plan_leader *b = b_memory;
    return str_compare(a->id, b->id);
}

static void rank(struct plan *plan) {
    unsigned place = 0;
    qsort(plan->leaders, plan->leader_count, sizeof *plan->leaders, by_rank);
    for (size_t i = 0; i < plan->leader_count; i++) {
        bool first = i == 0 || plan->leaders[i].target != plan->leaders[i - 1].target;
        place = first ? 0 : place + 1;
        plan->leaders[i].stays = place < PLAN_LEADERS;
    }
    qsort(plan->leaders, plan->leader_count, sizeof *plan->leaders, by_id);
}

// Rows of one project and day come together, so this is once for each.
static enum status load_leaders(struct plan *plan, struct str project, int32_t day) {
    struct store_total *rows = NULL;
    size_t count = 0;
    if (plan->leaders && plan->leaders_day == day && str_equal(plan->leaders_project, project)) {
        return STATUS_OK;
    }
    arena_reset(&plan->leaders_arena);
    plan->leaders = NULL;
    enum status status = store_totals_read(plan->config->source.store, project, day, day,
                                           UINT64_C(1) << STORE_METRIC_TOP_ACTORS,
                                           &plan->leaders_arena, &rows, &count);
    if (status != STATUS_OK) {
        return status;
    }
    struct plan_leader *leaders =
        arena_alloc_array(&plan->leaders_arena, count + 1, sizeof *leaders);
    plan->leaders_project = arena_copy(&plan->leaders_arena, project);
    if (!leaders || !plan->leaders_project.data) {
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        leaders[i] = (struct plan_leader){
            rows[i].value, rows[i].amount,
            plan_partition_of_id(project, rows[i].value, plan->notes->targets), false};
    }
    plan->leaders = leaders;
    plan->leader_count = count;
    plan->leaders_day = day;
    rank(plan);
    return STATUS_OK;
}

static bool leader_row(struct plan *plan, struct store_row *row, enum status *status) {
    *status = load_leaders(plan, row->project, row->as.total.day);
    if (*status != STATUS_OK) {
        return false;
    }
    struct plan_leader wanted = {.id = row->as.total.value};
    const struct plan_leader *leader =
        plan->leader_count > 0
            ? bsearch(&wanted, plan->leaders, plan->leader_count, sizeof wanted, by_id)
            : NULL;
    if (!leader) {
        *status = STATUS_CORRUPT; // it was there a moment ago
        return false;
    }
    row->partition = leader->target;
    return leader->stays;
}

// --- Dead letters ---------------------------------------------------------------------------------------------------

static const struct plan_letter *find_letter(const struct plan *plan, unsigned partition,
                                             int64_t offset) {
    size_t from = 0;
    size_t to = plan->letter_count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        const struct plan_letter *letter = &plan->letters[middle];
        bool below = letter->partition != partition ? letter->partition < partition
                                                    : letter->offset < offset;
        from = below ? middle + 1 : from;
        to = below ? to : middle;
    }
    const struct plan_letter *found = from < plan->letter_count ? &plan->letters[from] : NULL;
    return found && found->partition == partition && found->offset == offset ? found : NULL;
}

static bool letter_row(const struct plan *plan, struct store_row *row, enum status *status) {
    bool is_mark = row->kind == STORE_ROW_LETTER_MARK;
    int64_t *offset = is_mark ? &row->as.marked.offset : &row->as.dead_letter.offset;
    const struct plan_letter *letter = find_letter(plan, row->partition, *offset);
    if (!letter) {
        *status = STATUS_CORRUPT;
        return false;
    }
    row->partition = letter->target;
    *offset = letter->number;
    if (!is_mark) {
        row->as.dead_letter.partition = letter->target;
        return true;
    }
    // Whether a broken attempt was long ago is told by how many records came since: at most all that are copied.
    row->as.marked.mark.target = letter->target;
    row->as.marked.mark.target_end = plan->notes->places[letter->target].begin;
    return letter->placed || letter->has_row; // else nothing can ask for it any more
}

// --- Rows -----------------------------------------------------------------------------------------------------------

static bool spread_row(struct plan *plan, struct store_row *row, enum status *status) {
    if (row->kind == STORE_ROW_TOTAL) {
        return row->as.total.metric != STORE_METRIC_TOP_ACTORS || leader_row(plan, row, status);
    }
    if (row->kind == STORE_ROW_DEAD_LETTER || row->kind == STORE_ROW_LETTER_MARK) {
        return letter_row(plan, row, status);
    }
    return row->kind != STORE_ROW_SEEN; // these are in plan->chunks
}

static bool shift_row(const struct plan *plan, struct store_row *row, enum status *status) {
    if (row->kind < STORE_ROW_SEEN) {
        return true;
    }
    if (row->partition >= plan->notes->partitions) {
        *status = STATUS_CORRUPT;
        return false;
    }
    // Offsets of what is processed later begin where the copied log ends: a moved number is below all of them, as the source's was.
    int64_t shift = plan_shift(plan, row->partition);
    if (row->kind == STORE_ROW_SEEN) {
        row->as.seen.chunk += shift;
    } else if (row->kind == STORE_ROW_DEAD_LETTER) {
        row->as.dead_letter.offset += shift;
    } else if (row->kind == STORE_ROW_LETTER_MARK) {
        row->as.marked.offset += shift;
        if (row->as.marked.mark.target < plan->notes->partitions) {
            row->as.marked.mark.target_end += plan_shift(plan, row->as.marked.mark.target);
        }
    }
    return true;
}

bool plan_row(struct plan *plan, struct store_row *row, enum status *status) {
    *status = STATUS_OK;
    return plan->spreads ? spread_row(plan, row, status) : shift_row(plan, row, status);
}
