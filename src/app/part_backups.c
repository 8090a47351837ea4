// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Part: backups of the embedded engines.
#include <string.h>
#include <unistd.h>

#include "app/engines.h"
#include "app/parts.h"
#include "base/log.h"

static enum status start_backups(struct app_service *service, struct error *err) {
    const struct settings *settings = service->settings;
    struct str directory = settings_string(settings, "backup.directory");
    int64_t interval_ms = settings_integer(settings, "backup.interval");
    bool embedded = !app_store_is_remote(settings) && !app_log_is_remote(settings);
    if (!embedded && directory.len > 0) {
        return error_set(err, STATUS_INVALID,
                         "backup.directory: only the embedded engines are backed up by Footfall; "
                         "back up Kafka and Cassandra by their own means");
    }
    if (interval_ms > 0 && directory.len == 0) {
        return error_set(err, STATUS_INVALID, "backup.interval: backup.directory is needed, too");
    }
    if (!embedded) {
        return STATUS_OK;
    }
    if (directory.len >= sizeof service->backup_directory) {
        return error_set(err, STATUS_INVALID, "backup.directory: the path is too long");
    }
    if (directory.len > 0 && access(service->paths.spool, F_OK) == 0) {
        LOG_WARN("app", "there is a spool of events for Kafka, which backups do not hold",
                 LOG_CSTR("spool", service->paths.spool));
    }
    memcpy(service->backup_directory, directory.data ? directory.data : "", directory.len);
    service->backup_directory[directory.len] = '\0';
    struct backups_config config = {
        .backup = {.log = service->log,
                   .store = service->store,
                   .credentials = service->paths.credentials,
                   .directory = service->backup_directory,
                   .keep = (unsigned)settings_integer(settings, "backup.keep"),
                   .clock = clock_system()},
        .interval_ms = interval_ms,
    };
    return backups_start(&config, &service->backups, err);
}

static void stop_backups(struct app_service *service) {
    backups_stop(service->backups);
    service->backups = NULL;
}

const struct app_part app_part_backups = {APP_NEEDS_NOTHING, start_backups, stop_backups};
