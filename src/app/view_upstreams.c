// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What /status shows of the upstreams of a gateway.
#include "app/view_upstreams.h"

static const char *keep(struct arena *arena, const char *text) {
    struct str copy = arena_copy(arena, str_from_c(text));
    return copy.data ? copy.data : "";
}

void app_upstream_look(struct http_upstream *upstream, struct arena *arena,
                       struct app_upstream_view *out) {
    enum { ROOM = 256 };
    // The upstream may be gone by the time this is written.
    *out = (struct app_upstream_view){.name = keep(arena, http_upstream_name(upstream)),
                                      .load = http_upstream_load(upstream)};
    out->addresses = arena_alloc_array(arena, ROOM, sizeof *out->addresses);
    if (!out->addresses) {
        return;
    }
    size_t there = http_upstream_addresses(upstream, out->addresses, ROOM);
    out->address_count = there < ROOM ? there : ROOM;
    for (size_t i = 0; i < out->address_count; i++) {
        out->addresses[i].authority = keep(arena, out->addresses[i].authority);
    }
}

static void write_address(struct json_writer *writer,
                          const struct http_upstream_address_view *address) {
    json_begin_object(writer);
    json_member_string(writer, STR("url"), str_from_c(address->authority));
    json_member_string(writer, STR("address"), str_from_c(address->ip));
    json_member_string(writer, STR("state"), str_from_c(address->state));
    json_member_u64(writer, STR("active"), address->active);
    json_member_u64(writer, STR("connections"), address->connections);
    json_member_u64(writer, STR("requests"), address->requests);
    json_member_u64(writer, STR("failures"), address->failures);
    json_member_u64(writer, STR("ejections"), address->ejections);
    json_member_u64(writer, STR("checks"), address->checks);
    json_end_object(writer);
}

void app_upstreams_write(struct json_writer *writer, const struct app_upstream_view *views,
                         size_t count) {
    json_begin_array(writer);
    for (size_t i = 0; i < count; i++) {
        const struct app_upstream_view *view = &views[i];
        json_begin_object(writer);
        json_member_string(writer, STR("name"), str_from_c(view->name));
        json_member_string(writer, STR("breaker"), view->load.full ? STR("open") : STR("closed"));
        json_member_u64(writer, STR("active"), view->load.active);
        json_member_u64(writer, STR("waiting"), view->load.waiting);
        json_member_u64(writer, STR("retrying"), view->load.retrying);
        json_member_u64(writer, STR("connections"), view->load.connections);
        json_key(writer, STR("addresses"));
        json_begin_array(writer);
        for (size_t k = 0; k < view->address_count; k++) {
            write_address(writer, &view->addresses[k]);
        }
        json_end_array(writer);
        json_end_object(writer);
    }
    json_end_array(writer);
}
