// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Normalising paths: most need nothing, which one look tells.
#include "enrich/path.h"

#include "enrich/url.h"

// --- Percent-encoding -------------------------------------------------------------------------------------------------

static bool is_unreserved(unsigned char c) { // RFC 3986, 2.3
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

// The byte that %XX at `at` stands for, or -1.
static int encoded(struct str text, size_t at) {
    if (text.len - at < 3 || text.data[at] != '%') {
        return -1;
    }
    int high = enrich_url_hex(text.data[at + 1]), low = enrich_url_hex(text.data[at + 2]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

static size_t put_encoded(char *out, const char *from, size_t bytes) {
    for (size_t i = 0; i < bytes * 3; i++) {
        char c = from[i];
        out[i] = c >= 'a' && c <= 'f' ? (char)(c - 'a' + 'A') : c;
    }
    return bytes * 3;
}

// A run of encoded bytes above ASCII: its characters when it is UTF-8. Returns how many bytes the run has.
static size_t put_characters(struct str text, size_t at, char *out, size_t *len) {
    size_t count = 0;
    while (at + count * 3 < text.len && encoded(text, at + count * 3) >= 0x80) {
        out[*len + count] = (char)encoded(text, at + count * 3);
        count++;
    }
    // C1 controls (c2 80 to c2 9f) are as little wanted as the others.
    bool fine = str_is_utf8(str_make(out + *len, count));
    for (size_t i = 0; fine && i + 1 < count; i++) {
        unsigned char first = (unsigned char)out[*len + i],
                      second = (unsigned char)out[*len + i + 1];
        fine = !(first == 0xc2 && second < 0xa0);
    }
    *len += fine ? count : put_encoded(out + *len, text.data + at, count);
    return count;
}

static enum status undo_percent(struct str path, struct arena *arena, struct str *out) {
    char *made = arena_alloc(arena, path.len + 1);
    if (!made) {
        return STATUS_NO_MEMORY;
    }
    size_t len = 0;
    for (size_t i = 0; i < path.len;) {
        int byte = encoded(path, i);
        if (byte >= 0x80) {
            i += put_characters(path, i, made, &len) * 3;
        } else if (byte >= 0 && is_unreserved((unsigned char)byte)) {
            made[len++] = (char)byte;
            i += 3;
        } else if (byte >= 0) {
            len += put_encoded(made + len, path.data + i, 1);
            i += 3;
        } else {
            made[len++] = path.data[i++];
        }
    }
    *out = str_make(made, len);
    return STATUS_OK;
}

// --- Session ids and slashes --------------------------------------------------------------------------------------------

static bool begins_ignoring_case(struct str text, struct str prefix) {
    return text.len >= prefix.len && str_equal_ignore_case(str_make(text.data, prefix.len), prefix);
}

// text begins with ';'. How long a session id there is; 0: none.
static size_t session_parameter(struct str text) {
    static const struct str names[] = {STR_INIT(";jsessionid="), STR_INIT(";phpsessid="),
                                       STR_INIT(";sessionid="), STR_INIT(";session_id="),
                                       STR_INIT(";sid=")};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (begins_ignoring_case(text, names[i])) {
            size_t len = names[i].len;
            while (len < text.len && text.data[len] != '/' && text.data[len] != ';') {
                len++;
            }
            return len;
        }
    }
    return 0;
}

// text begins with '/'. How long ASP.NET's "/(S(…))" there is; 0: none.
static size_t session_segment(struct str text) {
    if (!begins_ignoring_case(text, STR("/(s("))) {
        return 0;
    }
    size_t len = 4;
    while (len < text.len && text.data[len] != '/') {
        len++;
    }
    bool closed = len >= 7 && text.data[len - 1] == ')' && text.data[len - 2] == ')';
    return closed ? len : 0;
}

static enum status tidy(struct str path, struct arena *arena, struct str *out) {
    char *made = arena_alloc(arena, path.len + 1);
    if (!made) {
        return STATUS_NO_MEMORY;
    }
    size_t len = 0;
    for (size_t i = 0; i < path.len;) {
        struct str rest = str_make(path.data + i, path.len - i);
        size_t session = rest.data[0] == ';'   ? session_parameter(rest)
                         : rest.data[0] == '/' ? session_segment(rest)
                                               : 0;
        if (session > 0) {
            i += session;
            continue;
        }
        if (rest.data[0] != '/' || len == 0 || made[len - 1] != '/') {
            made[len++] = rest.data[0];
        }
        i++;
    }
    while (len > 1 && made[len - 1] == '/') {
        len--;
    }
    *out = len > 0 ? str_make(made, len) : STR("/");
    return STATUS_OK;
}

// --- Templates ----------------------------------------------------------------------------------------------------------

enum status enrich_path_check_template(struct str text, struct error *err) {
    if (text.len < 2 || text.data[0] != '/' || text.len > 200) {
        return error_set(err, STATUS_INVALID,
                         "%.*s: a template begins with / and has 2 to 200 bytes", STR_ARG(text));
    }
    struct str rest = str_make(text.data + 1, text.len - 1);
    while (rest.data) {
        struct str segment = str_cut(&rest, '/');
        if (segment.len == 0) {
            return error_set(err, STATUS_INVALID, "%.*s: a segment is empty", STR_ARG(text));
        }
        bool all = str_equal(segment, STR("**"));
        bool star = memchr(segment.data, '*', segment.len) != NULL;
        if ((all && rest.data) || (star && !all && segment.len > 1)) {
            return error_set(
                err, STATUS_INVALID,
                "%.*s: * stands for a whole segment, ** for all that follow, at the end",
                STR_ARG(text));
        }
    }
    return STATUS_OK;
}

static bool matches(struct str template, struct str path) {
    struct str wanted = str_make(template.data + 1, template.len - 1);
    struct str given = str_make(path.data + 1, path.len - 1);
    while (wanted.data && given.data) {
        struct str segment = str_cut(&wanted, '/'), found = str_cut(&given, '/');
        if (str_equal(segment, STR("**"))) {
            return found.len > 0;
        }
        if (!(str_equal(segment, STR("*")) ? found.len > 0 : str_equal(segment, found))) {
            return false;
        }
    }
    return !wanted.data && !given.data;
}

static bool needs_tidying(struct str path) {
    for (size_t i = 0; i < path.len; i++) {
        char c = path.data[i];
        if (c == ';' || c == '(' ||
            (c == '/' && i > 0 && (i + 1 == path.len || path.data[i - 1] == '/'))) {
            return true;
        }
    }
    return false;
}

enum status enrich_path_normalise(const struct enrich_paths *paths, struct str path,
                                  struct arena *arena, struct str *out) {
    enum status status = STATUS_OK;
    path = enrich_url_bounded(path, ENRICH_PATH_MAX);
    if (path.len > 0 && memchr(path.data, '%', path.len)) {
        status = undo_percent(path, arena, &path);
    }
    if (status == STATUS_OK && needs_tidying(path)) {
        status = tidy(path, arena, &path);
    }
    if (status != STATUS_OK) {
        return status;
    }
    *out = path;
    for (size_t i = 0; path.len > 0 && path.data[0] == '/' && i < paths->count; i++) {
        if (matches(paths->templates[i], path)) {
            *out = paths->templates[i];
            break;
        }
    }
    return STATUS_OK;
}
