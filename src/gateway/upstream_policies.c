// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the settings say of every upstream.
#include "gateway/upstream_policies.h"

void gateway_upstream_policies(const struct settings *settings, struct http_upstream_config *config,
                               struct tls_client_settings *tls) {
    *tls = (struct tls_client_settings){
        .ca_file = settings_string(settings, "gateway.tls_ca"),
        .certificate = settings_string(settings, "gateway.tls_certificate"),
        .key = settings_string(settings, "gateway.tls_key"),
        .verify = true,
    };
    config->tls = tls;
    config->connections = (unsigned)settings_integer(settings, "gateway.connections");
    config->connect_timeout_ms = settings_integer(settings, "gateway.connect_timeout");
    config->reply_timeout_ms = settings_integer(settings, "gateway.reply_timeout");
    config->total_timeout_ms = settings_integer(settings, "gateway.total_timeout");
    config->resolve_every_ms = settings_integer(settings, "gateway.resolve");
    config->ejection.after = (unsigned)settings_integer(settings, "gateway.eject_after");
    config->ejection.base_ms = settings_integer(settings, "gateway.eject_time");
    config->ejection.share = (unsigned)settings_integer(settings, "gateway.eject_share");
    config->limits.active = (unsigned)settings_integer(settings, "gateway.requests");
    config->limits.retry_share = (unsigned)settings_integer(settings, "gateway.retry_share");
}

void gateway_upstream_role_checks(const struct settings *settings,
                                  struct http_upstream_config *config) {
    struct str path = settings_string(settings, "gateway.health_path");
    config->health.path = path.len > 0 ? path.data : NULL;
    config->health.interval_ms = settings_integer(settings, "gateway.health_interval");
}
