// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The parts of which roles are made; each is written down where it is started.
#ifndef FOOTFALL_APP_PARTS_H
#define FOOTFALL_APP_PARTS_H

#include "app/service.h"

// part_engines.c
extern const struct app_part app_part_engines_allowed; // embedded engines are for run alone
extern const struct app_part app_part_data;            // the data directory
extern const struct app_part app_part_workers;
extern const struct app_part app_part_store;
extern const struct app_part app_part_log_append; // behind a spool when it is remote
extern const struct app_part app_part_log_read;
extern const struct app_part app_part_log_asked; // app_log_when_asked
// part_keys.c
extern const struct app_part app_part_keys;
extern const struct app_part app_part_refresh;
extern const struct app_part app_part_first_start; // project, keys
extern const struct app_part app_part_account;
// part_access_log.c
extern const struct app_part app_part_access_log;
// part_otlp.c
extern const struct app_part app_part_otlp; // before whatever makes spans
// part_audit.c
extern const struct app_part app_part_audit;       // before what it would record
extern const struct app_part app_part_audit_start; // a start of this process with its settings
// part_limits.c
extern const struct app_part
    app_part_limits; // before the log, whose callbacks give back what was not kept
// part_tokens.c
extern const struct app_part app_part_tokens; // after the keys, before what reads both again
extern const struct app_part app_part_issuers;
// part_roles.c
extern const struct app_part app_part_activity_memory; // before the log, which finishes requests
extern const struct app_part app_part_activity;
extern const struct app_part app_part_processor;
extern const struct app_part app_part_replays; // behind the processor
// part_enrichment.c
extern const struct app_part app_part_enrichment; // before the processor
extern const struct app_part app_part_users;
extern const struct app_part app_part_reports;
// part_shape.c
extern const struct app_part app_part_shape; // before the processor, which goes by it
// part_funnels.c
extern const struct app_part app_part_funnels; // before the processor and the reports
// part_servers.c
extern const struct app_part app_part_management;
extern const struct app_part app_part_upstreams; // of a gateway: where the other roles are
extern const struct app_part app_part_trusted;   // networks whose X-Forwarded-For is believed
extern const struct app_part app_part_gateway;
// part_live.c
extern const struct app_part app_part_live; // before the processor, which writes into it
// part_config.c
extern const struct app_part app_part_config; // central configuration, served
// part_deliveries.c
extern const struct app_part app_part_deliveries; // after the reports
// part_ageing.c
extern const struct app_part app_part_ageing;
// part_backups.c
extern const struct app_part app_part_backups; // after the engines
// What reports asks before it closes a day; in part_roles.c.
void app_report_progress(void *service, int64_t *received_ms, bool *caught_up);
// part_routes.c
extern const struct app_part
    app_part_routes; // of the settings; before the gateway, which takes them
extern const struct app_part app_part_public;

// In part_tls.c: of the public server, the certificates while it runs; and what the settings say of TLS for the server (host is written
// to) and for the gateway.
MUST_CHECK enum status app_tls_start(struct app_service *service, struct error *err);
void app_tls_stop(struct app_service *service);
MUST_CHECK enum status app_tls_listen(const struct app_service *service,
                                      struct http_server_config *config, char *host, size_t size,
                                      struct error *err);
MUST_CHECK enum status app_https_of(const struct app_service *service, struct gateway_https *https,
                                    struct error *err);

#endif
