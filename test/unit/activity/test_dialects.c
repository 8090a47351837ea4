// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What each dialect's members become in the canonical event.
#include "base/uuid.h"
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

static void test_plain_words(void **state) {
    struct reading *r = *state;
    RUN(r, plain, ANY,
        "{\"type\":\"button_click\",\"userId\":\"u1\",\"timestamp\":\"2026-11-23T07:00:00Z\","
        "\"properties\":{\"n\":1},\"colour\":\"red\",\"id\":\"m1\",\"name\":\"Buy\"}");
    const struct event *event = reading_event(r, 0);
    assert_true(r->result.single);
    assert_int_equal(event->type, EVENT_TRACK);
    ASSERT_STR(event->name, "button_click");
    ASSERT_STR(event->id, "m1");
    ASSERT_STR(event->user_id, "u1");
    ASSERT_STR(event->project, "shop");
    ASSERT_STR(event->dialect, "plain");
    ASSERT_STR(event->ip, "192.0.2.7");
    ASSERT_STR(event->user_agent, "curl/8");
    ASSERT_STR(event->properties, "{\"n\":1}");
    ASSERT_STR(event->extra, "\"colour\":\"red\",\"asSent\":{\"name\":\"Buy\"}");
    assert_int_equal(event->timestamp_ms, INT64_C(1795417200000));
    assert_int_equal(event->original_timestamp.len, 0);
}

static void test_plain_types(void **state) {
    struct reading *r = *state;
    RUN(r, plain, ANY,
        "[{\"type\":\"page_visit\",\"userId\":1},{\"type\":\"page\",\"name\":\"Home\",\"userId\":2},"
        "{\"type\":\"track\",\"event\":\"go\",\"userId\":3},{\"type\":\"track\",\"userId\":4},"
        "{\"userId\":5},{\"type\":\"identify\",\"userId\":6,\"traits\":{\"a\":1}}]");
    assert_int_equal(r->result.count, 4);
    assert_int_equal(reading_event(r, 0)->type, EVENT_PAGE);
    ASSERT_STR(r->event.name, "page_visit");
    ASSERT_STR(r->event.user_id, "1");
    ASSERT_STR(reading_event(r, 1)->name, "Home");
    ASSERT_STR(reading_event(r, 2)->name, "go");
    ASSERT_STR(reading_event(r, 3)->traits, "{\"a\":1}");
    assert_int_equal(r->result.rejected_count, 2);
    assert_int_equal(r->result.rejected[0].index, 3);
    ASSERT_STR(r->result.rejected[0].reason, "event is required");
    ASSERT_STR(r->result.rejected[1].reason, "type is required");
}

static void test_segment_batch_merges_what_it_says_for_all(void **state) {
    struct reading *r = *state;
    RUN(r, segment, BATCH,
        "{\"context\":{\"library\":{\"name\":\"x\"},\"ip\":\"1.2.3.4\"},\"integrations\":{\"All\":true},"
        "\"batch\":[{\"type\":\"track\",\"event\":\"a\",\"userId\":\"u\"},"
        "{\"type\":\"page\",\"name\":\"Home\",\"category\":\"shop\",\"event\":\"odd\",\"userId\":\"u\","
        "\"context\":{\"ip\":\"5.6.7.8\",\"page\":{\"path\":\"/\"}},\"integrations\":{\"X\":false}}],"
        "\"writeKey\":\"wk_test\",\"sentAt\":\"2026-11-23T07:29:31.000Z\"}");
    ASSERT_STR(reading_event(r, 0)->context, "{\"library\":{\"name\":\"x\"},\"ip\":\"1.2.3.4\"}");
    ASSERT_STR(r->event.extra, "\"integrations\":{\"All\":true}");
    ASSERT_STR(reading_event(r, 1)->context, "{\"ip\":\"5.6.7.8\",\"page\":{\"path\":\"/\"},"
                                             "\"library\":{\"name\":\"x\"}}");
    ASSERT_STR(r->event.extra, "\"category\":\"shop\",\"event\":\"odd\","
                               "\"integrations\":{\"X\":false,\"All\":true}");
    ASSERT_STR(r->event.sent_at, "2026-11-23T07:29:31.000Z");
}

static void test_names_of_the_canonical_form_cannot_be_forged(void **state) {
    struct reading *r = *state;
    RUN(r, segment, BATCH,
        "{\"batch\":[{\"type\":\"track\",\"event\":\"a\",\"userId\":\"u\",\"project\":\"evil\",\"id\":7,"
        "\"receivedAt\":\"2001-01-01\",\"source\":{},\"timestampClamped\":true,\"writeKey\":\"wk_other\"}]}");
    ASSERT_STR(reading_event(r, 0)->project, "shop");
    assert_int_equal(r->event.received_ms, READING_RECEIVED);
    assert_false(r->event.clamped);
    assert_int_equal(r->event.id.len, UUID_TEXT_LEN);
    ASSERT_STR(r->event.extra,
               "\"asSent\":{\"project\":\"evil\",\"id\":7,\"receivedAt\":\"2001-01-01\","
               "\"source\":{},\"timestampClamped\":true}");
}

static void test_skew_is_taken_out(void **state) {
    struct reading *r = *state;
    // The sender's clock is an hour ahead; the event happened two seconds before it was sent.
    RUN(r, segment, BATCH,
        "{\"batch\":[{\"type\":\"track\",\"event\":\"a\",\"userId\":\"u\",\"timestamp\":"
        "\"2026-11-23T08:29:29.000Z\"}],\"sentAt\":\"2026-11-23T08:29:31.000Z\"}");
    assert_int_equal(reading_event(r, 0)->timestamp_ms, READING_RECEIVED - 2000);
    ASSERT_STR(r->event.original_timestamp, "2026-11-23T08:29:29.000Z");
    assert_false(r->event.clamped);
    // Without sentAt nothing is known about the clock; far ahead is clamped.
    RUN(r, segment, BATCH,
        "{\"batch\":[{\"type\":\"track\",\"event\":\"a\",\"userId\":\"u\",\"timestamp\":"
        "\"2026-11-25T08:29:29.000Z\"}]}");
    assert_int_equal(reading_event(r, 0)->timestamp_ms, READING_RECEIVED);
    ASSERT_STR(r->event.original_timestamp, "2026-11-25T08:29:29.000Z");
    assert_true(r->event.clamped);
    // RudderStack's originalTimestamp wins over timestamp; sentAt of the event over that of the batch.
    RUN(r, segment, BATCH,
        "{\"batch\":[{\"type\":\"track\",\"event\":\"a\",\"userId\":\"u\",\"timestamp\":"
        "\"2026-11-23T01:00:00Z\",\"originalTimestamp\":\"2026-11-23T07:00:00Z\",\"sentAt\":"
        "\"2026-11-23T07:00:01Z\"}],\"sentAt\":\"2026-11-23T08:29:31.000Z\"}");
    assert_int_equal(reading_event(r, 0)->timestamp_ms, READING_RECEIVED - 1000);
}

static void test_rudder_is_told_by_its_library_and_headers_fill_in(void **state) {
    struct reading *r = *state;
    r->input.anonymous_id = STR("from-header");
    r->input.sent_at = STR("2026-11-23T07:29:31.000Z");
    r->input.has_type = true;
    r->input.type = EVENT_PAGE;
    RUN(r, segment, ONE,
        "{\"userId\":\"\",\"name\":\"Home\",\"context\":{\"library\":{\"name\":\"RudderLabs JavaScript SDK\"}}}");
    ASSERT_STR(reading_event(r, 0)->anonymous_id, "from-header");
    ASSERT_STR(r->event.dialect, "rudderstack");
    ASSERT_STR(r->event.sent_at, "2026-11-23T07:29:31.000Z");
    assert_int_equal(r->event.type, EVENT_PAGE);
    assert_int_equal(r->event.user_id.len, 0);
}

static void test_posthog_shapes(void **state) {
    struct reading *r = *state;
    RUN(r, posthog, ANY,
        "[{\"event\":\"$pageview\",\"uuid\":\"e1\",\"properties\":{\"distinct_id\":\"d1\",\"$device_id\":\"d1\","
        "\"$current_url\":\"https://a.example/x/y?z#q\",\"$referrer\":\"$direct\",\"$browser\":\"Firefox\","
        "\"$os\":\"Linux\",\"$raw_user_agent\":\"UA\",\"title\":\"T\",\"$device_type\":\"Desktop\"},\"offset\":1500},"
        "{\"event\":\"$identify\",\"distinct_id\":\"u1\",\"properties\":{\"$anon_distinct_id\":\"d1\"},\"$set\":{\"a\":1}},"
        "{\"event\":\"$create_alias\",\"distinct_id\":\"u1\",\"properties\":{\"alias\":\"old\"}},"
        "{\"event\":\"$create_alias\",\"distinct_id\":\"d1\",\"properties\":{\"alias\":\"u9\",\"$is_identified\":false}},"
        "{\"event\":\"$groupidentify\",\"distinct_id\":\"u1\",\"properties\":{\"$group_type\":\"company\","
        "\"$group_key\":\"g1\",\"$group_set\":{\"n\":2}}},"
        "{\"event\":\"bought\",\"distinct_id\":\"u1\",\"timestamp\":\"2026-11-23T07:00:00Z\",\"$set\":{\"b\":1},"
        "\"properties\":{\"$user_id\":\"u1\",\"$device_id\":\"d1\"}},"
        "{\"event\":\"ghost\",\"distinct_id\":\"x1\",\"properties\":{\"$process_person_profile\":false}}]");
    assert_int_equal(r->result.count, 7);
    const struct event *event = reading_event(r, 0);
    assert_int_equal(event->type, EVENT_PAGE);
    ASSERT_STR(event->name, "/x/y");
    ASSERT_STR(event->id, "e1");
    ASSERT_STR(event->anonymous_id, "d1");
    assert_int_equal(event->user_id.len, 0);
    assert_int_equal(event->timestamp_ms, READING_RECEIVED - 1500);
    ASSERT_STR(event->context, "{\"page\":{\"url\":\"https://a.example/x/y?z#q\",\"title\":\"T\"},"
                               "\"userAgent\":\"UA\",\"browser\":{\"name\":\"Firefox\"},"
                               "\"os\":{\"name\":\"Linux\"},\"device\":{\"type\":\"Desktop\"}}");
    ASSERT_STR(reading_event(r, 1)->user_id, "u1");
    assert_int_equal(r->event.type, EVENT_IDENTIFY);
    ASSERT_STR(r->event.anonymous_id, "d1");
    ASSERT_STR(r->event.traits, "{\"a\":1}");
    ASSERT_STR(reading_event(r, 2)->previous_id, "old");
    ASSERT_STR(r->event.user_id, "u1");
    ASSERT_STR(reading_event(r, 3)->previous_id, "d1");
    ASSERT_STR(r->event.user_id, "u9");
    ASSERT_STR(r->event.anonymous_id, "d1");
    ASSERT_STR(reading_event(r, 4)->group_id, "g1");
    ASSERT_STR(r->event.name, "company");
    ASSERT_STR(r->event.traits, "{\"n\":2}");
    ASSERT_STR(reading_event(r, 5)->name, "bought");
    ASSERT_STR(r->event.anonymous_id, "d1");
    ASSERT_STR(r->event.extra, "\"$set\":{\"b\":1}");
    assert_int_equal(r->event.traits.len, 0);
    ASSERT_STR(reading_event(r, 6)->anonymous_id, "x1");
}

static void test_keys_of_items(void **state) {
    struct reading *r = *state;
    r->input.project = STR_EMPTY;
    RUN(r, posthog, ANY,
        "[{\"event\":\"a\",\"distinct_id\":\"u\",\"properties\":{\"token\":\"wk_test\"}},"
        "{\"event\":\"b\",\"distinct_id\":\"u\",\"properties\":{\"token\":\"nobody\"}},"
        "{\"event\":\"c\",\"distinct_id\":\"u\",\"properties\":{\"token\":\"wk_other\"}}]");
    assert_int_equal(r->result.count, 2);
    ASSERT_STR(reading_event(r, 0)->project, "shop");
    ASSERT_STR(reading_event(r, 1)->project, "other");
    assert_int_equal(r->result.rejected[0].status, STATUS_NOT_FOUND);
    RUN(r, posthog, ANY, "[{\"event\":\"a\",\"distinct_id\":\"u\"}]");
    assert_int_equal(r->result.refused, 401);
    RUN(r, segment, BATCH, "{\"writeKey\":\"nobody\",\"batch\":[]}");
    assert_int_equal(r->result.refused, 401);
    RUN(r, segment, BATCH, "{\"batch\":[]}");
    assert_int_equal(r->result.refused, 401);
    RUN(r, segment, BATCH, "{\"batch\":[],\"writeKey\":\"wk_test\"}");
    assert_int_equal(r->result.refused, 0);
    RUN(r, plain, ANY, "{\"type\":\"a\",\"userId\":\"u\",\"writeKey\":\"wk_test\"}");
    assert_int_equal(r->result.count, 1);
    assert_int_equal(reading_event(r, 0)->extra.len, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_plain_words, start, end),
        cmocka_unit_test_setup_teardown(test_plain_types, start, end),
        cmocka_unit_test_setup_teardown(test_segment_batch_merges_what_it_says_for_all, start, end),
        cmocka_unit_test_setup_teardown(test_names_of_the_canonical_form_cannot_be_forged, start,
                                        end),
        cmocka_unit_test_setup_teardown(test_skew_is_taken_out, start, end),
        cmocka_unit_test_setup_teardown(test_rudder_is_told_by_its_library_and_headers_fill_in,
                                        start, end),
        cmocka_unit_test_setup_teardown(test_posthog_shapes, start, end),
        cmocka_unit_test_setup_teardown(test_keys_of_items, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
