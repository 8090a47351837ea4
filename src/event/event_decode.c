// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Reads the canonical form back: for the processor, and for whoever else reads the log.
#include <stddef.h>

#include "base/clock.h"
#include "base/json_write.h"
#include "event/event.h"

// A sender's object stands one level further down in the canonical one.
static const struct json_limits limits = {.depth = EVENT_DEPTH_MAX + 1};

enum member_kind {
    MEMBER_STRING,
    MEMBER_TIME,
    MEMBER_OBJECT,
    MEMBER_TYPE,
    MEMBER_SOURCE,
    MEMBER_FLAG
};

struct member_rule {
    struct str name;
    enum member_kind kind;
    size_t offset; // of the field in struct event
    size_t tree;   // of the field in struct event_trees, for objects
};

#define FIELD(name, kind, field)                                                                   \
    { STR_INIT(name), kind, offsetof(struct event, field), 0 }
#define OBJECT(name)                                                                               \
    {                                                                                              \
        STR_INIT(#name), MEMBER_OBJECT, offsetof(struct event, name),                              \
            offsetof(struct event_trees, name)                                                     \
    }
// In the order in which event_encode writes them.
static const struct member_rule rules[] = {
    FIELD("id", MEMBER_STRING, id),
    FIELD("project", MEMBER_STRING, project),
    FIELD("type", MEMBER_TYPE, type),
    FIELD("name", MEMBER_STRING, name),
    FIELD("userId", MEMBER_STRING, user_id),
    FIELD("anonymousId", MEMBER_STRING, anonymous_id),
    FIELD("groupId", MEMBER_STRING, group_id),
    FIELD("previousId", MEMBER_STRING, previous_id),
    FIELD("timestamp", MEMBER_TIME, timestamp_ms),
    FIELD("receivedAt", MEMBER_TIME, received_ms),
    FIELD("originalTimestamp", MEMBER_STRING, original_timestamp),
    FIELD("sentAt", MEMBER_STRING, sent_at),
    FIELD("timestampClamped", MEMBER_FLAG, clamped),
    OBJECT(properties),
    OBJECT(traits),
    OBJECT(context),
    FIELD("source", MEMBER_SOURCE, dialect),
};
#undef OBJECT
#undef FIELD
#define RULE_COUNT (sizeof rules / sizeof rules[0])

// The rule at *hint first: members mostly come in the order of the table.
static const struct member_rule *rule_of(struct str key, size_t *hint) {
    for (size_t i = 0; i < RULE_COUNT; i++) {
        size_t at = (*hint + i) % RULE_COUNT;
        if (str_equal(rules[at].name, key)) {
            *hint = at + 1;
            return &rules[at];
        }
    }
    return NULL;
}

bool event_is_member(struct str name) {
    size_t hint = 0;
    return rule_of(name, &hint) != NULL;
}

static enum status wrong(const struct json_value *member, const char *expected, struct error *err) {
    return error_set(err, STATUS_INVALID, "%.*s: %s is expected", STR_ARG(member->key), expected);
}

static enum status take_source(const struct json_value *member, struct event *out,
                               struct error *err) {
    if (member->type != JSON_OBJECT) {
        return wrong(member, "an object", err);
    }
    out->dialect = json_get_string(member, STR("dialect"));
    out->ip = json_get_string(member, STR("ip"));
    out->user_agent = json_get_string(member, STR("userAgent"));
    out->trace = json_get_string(member, STR("trace"));
    const struct json_value *signal = json_get(member, STR("doNotTrack"));
    out->do_not_track = signal && signal->type == JSON_TRUE;
    signal = json_get(member, STR("globalPrivacyControl"));
    out->global_privacy_control = signal && signal->type == JSON_TRUE;
    return STATUS_OK;
}

static enum status take_object(const struct member_rule *rule, const struct json_value *member,
                               struct event *out, struct event_trees *trees, struct error *err) {
    if (member->type != JSON_OBJECT) {
        return wrong(member, "an object", err);
    }
    *(struct str *)(void *)((char *)out + rule->offset) = member->raw;
    *(const struct json_value **)(void *)((char *)trees + rule->tree) = member;
    return STATUS_OK;
}

static enum status take_member(const struct member_rule *rule, const struct json_value *member,
                               struct event *out, struct event_trees *trees, struct error *err) {
    void *field = (char *)out + rule->offset;
    switch (rule->kind) {
    case MEMBER_STRING:
        if (!json_is_string(member)) {
            return wrong(member, "a string", err);
        }
        *(struct str *)field = member->text;
        return STATUS_OK;
    case MEMBER_TIME:
        if (!json_is_string(member) || !clock_parse_rfc3339(member->text, field)) {
            return wrong(member, "a time", err);
        }
        return STATUS_OK;
    case MEMBER_FLAG: *(bool *)field = member->type == JSON_TRUE; return STATUS_OK;
    case MEMBER_TYPE:
        if (!json_is_string(member) || !event_type_from_name(member->text, field)) {
            return wrong(member, "a type of event", err);
        }
        return STATUS_OK;
    case MEMBER_SOURCE: return take_source(member, out, err);
    case MEMBER_OBJECT: break;
    }
    return take_object(rule, member, out, trees, err);
}

// The raw name of a member is not kept by the parser, so it is written anew; an escape takes at most six bytes.
static enum status collect_extra(const struct json_value *root, size_t bytes, struct arena *arena,
                                 struct event *out) {
    struct buffer buffer;
    struct json_writer writer;
    size_t hint = 0;
    char *memory = arena_alloc(arena, bytes);
    if (!memory) {
        return STATUS_NO_MEMORY;
    }
    buffer_init_fixed(&buffer, memory, bytes);
    json_writer_init(&writer, &buffer);
    for (const struct json_value *member = root->child; member; member = member->next) {
        if (!rule_of(member->key, &hint)) {
            json_member_raw(&writer, member->key, member->raw);
        }
    }
    out->extra = buffer_str(&buffer);
    return json_writer_status(&writer);
}

static enum status check_required(const struct event *event, unsigned seen, struct error *err) {
    static const unsigned required = 1U << 0 | 1U << 1 | 1U << 2 | 1U << 8 | 1U << 9;
    for (size_t i = 0; i < RULE_COUNT; i++) {
        if ((required & ~seen) & 1U << i) {
            return error_set(err, STATUS_INVALID, "%.*s is missing", STR_ARG(rules[i].name));
        }
    }
    if (event->user_id.len == 0 && event->anonymous_id.len == 0) {
        return error_set(err, STATUS_INVALID, "userId or anonymousId is missing");
    }
    return STATUS_OK;
}

enum status event_decode(struct json_parser *parser, struct str value, struct arena *arena,
                         struct event *out, struct event_trees *trees, struct error *err) {
    const struct json_value *root;
    size_t hint = 0, extra_bytes = 0;
    unsigned seen = 0;
    *out = (struct event){.id = STR_EMPTY};
    *trees = (struct event_trees){.properties = NULL};
    enum status status = json_parse(parser, value, &limits, arena, &root, err);
    if (status != STATUS_OK) {
        return status;
    }
    if (root->type != JSON_OBJECT) {
        return error_set(err, STATUS_INVALID, "an object is expected");
    }
    trees->root = root;
    for (const struct json_value *member = root->child; member; member = member->next) {
        const struct member_rule *rule = rule_of(member->key, &hint);
        if (!rule) {
            extra_bytes += 6 * member->key.len + member->raw.len + sizeof("\"\":,");
            continue;
        }
        seen |= 1U << (rule - rules);
        status = take_member(rule, member, out, trees, err);
        if (status != STATUS_OK) {
            return status;
        }
    }
    status = check_required(out, seen, err);
    if (status == STATUS_OK && extra_bytes > 0) {
        status = collect_extra(root, extra_bytes, arena, out);
        if (status != STATUS_OK) {
            return error_set(err, status, "no room for unknown members");
        }
    }
    return status;
}
