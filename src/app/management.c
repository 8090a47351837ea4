// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Health and metrics, on the management port.
#include <sys/statvfs.h>

#include "app/configuration.h"
#include "app/reload.h"
#include "app/view.h"
#include "base/json_write.h"
#include "base/metrics.h"
#include "http/problem.h"
#include "http/query.h"

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
    bool ready = atomic_load(&service->ready);
    char waiting[APP_WAITING_TEXT];
    struct json_writer writer;
    app_waiting_text(service->waiting, waiting);
    json_writer_init(&writer, http_reply_body(exchange));
    json_begin_object(&writer);
    json_member_string(&writer, STR("status"), ready ? STR("UP") : STR("DOWN"));
    if (!ready && waiting[0]) {
        json_member_string(&writer, STR("waitingFor"), str_from_c(waiting));
    }
    json_end_object(&writer);
    http_reply_send(exchange, ready ? 200 : 503, "application/json");
}

struct health {
    struct json_writer writer;
    bool up;
};

static void write_component(struct health *health, struct str name, bool up) {
    health->up = health->up && up;
    json_key(&health->writer, name);
    json_begin_object(&health->writer);
    json_member_string(&health->writer, STR("status"), up ? STR("UP") : STR("OUT_OF_SERVICE"));
    json_end_object(&health->writer);
}

// The whole: 503 as soon as one part that this process has does not do its work.
static void handle_health(struct http_exchange *exchange, void *context) {
    struct app_service *service = context;
    struct app_view view;
    struct buffer text;
    app_view_look(service, false, &exchange->arena, &view);
    app_view_keep_own(&view);
    struct health health = {.up = view.ready};
    buffer_init(&text, 64 * 1024);
    json_writer_init(&health.writer, &text);
    json_begin_object(&health.writer);
    if (view.has_log) {
        write_component(&health, STR("eventLog"), view.log.writable);
    }
    if (view.has_store) {
        write_component(&health, STR("store"), view.store.writable);
    }
    if (view.has_processor) {
        write_component(&health, STR("processor"),
                        view.row_count == 0 || !app_view_lag(&view).stuck);
    }
    json_end_object(&health.writer);
    struct json_writer writer;
    json_writer_init(&writer, http_reply_body(exchange));
    json_begin_object(&writer);
    json_member_string(&writer, STR("status"), health.up ? STR("UP") : STR("DOWN"));
    if (view.waiting[0]) {
        json_member_string(&writer, STR("waitingFor"), str_from_c(view.waiting));
    }
    json_member_raw(&writer, STR("components"), buffer_str(&text));
    json_end_object(&writer);
    buffer_free(&text);
    http_reply_send(exchange, health.up ? 200 : 503, "application/json");
}

// What this process knows, for whoever puts the whole together. ?log: with what the event log knows of its partitions.
static void handle_own_status(struct http_exchange *exchange, void *context) {
    struct app_service *service = context;
    static const char *const names[] = {"log"};
    struct str values[1];
    if (!http_query_read(exchange, names, values, 1)) {
        return;
    }
    struct app_view view;
    struct json_writer writer;
    app_view_look(service, values[0].data != NULL, &exchange->arena, &view);
    json_writer_init(&writer, http_reply_body(exchange));
    app_view_write(&writer, &view, NULL, 0);
    http_reply_send(exchange, 200, "application/json");
}

// As Spring's refresh: a list of the keys that changed.
static void handle_refresh(struct http_exchange *exchange, void *context) {
    struct app_service *service = context;
    struct error err = {STATUS_CLOSED, "The process is not up."};
    struct buffer changed;
    enum status status = STATUS_CLOSED;
    buffer_init(&changed, 32768);
    if (app_service_enter(service)) {
        status = service->reload ? app_reload_now(service->reload, &changed, &err) : STATUS_CLOSED;
        app_service_leave(service);
    }
    if (status != STATUS_OK) {
        bool refused = status == STATUS_INVALID;
        http_reply_problem(exchange, refused ? 422 : 503, str_from_c(err.text));
        buffer_free(&changed);
        return;
    }
    struct json_writer writer;
    json_writer_init(&writer, http_reply_body(exchange));
    app_configuration_write_keys(&writer, buffer_str(&changed));
    buffer_free(&changed);
    http_reply_send(exchange, 200, "application/json");
}

static void handle_metrics(struct http_exchange *exchange, void *context) {
    struct app_service *service = context;
    metrics_render(http_reply_body(exchange));
    if (app_service_enter(service)) {
        if (service->shape) {
            shape_render_metrics(service->shape, http_reply_body(exchange));
        }
        if (service->processor) {
            processor_render_folded(service->processor, http_reply_body(exchange));
        }
        app_service_leave(service);
    }
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
    MANAGEMENT_ROUTE("/status", true, handle_own_status),
    MANAGEMENT_ROUTE("/metrics", true, handle_metrics),
    MANAGEMENT_ROUTE("/actuator/prometheus", true, handle_metrics),
    {HTTP_POST_, "/actuator/refresh", AUTH_ACCESS_PUBLIC, true, handle_refresh},
    // Proven by another header than those of keys: see part_live.c.
    {HTTP_GET_, "/live/feed", AUTH_ACCESS_ADMIN, true, app_handle_feed},
};

struct http_route_table app_management_routes(struct app_service *service) {
    return (struct http_route_table){routes, sizeof routes / sizeof routes[0], service};
}

#define LOG_GAUGE(name, expression)                                                                \
    static double name(void *context) {                                                            \
        struct app_service *service = context;                                                     \
        struct eventlog_stats stats;                                                               \
        eventlog_stats(service->log, &stats);                                                      \
        return (double)(expression);                                                               \
    }
LOG_GAUGE(read_log_waiting, stats.waiting_bytes)
LOG_GAUGE(read_log_disk, stats.disk_bytes)
LOG_GAUGE(read_log_writable, stats.writable ? 1 : 0)
LOG_GAUGE(read_spooling, stats.spooling ? 1 : 0)
LOG_GAUGE(read_spool_records, stats.spool_records)
LOG_GAUGE(read_spool_bytes, stats.spool_bytes)
LOG_GAUGE(read_spool_drained, stats.drained_records)

static double read_store_disk(void *context) {
    struct app_service *service = context;
    struct store_stats stats;
    store_stats(service->store, &stats);
    return (double)stats.disk_bytes;
}

static double read_lag(void *context) {
    struct app_view view;
    struct arena arena;
    arena_init(&arena, 4096, 0);
    app_view_look(context, false, &arena, &view);
    app_view_keep_own(&view);
    double records = (double)app_view_lag(&view).records;
    arena_free(&arena);
    return records;
}

static double read_stuck(void *context) {
    struct app_view view;
    struct arena arena;
    double stuck = 0;
    arena_init(&arena, 4096, 0);
    app_view_look(context, false, &arena, &view);
    app_view_keep_own(&view);
    for (size_t i = 0; i < view.row_count; i++) {
        stuck += view.rows[i].stuck ? 1 : 0;
    }
    arena_free(&arena);
    return stuck;
}

static double read_disk_free(void *context) {
    struct app_service *service = context;
    struct str directory = settings_string(service->settings, "data"); // NUL-terminated
    struct statvfs disk;
    return statvfs(directory.data, &disk) == 0 ? (double)disk.f_bavail * (double)disk.f_frsize : 0;
}

// Below which events are refused, by the log or by the queue in front of Kafka.
static double read_disk_reserve(void *context) {
    struct app_service *service = context;
    bool spooled = service->log && strcmp(eventlog_engine_name(service->log), "spool") == 0;
    return (double)settings_integer(service->settings,
                                    spooled ? "spool.disk_reserve" : "embedded.disk_reserve");
}

enum subject { SUBJECT_LOG, SUBJECT_SPOOL, SUBJECT_STORE, SUBJECT_PROCESSOR };

static const struct {
    enum subject subject;
    const char *name;
    const char *help;
    double (*read)(void *context);
} gauges[APP_GAUGES] = {
    {SUBJECT_LOG, "footfall_eventlog_waiting_bytes", "Queued for the event log, not yet durable.",
     read_log_waiting},
    {SUBJECT_LOG, "footfall_eventlog_disk_bytes", "Files of the event log.", read_log_disk},
    {SUBJECT_LOG, "footfall_eventlog_writable", "1 when the event log takes events.",
     read_log_writable},
    {SUBJECT_LOG, "footfall_disk_free_bytes", "Free space where the data directory is.",
     read_disk_free},
    {SUBJECT_LOG, "footfall_disk_reserve_bytes", "Free space below which events are refused.",
     read_disk_reserve},
    {SUBJECT_SPOOL, "footfall_spool_active", "1 while events go to the queue in front of Kafka.",
     read_spooling},
    {SUBJECT_SPOOL, "footfall_spool_records", "Events in the queue in front of Kafka.",
     read_spool_records},
    {SUBJECT_SPOOL, "footfall_spool_bytes", "Files of the queue in front of Kafka.",
     read_spool_bytes},
    {SUBJECT_SPOOL, "footfall_spool_drained_records",
     "Events moved from the queue to Kafka since the start.", read_spool_drained},
    {SUBJECT_STORE, "footfall_store_disk_bytes", "Files of the store.", read_store_disk},
    {SUBJECT_PROCESSOR, "footfall_processor_lag_records",
     "Records in the event log that are not yet queryable.", read_lag},
    {SUBJECT_PROCESSOR, "footfall_processor_stuck_partitions",
     "Partitions of the event log that cannot be processed.", read_stuck},
};

static bool is_here(const struct app_service *service, enum subject subject) {
    switch (subject) {
    case SUBJECT_LOG:
        return service->activity != NULL; // who reads only has nothing to tell of writing
    case SUBJECT_SPOOL:
        return service->log && strcmp(eventlog_engine_name(service->log), "spool") == 0;
    case SUBJECT_STORE: return service->store != NULL;
    case SUBJECT_PROCESSOR: return service->processor != NULL;
    }
    return false;
}

void app_register_gauges(struct app_service *service) {
    for (size_t i = 0; i < APP_GAUGES; i++) {
        if (is_here(service, gauges[i].subject)) {
            service->gauges[i] =
                metrics_gauge(gauges[i].name, gauges[i].help, NULL, gauges[i].read, service);
        }
    }
}

void app_remove_gauges(struct app_service *service) {
    for (size_t i = 0; i < APP_GAUGES; i++) {
        if (service->gauges[i]) {
            metrics_gauge_remove(service->gauges[i]);
        }
        service->gauges[i] = 0;
    }
}

// The same question where the routes of a role are: a gateway asks there, since that is the address it has.
struct http_route_table app_ready_routes(struct app_service *service) {
    static const struct http_route ready[] = {
        MANAGEMENT_ROUTE("/health/ready", false, handle_ready)};
    return (struct http_route_table){ready, sizeof ready / sizeof ready[0], service};
}
