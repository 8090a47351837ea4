// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Input that nobody should send: refused whole only when it is not JSON, otherwise event by event with the reason.
#include <stdio.h>
#include <stdlib.h>

#include "unit/activity/reading.h"

static int start(void **state) {
    static struct reading reading;
    reading_start(&reading);
    *state = &reading;
    return 0;
}

static int end(void **state) {
    reading_end(*state);
    return 0;
}

static void test_bodies_that_are_refused(void **state) {
    static const struct {
        const char *text;
        unsigned status;
    } table[] = {
        {"{\"batch\":[{\"type\":\"track\"", 400},
        {"{\"batch\":[{\"type\":\"track\"}", 400},
        {"{\"batch\":[{}]} trailing", 400},
        {"{\"batch\":[{},,{}]}", 400},
        {"{\"batch\":[{} {}]}", 400},
        {"{\"batch\":null}", 400},
        {"{\"batch\":{}}", 400},
        {"{\"batch\":\"[]\"}", 400},
        {"{}", 400},
        {"[]", 400},
        {"{\"batch\":[],\"batch\":[]}", 400},
        {"{\"batch\":[],\"context\":{},\"context\":{}}", 400},
        {"{\"batch\":[],\"integrations\":0,\"integrations\":0}", 400},
        {"{\"batch\":[],\"sentAt\":0,\"sentAt\":0}", 400},
        {"{\"batch\":[],\"token\":0,\"token\":0}", 400},
        {"{\"batch\":[],\"context\":{\"a\":}}", 400},
        {"{\"batch\":[],\"sentAt\":\"\xff\"}", 400},
        {"{", 400},
        {"{\"", 400},
        {"nonsense", 400},
    };
    struct reading *r = *state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        reading_run(r, &activity_dialect_segment, ACTIVITY_BATCH, str_from_c(table[i].text));
        if (r->result.refused != table[i].status) {
            fail_msg("%s: %u", table[i].text, r->result.refused);
        }
        assert_true(r->result.reason.len > 0);
        assert_int_equal(r->result.count, 0);
    }
}

static void test_reasons(void **state) {
    static const struct {
        const char *event;
        const char *reason;
    } table[] = {
        {"{\"event\":\"a\"}", "userId or anonymousId is required"},
        {"{\"event\":\"a\",\"userId\":\"\",\"anonymousId\":null}",
         "userId or anonymousId is required"},
        {"{\"userId\":\"u\"}", "event is required"},
        {"{\"userId\":\"u\",\"event\":\"\"}", "event is required"},
        {"{\"userId\":\"u\",\"event\":[]}", "event: a string is expected"},
        {"{\"userId\":true,\"event\":\"a\"}", "userId: a string is expected"},
        {"{\"userId\":\"u\",\"event\":\"a\",\"properties\":[]}",
         "properties: an object is expected"},
        {"{\"userId\":\"u\",\"event\":\"a\",\"context\":\"x\"}", "context: an object is expected"},
        {"{\"userId\":\"u\",\"event\":\"a\",\"timestamp\":\"foo\"}",
         "timestamp: \"foo\" is not an RFC 3339 time"},
        {"{\"userId\":\"u\",\"event\":\"a\",\"timestamp\":1e400}",
         "timestamp: \"1e400\" is not an RFC 3339 time"},
        {"{\"userId\":\"u\",\"event\":\"a\",\"timestamp\":\"1969-12-31T23:59:59Z\"}",
         "timestamp: 1969-12-31T23:59:59.000Z is before the year 1990"},
        {"{\"userId\":\"u\",\"event\":\"a\",\"timestamp\":1795418971}",
         "timestamp: 1970-01-21T18:43:38.971Z is before the year 1990"},
        {"{\"userId\":\"a\\u0000b\",\"event\":\"a\"}", "userId: contains a NUL character"},
        {"[]", "an event is an object"},
        {"null", "an event is an object"},
    };
    struct reading *r = *state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char text[512];
        snprintf(text, sizeof text, "{\"batch\":[%s%s]}",
                 table[i].event[0] == '{' ? "{\"type\":\"track\"," : "",
                 table[i].event[0] == '{' ? table[i].event + 1 : table[i].event);
        reading_run(r, &activity_dialect_segment, ACTIVITY_BATCH, str_from_c(text));
        ASSERT_REJECTED(r, table[i].reason);
    }
    RUN(r, segment, BATCH, "{\"batch\":[{\"type\":\"foo\",\"userId\":\"u\",\"messageId\":\"m\"}]}");
    ASSERT_REJECTED(r, "type: is none of track, identify, page, screen, group, alias");
}

static char *repeat(const char *before, char c, size_t n, const char *after) {
    size_t a = strlen(before), b = strlen(after);
    char *text = malloc(a + n + b + 1);
    assert_non_null(text);
    memcpy(text, before, a);
    memset(text + a, c, n);
    memcpy(text + a + n, after, b + 1);
    return text;
}

static void run_repeated(struct reading *r, const char *before, char c, size_t n,
                         const char *after) {
    char *text = repeat(before, c, n, after);
    reading_run(r, &activity_dialect_segment, ACTIVITY_BATCH, str_from_c(text));
    free(text);
}

static void test_sizes(void **state) {
    struct reading *r = *state;
    const char *before =
        "{\"batch\":[{\"type\":\"track\",\"userId\":\"u\",\"messageId\":\"m1\",\"event\":\"";
    run_repeated(r, before, 'a', 256, "\"}]}");
    assert_int_equal(r->result.count, 1);
    run_repeated(r, before, 'a', 257, "\"}]}");
    ASSERT_REJECTED(r, "event: 257 bytes, at most 256 allowed");
    ASSERT_STR(r->result.rejected[0].message_id, "m1");
    run_repeated(r, before, 'a', 33 * 1024, "\"}]}");
    ASSERT_REJECTED(r, "the event has 33849 bytes, at most 32768 are allowed");
    ASSERT_STR(r->result.rejected[0].message_id, "m1");
    r->limits.event_bytes = 2 * 1024 * 1024;
    run_repeated(r, before, 'a', 1024 * 1024, "\"}]}");
    ASSERT_REJECTED(r, "event: 1048576 bytes, at most 256 allowed");
    r->limits.event_bytes = EVENT_BYTES_MAX;
    run_repeated(
        r, "{\"batch\":[{\"type\":\"track\",\"userId\":\"u\",\"event\":\"e\",\"messageId\":\"", 'm',
        201, "\"}]}");
    ASSERT_REJECTED(r, "messageId: 201 bytes, at most 200 allowed");
    assert_null(r->result.rejected[0].message_id.data);
    run_repeated(r, "{\"batch\":[{\"type\":\"track\",\"event\":\"e\",\"userId\":\"", 'u', 257,
                 "\"}]}");
    ASSERT_REJECTED(r, "userId: 257 bytes, at most 256 allowed");
    run_repeated(r, "{\"batch\":[],\"context\":{\"a\":\"", 'u', 40000, "\"}}");
    assert_int_equal(r->result.refused, 413);
    run_repeated(r, "{\"batch\":[],\"sentAt\":\"", 'u', 40000, "\"}");
    assert_int_equal(r->result.refused, 413);
    run_repeated(r, "{\"batch\":[],\"writeKey\":\"", 'u', 40000, "\"}");
    assert_int_equal(r->result.refused, 413);
}

// A batch's context laid under ten thousand events that come to nothing would cost their product.
static void test_what_is_rejected_is_not_merged(void **state) {
    struct reading *r = *state;
    run_repeated(r, "{\"context\":{\"a\":\"", 'a', 32600,
                 "\"},\"batch\":[{\"type\":\"track\",\"event\":\"e\",\"context\":{\"b\":1}}]}");
    ASSERT_REJECTED(r, "userId or anonymousId is required");
    assert_in_range(r->worker.scratch.used, 1, 64 * 1024);
}

static void test_depth(void **state) {
    struct reading *r = *state;
    char deep[600] =
        "{\"batch\":[{\"type\":\"track\",\"event\":\"e\",\"userId\":\"u\",\"properties\":";
    size_t before = strlen(deep);
    for (int nested = 31; nested <= 32; nested++) {
        size_t at = before;
        for (int i = 0; i < nested; i++) {
            memcpy(deep + at, "{\"a\":", 5);
            at += 5;
        }
        deep[at++] = '1';
        memset(deep + at, '}', (size_t)nested);
        memcpy(deep + at + nested, "}]}", 4);
        reading_run(r, &activity_dialect_segment, ACTIVITY_BATCH, str_from_c(deep));
        assert_int_equal(r->result.count, nested == 31 ? 1 : 0);
        if (nested == 31) {
            (void)reading_event(r, 0);
        } else {
            assert_int_equal(r->result.rejected[0].status, STATUS_TOO_DEEP);
        }
    }
    char *arrays = repeat("{\"batch\":[", '[', 100000, "]}");
    reading_run(r, &activity_dialect_segment, ACTIVITY_BATCH, str_from_c(arrays));
    assert_int_equal(r->result.refused, 400);
    free(arrays);
}

static void test_one_bad_of_many(void **state) {
    struct reading *r = *state;
    RUN(r, segment, BATCH,
        "{\"batch\":[{\"type\":\"track\",\"event\":\"a\",\"userId\":\"u\"},"
        "{\"type\":\"track\",\"event\":\"\xff\xfe\",\"userId\":\"u\",\"messageId\":\"bad\"},"
        "{\"type\":\"track\",\"event\":\"b\",\"event\":\"c\",\"userId\":\"u\",\"messageId\":\"twice\"},"
        "{\"type\":\"track\",\"event\":\"b\\q\",\"userId\":\"u\",\"messageId\":\"\xff\"},"
        "{\"type\":\"track\" \"event\":\"b\"},"
        "{\"type\":\"track\",\"event\":\"c\",\"userId\":\"u\"}]}");
    assert_int_equal(r->result.count, 2);
    assert_int_equal(r->result.rejected_count, 4);
    assert_int_equal(r->result.rejected[0].index, 1);
    assert_int_equal(r->result.rejected[0].status, STATUS_INVALID_UTF8);
    ASSERT_STR(r->result.rejected[0].message_id, "bad");
    assert_int_equal(r->result.rejected[1].status, STATUS_DUPLICATE_KEY);
    assert_null(r->result.rejected[2].message_id.data);
    assert_int_equal(r->result.rejected[3].status, STATUS_SYNTAX);
}

static void test_many(void **state) {
    struct reading *r = *state;
    static const char one[] = "{\"type\":\"track\",\"event\":\"a\",\"userId\":\"u\"},";
    size_t len = sizeof one - 1;
    char *text = malloc(10 + 10001 * len + 3);
    assert_non_null(text);
    for (size_t n = 10000; n <= 10001; n++) {
        memcpy(text, "{\"batch\":[", 10);
        for (size_t i = 0; i < n; i++) {
            memcpy(text + 10 + i * len, one, len);
        }
        memcpy(text + 10 + n * len - 1, "]}", 3);
        reading_run(r, &activity_dialect_segment, ACTIVITY_BATCH, str_from_c(text));
        assert_int_equal(r->result.count, n == 10000 ? 10000 : 0);
        assert_int_equal(r->result.refused, n == 10000 ? 0 : 413);
    }
    ASSERT_STR(r->result.reason, "more than 10000 events in one request");
    r->limits.record_bytes = 1000;
    reading_run(r, &activity_dialect_segment, ACTIVITY_BATCH, str_from_c(text));
    assert_int_equal(r->result.refused, 413);
    free(text);
}

static void test_envelopes_of_the_wrong_type_do_not_harm(void **state) {
    struct reading *r = *state;
    RUN(r, segment, BATCH,
        "{\"context\":7,\"integrations\":[1],\"sentAt\":{},\"writeKey\":null,\"batch\":"
        "[{\"type\":\"track\",\"event\":\"a\",\"userId\":\"u\"}],\"sent_at\":\"yesterday\"}");
    assert_int_equal(r->result.count, 1);
    ASSERT_STR(reading_event(r, 0)->sent_at, "yesterday");
    assert_int_equal(r->event.timestamp_ms, READING_RECEIVED);
    RUN(r, segment, BATCH, "{\"batch\":[]}");
    assert_int_equal(r->result.refused, 0);
    assert_int_equal(r->result.count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_bodies_that_are_refused, start, end),
        cmocka_unit_test_setup_teardown(test_reasons, start, end),
        cmocka_unit_test_setup_teardown(test_sizes, start, end),
        cmocka_unit_test_setup_teardown(test_what_is_rejected_is_not_merged, start, end),
        cmocka_unit_test_setup_teardown(test_depth, start, end),
        cmocka_unit_test_setup_teardown(test_one_bad_of_many, start, end),
        cmocka_unit_test_setup_teardown(test_many, start, end),
        cmocka_unit_test_setup_teardown(test_envelopes_of_the_wrong_type_do_not_harm, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
