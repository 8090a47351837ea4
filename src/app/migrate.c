// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// footfall migrate: from the embedded engines in a data directory to Kafka and Cassandra, or from either to the same with another number
// of partitions.
#include "migrate/migrate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/command.h"
#include "app/engines.h"
#include "app/migrate_flags.h"
#include "app/service.h"
#include "app/signals.h"
#include "base/file.h"
#include "base/progress.h"

#define LOOK_US (200 * 1000)
#define PATIENCE_MS (2 * 60 * 1000LL)

struct migration {
    const struct settings *settings;
    const struct migrate_flags *flags;
    struct app_waiting *waiting; // told to stop by a signal
    struct client_paths paths, to_paths;
    char notes[1200];
    struct migrate_side source, target;
    struct progress progress;
    enum migrate_phase phase;
    bool shown; // a phase's progress
};

// --- What people see meanwhile --------------------------------------------------------------------------------------

static bool is_stopped(void *context) {
    return app_waiting_stopped(((struct migration *)context)->waiting);
}

static void show_end(struct migration *migration) {
    if (migration->shown && migration->progress.total > 1) {
        progress_end(&migration->progress);
    }
    migration->shown = false;
}

static void show(enum migrate_phase phase, uint64_t done, uint64_t total, void *context) {
    struct migration *migration = context;
    if (!migration->shown || migration->phase != phase) {
        show_end(migration);
        (void)fprintf(stderr, "%s\n", migrate_phase_text(phase));
        progress_begin(&migration->progress, "  ", migrate_phase_unit(phase), total);
        migration->phase = phase;
        migration->shown = true;
    }
    if (total > 1 && done > migration->progress.done) {
        progress_add(&migration->progress, done - migration->progress.done);
    }
}

static void print_line(const struct migrate_line *line, bool two_sides) {
    (void)printf("  %-40.*s %12llu", STR_ARG(line->what), (unsigned long long)line->source);
    if (two_sides) {
        (void)printf(" %12llu%s", (unsigned long long)line->target, line->same ? "" : "  differs");
    }
    (void)printf("\n");
}

static void print_report(const struct migrate_report *report, bool two_sides) {
    (void)printf("  %-40s %12s%s\n", "", "here", two_sides ? "        there" : "");
    for (size_t i = 0; i < report->line_count; i++) {
        print_line(&report->lines[i], two_sides);
    }
}

// --- The source -----------------------------------------------------------------------------------------------------

static enum status open_source_data(struct migration *migration, struct error *err) {
    const struct settings *settings = migration->settings;
    unsigned partitions = 0;
    if (access(migration->paths.store, F_OK) != 0 || access(migration->paths.log, F_OK) != 0) {
        return error_set(err, STATUS_NOT_FOUND, "data: there is no installation in %.*s",
                         STR_ARG(settings_string(settings, "data")));
    }
    // Its own number, whatever embedded.partitions says by now. In use by a running Footfall: err says to stop that one first.
    enum status status = eventlog_rocksdb_partitions(migration->paths.log, &partitions, err);
    return status == STATUS_OK
               ? app_open_embedded(settings, &migration->paths, partitions, &migration->source.log,
                                   &migration->source.store, err)
               : status;
}

static enum status open_source(struct migration *migration, struct error *err) {
    const struct settings *settings = migration->settings;
    enum status status =
        client_data_paths(settings_string(settings, "data"), &migration->paths, err);
    if (status != STATUS_OK) {
        return status;
    }
    if (!migration->flags->to_topic) {
        (void)snprintf(migration->notes, sizeof migration->notes, "%s", migration->paths.migration);
        return open_source_data(migration, err);
    }
    struct str topic = settings_string(settings, "kafka.topic");
    status = client_data_directory(settings_string(settings, "data"), &migration->paths, err);
    (void)snprintf(migration->notes, sizeof migration->notes, "%.*s/migration-%.*s.json",
                   STR_ARG(settings_string(settings, "data")), STR_ARG(topic));
    if (status == STATUS_OK) {
        status = app_open_kafka_to_leave(settings, &migration->source.log, err);
    }
    return status == STATUS_OK ? app_open_cassandra(settings, &migration->source.store, err)
                               : status;
}

static uint64_t count_behind(const struct processor_partition_status *rows, size_t count,
                             const char **problem) {
    uint64_t behind = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t records = rows[i].log_end - rows[i].next_offset;
        // A partition that nobody has taken on yet has nothing to say.
        behind += !rows[i].owned ? 1 : records > 0 ? (uint64_t)records : 0;
        *problem = rows[i].stuck ? rows[i].problem : *problem;
    }
    return behind;
}

static enum status wait_for_processor(struct migration *migration, struct processor *processor,
                                      struct error *err) {
    size_t room = eventlog_partition_count(migration->source.log);
    struct processor_partition_status *rows = calloc(room, sizeof *rows);
    if (!rows) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    uint64_t behind = 1;
    const char *problem = NULL;
    while (behind > 0 && !problem && !app_waiting_stopped(migration->waiting)) {
        size_t count = processor_partitions(processor, rows, room);
        behind = count_behind(rows, count < room ? count : room, &problem);
        if (behind > 0 && !problem) {
            app_waiting_rest(migration->waiting, LOOK_US);
        }
    }
    enum status status = STATUS_OK;
    if (problem) {
        status = error_set(err, STATUS_UNAVAILABLE, "a partition cannot be processed: %s", problem);
    } else if (behind > 0) {
        status = error_set(err, STATUS_CLOSED, "stopped");
    }
    free(rows);
    return status;
}

// Whether all is processed. What cannot be told now is told later.
static bool is_processed(const struct migrate_side *source) {
    bool all = true;
    for (unsigned i = 0; i < eventlog_partition_count(source->log) && all; i++) {
        struct eventlog_partition_info info;
        int64_t offset = 0;
        all = eventlog_partition_info(source->log, i, STR("migrate"), &info) == STATUS_OK &&
              store_partition_offset(source->store, eventlog_epoch(source->log), i, &offset) ==
                  STATUS_OK &&
              offset >= info.end;
    }
    return all;
}

// What was accepted and not processed when Footfall was stopped.
static enum status catch_up(struct migration *migration, struct error *err) {
    if (is_processed(&migration->source)) {
        return STATUS_OK;
    }
    (void)fprintf(stderr, "processing what is left in the event log\n");
    struct processor_config config = app_processor_config(migration->settings);
    config.log = migration->source.log;
    config.store = migration->source.store;
    struct processor *processor = NULL;
    enum status status = app_enrichment_make(migration->settings, &config.enrichment, err);
    if (status == STATUS_OK) {
        status = processor_start(&config, &processor, err);
    }
    if (status == STATUS_OK) {
        status = wait_for_processor(migration, processor, err);
        processor_stop(processor);
    }
    enrichment_free(config.enrichment);
    return status;
}

// --- The target -----------------------------------------------------------------------------------------------------

static unsigned target_partitions(const struct migration *migration) {
    unsigned wanted = migration->flags->to_partitions;
    if (wanted > 0) {
        return wanted;
    }
    return migration->flags->to_data
               ? (unsigned)settings_integer(migration->settings, "embedded.partitions")
               : eventlog_partition_count(migration->source.log);
}

static enum status open_target_data(struct migration *migration, struct error *err) {
    struct str directory = str_from_c(migration->flags->to_data);
    if (str_equal(directory, settings_string(migration->settings, "data"))) {
        return error_set(err, STATUS_INVALID,
                         "migrate: --to-data is the directory it is in already");
    }
    enum status status = client_data_directory(directory, &migration->to_paths, err);
    return status == STATUS_OK
               ? app_open_embedded(migration->settings, &migration->to_paths,
                                   target_partitions(migration), &migration->target.log,
                                   &migration->target.store, err)
               : status;
}

static enum status open_target(struct migration *migration, struct error *err) {
    const struct settings *settings = migration->settings;
    const struct migrate_flags *flags = migration->flags;
    unsigned partitions = target_partitions(migration);
    if (flags->to_data) {
        return open_target_data(migration, err);
    }
    if (flags->to_topic) {
        enum status status = app_open_topic(settings, str_from_c(flags->to_topic), partitions,
                                            &migration->target.log, err);
        return status == STATUS_OK ? app_open_keyspace(settings, str_from_c(flags->to_keyspace),
                                                       &migration->target.store, err)
                                   : status;
    }
    enum status status = app_open_kafka(settings, partitions, &migration->target.log, err);
    return status == STATUS_OK ? app_open_cassandra(settings, &migration->target.store, err)
                               : status;
}

// The keys are the same there.
static enum status copy_credentials(struct migration *migration, struct error *err) {
    struct buffer bytes;
    buffer_init(&bytes, (size_t)1 << 20);
    enum status status = file_read(migration->paths.credentials, &bytes, err);
    if (status == STATUS_NOT_FOUND) {
        buffer_free(&bytes);
        return STATUS_OK; // somebody has put them away
    }
    if (status == STATUS_OK) {
        int fd =
            open(migration->to_paths.credentials, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        bool whole = fd >= 0 && file_write_all(fd, buffer_str(&bytes)) && fsync(fd) == 0;
        if (!whole) {
            status = error_set(err, STATUS_IO, "%s cannot be written: %s",
                               migration->to_paths.credentials, strerror(errno));
        }
        if (fd >= 0) {
            (void)close(fd);
        }
    }
    buffer_free(&bytes);
    return status;
}

static void close_all(struct migration *migration) {
    store_close(migration->target.store);
    eventlog_close(migration->target.log);
    store_close(migration->source.store);
    eventlog_close(migration->source.log);
}

static struct migrate_config make_config(struct migration *migration) {
    return (struct migrate_config){
        .source = migration->source,
        .target = migration->target,
        .notes_path = migration->notes,
        .clock = clock_system(),
        .timeline_retention_ms = settings_integer(migration->settings, "timeline.retention"),
        .patience_ms = PATIENCE_MS,
        .stopped = is_stopped,
        .progress = show,
        .context = migration,
    };
}

static void print_next(const struct migration *migration) {
    const struct migrate_flags *flags = migration->flags;
    struct str data = settings_string(migration->settings, "data");
    unsigned partitions = eventlog_partition_count(migration->target.log);
    (void)printf("\nEverything is there. ");
    if (flags->to_data) {
        (void)printf(
            "From now on start footfall run with data: %s and\n"
            "embedded.partitions: %u, or move that directory into the place of %.*s. Keys and accounts\n"
            "are the same. Do not start footfall run on what was moved again: what it takes would be\n"
            "missing there. Once you are sure, remove it.\n",
            flags->to_data, partitions, STR_ARG(data));
    } else if (flags->to_topic) {
        (void)printf(
            "From now on start the roles with kafka.topic: %s,\n"
            "cassandra.keyspace: %s and kafka.partitions: %u. Keys and accounts are the same. Once\n"
            "you are sure, remove topic %.*s, its .meta, and keyspace %.*s.\n",
            flags->to_topic, flags->to_keyspace, partitions,
            STR_ARG(settings_string(migration->settings, "kafka.topic")),
            STR_ARG(settings_string(migration->settings, "cassandra.keyspace")));
    } else {
        (void)printf(
            "From now on start the roles (footfall gateway, users, activity, processor,\n"
            "reports) with eventlog: kafka, store: cassandra and kafka.partitions: %u. Keys and accounts are the\n"
            "same. Do not start footfall run on %.*s again: what it takes would be missing there. Once you are\n"
            "sure, remove it.\n",
            partitions, STR_ARG(data));
    }
}

static int print_outcome(struct migration *migration, const struct migrate_report *report) {
    struct error err = {STATUS_OK, ""};
    print_report(report, true);
    if (report->difference_count > 0) {
        (void)printf("\nThere are differences:\n");
        for (size_t i = 0; i < report->difference_count; i++) {
            print_line(&report->differences[i], true);
        }
        (void)printf(
            "\nNothing may write to either side while it is moved. To compare again, run this again; to begin\n"
            "anew, remove %s and empty the target.\n",
            migration->notes);
        return APP_FAILED;
    }
    if (migration->flags->to_data && copy_credentials(migration, &err) != STATUS_OK) {
        return app_complain(APP_FAILED, &err);
    }
    print_next(migration);
    return APP_OK;
}

static int complain(enum status status, struct error *err) {
    if (status == STATUS_CLOSED) {
        (void)error_set(err, status, "stopped. Run footfall migrate again: it goes on from here");
    }
    return app_complain(status == STATUS_INVALID ? APP_USAGE : APP_FAILED, err);
}

static int move(struct migration *migration) {
    struct error err = {STATUS_OK, ""};
    struct migrate_report report;
    enum status status = open_target(migration, &err);
    if (status == STATUS_OK) {
        status = catch_up(migration, &err);
    }
    if (status == STATUS_OK) {
        struct migrate_config config = make_config(migration);
        status = migrate_run(&config, &report, &err);
        show_end(migration);
    }
    if (status == STATUS_EXISTS) {
        (void)printf("%s\n", err.text);
        return APP_OK;
    }
    if (status != STATUS_OK) {
        return complain(status, &err);
    }
    int code = print_outcome(migration, &report);
    migrate_report_free(&report);
    return code;
}

static void print_destination(const struct migration *migration) {
    const struct migrate_flags *flags = migration->flags;
    const struct settings *settings = migration->settings;
    unsigned partitions = eventlog_partition_count(migration->source.log);
    if (flags->to_data) {
        (void)printf("Would be moved to %s", flags->to_data);
    } else {
        struct str topic = flags->to_topic ? str_from_c(flags->to_topic)
                                           : settings_string(settings, "kafka.topic");
        struct str keyspace = flags->to_keyspace ? str_from_c(flags->to_keyspace)
                                                 : settings_string(settings, "cassandra.keyspace");
        (void)printf("Would be moved to topic %.*s at %.*s and keyspace %.*s at %.*s",
                     STR_ARG(topic), STR_ARG(settings_string(settings, "kafka.brokers")),
                     STR_ARG(keyspace),
                     STR_ARG(settings_string(settings, "cassandra.contact_points")));
    }
    (void)printf(", from %u partitions to %u:\n\n", partitions, target_partitions(migration));
}

static int look(struct migration *migration) {
    struct error err = {STATUS_OK, ""};
    struct migrate_report report;
    struct migrate_config config = make_config(migration);
    enum status status = migrate_survey(&config, &report, &err);
    show_end(migration);
    if (status != STATUS_OK) {
        return complain(status, &err);
    }
    print_destination(migration);
    print_report(&report, false);
    if (report.behind > 0) {
        (void)printf("\n%lld log records are not processed yet: that comes first, and adds rows.\n",
                     (long long)report.behind);
    }
    migrate_report_free(&report);
    return APP_OK;
}

// --- The command ----------------------------------------------------------------------------------------------------

static int run(const struct settings *settings, const struct migrate_flags *flags,
               struct app_waiting *waiting) {
    struct migration migration = {.settings = settings, .flags = flags, .waiting = waiting};
    struct error err = {STATUS_OK, ""};
    enum status status = open_source(&migration, &err);
    int code = status != STATUS_OK ? complain(status, &err)
               : flags->dry_run    ? look(&migration)
                                   : move(&migration);
    close_all(&migration);
    return code;
}

static int run_with_signals(const struct settings *settings, const struct migrate_flags *flags) {
    struct app_signals signals;
    struct app_waiting waiting;
    app_configure_log(settings);
    app_signals_block(&signals);
    app_waiting_init(&waiting);
    int code = APP_FAILED;
    if (app_signals_start(&signals, &waiting) == STATUS_OK) {
        atomic_store(&signals.started, true);
        code = run(settings, flags, &waiting);
        app_signals_end(&signals);
    } else {
        struct error err;
        (void)error_set(&err, STATUS_NO_MEMORY, "out of memory");
        (void)app_complain(code, &err);
    }
    app_waiting_destroy(&waiting);
    return code;
}

int app_migrate_command(int argc, char *const *argv) {
    struct error err = {STATUS_OK, ""};
    struct settings *settings = NULL;
    struct migrate_flags flags;
    int used = 0;
    char **kept = calloc((size_t)argc + 1, sizeof *kept);
    if (!kept) {
        (void)error_set(&err, STATUS_NO_MEMORY, "out of memory");
        return app_complain(APP_FAILED, &err);
    }
    int count = 0;
    enum status status = migrate_flags_take(argc, argv, kept, &count, &flags, &err);
    if (status == STATUS_OK) {
        status = app_load_settings(count, kept, &used, &settings, &err);
    }
    free(kept);
    if (status != STATUS_OK) {
        return app_complain(APP_USAGE, &err);
    }
    int code = run_with_signals(settings, &flags);
    settings_free(settings);
    return code;
}
