// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Footfall's own form: {"type":"button_click","userId":"u1","properties":{…}}, where `type` is any name.
#include "activity/reader.h"

struct plain_members {
    struct str type;
    const struct json_value *name;
    const struct json_value *event;
};

static enum status take_members(struct activity_reader *reader, const struct json_value *root,
                                struct activity_item *item, struct plain_members *own,
                                struct error *err) {
    for (const struct json_value *member = root->child; member; member = member->next) {
        bool taken = true;
        enum status status = STATUS_OK;
        if (str_equal(member->key, STR("type"))) {
            status = activity_take_text(member, &own->type, err);
        } else if (str_equal(member->key, STR("name"))) {
            own->name = member;
        } else if (str_equal(member->key, STR("event"))) {
            own->event = member;
        } else if (str_equal(member->key, STR("id"))) {
            status = activity_take_text(member, &item->event.id, err);
        } else {
            status = activity_take_member(item, member, &taken, err);
        }
        if (status != STATUS_OK) {
            return status;
        }
        if (!taken) {
            activity_keep_member(reader, member);
        }
    }
    return STATUS_OK;
}

static bool is_page_visit(struct str type) {
    static const struct str names[] = {STR_INIT("page_visit"), STR_INIT("page_view"),
                                       STR_INIT("pageview"), STR_INIT("page view"),
                                       STR_INIT("page visit")};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (str_equal_ignore_case(type, names[i])) {
            return true;
        }
    }
    return false;
}

// Six words are types by themselves and take their name from `event` or `name`, as Segment's do.
static enum status take_name(struct activity_reader *reader, const struct plain_members *own,
                             struct event *event, struct error *err) {
    bool by_event = own->event && (event->type == EVENT_TRACK || !own->name);
    const struct json_value *name = by_event ? own->event : own->name;
    const struct json_value *other = by_event ? own->name : own->event;
    if (other) {
        activity_keep_member(reader, other);
    }
    enum status status = name ? activity_take_text(name, &event->name, err) : STATUS_OK;
    if (status == STATUS_OK && event->type == EVENT_TRACK && event->name.len == 0) {
        return error_set(err, STATUS_INVALID, "event is required");
    }
    return status;
}

// Visits of pages are counted as pages. All else is something that was done: a track. Either is called what the sender calls it.
static enum status take_type(struct activity_reader *reader, const struct plain_members *own,
                             struct event *event, struct error *err) {
    if (event_type_from_name(own->type, &event->type)) {
        return take_name(reader, own, event, err);
    }
    event->type = is_page_visit(own->type) ? EVENT_PAGE : EVENT_TRACK;
    event->name = own->type;
    if (own->name) {
        activity_keep_member(reader, own->name);
    }
    if (own->event) {
        activity_keep_member(reader, own->event);
    }
    return STATUS_OK;
}

static enum status plain_read(struct activity_reader *reader, const struct json_value *root,
                              struct activity_item *item, struct error *err) {
    struct plain_members own = {.type = STR_EMPTY};
    enum status status = take_members(reader, root, item, &own, err);
    if (status != STATUS_OK) {
        return status;
    }
    if (own.type.len == 0) {
        return error_set(err, STATUS_INVALID, "type is required");
    }
    return take_type(reader, &own, &item->event, err);
}

const struct activity_dialect activity_dialect_plain = {
    .name = STR_INIT("plain"),
    .shape = ACTIVITY_ANY,
    .id_member = STR_INIT("messageId"),
    .read = plain_read,
    .accepted = STR_INIT("{\"accepted\":1,\"rejected\":[]}"),
};
