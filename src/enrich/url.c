// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// URLs by RFC 3986 where senders keep to it, and by what browsers make of them where not.
#include "enrich/url.h"

static size_t find_any(struct str s, const char *bytes) {
    for (size_t i = 0; i < s.len; i++) {
        if (s.data[i] != '\0' && strchr(bytes, s.data[i])) {
            return i;
        }
    }
    return s.len;
}

// Behind "scheme://" or "//"; false when the URL has no authority.
static bool skip_scheme(struct str *url) {
    size_t at = find_any(*url, "/?#");
    if (url->len - at < 2 || url->data[at] != '/' || url->data[at + 1] != '/' ||
        (at > 0 && url->data[at - 1] != ':')) {
        return false;
    }
    *url = str_make(url->data + at + 2, url->len - at - 2);
    return true;
}

struct str enrich_url_host(struct str url) {
    if (!skip_scheme(&url)) {
        return STR_EMPTY;
    }
    struct str host = str_make(url.data, find_any(url, "/?#\\"));
    for (size_t i = host.len; i > 0; i--) {
        if (host.data[i - 1] == '@') {
            host = str_make(host.data + i, host.len - i);
            break;
        }
    }
    if (host.len > 0 && host.data[0] == '[') { // IPv6
        size_t end = find_any(host, "]");
        return end < host.len ? str_make(host.data, end + 1) : STR_EMPTY;
    }
    host.len = find_any(host, ":");
    return host;
}

struct str enrich_url_path(struct str url) {
    struct str rest = url;
    if (skip_scheme(&rest)) {
        size_t path = find_any(rest, "/?#");
        rest = str_make(rest.data + path, rest.len - path);
    }
    rest.len = find_any(rest, "?#");
    return rest.len > 0 ? rest : STR("/");
}

struct str enrich_url_query(struct str url) {
    url.len = find_any(url, "#");
    size_t mark = find_any(url, "?");
    return mark < url.len ? str_make(url.data + mark + 1, url.len - mark - 1) : STR_EMPTY;
}

bool enrich_url_next_parameter(struct str *query, struct str *name, struct str *value) {
    while (query->data) {
        struct str pair = str_cut(query, '&');
        if (pair.len > 0) {
            *value = pair;
            *name = str_cut(value, '=');
            return true;
        }
    }
    return false;
}

int enrich_url_hex(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static bool is_printable(struct str text) {
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c < 0x20 || c == 0x7f) {
            return false;
        }
    }
    return str_is_utf8(text);
}

enum status enrich_url_decode(struct str text, struct arena *arena, struct str *out) {
    *out = STR_EMPTY;
    if (text.len == 0) {
        return STATUS_OK;
    }
    char *made = arena_alloc(arena, text.len);
    if (!made) {
        return STATUS_NO_MEMORY;
    }
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        int high = -1, low = -1;
        if (text.data[i] == '%' && text.len - i > 2) {
            high = enrich_url_hex(text.data[i + 1]);
            low = enrich_url_hex(text.data[i + 2]);
        }
        if (high >= 0 && low >= 0) {
            made[len++] = (char)(high << 4 | low);
            i += 2;
        } else {
            made[len++] = text.data[i] == '+' ? ' ' : text.data[i];
        }
    }
    if (is_printable(str_make(made, len))) {
        *out = str_make(made, len);
    }
    return STATUS_OK;
}

struct str enrich_url_lower(struct str text, struct arena *arena) {
    char *lower = arena_alloc(arena, text.len > 0 ? text.len : 1);
    if (!lower) {
        return STR_EMPTY;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        lower[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return str_make(lower, text.len);
}

struct str enrich_url_bounded(struct str text, size_t most) {
    const char *nul = text.len > 0 ? memchr(text.data, '\0', text.len) : NULL;
    if (nul) {
        text.len = (size_t)(nul - text.data);
    }
    text = str_trim(text);
    if (text.len > most) {
        text.len = most;
        while (text.len > 0 && ((unsigned char)text.data[text.len] & 0xc0) == 0x80) {
            text.len--;
        }
    }
    return text;
}
