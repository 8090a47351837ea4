// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What a profile may contain.
#include "users/input.h"

#include "base/utf8.h"

static void fault(struct users_input *input, struct str pointer, struct str detail) {
    if (input->fault_count < USERS_FAULTS_MAX) {
        input->faults[input->fault_count++] = (struct http_problem_error){pointer, detail};
    }
}

// C0, DEL and C1 (U+0080..U+009F, two bytes from 0xc2).
static bool has_control(struct str text) {
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c < 0x20 || c == 0x7f) {
            return true;
        }
        if (c == 0xc2 && i + 1 < text.len && (unsigned char)text.data[i + 1] < 0xa0) {
            return true;
        }
    }
    return false;
}

bool users_id_is_valid(struct str id) {
    return id.len > 0 && id.len <= USERS_ID_MAX && str_is_utf8(id) && !has_control(id);
}

static bool is_label_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || (unsigned char)c >= 0x80;
}

// Labels of letters, digits and inner hyphens (RFC 1123), or of UTF-8 (RFC 6531).
static bool is_host(struct str host) {
    if (host.len == 0 || host.data[host.len - 1] == '.') {
        return false;
    }
    while (host.data) {
        struct str label = str_cut(&host, '.');
        if (label.len == 0 || label.len > 63 || label.data[0] == '-' ||
            label.data[label.len - 1] == '-') {
            return false;
        }
        for (size_t i = 0; i < label.len; i++) {
            if (!is_label_byte(label.data[i])) {
                return false;
            }
        }
    }
    return true;
}

static bool is_local_part(struct str local) {
    if (local.len == 0 || local.len > USERS_EMAIL_LOCAL_MAX) {
        return false;
    }
    for (size_t i = 0; i < local.len; i++) {
        // memchr also finds the literal's NUL, which is one byte that must not be in it either.
        if (memchr(" \"(),:;<>[\\]@", local.data[i], 14)) {
            return false;
        }
    }
    return true;
}

bool users_email_normalise(struct arena *arena, struct str text, struct str *out) {
    if (text.len > USERS_EMAIL_MAX || !str_is_utf8(text) || has_control(text)) {
        return false;
    }
    struct str copy = arena_copy(arena, text);
    if (!copy.data) {
        return false;
    }
    char *bytes = (char *)(uintptr_t)copy.data; // ours: just allocated
    for (size_t i = 0; i < copy.len; i++) {
        bytes[i] = bytes[i] >= 'A' && bytes[i] <= 'Z' ? (char)(bytes[i] - 'A' + 'a') : bytes[i];
    }
    struct str host = copy;
    struct str local = str_cut(&host, '@');
    *out = copy;
    return host.data && is_local_part(local) && is_host(host);
}

static void read_id(const struct json_value *value, struct users_input *out) {
    if (!json_is_string(value) || !users_id_is_valid(value->text)) {
        fault(out, STR("/id"),
              STR("must be a string of 1 to 256 bytes without control characters"));
        return;
    }
    out->id = value->text;
}

static void read_email(struct arena *arena, const struct json_value *value,
                       struct users_input *out) {
    if (!json_is_string(value) || !users_email_normalise(arena, value->text, &out->email)) {
        fault(out, STR("/email"),
              STR("must be an email address such as ada@example.org, of at most 254 bytes"));
    }
}

static void read_name(const struct json_value *value, struct users_input *out) {
    if (!json_is_string(value) || value->text.len > USERS_NAME_MAX || has_control(value->text)) {
        fault(out, STR("/name"),
              STR("must be a string of at most 200 bytes without control characters"));
        return;
    }
    out->name = value->text;
}

static uint32_t depth_of(const struct json_value *value) {
    uint32_t deepest = 0;
    for (const struct json_value *child = value->child; child; child = child->next) {
        uint32_t depth = depth_of(child); // json_parse bounded it
        deepest = depth > deepest ? depth : deepest;
    }
    return value->type == JSON_OBJECT || value->type == JSON_ARRAY ? deepest + 1 : 0;
}

static void read_traits(const struct json_value *value, struct users_input *out) {
    if (value->type != JSON_OBJECT) {
        fault(out, STR("/traits"), STR("must be an object"));
    } else if (value->raw.len > USERS_TRAITS_MAX) {
        fault(out, STR("/traits"), STR("must be at most 32 KiB"));
    } else if (depth_of(value) > USERS_TRAITS_DEPTH) {
        fault(out, STR("/traits"), STR("must be nested at most 16 deep"));
    } else {
        out->traits = value->raw;
    }
}

// RFC 6901: ~ and / of a key are escaped.
static struct str pointer_to(struct arena *arena, struct str key) {
    struct buffer out;
    char bytes[2 * 64 + 8];
    buffer_init_fixed(&out, bytes, sizeof bytes);
    buffer_append_char(&out, '/');
    for (size_t i = 0, step = 0; i < key.len && out.len < 64; i += step) {
        step = utf8_sequence(key.data + i, key.len - i); // the parser checked it: never 0
        if (key.data[i] == '~' || key.data[i] == '/') {
            buffer_append(&out, key.data[i] == '~' ? "~0" : "~1", 2);
        } else {
            buffer_append(&out, key.data + i, step);
        }
    }
    return arena_copy(arena, buffer_str(&out));
}

// False: no member of a profile. Null stands for absent, except that an id cannot be null.
static bool read_member(struct arena *arena, const struct json_value *member,
                        struct users_input *out) {
    bool given = member->type != JSON_NULL;
    if (str_equal(member->key, STR("id"))) {
        read_id(member, out);
    } else if (str_equal(member->key, STR("email"))) {
        if (given) {
            read_email(arena, member, out);
        }
    } else if (str_equal(member->key, STR("name"))) {
        if (given) {
            read_name(member, out);
        }
    } else if (str_equal(member->key, STR("traits"))) {
        if (given) {
            read_traits(member, out);
        }
    } else {
        return false;
    }
    return true;
}

bool users_input_read(struct arena *arena, const struct json_value *root, struct users_input *out) {
    *out = (struct users_input){0};
    for (const struct json_value *member = root->child; member; member = member->next) {
        if (!read_member(arena, member, out)) {
            struct str pointer = pointer_to(arena, member->key);
            if (!pointer.data) {
                return false;
            }
            fault(out, pointer, STR("is no member of a profile: id, email, name and traits are"));
        }
    }
    return true;
}

static bool refuse_body(struct http_exchange *exchange, const struct error *err) {
    http_reply_problemf(exchange, err->status == STATUS_NO_MEMORY ? 503 : 400,
                        "The body must be a JSON object: %s", err->text);
    return false;
}

bool users_body_parse(struct http_exchange *exchange, const struct json_value **root) {
    static const struct json_limits limits = {.depth = USERS_TRAITS_DEPTH * 4, .values = 20000};
    if (exchange->request.body.len > USERS_BODY_MAX) {
        http_reply_problem(exchange, 413, STR("A profile's body may have at most 64 KiB."));
        return false;
    }
    struct error err = {0};
    struct json_parser *parser = NULL;
    if (json_parser_make(&parser) != STATUS_OK) {
        error_set(&err, STATUS_NO_MEMORY, "no memory");
        return refuse_body(exchange, &err);
    }
    enum status status =
        json_parse(parser, exchange->request.body, &limits, &exchange->arena, root, &err);
    json_parser_free(parser);
    if (status != STATUS_OK) {
        return refuse_body(exchange, &err);
    }
    if ((*root)->type != JSON_OBJECT) {
        http_reply_problem(exchange, 400, STR("The body must be a JSON object."));
        return false;
    }
    return true;
}

bool users_input_accept(struct http_exchange *exchange, const struct users_input *input) {
    if (input->fault_count == 0) {
        return true;
    }
    http_reply_problem_errors(exchange, 400, STR("The profile is not valid."), input->faults,
                              input->fault_count);
    return false;
}
