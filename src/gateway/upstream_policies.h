// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// How a gateway treats its upstreams, by the settings (gateway.*).
#ifndef FOOTFALL_GATEWAY_UPSTREAM_POLICIES_H
#define FOOTFALL_GATEWAY_UPSTREAM_POLICIES_H

#include "base/settings.h"
#include "http/upstream.h"

// Fills in what holds for every upstream that is not told otherwise. tls: the caller's, which config points to then; it and the
// settings must be there until http_upstream_make has returned.
void gateway_upstream_policies(const struct settings *settings, struct http_upstream_config *config,
                               struct tls_client_settings *tls);
// Health checks of our own roles, which answer /health/ready also where their routes are. The settings must live as long as the
// upstream.
void gateway_upstream_role_checks(const struct settings *settings,
                                  struct http_upstream_config *config);

#endif
