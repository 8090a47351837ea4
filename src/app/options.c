// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The settings of a process: defaults, file, environment and flags, put together.
#include "app/command.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_client/config_client.h"

// These name things that are no settings: credentials of the first start, and what client commands use.
static const char *const ignored_variables[] = {"FOOTFALL_WRITE_KEY", "FOOTFALL_API_KEY",
                                                "FOOTFALL_ADMIN_PASSWORD", "FOOTFALL_URL", NULL};

char **app_copy_words(int argc, char *const *argv) {
    size_t size = ((size_t)argc + 1) * sizeof(char *);
    for (int i = 0; i < argc; i++) {
        size += strlen(argv[i]) + 1;
    }
    char **words = malloc(size);
    char *at = words ? (char *)(words + argc + 1) : NULL;
    for (int i = 0; i < argc && words; i++) {
        words[i] = at;
        at = stpcpy(at, argv[i]) + 1;
    }
    if (words) {
        words[argc] = NULL;
    }
    return words;
}

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
    return app_load_role_settings(APP_ROLE_RUN, argc, argv, used, out, err);
}

enum status app_load_role_settings(enum app_role role, int argc, char *const *argv, int *used,
                                   struct settings **out, struct error *err) {
    size_t count = 0;
    const struct setting *rows = app_settings_table(&count);
    struct settings *settings = NULL;
    char **kept = calloc((size_t)argc + 1, sizeof *kept);
    enum status status = kept ? settings_make(rows, count, &settings) : STATUS_NO_MEMORY;
    if (status == STATUS_OK) {
        status = app_role_defaults(settings, role);
    }
    if (status != STATUS_OK) {
        settings_free(settings);
        free(kept);
        return error_set(err, status, "settings: %s", status_text(status));
    }
    const char *file = NULL;
    int kept_count = take_config_flag(argc, argv, kept, &file);
    status = load_layers(settings, file, kept_count, kept, used, err);
    if (status == STATUS_OK) {
        struct config_client_origin origin;
        status = config_client_load(settings, rows, count, app_role_name(role), &origin, err);
    }
    if (status == STATUS_OK && *used < kept_count) {
        status = error_set(err, STATUS_INVALID, "unexpected argument \"%s\"", kept[*used]);
    }
    if (status == STATUS_OK) {
        status = app_engine_defaults(settings);
    }
    free(kept);
    if (status != STATUS_OK) {
        settings_free(settings);
        return status;
    }
    *out = settings;
    return STATUS_OK;
}
