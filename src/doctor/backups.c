// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Checks of backups, where they are configured: whether they can be written, and how old the newest is.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backup/backup.h"
#include "doctor/private.h"

#define HOUR_MS (60LL * 60 * 1000)

static void examine_directory(struct doctor *doctor, const char *path) {
    struct stat about, data;
    char parent[DOCTOR_PATH_MAX];
    doctor_existing_parent(path, parent);
    if (faccessat(AT_FDCWD, parent, W_OK | X_OK, AT_EACCESS) != 0) {
        doctor_tell(doctor, DOCTOR_BACKUPS_DIRECTORY, DOCTOR_PROBLEM,
                    "Make it for the user that Footfall runs as, mode 0700.",
                    "no backup can be written into %s: %s", path, strerror(errno));
    } else if (doctor->exists && stat(parent, &about) == 0 && stat(doctor->data, &data) == 0 &&
               about.st_dev == data.st_dev) {
        doctor_tell(doctor, DOCTOR_BACKUPS_DIRECTORY, DOCTOR_NOTE,
                    "Copy backups to another machine, or mount another disk there.",
                    "%s is on the same disk as the data, and lost together with it", path);
    } else {
        doctor_tell(doctor, DOCTOR_BACKUPS_DIRECTORY, DOCTOR_OK, "", "backups go into %s", path);
    }
    doctor_examine_space(doctor, DOCTOR_BACKUPS_DIRECTORY, "backups", path, NULL);
}

static void examine_age(struct doctor *doctor, const char *path, int64_t interval_ms) {
    int64_t now = doctor->config->clock->wall_ms(doctor->config->clock);
    int64_t newest = backup_newest_ms(path);
    int64_t age = now - newest;
    static const char advice[] =
        "See why in the log (component backup) or GET /backups, and take one: "
        "footfall backup.";
    if (newest == 0) {
        doctor_tell(doctor, DOCTOR_BACKUPS_AGE, interval_ms > 0 ? DOCTOR_PROBLEM : DOCTOR_WARNING,
                    interval_ms > 0
                        ? advice
                        : "footfall backup takes one; backup.interval makes it a habit.",
                    "there is no backup in %s", path);
    } else if (interval_ms > 0 && age > 2 * interval_ms) {
        doctor_tell(doctor, DOCTOR_BACKUPS_AGE, DOCTOR_PROBLEM, advice,
                    "the newest backup is %lld hours old, backup.interval is %lld hours",
                    (long long)(age / HOUR_MS), (long long)(interval_ms / HOUR_MS));
    } else {
        doctor_tell(doctor, DOCTOR_BACKUPS_AGE, DOCTOR_OK, "",
                    "the newest backup is %lld hours old", (long long)(age / HOUR_MS));
    }
}

void doctor_examine_backups(struct doctor *doctor) {
    struct str directory = settings_string(doctor->settings, "backup.directory");
    bool embedded = str_equal(settings_string(doctor->settings, "store"), STR("embedded"));
    char path[DOCTOR_PATH_MAX];
    if (directory.len == 0 && embedded && doctor->config->has_ingress) {
        doctor_tell(doctor, DOCTOR_BACKUPS_DIRECTORY, DOCTOR_NOTE,
                    "Set backup.directory and backup.interval.", "no backups are configured");
    } else if (directory.len > 0 && doctor_path(directory, path)) {
        examine_directory(doctor, path);
        examine_age(doctor, path, settings_integer(doctor->settings, "backup.interval"));
    }
}
