// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Reads and writes traceparent.
#include "http/trace.h"

#include "http/exchange.h"

#define TRACE_AT 3
#define SPAN_AT (TRACE_AT + HTTP_TRACE_ID_LEN + 1)
#define FLAGS_AT (SPAN_AT + HTTP_SPAN_ID_LEN + 1)
#define FLAG_SAMPLED 1U
#define FLAG_RANDOM 2U // level 2: the trace id is random, which others may rely on

static const char HEX[] = "0123456789abcdef";

static int digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_id(const char *text, size_t len) {
    bool zero = true;
    for (size_t i = 0; i < len; i++) {
        if (digit(text[i]) < 0) {
            return false;
        }
        zero = zero && text[i] == '0';
    }
    return !zero;
}

static void put_random(char *out, size_t digits, struct random_source *random) {
    unsigned char bytes[HTTP_TRACE_ID_LEN / 2];
    random->fill(random, bytes, digits / 2);
    bytes[0] |= 1; // never all zeros
    for (size_t i = 0; i < digits / 2; i++) {
        out[2 * i] = HEX[bytes[i] >> 4];
        out[2 * i + 1] = HEX[bytes[i] & 15];
    }
}

static void finish(struct http_trace *trace, unsigned flags, struct random_source *random) {
    char *text = trace->parent;
    text[0] = text[1] = '0';
    text[TRACE_AT - 1] = text[SPAN_AT - 1] = text[FLAGS_AT - 1] = '-';
    put_random(text + SPAN_AT, HTTP_SPAN_ID_LEN, random);
    text[FLAGS_AT] = '0';
    text[FLAGS_AT + 1] = HEX[flags];
    text[HTTP_TRACEPARENT_LEN] = '\0';
    trace->sampled = (flags & FLAG_SAMPLED) != 0;
}

void http_trace_start(bool sampled, struct random_source *random, struct http_trace *out) {
    out->caller[0] = '\0';
    put_random(out->parent + TRACE_AT, HTTP_TRACE_ID_LEN, random);
    finish(out, FLAG_RANDOM | (sampled ? FLAG_SAMPLED : 0), random);
}

static bool is_version(struct str text) {
    int high = digit(text.data[0]);
    int low = digit(text.data[1]);
    if (high < 0 || low < 0 || (high == 15 && low == 15)) {
        return false;
    }
    bool known = high == 0 && low == 0;
    return known ? text.len == HTTP_TRACEPARENT_LEN
                 : text.len == HTTP_TRACEPARENT_LEN || text.data[HTTP_TRACEPARENT_LEN] == '-';
}

bool http_trace_continue(struct str traceparent, struct random_source *random,
                         struct http_trace *out) {
    const char *text = traceparent.data;
    if (traceparent.len < HTTP_TRACEPARENT_LEN || !is_version(traceparent) ||
        text[TRACE_AT - 1] != '-' || text[SPAN_AT - 1] != '-' || text[FLAGS_AT - 1] != '-' ||
        !is_id(text + TRACE_AT, HTTP_TRACE_ID_LEN) || !is_id(text + SPAN_AT, HTTP_SPAN_ID_LEN)) {
        return false;
    }
    int high = digit(text[FLAGS_AT]);
    int low = digit(text[FLAGS_AT + 1]);
    if (high < 0 || low < 0) {
        return false;
    }
    memcpy(out->parent + TRACE_AT, text + TRACE_AT, HTTP_TRACE_ID_LEN);
    memcpy(out->caller, text + SPAN_AT, HTTP_SPAN_ID_LEN);
    out->caller[HTTP_SPAN_ID_LEN] = '\0';
    finish(out, (unsigned)low & (FLAG_SAMPLED | FLAG_RANDOM), random);
    return true;
}

void http_trace_begin(struct http_exchange *exchange, bool sampled, struct random_source *random) {
    struct http_trace *trace = arena_alloc(&exchange->arena, sizeof *trace);
    const struct http_request *request = &exchange->request;
    struct str found = STR_EMPTY;
    unsigned count = 0;
    if (!trace) {
        return; // the request can be answered without
    }
    for (size_t i = 0; i < request->header_count; i++) {
        if (request->headers[i].name.len == 11 &&
            str_equal_ignore_case(request->headers[i].name, STR("traceparent"))) {
            found = request->headers[i].value;
            count++;
        }
    }
    if (count != 1 || !http_trace_continue(found, random, trace)) {
        http_trace_start(sampled, random, trace);
    }
    exchange->trace = trace;
}
