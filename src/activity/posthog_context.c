// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// From PostHog's flat properties to the context that reports look into.
#include "activity/posthog.h"
#include "base/json_write.h"

// Members of one object stand together.
static const struct {
    struct str object; // empty: a member of the context itself
    struct str member;
    struct str property;
} rules[] = {
    {STR_INIT("page"), STR_INIT("path"), STR_INIT("$pathname")},
    {STR_INIT("page"), STR_INIT("url"), STR_INIT("$current_url")},
    {STR_INIT("page"), STR_INIT("referrer"), STR_INIT("$referrer")},
    {STR_INIT("page"), STR_INIT("title"), STR_INIT("title")},
    {STR_INIT(""), STR_INIT("userAgent"), STR_INIT("$raw_user_agent")},
    {STR_INIT(""), STR_INIT("ip"), STR_INIT("$ip")},
    {STR_INIT(""), STR_INIT("locale"), STR_INIT("$browser_language")},
    {STR_INIT(""), STR_INIT("timezone"), STR_INIT("$timezone")},
    {STR_INIT("browser"), STR_INIT("name"), STR_INIT("$browser")},
    {STR_INIT("browser"), STR_INIT("version"), STR_INIT("$browser_version")},
    {STR_INIT("os"), STR_INIT("name"), STR_INIT("$os")},
    {STR_INIT("os"), STR_INIT("version"), STR_INIT("$os_version")},
    {STR_INIT("device"), STR_INIT("type"), STR_INIT("$device_type")},
    {STR_INIT("screen"), STR_INIT("width"), STR_INIT("$screen_width")},
    {STR_INIT("screen"), STR_INIT("height"), STR_INIT("$screen_height")},
    {STR_INIT("library"), STR_INIT("name"), STR_INIT("$lib")},
    {STR_INIT("library"), STR_INIT("version"), STR_INIT("$lib_version")},
};
#define RULE_COUNT (sizeof rules / sizeof rules[0])

// "$direct" is PostHog's word for "came from nowhere".
static bool is_use(const struct json_value *value) {
    if (!value || (value->type != JSON_STRING && value->type != JSON_NUMBER)) {
        return false;
    }
    return value->text.len > 0 && !str_equal(value->text, STR("$direct"));
}

// One walk over the properties, which are many, instead of one for each rule.
static size_t find(const struct json_value *properties,
                   const struct json_value *found[RULE_COUNT]) {
    size_t bytes = 0;
    for (const struct json_value *member = properties->child; member; member = member->next) {
        if (member->key.len == 0 || (member->key.data[0] != '$' && member->key.data[0] != 't')) {
            continue;
        }
        for (size_t i = 0; i < RULE_COUNT; i++) {
            if (str_equal(member->key, rules[i].property) && is_use(member)) {
                found[i] = member;
                bytes += member->raw.len + 64;
            }
        }
    }
    return bytes;
}

static void write(struct json_writer *writer, const struct json_value *const found[RULE_COUNT]) {
    struct str open = STR_EMPTY;
    json_begin_object(writer);
    for (size_t i = 0; i < RULE_COUNT; i++) {
        if (!found[i]) {
            continue;
        }
        if (open.len > 0 && !str_equal(open, rules[i].object)) {
            json_end_object(writer);
            open = STR_EMPTY;
        }
        if (open.len == 0 && rules[i].object.len > 0) {
            open = rules[i].object;
            json_key(writer, open);
            json_begin_object(writer);
        }
        json_member_raw(writer, rules[i].member, found[i]->raw);
    }
    if (open.len > 0) {
        json_end_object(writer);
    }
    json_end_object(writer);
}

enum status posthog_context(const struct json_value *properties, struct arena *arena,
                            struct str *out) {
    const struct json_value *found[RULE_COUNT] = {NULL};
    struct buffer buffer;
    struct json_writer writer;
    size_t bytes = properties ? find(properties, found) : 0;
    if (bytes == 0) {
        return STATUS_OK;
    }
    char *memory = arena_alloc(arena, bytes + 2);
    if (!memory) {
        return STATUS_NO_MEMORY;
    }
    buffer_init_fixed(&buffer, memory, bytes + 2);
    json_writer_init(&writer, &buffer);
    write(&writer, found);
    *out = buffer_str(&buffer);
    return json_writer_status(&writer);
}
