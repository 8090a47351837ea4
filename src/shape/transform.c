// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Actions that make another text of a text, hash, mask, lower and trim; and which events are in a sample.
#include "shape/private.h"

// ---- One text -------------------------------------------------------------------------------------------------------

// HMAC-SHA-256 in hexadecimal: without the key nobody can try out which addresses or numbers give a hash.
static bool hash(struct shape_event *at, struct str text, struct buffer *out) {
    static const char digits[] = "0123456789abcdef";
    crypto_auth_hmacsha256_state state = at->rules->hash_state;
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)(text.len ? text.data : ""),
                                        text.len);
    (void)crypto_auth_hmacsha256_final(&state, mac);
    for (size_t i = 0; i < sizeof mac; i++) {
        buffer_append_char(out, digits[mac[i] >> 4]);
        buffer_append_char(out, digits[mac[i] & 15]);
    }
    return true;
}

static bool lower(struct str text, struct buffer *out) {
    bool any = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        bool capital = c >= 'A' && c <= 'Z';
        any = any || capital;
        buffer_append_char(out, capital ? (char)(c - 'A' + 'a') : c);
    }
    return any;
}

static bool trim(struct str text, struct buffer *out) {
    struct str trimmed = str_trim(text);
    buffer_append_str(out, trimmed);
    return trimmed.len != text.len;
}

// What was written so far is what is looked at next. False: there was no memory for it.
static bool turn(struct buffer *from, struct buffer *out) {
    bool whole = buffer_status(out) == STATUS_OK;
    buffer_clear(from);
    buffer_append_str(from, buffer_str(out));
    if (whole && buffer_status(from) == STATUS_OK) {
        buffer_clear(out);
        return true;
    }
    out->failed = whole ? buffer_status(from) : buffer_status(out);
    return false;
}

// Each kind looks at what the one before has left.
static bool mask(struct shape_event *at, const struct shape_action *action, struct str text,
                 struct buffer *out) {
    static const struct {
        unsigned mask;
        bool (*hide)(struct str text, struct buffer *out);
    } kinds[] = {{SHAPE_MASK_EMAIL, shape_mask_email},
                 {SHAPE_MASK_CARD, shape_mask_card},
                 {SHAPE_MASK_PHONE, shape_mask_phone}};
    struct buffer *from = &at->worker->more;
    bool any = false;
    buffer_append_str(out, text);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if ((action->masks & kinds[i].mask) && turn(from, out)) {
            any = kinds[i].hide(buffer_str(from), out) || any;
        }
    }
    if (action->pattern && turn(from, out)) {
        any = shape_pattern_replace(at, action->pattern, buffer_str(from), action->with, out) ==
                  SHAPE_YES ||
              any;
    }
    return any;
}

// *out: what becomes of it, in the worker's buffer. False: it stays as it is.
static bool transform(struct shape_event *at, const struct shape_action *action, struct str text,
                      struct str *out) {
    struct buffer *buffer = &at->worker->text;
    bool any = false;
    buffer_clear(buffer);
    switch (action->kind) {
    case SHAPE_HASH: any = hash(at, text, buffer); break;
    case SHAPE_MASK: any = mask(at, action, text, buffer); break;
    case SHAPE_LOWER: any = lower(text, buffer); break;
    case SHAPE_TRIM: any = trim(text, buffer); break;
    case SHAPE_DROP:
    case SHAPE_DEAD_LETTER_IT:
    case SHAPE_SAMPLE:
    case SHAPE_SET:
    case SHAPE_COPY:
    case SHAPE_RENAME:
    case SHAPE_REMOVE: break;
    }
    if (buffer_status(buffer) == STATUS_NO_MEMORY) {
        shape_out_of_memory(at);
    } else if (buffer_status(buffer) != STATUS_OK) {
        shape_fail(at, STR("a text would be larger than an event may be"));
    }
    *out = buffer_str(buffer);
    return any && !shape_is_failed(at);
}

// ---- Everything at a path -------------------------------------------------------------------------------------------

struct walk {
    const struct shape_action *action;
    bool changed;
};

// A card number may be sent as a number, and a hash is of the number as it was written.
static bool takes(const struct shape_action *action, const struct json_value *node) {
    bool number =
        node->type == JSON_NUMBER && (action->kind == SHAPE_HASH || action->kind == SHAPE_MASK);
    return node->type == JSON_STRING || number;
}

// Not deeper than events are; json_parse saw to that, and what rules made deeper is refused when it is written.
static bool visit(struct shape_event *at, struct json_value *node, void *context) {
    struct walk *walk = context;
    struct str text;
    bool container = node->type == JSON_OBJECT || node->type == JSON_ARRAY;
    if (container && walk->action->kind == SHAPE_MASK) {
        for (const struct json_value *child = node->child; child; child = child->next) {
            if (!visit(at, shape_writable(child), walk)) {
                return false;
            }
        }
        return true;
    }
    if (takes(walk->action, node) && transform(at, walk->action, node->text, &text)) {
        walk->changed = shape_set_text(at, node, text) || walk->changed;
    }
    return !shape_is_failed(at);
}

static bool transform_field(struct shape_event *at, const struct shape_action *action) {
    const struct shape_field *field = action->path->field;
    struct str *member = (struct str *)(void *)((char *)at->event + field->offset);
    struct str text;
    if (member->len == 0 || !transform(at, action, *member, &text)) {
        return false;
    }
    if (text.len == 0 && str_equal(field->name, STR("name"))) {
        shape_fail(at, STR("name would be empty"));
        return false;
    }
    if (text.len > EVENT_NAME_MAX && text.len > member->len) {
        text.len = 0;
        shape_fail(at, arena_printf(at->arena, "%.*s would be longer than %d bytes",
                                    STR_ARG(field->name), EVENT_NAME_MAX));
        return false;
    }
    *member = arena_copy(at->arena, text);
    if (!member->data) {
        shape_out_of_memory(at);
    }
    return true;
}

bool shape_transform(struct shape_event *at, const struct shape_action *action) {
    struct walk walk = {action, false};
    if (action->path->field) {
        return transform_field(at, action);
    }
    shape_visit(at, action->path, visit, &walk);
    if (walk.changed) {
        shape_touch(at, action->path->root);
    }
    return walk.changed;
}

// ---- Samples --------------------------------------------------------------------------------------------------------

// By a number that the record itself gives, so that a replay keeps the same ones. Shares are nested: who is in the smaller is in the larger.
bool shape_is_sampled(const struct shape_event *at, const struct shape_action *action) {
    const struct event *event = at->event;
    struct str subject = action->by_message       ? event->id
                         : event->user_id.len > 0 ? event->user_id
                                                  : event->anonymous_id;
    uint64_t seed = str_hash(event->project, str_hash(action->seed, 0));
    return action->keep_all || str_hash(subject, seed) < action->keep;
}
