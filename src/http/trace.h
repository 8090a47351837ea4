// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Which trace a request belongs to: traceparent and tracestate of W3C Trace Context (https://www.w3.org/TR/trace-context/).
//
// A request is one span: it continues the trace that its sender names, or begins one. Whoever does something for it elsewhere (another
// process, an event on its way to the processor) is given `parent`, in which this span stands as the caller.
#ifndef FOOTFALL_HTTP_TRACE_H
#define FOOTFALL_HTTP_TRACE_H

#include <stdbool.h>

#include "base/random.h"
#include "base/status.h"
#include "base/str.h"

struct http_exchange;

#define HTTP_TRACEPARENT_LEN 55 // "00-" trace id "-" span id "-" flags
#define HTTP_TRACE_ID_LEN 32
#define HTTP_SPAN_ID_LEN 16

struct http_trace {
    char parent[HTTP_TRACEPARENT_LEN + 1]; // a traceparent of this span; NUL-terminated
    char caller[HTTP_SPAN_ID_LEN +
                1]; // span id of who sent the request; "" when the trace began here
    bool sampled;
};

static inline struct str http_trace_id(const struct http_trace *trace) {
    return str_make(trace->parent + 3, HTTP_TRACE_ID_LEN);
}
static inline struct str http_trace_span(const struct http_trace *trace) {
    return str_make(trace->parent + 4 + HTTP_TRACE_ID_LEN, HTTP_SPAN_ID_LEN);
}
static inline bool http_trace_is_continued(const struct http_trace *trace) {
    return trace->caller[0] != '\0';
}

// Continues the trace that a traceparent names. False when it is anything but what the specification allows: wrong length, upper case,
// an id of zeros, version ff. Of versions above 00 the part that is known counts.
MUST_CHECK bool http_trace_continue(struct str traceparent, struct random_source *random,
                                    struct http_trace *out);
void http_trace_start(bool sampled, struct random_source *random, struct http_trace *out);

// Sets exchange->trace, in its arena: continued when there is one right traceparent, else started. It stays NULL without memory.
// sampled: whether one that starts here is.
void http_trace_begin(struct http_exchange *exchange, bool sampled, struct random_source *random);

#endif
