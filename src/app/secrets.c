// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What is done for secrets beyond not writing them down.
#include "app/secrets.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "app/command.h"
#include "base/log.h"

void app_secrets_seal(const struct settings *settings) {
    if (settings_bool(settings, "process.core_dumps")) {
        return;
    }
    const struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        LOG_WARN("app", "core dumps cannot be switched off; they would hold keys",
                 LOG_CSTR("reason", strerror(errno)));
    }
}

void app_secrets_unseal(void) {
    (void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); // nobody is left who would mind
}

static void check_file(const char *path, const char *what) {
    struct stat about;
    if (path[0] && stat(path, &about) == 0 && (about.st_mode & 077) != 0) {
        LOG_WARN("app", "others than its owner can read a file with secrets; chmod 600",
                 LOG_CSTR("what", what), LOG_CSTR("path", path));
    }
}

// "footfall.yaml:12" of a setting that is secret.
static void check_configuration(const struct settings *settings) {
    size_t count = 0;
    const struct setting *rows = app_settings_table(&count);
    for (size_t i = 0; i < count; i++) {
        const char *origin = settings_origin(settings, rows[i].key);
        const char *line = strrchr(origin, ':');
        char path[1024];
        if (setting_is_secret(&rows[i]) && line) {
            (void)snprintf(path, sizeof path, "%.*s", (int)(line - origin), origin);
            check_file(path, rows[i].key);
        }
    }
}

void app_secrets_check_files(const struct app_service *service) {
    static const char *const key_files[] = {"cassandra.tls_key", "config.git.private_key"};
    check_file(service->paths.credentials, "credentials");
    for (size_t i = 0; i < sizeof key_files / sizeof key_files[0]; i++) {
        check_file(settings_string(service->settings, key_files[i]).data, key_files[i]);
    }
    check_configuration(service->settings);
}

void app_secrets_forget(struct app_service *service) {
    static const char *const variables[] = {
        "FOOTFALL_WRITE_KEY",           "FOOTFALL_API_KEY",           "FOOTFALL_ADMIN_PASSWORD",
        "FOOTFALL_CASSANDRA_PASSWORD",  "FOOTFALL_KAFKA_PROPERTIES",  "FOOTFALL_CONFIG_PASSWORD",
        "FOOTFALL_CONFIG_GIT_PASSWORD", "FOOTFALL_CONFIG_ENCRYPT_KEY"};
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        char *value = getenv(variables[i]);
        if (value) {
            memset(value, '*', strlen(value)); // in the place that the kernel shows
        }
    }
    bool first = service->credentials.first;
    sodium_memzero(&service->credentials, sizeof service->credentials);
    service->credentials.first = first;
}
