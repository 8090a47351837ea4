// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Towards HTTPS.
#include "gateway/https.h"

#include <stdio.h>

#include "http/problem.h"

#define HTTPS_PORT 443

bool gateway_is_secure(const struct http_exchange *exchange) {
    const struct http_request *request = &exchange->request;
    return request->secure || str_equal_ignore_case(request->forwarded_proto, STR("https"));
}

static bool stays_plain(struct str path) {
    return str_starts_with(path, STR("/.well-known/acme-challenge/")) ||
           str_equal(path, STR("/health")) || str_starts_with(path, STR("/health/"));
}

// The host without a port; empty when it is none that may stand in a URL.
static struct str host_of(struct str authority) {
    size_t end = authority.len;
    bool v6 = authority.len > 0 && authority.data[0] == '[';
    for (size_t i = 0; i < authority.len; i++) {
        char c = authority.data[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (v6 && c == ']') {
            return str_make(authority.data, i + 1);
        }
        if (c == ':' && !v6) {
            end = i;
            break;
        }
        if (!plain && c != '-' && c != '.' && c != '_' && !(v6 && (c == ':' || i == 0))) {
            return STR_EMPTY;
        }
    }
    return v6 ? STR_EMPTY : str_make(authority.data, end);
}

static struct str location_of(const struct gateway_https *https, struct http_exchange *exchange) {
    const struct http_request *request = &exchange->request;
    const char *mark = request->query.data ? "?" : "";
    if (str_starts_with(https->public_url, STR("https://"))) {
        struct str base = https->public_url;
        while (base.len > 0 && base.data[base.len - 1] == '/') {
            base.len--;
        }
        return arena_printf(&exchange->arena, "%.*s%.*s%s%.*s", STR_ARG(base),
                            STR_ARG(request->path), mark, STR_ARG(request->query));
    }
    struct str host = request->forwarded_host.data ? request->forwarded_host
                                                   : http_request_header(exchange, STR("Host"));
    host = host_of(host);
    if (host.len == 0) {
        return STR_EMPTY;
    }
    char port[8] = "";
    if (https->port != 0 && https->port != HTTPS_PORT) {
        snprintf(port, sizeof port, ":%u", https->port);
    }
    return arena_printf(&exchange->arena, "https://%.*s%s%.*s%s%.*s", STR_ARG(host), port,
                        STR_ARG(request->path), mark, STR_ARG(request->query));
}

static void redirect(const struct gateway_https *https, struct http_exchange *exchange) {
    struct str location = location_of(https, exchange);
    if (!location.data) {
        http_reply_problem(exchange, 400,
                           STR("This server answers through HTTPS, but the Host names none."));
        return;
    }
    bool reads = exchange->request.method == HTTP_GET_ || exchange->request.method == HTTP_HEAD_;
    http_reply_header(exchange, "Location", location);
    http_reply_send(exchange, reads ? 301 : 308, NULL);
}

bool gateway_https_handle(const struct gateway_https *https, struct http_exchange *exchange) {
    if (gateway_is_secure(exchange)) {
        if (https->hsts_seconds > 0) {
            char text[40];
            int len = snprintf(text, sizeof text, "max-age=%lld", (long long)https->hsts_seconds);
            http_reply_header(exchange, "Strict-Transport-Security", str_make(text, (size_t)len));
        }
        return false;
    }
    if (!https->redirect || stays_plain(exchange->request.path)) {
        return false;
    }
    redirect(https, exchange);
    return true;
}
