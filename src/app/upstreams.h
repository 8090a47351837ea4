// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// How a gateway treats its upstreams, by the settings, and what /status shows of them.
#ifndef FOOTFALL_APP_UPSTREAMS_H
#define FOOTFALL_APP_UPSTREAMS_H

#include "base/arena.h"
#include "base/json_write.h"
#include "base/settings.h"
#include "http/upstream.h"

// Fills in what holds for every upstream, unless it is told otherwise. tls: the caller's, which config points to then.
void app_upstream_policies(const struct settings *settings, struct http_upstream_config *config,
                           struct tls_client_settings *tls);
// Health checks of our own roles, which answer /health/ready also where their routes are.
void app_upstream_role_checks(const struct settings *settings, struct http_upstream_config *config);

struct app_upstream_view { // in an arena, with all it points to
    const char *name;
    struct http_upstream_load load;
    struct http_upstream_address_view *addresses;
    size_t address_count;
};
void app_upstream_look(struct http_upstream *upstream, struct arena *arena,
                       struct app_upstream_view *out);
void app_upstreams_write(struct json_writer *writer, const struct app_upstream_view *views,
                         size_t count);

#endif
