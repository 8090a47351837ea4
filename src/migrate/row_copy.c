// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Copies the rows of one store to another, and sets the partitions' offsets at the end.
#include "migrate/row_copy.h"

#include "migrate/patience.h"
#include "migrate/plan.h"

#define CHUNKS_A_PAGE 256

struct copying {
    const struct migrate_config *config;
    struct notes *notes;
    const struct row_rules *rules;
    struct arena arena; // of one page
    // One a partition; NULL: not begun. Totals have numbers of partitions that the target's log has not.
    struct store_batch *batches[EVENTLOG_PARTITIONS_MAX];
    uint64_t done, total;
};

static enum status write_failed(const struct store_row *row, enum status status,
                                struct error *err) {
    return error_set(err, status, "the target's store does not take %s: %s",
                     store_row_kind_name(row->kind), status_text(status));
}

// --- Rows that people wrote -----------------------------------------------------------------------------------------

// What is there already was put there by an earlier run; the comparison at the end tells if not.
static enum status put_one(struct store *store, const struct store_row *row) {
    enum status status = STATUS_INVALID;
    if (row->kind == STORE_ROW_PROJECT) {
        status = store_project_put(store, &row->as.project);
    } else if (row->kind == STORE_ROW_KEY) {
        status = store_key_put(store, &row->as.key);
    } else if (row->kind == STORE_ROW_ACCOUNT) {
        status = store_account_put(store, &row->as.account);
    } else if (row->kind == STORE_ROW_REPORT) {
        status = store_report_put(store, row->project, &row->as.report);
    } else if (row->kind == STORE_ROW_DELIVERY) {
        status = store_delivery_restore(store, &row->as.delivery);
    } else if (row->kind == STORE_ROW_VERSION_FLOOR) {
        status = store_version_floor_raise(store, row->project, row->as.version_floor);
    } else if (row->kind == STORE_ROW_LETTER_MARK) {
        // Of the letter only its place counts: it comes later, and stays away when it is dealt with.
        const struct store_dead_letter letter = {.partition = row->partition,
                                                 .offset = row->as.marked.offset,
                                                 .project = STR("unknown")};
        status = store_letter_mark(store, &letter, &row->as.marked.mark);
    }
    return status == STATUS_EXISTS ? STATUS_OK : status;
}

// Marks belong to a life of the log, which the first batch names.
static enum status name_log(const struct copying *copying) {
    struct store_batch *batch = NULL;
    enum status status =
        store_batch_begin(copying->config->target.store, copying->notes->target_epoch, 0, &batch);
    return status == STATUS_OK ? store_batch_commit(batch, 0) : status;
}

static enum status put_each(struct copying *copying, const struct store_row *rows, size_t count,
                            struct error *err) {
    enum status status = rows[0].kind == STORE_ROW_LETTER_MARK ? name_log(copying) : STATUS_OK;
    if (status != STATUS_OK) {
        return write_failed(&rows[0], status, err);
    }
    for (size_t i = 0; i < count; i++) {
        status = put_one(copying->config->target.store, &rows[i]);
        if (status != STATUS_OK) {
            return write_failed(&rows[i], status, err);
        }
    }
    return STATUS_OK;
}

// Runs of profiles of one project.
static enum status put_profiles(struct copying *copying, const struct store_row *rows, size_t count,
                                struct error *err) {
    struct store_profile *profiles =
        arena_alloc_array(&copying->arena, count + 1, sizeof *profiles);
    if (!profiles) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    for (size_t from = 0; from < count;) {
        size_t some = 0;
        while (from + some < count && str_equal(rows[from + some].project, rows[from].project)) {
            profiles[some] = rows[from + some].as.profile;
            some++;
        }
        enum status status = store_profiles_restore(copying->config->target.store,
                                                    rows[from].project, profiles, some);
        if (status != STATUS_OK) {
            return write_failed(&rows[from], status, err);
        }
        from += some;
    }
    return STATUS_OK;
}

// --- Derived rows ---------------------------------------------------------------------------------------------------

// Where the target's processor will look for what it knows of an id: its records have this key.
static unsigned partition_of_row(const struct copying *copying, const struct store_row *row) {
    if (row->kind >= STORE_ROW_TOTAL) {
        return row->partition;
    }
    struct str id = row->kind == STORE_ROW_LINK ? row->as.link.user_id : row->actor.id;
    return plan_partition_of_id(row->project, id, copying->notes->targets);
}

static void add_to_batch(struct store_batch *batch, const struct store_row *row) {
    if (row->kind == STORE_ROW_STATE) {
        store_batch_actor(batch, row->project, row->actor, &row->as.state);
    } else if (row->kind == STORE_ROW_DAY) {
        store_batch_actor_day(batch, row->project, row->actor, &row->as.day);
    } else if (row->kind == STORE_ROW_SESSION) {
        store_batch_session(batch, row->project, row->actor, &row->as.session);
    } else if (row->kind == STORE_ROW_TIMELINE) {
        store_batch_timeline(batch, row->project, row->actor, &row->as.timeline);
    } else if (row->kind == STORE_ROW_LINK) {
        store_batch_link(batch, row->project, row->as.link.anonymous_id, row->as.link.user_id,
                         row->as.link.linked_ms);
    } else if (row->kind == STORE_ROW_TOTAL) {
        store_batch_total(batch, row->project, &row->as.total);
    } else if (row->kind == STORE_ROW_SEEN) {
        store_batch_seen(batch, row->as.seen.chunk, row->as.seen.last_ms, row->as.seen.hashes,
                         row->as.seen.count);
    } else if (row->kind == STORE_ROW_DEAD_LETTER) {
        store_batch_dead_letter(batch, row->project, &row->as.dead_letter);
    }
}

static enum status add_derived(struct copying *copying, const struct store_row *row,
                               struct error *err) {
    unsigned partition = partition_of_row(copying, row);
    if (partition >= EVENTLOG_PARTITIONS_MAX) {
        return write_failed(row, STATUS_CORRUPT, err);
    }
    struct store_batch **batch = &copying->batches[partition];
    if (!*batch) {
        enum status status = store_batch_begin(copying->config->target.store,
                                               copying->notes->target_epoch, partition, batch);
        if (status != STATUS_OK) {
            *batch = NULL;
            return write_failed(row, status, err);
        }
    }
    add_to_batch(*batch, row);
    return STATUS_OK;
}

// At offset 0: nothing of the log counts as processed before everything is there.
static enum status put_derived(struct copying *copying, const struct store_row *rows, size_t count,
                               struct error *err) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = add_derived(copying, &rows[i], err);
    }
    for (unsigned i = 0; i < EVENTLOG_PARTITIONS_MAX; i++) {
        struct store_batch *batch = copying->batches[i];
        copying->batches[i] = NULL;
        if (!batch) {
            continue;
        }
        if (status == STATUS_OK) {
            status = store_batch_commit(batch, 0);
            status = status == STATUS_OK ? STATUS_OK : write_failed(&rows[0], status, err);
        } else {
            store_batch_discard(batch);
        }
    }
    return status;
}

// --- Pages ----------------------------------------------------------------------------------------------------------

static enum status put_rows(struct copying *copying, const struct store_row *rows, size_t count,
                            struct error *err) {
    arena_reset(&copying->arena);
    if (rows[0].kind == STORE_ROW_PROFILE) {
        return put_profiles(copying, rows, count, err);
    }
    bool derived = rows[0].kind >= STORE_ROW_STATE && rows[0].kind != STORE_ROW_LETTER_MARK;
    return derived ? put_derived(copying, rows, count, err) : put_each(copying, rows, count, err);
}

// The whole page again when it fails: what of it arrived is written once more, and is the same.
static enum status put_patiently(struct copying *copying, const struct store_row *rows,
                                 size_t count, struct error *err) {
    struct patience patience = patience_begin(copying->config);
    enum status status = STATUS_OK;
    do {
        status = put_rows(copying, rows, count, err);
    } while (patience_left(&patience, status, store_row_kind_name(rows[0].kind)));
    return status;
}

static enum status copy_page(struct store_row *rows, size_t count, void *context,
                             struct error *err) {
    struct copying *copying = context;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        enum status status = STATUS_OK;
        if (row_carry(copying->rules, &rows[i], &status)) {
            rows[kept++] = rows[i];
        } else if (status != STATUS_OK) {
            return error_set(err, status, "%s of partition %u of the source: %s",
                             store_row_kind_name(rows[i].kind), rows[i].partition,
                             status_text(status));
        }
    }
    copying->done += kept;
    return kept == 0 ? STATUS_OK : put_patiently(copying, rows, kept, err);
}

enum status row_copy_flush(const struct migrate_config *config, struct error *err) {
    struct patience patience = patience_begin(config);
    enum status status = STATUS_OK;
    do {
        status = store_flush(config->target.store);
    } while (patience_left(&patience, status, "a flush"));
    return status == STATUS_OK
               ? STATUS_OK
               : error_set(err, status, "the target's store: %s", status_text(status));
}

// What the notes say is in the target has to survive a power cut there.
static enum status note_place(enum store_row_kind kind, struct str position, void *context,
                              struct error *err) {
    struct copying *copying = context;
    const struct migrate_config *config = copying->config;
    enum status status = row_copy_flush(config, err);
    if (status != STATUS_OK) {
        return status;
    }
    copying->notes->kind = kind;
    copying->notes->position = position;
    if (config->progress) {
        config->progress(MIGRATE_PHASE_ROWS, copying->done, copying->total, config->context);
    }
    return notes_write(config->notes_path, copying->notes, err);
}

enum status row_copy(const struct migrate_config *config, struct notes *notes,
                     const struct row_rules *rules, uint64_t total, struct error *err) {
    struct copying copying = {.config = config, .notes = notes, .rules = rules, .total = total};
    const struct plan *plan = rules->plan;
    arena_init(&copying.arena, (size_t)64 << 10, 0);
    struct row_walk walk = {.config = config,
                            .store = config->source.store,
                            .kind = notes->kind,
                            .position = notes->position,
                            .visit = copy_page,
                            .paused = note_place,
                            .context = &copying};
    enum status status = row_walk(&walk, err);
    notes->position = STR_EMPTY; // it was the walk's
    for (size_t at = 0; at < plan->chunk_count && status == STATUS_OK; at += CHUNKS_A_PAGE) {
        size_t left = plan->chunk_count - at;
        status = put_patiently(&copying, &plan->chunks[at],
                               left < CHUNKS_A_PAGE ? left : CHUNKS_A_PAGE, err);
    }
    arena_free(&copying.arena);
    return status;
}

// --- Offsets --------------------------------------------------------------------------------------------------------

static enum status set_offset(const struct migrate_config *config, const struct notes *notes,
                              unsigned partition, struct error *err) {
    struct store *store = config->target.store;
    int64_t end = notes->places[partition].end;
    int64_t offset = 0;
    struct eventlog_partition_info info;
    enum status status =
        eventlog_partition_info(config->target.log, partition, STR("migrate"), &info);
    if (status == STATUS_OK) {
        status = store_partition_offset(store, notes->target_epoch, partition, &offset);
    }
    if (status != STATUS_OK) {
        return error_set(err, status, "partition %u of the target: %s", partition,
                         status_text(status));
    }
    if ((offset != 0 && offset != end) || info.end != end) {
        return error_set(err, STATUS_CONFLICT,
                         "partition %u of the target is in use: its log ends at %lld, its store "
                         "stands at %lld, and what was copied ends at %lld",
                         partition, (long long)info.end, (long long)offset, (long long)end);
    }
    struct store_batch *batch = NULL;
    if (offset == end) {
        return STATUS_OK;
    }
    // Nothing but the offset: an engine that stamps rows with it must not stamp one of these above what is processed next.
    status = store_batch_begin(store, notes->target_epoch, partition, &batch);
    if (status == STATUS_OK) {
        status = store_batch_commit(batch, end);
    }
    return status == STATUS_OK ? STATUS_OK
                               : error_set(err, status, "the offset of partition %u: %s", partition,
                                           status_text(status));
}

enum status row_copy_offsets(const struct migrate_config *config, const struct notes *notes,
                             struct error *err) {
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < notes->targets && status == STATUS_OK; i++) {
        struct patience patience = patience_begin(config);
        do {
            status = set_offset(config, notes, i, err);
        } while (patience_left(&patience, status, "an offset"));
    }
    return status == STATUS_OK ? row_copy_flush(config, err) : status;
}
