// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What several processes know is put together: sums, owners, and partitions that nobody owns.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "app/view.h"

static const char activity[] =
    "{\"role\":\"activity\",\"version\":\"1\",\"ready\":true,\"uptimeSeconds\":5,\"memoryBytes\":1000,"
    "\"eventLog\":{\"engine\":\"kafka\",\"accepted\":70,\"acceptedBytes\":700,\"commits\":7,\"refused\":1,"
    "\"waitingBytes\":0,\"diskBytes\":11,\"quotaBytes\":100,\"writable\":true,\"reachable\":true,"
    "\"spool\":{\"active\":true,\"records\":3,\"bytes\":30,\"oldestAt\":\"2026-11-25T10:00:00.000Z\","
    "\"drained\":2}},\"partitions\":[{\"partition\":0,\"owned\":false,\"durable\":12,\"processed\":4,"
    "\"stuck\":false},{\"partition\":1,\"owned\":false,\"durable\":20,\"processed\":20,\"stuck\":false},"
    "{\"partition\":2,\"owned\":false,\"durable\":9,\"processed\":7,\"stuck\":false}]}";
static const char processor_1[] =
    "{\"role\":\"processor\",\"version\":\"1\",\"ready\":true,\"memoryBytes\":2000,"
    "\"processor\":{\"applied\":10,\"duplicates\":1,\"bots\":2,\"deadLetters\":0,\"cycles\":3},"
    "\"store\":{\"engine\":\"cassandra\",\"diskBytes\":0,\"memoryBytes\":5,\"writable\":true},"
    "\"partitions\":[{\"partition\":0,\"owned\":true,\"durable\":11,\"processed\":10,"
    "\"processedMs\":1700000000000,\"stuck\":false},"
    "{\"partition\":1,\"owned\":false,\"durable\":20,\"processed\":18,\"stuck\":false}]}";
static const char processor_2[] =
    "{\"role\":\"processor\",\"version\":\"1\",\"ready\":true,\"memoryBytes\":3000,"
    "\"processor\":{\"applied\":20,\"duplicates\":0,\"bots\":0,\"deadLetters\":4,\"cycles\":5},"
    "\"store\":{\"engine\":\"cassandra\",\"diskBytes\":0,\"memoryBytes\":5,\"writable\":false},"
    "\"partitions\":[{\"partition\":1,\"owned\":true,\"durable\":19,\"processed\":19,\"stuck\":true,"
    "\"problem\":\"the store refuses\"}]}";

static struct app_view read_view(const char *text, struct arena *arena) {
    struct app_view view = {.reachable = false};
    char padded[4096 + JSON_PADDING] = "";
    assert_in_range(strlen(text), 1, 4096);
    memcpy(padded, text, strlen(text));
    assert_int_equal(app_view_read(str_make(padded, strlen(text)), arena, &view), STATUS_OK);
    return view;
}

static void add(struct app_view *view, const char *text, struct arena *arena) {
    struct app_view other = read_view(text, arena);
    assert_int_equal(app_view_merge(view, &other, arena), STATUS_OK);
}

static void processes_are_put_together(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 4096, 0);
    struct app_view view = {.ready = true};
    add(&view, activity, &arena);
    add(&view, processor_1, &arena);
    add(&view, processor_2, &arena);
    app_view_settle(&view);
    assert_true(view.ready);
    assert_int_equal(view.log.appended_records, 70);
    assert_string_equal(view.log_engine, "kafka");
    assert_true(view.log.spooling);
    assert_int_equal(view.processor.applied, 30);
    assert_int_equal(view.processor.dead_letters, 4);
    assert_false(view.store.writable);
    assert_int_equal(view.memory_bytes, 6000);
    assert_int_equal(view.row_count, 3);
    // The owner says how far it is, and whoever looked last where the log ends.
    assert_int_equal(view.rows[0].next_offset, 10);
    assert_int_equal(view.rows[0].log_end, 12);
    assert_false(view.rows[0].stuck);
    assert_int_equal(view.rows[1].next_offset, 19);
    assert_int_equal(view.rows[1].log_end, 20);
    assert_string_equal(view.rows[1].problem, "the store refuses");
    assert_true(view.rows[2].stuck);
    assert_non_null(strstr(view.rows[2].problem, "no processor"));
    struct app_lag lag = app_view_lag(&view);
    assert_int_equal(lag.records, 2 + 1 + 2 + 3); // with what waits in the spool
    assert_true(lag.stuck);
    assert_int_equal(lag.processed_ms, 0); // of partition 2 nothing is known
    arena_free(&arena);
}

static void a_peer_that_does_not_answer_leaves_nothing_ready(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 4096, 0);
    struct app_view view = {.ready = true};
    const struct app_view silent = {.reachable = false};
    assert_int_equal(app_view_merge(&view, &silent, &arena), STATUS_OK);
    app_view_settle(&view);
    assert_false(view.ready);
    assert_true(app_view_lag(&view).stuck); // nothing known is not nothing to do
    arena_free(&arena);
}

static void a_view_comes_back_as_it_was_written(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 4096, 0);
    const char *const texts[] = {activity, processor_1, processor_2};
    for (size_t i = 0; i < 3; i++) {
        struct app_view view = read_view(texts[i], &arena);
        struct buffer first;
        struct buffer second;
        struct json_writer writer;
        buffer_init(&first, 65536);
        buffer_init(&second, 65536);
        json_writer_init(&writer, &first);
        app_view_write(&writer, &view, NULL, 0);
        assert_int_equal(json_writer_status(&writer), STATUS_OK);
        buffer_append_char(&first, '\0');
        struct app_view again = read_view(first.data, &arena);
        json_writer_init(&writer, &second);
        app_view_write(&writer, &again, NULL, 0);
        buffer_append_char(&second, '\0');
        assert_string_equal(first.data, second.data);
        buffer_free(&first);
        buffer_free(&second);
    }
    arena_free(&arena);
}

static void what_is_no_status_is_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "",   "hello",        "[]",
        "{}", "{\"role\":7}", "{\"role\":\"x\",\"partitions\":[{\"partition\":99999999}]}"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct arena arena;
        struct app_view view = {.reachable = false};
        char padded[200 + JSON_PADDING] = "";
        arena_init(&arena, 4096, 0);
        memcpy(padded, wrong[i], strlen(wrong[i]));
        assert_int_not_equal(app_view_read(str_make(padded, strlen(wrong[i])), &arena, &view),
                             STATUS_OK);
        arena_free(&arena);
    }
}

static void upstreams_are_shown(void **state) {
    (void)state;
    struct arena arena;
    struct http_upstream *upstream = NULL;
    struct error err;
    struct buffer out;
    struct json_writer writer;
    const struct str urls[] = {STR("http://127.0.0.1:8081"), STR("https://127.0.0.2")};
    const struct http_upstream_config config = {.name = "users", .urls = urls, .url_count = 2};
    arena_init(&arena, 4096, 0);
    buffer_init(&out, 64 * 1024);
    assert_int_equal(http_upstream_make(&config, &upstream, &err), STATUS_OK);
    struct app_upstream_view shown;
    app_upstream_look(upstream, &arena, &shown);
    http_upstream_free(upstream); // what was seen does not need it
    const struct app_view gateway = {
        .reachable = true, .ready = true, .upstreams = &shown, .upstream_count = 1};
    struct app_view view = {.ready = true};
    assert_int_equal(app_view_merge(&view, &gateway, &arena), STATUS_OK);
    add(&view, activity, &arena);
    json_writer_init(&writer, &out);
    app_view_write(&writer, &view, NULL, 0);
    buffer_append_char(&out, '\0');
    assert_int_equal(buffer_status(&out), STATUS_OK);
    assert_non_null(strstr(
        out.data,
        "\"upstreams\":[{\"name\":\"users\",\"breaker\":\"closed\",\"active\":0,\"waiting\":0,\"retrying\":0,"
        "\"connections\":0,\"addresses\":[{\"url\":\"127.0.0.1:8081\",\"address\":\"127.0.0.1\","
        "\"state\":\"healthy\",\"active\":0,\"connections\":0,\"requests\":0,\"failures\":0,"
        "\"ejections\":0,\"checks\":0},{\"url\":\"127.0.0.2:443\","));
    buffer_free(&out);
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(processes_are_put_together),
        cmocka_unit_test(a_peer_that_does_not_answer_leaves_nothing_ready),
        cmocka_unit_test(a_view_comes_back_as_it_was_written),
        cmocka_unit_test(what_is_no_status_is_refused),
        cmocka_unit_test(upstreams_are_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
