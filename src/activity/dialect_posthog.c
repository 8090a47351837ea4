// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// PostHog's capture API: one form for everything, told apart by the event's name; page and device stand among the properties.
#include "activity/posthog.h"
#include "activity/reader.h"

static enum status take_offset(const struct json_value *member, struct activity_item *item) {
    // Milliseconds that the event waited in the browser. One without sense is no reason to lose the event.
    double offset;
    if (json_to_double(member, &offset) && offset >= 0 && offset < 3.2e12) {
        item->offset_ms = (int64_t)offset;
        item->has_offset = true;
    }
    return STATUS_OK;
}

static enum status take_member(struct posthog_event *posthog, struct activity_item *item,
                               const struct json_value *member, bool *taken, struct error *err) {
    struct str key = member->key;
    struct event *event = &item->event;
    *taken = true;
    if (str_equal(key, STR("event"))) {
        return activity_take_text(member, &event->name, err);
    }
    if (str_equal(key, STR("distinct_id"))) {
        return activity_take_text(member, &posthog->distinct_id, err);
    }
    if (str_equal(key, STR("properties"))) {
        return activity_take_object(member, &item->properties, &event->properties, err);
    }
    if (str_equal(key, STR("uuid"))) {
        return activity_take_text(member, &event->id, err);
    }
    if (str_equal(key, STR("timestamp"))) {
        return activity_take_time(member, item, err);
    }
    if (str_equal(key, STR("api_key")) || str_equal(key, STR("token"))) {
        return STATUS_OK; // looked at before; not kept
    }
    if (str_equal(key, STR("sent_at"))) {
        return activity_take_text(member, &item->sent, err);
    }
    *taken = false;
    if (str_equal(key, STR("offset"))) {
        return take_offset(member, item);
    }
    if (str_equal(key, STR("messageId"))) {
        posthog->message_id = member;
    } else if (str_equal(key, STR("$set"))) {
        posthog->set = member;
    } else if (str_equal(key, STR("$set_once"))) {
        posthog->set_once = member;
    }
    return STATUS_OK;
}

static enum status take_members(struct activity_reader *reader, const struct json_value *root,
                                struct posthog_event *posthog, struct activity_item *item,
                                struct error *err) {
    for (const struct json_value *member = root->child; member; member = member->next) {
        bool taken;
        enum status status = take_member(posthog, item, member, &taken, err);
        if (status != STATUS_OK) {
            return status;
        }
        if (!taken) {
            activity_keep_member(reader, member);
        }
    }
    return STATUS_OK;
}

static struct str first(struct str a, struct str b) {
    return a.len > 0 ? a : b;
}

// Of a member of the properties that may be a number.
static struct str property_text(const struct json_value *properties, struct str name) {
    const struct json_value *value = json_get(properties, name);
    bool scalar = value && (value->type == JSON_STRING || value->type == JSON_NUMBER);
    return scalar ? value->text : STR_EMPTY;
}

static bool property_is(const struct json_value *properties, struct str name, enum json_type type) {
    const struct json_value *value = json_get(properties, name);
    return value && value->type == type;
}

// posthog-js says whether distinct_id is a person; server libraries name persons unless they say that they do not. Before
// $is_identified existed, an unidentified browser's distinct_id was its device id.
static void take_actor(const struct posthog_event *posthog, const struct json_value *properties,
                       struct event *event) {
    struct str device = property_text(properties, STR("$device_id"));
    struct str user = property_text(properties, STR("$user_id"));
    struct str distinct = posthog->distinct_id;
    bool anonymous = property_is(properties, STR("$is_identified"), JSON_FALSE) ||
                     property_is(properties, STR("$process_person_profile"), JSON_FALSE) ||
                     (device.len > 0 && str_equal(device, distinct));
    if (property_is(properties, STR("$is_identified"), JSON_TRUE) ||
        (user.len > 0 && str_equal(user, distinct))) {
        anonymous = false;
    }
    if (anonymous) {
        event->anonymous_id = distinct;
        return;
    }
    event->user_id = distinct;
    if (device.len > 0 && !str_equal(device, distinct)) {
        event->anonymous_id = device;
    }
}

static struct str path_of_url(struct str url) {
    const char *scheme = url.len > 3 ? memmem(url.data, url.len, "://", 3) : NULL;
    if (!scheme) {
        return STR_EMPTY;
    }
    struct str rest = str_make(scheme + 3, url.len - (size_t)(scheme + 3 - url.data));
    const char *slash = memchr(rest.data, '/', rest.len);
    if (!slash) {
        return STR("/");
    }
    struct str path = str_make(slash, rest.len - (size_t)(slash - rest.data));
    for (size_t i = 0; i < path.len; i++) {
        if (path.data[i] == '?' || path.data[i] == '#') {
            path.len = i;
        }
    }
    return path;
}

static void take_set(const struct posthog_event *posthog, const struct json_value *properties,
                     struct event *event) {
    const struct json_value *candidates[] = {posthog->set, json_get(properties, STR("$set")),
                                             posthog->set_once,
                                             json_get(properties, STR("$set_once"))};
    for (size_t i = 0; i < sizeof candidates / sizeof candidates[0]; i++) {
        if (candidates[i] && candidates[i]->type == JSON_OBJECT && candidates[i]->count > 0) {
            event->traits = candidates[i]->raw;
            return;
        }
    }
}

static void as_page(const struct posthog_event *posthog, const struct json_value *properties,
                    struct event *event) {
    (void)posthog;
    struct str url = property_text(properties, STR("$current_url"));
    event->type = EVENT_PAGE;
    event->name = first(property_text(properties, STR("$pathname")), path_of_url(url));
    event->name = first(event->name, property_text(properties, STR("title")));
    // A path may be longer than a name; properties and context.page keep it whole.
    event->name = event->name.len <= EVENT_NAME_MAX ? event->name : STR_EMPTY;
}

static void as_screen(const struct posthog_event *posthog, const struct json_value *properties,
                      struct event *event) {
    (void)posthog;
    event->type = EVENT_SCREEN;
    event->name = property_text(properties, STR("$screen_name"));
}

static void as_identify(const struct posthog_event *posthog, const struct json_value *properties,
                        struct event *event) {
    struct str anonymous = property_text(properties, STR("$anon_distinct_id"));
    event->type = EVENT_IDENTIFY;
    event->name = STR_EMPTY;
    // Whatever the properties say of it: identifying is what makes a distinct_id a person.
    event->user_id = posthog->distinct_id;
    if (anonymous.len > 0) {
        event->anonymous_id = anonymous;
    }
    if (str_equal(event->anonymous_id, event->user_id)) {
        event->anonymous_id = STR_EMPTY;
    }
    take_set(posthog, properties, event);
}

static void as_set(const struct posthog_event *posthog, const struct json_value *properties,
                   struct event *event) {
    event->type = EVENT_IDENTIFY;
    event->name = STR_EMPTY;
    take_set(posthog, properties, event);
}

// alias joins two ids: the known one stays, the other's history goes to it. In a browser that is not identified yet the new name
// is the person and the distinct_id is what it replaces.
static void as_alias(const struct posthog_event *posthog, const struct json_value *properties,
                     struct event *event) {
    struct str alias = property_text(properties, STR("alias"));
    event->type = EVENT_ALIAS;
    event->name = STR_EMPTY;
    if (event->user_id.len > 0) {
        event->previous_id = alias;
        return;
    }
    event->previous_id = posthog->distinct_id;
    event->user_id = alias;
}

static void as_group(const struct posthog_event *posthog, const struct json_value *properties,
                     struct event *event) {
    const struct json_value *set = json_get(properties, STR("$group_set"));
    (void)posthog;
    event->type = EVENT_GROUP;
    event->name = property_text(properties, STR("$group_type"));
    event->group_id = property_text(properties, STR("$group_key"));
    if (set && set->type == JSON_OBJECT) {
        event->traits = set->raw;
    }
}

static const struct {
    struct str name;
    void (*shape)(const struct posthog_event *posthog, const struct json_value *properties,
                  struct event *event);
} special[] = {
    {STR_INIT("$pageview"), as_page},       {STR_INIT("$screen"), as_screen},
    {STR_INIT("$identify"), as_identify},   {STR_INIT("$set"), as_set},
    {STR_INIT("$create_alias"), as_alias},  {STR_INIT("$merge_dangerously"), as_alias},
    {STR_INIT("$groupidentify"), as_group},
};

static enum status posthog_read(struct activity_reader *reader, const struct json_value *root,
                                struct activity_item *item, struct error *err) {
    struct posthog_event posthog = {.distinct_id = STR_EMPTY};
    struct event *event = &item->event;
    enum status status = take_members(reader, root, &posthog, item, err);
    if (status != STATUS_OK) {
        return status;
    }
    const struct json_value *properties = item->properties;
    posthog.distinct_id = first(posthog.distinct_id, property_text(properties, STR("distinct_id")));
    posthog.distinct_id = first(posthog.distinct_id, property_text(root, STR("$distinct_id")));
    if (event->id.len == 0 && posthog.message_id && json_is_string(posthog.message_id)) {
        event->id = posthog.message_id->text;
    }
    if (event->name.len == 0) {
        return error_set(err, STATUS_INVALID, "event is required");
    }
    take_actor(&posthog, properties, event);
    event->type = EVENT_TRACK;
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++) {
        if (str_equal(event->name, special[i].name)) {
            special[i].shape(&posthog, properties, event);
            break;
        }
    }
    return posthog_context(properties, &reader->worker->scratch, &event->context);
}

const struct activity_dialect activity_dialect_posthog = {
    .name = STR_INIT("posthog"),
    .shape = ACTIVITY_ANY,
    .id_member = STR_INIT("uuid"),
    .read = posthog_read,
    .accepted = STR_INIT("{\"status\":\"Ok\"}"),
};
