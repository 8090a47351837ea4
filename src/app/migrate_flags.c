// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Finds the flags of `footfall migrate` that are no settings.
#include "app/migrate_flags.h"

#include <string.h>

#include "base/str.h"
#include "eventlog/eventlog.h"

// "--NAME VALUE" or "--NAME=VALUE". *found: it is this flag; *value NULL: it has none.
static int take(int argc, char *const *argv, int at, const char *name, const char **value,
                bool *found) {
    size_t len = strlen(name);
    *found = strncmp(argv[at], name, len) == 0 && (argv[at][len] == '\0' || argv[at][len] == '=');
    if (!*found) {
        return at;
    }
    if (argv[at][len] == '=') {
        *value = argv[at] + len + 1;
        return at;
    }
    *value = at + 1 < argc ? argv[at + 1] : NULL;
    return at + 1;
}

static enum status check(const struct migrate_flags *flags, struct error *err) {
    if (flags->to_data && flags->to_topic) {
        return error_set(err, STATUS_INVALID, "migrate: --to-data or --to-topic, not both");
    }
    if (!flags->to_topic != !flags->to_keyspace) {
        return error_set(
            err, STATUS_INVALID,
            "migrate: --to-topic and --to-keyspace belong together: a store belongs to "
            "one event log");
    }
    return STATUS_OK;
}

static enum status set(struct migrate_flags *flags, const char *name, const char *value,
                       struct error *err) {
    uint64_t number = 0;
    if (!value || !*value) {
        return error_set(err, STATUS_INVALID, "migrate: %s needs a value", name);
    }
    if (strcmp(name, "--to-data") == 0) {
        flags->to_data = value;
    } else if (strcmp(name, "--to-topic") == 0) {
        flags->to_topic = value;
    } else if (strcmp(name, "--to-keyspace") == 0) {
        flags->to_keyspace = value;
    } else if (!str_to_u64(str_from_c(value), &number) || number < 1 ||
               number > EVENTLOG_PARTITIONS_MAX) {
        return error_set(err, STATUS_INVALID, "migrate: --to-partitions is a number from 1 to %d",
                         EVENTLOG_PARTITIONS_MAX);
    } else {
        flags->to_partitions = (unsigned)number;
    }
    return STATUS_OK;
}

enum status migrate_flags_take(int argc, char *const *argv, char **kept, int *count,
                               struct migrate_flags *out, struct error *err) {
    static const char *const names[] = {"--to-data", "--to-topic", "--to-keyspace",
                                        "--to-partitions"};
    *out = (struct migrate_flags){.dry_run = false};
    *count = 0;
    for (int i = 0; i < argc; i++) {
        bool found = strcmp(argv[i], "--dry-run") == 0;
        out->dry_run = out->dry_run || found;
        for (size_t n = 0; n < sizeof names / sizeof names[0] && !found; n++) {
            const char *value = NULL;
            i = take(argc, argv, i, names[n], &value, &found);
            enum status status = found ? set(out, names[n], value, err) : STATUS_OK;
            if (status != STATUS_OK) {
                return status;
            }
        }
        if (!found) {
            kept[(*count)++] = argv[i];
        }
    }
    return check(out, err);
}
