// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// OTLP in JSON: ids in hexadecimal, 64-bit numbers as strings, enumerations as numbers; private to src/otlp/.
#ifndef FOOTFALL_OTLP_ENCODE_H
#define FOOTFALL_OTLP_ENCODE_H

#include "base/json_write.h"
#include "otlp/otlp.h"

// What all of a process' spans and metrics have in common.
struct otlp_resource {
    struct str role;
    struct str instance; // tells one start of a process from another
};

// One span, without a line end in it. Times in nanoseconds since 1970. span_id must be there.
void otlp_encode_span(struct json_writer *writer, const struct otlp_span *span, int64_t start_ns,
                      int64_t end_ns);
// A whole ExportTraceServiceRequest of spans that were encoded, each with a line end behind it.
void otlp_encode_traces(struct buffer *out, const struct otlp_resource *resource, struct str spans);
// {"resource":…,"scopeX":[{"scope":…,"X":[ of a request, and its end.
void otlp_encode_begin(struct json_writer *writer, const struct otlp_resource *resource,
                       struct str resources, struct str scopes, struct str items);
void otlp_encode_end(struct json_writer *writer);
// {"key":…,"value":…}
void otlp_encode_attribute(struct json_writer *writer, struct str key, struct str text);
// The registry of metrics as a whole request.
MUST_CHECK enum status otlp_encode_metrics(struct buffer *out, const struct otlp_resource *resource,
                                           int64_t start_ns, int64_t now_ns);
// "123", and "name":"123"
void otlp_encode_u64_value(struct json_writer *writer, uint64_t value);
void otlp_encode_u64(struct json_writer *writer, struct str name, uint64_t value);

#endif
