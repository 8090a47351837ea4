// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Finds where everything of the source goes: a look at its dead letters and dedupe windows, and one through its log.
#include "migrate/plan.h"

#include <stdlib.h>
#include <string.h>

#include "event/event.h"
#include "eventlog/eventlog.h"
#include "migrate/log_merge.h"
#include "migrate/row_copy.h"

#define KEY_MAX (2 * 512 + 1)

unsigned plan_partition_of_id(struct str project, struct str id, unsigned partitions) {
    char key[KEY_MAX];
    if (project.len + id.len + 1 > sizeof key) {
        return 0; // no store holds such an id; the batch refuses it
    }
    memcpy(key, project.data, project.len);
    key[project.len] = '\0';
    memcpy(key + project.len + 1, id.data, id.len);
    return eventlog_partition_of(str_make(key, project.len + 1 + id.len), partitions);
}

struct making {
    struct plan *plan;
    struct seen_plan seen;
    struct json_parser *parser;
    struct arena arena; // of one record
    size_t letter_capacity;
    int64_t *counts; // records so far, one a target
    int64_t *from;   // as of seen_plan_from, one a partition of the source
    size_t *letter;  // the next of the partition
    uint64_t done, total;
};

// --- Collecting -----------------------------------------------------------------------------------------------------

// Decodes an event. False: it is none. NO_MEMORY sticks.
static enum status decode(struct making *making, struct str value, struct event *event,
                          bool *is_event) {
    struct event_trees trees;
    struct error why;
    arena_reset(&making->arena);
    enum status status = event_decode(making->parser, value, &making->arena, event, &trees, &why);
    *is_event = status == STATUS_OK;
    return status == STATUS_NO_MEMORY ? status : STATUS_OK;
}

// Where an event of the same actor would go. What is no event goes somewhere.
static enum status target_of_record(struct making *making, const struct store_row *row,
                                    unsigned *target) {
    struct str record = row->as.dead_letter.record;
    unsigned targets = making->plan->notes->targets;
    struct event event;
    bool is_event = false;
    char *value = malloc(record.len + JSON_PADDING);
    if (!value) {
        return STATUS_NO_MEMORY;
    }
    if (record.len > 0) {
        memcpy(value, record.data, record.len);
    }
    memset(value + record.len, 0, JSON_PADDING);
    enum status status = decode(making, str_make(value, record.len), &event, &is_event);
    *target = row->partition % targets;
    if (is_event) {
        struct str id = event.user_id.len > 0 ? event.user_id : event.anonymous_id;
        *target = plan_partition_of_id(event.project, id, targets);
    }
    free(value);
    return status;
}

static enum status add_letter(struct making *making, const struct store_row *row) {
    struct plan *plan = making->plan;
    if (plan->letter_count == making->letter_capacity) {
        size_t capacity = making->letter_capacity ? making->letter_capacity * 2 : 64;
        struct plan_letter *letters = realloc(plan->letters, capacity * sizeof *letters);
        if (!letters) {
            return STATUS_NO_MEMORY;
        }
        plan->letters = letters;
        making->letter_capacity = capacity;
    }
    struct plan_letter letter = {.partition = row->partition,
                                 .offset = row->as.marked.offset,
                                 .target = row->partition % plan->notes->targets};
    enum status status = STATUS_OK;
    if (row->kind == STORE_ROW_DEAD_LETTER) {
        letter.offset = row->as.dead_letter.offset;
        letter.has_row = true;
        status = target_of_record(making, row, &letter.target);
    }
    plan->letters[plan->letter_count++] = letter;
    return status;
}

static enum status collect(struct store_row *rows, size_t count, void *context, struct error *err) {
    struct making *making = context;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        if (rows[i].partition >= making->plan->notes->partitions) {
            return error_set(err, STATUS_CORRUPT,
                             "the source's store has %s of partition %u, which its log has not",
                             store_row_kind_name(rows[i].kind), rows[i].partition);
        }
        status = rows[i].kind == STORE_ROW_SEEN ? seen_plan_add(&making->seen, &rows[i])
                                                : add_letter(making, &rows[i]);
    }
    return status == STATUS_OK ? STATUS_OK : error_set(err, status, "out of memory");
}

static int compare_letters(const void *a_memory, const void *b_memory) {
    const struct plan_letter *a = a_memory;
    const struct plan_letter *b = b_memory;
    if (a->partition != b->partition) {
        return a->partition < b->partition ? -1 : 1;
    }
    if (a->offset != b->offset) {
        return a->offset < b->offset ? -1 : 1;
    }
    return a->has_row == b->has_row ? 0 : a->has_row ? -1 : 1;
}

// A letter and its mark are one.
static void sort_letters(struct plan *plan) {
    size_t kept = 0;
    if (plan->letter_count > 1) {
        qsort(plan->letters, plan->letter_count, sizeof *plan->letters, compare_letters);
    }
    for (size_t i = 0; i < plan->letter_count; i++) {
        const struct plan_letter *last = kept > 0 ? &plan->letters[kept - 1] : NULL;
        if (!last || last->partition != plan->letters[i].partition ||
            last->offset != plan->letters[i].offset) {
            plan->letters[kept++] = plan->letters[i];
        }
    }
    plan->letter_count = kept;
}

static enum status collect_all(struct making *making, struct error *err) {
    struct row_walk walk = {.config = making->plan->config,
                            .store = making->plan->config->source.store,
                            .kind = STORE_ROW_SEEN,
                            .visit = collect,
                            .context = making};
    enum status status = row_walk(&walk, err);
    if (status == STATUS_OK) {
        sort_letters(making->plan);
        status = seen_plan_sort(&making->seen);
        status = status == STATUS_OK ? STATUS_OK : error_set(err, status, "out of memory");
    }
    return status;
}

// --- Looking through the log ------------------------------------------------------------------------------------------

static void place_letter(struct making *making, unsigned partition, int64_t offset, unsigned target,
                         int64_t number) {
    struct plan *plan = making->plan;
    size_t *at = &making->letter[partition];
    while (*at < plan->letter_count && plan->letters[*at].partition == partition &&
           plan->letters[*at].offset < offset) {
        ++*at;
    }
    if (*at < plan->letter_count && plan->letters[*at].partition == partition &&
        plan->letters[*at].offset == offset) {
        struct plan_letter *letter = &plan->letters[*at];
        letter->target = target;
        letter->number = number;
        letter->placed = true;
    }
}

static enum status look(unsigned partition, const struct eventlog_view *record, void *context,
                        struct error *err) {
    struct making *making = context;
    const struct notes *notes = making->plan->notes;
    if (eventlog_partition_of(record->key, notes->partitions) != partition) {
        return error_set(err, STATUS_CORRUPT,
                         "record %lld of partition %u belongs to another partition by its key",
                         (long long)record->offset, partition);
    }
    unsigned target = eventlog_partition_of(record->key, notes->targets);
    place_letter(making, partition, record->offset, target,
                 notes->places[target].begin + making->counts[target]);
    making->counts[target]++;
    if (record->offset >= making->from[partition]) {
        struct event event;
        bool is_event = false;
        if (decode(making, record->value, &event, &is_event) != STATUS_OK) {
            return error_set(err, STATUS_NO_MEMORY, "out of memory");
        }
        if (is_event) {
            seen_plan_note(&making->seen, event_id_hash(event.project, event.id), partition,
                           target);
        }
    }
    const struct migrate_config *config = making->plan->config;
    making->done++;
    if (config->progress && making->done % 1024 == 0) {
        config->progress(MIGRATE_PHASE_PLAN, making->done, making->total, config->context);
    }
    return STATUS_OK;
}

static enum status look_through(struct making *making, struct error *err) {
    struct plan *plan = making->plan;
    struct notes *notes = plan->notes;
    for (unsigned i = 0; i < notes->partitions; i++) {
        making->from[i] = seen_plan_from(&making->seen, i, notes->ranges[i].begin);
        making->total += (uint64_t)(notes->ranges[i].end - notes->ranges[i].begin);
        while (making->letter[i] < plan->letter_count &&
               plan->letters[making->letter[i]].partition < i) {
            making->letter[i]++;
        }
    }
    const struct log_merge merge = {
        .config = plan->config, .notes = notes, .visit = look, .context = making};
    enum status status = log_merge(&merge, err);
    for (unsigned i = 0; i < notes->targets; i++) {
        notes->places[i].end = notes->places[i].begin + making->counts[i];
    }
    return status;
}

// What the log no longer has stays in its order, and below every offset.
static void number_old_letters(struct plan *plan) {
    int64_t old = 0;
    for (size_t i = 0; i < plan->letter_count; i++) {
        old += !plan->letters[i].placed;
    }
    for (size_t i = 0; i < plan->letter_count; i++) {
        if (!plan->letters[i].placed) {
            plan->letters[i].number = -old--;
        }
    }
}

// --- Making ---------------------------------------------------------------------------------------------------------

static enum status spread(struct making *making, struct error *err) {
    struct plan *plan = making->plan;
    const struct notes *notes = plan->notes;
    making->counts = calloc(notes->targets, sizeof *making->counts);
    making->from = calloc(notes->partitions, sizeof *making->from);
    making->letter = calloc(notes->partitions, sizeof *making->letter);
    if (!making->counts || !making->from || !making->letter ||
        json_parser_make(&making->parser) != STATUS_OK) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    enum status status = collect_all(making, err);
    if (status == STATUS_OK) {
        status = look_through(making, err);
    }
    if (status == STATUS_OK) {
        number_old_letters(plan);
        status = seen_plan_take_apart(&making->seen, plan);
        status = status == STATUS_OK ? STATUS_OK : error_set(err, status, "out of memory");
    }
    return status;
}

enum status plan_make(const struct migrate_config *config, struct notes *notes, struct plan *out,
                      struct error *err) {
    struct making making = {.plan = out};
    *out = (struct plan){
        .config = config, .notes = notes, .spreads = notes->partitions != notes->targets};
    arena_init(&out->arena, (size_t)64 << 10, 0);
    arena_init(&out->leaders_arena, (size_t)16 << 10, 0);
    if (!out->spreads) {
        for (unsigned i = 0; i < notes->targets; i++) {
            notes->places[i].end =
                notes->places[i].begin + notes->ranges[i].end - notes->ranges[i].begin;
        }
        return STATUS_OK;
    }
    seen_plan_init(&making.seen);
    arena_init(&making.arena, (size_t)16 << 10, 0);
    enum status status = spread(&making, err);
    json_parser_free(making.parser);
    seen_plan_free(&making.seen);
    arena_free(&making.arena);
    free(making.counts);
    free(making.from);
    free(making.letter);
    if (status != STATUS_OK) {
        plan_free(out);
    }
    return status;
}

void plan_free(struct plan *plan) {
    free(plan->letters);
    arena_free(&plan->arena);
    arena_free(&plan->leaders_arena);
    *plan = (struct plan){.letter_count = 0};
}
