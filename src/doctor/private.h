// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the groups of checks share; private to src/doctor/ and its tests.
#ifndef FOOTFALL_DOCTOR_PRIVATE_H
#define FOOTFALL_DOCTOR_PRIVATE_H

#include <sys/stat.h>

#include "client/data_directory.h"
#include "doctor/doctor.h"

#define DOCTOR_PATH_MAX 1024
#define DOCTOR_TEXT_MAX 1024

struct doctor {
    const struct doctor_config *config;
    const struct settings *settings;
    bool running; // a Footfall answers at management.listen
    // The data directory; exists is false when it is still to be made.
    char data[DOCTOR_PATH_MAX];
    bool exists;
    struct stat about;
    unsigned files_wrong; // of those that were looked at
};

__attribute__((format(printf, 5, 6))) void doctor_tell(struct doctor *doctor,
                                                       enum doctor_check check,
                                                       enum doctor_verdict verdict,
                                                       const char *advice, const char *format, ...);
// False: too long for out.
bool doctor_path(struct str path, char out[DOCTOR_PATH_MAX]);
// The closest directory above path that is there; "/" at last.
void doctor_existing_parent(const char *path, char out[DOCTOR_PATH_MAX]);
// Free space, against a reserve below which events are refused.
void doctor_examine_space(struct doctor *doctor, enum doctor_check check, const char *what,
                          const char *path, const char *reserve_key);
bool doctor_is_loopback(const char *host);

void doctor_examine_configuration(struct doctor *doctor);
void doctor_examine_limits(struct doctor *doctor);
void doctor_examine_permissions(struct doctor *doctor);
void doctor_examine_running(struct doctor *doctor);
void doctor_examine_ports(struct doctor *doctor);
void doctor_examine_certificates(struct doctor *doctor);
void doctor_examine_engines(struct doctor *doctor);
void doctor_examine_backups(struct doctor *doctor);

#endif
