// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// problem+json: its members, and input quoted in it that is no text.
#include "harness.h"
#include "http/problem.h"

static void answer(struct http_exchange *exchange, void *context) {
    (void)context;
    struct str path = exchange->request.path;
    buffer_append_str(http_reply_body(exchange), STR("begun and thrown away"));
    if (str_equal(path, STR("/plain"))) {
        http_reply_problem(exchange, 404, STR("Say \"friend\"."));
    } else if (str_equal(path, STR("/format"))) {
        http_reply_problemf(exchange, 409, "%d is not %s", 1, "2");
    } else if (str_equal(path, STR("/broken"))) {
        http_reply_problem(exchange, 400, STR("a\xff\xc3(\xf0\x9f\x98\x80\xed\xa0\x80z\xc3"));
    } else if (str_equal(path, STR("/long"))) {
        http_reply_problemf(exchange, 400, "%3000d", 7);
    } else {
        const struct http_problem_error errors[] = {{STR("/name"), STR("is missing")},
                                                    {STR("?x\xff"), STR("is\x01 odd")}};
        http_reply_problem_errors(exchange, 422, STR("Two faults."), errors, 2);
    }
}

static const char *get(struct http_server *server, const char *request) {
    return harness_talk(server, request, strlen(request));
}

static void test_problems(void **state) {
    (void)state;
    struct http_server *server = harness_start(answer, NULL, NULL);
    const char *reply = get(server, "GET /plain?q=1 HTTP/1.0\r\nX-Request-Id: r1\r\n\r\n");
    ASSERT_CONTAINS(reply, "HTTP/1.1 404 Not Found\r\n");
    ASSERT_CONTAINS(reply, "Content-Type: application/problem+json\r\n");
    ASSERT_CONTAINS(
        reply, "\r\n\r\n{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,"
               "\"detail\":\"Say \\\"friend\\\".\",\"instance\":\"/plain\",\"requestId\":\"r1\"}");
    ASSERT_CONTAINS(get(server, "GET /format HTTP/1.0\r\n\r\n"), "\"detail\":\"1 is not 2\"");
    ASSERT_CONTAINS(get(server, "GET /broken HTTP/1.0\r\n\r\n"),
                    "\"detail\":\"a\xEF\xBF\xBD\xEF\xBF\xBD(\xf0\x9f\x98\x80"
                    "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz\xEF\xBF\xBD\"");
    ASSERT_CONTAINS(get(server, "GET /long HTTP/1.0\r\n\r\n"), "HTTP/1.1 400 ");
    ASSERT_CONTAINS(
        get(server, "GET /errors HTTP/1.0\r\nX-Request-Id: r2\r\n\r\n"),
        "\"requestId\":\"r2\",\"errors\":[{\"pointer\":\"/name\",\"detail\":\"is missing\"},"
        "{\"pointer\":\"?x\xEF\xBF\xBD\",\"detail\":\"is\\u0001 odd\"}]}");
    http_server_stop(server);
}

static void test_titles(void **state) {
    (void)state;
    assert_string_equal(http_status_title(200), "OK");
    assert_string_equal(http_status_title(413), "Content Too Large");
    assert_string_equal(http_status_title(503), "Service Unavailable");
    assert_string_equal(http_status_title(299), "Unknown");
    assert_string_equal(http_status_title(0), "Unknown");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_problems),
        cmocka_unit_test(test_titles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
