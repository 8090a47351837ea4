// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Reads an event's members by their types: what counts as absent, what is converted, what is refused.
#include <stddef.h>

#include "activity/reader.h"
#include "base/clock.h"
#include "base/json_write.h"

// A text to show again: cut, so that the reason stays readable.
#define SHOWN_MAX 60

static enum status expected(const struct json_value *member, const char *what, struct error *err) {
    return error_set(err, STATUS_INVALID, "%.*s: %s is expected", STR_ARG(member->key), what);
}

// Ids of databases arrive as numbers; Segment turns them into strings and so do we.
enum status activity_take_text(const struct json_value *member, struct str *out,
                               struct error *err) {
    if (member->type == JSON_STRING || member->type == JSON_NUMBER) {
        *out = member->text.len > 0 ? member->text : STR_EMPTY;
        return STATUS_OK;
    }
    return member->type == JSON_NULL ? STATUS_OK : expected(member, "a string", err);
}

enum status activity_take_object(const struct json_value *member, const struct json_value **tree,
                                 struct str *raw, struct error *err) {
    if (member->type == JSON_OBJECT) {
        *tree = member;
        *raw = member->raw;
        return STATUS_OK;
    }
    return member->type == JSON_NULL ? STATUS_OK : expected(member, "an object", err);
}

static struct str shown(struct str text) {
    size_t len = text.len < SHOWN_MAX ? text.len : SHOWN_MAX;
    // Not in the middle of a character.
    while (len < text.len && len > 0 && ((unsigned char)text.data[len] & 0xc0) == 0x80) {
        len--;
    }
    return str_make(text.data, len);
}

enum status activity_take_time(const struct json_value *member, struct activity_item *item,
                               struct error *err) {
    struct str text = shown(member->text);
    bool known = false;
    if (member->type == JSON_NULL) {
        return STATUS_OK;
    }
    if (member->type == JSON_STRING) {
        known = clock_parse_rfc3339(member->text, &item->original_ms);
    } else if (member->type == JSON_NUMBER) {
        known = json_to_i64(member, &item->original_ms);
    } else {
        return expected(member, "an RFC 3339 time", err);
    }
    // Arithmetic on it must not overflow: year 0 to 9999.
    if (!known || item->original_ms < INT64_C(-62167219200000) ||
        item->original_ms > INT64_C(253402300799999)) {
        return error_set(err, STATUS_INVALID, "%.*s: \"%.*s\" is not an RFC 3339 time",
                         STR_ARG(member->key), STR_ARG(text));
    }
    item->original = member->text;
    item->has_original = true;
    return STATUS_OK;
}

// Names of the canonical form that mean something else there than to the sender.
static bool is_reserved(struct str key) {
    static const struct str names[] = {
        STR_INIT("id"),
        STR_INIT("project"),
        STR_INIT("type"),
        STR_INIT("name"),
        STR_INIT("userId"),
        STR_INIT("anonymousId"),
        STR_INIT("groupId"),
        STR_INIT("previousId"),
        STR_INIT("timestamp"),
        STR_INIT("receivedAt"),
        STR_INIT("originalTimestamp"),
        STR_INIT("sentAt"),
        STR_INIT("properties"),
        STR_INIT("timestampClamped"),
        STR_INIT("traits"),
        STR_INIT("context"),
        STR_INIT("source"),
        STR_INIT("asSent"),
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (str_equal(key, names[i])) {
            return true;
        }
    }
    return false;
}

void activity_keep_member(struct activity_reader *reader, const struct json_value *member) {
    struct json_writer writer;
    struct buffer *out =
        is_reserved(member->key) ? &reader->worker->reserved : &reader->worker->extra;
    json_writer_init(&writer, out);
    writer.comma = out->len > 0;
    json_member_raw(&writer, member->key, member->raw);
}

enum member_kind {
    TAKE_TEXT,
    TAKE_PROPERTIES,
    TAKE_TRAITS,
    TAKE_CONTEXT,
    TAKE_INTEGRATIONS,
    TAKE_TIMESTAMP,
    TAKE_ORIGINAL,
    TAKE_KEY, // looked at before; not kept
};

struct member_rule {
    struct str name;
    enum member_kind kind;
    size_t offset; // of the text in struct activity_item
};

#define TEXT(name, field)                                                                          \
    { STR_INIT(name), TAKE_TEXT, offsetof(struct activity_item, field) }
static const struct member_rule rules[] = {
    TEXT("userId", event.user_id),
    TEXT("anonymousId", event.anonymous_id),
    TEXT("messageId", event.id),
    {STR_INIT("properties"), TAKE_PROPERTIES, 0},
    {STR_INIT("context"), TAKE_CONTEXT, 0},
    {STR_INIT("timestamp"), TAKE_TIMESTAMP, 0},
    {STR_INIT("integrations"), TAKE_INTEGRATIONS, 0},
    {STR_INIT("traits"), TAKE_TRAITS, 0},
    {STR_INIT("originalTimestamp"), TAKE_ORIGINAL, 0},
    TEXT("sentAt", sent),
    TEXT("groupId", event.group_id),
    TEXT("previousId", event.previous_id),
    {STR_INIT("writeKey"), TAKE_KEY, 0},
    {STR_INIT("api_key"), TAKE_KEY, 0},
    {STR_INIT("token"), TAKE_KEY, 0},
};
#undef TEXT

static const struct member_rule *rule_of(struct str key) {
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (str_equal(rules[i].name, key)) {
            return &rules[i];
        }
    }
    return NULL;
}

enum status activity_take_member(struct activity_item *item, const struct json_value *member,
                                 bool *taken, struct error *err) {
    struct event *event = &item->event;
    const struct member_rule *rule = rule_of(member->key);
    struct str ignored;
    *taken = rule != NULL;
    if (!rule) {
        return STATUS_OK;
    }
    switch (rule->kind) {
    case TAKE_TEXT:
        return activity_take_text(member, (struct str *)(void *)((char *)item + rule->offset), err);
    case TAKE_PROPERTIES:
        return activity_take_object(member, &item->properties, &event->properties, err);
    case TAKE_TRAITS: return activity_take_object(member, &item->traits, &event->traits, err);
    case TAKE_CONTEXT: return activity_take_object(member, &item->context, &event->context, err);
    case TAKE_INTEGRATIONS: return activity_take_object(member, &item->integrations, &ignored, err);
    case TAKE_TIMESTAMP:
        // The SDK that sends both has put a corrected time here.
        *taken = true;
        return item->has_original ? STATUS_OK : activity_take_time(member, item, err);
    case TAKE_KEY: return STATUS_OK;
    case TAKE_ORIGINAL: break;
    }
    item->has_original = false;
    return activity_take_time(member, item, err);
}
