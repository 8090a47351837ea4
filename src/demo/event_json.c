// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A demo event as a Segment message.
#include "demo/event_json.h"

#include <stdio.h>

#define SITE "https://shop.example.com"

static void write_page(struct json_writer *writer, const struct demo_event *event) {
    char url[200];
    (void)snprintf(url, sizeof url, SITE "%s", event->path);
    json_key(writer, STR("page"));
    json_begin_object(writer);
    json_member_string(writer, STR("path"), str_from_c(event->path));
    json_member_string(writer, STR("url"), str_from_c(url));
    if (event->referrer) {
        json_member_string(writer, STR("referrer"), str_from_c(event->referrer));
    }
    json_end_object(writer);
}

static void write_context(struct json_writer *writer, const struct demo_event *event,
                          const struct demo_person *person) {
    json_key(writer, STR("context"));
    json_begin_object(writer);
    write_page(writer, event);
    json_member_string(writer, STR("userAgent"), str_from_c(person->device->user_agent));
    json_member_string(writer, STR("locale"), str_from_c(person->country->locale));
    json_key(writer, STR("location"));
    json_begin_object(writer);
    json_member_string(writer, STR("country"), str_from_c(person->country->code));
    json_end_object(writer);
    if (event->campaign) {
        json_key(writer, STR("campaign"));
        json_begin_object(writer);
        json_member_string(writer, STR("name"), str_from_c(event->campaign));
        json_end_object(writer);
    }
    json_end_object(writer);
}

static void write_properties(struct json_writer *writer, const struct demo_event *event) {
    json_key(writer, STR("properties"));
    json_begin_object(writer);
    if (event->kind == DEMO_PAGE) {
        json_member_string(writer, STR("path"), str_from_c(event->path));
        if (event->referrer) {
            json_member_string(writer, STR("referrer"), str_from_c(event->referrer));
        }
    }
    if (event->product) {
        json_member_string(writer, STR("product"), str_from_c(event->product));
    }
    if (event->cents > 0) {
        json_member_double(writer, STR("revenue"), event->cents / 100.0);
        json_member_string(writer, STR("currency"), STR("EUR"));
    }
    json_end_object(writer);
}

static void write_traits(struct json_writer *writer, const struct demo_person *person) {
    json_key(writer, STR("traits"));
    json_begin_object(writer);
    json_member_string(writer, STR("name"), str_from_c(person->name));
    json_member_string(writer, STR("email"), str_from_c(person->email));
    json_member_string(writer, STR("country"), str_from_c(person->country->code));
    json_end_object(writer);
}

void demo_event_write(struct json_writer *writer, uint64_t seed, const struct demo_event *event) {
    static const char *const types[] = {"page", "track", "identify"};
    struct demo_person person;
    demo_person_make(seed, event->person, &person);
    char id[37];
    demo_uuid(event->id_high, event->id_low, id);
    json_begin_object(writer);
    json_member_string(writer, STR("type"), str_from_c(types[event->kind]));
    json_member_string(writer, STR("messageId"), str_from_c(id));
    json_member_string(writer, STR("anonymousId"), str_from_c(person.anonymous_id));
    if (event->known) {
        json_member_string(writer, STR("userId"), str_from_c(person.user_id));
    }
    json_member_time(writer, STR("timestamp"), event->timestamp_ms);
    if (event->kind == DEMO_IDENTIFY) {
        write_traits(writer, &person);
    } else {
        json_member_string(writer, event->kind == DEMO_PAGE ? STR("name") : STR("event"),
                           str_from_c(event->name));
        write_properties(writer, event);
    }
    write_context(writer, event, &person);
    json_end_object(writer);
}
