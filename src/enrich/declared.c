// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Finding a declared dimension's value in an event.
#include "enrich/declared.h"

#include "enrich/campaign.h"
#include "enrich/url.h"

static bool is_name(struct str name) {
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_' || c == '-')) {
            return false;
        }
    }
    return name.len > 0 && name.len <= ENRICH_DECLARED_NAME;
}

static bool leads_somewhere(struct str path) {
    static const struct str whole[] = {STR_INIT("type"), STR_INIT("name"), STR_INIT("groupId"),
                                       STR_INIT("enriched.brand")};
    static const struct str trees[] = {STR_INIT("properties"), STR_INIT("context"),
                                       STR_INIT("traits")};
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        if (str_equal(path, whole[i])) {
            return true;
        }
    }
    struct str first = str_cut(&path, '.');
    bool known = false;
    for (size_t i = 0; i < sizeof trees / sizeof trees[0]; i++) {
        known = known || str_equal(first, trees[i]);
    }
    known = known && path.data;
    while (path.data) {
        bool empty = str_cut(&path, '.').len == 0;
        known = known && !empty;
    }
    return known;
}

enum status enrich_declared_check(const struct enrich_declared *list, size_t count,
                                  struct error *err) {
    if (count > ENRICH_DECLARED_MAX) {
        return error_set(err, STATUS_INVALID, "at most %d dimensions can be declared",
                         ENRICH_DECLARED_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_name(list[i].name)) {
            return error_set(err, STATUS_INVALID,
                             "\"%.*s\": a dimension's name has 1 to %d letters, digits, _ and -",
                             STR_ARG(list[i].name), ENRICH_DECLARED_NAME);
        }
        if (!leads_somewhere(list[i].path)) {
            return error_set(err, STATUS_INVALID,
                             "dimension %.*s: path \"%.*s\" must begin with properties., context. "
                             "or traits., or be type, name, groupId or enriched.brand",
                             STR_ARG(list[i].name), STR_ARG(list[i].path));
        }
        for (size_t other = 0; other < i; other++) {
            if (str_equal(list[i].name, list[other].name)) {
                return error_set(err, STATUS_INVALID, "dimension %.*s is declared twice",
                                 STR_ARG(list[i].name));
            }
        }
    }
    return STATUS_OK;
}

static bool is_of(const struct enrich_declared *declared, struct str name) {
    for (size_t i = 0; i < declared->event_count; i++) {
        if (str_equal(declared->events[i], name)) {
            return true;
        }
    }
    return declared->event_count == 0;
}

static struct str find(struct str path, const struct event *event, const struct event_trees *trees,
                       struct str brand) {
    struct str first = str_cut(&path, '.');
    if (!path.data) {
        return str_equal(first, STR("type"))   ? event_type_name(event->type)
               : str_equal(first, STR("name")) ? event->name
                                               : event->group_id;
    }
    const struct json_value *value = str_equal(first, STR("properties")) ? trees->properties
                                     : str_equal(first, STR("context"))  ? trees->context
                                     : str_equal(first, STR("traits"))   ? trees->traits
                                                                         : NULL;
    if (!value && str_equal(first, STR("enriched"))) {
        return brand;
    }
    while (value && path.data) {
        value = json_get(value, str_cut(&path, '.'));
    }
    if (!value) {
        return STR_EMPTY;
    }
    return value->type == JSON_STRING   ? value->text
           : value->type == JSON_NUMBER ? value->text
           : value->type == JSON_TRUE   ? STR("true")
           : value->type == JSON_FALSE  ? STR("false")
                                        : STR_EMPTY;
}

struct str enrich_declared_value(const struct enrich_declared *declared, const struct event *event,
                                 const struct event_trees *trees, struct str brand) {
    if (!is_of(declared, event->name)) {
        return STR_EMPTY;
    }
    struct str text = enrich_url_bounded(find(declared->path, event, trees, brand),
                                         ENRICH_VALUE_MAX - ENRICH_DECLARED_NAME - 1);
    return text.len > 0 ? text : STR_EMPTY;
}
