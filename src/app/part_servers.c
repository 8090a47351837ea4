// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Parts: the management server, the routes of the public one, and the public server itself.
#include "app/dead_letters.h"
#include "app/message_trail.h"
#include "app/parts.h"
#include "app/replays.h"
#include "openapi/openapi.h"

// A drain takes at most ten seconds: the servers' shares leave some to those who still process and flush.
#define DRAIN_MS 5000
#define DRAIN_MANAGEMENT_MS 1000
#define LOOKERS 2
#define LOOKS_WAITING 64
#define TABLES_MAX 17

static enum status start_server(struct app_service *service, const char *key,
                                struct http_server_config *config, struct http_server **out,
                                struct error *err) {
    char host[256];
    enum status status = settings_split_address(settings_string(service->settings, key), host,
                                                sizeof host, &config->port, err);
    if (status != STATUS_OK) {
        return status;
    }
    config->host = host;
    config->clock = clock_system();
    config->random = random_system();
    return http_server_start(config, out, err);
}

// --- Management --------------------------------------------------------------------------------------------------------
static void dispatch_management(struct http_exchange *exchange, void *router) {
    http_router_dispatch(router, exchange);
}

static void stop_management(struct app_service *service) {
    http_server_stop(service->management);
    workers_stop(service->lookers);
    http_router_free(service->management_router);
    service->management = NULL;
    service->lookers = NULL;
    service->management_router = NULL;
}

static enum status start_management(struct app_service *service, struct error *err) {
    struct http_route_table table = app_management_routes(service);
    enum status status = http_router_make(&table, 1, &service->management_router, err);
    if (status != STATUS_OK) {
        return status;
    }
    status = workers_start(LOOKERS, LOOKS_WAITING, "look", &service->lookers);
    if (status == STATUS_OK) {
        struct http_server_config config = {.name = "management",
                                            .threads = 1,
                                            .drain_timeout_ms = DRAIN_MANAGEMENT_MS,
                                            .handle = dispatch_management,
                                            .workers = service->lookers,
                                            .context = service->management_router};
        status = start_server(service, "management.listen", &config, &service->management, err);
    } else {
        (void)error_set(err, status, "workers: cannot be started: %s", status_text(status));
    }
    if (status != STATUS_OK) {
        stop_management(service);
    }
    return status;
}

// --- Routes ------------------------------------------------------------------------------------------------------------
static size_t collect_tables(struct app_service *service, struct http_route_table *tables) {
    size_t count = 0;
    if (service->activity) {
        tables[count++] = activity_routes(service->activity);
    }
    if (service->users) {
        tables[count++] = users_routes(service->users);
    }
    if (service->reports) {
        tables[count++] = reports_routes(service->reports);
    }
    if (service->live) {
        tables[count++] = live_routes(service->live);
    }
    if (service->config_server) {
        tables[count++] = config_server_routes(service->config_server);
    }
    if (service->proxied_live.count > 0) {
        tables[count++] = service->proxied_live;
        tables[count++] = service->proxied_deliveries;
    }
    if (service->deliveries) {
        tables[count++] = deliveries_routes(service->deliveries);
    }
    for (size_t i = 0; i < APP_UPSTREAMS; i++) {
        if (service->proxied[i].count > 0) {
            tables[count++] = service->proxied[i];
        }
    }
    if (service->role == APP_ROLE_RUN || service->role == APP_ROLE_GATEWAY) {
        tables[count++] = gateway_admin_routes(&service->admin);
        tables[count++] = gateway_tokens_routes(service->people);
        tables[count++] = app_status_routes(service);
        tables[count++] = app_message_routes(service);
        tables[count++] = app_dead_letter_routes(service);
        tables[count++] = app_replay_routes(service);
        tables[count++] = gateway_audit_routes(&service->audit);
        tables[count++] = openapi_routes();
        tables[count++] = backups_routes(service->backups);
    }
    if (!app_is_front_door(service)) {
        tables[count++] = app_ready_routes(service);
    }
    return count;
}

static void stop_gateway(struct app_service *service) {
    gateway_stop(service->gateway);
    service->gateway = NULL;
}

static void free_trusted(struct app_service *service) {
    http_networks_free(service->trusted);
    service->trusted = NULL;
}

static enum status make_trusted(struct app_service *service, struct error *err) {
    const struct str *texts = NULL;
    size_t count = settings_list(service->settings, "http.trusted_proxies", &texts);
    struct error reason = {STATUS_OK, ""};
    enum status status =
        count > 0 ? http_networks_make(texts, count, &service->trusted, &reason) : STATUS_OK;
    return status == STATUS_OK ? STATUS_OK
                               : error_set(err, status, "http.trusted_proxies: %s", reason.text);
}

static enum status start_gateway(struct app_service *service, struct error *err) {
    struct http_route_table tables[TABLES_MAX];
    struct gateway_config config = {
        .tables = tables,
        .table_count = collect_tables(service, tables),
        .routes = service->routes,
        .keyring = service->keyring,
        .tokens = service->tokens,
        .refresh = service->refresh,
        .trusted = service->trusted,
        .limits = app_is_front_door(service) ? service->limits : NULL,
        .access_log = service->access_log,
        .otlp = service->otlp,
        .audit = &service->audit,
        .trace_one_in = (unsigned)settings_integer(service->settings, "tracing.sample"),
    };
    enum status status = app_https_of(service, &config.https, err);
    status = status == STATUS_OK ? gateway_start(&config, &service->gateway, err) : status;
    if (status == STATUS_OK) {
        service->routes = NULL; // the gateway's now
    }
    return status;
}

// --- The public server -------------------------------------------------------------------------------------------------
static enum status start_public(struct app_service *service, struct error *err) {
    const struct settings *settings = service->settings;
    struct http_server_config config = {
        .name = "public",
        .threads = (unsigned)settings_integer(settings, "http.threads"),
        .handle = gateway_handle,
        .plan = gateway_plan,
        .completed = gateway_completed,
        .context = service->gateway,
        .workers = service->workers,
        .memory_bytes = (size_t)settings_integer(settings, "http.memory_limit"),
        .http2 = settings_bool(settings, "http.http2"),
        .body_bytes = (size_t)settings_integer(settings, "http.body_limit"),
        .connections = (unsigned)settings_integer(settings, "http.connections"),
        .header_timeout_ms = settings_integer(settings, "http.header_timeout"),
        .body_timeout_ms = settings_integer(settings, "http.body_timeout"),
        .idle_timeout_ms = settings_integer(settings, "http.idle_timeout"),
        .write_timeout_ms = settings_integer(settings, "http.write_timeout"),
        .drain_timeout_ms = DRAIN_MS,
    };
    char tls_host[256];
    enum status status = app_tls_start(service, err);
    if (status == STATUS_OK) {
        status = app_tls_listen(service, &config, tls_host, sizeof tls_host, err);
    }
    if (status == STATUS_OK) {
        status = start_server(service, "listen", &config, &service->server, err);
    }
    if (status != STATUS_OK) {
        app_tls_stop(service);
    }
    return status;
}

static void stop_public(struct app_service *service) {
    if (service->live) {
        live_drain(service->live); // the server would wait for streams
    }
    http_server_stop(service->server);
    app_tls_stop(service);
    service->server = NULL;
}

const struct app_part app_part_management = {APP_NEEDS_NOTHING, start_management, stop_management};
const struct app_part app_part_trusted = {APP_NEEDS_NOTHING, make_trusted, free_trusted};
const struct app_part app_part_gateway = {APP_NEEDS_NOTHING, start_gateway, stop_gateway};
const struct app_part app_part_public = {APP_NEEDS_NOTHING, start_public, stop_public};
