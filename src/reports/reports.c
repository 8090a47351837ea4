// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The role: routes, start and stop, and the timer that closes days.
#include "reports/reports.h"

#include <stdlib.h>

#include "base/log.h"
#include "reports/private.h"

#define LOOK_INTERVAL_MS (60 * 1000)

static const struct http_route routes[] = {
    {HTTP_GET_, "/reports/daily", AUTH_ACCESS_VIEWER, true, reports_handle_daily},
    {HTTP_GET_, "/reports/active", AUTH_ACCESS_VIEWER, true, reports_handle_active},
    {HTTP_GET_, "/reports/events", AUTH_ACCESS_VIEWER, true, reports_handle_events},
    {HTTP_GET_, "/reports/sessions", AUTH_ACCESS_VIEWER, true, reports_handle_sessions},
    {HTTP_GET_, "/reports/retention", AUTH_ACCESS_VIEWER, true, reports_handle_retention},
    {HTTP_GET_, "/reports/funnels", AUTH_ACCESS_VIEWER, true, reports_handle_funnels},
    {HTTP_GET_, "/reports/funnels/:name", AUTH_ACCESS_VIEWER, true, reports_handle_funnel},
};

// Looks once a minute or as configured, for the first time that long after the start: by then the processor has caught up with the log.
static void *run_timer(void *context) {
    struct reports *reports = context;
    thread_must(pthread_mutex_lock(&reports->mutex));
    while (!reports->stopping) {
        if (thread_cond_wait_us(&reports->wake, &reports->mutex,
                                reports->config.close_every_ms * 1000)) {
            continue; // woken: to stop, or for no reason
        }
        thread_must(pthread_mutex_unlock(&reports->mutex));
        struct error err = {0};
        if (reports_close_due(reports, &err) != STATUS_OK) {
            LOG_WARN("reports", "daily reports could not be closed, trying again at the next look",
                     LOG_CSTR("reason", err.text));
        }
        thread_must(pthread_mutex_lock(&reports->mutex));
    }
    thread_must(pthread_mutex_unlock(&reports->mutex));
    return NULL;
}

static void release(struct reports *reports) {
    while (reports->seen_links) {
        struct reports_seen_links *next = reports->seen_links->next;
        free(reports->seen_links);
        reports->seen_links = next;
    }
    view_zones_free(reports->zones);
    thread_must(pthread_cond_destroy(&reports->wake));
    thread_must(pthread_mutex_destroy(&reports->mutex));
    thread_must(pthread_mutex_destroy(&reports->closing));
    free(reports);
}

enum status reports_start(const struct reports_config *config, struct reports **out,
                          struct error *err) {
    struct reports *reports = calloc(1, sizeof *reports);
    if (!reports) {
        return error_set(err, STATUS_NO_MEMORY, "reports: no memory to start");
    }
    reports->config = *config;
    reports->config.dimensions = reports->dimensions;
    for (size_t i = 0; i < config->dimension_count && i < ENRICH_DECLARED_MAX; i++) {
        reports->dimensions[i] = config->dimensions[i];
    }
    if (reports->config.close_after_ms == 0) {
        reports->config.close_after_ms = 15 * 60 * 1000;
    }
    if (reports->config.close_every_ms == 0) {
        reports->config.close_every_ms = LOOK_INTERVAL_MS;
    }
    thread_must(pthread_mutex_init(&reports->closing, NULL));
    thread_must(pthread_mutex_init(&reports->mutex, NULL));
    thread_cond_init(&reports->wake);
    enum status status = view_zones_make(config->store, &reports->zones);
    if (status == STATUS_OK) {
        status = thread_start(&reports->timer, "reports-timer", run_timer, reports);
    }
    if (status != STATUS_OK) {
        release(reports);
        return error_set(err, status, "reports: cannot start: %s", status_text(status));
    }
    *out = reports;
    return STATUS_OK;
}

struct http_route_table reports_routes(struct reports *reports) {
    return (struct http_route_table){routes, sizeof routes / sizeof routes[0], reports};
}

struct http_route_table reports_route_patterns(void) {
    return reports_routes(NULL);
}

void reports_stop(struct reports *reports) {
    if (!reports) {
        return;
    }
    thread_must(pthread_mutex_lock(&reports->mutex));
    reports->stopping = true;
    thread_must(pthread_cond_signal(&reports->wake));
    thread_must(pthread_mutex_unlock(&reports->mutex));
    thread_join(&reports->timer);
    release(reports);
}
