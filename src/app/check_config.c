// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// footfall check-config: says whether the configuration is right, and what it comes to.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/check_event.h"
#include "app/command.h"
#include "app/service.h"
#include "base/buffer.h"

// --event FILE or --event=FILE anywhere, since it is no setting. NULL: there is none. *missing: no file is named.
static const char *take_event_flag(int *argc, char **argv, bool *missing) {
    const char *file = NULL;
    int kept = 0;
    for (int i = 0; i < *argc; i++) {
        if (strcmp(argv[i], "--event") == 0) {
            *missing = i + 1 == *argc;
            file = *missing ? NULL : argv[++i];
        } else if (strncmp(argv[i], "--event=", 8) == 0) {
            file = argv[i] + 8;
        } else {
            argv[kept++] = argv[i];
        }
    }
    *argc = kept;
    return file;
}

static int print_settings(const struct settings *settings, struct error *err) {
    struct buffer text;
    buffer_init(&text, 1024 * 1024);
    settings_print_effective(settings, &text);
    int code = APP_OK;
    if (buffer_status(&text) != STATUS_OK || fwrite(text.data, 1, text.len, stdout) != text.len) {
        (void)error_set(err, STATUS_IO, "the settings could not be printed");
        code = app_complain(APP_FAILED, err);
    }
    buffer_free(&text);
    return code;
}

static enum status check_processing(const struct settings *settings, struct error *err) {
    struct processor_config config = app_processor_config(settings);
    enum status status = app_enrichment_make(settings, &config.enrichment, err);
    if (status == STATUS_OK) {
        status = processor_check_limits(&config, err);
        enrichment_free(config.enrichment);
    }
    return status;
}

enum status app_judge_settings(const struct settings *settings, struct error *err) {
    struct gateway_routes *routes = NULL;
    struct funnel_set *funnels = NULL;
    struct shape_rules *rules = NULL;
    enum status status = app_routes_read(settings, &routes, err);
    if (status == STATUS_OK) {
        gateway_routes_free(routes);
        status = check_processing(settings, err);
    }
    if (status == STATUS_OK) {
        status = funnel_set_read(settings, &funnels, err);
    }
    if (status == STATUS_OK) {
        status = app_shape_read(settings, &rules, err);
        funnel_set_release(funnels);
    }
    if (status == STATUS_OK) {
        shape_rules_release(rules);
    }
    return status;
}

static int show_events(const struct settings *settings, const char *events, struct error *err) {
    struct funnel_set *funnels = NULL;
    struct shape_rules *rules = NULL;
    if (funnel_set_read(settings, &funnels, err) != STATUS_OK) {
        return app_complain(APP_USAGE, err);
    }
    int code = APP_USAGE;
    if (app_shape_read(settings, &rules, err) == STATUS_OK) {
        code = app_check_events(rules, funnels, events);
        shape_rules_release(rules);
    } else {
        code = app_complain(APP_USAGE, err);
    }
    funnel_set_release(funnels);
    return code;
}

static int check(int argc, char *const *argv, const char *events) {
    struct error err = {STATUS_OK, ""};
    struct settings *settings = NULL;
    int used = 0;
    enum app_role role = APP_ROLE_RUN;
    bool named = argc > 0 && app_role_find(str_from_c(argv[0]), &role);
    if (app_load_role_settings(role, argc - named, argv + named, &used, &settings, &err) !=
        STATUS_OK) {
        return app_complain(APP_USAGE, &err);
    }
    int code = APP_USAGE;
    if (app_judge_settings(settings, &err) != STATUS_OK) {
        code = app_complain(APP_USAGE, &err);
    } else {
        code = events ? show_events(settings, events, &err) : print_settings(settings, &err);
    }
    settings_free(settings);
    return code;
}

int app_check_config_command(int argc, char *const *argv) {
    struct error err = {STATUS_OK, ""};
    bool missing = false;
    char **kept = calloc((size_t)argc + 1, sizeof *kept);
    if (!kept) {
        (void)error_set(&err, STATUS_NO_MEMORY, "out of memory");
        return app_complain(APP_FAILED, &err);
    }
    memcpy(kept, argv, (size_t)argc * sizeof *kept);
    const char *events = take_event_flag(&argc, kept, &missing);
    if (missing) {
        free(kept);
        (void)error_set(&err, STATUS_INVALID, "--event: needs a file of events");
        return app_complain(APP_USAGE, &err);
    }
    int code = check(argc, kept, events);
    free(kept);
    return code;
}
