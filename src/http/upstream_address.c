// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Which address a request goes to: two in turn, the one with less to do, none that failed lately as long as another is there.
#include <netdb.h>
#include <stdio.h>

#include "http/upstream_private.h"

#define EJECT_FIRST_US ((int64_t)200 * 1000)
#define EJECT_LONGEST_US ((int64_t)10 * 1000 * 1000)

// "http://host:port" with nothing behind but a slash.
static bool split_url(struct str url, char *host, size_t host_size, char port[6]) {
    struct str scheme = STR("http://");
    if (!str_starts_with(url, scheme)) {
        return false;
    }
    struct str rest = str_make(url.data + scheme.len, url.len - scheme.len);
    if (rest.len > 0 && rest.data[rest.len - 1] == '/') {
        rest.len--;
    }
    struct str name = rest;
    if (rest.len > 0 && rest.data[0] == '[') {
        rest = str_make(rest.data + 1, rest.len - 1);
        name = str_cut(&rest, ']');
        if (rest.data && rest.len > 0 && rest.data[0] == ':') {
            rest = str_make(rest.data + 1, rest.len - 1);
        } else if (rest.data && rest.len > 0) {
            return false;
        }
    } else {
        rest = name;
        name = str_cut(&rest, ':');
    }
    uint64_t number = 80;
    if (rest.data && rest.len > 0 && (!str_to_u64(rest, &number) || number < 1 || number > 65535)) {
        return false;
    }
    if (name.len == 0 || name.len >= host_size || memchr(name.data, '/', name.len) ||
        memchr(name.data, '@', name.len)) {
        return false;
    }
    (void)snprintf(host, host_size, "%.*s", STR_ARG(name));
    (void)snprintf(port, 6, "%u", (unsigned)number & 0xffffU);
    return true;
}

enum status http_upstream_resolve(struct str url, struct http_upstream_target *out,
                                  struct error *err) {
    char host[254];
    char port[6];
    if (!split_url(url, host, sizeof host, port)) {
        return error_set(err, STATUS_INVALID,
                         "\"%.*s\": an address like http://127.0.0.1:8081 is needed", STR_ARG(url));
    }
    const struct addrinfo wanted = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int code = getaddrinfo(host, port, &wanted, &found);
    if (code != 0) {
        return error_set(err, STATUS_UNAVAILABLE, "%.*s: %s", STR_ARG(url), gai_strerror(code));
    }
    memcpy(&out->address, found->ai_addr, found->ai_addrlen);
    out->length = found->ai_addrlen;
    freeaddrinfo(found);
    bool v6 = strchr(host, ':') != NULL;
    (void)snprintf(out->authority, sizeof out->authority, "%s%s%s:%s", v6 ? "[" : "", host,
                   v6 ? "]" : "", port);
    return STATUS_OK;
}

static bool is_healthy(const struct http_upstream_address *address, int64_t now_us) {
    return address->ejected_until_us <= now_us;
}

// All failed: the one whose time is up first, since a refused connection costs little and a service that is back is found at once.
static struct http_upstream_address *least_ejected(struct http_upstream_loop *home, int avoid) {
    struct http_upstream_address *best = NULL;
    size_t count = home->upstream->target_count;
    for (size_t i = 0; i < count; i++) {
        struct http_upstream_address *address = &home->addresses[i];
        if (count > 1 && (int)i == avoid) {
            continue;
        }
        if (!best || address->ejected_until_us < best->ejected_until_us) {
            best = address;
        }
    }
    return best;
}

struct http_upstream_address *http_upstream_choose(struct http_upstream_loop *home, int avoid) {
    size_t count = home->upstream->target_count;
    struct http_upstream_address *chosen = NULL;
    unsigned looked = 0;
    home->turn++;
    for (size_t i = 0; i < count && looked < 2; i++) {
        size_t at = (home->turn + i) % count;
        struct http_upstream_address *address = &home->addresses[at];
        if (!is_healthy(address, home->loop->now_us) || (count > 1 && (int)at == avoid)) {
            continue;
        }
        looked++;
        if (!chosen || address->outstanding < chosen->outstanding) {
            chosen = address;
        }
    }
    return chosen ? chosen : least_ejected(home, avoid);
}

void http_upstream_eject(struct http_upstream_address *address, int64_t now_us) {
    unsigned shift = address->failures < 10 ? address->failures : 10;
    int64_t time = EJECT_FIRST_US << shift;
    address->failures++;
    address->ejected_until_us = now_us + (time < EJECT_LONGEST_US ? time : EJECT_LONGEST_US);
}
