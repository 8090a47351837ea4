// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Hands spans of sampled traces to a collector by OTLP/HTTP, in its JSON form (https://opentelemetry.io/docs/specs/otlp/).
//
//   otlp_put (any thread) ─→ queue of encoded spans, bounded ─→ one thread: gzip, POST /v1/traces ─→ collector
//
// A span is encoded by who puts it and waits for nothing but a short lock. When the queue is full it is dropped, and counted in
// footfall_otlp_dropped_total. What is on its way stays in memory, besides the queue, and is sent again until the collector takes it or
// says that it never will: a collector that is away costs spans only when the queue is full, and when the process ends.
#ifndef FOOTFALL_OTLP_OTLP_H
#define FOOTFALL_OTLP_OTLP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "base/str.h"

enum otlp_kind { // as of the protocol
    OTLP_INTERNAL = 1,
    OTLP_SERVER = 2,
    OTLP_CLIENT = 3,
    OTLP_PRODUCER = 4,
    OTLP_CONSUMER = 5,
};

struct otlp_attribute {
    const char *key;
    struct str text; // data NULL: it is a number
    int64_t number;
};
#define OTLP_TEXT(key, text) ((struct otlp_attribute){(key), (text), 0})
#define OTLP_NUMBER(key, number) ((struct otlp_attribute){(key), STR_EMPTY, (number)})

struct otlp_span {
    struct str trace_id;  // 32 hexadecimal digits
    struct str span_id;   // 16 of them; empty: one is made
    struct str parent_id; // 16 of them; empty: it is the first of its trace
    struct str name;
    enum otlp_kind kind;
    int64_t start_us, end_us;                // monotonic, of the exporter's clock
    const struct otlp_attribute *attributes; // an empty text is left out
    size_t attribute_count;
    bool failed;
};

struct otlp_config {
    struct str endpoint; // "http://host:4318": /v1/traces and /v1/metrics are put behind it
    struct str headers;  // "name=value,name=value"; may be empty
    struct str role;     // of this process
    int64_t interval_ms; // spans that come meanwhile are sent at once
    size_t queue_bytes;
    int64_t metrics_ms; // how often metrics are sent; 0: never
    struct clock *clock;
    struct random_source *random;
};
struct otlp_exporter;

// INVALID: the endpoint or the headers are not right; NO_MEMORY. The texts are copied.
MUST_CHECK enum status otlp_start(const struct otlp_config *config, struct otlp_exporter **out,
                                  struct error *err);
// Tries once more to send what is left, for two seconds and a little at most. After whoever puts. NULL is fine.
void otlp_stop(struct otlp_exporter *exporter);
// Any thread. exporter NULL: nothing is done.
void otlp_put(struct otlp_exporter *exporter, const struct otlp_span *span);

#endif
