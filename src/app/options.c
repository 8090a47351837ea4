// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Every setting there is: key, type, default, limits and meaning, as data.
#include "app/command.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KIB 1024LL
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define SECOND 1000LL
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static const struct setting table[] = {
    {"data", "data", SETTING_STRING, "./footfall-data", 0, 0, NULL,
     "directory of the embedded engines", false},
    {"listen", "listen", SETTING_ADDRESS, "127.0.0.1:8080", 0, 0, NULL,
     "public address: ingest and API", false},
    {"management.listen", NULL, SETTING_ADDRESS, "127.0.0.1:8090", 0, 0, NULL,
     "address of health and metrics", false},
    {"public_url", NULL, SETTING_STRING, "", 0, 0, NULL,
     "where browsers reach this server; empty: the Host of the request", false},
    {"eventlog", NULL, SETTING_CHOICE, "embedded", 0, 0, "embedded", "engine of the event log",
     false},
    {"store", NULL, SETTING_CHOICE, "embedded", 0, 0, "embedded", "engine of the store", false},

    {"embedded.partitions", NULL, SETTING_INTEGER, "8", 1, 1024, NULL,
     "partitions of a new event log", false},
    {"embedded.log_retention", NULL, SETTING_DURATION, "7d", 0, 36500 * DAY, NULL,
     "age from which processed log records may go; 0s: never", false},
    {"embedded.log_retention_bytes", NULL, SETTING_BYTES, "0", 0, 0, NULL,
     "size from which the oldest processed log records go; 0: no limit", false},
    {"embedded.disk_quota", NULL, SETTING_BYTES, "0", 0, 0, NULL,
     "size of the event log from which events are refused with 503; 0: none", false},
    {"embedded.disk_reserve", NULL, SETTING_BYTES, "256MiB", 0, 0, NULL,
     "free space on the disk below which events are refused with 503", false},
    {"embedded.cache", NULL, SETTING_BYTES, "16MiB", MIB, 64 * GIB, NULL,
     "block cache of the store", false},
    {"embedded.write_buffer", NULL, SETTING_BYTES, "16MiB", MIB, 4 * GIB, NULL,
     "write buffers of the store", false},
    {"timeline.retention", NULL, SETTING_DURATION, "0s", 0, 36500 * DAY, NULL,
     "age from which timeline entries go; 0s: never", false},

    {"http.threads", NULL, SETTING_INTEGER, "0", 0, 256, NULL, "event loops; 0: one a core", false},
    {"http.connections", NULL, SETTING_INTEGER, "10000", 1, 1000000, NULL,
     "connections at the same time", false},
    {"http.body_limit", NULL, SETTING_BYTES, "4MiB", KIB, GIB, NULL, "body of a request, as sent",
     false},
    {"http.header_timeout", NULL, SETTING_DURATION, "10s", 10, HOUR, NULL,
     "for a request's headers", false},
    {"http.body_timeout", NULL, SETTING_DURATION, "30s", 10, HOUR, NULL,
     "without a byte of the body", false},
    {"http.idle_timeout", NULL, SETTING_DURATION, "75s", 10, DAY, NULL, "between requests", false},
    {"http.write_timeout", NULL, SETTING_DURATION, "30s", 10, HOUR, NULL,
     "without the client taking a byte", false},

    {"ingest.inflated_limit", NULL, SETTING_BYTES, "20MiB", KIB, GIB, NULL,
     "body of a request, inflated", false},
    {"ingest.event_limit", NULL, SETTING_BYTES, "32KiB", KIB, 512 * KIB, NULL, "one event", false},
    {"ingest.events_limit", NULL, SETTING_INTEGER, "10000", 1, 1000000, NULL, "events of a request",
     false},

    {"ingest.path_prefix", NULL, SETTING_STRING, "", 0, 0, NULL,
     "every path of ingest is also found behind this one, because ad blockers know the usual ones: /x7",
     false},

    {"project.time_zone", NULL, SETTING_STRING, "UTC", 0, 0, NULL,
     "time zone of the project made at first start (IANA name); fixed from then on", false},
    {"session.gap", NULL, SETTING_DURATION, "30m", SECOND, 12 * HOUR, NULL,
     "silence that ends a session", false},
    {"dedupe.window", NULL, SETTING_DURATION, "24h", MINUTE, 30 * DAY, NULL,
     "how long a resent id is known", false},
    {"dedupe.ids", NULL, SETTING_INTEGER, "125000", 1000, 100000000, NULL,
     "how many ids are known at most, a partition; each takes 16 bytes of memory", false},
    {"bots.keep", NULL, SETTING_BOOL, "false", 0, 0, NULL, "keep the events of known bots", false},
    {"processor.threads", NULL, SETTING_INTEGER, "1", 1, 64, NULL, "threads that process events",
     false},
    {"processor.cache", NULL, SETTING_BYTES, "12MiB", MIB, 64 * GIB, NULL, "cache of actor states",
     false},
    {"processor.linger", NULL, SETTING_DURATION, "5ms", 0, SECOND, NULL,
     "wait for more events before a small batch", false},
    {"processor.cycle", NULL, SETTING_INTEGER, "20000", 1, 1000000, NULL, "events of a store batch",
     false},
    {"workers.threads", NULL, SETTING_INTEGER, "4", 1, 256, NULL, "threads that read the store",
     false},
    {"workers.queue", NULL, SETTING_INTEGER, "1024", 1, 100000, NULL,
     "requests that may wait for them before 503", false},

    {"logging.level", NULL, SETTING_CHOICE, "info", 0, 0, "debug|info|warn|error|off",
     "least level shown", false},
    {"logging.format", NULL, SETTING_CHOICE, "text", 0, 0, "text|json", "form of log lines", false},
    {"logging.access", NULL, SETTING_CHOICE, "errors", 0, 0, "off|errors|all",
     "which requests are logged: errors means 400 and above, and slower than a second", false},
};

const struct setting *app_settings_table(size_t *count) {
    *count = sizeof table / sizeof table[0];
    return table;
}

// These name things that are no settings: credentials of the first start, and what client commands use.
static const char *const ignored_variables[] = {"FOOTFALL_WRITE_KEY", "FOOTFALL_API_KEY",
                                                "FOOTFALL_ADMIN_PASSWORD", "FOOTFALL_URL", NULL};

// --config FILE or --config=FILE anywhere among the flags; taken out of them because it is not a setting.
static int take_config_flag(int argc, char *const *argv, char **kept, const char **file) {
    int count = 0;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--config") == 0 && i + 1 < argc) {
            *file = argv[++i];
        } else if (strncmp(argv[i], "--config=", 9) == 0) {
            *file = argv[i] + 9;
        } else {
            kept[count++] = argv[i];
        }
    }
    return count;
}

static enum status load_layers(struct settings *settings, const char *file, int argc,
                               char *const *argv, int *used, struct error *err) {
    enum status status = settings_load_flags(settings, argc, argv, used, err);
    if (status == STATUS_OK) {
        status = settings_load_environment(settings, environ, "FOOTFALL_", ignored_variables, err);
    }
    if (status == STATUS_OK && file) {
        status = settings_load_file(settings, file, err);
    }
    return status;
}

enum status app_load_settings(int argc, char *const *argv, int *used, struct settings **out,
                              struct error *err) {
    size_t count = 0;
    const struct setting *rows = app_settings_table(&count);
    struct settings *settings = NULL;
    char **kept = calloc((size_t)argc + 1, sizeof *kept);
    enum status status = kept ? settings_make(rows, count, &settings) : STATUS_NO_MEMORY;
    if (status != STATUS_OK) {
        free(kept);
        return error_set(err, status, "settings: %s", status_text(status));
    }
    const char *file = NULL;
    int kept_count = take_config_flag(argc, argv, kept, &file);
    status = load_layers(settings, file, kept_count, kept, used, err);
    if (status == STATUS_OK && *used < kept_count) {
        status = error_set(err, STATUS_INVALID, "unexpected argument \"%s\"", kept[*used]);
    }
    free(kept);
    if (status != STATUS_OK) {
        settings_free(settings);
        return status;
    }
    *out = settings;
    return STATUS_OK;
}
