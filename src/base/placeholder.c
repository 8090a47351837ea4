// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Placeholders by recursive descent: names may hold placeholders themselves, and so may values and defaults.
#include "base/placeholder.h"

#include <string.h>

struct resolving {
    placeholder_find *find;
    const void *context;
    size_t depth;
    size_t limit; // bytes of what is put together on the way
};

static const char *find_mark(struct str text, const char *mark) {
    return text.len > 0 ? memmem(text.data, text.len, mark, strlen(mark)) : NULL;
}

// The brace that closes the one before text, braces within counted; NULL: there is none.
static const char *closing(struct str text) {
    size_t open = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '}' && open-- == 0) {
            return text.data + i;
        }
        open += text.data[i] == '{';
    }
    return NULL;
}

static enum status resolve(struct resolving *r, struct str text, bool outermost,
                           struct buffer *out);

// The name is what stands in the braces, resolved. *found false: nobody says.
static enum status look_up(struct resolving *r, struct str name, struct buffer *out, bool *found) {
    struct str value;
    *found = true;
    if (r->find(r->context, str_trim(name), &value)) {
        return resolve(r, value, false, out);
    }
    struct str rest = name;
    struct str key = str_cut(&rest, ':');
    if (!rest.data) {
        *found = false;
        return STATUS_OK;
    }
    bool known = r->find(r->context, str_trim(key), &value);
    return resolve(r, known ? value : rest, false, out);
}

static enum status resolve_one(struct resolving *r, struct str inside, struct buffer *out,
                               bool *found) {
    struct buffer name;
    buffer_init(&name, r->limit);
    enum status status = resolve(r, inside, false, &name);
    status = status == STATUS_OK ? buffer_status(&name) : status;
    if (status == STATUS_OK) {
        status = look_up(r, buffer_str(&name), out, found);
    }
    buffer_free(&name);
    return status;
}

// One or two backslashes in front make it a text; they are taken away again.
static bool is_escaped(struct buffer *out, size_t before) {
    size_t count = 0;
    while (count < 2 && out->len > before + count && out->data[out->len - 1 - count] == '\\') {
        count++;
    }
    if (count > 0 && out->failed == STATUS_OK) {
        out->len -= count;
    }
    return count > 0;
}

static enum status resolve(struct resolving *r, struct str text, bool outermost,
                           struct buffer *out) {
    enum status status = STATUS_OK;
    size_t before = out->len;
    if (++r->depth > PLACEHOLDER_DEPTH) {
        return STATUS_INVALID;
    }
    while (status == STATUS_OK) {
        const char *start = find_mark(text, "${");
        if (!start) {
            buffer_append_str(out, text);
            break;
        }
        buffer_append(out, text.data, (size_t)(start - text.data));
        text = str_make(start + 2, text.len - (size_t)(start + 2 - text.data));
        const char *end = closing(text);
        bool found = false;
        if (!(outermost && is_escaped(out, before)) && end) {
            status = resolve_one(r, str_make(text.data, (size_t)(end - text.data)), out, &found);
        }
        if (found) {
            text = str_make(end + 1, text.len - (size_t)(end + 1 - text.data));
        } else {
            buffer_append(out, "${", 2);
        }
    }
    r->depth--;
    return status == STATUS_OK ? buffer_status(out) : status;
}

enum status placeholder_resolve(struct str text, placeholder_find *find, const void *context,
                                struct buffer *out) {
    struct resolving r = {find, context, 0, out->max};
    return resolve(&r, text, true, out);
}
