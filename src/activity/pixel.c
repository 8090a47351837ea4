// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Pixels: the query of a GET becomes the JSON of an event, for mails and pages without scripts.
#include <stdlib.h>

#include "activity/activity_private.h"
#include "base/json_write.h"
#include "http/query.h"

#define PARAMETERS_MAX 64

static int by_name(const void *a, const void *b) {
    const struct http_parameter *x = a, *y = b;
    return str_compare(x->name, y->name);
}

// Bytes that both names share up to and with a dot: objects that are open already.
static size_t shared_objects(struct str a, struct str b) {
    size_t shared = 0;
    for (size_t i = 0; i < a.len && i < b.len && a.data[i] == b.data[i]; i++) {
        if (a.data[i] == '.') {
            shared = i + 1;
        }
    }
    return shared;
}

static size_t depth_of(struct str name, size_t from) {
    size_t depth = 0;
    for (size_t i = from; i < name.len; i++) {
        depth += name.data[i] == '.';
    }
    return depth;
}

// A whole object may stand in one parameter: properties={"a":1}.
static bool is_object_member(struct str name, struct str value) {
    return json_looks_like(value, JSON_OBJECT) &&
           (str_equal(name, STR("properties")) || str_equal(name, STR("context")) ||
            str_equal(name, STR("traits")) || str_equal(name, STR("integrations")));
}

static void put_parameter(struct json_writer *writer, const struct http_parameter *parameter,
                          size_t from) {
    struct str rest = str_make(parameter->name.data + from, parameter->name.len - from);
    for (size_t dots = depth_of(rest, 0); dots > 0; dots--) {
        json_key(writer, str_cut(&rest, '.'));
        json_begin_object(writer);
    }
    json_key(writer, rest);
    if (is_object_member(parameter->name, parameter->value)) {
        json_raw(writer, parameter->value); // judged with the rest of the event
    } else {
        json_string(writer, parameter->value);
    }
}

// Sorted by name, members of one object are neighbours: properties.a=1&properties.b=2 is {"properties":{"a":"1","b":"2"}}.
static enum status write_event(struct http_parameter *parameters, size_t count,
                               struct buffer *out) {
    struct json_writer writer;
    struct str before = STR_EMPTY;
    json_writer_init(&writer, out);
    qsort(parameters, count, sizeof *parameters, by_name);
    json_begin_object(&writer);
    for (size_t i = 0; i < count; i++) {
        size_t shared = shared_objects(before, parameters[i].name);
        for (size_t open = depth_of(before, shared); open > 0; open--) {
            json_end_object(&writer);
        }
        put_parameter(&writer, &parameters[i], shared);
        before = parameters[i].name;
    }
    for (size_t open = depth_of(before, 0); open > 0; open--) {
        json_end_object(&writer);
    }
    json_end_object(&writer);
    return json_writer_status(&writer);
}

// RudderStack's gateway does the same: a pixel without a name is still a visit or an opening.
static void add_name(struct http_parameter *parameters, size_t *count, enum event_type type) {
    struct str name = type == EVENT_TRACK ? STR("event") : STR("name");
    for (size_t i = 0; i < *count; i++) {
        if (str_equal(parameters[i].name, name)) {
            return;
        }
    }
    parameters[(*count)++] = (struct http_parameter){
        name, type == EVENT_TRACK ? STR("Unknown Event") : STR("Unknown Page")};
}

void activity_receive_pixel(struct activity *activity, struct http_exchange *exchange,
                            const struct activity_route *route) {
    struct http_parameter parameters[PARAMETERS_MAX + 1];
    struct buffer json;
    size_t count = 0;
    enum status status = http_query_parse(&exchange->arena, exchange->request.query, parameters,
                                          PARAMETERS_MAX, &count);
    http_reply_header(exchange, "Cache-Control", STR("no-store"));
    if (status != STATUS_OK) {
        http_cors_allow(exchange);
        activity_reply_refusal(exchange, 400, STR("the query cannot be read"));
        return;
    }
    add_name(parameters, &count, route->type);
    // An escape takes up to six bytes for one; names and values together are no longer than the query.
    size_t size = 6 * exchange->request.query.len + 16 * count + 64;
    char *memory = arena_alloc(&exchange->arena, size + JSON_PADDING);
    if (!memory) {
        activity_reply_unkept(exchange, STATUS_NO_MEMORY);
        return;
    }
    buffer_init_fixed(&json, memory, size);
    status = write_event(parameters, count, &json);
    if (status != STATUS_OK) {
        http_cors_allow(exchange);
        activity_reply_refusal(exchange, 400, STR("the query is not valid UTF-8"));
        return;
    }
    activity_receive_json(activity, exchange, route, buffer_str(&json));
}
