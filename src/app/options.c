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
        size_t len = strlen(argv[i]) + 1;
        words[i] = memcpy(at, argv[i], len);
        at += len;
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
                               char *const *argv, char *const *envp, int *used, struct error *err) {
    enum status status = settings_load_flags(settings, argc, argv, used, err);
    if (status == STATUS_OK) {
        status = settings_load_environment(settings, envp, "FOOTFALL_", ignored_variables, err);
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
    struct app_settings_source source = {.role = role, .argc = argc, .argv = argv};
    return app_read_settings(&source, used, out, err);
}

static enum status make_settings(enum app_role role, struct settings **out, struct error *err) {
    size_t count = 0;
    const struct setting *rows = app_settings_table(&count);
    struct settings *settings = NULL;
    enum status status = settings_make(rows, count, &settings);
    if (status == STATUS_OK) {
        status = app_role_defaults(settings, role);
    }
    if (status != STATUS_OK) {
        settings_free(settings);
        return error_set(err, status, "settings: %s", status_text(status));
    }
    *out = settings;
    return STATUS_OK;
}

static enum status load_all(struct app_settings_source *source, char **kept,
                            struct settings *settings, int *used, struct error *err) {
    const char *file = NULL;
    struct config_client_request request = {.role = app_role_name(source->role),
                                            .envp = source->envp ? source->envp : environ,
                                            .again = source->again};
    request.table = app_settings_table(&request.count);
    int count = take_config_flag(source->argc, source->argv, kept, &file);
    enum status status = load_layers(settings, file, count, kept, request.envp, used, err);
    if (status == STATUS_OK && *used < count) {
        status = error_set(err, STATUS_INVALID, "unexpected argument \"%s\"", kept[*used]);
    }
    if (status == STATUS_OK) {
        status = config_client_load(settings, &request, &source->origin, err);
    }
    return status == STATUS_OK ? app_engine_defaults(settings) : status;
}

enum status app_read_settings(struct app_settings_source *source, int *used, struct settings **out,
                              struct error *err) {
    struct settings *settings = NULL;
    source->origin = (struct config_client_origin){.cached = false};
    char **kept = calloc((size_t)source->argc + 1, sizeof *kept);
    if (!kept) {
        return error_set(err, STATUS_NO_MEMORY, "settings: out of memory");
    }
    enum status status = make_settings(source->role, &settings, err);
    if (status == STATUS_OK) {
        status = load_all(source, kept, settings, used, err);
    }
    free(kept);
    if (status != STATUS_OK) {
        settings_free(settings);
        return status;
    }
    *out = settings;
    return STATUS_OK;
}

bool app_setting_is_live(const char *key) {
    size_t count = 0, len = strlen(key);
    const struct setting *rows = app_settings_table(&count);
    for (size_t i = 0; i < count; i++) {
        const char *rest = strncmp(rows[i].key, key, len) == 0 ? rows[i].key + len : "-";
        if (*rest == '\0' || strncmp(rest, "[].", 3) == 0) {
            return (rows[i].traits & SETTING_LIVE) != 0;
        }
    }
    return false;
}
