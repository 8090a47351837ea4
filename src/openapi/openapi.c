// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Routes of the OpenAPI document and of its page.
#include "openapi/openapi.h"

#include "auth/keyring.h"
#include "http/query.h"
#include "openapi/openapi_private.h"

// A browser asks again after an upgrade, within minutes.
#define MAX_AGE "max-age=300"

static void send(struct http_exchange *exchange, const char *type, struct str body) {
    if (http_query_read(exchange, NULL, NULL, 0)) {
        http_reply_header(exchange, "Cache-Control", STR(MAX_AGE));
        http_reply_header(exchange, "X-Content-Type-Options", STR("nosniff"));
        http_reply_send_static(exchange, 200, type, body);
    }
}

// Tools in browsers read a contract from anywhere.
static void send_document(struct http_exchange *exchange, const char *type, struct str body) {
    http_reply_header(exchange, "Access-Control-Allow-Origin", STR("*"));
    send(exchange, type, body);
}

static void handle_yaml(struct http_exchange *exchange, void *context) {
    (void)context;
    send_document(exchange, "application/yaml", openapi_yaml);
}

static void handle_json(struct http_exchange *exchange, void *context) {
    (void)context;
    send_document(exchange, "application/json", openapi_json);
}

static void handle_page(struct http_exchange *exchange, void *context) {
    (void)context;
    http_reply_header(exchange, "Content-Security-Policy", openapi_policy);
    http_reply_header(exchange, "Referrer-Policy", STR("no-referrer"));
    send(exchange, "text/html; charset=utf-8", openapi_page);
}

static const struct http_route routes[] = {
    {HTTP_GET_, "/openapi.yaml", AUTH_ACCESS_PUBLIC, false, handle_yaml},
    {HTTP_GET_, "/openapi.json", AUTH_ACCESS_PUBLIC, false, handle_json},
    {HTTP_GET_, "/docs", AUTH_ACCESS_PUBLIC, false, handle_page},
};

struct http_route_table openapi_routes(void) {
    return (struct http_route_table){routes, sizeof routes / sizeof routes[0], NULL};
}
