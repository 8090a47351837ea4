// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Starts and stops the parts of a Footfall process.
#include "app/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

// A drain takes at most ten seconds: the servers' shares leave some to those who still process and flush.
#define DRAIN_MS 5000
#define DRAIN_MANAGEMENT_MS 1000

static enum status start_engines(struct app_service *service, struct error *err) {
    const struct settings *settings = service->settings;
    enum status status =
        client_data_directory(settings_string(settings, "data"), &service->paths, err);
    if (status != STATUS_OK) {
        return status;
    }
    status = workers_start((unsigned)settings_integer(settings, "workers.threads"),
                           (unsigned)settings_integer(settings, "workers.queue"), "worker",
                           &service->workers);
    if (status != STATUS_OK) {
        return error_set(err, status, "workers: cannot be started: %s", status_text(status));
    }
    struct store_config store = {
        .timeline_retention_ms = settings_integer(settings, "timeline.retention"),
        .cache_bytes = (size_t)settings_integer(settings, "embedded.cache"),
        .write_buffer_bytes = (size_t)settings_integer(settings, "embedded.write_buffer"),
    };
    status = store_open_rocksdb(service->paths.store, &store, &service->store, err);
    if (status != STATUS_OK) {
        return status;
    }
    struct eventlog_config log = {
        .partitions = (unsigned)settings_integer(settings, "embedded.partitions"),
        .retention_ms = settings_integer(settings, "embedded.log_retention"),
        .retention_bytes = (uint64_t)settings_integer(settings, "embedded.log_retention_bytes"),
        .retention_waits_for_consumers = true,
        .quota_bytes = (uint64_t)settings_integer(settings, "embedded.disk_quota"),
        .disk_reserve_bytes = (uint64_t)settings_integer(settings, "embedded.disk_reserve"),
        .clock = clock_system(),
    };
    return eventlog_open_rocksdb(service->paths.log, &log, &service->log, err);
}

static enum status start_keys(struct app_service *service, struct error *err) {
    enum status status = auth_keyring_make(&service->keyring);
    if (status != STATUS_OK) {
        return error_set(err, status, "keys: %s", status_text(status));
    }
    service->admin = (struct gateway_admin){.store = service->store,
                                            .keyring = service->keyring,
                                            .clock = clock_system(),
                                            .random = random_system()};
    status = gateway_load_keyring(service->store, service->keyring, err);
    if (status != STATUS_OK) {
        return status;
    }
    return app_first_start(&service->admin, settings_string(service->settings, "project.time_zone"),
                           service->paths.credentials, &service->credentials, err);
}

static enum status start_processor(struct app_service *service, struct error *err) {
    const struct settings *settings = service->settings;
    struct processor_config config = {
        .log = service->log,
        .store = service->store,
        .clock = clock_system(),
        .threads = (unsigned)settings_integer(settings, "processor.threads"),
        .session_gap_ms = settings_integer(settings, "session.gap"),
        .dedupe_window_ms = settings_integer(settings, "dedupe.window"),
        .dedupe_ids = (size_t)settings_integer(settings, "dedupe.ids"),
        .cache_bytes = (size_t)settings_integer(settings, "processor.cache"),
        .linger_us = settings_integer(settings, "processor.linger") * 1000,
        .cycle_events = (size_t)settings_integer(settings, "processor.cycle"),
        .keep_bots = settings_bool(settings, "bots.keep"),
    };
    return processor_start(&config, &service->processor, err);
}

struct processor_partition_status *app_partitions(struct app_service *service, size_t *count) {
    size_t room = eventlog_partition_count(service->log);
    struct processor_partition_status *rows = calloc(room, sizeof *rows);
    if (rows) {
        size_t there = processor_partitions(service->processor, rows, room);
        *count = there < room ? there : room;
    }
    return rows;
}

struct app_lag app_lag(struct app_service *service) {
    size_t count = 0;
    struct processor_partition_status *rows = app_partitions(service, &count);
    struct app_lag lag = {.records = 0, .processed_ms = 0, .stuck = count == 0};
    struct clock *clock = clock_system();
    lag.processed_ms = clock->wall_ms(clock);
    for (size_t i = 0; i < count; i++) {
        lag.records += rows[i].log_end - rows[i].next_offset;
        if (rows[i].log_end > rows[i].next_offset && rows[i].processed_ms < lag.processed_ms) {
            lag.processed_ms = rows[i].processed_ms;
        }
        lag.stuck = lag.stuck || rows[i].stuck;
    }
    free(rows);
    return lag;
}

// What the reports role asks before it closes a day: has everything that was accepted been processed?
static void report_progress(void *context, int64_t *received_ms, bool *caught_up) {
    struct app_lag lag = app_lag(context);
    *caught_up = !lag.stuck && lag.records <= 0;
    *received_ms = lag.stuck ? 0 : lag.processed_ms;
}

static enum status start_roles(struct app_service *service, struct error *err) {
    const struct settings *settings = service->settings;
    struct str public_url = settings_string(settings, "public_url");
    struct str path_prefix = settings_string(settings, "ingest.path_prefix");
    struct activity_config activity = {
        .log = service->log,
        .keyring = service->keyring,
        .clock = clock_system(),
        .random = random_system(),
        .event_bytes = (size_t)settings_integer(settings, "ingest.event_limit"),
        .inflated_bytes = (size_t)settings_integer(settings, "ingest.inflated_limit"),
        .events = (unsigned)settings_integer(settings, "ingest.events_limit"),
        .public_url = public_url.len > 0 ? public_url : STR_EMPTY,
        .path_prefix = path_prefix.len > 0 ? path_prefix : STR_EMPTY,
    };
    struct users_config users = {.store = service->store,
                                 .keyring = service->keyring,
                                 .clock = clock_system(),
                                 .random = random_system()};
    struct reports_config reports = {.store = service->store,
                                     .keyring = service->keyring,
                                     .clock = clock_system(),
                                     .progress = report_progress,
                                     .progress_context = service};
    enum status status = activity_start(&activity, &service->activity, err);
    if (status == STATUS_OK) {
        status = users_start(&users, &service->users, err);
    }
    return status == STATUS_OK ? reports_start(&reports, &service->reports, err) : status;
}

static enum gateway_access_log access_log_mode(struct str name) {
    if (str_equal(name, STR("all"))) {
        return GATEWAY_LOG_ALL;
    }
    return str_equal(name, STR("off")) ? GATEWAY_LOG_OFF : GATEWAY_LOG_ERRORS;
}

static enum status start_gateway(struct app_service *service, struct error *err) {
    const struct http_route_table tables[] = {
        activity_routes(service->activity), users_routes(service->users),
        reports_routes(service->reports),   gateway_admin_routes(&service->admin),
        app_status_routes(service),
    };
    struct gateway_config config = {
        .tables = tables,
        .table_count = sizeof tables / sizeof tables[0],
        .keyring = service->keyring,
        .access_log = access_log_mode(settings_string(service->settings, "logging.access")),
    };
    return gateway_start(&config, &service->gateway, err);
}

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
    config->workers = service->workers;
    config->clock = clock_system();
    config->random = random_system();
    return http_server_start(config, out, err);
}

static void dispatch_management(struct http_exchange *exchange, void *router) {
    http_router_dispatch(router, exchange);
}

static enum status start_management(struct app_service *service, struct error *err) {
    struct http_route_table table = app_management_routes(service);
    enum status status = http_router_make(&table, 1, &service->management_router, err);
    if (status != STATUS_OK) {
        return status;
    }
    struct http_server_config config = {.name = "management",
                                        .threads = 1,
                                        .drain_timeout_ms = DRAIN_MANAGEMENT_MS,
                                        .handle = dispatch_management,
                                        .context = service->management_router};
    return start_server(service, "management.listen", &config, &service->management, err);
}

static enum status start_public(struct app_service *service, struct error *err) {
    const struct settings *settings = service->settings;
    struct http_server_config config = {
        .name = "public",
        .threads = (unsigned)settings_integer(settings, "http.threads"),
        .handle = gateway_handle,
        .completed = gateway_completed,
        .context = service->gateway,
        .body_bytes = (size_t)settings_integer(settings, "http.body_limit"),
        .connections = (unsigned)settings_integer(settings, "http.connections"),
        .header_timeout_ms = settings_integer(settings, "http.header_timeout"),
        .body_timeout_ms = settings_integer(settings, "http.body_timeout"),
        .idle_timeout_ms = settings_integer(settings, "http.idle_timeout"),
        .write_timeout_ms = settings_integer(settings, "http.write_timeout"),
        .drain_timeout_ms = DRAIN_MS,
    };
    return start_server(service, "listen", &config, &service->server, err);
}

enum status app_service_start(struct app_service *service, const struct settings *settings,
                              struct error *err) {
    static enum status (*const steps[])(struct app_service *, struct error *) = {
        start_engines, start_keys,       start_processor, start_roles,
        start_gateway, start_management, start_public,
    };
    *service = (struct app_service){.settings = settings};
    struct clock *clock = clock_system();
    service->started_us = clock->mono_us(clock);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        enum status status = steps[i](service, err);
        if (status != STATUS_OK) {
            app_service_stop(service);
            return status;
        }
    }
    enum status account =
        app_store_account(&service->admin, service->workers, &service->credentials, err);
    if (account != STATUS_OK) {
        app_service_stop(service);
        return account;
    }
    app_register_gauges(service);
    atomic_store(&service->ready, true);
    LOG_INFO("app", "ready", LOG_INT("microseconds", clock->mono_us(clock) - service->started_us));
    return STATUS_OK;
}

void app_service_stop(struct app_service *service) {
    atomic_store(&service->ready, false);
    http_server_stop(service->server);
    http_server_stop(service->management);
    app_remove_gauges(service);
    http_router_free(service->management_router);
    gateway_stop(service->gateway);
    reports_stop(service->reports);
    users_stop(service->users);
    processor_stop(service->processor);
    if (service->log) {
        eventlog_close(service->log);
    }
    activity_stop(service->activity);
    workers_stop(service->workers);
    auth_keyring_free(service->keyring);
    store_close(service->store);
    *service = (struct app_service){.settings = service->settings};
}
