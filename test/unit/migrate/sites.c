// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Opens, fills and compares installations.
#include "sites.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "migrate/row_copy.h"

#define BEGIN_MS INT64_C(1774569600000)

static void make_directory(char directory[64]) {
    const char *parent = getenv("TMPDIR");
    assert_in_range(snprintf(directory, 64, "%s/footfall-migrate-XXXXXX", parent ? parent : "/tmp"),
                    1, 63);
    assert_non_null(mkdtemp(directory));
}

static int remove_entry(const char *path, const struct stat *about, int type, struct FTW *where) {
    (void)about;
    (void)type;
    (void)where;
    return remove(path);
}

static void open_engines(struct site *site, unsigned partitions) {
    struct error err = {STATUS_OK, ""};
    struct eventlog_config config = {
        .partitions = partitions, .retention_ms = INT64_C(3600000), .clock = &site->clock.clock};
    if (site->on_disk) {
        char path[80];
        (void)snprintf(path, sizeof path, "%s/log", site->directory);
        history_require(eventlog_open_rocksdb(path, &config, &site->log, &err), err.text);
        (void)snprintf(path, sizeof path, "%s/store", site->directory);
        history_require(store_open_rocksdb(path, NULL, &site->store, &err), err.text);
    } else {
        history_require(eventlog_open_memory(&config, &site->log, &err), err.text);
        history_require(store_open_memory(&site->store, &err), err.text);
    }
}

void site_open(struct site *site, bool on_disk, unsigned partitions) {
    *site = (struct site){.on_disk = on_disk};
    // Long before the history: nothing is old enough to go until a test says so.
    clock_manual_init(&site->clock, BEGIN_MS - INT64_C(86400000));
    if (on_disk) {
        make_directory(site->directory);
    }
    open_engines(site, partitions);
}

void site_close(struct site *site) {
    store_close(site->store);
    eventlog_close(site->log);
    if (site->on_disk) {
        nftw(site->directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    }
}

void site_reopen(struct site *site, unsigned partitions) {
    if (site->on_disk) {
        store_close(site->store);
        eventlog_close(site->log);
        open_engines(site, partitions);
    }
}

static void make_profile(struct site *site, struct str project, const char *id, const char *email,
                         unsigned writes) {
    for (unsigned i = 0; i < writes; i++) {
        struct store_profile profile = {.id = str_from_c(id),
                                        .email = str_from_c(email),
                                        .name = STR("Somebody"),
                                        .traits = STR("{\"plan\":\"pro\"}"),
                                        .created_ms = 1000,
                                        .updated_ms = 1000 + i};
        history_require(
            store_profile_put(site->store, project, &profile, STORE_EXPECT_ANY, 0, NULL),
            "profile");
    }
}

void site_settle(struct site *site) {
    for (unsigned i = 0; i < HISTORY_PROJECTS; i++) {
        struct str project = history_projects[i].id;
        history_require(store_project_put(site->store, &history_projects[i]), "project");
        make_profile(site, project, "u1", "one@example.org", 3);
        make_profile(site, project, "u2", NULL, 1);
        make_profile(site, project, "gone", "gone@example.org", 5);
        history_require(
            store_profile_delete(site->store, project, STR("gone"), STORE_EXPECT_ANY, 0), "delete");
        for (unsigned revision = 1; revision <= 2; revision++) {
            struct store_report report = {20000, revision, 5, UINT64_MAX - revision,
                                          STR("{\"events\":1}")};
            history_require(store_report_put(site->store, project, &report), "report");
        }
    }
    // Due in 2050: kept, whenever the test runs, and the same at each site.
    struct store_delivery delivery = {.name = STR("daily"),
                                      .due_ms = INT64_C(2524608000000),
                                      .state = STORE_DELIVERY_WAITING,
                                      .attempts = 3,
                                      .next_ms = 2,
                                      .changed_ms = 1,
                                      .error = STR("late"),
                                      .version = 4};
    history_require(store_delivery_restore(site->store, &delivery), "delivery");
    struct store_key key = {
        STR("k1"), STR("shop"), STR("write"), STR("write"), STR("secret"), STR("site"), 3};
    struct store_account account = {
        STR("a@example.org"), STR("hash"), STR("admin"), STR(""), 4, STR("Ann"), true, 9};
    history_require(store_key_put(site->store, &key), "key");
    history_require(store_account_put(site->store, &account), "account");
}

void site_process(struct site *site) {
    struct drive drive = {.log = site->log, .store = site->store};
    struct processor_config config = {.cycle_events = 16};
    clock_manual_init(&drive.clock, BEGIN_MS);
    drive_start(&drive, &config, 1);
    assert_true(drive_finish(&drive, 10000));
    drive_stop(&drive);
}

struct adding {
    struct tally *tally;
    uint32_t without;
};

static enum status add_rows(struct store_row *rows, size_t count, void *context,
                            struct error *err) {
    const struct adding *adding = context;
    (void)err;
    for (size_t i = 0; i < count; i++) {
        if ((adding->without >> rows[i].kind & 1) == 0) {
            history_require(tally_add(adding->tally, &rows[i]), "tally");
        }
    }
    return STATUS_OK;
}

void site_tally(struct site *site, uint32_t without, struct tally *tally) {
    struct adding adding = {tally, without};
    struct error err = {STATUS_OK, ""};
    struct migrate_config config = {.clock = clock_system()};
    struct row_walk walk = {.config = &config,
                            .store = site->store,
                            .kind = STORE_ROW_PROJECT,
                            .visit = add_rows,
                            .context = &adding};
    tally_init(tally);
    history_require(row_walk(&walk, &err), err.text);
}

static void add_row(struct tally *tally, const struct store_row *row) {
    history_require(tally_add(tally, row), "tally");
}

static void add_totals(struct site *site, struct str project, struct tally *tally,
                       struct arena *arena) {
    struct store_total *totals = NULL;
    size_t count = 0;
    history_require(
        store_totals_read(site->store, project, 0, 40000, UINT64_MAX - 1, arena, &totals, &count),
        "totals");
    for (size_t i = 0; i < count; i++) {
        struct store_row row = {.kind = STORE_ROW_TOTAL, .project = project};
        row.as.total = totals[i];
        add_row(tally, &row);
    }
}

static void add_letters(struct site *site, struct str project, struct tally *tally,
                        struct arena *arena) {
    struct store_letter_query query = {
        .project = project, .from_ms = 0, .to_ms = INT64_MAX, .limit = 10000};
    struct store_dead_letter *letters = NULL;
    size_t count = 0;
    bool more = false;
    history_require(store_letters_read(site->store, &query, arena, &letters, &count, &more),
                    "letters");
    for (size_t i = 0; i < count; i++) {
        struct store_row row = {.kind = STORE_ROW_DEAD_LETTER, .project = project};
        row.as.dead_letter = letters[i];
        row.as.dead_letter.offset = 0;
        add_row(tally, &row);
    }
}

void site_sums(struct site *site, uint32_t without, struct tally *tally) {
    uint32_t placed = UINT32_C(1) << STORE_ROW_TOTAL | UINT32_C(1) << STORE_ROW_SEEN |
                      UINT32_C(1) << STORE_ROW_DEAD_LETTER | UINT32_C(1) << STORE_ROW_LETTER_MARK;
    struct arena arena;
    arena_init(&arena, (size_t)1 << 20, 0);
    site_tally(site, without | placed, tally);
    for (unsigned i = 0; i < HISTORY_PROJECTS; i++) {
        add_totals(site, history_projects[i].id, tally, &arena);
        if ((without >> STORE_ROW_DEAD_LETTER & 1) == 0) {
            add_letters(site, history_projects[i].id, tally, &arena);
        }
    }
    arena_free(&arena);
}

void tally_expect_equal(const struct tally *a, const struct tally *b) {
    struct arena arena;
    arena_init(&arena, 4096, 0);
    size_t count = 0;
    struct tally_group *groups = tally_merge(a, b, &arena, &count);
    assert_non_null(groups);
    for (size_t i = 0; i < count; i++) {
        struct tally_sum here = tally_find(a, &groups[i]);
        struct tally_sum there = tally_find(b, &groups[i]);
        if (!tally_sum_equal(&here, &there)) {
            fail_msg("%s of %.*s, day %d: %llu and %llu", store_row_kind_name(groups[i].kind),
                     STR_ARG(groups[i].project), (int)groups[i].day, (unsigned long long)here.count,
                     (unsigned long long)there.count);
        }
    }
    arena_free(&arena);
}

void move_init(struct move *move, const struct site *source, const struct site *target) {
    *move = (struct move){.config = {.source = {source->log, source->store},
                                     .target = {target->log, target->store},
                                     .clock = clock_system()}};
    make_directory(move->directory);
    (void)snprintf(move->notes, sizeof move->notes, "%s/notes.json", move->directory);
    move->config.notes_path = move->notes;
}

void move_free(struct move *move) {
    nftw(move->directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

void move_finish(struct move *move) {
    struct migrate_report report;
    struct error err = {STATUS_OK, ""};
    if (migrate_run(&move->config, &report, &err) != STATUS_OK) {
        fail_msg("%s", err.text);
    }
    if (report.difference_count > 0) {
        fail_msg("%.*s: %llu and %llu", STR_ARG(report.differences[0].what),
                 (unsigned long long)report.differences[0].source,
                 (unsigned long long)report.differences[0].target);
    }
    migrate_report_free(&report);
}

void site_move(struct site *source, struct site *target) {
    struct move move;
    move_init(&move, source, target);
    move_finish(&move);
    move_free(&move);
}
