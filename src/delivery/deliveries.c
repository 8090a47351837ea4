// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Start, stop and the thread that looks.
#include <stdlib.h>

#include "base/log.h"
#include "delivery/private.h"

#define SWEEP_LOOKS 1000 // about once in an hour and a half

static bool pause_between(struct deliveries *deliveries) {
    thread_must(pthread_mutex_lock(&deliveries->mutex));
    if (!deliveries->stopping && !deliveries->wanted) {
        (void)thread_cond_wait_us(&deliveries->wake, &deliveries->mutex,
                                  deliveries->config.interval_ms * 1000);
    }
    deliveries->wanted = false;
    bool go_on = !deliveries->stopping;
    thread_must(pthread_mutex_unlock(&deliveries->mutex));
    return go_on;
}

static void *run(void *context) {
    struct deliveries *deliveries = context;
    struct clock *clock = deliveries->config.clock;
    for (unsigned look = 0; pause_between(deliveries); look++) {
        struct error err = {STATUS_OK, ""};
        if (deliveries_look(deliveries, &err) != STATUS_OK) {
            LOG_WARN("delivery", "deliveries could not be looked at, trying again soon",
                     LOG_CSTR("reason", err.text));
        }
        enum status status =
            look % SWEEP_LOOKS == 0
                ? store_deliveries_sweep(deliveries->config.store, clock->wall_ms(clock))
                : STATUS_OK;
        if (status != STATUS_OK) {
            LOG_WARN("delivery", "old rows of deliveries stay",
                     LOG_CSTR("status", status_text(status)));
        }
    }
    return NULL;
}

static void release(struct deliveries *deliveries) {
    http_router_free(deliveries->reports);
    view_zones_free(deliveries->zones);
    deliveries_plan_free(deliveries->plan);
    thread_must(pthread_cond_destroy(&deliveries->wake));
    thread_must(pthread_mutex_destroy(&deliveries->mutex));
    thread_must(pthread_mutex_destroy(&deliveries->looking));
    free(deliveries);
}

static void register_metrics(struct deliveries *deliveries) {
    static const char name[] = "footfall_deliveries_total";
    static const char help[] = "Attempts to deliver a report, by what came of them";
    deliveries->delivered = metrics_counter(name, help, "outcome=\"delivered\"");
    deliveries->failed = metrics_counter(name, help, "outcome=\"failed\"");
    deliveries->given_up = metrics_counter(name, help, "outcome=\"given_up\"");
}

static enum status make_parts(struct deliveries *deliveries, const struct delivery_config *config,
                              struct error *err) {
    enum status status = deliveries_plan_make(config, &deliveries->plan, err);
    if (status == STATUS_OK) {
        status = http_router_make(&config->reports, 1, &deliveries->reports, err);
    }
    if (status == STATUS_OK) {
        status = view_zones_make(config->store, &deliveries->zones);
        status = status == STATUS_OK ? status : error_set(err, status, "deliveries: no memory");
    }
    if (status == STATUS_OK) {
        status = thread_start(&deliveries->thread, "deliveries", run, deliveries);
        deliveries->started = status == STATUS_OK;
        status = status == STATUS_OK
                     ? status
                     : error_set(err, status, "deliveries: cannot start: %s", status_text(status));
    }
    return status;
}

enum status deliveries_start(const struct delivery_config *config, struct deliveries **out,
                             struct error *err) {
    struct deliveries *deliveries = calloc(1, sizeof *deliveries);
    if (!deliveries) {
        return error_set(err, STATUS_NO_MEMORY, "deliveries: no memory to start");
    }
    deliveries->config = *config;
    deliveries->config.mail = (struct delivery_mail){.plain = false};
    deliveries->config.entries = NULL; // the plan has copies, of the mail server, too
    deliveries->config.interval_ms = config->interval_ms > 0 ? config->interval_ms : 5 * 1000;
    thread_must(pthread_mutex_init(&deliveries->looking, NULL));
    thread_must(pthread_mutex_init(&deliveries->mutex, NULL));
    thread_cond_init(&deliveries->wake);
    register_metrics(deliveries);
    enum status status = make_parts(deliveries, config, err);
    if (status != STATUS_OK) {
        release(deliveries);
        return status;
    }
    *out = deliveries;
    return STATUS_OK;
}

void deliveries_change(struct deliveries *deliveries, struct deliveries_plan *plan) {
    thread_must(pthread_mutex_lock(&deliveries->mutex));
    struct deliveries_plan *before = deliveries->plan;
    deliveries->plan = plan;
    deliveries->wanted = true;
    thread_must(pthread_cond_signal(&deliveries->wake));
    thread_must(pthread_mutex_unlock(&deliveries->mutex));
    deliveries_plan_free(before);
}

void deliveries_stop(struct deliveries *deliveries) {
    if (!deliveries) {
        return;
    }
    thread_must(pthread_mutex_lock(&deliveries->mutex));
    deliveries->stopping = true;
    thread_must(pthread_cond_signal(&deliveries->wake));
    thread_must(pthread_mutex_unlock(&deliveries->mutex));
    if (deliveries->started) {
        thread_join(&deliveries->thread);
    }
    release(deliveries);
}
