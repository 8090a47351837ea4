// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Everything that  starts, in order; stopped in the opposite order.
//
//   workers -> store -> event log -> keyring and first start -> processor -> roles -> gateway -> management and public servers
//
// The public server is the last to start and the first to stop: what it accepted is finished by what stands behind it.
#ifndef FOOTFALL_APP_SERVICE_H
#define FOOTFALL_APP_SERVICE_H

#include <stdatomic.h>

#include "activity/activity.h"
#include "app/first_start.h"
#include "base/metrics.h"
#include "base/settings.h"
#include "base/workers.h"
#include "client/data_directory.h"
#include "eventlog/eventlog.h"
#include "gateway/gateway.h"
#include "http/server.h"
#include "processor/processor.h"
#include "reports/reports.h"
#include "store/store.h"
#include "users/users.h"

#define APP_GAUGES 5

struct app_service {
    const struct settings *settings;
    struct client_paths paths;
    struct app_credentials credentials;
    int64_t started_us; // monotonic
    atomic_bool ready;  // what /health/ready says
    struct workers *workers;
    struct store *store;
    struct eventlog *log;
    struct auth_keyring *keyring;
    struct gateway_admin admin;
    struct processor *processor;
    struct activity *activity;
    struct users *users;
    struct reports *reports;
    struct gateway *gateway;
    struct http_router *management_router;
    struct http_server *management;
    struct http_server *server;
    metrics_id gauges[APP_GAUGES]; // 0: not registered
};

// On failure everything started so far is stopped again and err says what could not be done.
MUST_CHECK enum status app_service_start(struct app_service *service,
                                         const struct settings *settings, struct error *err);
// Drains: stops accepting, finishes, flushes, commits, frees.
void app_service_stop(struct app_service *service);

// How far the processor is behind the event log, over all partitions.
struct app_lag {
    int64_t records;      // durable, not yet queryable
    int64_t processed_ms; // everything received before is queryable; wall clock
    bool stuck;           // a partition cannot go on, or nothing is known
};
struct app_lag app_lag(struct app_service *service);
// One row a partition; NULL when there is no memory. The caller frees it.
struct processor_partition_status *app_partitions(struct app_service *service, size_t *count);

// /health, /metrics on the management port; /status and /dead-letters on the public one.
struct http_route_table app_management_routes(struct app_service *service);
struct http_route_table app_status_routes(struct app_service *service);
void app_register_gauges(struct app_service *service);
void app_remove_gauges(struct app_service *service); // before what they read goes away

#endif
