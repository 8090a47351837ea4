// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A Footfall process: the parts that its role needs, started in order and stopped in the opposite order.
//
//   run:        store -> event log -> keys, first start -> processor -> activity, users, reports -> gateway -> public server
//   one role:   what it needs of these (roles.c), and waits for engines and names that are not there yet
//
// The management server is the first to start and the last to stop: it says what the process is waiting for. The public server is the
// last to start and the first to stop: what it accepted is finished by what stands behind it.
#ifndef FOOTFALL_APP_SERVICE_H
#define FOOTFALL_APP_SERVICE_H

#include <stdatomic.h>

#include "activity/activity.h"
#include "app/first_start.h"
#include "app/role.h"
#include "app/waiting.h"
#include "auth/refresh.h"
#include "backup/backup.h"
#include "base/metrics.h"
#include "base/settings.h"
#include "base/workers.h"
#include "client/data_directory.h"
#include "config/config.h"
#include "delivery/delivery.h"
#include "enrich/enrich.h"
#include "eventlog/eventlog.h"
#include "funnel/funnel.h"
#include "gateway/gateway.h"
#include "gateway/quotas.h"
#include "gateway/tokens.h"
#include "http/server.h"
#include "http/upstream.h"
#include "live/live.h"
#include "processor/processor.h"
#include "reports/reports.h"
#include "shape/shape.h"
#include "store/store.h"
#include "users/users.h"

#define APP_GAUGES 12

// Roles that a gateway proxies to.
enum app_upstream { APP_UPSTREAM_ACTIVITY, APP_UPSTREAM_USERS, APP_UPSTREAM_REPORTS };
#define APP_UPSTREAMS 3

struct app_replays;
struct app_service;

// What a part needs that other processes give, and that may be away when it starts.
enum app_needs {
    APP_NEEDS_NOTHING = 0,
    APP_NEEDS_STORE = 1,
    APP_NEEDS_LOG = 2,
    APP_NEEDS_NAMES = 4,
    APP_NEEDS_REPOSITORY = 8
};

struct app_part {
    enum app_needs needs; // UNAVAILABLE or TIMEOUT from start: wait, try again
    // On failure nothing is left behind. NULL: nothing to start.
    enum status (*start)(struct app_service *service, struct error *err);
    void (*stop)(struct app_service *service); // NULL: nothing to stop
};

struct app_service {
    enum app_role role;
    const struct settings *settings;
    struct app_waiting *waiting;
    struct client_paths paths;
    struct app_credentials credentials;
    int64_t started_us; // monotonic
    atomic_bool ready;  // what /health/ready says
    size_t started;     // parts
    bool left_behind;   // the keys' thread is still inside the store, and uses it and the keyring
    // Engines and roles below come and go while management answers: who looks at them from there holds this.
    pthread_rwlock_t lock;
    bool up;
    struct app_reload *reload; // reads the settings again; NULL: not yet, or not any more
    struct workers *workers;
    struct workers
        *lookers; // of the management server, so that it answers while the others wait for a store
    struct store *store;
    struct eventlog *log;
    struct auth_keyring *keyring;
    struct auth_refresh *refresh;       // NULL: nobody else writes to the store
    struct auth_refresh *key_thread;    // reads keys and tokens again, whoever else writes
    struct auth_refresh *issuer_thread; // NULL: there are no outside issuers
    struct auth_issuers *issuers;
    struct auth_tokens *tokens;
    struct gateway_tokens *people;
    struct gateway_admin admin;
    struct shape *shape;           // rules for events; NULL: a role without a processor
    struct funnel_board *funnels;  // NULL: a role that has nothing to do with them
    struct enrichment *enrichment; // NULL: nothing is processed here
    struct processor *processor;
    struct store
        *held; // of the processor, where several processes share the store: it keeps one generation
    int64_t held_generation;     // which
    struct app_replays *replays; // NULL: a role that has nothing to do with them
    struct activity *activity;
    struct users *users;
    pthread_mutex_t asked_log_lock;
    struct eventlog *asked_log; // opened when first needed, where the process has no other
    pthread_mutex_t trail_lock; // one request at a time looks for a message in the log
    struct reports *reports;
    struct deliveries *deliveries;
    struct ageing *ageing;
    struct config_server *config_server; // of the role config alone
    struct backups *backups;             // NULL: a role without embedded engines
    char backup_directory[1024];
    struct live_feed *feed; // NULL: a role that has nothing to do with it, as the next
    struct live_hub *hub;
    struct live *live;
    struct activity_route_set *activity_patterns;
    struct http_upstream *upstreams[APP_UPSTREAMS];
    struct http_route_table proxied[APP_UPSTREAMS]; // count 0: none
    struct http_route_table proxied_live;           // of the reports process, too, as the next
    struct http_route_table proxied_deliveries;
    struct http_networks *trusted;
    struct gateway_access_log *access_log;
    struct otlp_exporter *otlp; // NULL: spans go nowhere
    struct gateway_audit audit;
    struct gateway_limits *limits;
    struct gateway_quotas *quotas;
    struct activity_admission admission;  // asks them
    struct gateway_upstreams *configured; // of the settings; NULL: a role without routes of these
    struct gateway_routes *routes;        // until the gateway has them
    struct gateway *gateway;
    struct http_router *management_router;
    struct http_server *management;
    struct http_certificates *certificates; // NULL: no TLS
    struct http_server *server;
    metrics_id gauges[APP_GAUGES]; // 0: not registered
};

// waiting: how to stop it meanwhile; the caller's. On failure everything started so far is stopped again and err says what could not
// be done; CLOSED: it was told to stop before it was ready.
MUST_CHECK enum status app_service_start(struct app_service *service, enum app_role role,
                                         const struct settings *settings,
                                         struct app_waiting *waiting, struct error *err);
// From here on it says that it is ready: once everything of the process is there, the reading of settings again too.
void app_service_tell_ready(struct app_service *service);
// Drains: stops accepting, finishes, flushes, commits, frees. When left_behind is set then, the process must end without giving back
// anything more.
void app_service_stop(struct app_service *service);

// For threads of the management server. False: the process is not up (yet, or any more), and nothing may be looked at. True: leave.
bool app_service_enter(struct app_service *service);
void app_service_leave(struct app_service *service);
// From now on nobody finds it, and nobody who found it is still with it.
void app_service_set_reload(struct app_service *service, struct app_reload *reload);

// Routes of the settings, checked against ours, and limits, checked against all; no name is looked up. INVALID says where and what.
MUST_CHECK enum status app_routes_read(const struct settings *settings, struct gateway_routes **out,
                                       struct error *err);
// The routes (owned in any case), with their upstreams of which the pool has none yet in fresh, the limits and the rules of these settings from now
// on, in one step. Blocks nobody. Between enter and leave. On failure all stays as it is.
MUST_CHECK enum status app_change(struct app_service *service, const struct settings *settings,
                                  struct gateway_routes *routes, struct gateway_upstreams *fresh,
                                  struct error *err);

// Rules for events, checked. INVALID says where and what.
MUST_CHECK enum status app_shape_read(const struct settings *settings, struct shape_rules **out,
                                      struct error *err);
// Takes over the hold on rules: every cycle that begins from now on goes by them. Between enter and leave, where there is a processor. On
// failure, NO_MEMORY, all stays as it is.
MUST_CHECK enum status app_shape_change(struct app_service *service, struct shape_rules *rules,
                                        struct error *err);

// The same for a role without a processor, which may lack privacy.hash_key: whether there is a mistake in them.
MUST_CHECK enum status app_shape_check(const struct settings *settings, struct error *err);
// Reports that are delivered, checked. INVALID says where and what.
MUST_CHECK enum status app_deliveries_read(const struct settings *settings,
                                           struct deliveries_plan **out, struct error *err);

// Takes over the hold on the set, which counts from now on. Between enter and leave, where there are funnels.
void app_funnels_change(struct app_service *service, struct funnel_set *set);

// What the settings say of the processor; log, store, shape and funnels are the caller's to add.
struct processor_config app_processor_config(const struct settings *settings);

// Of the settings. INVALID says where and what; the statuses of enrichment_make.
MUST_CHECK enum status app_enrichment_make(const struct settings *settings, struct enrichment **out,
                                           struct error *err);
// Between enter and leave: looks at its files again. What is wrong is logged, and changes nothing.
void app_enrichment_reload(struct app_service *service);
// Names of the declared dimensions; they are the settings'.
size_t app_dimension_names(const struct settings *settings, struct str names[ENRICH_DECLARED_MAX]);

// Whether clients come in here. Who comes in by a gateway was counted there; a project's events are counted where it is known whose they are.
bool app_is_front_door(const struct app_service *service);
// What the settings say of limits. Only of events where clients do not come in.
// The process's event log, or one that is opened now, for a role that has none. Blocks; any thread. NULL: err says why.
struct eventlog *app_log_when_asked(struct app_service *service, struct error *err);
struct gateway_limits_config app_limits_config(const struct settings *settings, bool front_door);
struct gateway_quotas_sizes app_quotas_sizes(const struct settings *settings);
struct gateway_access_choice app_access_choice(const struct settings *settings);
// The parts of a role, in order.
const struct app_part *const *app_role_parts(enum app_role role, size_t *count);

// /health, /metrics and what this process knows on the management port; /status on the public one.
struct http_route_table app_management_routes(struct app_service *service);
struct http_route_table app_status_routes(struct app_service *service);
// Of a role behind a gateway, on its public port: whether it is ready.
struct http_route_table app_ready_routes(struct app_service *service);
// GET /live/feed of the management port, on a thread that may block.
void app_handle_feed(struct http_exchange *exchange, void *service);
void app_register_gauges(struct app_service *service);
void app_remove_gauges(struct app_service *service); // before what they read goes away

#endif
