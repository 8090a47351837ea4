// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What /status shows of the upstreams of a gateway.
#ifndef FOOTFALL_APP_VIEW_UPSTREAMS_H
#define FOOTFALL_APP_VIEW_UPSTREAMS_H

#include "base/arena.h"
#include "base/json_write.h"
#include "http/upstream.h"

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
