// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// W3C Trace Context: which traceparent is continued, and what is handed on.
#include "harness.h"

#include <stdio.h>
#include <string.h>

#include "http/trace.h"

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN "00f067aa0ba902b7"

static void right_ones_are_continued(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *flags; // handed on
        bool sampled;
    } cases[] = {
        {"00-" TRACE "-" SPAN "-01", "01", true},
        {"00-" TRACE "-" SPAN "-00", "00", false},
        {"00-" TRACE "-" SPAN "-03", "03", true},
        {"00-" TRACE "-" SPAN "-ff", "03", true}, // flags that are not known are not handed on
        {"00-" TRACE "-" SPAN "-fe", "02", false},
        {"cc-" TRACE "-" SPAN "-01", "01", true},
        {"cc-" TRACE "-" SPAN "-01-what-comes-later", "01", true},
    };
    struct random_seeded random;
    random_seeded_init(&random, 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_trace trace;
        char expected[60];
        assert_true(http_trace_continue(str_from_c(cases[i].text), &random.source, &trace));
        assert_true(str_equal(http_trace_id(&trace), STR(TRACE)));
        assert_string_equal(trace.caller, SPAN);
        assert_int_equal(trace.sampled, cases[i].sampled);
        (void)snprintf(expected, sizeof expected, "00-%s-%.16s-%s", TRACE,
                       http_trace_span(&trace).data, cases[i].flags);
        assert_string_equal(trace.parent, expected);
        assert_false(str_equal(http_trace_span(&trace), STR(SPAN)));
    }
}

static void wrong_ones_are_not(void **state) {
    (void)state;
    static const char *const cases[] = {
        "",
        "00",
        "00-" TRACE "-" SPAN,
        "00-" TRACE "-" SPAN "-0",
        "00-" TRACE "-" SPAN "-01 ",
        "00-" TRACE "-" SPAN "-01-more",
        "00-" TRACE "-" SPAN "-0g",
        "00-" TRACE "-" SPAN "-0A",
        "ff-" TRACE "-" SPAN "-01",
        "0x-" TRACE "-" SPAN "-01",
        "cc-" TRACE "-" SPAN "-01.",
        "00_" TRACE "-" SPAN "-01",
        "00-" TRACE "_" SPAN "-01",
        "00-" TRACE "-" SPAN "_01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-" SPAN "-01",
        "00-00000000000000000000000000000000-" SPAN "-01",
        "00-" TRACE "-0000000000000000-01",
        "00-" TRACE "-00f067aa0ba902B7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-010",
    };
    struct random_seeded random;
    random_seeded_init(&random, 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_trace trace;
        assert_false(http_trace_continue(str_from_c(cases[i]), &random.source, &trace));
    }
}

// What one starts another continues.
static void started_ones_are_right(void **state) {
    (void)state;
    for (int sampled = 0; sampled < 2; sampled++) {
        struct http_trace first;
        struct http_trace second;
        http_trace_start(sampled, random_system(), &first);
        assert_int_equal(strlen(first.parent), HTTP_TRACEPARENT_LEN);
        assert_false(http_trace_is_continued(&first));
        assert_true(http_trace_continue(str_from_c(first.parent), random_system(), &second));
        assert_true(str_equal(http_trace_id(&first), http_trace_id(&second)));
        assert_true(str_equal(http_trace_span(&first), str_from_c(second.caller)));
        assert_int_equal(second.sampled, sampled);
    }
}

static void handle(struct http_exchange *exchange, void *context) {
    (void)context;
    http_trace_begin(exchange, false, random_system());
    buffer_printf(http_reply_body(exchange), "id=%.*s caller=%s.",
                  STR_ARG(http_trace_id(exchange->trace)), exchange->trace->caller);
    http_reply_send(exchange, 200, "text/plain");
}

static void a_request_has_one_trace(void **state) {
    (void)state;
    static const char one[] = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                              "TraceParent: 00-" TRACE "-" SPAN "-01\r\n\r\n";
    static const char two[] = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                              "traceparent: 00-" TRACE "-" SPAN "-01\r\n"
                              "traceparent: 00-" TRACE "-" SPAN "-01\r\n\r\n";
    struct http_server *server = harness_start(handle, NULL, NULL);
    ASSERT_CONTAINS(harness_talk(server, one, sizeof one - 1), "id=" TRACE " caller=" SPAN ".");
    const char *reply = harness_talk(server, two, sizeof two - 1);
    ASSERT_CONTAINS(reply, " caller=.");
    ASSERT_LACKS(reply, TRACE);
    http_server_stop(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_ones_are_continued),
        cmocka_unit_test(wrong_ones_are_not),
        cmocka_unit_test(started_ones_are_right),
        cmocka_unit_test(a_request_has_one_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
