// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What a collector gets, letter by letter.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/metrics.h"
#include "otlp/encode.h"
#include "otlp/post.h"

#define RESOURCE                                                                                   \
    "\"resource\":{\"attributes\":["                                                               \
    "{\"key\":\"service.name\",\"value\":{\"stringValue\":\"footfall\"}},"                         \
    "{\"key\":\"service.version\",\"value\":{\"stringValue\":\"" FOOTFALL_VERSION "\"}},"          \
    "{\"key\":\"service.instance.id\",\"value\":{\"stringValue\":\"i-1\"}},"                       \
    "{\"key\":\"footfall.role\",\"value\":{\"stringValue\":\"run\"}}]}"
#define SCOPE "\"scope\":{\"name\":\"footfall\",\"version\":\"" FOOTFALL_VERSION "\"}"

static const struct otlp_resource resource = {STR_INIT("run"), STR_INIT("i-1")};

static void assert_text(struct buffer *buffer, const char *expected) {
    buffer_append_char(buffer, '\0');
    assert_int_equal(buffer_status(buffer), STATUS_OK);
    assert_string_equal(buffer->data, expected);
}

static void a_span_is_as_the_protocol_says(void **state) {
    (void)state;
    const struct otlp_attribute attributes[] = {
        OTLP_TEXT("http.route", STR("/v1/track")),
        OTLP_TEXT("nothing", STR("")),
        OTLP_TEXT("broken", STR("\xff")),
        OTLP_NUMBER("http.response.status_code", 503),
    };
    struct otlp_span span = {.trace_id = STR("4bf92f3577b34da6a3ce929d0e0e4736"),
                             .span_id = STR("00f067aa0ba902b7"),
                             .parent_id = STR("00f067aa0ba902b8"),
                             .name = STR("POST \"/v1/track\"\n"),
                             .kind = OTLP_SERVER,
                             .attributes = attributes,
                             .attribute_count = 4,
                             .failed = true};
    struct buffer out;
    struct json_writer writer;
    buffer_init(&out, 4096);
    json_writer_init(&writer, &out);
    otlp_encode_span(&writer, &span, INT64_C(1795416168123456000), INT64_C(1795416168125000000));
    assert_int_equal(json_writer_status(&writer), STATUS_OK);
    assert_text(&out,
                "{\"traceId\":\"4bf92f3577b34da6a3ce929d0e0e4736\",\"spanId\":\"00f067aa0ba902b7\","
                "\"parentSpanId\":\"00f067aa0ba902b8\",\"name\":\"POST \\\"/v1/track\\\"\\n\","
                "\"kind\":2,\"startTimeUnixNano\":\"1795416168123456000\","
                "\"endTimeUnixNano\":\"1795416168125000000\",\"attributes\":["
                "{\"key\":\"http.route\",\"value\":{\"stringValue\":\"/v1/track\"}},"
                "{\"key\":\"http.response.status_code\",\"value\":{\"intValue\":\"503\"}}],"
                "\"status\":{\"code\":2}}");
    buffer_free(&out);
}

static void the_first_span_of_a_trace_has_no_parent(void **state) {
    (void)state;
    struct otlp_span span = {.trace_id = STR("4bf92f3577b34da6a3ce929d0e0e4736"),
                             .span_id = STR("00f067aa0ba902b7"),
                             .name = STR("append"),
                             .kind = OTLP_PRODUCER};
    struct buffer out;
    struct json_writer writer;
    buffer_init(&out, 4096);
    json_writer_init(&writer, &out);
    otlp_encode_span(&writer, &span, 1, 2);
    assert_text(&out, "{\"traceId\":\"4bf92f3577b34da6a3ce929d0e0e4736\","
                      "\"spanId\":\"00f067aa0ba902b7\",\"name\":\"append\",\"kind\":4,"
                      "\"startTimeUnixNano\":\"1\",\"endTimeUnixNano\":\"2\",\"attributes\":[]}");
    buffer_free(&out);
}

static void a_request_has_all_spans(void **state) {
    (void)state;
    struct buffer out;
    buffer_init(&out, 4096);
    otlp_encode_traces(&out, &resource, STR("{\"a\":1}\n{\"b\":2}\n"));
    assert_text(&out, "{\"resourceSpans\":[{" RESOURCE ",\"scopeSpans\":[{" SCOPE
                      ",\"spans\":[{\"a\":1},{\"b\":2}]}]}]}");
    buffer_free(&out);
}

static double degrees(void *context) {
    return *(const double *)context;
}

static void metrics_are_sums_gauges_and_histograms(void **state) {
    (void)state;
    static const double bounds[] = {0.5, 2};
    double warm = 21.5, unknown = NAN;
    struct buffer out;
    metrics_reset_for_tests();
    metrics_id gets = metrics_counter("t_requests_total", "How many.", "code=\"200\",route=\"/a\"");
    metrics_id seconds = metrics_histogram("t_seconds", "How long.", NULL, bounds, 2);
    (void)metrics_counter("t_requests_total", "How many.", "code=\"500\",route=\"/a\"");
    (void)metrics_gauge("t_degrees", "How warm.", "room=\"1\"", degrees, &warm);
    (void)metrics_gauge("t_degrees", "How warm.", "room=\"2\"", degrees, &unknown);
    metrics_add(gets, 5);
    metrics_observe(seconds, 0.5);
    metrics_observe(seconds, 0.75);
    metrics_observe(seconds, 4);
    buffer_init(&out, 8192);
    assert_int_equal(otlp_encode_metrics(&out, &resource, 100, 200), STATUS_OK);
    assert_text(
        &out,
        "{\"resourceMetrics\":[{" RESOURCE ",\"scopeMetrics\":[{" SCOPE ",\"metrics\":["
        "{\"name\":\"t_requests_total\",\"description\":\"How many.\",\"sum\":{\"dataPoints\":["
        "{\"attributes\":[{\"key\":\"code\",\"value\":{\"stringValue\":\"200\"}},"
        "{\"key\":\"route\",\"value\":{\"stringValue\":\"/a\"}}],"
        "\"startTimeUnixNano\":\"100\",\"timeUnixNano\":\"200\",\"asInt\":\"5\"},"
        "{\"attributes\":[{\"key\":\"code\",\"value\":{\"stringValue\":\"500\"}},"
        "{\"key\":\"route\",\"value\":{\"stringValue\":\"/a\"}}],"
        "\"startTimeUnixNano\":\"100\",\"timeUnixNano\":\"200\",\"asInt\":\"0\"}],"
        "\"aggregationTemporality\":2,\"isMonotonic\":true}},"
        "{\"name\":\"t_seconds\",\"description\":\"How long.\",\"histogram\":{\"dataPoints\":["
        "{\"attributes\":[],\"startTimeUnixNano\":\"100\",\"timeUnixNano\":\"200\",\"count\":\"3\","
        "\"sum\":5.25,\"bucketCounts\":[\"1\",\"1\",\"1\"],\"explicitBounds\":[0.5,2]}],"
        "\"aggregationTemporality\":2}},"
        "{\"name\":\"t_degrees\",\"description\":\"How warm.\",\"gauge\":{\"dataPoints\":["
        "{\"attributes\":[{\"key\":\"room\",\"value\":{\"stringValue\":\"1\"}}],"
        "\"timeUnixNano\":\"200\",\"asDouble\":21.5}]}}]}]}]}");
    buffer_free(&out);
    metrics_reset_for_tests();
}

static bool never(void *context) {
    (void)context;
    return false;
}

static void wrong_endpoints_and_headers_are_refused(void **state) {
    (void)state;
    static const struct {
        struct str endpoint, headers;
    } wrong[] = {
        {STR_INIT("collector:4318"), STR_INIT("")},
        {STR_INIT("ftp://collector"), STR_INIT("")},
        {STR_INIT("http://"), STR_INIT("")},
        {STR_INIT("http://c/?x=1"), STR_INIT("")},
        {STR_INIT("http://c"), STR_INIT("Authorization")},
        {STR_INIT("http://c"), STR_INIT("=x")},
        {STR_INIT("http://c"), STR_INIT("a b=x")},
        {STR_INIT("http://c"), STR_INIT("a=x\r\nHost: y")},
        {STR_INIT("http://c"), STR_INIT("a=x,,b=y")},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct otlp_post *post = NULL;
        struct error err;
        assert_int_equal(
            otlp_post_make(wrong[i].endpoint, wrong[i].headers, never, NULL, &post, &err),
            STATUS_INVALID);
        assert_null(post);
    }
    struct otlp_post *post = NULL;
    struct error err;
    assert_int_equal(
        otlp_post_make(STR("https://c/base/"), STR("a=x=1, b = y"), never, NULL, &post, &err),
        STATUS_OK);
    otlp_post_free(post);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_span_is_as_the_protocol_says),
        cmocka_unit_test(the_first_span_of_a_trace_has_no_parent),
        cmocka_unit_test(a_request_has_all_spans),
        cmocka_unit_test(metrics_are_sums_gauges_and_histograms),
        cmocka_unit_test(wrong_endpoints_and_headers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
