// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Items as JSON for people, and packed for other processes.
#include "live/item.h"

#include "base/bytes.h"

#define FLAG_CUT 1

struct live_item live_item_of(const struct event *event, int64_t offset) {
    return (struct live_item){
        .offset = offset,
        .type = event->type,
        .timestamp_ms = event->timestamp_ms,
        .received_ms = event->received_ms,
        .project = event->project,
        .id = event->id,
        .name = event->name,
        .user_id = event->user_id,
        .anonymous_id = event->anonymous_id,
        .properties = event->properties,
        .traits = event->traits,
        .context = event->context,
    };
}

void live_item_write(struct json_writer *w, const struct live_item *item) {
    json_begin_object(w);
    json_member_string(w, STR("id"), item->id);
    json_member_string(w, STR("project"), item->project);
    json_member_string(w, STR("type"), event_type_name(item->type));
    json_member_string(w, STR("name"), item->name);
    json_member_time(w, STR("timestamp"), item->timestamp_ms);
    json_member_time(w, STR("receivedAt"), item->received_ms);
    json_member_raw(w, STR("properties"), item->properties.len > 0 ? item->properties : STR("{}"));
    if (item->traits.len > 0) {
        json_member_raw(w, STR("traits"), item->traits);
    }
    json_member_raw(w, STR("context"), item->context.len > 0 ? item->context : STR("{}"));
    if (item->user_id.len > 0) {
        json_member_string(w, STR("userId"), item->user_id);
    }
    if (item->anonymous_id.len > 0) {
        json_member_string(w, STR("anonymousId"), item->anonymous_id);
    }
    if (item->cut) {
        json_member_bool(w, STR("truncated"), true);
    }
    json_end_object(w);
}

void live_item_pack(struct buffer *out, const struct live_item *item) {
    bytes_put_zigzag(out, item->offset);
    bytes_put_u8(out, (uint8_t)item->type);
    bytes_put_u8(out, item->cut ? FLAG_CUT : 0);
    bytes_put_zigzag(out, item->timestamp_ms);
    bytes_put_zigzag(out, item->received_ms);
    const struct str texts[] = {item->project,      item->id,         item->name,   item->user_id,
                                item->anonymous_id, item->properties, item->traits, item->context};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        bytes_put_str(out, texts[i]);
    }
}

bool live_item_unpack(struct str *in, struct live_item *out) {
    uint8_t type = 0, flags = 0;
    struct str rest = *in;
    *out = (struct live_item){0};
    bool whole = bytes_get_zigzag(&rest, &out->offset) && bytes_get_u8(&rest, &type) &&
                 bytes_get_u8(&rest, &flags) && bytes_get_zigzag(&rest, &out->timestamp_ms) &&
                 bytes_get_zigzag(&rest, &out->received_ms);
    struct str *const texts[] = {&out->project,      &out->id,         &out->name,   &out->user_id,
                                 &out->anonymous_id, &out->properties, &out->traits, &out->context};
    for (size_t i = 0; whole && i < sizeof texts / sizeof texts[0]; i++) {
        whole = bytes_get_str(&rest, texts[i]);
    }
    if (!whole || type >= EVENT_TYPE_COUNT || out->offset < 0 || out->project.len == 0) {
        return false;
    }
    out->type = (enum event_type)type;
    out->cut = (flags & FLAG_CUT) != 0;
    *in = rest;
    return true;
}

bool live_filter_takes(const struct live_filter *filter, const struct live_item *item) {
    return (!filter->project.data || str_equal(filter->project, item->project)) &&
           (!filter->name.data || str_equal(filter->name, item->name)) &&
           (!filter->has_type || filter->type == item->type) &&
           (!filter->user_id.data || str_equal(filter->user_id, item->user_id));
}
