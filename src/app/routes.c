// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// footfall routes: every route of every role, and who may call it, from the tables that the servers are made of.
#include <stdio.h>
#include <string.h>

#include "app/command.h"
#include "app/dead_letters.h"
#include "app/message_trail.h"
#include "app/replays.h"
#include "app/service.h"
#include "base/json_write.h"
#include "openapi/openapi.h"

#define TEXT_MAX ((size_t)1024 * 1024)

static const char *access_name(unsigned access) {
    switch ((enum auth_access)access) {
    case AUTH_ACCESS_PUBLIC: return "public";
    case AUTH_ACCESS_SEND: return "write key";
    case AUTH_ACCESS_VIEWER: return "viewer";
    case AUTH_ACCESS_EDITOR: return "editor";
    case AUTH_ACCESS_ADMIN: return "admin";
    case AUTH_ACCESS_SELF: return "self";
    case AUTH_ACCESS_OWN: return "own";
    case AUTH_ACCESS_CONFIG: return "config user";
    }
    return "unknown";
}

// One row a method; GET answers HEAD too, which needs no row.
struct listing {
    bool json;
    struct buffer *text;
    struct json_writer writer;
};

static void write_row(struct listing *listing, const char *role, const char *method,
                      const struct http_route *route) {
    if (!listing->json) {
        buffer_printf(listing->text, "%-11s %-8s %-32s %s\n", role, method, route->pattern,
                      access_name(route->access));
        return;
    }
    struct json_writer *writer = &listing->writer;
    json_begin_object(writer);
    json_member_string(writer, STR("role"), str_from_c(role));
    json_member_string(writer, STR("method"), str_from_c(method));
    json_member_string(writer, STR("pattern"), str_from_c(route->pattern));
    json_member_string(writer, STR("access"), str_from_c(access_name(route->access)));
    json_member_bool(writer, STR("blocking"), route->blocking == HTTP_ROUTE_BLOCKING);
    json_end_object(writer);
}

static void write_table(struct listing *listing, const char *role, struct http_route_table table) {
    for (size_t i = 0; i < table.count; i++) {
        for (unsigned method = HTTP_GET_; method <= HTTP_OPTIONS_; method <<= 1) {
            if (table.routes[i].methods & method) {
                char name[80];
                http_methods_text(method, name, sizeof name);
                write_row(listing, role, name, &table.routes[i]);
            }
        }
    }
}

// Tables only: nothing is started, so none of their handlers may be called. A role that gets routes is to be named here; a test
// compares with what the sources declare.
static void write_all(struct listing *listing, const struct activity_route_set *activity) {
    struct app_service nothing = {.role = APP_ROLE_RUN};
    write_table(listing, "activity", activity_route_set_table(activity));
    write_table(listing, "users", users_route_patterns());
    write_table(listing, "reports", reports_route_patterns());
    write_table(listing, "reports", live_route_patterns());
    write_table(listing, "reports", deliveries_route_patterns());
    write_table(listing, "gateway", gateway_admin_routes(&nothing.admin));
    write_table(listing, "gateway", gateway_tokens_routes(nothing.people));
    write_table(listing, "gateway", app_status_routes(&nothing));
    write_table(listing, "gateway", app_message_routes(&nothing));
    write_table(listing, "gateway", app_dead_letter_routes(&nothing));
    write_table(listing, "gateway", app_replay_routes(&nothing));
    write_table(listing, "gateway", gateway_audit_routes(&nothing.audit));
    write_table(listing, "gateway", openapi_routes());
    write_table(listing, "config", config_server_routes(NULL));
    write_table(listing, "gateway", backups_routes(nothing.backups));
    write_table(listing, "management", app_management_routes(&nothing));
}

// Those of the settings, whose upstreams are not ours.
static enum status write_configured(struct listing *listing, const struct settings *settings,
                                    struct error *err) {
    struct gateway_routes *routes = NULL;
    size_t count = 0;
    enum status status = app_routes_read(settings, &routes, err);
    if (status != STATUS_OK) {
        return status;
    }
    const struct http_route_table *tables = gateway_routes_tables(routes, &count);
    for (size_t i = 0; i < count; i++) {
        write_table(listing, "upstream", tables[i]);
    }
    gateway_routes_free(routes);
    return STATUS_OK;
}

static enum status list(const struct settings *settings, bool json, struct buffer *text,
                        struct error *err) {
    struct activity_route_set *activity = NULL;
    enum status status =
        activity_route_set_make(settings_string(settings, "ingest.path_prefix"), &activity, err);
    if (status != STATUS_OK) {
        return status;
    }
    struct listing listing = {.json = json, .text = text};
    json_writer_init(&listing.writer, text);
    if (json) {
        json_begin_list(&listing.writer);
    }
    write_all(&listing, activity);
    status = write_configured(&listing, settings, err);
    if (json) {
        json_end_list(&listing.writer, STR_EMPTY);
        buffer_append_char(text, '\n');
    }
    activity_route_set_free(activity);
    if (status != STATUS_OK) {
        return status;
    }
    status = json ? json_writer_status(&listing.writer) : buffer_status(text);
    return status == STATUS_OK ? buffer_status(text)
                               : error_set(err, status, "the routes cannot be written");
}

int app_routes_command(int argc, char *const *argv) {
    struct error err = {STATUS_OK, ""};
    struct settings *settings = NULL;
    int used = 0;
    bool json = argc > 0 && strcmp(argv[0], "--json") == 0;
    if (app_load_settings(argc - json, argv + json, &used, &settings, &err) != STATUS_OK) {
        return app_complain(APP_USAGE, &err);
    }
    struct buffer text;
    buffer_init(&text, TEXT_MAX);
    int code = APP_OK;
    if (list(settings, json, &text, &err) != STATUS_OK) {
        code = app_complain(APP_FAILED, &err);
    } else if (fwrite(text.data, 1, text.len, stdout) != text.len) {
        (void)error_set(&err, STATUS_IO, "the routes could not be printed");
        code = app_complain(APP_FAILED, &err);
    }
    buffer_free(&text);
    settings_free(settings);
    return code;
}
