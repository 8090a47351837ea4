// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Writes the registry of metrics as an ExportMetricsServiceRequest: counters as monotonic sums and histograms, both cumulative since the
// start, and gauges as they are.
#include <math.h>

#include "base/metrics.h"
#include "otlp/encode.h"

#define CUMULATIVE 2

struct encoding {
    struct json_writer *writer;
    int64_t start_ns, now_ns;
    const char *open; // name of the metric whose points are being written; NULL: none
    enum metrics_kind kind;
};

static void close_metric(struct encoding *encoding) {
    struct json_writer *writer = encoding->writer;
    if (!encoding->open) {
        return;
    }
    json_end_array(writer);
    if (encoding->kind != METRICS_GAUGE) {
        json_member_u64(writer, STR("aggregationTemporality"), CUMULATIVE);
    }
    if (encoding->kind == METRICS_COUNTER) {
        json_member_bool(writer, STR("isMonotonic"), true);
    }
    json_end_object(writer);
    json_end_object(writer);
    encoding->open = NULL;
}

static void open_metric(struct encoding *encoding, const struct metrics_sample *sample) {
    static const struct str kinds[] = {STR_INIT("sum"), STR_INIT("histogram"), STR_INIT("gauge")};
    struct json_writer *writer = encoding->writer;
    json_begin_object(writer);
    json_member_string(writer, STR("name"), str_from_c(sample->name));
    json_member_string(writer, STR("description"), str_from_c(sample->help));
    json_key(writer, kinds[sample->kind]);
    json_begin_object(writer);
    json_key(writer, STR("dataPoints"));
    json_begin_array(writer);
    encoding->open = sample->name;
    encoding->kind = sample->kind;
}

// `code="200",route="/users/:id"`: our own, in which nothing is escaped.
static void write_labels(struct json_writer *writer, struct str labels) {
    json_key(writer, STR("attributes"));
    json_begin_array(writer);
    while (labels.len > 0) {
        struct str key = str_cut(&labels, '=');
        (void)str_cut(&labels, '"');
        struct str value = str_cut(&labels, '"');
        (void)str_cut(&labels, ',');
        otlp_encode_attribute(writer, key, value);
    }
    json_end_array(writer);
}

static void write_histogram(struct json_writer *writer, const struct metrics_sample *sample) {
    uint64_t count = 0;
    for (unsigned i = 0; i <= sample->bound_count; i++) {
        count += sample->buckets[i];
    }
    otlp_encode_u64(writer, STR("count"), count);
    json_member_double(writer, STR("sum"), sample->value);
    json_key(writer, STR("bucketCounts"));
    json_begin_array(writer);
    for (unsigned i = 0; i <= sample->bound_count; i++) {
        otlp_encode_u64_value(writer, sample->buckets[i]);
    }
    json_end_array(writer);
    json_key(writer, STR("explicitBounds"));
    json_begin_array(writer);
    for (unsigned i = 0; i < sample->bound_count; i++) {
        json_double(writer, sample->bounds[i]);
    }
    json_end_array(writer);
}

static void write_sample(const struct metrics_sample *sample, void *context) {
    struct encoding *encoding = context;
    struct json_writer *writer = encoding->writer;
    if (sample->kind == METRICS_GAUGE && !isfinite(sample->value)) {
        return; // JSON has no such number, and nothing is known
    }
    if (encoding->open != sample->name) {
        close_metric(encoding);
        open_metric(encoding, sample);
    }
    json_begin_object(writer);
    write_labels(writer, str_from_c(sample->labels));
    if (sample->kind != METRICS_GAUGE) {
        otlp_encode_u64(writer, STR("startTimeUnixNano"), (uint64_t)encoding->start_ns);
    }
    otlp_encode_u64(writer, STR("timeUnixNano"), (uint64_t)encoding->now_ns);
    switch (sample->kind) {
    case METRICS_COUNTER: otlp_encode_u64(writer, STR("asInt"), sample->count); break;
    case METRICS_GAUGE: json_member_double(writer, STR("asDouble"), sample->value); break;
    case METRICS_HISTOGRAM: write_histogram(writer, sample); break;
    }
    json_end_object(writer);
}

enum status otlp_encode_metrics(struct buffer *out, const struct otlp_resource *resource,
                                int64_t start_ns, int64_t now_ns) {
    struct json_writer writer;
    struct encoding encoding = {.writer = &writer, .start_ns = start_ns, .now_ns = now_ns};
    json_writer_init(&writer, out);
    otlp_encode_begin(&writer, resource, STR("resourceMetrics"), STR("scopeMetrics"),
                      STR("metrics"));
    metrics_visit(write_sample, &encoding);
    close_metric(&encoding);
    otlp_encode_end(&writer);
    return json_writer_status(&writer);
}
