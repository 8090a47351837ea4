// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Segment's HTTP API, and RudderStack's, which is the same but for the names of libraries: https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
#include "activity/reader.h"

struct segment_members {
    const struct json_value *type;
    const struct json_value *event;
    const struct json_value *name;
};

static enum status take_type(const struct activity_input *input, const struct segment_members *own,
                             struct event *event, struct error *err) {
    struct str name = STR_EMPTY;
    if (input->has_type) {
        event->type = input->type;
        return STATUS_OK;
    }
    if (own->type) {
        enum status status = activity_take_text(own->type, &name, err);
        if (status != STATUS_OK) {
            return status;
        }
    }
    if (name.len == 0) {
        return error_set(err, STATUS_INVALID, "type is required");
    }
    if (!event_type_from_name(name, &event->type)) {
        return error_set(err, STATUS_INVALID,
                         "type: is none of track, identify, page, screen, group, alias");
    }
    return STATUS_OK;
}

// A track call names its event in `event`, page and screen calls in `name`; the other of the two is kept as it was sent.
static enum status take_name(struct activity_reader *reader, const struct segment_members *own,
                             struct event *event, struct error *err) {
    bool track = event->type == EVENT_TRACK;
    const struct json_value *name = track ? own->event : own->name;
    const struct json_value *other = track ? own->name : own->event;
    if (other) {
        activity_keep_member(reader, other);
    }
    return name ? activity_take_text(name, &event->name, err) : STATUS_OK;
}

static enum status take_members(struct activity_reader *reader, const struct json_value *root,
                                struct activity_item *item, struct segment_members *own,
                                struct error *err) {
    for (const struct json_value *member = root->child; member; member = member->next) {
        bool taken = true;
        if (str_equal(member->key, STR("type"))) {
            own->type = member;
        } else if (str_equal(member->key, STR("event"))) {
            own->event = member;
        } else if (str_equal(member->key, STR("name"))) {
            own->name = member;
        } else {
            enum status status = activity_take_member(item, member, &taken, err);
            if (status != STATUS_OK) {
                return status;
            }
        }
        if (!taken) {
            activity_keep_member(reader, member);
        }
    }
    return STATUS_OK;
}

// RudderStack's libraries speak to the same routes; the name of the library tells. Its Node.js library has kept the name of the one
// it came from, but says on which channel it sends.
static bool is_rudder(const struct json_value *context, const struct json_value *root) {
    struct str library = json_get_string(json_get(context, STR("library")), STR("name"));
    return str_contains_ignore_case(library, STR("rudder")) ||
           (str_equal(library, STR("analytics-node")) && json_get(root, STR("channel")));
}

static enum status segment_read(struct activity_reader *reader, const struct json_value *root,
                                struct activity_item *item, struct error *err) {
    struct segment_members own = {.type = NULL};
    enum status status = take_members(reader, root, item, &own, err);
    if (status == STATUS_OK) {
        status = take_type(reader->input, &own, &item->event, err);
    }
    if (status == STATUS_OK) {
        status = take_name(reader, &own, &item->event, err);
    }
    if (is_rudder(item->context ? item->context : reader->context_tree, root)) {
        item->event.dialect = activity_dialect_rudder.name;
    }
    return status;
}

const struct activity_dialect activity_dialect_segment = {
    .name = STR_INIT("segment"),
    .shape = ACTIVITY_BATCH,
    .id_member = STR_INIT("messageId"),
    .read = segment_read,
    .accepted = STR_INIT("{\"success\":true}"),
};

const struct activity_dialect activity_dialect_rudder = {
    .name = STR_INIT("rudderstack"),
    .shape = ACTIVITY_BATCH,
    .id_member = STR_INIT("messageId"),
    .read = segment_read,
    .accepted = STR_INIT("{\"success\":true}"),
};
