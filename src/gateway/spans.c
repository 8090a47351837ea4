// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Makes a span of a request that is done.
#include "gateway/spans.h"

#include <stdio.h>

#include "auth/keyring.h"

#define NAME_MAX_BYTES 160

void gateway_span_put(struct otlp_exporter *exporter, const struct http_exchange *exchange,
                      int64_t duration_us) {
    const struct http_trace *trace = exchange->trace;
    if (!exporter || !trace || !trace->sampled) {
        return;
    }
    const struct http_request *request = &exchange->request;
    const struct auth_principal *principal = exchange->principal;
    // Names of methods are whatever was sent.
    struct str method = request->method == HTTP_OTHER_ ? STR("_OTHER") : request->method_name;
    struct str route = str_from_c(exchange->route);
    char name[NAME_MAX_BYTES];
    int len = snprintf(name, sizeof name, "%.*s%s%.*s", STR_ARG(method), route.len > 0 ? " " : "",
                       STR_ARG(route));
    const struct otlp_attribute attributes[] = {
        OTLP_TEXT("http.request.method", method),
        OTLP_TEXT("http.route", route.data ? route : STR("")),
        OTLP_NUMBER("http.response.status_code", exchange->status),
        OTLP_NUMBER("http.request.body.size", (int64_t)request->body.len),
        OTLP_NUMBER("http.response.body.size", (int64_t)exchange->reply_bytes),
        OTLP_TEXT("network.protocol.name", STR("http")),
        OTLP_TEXT("footfall.request_id",
                  exchange->request_id.data ? exchange->request_id : STR("")),
        OTLP_TEXT("footfall.project", exchange->project.data ? exchange->project : STR("")),
        OTLP_TEXT("footfall.key", str_make(principal ? principal->key_id : "",
                                           principal ? strlen(principal->key_id) : 0)),
        OTLP_TEXT("footfall.upstream", exchange->upstream.data ? exchange->upstream : STR("")),
    };
    int64_t end_us = request->received_us + duration_us;
    struct otlp_span span = {
        .trace_id = http_trace_id(trace),
        .span_id = http_trace_span(trace),
        .parent_id = str_from_c(trace->caller),
        .name = str_make(name, (size_t)len < sizeof name ? (size_t)len : sizeof name - 1),
        .kind = OTLP_SERVER,
        .start_us = request->received_us,
        .end_us = end_us,
        .attributes = attributes,
        .attribute_count = sizeof attributes / sizeof attributes[0],
        .failed = exchange->status >= 500,
    };
    otlp_put(exporter, &span);
}
