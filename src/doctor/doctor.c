// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The table of checks, and the groups of them one after another.
#include "doctor/private.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *about;
} checks[DOCTOR_CHECKS] = {
#define X(id, name, what) [DOCTOR_##id] = {name, what},
    DOCTOR_CHECK_LIST(X)
#undef X
};
static const char *const verdicts[DOCTOR_VERDICTS] = {"ok", "note", "warning", "problem"};

// What follows looks at what came before: whether the data directory is there, whether a Footfall runs on these ports.
static void (*const groups[])(struct doctor *) = {
    doctor_examine_configuration, doctor_examine_limits,  doctor_examine_permissions,
    doctor_examine_running,       doctor_examine_ports,   doctor_examine_certificates,
    doctor_examine_engines,       doctor_examine_backups,
};

const char *doctor_check_name(enum doctor_check check) {
    return checks[check].name;
}

const char *doctor_check_about(enum doctor_check check) {
    return checks[check].about;
}

const char *doctor_verdict_name(enum doctor_verdict verdict) {
    return verdicts[verdict];
}

void doctor_tell(struct doctor *doctor, enum doctor_check check, enum doctor_verdict verdict,
                 const char *advice, const char *format, ...) {
    char text[DOCTOR_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const struct doctor_finding finding = {check, verdict, text, advice};
    doctor->config->tell(&finding, doctor->config->context);
}

bool doctor_path(struct str path, char out[DOCTOR_PATH_MAX]) {
    if (path.len >= DOCTOR_PATH_MAX) {
        return false;
    }
    (void)snprintf(out, DOCTOR_PATH_MAX, "%.*s", STR_ARG(path));
    return true;
}

void doctor_existing_parent(const char *path, char out[DOCTOR_PATH_MAX]) {
    struct stat about;
    (void)snprintf(out, DOCTOR_PATH_MAX, "%s", path);
    while (stat(out, &about) != 0 && strcmp(out, "/") != 0 && strcmp(out, ".") != 0) {
        char *slash = strrchr(out, '/');
        if (!slash) {
            (void)snprintf(out, DOCTOR_PATH_MAX, ".");
        } else {
            slash[slash == out ? 1 : 0] = '\0';
        }
    }
}

static void find_data(struct doctor *doctor) {
    doctor->exists = doctor_path(settings_string(doctor->settings, "data"), doctor->data) &&
                     stat(doctor->data, &doctor->about) == 0;
}

void doctor_examine(const struct doctor_config *config) {
    struct doctor doctor = {.config = config, .settings = config->settings};
    find_data(&doctor);
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        groups[i](&doctor);
    }
}
