// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Reads dimensions out of an event's trees.
//
// Fields are those of Segment's common fields (https://segment.com/docs/connections/spec/common/); names that begin with $ are PostHog's.
#include "processor/dimensions.h"

#include <stdlib.h>

#include "processor/bots.h"

enum status dimensions_init(struct dimensions *dimensions) {
    dimensions->agents = calloc(DIMENSION_AGENTS, sizeof(struct dimension_agent));
    return dimensions->agents ? STATUS_OK : STATUS_NO_MEMORY;
}

void dimensions_free(struct dimensions *dimensions) {
    for (size_t i = 0; dimensions->agents && i < DIMENSION_AGENTS; i++) {
        free(dimensions->agents[i].text);
    }
    free(dimensions->agents);
    dimensions->agents = NULL;
}

static enum status agent_of(struct dimensions *dimensions, struct str text,
                            struct event_dimensions *out) {
    uint64_t hash = str_hash(text, 0);
    struct dimension_agent *agent = &dimensions->agents[hash % DIMENSION_AGENTS];
    if (!agent->text || agent->hash != hash ||
        !str_equal(str_make(agent->text, agent->len), text)) {
        char *copy = malloc(text.len);
        if (!copy) {
            return STATUS_NO_MEMORY;
        }
        memcpy(copy, text.data, text.len);
        free(agent->text);
        *agent = (struct dimension_agent){hash, text.len, copy, useragent_classify(text),
                                          bots_family(text)};
    }
    out->has_agent = true;
    out->families = agent->families;
    out->bot = agent->bot;
    return STATUS_OK;
}

// --- URLs -----------------------------------------------------------------------------------------------------------

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

struct str dimension_url_host(struct str url) {
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

struct str dimension_url_path(struct str url) {
    struct str rest = url;
    if (skip_scheme(&rest)) {
        size_t path = find_any(rest, "/?#");
        rest = str_make(rest.data + path, rest.len - path);
    }
    rest.len = find_any(rest, "?#");
    return rest.len > 0 ? rest : STR("/");
}

// Cut at the first NUL and at DIMENSION_BYTES_MAX bytes, not within a character.
static struct str bounded(struct str s) {
    const char *nul = s.len > 0 ? memchr(s.data, '\0', s.len) : NULL;
    if (nul) {
        s.len = (size_t)(nul - s.data);
    }
    if (s.len > DIMENSION_BYTES_MAX) {
        s.len = DIMENSION_BYTES_MAX;
        while (s.len > 0 && ((unsigned char)s.data[s.len] & 0xc0) == 0x80) {
            s.len--;
        }
    }
    return s;
}

// --- Dimensions -----------------------------------------------------------------------------------------------------

static struct str page_url(const struct event_trees *trees, const struct json_value *page) {
    struct str url = json_get_string(trees->properties, STR("url"));
    if (!url.data) {
        url = json_get_string(page, STR("url"));
    }
    return url.data ? url : json_get_string(trees->properties, STR("$current_url"));
}

static struct str page_path(const struct event_trees *trees, const struct json_value *page) {
    struct str path = json_get_string(trees->properties, STR("path"));
    if (!path.data) {
        path = json_get_string(trees->properties, STR("url"));
    }
    if (!path.data) {
        path = json_get_string(page, STR("path"));
    }
    if (!path.data) {
        path = json_get_string(page, STR("url"));
    }
    if (!path.data) {
        path = json_get_string(trees->properties, STR("$pathname"));
    }
    if (!path.data) {
        path = json_get_string(trees->properties, STR("$current_url"));
    }
    return path.len > 0 ? bounded(dimension_url_path(path)) : STR_EMPTY;
}

static enum status referrer_host(const struct event_trees *trees, const struct json_value *page,
                                 struct arena *arena, struct str *out) {
    struct str referrer = json_get_string(trees->properties, STR("referrer"));
    if (!referrer.data) {
        referrer = json_get_string(page, STR("referrer"));
    }
    if (!referrer.data) {
        referrer = json_get_string(trees->properties, STR("$referrer"));
    }
    struct str host = bounded(dimension_url_host(referrer));
    struct str own = bounded(dimension_url_host(page_url(trees, page)));
    if (host.len == 0 || str_equal_ignore_case(host, own)) {
        return STATUS_OK;
    }
    char *lower = arena_alloc(arena, host.len);
    if (!lower) {
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < host.len; i++) {
        char c = host.data[i];
        lower[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    *out = str_make(lower, host.len);
    return STATUS_OK;
}

static char capital(char c) {
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static enum status country_of(const struct event_trees *trees, struct arena *arena,
                              struct str *out) {
    struct str code = json_get_string(json_get(trees->context, STR("location")), STR("country"));
    if (!code.data) {
        code = json_get_string(trees->context, STR("country"));
    }
    if (!code.data) {
        code = json_get_string(trees->properties, STR("$geoip_country_code"));
    }
    if (code.len != 2) {
        return STATUS_OK;
    }
    char first = capital(code.data[0]), second = capital(code.data[1]);
    if (first < 'A' || first > 'Z' || second < 'A' || second > 'Z') {
        return STATUS_OK;
    }
    char *letters = arena_alloc(arena, 2);
    if (!letters) {
        return STATUS_NO_MEMORY;
    }
    letters[0] = first;
    letters[1] = second;
    *out = str_make(letters, 2);
    return STATUS_OK;
}

enum status dimensions_of(struct dimensions *dimensions, const struct event *event,
                          const struct event_trees *trees, struct arena *arena,
                          struct event_dimensions *out) {
    *out = (struct event_dimensions){0};
    struct str agent = json_get_string(trees->context, STR("userAgent"));
    if (agent.len == 0) {
        agent = event->user_agent;
    }
    if (agent.len > USERAGENT_BYTES_MAX) {
        agent.len = USERAGENT_BYTES_MAX;
    }
    enum status status = agent.len > 0 ? agent_of(dimensions, agent, out) : STATUS_OK;
    if (status == STATUS_OK) {
        status = country_of(trees, arena, &out->country);
    }
    if (status == STATUS_OK && event->type == EVENT_PAGE) {
        const struct json_value *page = json_get(trees->context, STR("page"));
        out->page = page_path(trees, page);
        status = referrer_host(trees, page, arena, &out->referrer);
    }
    return status;
}
