// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Looks a host up, and its parent domains, in the table of known sources.
#include "enrich/referrer.h"

#define SUFFIX_LABEL_MAX 3 // bytes: com, co, de; longer ones are somebody's name
#define TOP_LEVEL_MAX 6    // bytes of a last label behind "google."

struct str enrich_channel_name(enum enrich_channel channel) {
#define X(symbol, name) STR_INIT(name),
    static const struct str names[] = {ENRICH_CHANNEL_LIST(X)};
#undef X
    return names[channel];
}

static const struct enrich_source *find_exact(struct str host) {
    size_t from = 0, to = enrich_source_count;
    while (from < to) {
        size_t middle = (from + to) / 2;
        int order = str_compare(enrich_sources[middle].host, host);
        if (order == 0) {
            return &enrich_sources[middle];
        }
        *(order < 0 ? &from : &to) = order < 0 ? middle + 1 : middle;
    }
    return NULL;
}

// "de", "com.br", "co.uk": what may follow "google." without being another's site (google.evil.example is).
static bool is_suffix(struct str rest) {
    struct str first = str_cut(&rest, '.');
    if (!rest.data) {
        return first.len >= 2 && first.len <= TOP_LEVEL_MAX;
    }
    return first.len >= 2 && first.len <= SUFFIX_LABEL_MAX && rest.len == 2 &&
           memchr(rest.data, '.', rest.len) == NULL;
}

const struct enrich_source *enrich_source_find(struct str host) {
    while (host.len > 0 && host.data[host.len - 1] == '.') { // as DNS writes names that are whole
        host.len--;
    }
    for (struct str rest = host; rest.len > 0;) {
        const struct enrich_source *found = find_exact(rest);
        if (found) {
            return found;
        }
        const char *dot = memchr(rest.data, '.', rest.len);
        if (!dot) {
            return NULL;
        }
        size_t label = (size_t)(dot - rest.data) + 1; // with the dot
        struct str behind = str_make(rest.data + label, rest.len - label);
        found = is_suffix(behind) ? find_exact(str_make(rest.data, label)) : NULL;
        if (found) {
            return found;
        }
        rest = behind;
    }
    return NULL;
}

bool enrich_host_is_among(struct str host, const struct str *hosts, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct str own = hosts[i];
        if (str_equal_ignore_case(host, own)) {
            return true;
        }
        if (own.len > 0 && host.len > own.len && host.data[host.len - own.len - 1] == '.' &&
            str_equal_ignore_case(str_make(host.data + host.len - own.len, own.len), own)) {
            return true;
        }
    }
    return false;
}
