// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// footfall check-config: says whether the configuration is right, and what it comes to.
#include <stdio.h>

#include "app/command.h"
#include "app/service.h"
#include "base/buffer.h"

int app_check_config_command(int argc, char *const *argv) {
    struct error err = {STATUS_OK, ""};
    struct settings *settings = NULL;
    int used = 0;
    enum app_role role = APP_ROLE_RUN;
    bool named = argc > 0 && app_role_find(str_from_c(argv[0]), &role);
    if (app_load_role_settings(role, argc - named, argv + named, &used, &settings, &err) !=
        STATUS_OK) {
        return app_complain(APP_USAGE, &err);
    }
    struct gateway_routes *routes = NULL;
    if (app_routes_read(settings, &routes, &err) != STATUS_OK) {
        settings_free(settings);
        return app_complain(APP_USAGE, &err);
    }
    gateway_routes_free(routes);
    struct buffer text;
    buffer_init(&text, 1024 * 1024);
    settings_print_effective(settings, &text);
    int code = APP_OK;
    if (buffer_status(&text) != STATUS_OK || fwrite(text.data, 1, text.len, stdout) != text.len) {
        (void)error_set(&err, STATUS_IO, "the settings could not be printed");
        code = app_complain(APP_FAILED, &err);
    }
    buffer_free(&text);
    settings_free(settings);
    return code;
}
