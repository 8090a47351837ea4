// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What a configured route does to the requests that it passes on: rules read from the settings.
#include "gateway/routes_private.h"

// A value of a header field (RFC 9110 5.5): no control characters but the tabulator.
static bool is_value(struct str value) {
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.data[i];
        if ((c < ' ' && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return true;
}

static enum status refuse_name(const struct settings *settings, const char *key, size_t i,
                               struct str name, struct error *err) {
    return gateway_routes_refuse(settings, key, i, err,
                                 "\"%.*s\" is no header that may be changed; Footfall writes it "
                                 "itself, or it is no name of a header",
                                 STR_ARG(name));
}

static enum status no_memory(struct error *err) {
    return error_set(err, STATUS_NO_MEMORY, "no memory for the routes of the settings");
}

// "Name: value". Of the request, Host may be set: it goes to *host.
static enum status read_set(const struct settings *settings, const char *key, size_t i,
                            struct http_header_edits *edits, struct str *host, struct arena *arena,
                            struct error *err) {
    const struct str *texts = NULL;
    size_t count = settings_entry_list(settings, key, i, &texts);
    struct http_header *set = arena_alloc_array(arena, count + 1, sizeof *set);
    if (!set) {
        return no_memory(err);
    }
    for (size_t j = 0; j < count; j++) {
        struct str value = texts[j];
        struct str name = str_cut(&value, ':');
        if (!value.data || !is_value(value)) {
            return gateway_routes_refuse(settings, key, i, err,
                                         "\"%.*s\" is no header; write \"Name: value\"",
                                         STR_ARG(texts[j]));
        }
        struct http_header header = {arena_copy(arena, name), arena_copy(arena, str_trim(value))};
        if (!header.name.data || !header.value.data) {
            return no_memory(err);
        }
        if (host && str_equal_ignore_case(name, STR("Host")) && header.value.len > 0) {
            *host = header.value;
        } else if (http_upstream_may_edit(name)) {
            set[edits->set_count++] = header;
        } else {
            return refuse_name(settings, key, i, name, err);
        }
    }
    edits->set = set;
    return STATUS_OK;
}

// with: one more name, or data NULL.
static enum status read_remove(const struct settings *settings, const char *key, size_t i,
                               struct http_header_edits *edits, struct str with,
                               struct arena *arena, struct error *err) {
    const struct str *names = NULL;
    size_t count = settings_entry_list(settings, key, i, &names);
    struct str *remove = arena_alloc_array(arena, count + 1, sizeof *remove);
    if (!remove) {
        return no_memory(err);
    }
    for (size_t j = 0; j < count; j++) {
        if (!http_upstream_may_edit(names[j])) {
            return refuse_name(settings, key, i, names[j], err);
        }
        remove[edits->remove_count] = arena_copy(arena, names[j]);
        if (!remove[edits->remove_count++].data) {
            return no_memory(err);
        }
    }
    if (with.data) {
        remove[edits->remove_count++] = with;
    }
    edits->remove = remove;
    return STATUS_OK;
}

// How many segments "/shop/old" has; 0 when it is not the literal beginning of the pattern.
static size_t segments_of(struct str prefix, struct str pattern) {
    struct str rest = str_make(prefix.data + 1, prefix.len - 1);
    struct str other = str_make(pattern.data + 1, pattern.len - 1);
    size_t count = 0;
    while (rest.data) {
        struct str segment = str_cut(&rest, '/');
        bool literal = segment.len > 0 && segment.data[0] != ':' && segment.data[0] != '*';
        if (!other.data || !literal || !str_equal(segment, str_cut(&other, '/'))) {
            return 0;
        }
        count++;
    }
    return count;
}

static enum status read_rewrite(const struct settings *settings, size_t i,
                                struct gateway_route *route, struct arena *arena,
                                struct error *err) {
    static const char strip_key[] = "routes[].strip_prefix";
    static const char replace_key[] = "routes[].replace_prefix";
    struct str strip = settings_entry_string(settings, strip_key, i);
    struct str replace = settings_entry_string(settings, replace_key, i);
    if (strip.len > 0) {
        route->strip_segments = strip.data[0] == '/' && strip.len > 1
                                    ? segments_of(strip, str_from_c(route->route.pattern))
                                    : 0;
        if (route->strip_segments == 0) {
            return gateway_routes_refuse(settings, strip_key, i, err,
                                         "\"%.*s\" is not what %s begins with; write whole "
                                         "segments, without a '/' at the end",
                                         STR_ARG(strip), route->route.pattern);
        }
    }
    if (replace.len > 0) {
        bool plain = replace.data[0] == '/' && replace.data[replace.len - 1] != '/' &&
                     !memchr(replace.data, '?', replace.len);
        for (size_t j = 0; j < replace.len; j++) {
            unsigned char c = (unsigned char)replace.data[j];
            plain = plain && c > ' ' && c < 0x7f && c != '#' && c != '\\';
        }
        if (!plain) {
            return gateway_routes_refuse(settings, replace_key, i, err,
                                         "\"%.*s\" is no beginning of a path; write it like "
                                         "/store, without a '/' at the end",
                                         STR_ARG(replace));
        }
        route->replace = arena_copy(arena, replace);
        if (!route->replace.data) {
            return no_memory(err);
        }
    }
    route->rewrites = route->strip_segments > 0 || replace.len > 0;
    return STATUS_OK;
}

enum status gateway_routes_read_rules(const struct settings *settings, size_t i,
                                      struct gateway_route *route, struct arena *arena,
                                      struct error *err) {
    struct http_forward_policy *policy = &route->policy;
    struct str key = route->takes_key ? STR("Authorization") : STR_EMPTY;
    enum status status = read_rewrite(settings, i, route, arena, err);
    if (status == STATUS_OK) {
        status = read_set(settings, "routes[].request_headers.set", i, &policy->request,
                          &policy->host, arena, err);
    }
    if (status == STATUS_OK) {
        status = read_remove(settings, "routes[].request_headers.remove", i, &policy->request, key,
                             arena, err);
    }
    if (status == STATUS_OK) {
        status = read_set(settings, "routes[].response_headers.set", i, &policy->reply, NULL, arena,
                          err);
    }
    if (status == STATUS_OK) {
        status = read_remove(settings, "routes[].response_headers.remove", i, &policy->reply,
                             STR_EMPTY, arena, err);
    }
    route->body_bytes = (size_t)settings_entry_integer(settings, "routes[].body_limit", i);
    policy->reply_timeout_ms = settings_entry_integer(settings, "routes[].reply_timeout", i);
    policy->total_timeout_ms = settings_entry_integer(settings, "routes[].total_timeout", i);
    return status;
}
