// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Health and metrics, on the management port.
#include "app/service.h"
#include "base/json_write.h"
#include "base/metrics.h"

static void send_health(struct http_exchange *exchange, bool up) {
    struct json_writer writer;
    json_writer_init(&writer, http_reply_body(exchange));
    json_begin_object(&writer);
    json_member_string(&writer, STR("status"), up ? STR("UP") : STR("DOWN"));
    json_end_object(&writer);
    http_reply_send(exchange, up ? 200 : 503, "application/json");
}

static void handle_live(struct http_exchange *exchange, void *context) {
    (void)context;
    send_health(exchange, true);
}

// Says nothing of the disk: while events are refused, profiles and reports are still answered, and whoever stops sending
// requests here would stop those too.
static void handle_ready(struct http_exchange *exchange, void *context) {
    const struct app_service *service = context;
    send_health(exchange, atomic_load(&service->ready));
}

static void write_component(struct json_writer *writer, struct str name, bool up) {
    json_key(writer, name);
    json_begin_object(writer);
    json_member_string(writer, STR("status"), up ? STR("UP") : STR("OUT_OF_SERVICE"));
    json_end_object(writer);
}

// The whole: 503 as soon as one part does not do its work.
static void handle_health(struct http_exchange *exchange, void *context) {
    struct app_service *service = context;
    struct eventlog_stats log;
    struct store_stats store;
    eventlog_stats(service->log, &log);
    store_stats(service->store, &store);
    bool processing = !app_lag(service).stuck;
    bool up = atomic_load(&service->ready) && log.writable && store.writable && processing;
    struct json_writer writer;
    json_writer_init(&writer, http_reply_body(exchange));
    json_begin_object(&writer);
    json_member_string(&writer, STR("status"), up ? STR("UP") : STR("DOWN"));
    json_key(&writer, STR("components"));
    json_begin_object(&writer);
    write_component(&writer, STR("eventLog"), log.writable);
    write_component(&writer, STR("store"), store.writable);
    write_component(&writer, STR("processor"), processing);
    json_end_object(&writer);
    json_end_object(&writer);
    http_reply_send(exchange, up ? 200 : 503, "application/json");
}

static void handle_metrics(struct http_exchange *exchange, void *context) {
    (void)context;
    metrics_render(http_reply_body(exchange));
    http_reply_send(exchange, 200, "text/plain; version=0.0.4; charset=utf-8");
}

#define MANAGEMENT_ROUTE(pattern, blocking, handler)                                               \
    { HTTP_GET_, (pattern), AUTH_ACCESS_PUBLIC, (blocking), (handler) }
static const struct http_route routes[] = {
    MANAGEMENT_ROUTE("/health", true, handle_health),
    MANAGEMENT_ROUTE("/health/live", false, handle_live),
    MANAGEMENT_ROUTE("/health/ready", false, handle_ready),
    MANAGEMENT_ROUTE("/actuator/health", true, handle_health),
    MANAGEMENT_ROUTE("/actuator/health/liveness", false, handle_live),
    MANAGEMENT_ROUTE("/actuator/health/readiness", false, handle_ready),
    MANAGEMENT_ROUTE("/metrics", true, handle_metrics),
    MANAGEMENT_ROUTE("/actuator/prometheus", true, handle_metrics),
};

struct http_route_table app_management_routes(struct app_service *service) {
    return (struct http_route_table){routes, sizeof routes / sizeof routes[0], service};
}

static double read_log_waiting(void *context) {
    struct app_service *service = context;
    struct eventlog_stats stats;
    eventlog_stats(service->log, &stats);
    return (double)stats.waiting_bytes;
}

static double read_log_disk(void *context) {
    struct app_service *service = context;
    struct eventlog_stats stats;
    eventlog_stats(service->log, &stats);
    return (double)stats.disk_bytes;
}

static double read_log_writable(void *context) {
    struct app_service *service = context;
    struct eventlog_stats stats;
    eventlog_stats(service->log, &stats);
    return stats.writable ? 1 : 0;
}

static double read_store_disk(void *context) {
    struct app_service *service = context;
    struct store_stats stats;
    store_stats(service->store, &stats);
    return (double)stats.disk_bytes;
}

static double read_lag(void *context) {
    struct app_lag lag = app_lag(context);
    return (double)lag.records;
}

static const struct {
    const char *name;
    const char *help;
    double (*read)(void *context);
} gauges[APP_GAUGES] = {
    {"footfall_eventlog_waiting_bytes", "Queued for the event log, not yet durable.",
     read_log_waiting},
    {"footfall_eventlog_disk_bytes", "Files of the event log.", read_log_disk},
    {"footfall_eventlog_writable", "1 when the event log takes events.", read_log_writable},
    {"footfall_store_disk_bytes", "Files of the store.", read_store_disk},
    {"footfall_processor_lag_records", "Records in the event log that are not yet queryable.",
     read_lag},
};

void app_register_gauges(struct app_service *service) {
    for (size_t i = 0; i < APP_GAUGES; i++) {
        service->gauges[i] =
            metrics_gauge(gauges[i].name, gauges[i].help, NULL, gauges[i].read, service);
    }
}

void app_remove_gauges(struct app_service *service) {
    for (size_t i = 0; i < APP_GAUGES; i++) {
        if (service->gauges[i]) {
            metrics_gauge_remove(service->gauges[i]);
        }
    }
}
