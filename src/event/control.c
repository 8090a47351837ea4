// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Writes and reads control records.
#include "event/control.h"

#include "base/clock.h"
#include "base/json_write.h"

#define CONTROL_VERSION 1
#define CONTROL_TEXT_MAX 512 // what the store takes

static const struct str names[] = {
#define X(symbol, name) [CONTROL_##symbol] = STR_INIT(name),
    CONTROL_LIST(X)
#undef X
};
#define ACTION_COUNT (sizeof names / sizeof names[0])

static const struct json_limits limits = {.depth = 3, .values = 32, .bytes = 8192};

enum status control_encode(const struct control *control, struct buffer *out) {
    struct json_writer w;
    json_writer_init(&w, out);
    json_begin_array(&w);
    json_string(&w, STR("footfall-control"));
    json_i64(&w, CONTROL_VERSION);
    json_begin_object(&w);
    json_member_string(&w, STR("do"), names[control->action]);
    if (control->receipt.len > 0) {
        json_member_string(&w, STR("receipt"), control->receipt);
        json_member_u64(&w, STR("part"), control->part);
    }
    json_member_string(&w, STR("project"), control->project);
    json_member_string(&w, STR("kind"), str_make(&control->kind, 1));
    json_member_string(&w, STR("id"), control->id);
    if (control->anonymous_id.len > 0) {
        json_member_string(&w, STR("anonymousId"), control->anonymous_id);
    }
    if (control->keep_refusing) {
        json_member_bool(&w, STR("keepRefusing"), true);
    }
    json_member_time(&w, STR("requestedAt"), control->requested_ms);
    json_end_object(&w);
    json_end_array(&w);
    enum status status = json_writer_status(&w);
    return status == STATUS_OK ? buffer_status(out) : status;
}

static bool is_text(struct str text, size_t least, size_t most) {
    return text.len >= least && text.len <= most &&
           (text.len == 0 || memchr(text.data, '\0', text.len) == NULL);
}

static bool read_action(struct str name, enum control_action *out) {
    for (size_t i = 0; i < ACTION_COUNT; i++) {
        if (str_equal(names[i], name)) {
            *out = (enum control_action)i;
            return true;
        }
    }
    return false;
}

static bool read_members(const struct json_value *object, struct control *out) {
    int64_t part = 0;
    const struct json_value *number = json_get(object, STR("part"));
    const struct json_value *refusing = json_get(object, STR("keepRefusing"));
    struct str kind = json_get_string(object, STR("kind"));
    out->receipt = json_get_string(object, STR("receipt"));
    out->project = json_get_string(object, STR("project"));
    out->id = json_get_string(object, STR("id"));
    out->anonymous_id = json_get_string(object, STR("anonymousId"));
    out->keep_refusing = refusing && refusing->type == JSON_TRUE;
    if (!read_action(json_get_string(object, STR("do")), &out->action) || kind.len != 1 ||
        (number && !json_to_i64(number, &part)) || part < 0 || part > UINT16_MAX) {
        return false;
    }
    out->kind = kind.data[0];
    out->part = (uint32_t)part;
    bool receipt = out->action == CONTROL_ALLOW || out->receipt.len > 0;
    bool unlinks = out->action == CONTROL_UNLINK;
    return receipt && (out->kind == 'u' || (out->kind == 'a' && !unlinks)) &&
           is_text(out->receipt, 0, CONTROL_RECEIPT_MAX) &&
           is_text(out->project, 1, CONTROL_TEXT_MAX) && is_text(out->id, 1, CONTROL_TEXT_MAX) &&
           is_text(out->anonymous_id, unlinks ? 1 : 0, CONTROL_TEXT_MAX) &&
           clock_parse_rfc3339(json_get_string(object, STR("requestedAt")), &out->requested_ms);
}

static bool is_key_of(struct str key, const struct control *control) {
    struct str project = control->project;
    struct str id = control->id;
    return key.len == project.len + 1 + id.len && str_starts_with(key, project) &&
           key.data[project.len] == '\0' &&
           memcmp(key.data + project.len + 1, id.data, id.len) == 0;
}

enum status control_decode(struct json_parser *parser, struct str key, struct str value,
                           struct arena *arena, struct control *out) {
    const struct json_value *root = NULL;
    int64_t version = 0;
    *out = (struct control){.action = CONTROL_ERASE};
    enum status status = json_parse(parser, value, &limits, arena, &root, NULL);
    if (status != STATUS_OK) {
        return status;
    }
    if (root->type != JSON_ARRAY || root->count != 3 ||
        !str_equal(root->child->text, STR("footfall-control"))) {
        return STATUS_INVALID;
    }
    const struct json_value *number = root->child->next;
    const struct json_value *object = number->next;
    if (!json_to_i64(number, &version) || version != CONTROL_VERSION ||
        object->type != JSON_OBJECT || !read_members(object, out)) {
        return STATUS_INVALID;
    }
    return is_key_of(key, out) ? STATUS_OK : STATUS_INVALID;
}

struct str control_record_key(const struct control *control, struct arena *arena) {
    size_t len = control->project.len + 1 + control->id.len;
    char *key = arena_alloc(arena, len);
    if (!key) {
        return STR_EMPTY;
    }
    memcpy(key, control->project.data, control->project.len);
    key[control->project.len] = '\0';
    memcpy(key + control->project.len + 1, control->id.data, control->id.len);
    return str_make(key, len);
}
