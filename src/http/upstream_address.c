// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The addresses of an upstream: from URLs to names, from names to addresses, which come and go.
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>

#include "base/thread.h"

#include "http/upstream_private.h"

// "http://host:port" with nothing behind but a slash.
static bool split_url(struct str url, char *host, size_t host_size, uint16_t *port, bool *tls) {
    *tls = str_starts_with(url, STR("https://"));
    struct str scheme = *tls ? STR("https://") : STR("http://");
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
        } else if (!rest.data || rest.len > 0) {
            return false;
        }
    } else {
        rest = name;
        name = str_cut(&rest, ':');
    }
    uint64_t number = *tls ? 443 : 80;
    if (rest.data && rest.len > 0 && (!str_to_u64(rest, &number) || number < 1 || number > 65535)) {
        return false;
    }
    if (name.len == 0 || name.len >= host_size || memchr(name.data, '/', name.len) ||
        memchr(name.data, '@', name.len)) {
        return false;
    }
    (void)snprintf(host, host_size, "%.*s", STR_ARG(name));
    *port = (uint16_t)number;
    return true;
}

bool http_upstream_is_url(struct str url) {
    char host[sizeof((struct http_upstream_target *)0)->host];
    uint16_t port = 0;
    bool tls = false;
    return split_url(url, host, sizeof host, &port, &tls);
}

enum status http_upstream_parse_url(struct str url, struct http_upstream_target *out,
                                    struct error *err) {
    if (!split_url(url, out->host, sizeof out->host, &out->port, &out->tls)) {
        return error_set(
            err, STATUS_INVALID,
            "\"%.*s\": an address like http://127.0.0.1:8081 or https://name:8443 is needed",
            STR_ARG(url));
    }
    bool v6 = strchr(out->host, ':') != NULL;
    (void)snprintf(out->authority, sizeof out->authority, "%s%s%s:%u", v6 ? "[" : "", out->host,
                   v6 ? "]" : "", out->port);
    return STATUS_OK;
}

enum status http_upstream_resolve(void *context, const char *host, uint16_t port,
                                  struct http_upstream_found *out, struct error *err) {
    const struct addrinfo wanted = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char service[6];
    (void)context;
    (void)snprintf(service, sizeof service, "%u", port);
    int code = getaddrinfo(host, service, &wanted, &found);
    if (code != 0) {
        return error_set(err, STATUS_UNAVAILABLE, "%s: %s", host, gai_strerror(code));
    }
    out->count = 0;
    for (struct addrinfo *next = found; next && out->count < HTTP_UPSTREAM_ADDRESSES;
         next = next->ai_next) {
        memcpy(&out->addresses[out->count], next->ai_addr, next->ai_addrlen);
        out->lengths[out->count] = next->ai_addrlen;
        out->count++;
    }
    freeaddrinfo(found);
    return STATUS_OK;
}

// --- Coming and going ------------------------------------------------------------------------------------------------
static bool is_at(const struct http_upstream_peer *peer, const struct http_upstream_found *found,
                  size_t i) {
    return atomic_load(&peer->presence) != HTTP_UPSTREAM_EMPTY &&
           peer->length == found->lengths[i] &&
           memcmp(&peer->address, &found->addresses[i], peer->length) == 0;
}

static void write_text(struct http_upstream_peer *peer) {
    const void *bytes = &((const struct sockaddr_in *)(const void *)&peer->address)->sin_addr;
    if (peer->address.ss_family == AF_INET6) {
        bytes = &((const struct sockaddr_in6 *)(const void *)&peer->address)->sin6_addr;
    }
    if (!inet_ntop(peer->address.ss_family, bytes, peer->text, sizeof peer->text)) {
        (void)snprintf(peer->text, sizeof peer->text, "?");
    }
}

static void come(struct http_upstream_peer *peer, const struct http_upstream_found *found,
                 size_t i) {
    memcpy(&peer->address, &found->addresses[i], sizeof peer->address);
    peer->length = found->lengths[i];
    write_text(peer);
    atomic_store(&peer->unhealthy, false);
    atomic_store(&peer->against, 0);
    atomic_store(&peer->distrusted, false);
    atomic_store(&peer->failures, 0);
    atomic_store(&peer->ejections, 0);
    atomic_store(&peer->ejected_until_us, 0);
    atomic_store(&peer->forgive_us, 0);
    atomic_store(&peer->requests, 0);
    atomic_store(&peer->failed, 0);
    atomic_store(&peer->ejected, 0);
    atomic_store(&peer->checks, 0);
    atomic_store(&peer->presence, HTTP_UPSTREAM_PRESENT);
}

static bool is_here(struct http_upstream_peer *peers, const struct http_upstream_found *found,
                    size_t i) {
    for (size_t k = 0; k < HTTP_UPSTREAM_ADDRESSES; k++) {
        if (is_at(&peers[k], found, i)) {
            atomic_store(&peers[k].presence, HTTP_UPSTREAM_PRESENT);
            return true;
        }
    }
    return false;
}

// Unless those that went still have connections in all places: then it comes the next time.
static void take_place(struct http_upstream_peer *peers, const struct http_upstream_found *found,
                       size_t i) {
    for (size_t k = 0; k < HTTP_UPSTREAM_ADDRESSES; k++) {
        if (atomic_load(&peers[k].presence) == HTTP_UPSTREAM_EMPTY) {
            come(&peers[k], found, i);
            return;
        }
    }
}

static void let_go(struct http_upstream_peer *peer, const struct http_upstream_found *found) {
    bool there = false;
    for (size_t i = 0; i < found->count && !there; i++) {
        there = is_at(peer, found, i);
    }
    if (!there && atomic_load(&peer->presence) != HTTP_UPSTREAM_EMPTY) {
        bool used = atomic_load(&peer->connections) > 0;
        atomic_store(&peer->presence, used ? HTTP_UPSTREAM_GONE : HTTP_UPSTREAM_EMPTY);
    }
}

void http_upstream_update(struct http_upstream *upstream, size_t target,
                          const struct http_upstream_found *found) {
    struct http_upstream_peer *peers = upstream->targets[target].peers;
    thread_must(pthread_mutex_lock(&upstream->mutex));
    for (size_t k = 0; k < HTTP_UPSTREAM_ADDRESSES; k++) {
        let_go(&peers[k], found);
    }
    for (size_t i = 0; i < found->count; i++) {
        if (!is_here(peers, found, i)) {
            take_place(peers, found, i);
        }
    }
    atomic_fetch_add(&upstream->version, 1);
    thread_must(pthread_mutex_unlock(&upstream->mutex));
}

bool http_upstream_enter(struct http_upstream *upstream, struct http_upstream_peer *peer,
                         struct sockaddr_storage *address, socklen_t *length) {
    thread_must(pthread_mutex_lock(&upstream->mutex));
    bool present = atomic_load(&peer->presence) == HTTP_UPSTREAM_PRESENT;
    if (present) {
        memcpy(address, &peer->address, sizeof *address);
        *length = peer->length;
        atomic_fetch_add(&peer->connections, 1);
    }
    thread_must(pthread_mutex_unlock(&upstream->mutex));
    return present;
}

void http_upstream_leave(struct http_upstream_peer *peer) {
    atomic_fetch_sub(&peer->connections, 1);
}
