// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What a Host header may hold, and whether it and an absolute-form target name the same server (RFC 9112 3.2).
#include "http/parse.h"

#define PORT_MAX 65535

// What is behind the last colon that is not part of an IPv6 address; data NULL: nothing.
static struct str cut_port(struct str *authority) {
    for (size_t i = authority->len; i > 0 && authority->data[i - 1] != ']'; i--) {
        if (authority->data[i - 1] == ':') {
            struct str port = str_make(authority->data + i, authority->len - i);
            authority->len = i - 1;
            return port;
        }
    }
    return STR_EMPTY;
}

static bool read_port(struct str port, unsigned fallback, unsigned *out) {
    unsigned value = 0;
    for (size_t i = 0; i < port.len; i++) {
        if (port.data[i] < '0' || port.data[i] > '9' || value > PORT_MAX) {
            return false;
        }
        value = value * 10 + (unsigned)(port.data[i] - '0');
    }
    *out = port.len > 0 ? value : fallback;
    return value <= PORT_MAX;
}

static bool is_made_of(struct str s, const char *marks) {
    for (size_t i = 0; i < s.len; i++) {
        char c = s.data[i];
        bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!plain && (c == '\0' || !strchr(marks, c))) {
            return false;
        }
    }
    return s.len > 0;
}

static bool is_hex_and_colons(struct str s) {
    bool colon = false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.data[i];
        colon = colon || c == ':';
        bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (!hex && c != ':' && c != '.') {
            return false;
        }
    }
    return colon;
}

bool http_is_host(struct str host) {
    if (host.len == 0) {
        return true; // of a target that has no authority (RFC 9112 3.2)
    }
    unsigned port = 0;
    if (host.len > HTTP_HOST_MAX || !read_port(cut_port(&host), 0, &port)) {
        return false;
    }
    if (host.len > 2 && host.data[0] == '[' && host.data[host.len - 1] == ']') {
        return is_hex_and_colons(str_make(host.data + 1, host.len - 2));
    }
    // RFC 3986 3.2.2 without ',' (which would hide a list).
    return is_made_of(host, "-._~%!$&'()*+;=");
}

bool http_target_is_of_host(struct str target, struct str host) {
    const char *slashes =
        target.len > 0 && target.data[0] != '/' ? memchr(target.data, ':', target.len) : NULL;
    if (!slashes) {
        return true; // a path, or "*"
    }
    bool encrypted = slashes - target.data == 5; // "https"
    struct str authority = str_make(slashes + 3, target.len - (size_t)(slashes - target.data) - 3);
    for (size_t i = 0; i < authority.len; i++) {
        if (authority.data[i] == '/' || authority.data[i] == '?') {
            authority.len = i;
        }
    }
    unsigned fallback = encrypted ? 443 : 80;
    unsigned said = 0;
    unsigned meant = 0;
    return http_is_host(authority) && authority.len > 0 &&
           read_port(cut_port(&authority), fallback, &said) &&
           read_port(cut_port(&host), fallback, &meant) && said == meant &&
           str_equal_ignore_case(authority, host);
}
