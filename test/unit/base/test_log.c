// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Log lines: both formats, what input may not forge, lines that are too long, sinks that fail.
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/metrics.h"
#include "base/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int ends[2];

static int open_sink(void **state) {
    (void)state;
    return pipe(ends);
}

static int close_sink(void **state) {
    (void)state;
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    return 0;
}

// The one line written, from behind its time.
static const char *line(void) {
    static char text[10000];
    ssize_t got = read(ends[0], text, sizeof text - 1);
    assert_true(got > 30);
    text[got] = '\0';
    assert_ptr_equal(strchr(text, '\n'), text + got - 1);
    return text;
}

static void expect_line(const char *expected) {
    const char *text = line();
    const char *rest = text[0] == '{' ? strstr(text, "\"level\"") : text + 25;
    if (strcmp(rest, expected) != 0) {
        print_message("got      %sexpected %s", rest, expected);
        fail();
    }
}

static void test_text(void **state) {
    (void)state;
    log_configure(LOG_LEVEL_DEBUG, LOG_FORMAT_TEXT, ends[1]);
    LOG_INFO("http", "listening", LOG_CSTR("address", "127.0.0.1:8080"), LOG_INT("workers", 2));
    expect_line("INFO  http listening address=127.0.0.1:8080 workers=2\n");
    LOG_DEBUG("a", "b", LOG_BOOL("yes", true), LOG_DOUBLE("part", 0.25), LOG_INT("low", INT64_MIN));
    expect_line("DEBUG a b yes=true part=0.25 low=-9223372036854775808\n");
    LOG_ERROR("store", "gone");
    expect_line("ERROR store gone\n");
}

static void test_json(void **state) {
    (void)state;
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_JSON, ends[1]);
    LOG_WARN("http", "slow", LOG_CSTR("path", "/a b"), LOG_INT("ms", 7), LOG_BOOL("ok", false),
             LOG_DOUBLE("nan", (double)NAN), LOG_DOUBLE("x", 1.5));
    expect_line("\"level\":\"warn\",\"component\":\"http\",\"message\":\"slow\",\"path\":\"/a b\","
                "\"ms\":7,\"ok\":false,\"nan\":null,\"x\":1.5}\n");
}

static void test_input_cannot_forge(void **state) {
    (void)state;
    static const char evil[] = "x\n2026 INFO b=\"1\" \\ \x1b[2J\x7f \xff \xc2\x9b \xe2\x80\xae "
                               "\xe2\x80\xa8 \xc3\xa4";
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, ends[1]);
    LOG_INFO("c", "m", LOG_CSTR("v", evil), LOG_CSTR("e", ""), LOG_CSTR("q", "a=b"));
    expect_line("INFO  c m v=\"x\\n2026 INFO b=\\\"1\\\" \\\\ \\x1b[2J\\x7f \\xff \\u009b \\u202e "
                "\\u2028 \xc3\xa4\" e=\"\" q=\"a=b\"\n");
    LOG_INFO("c", "two\nlines");
    expect_line("INFO  c two\\nlines\n");
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_JSON, ends[1]);
    LOG_INFO("c", "m", LOG_CSTR("v", evil), LOG_STR("z", STR("a\0b")));
    expect_line("\"level\":\"info\",\"component\":\"c\",\"message\":\"m\",\"v\":\"x\\n2026 INFO "
                "b=\\\"1\\\" \\\\ \\u001b[2J\\u007f \\ufffd \\u009b \\u202e \\u2028 \xc3\xa4\","
                "\"z\":\"a\\u0000b\"}\n");
}

static void test_below_the_level_is_silent(void **state) {
    (void)state;
    assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    log_configure(LOG_LEVEL_WARN, LOG_FORMAT_TEXT, ends[1]);
    LOG_INFO("a", "b");
    log_configure(LOG_LEVEL_OFF, LOG_FORMAT_TEXT, ends[1]);
    LOG_ERROR("a", "b");
    char byte;
    assert_int_equal(read(ends[0], &byte, 1), -1);
}

static void test_long_lines_stay_whole(void **state) {
    (void)state;
    static char giant[100001];
    static const char bytes[] = "a\n\"\xff";
    for (size_t b = 0; b < sizeof bytes; b++) {
        memset(giant, bytes[b] == '\0' ? ' ' : bytes[b], sizeof giant - 1);
        for (int format = LOG_FORMAT_TEXT; format <= LOG_FORMAT_JSON; format++) {
            log_configure(LOG_LEVEL_INFO, (enum log_format)format, ends[1]);
            LOG_INFO(giant, giant, LOG_CSTR("one", giant), LOG_CSTR("two", giant),
                     LOG_CSTR("three", giant), LOG_INT("last", 1));
            const char *text = line();
            size_t len = strlen(text);
            assert_true(len <= 4096);
            const char *end =
                format == LOG_FORMAT_JSON ? "\"truncated\":true}\n" : " truncated=true\n";
            assert_string_equal(text + len - strlen(end), end);
            assert_non_null(strstr(text, "last"));
        }
    }
}

static void test_errno_survives(void **state) {
    (void)state;
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, -1);
    errno = ENOSPC;
    LOG_INFO("a", "b");
    assert_int_equal(errno, ENOSPC);
}

static void test_lost_lines_are_counted(void **state) {
    (void)state;
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, -1);
    metrics_id lost = metrics_counter("footfall_log_lines_lost_total",
                                      "Log lines that could not be written.", NULL);
    uint64_t before = metrics_read(lost);
    LOG_INFO("a", "b");
    assert_int_equal(metrics_read(lost), before + 1);
}

#define THREADS 4
#define LINES 500

static void *write_lines(void *context) {
    (void)context;
    for (int i = 0; i < LINES; i++) {
        LOG_INFO("thread", "a line that is as long as any other", LOG_INT("n", 1000 + i));
    }
    return NULL;
}

static void test_threads_do_not_mix(void **state) {
    (void)state;
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, ends[1]);
    struct thread threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(thread_start(&threads[i], "writer", write_lines, NULL), STATUS_OK);
    }
    FILE *in = fdopen(dup(ends[0]), "r");
    assert_non_null(in);
    char text[200];
    for (int i = 0; i < THREADS * LINES; i++) {
        assert_non_null(fgets(text, sizeof text, in));
        int n = 0;
        assert_int_equal(
            sscanf(text + 25, "INFO  thread a line that is as long as any other n=%d\n", &n), 1);
        assert_in_range(n, 1000, 1000 + LINES - 1);
    }
    for (size_t i = 0; i < THREADS; i++) {
        thread_join(&threads[i]);
    }
    fclose(in);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_text, open_sink, close_sink),
        cmocka_unit_test_setup_teardown(test_json, open_sink, close_sink),
        cmocka_unit_test_setup_teardown(test_input_cannot_forge, open_sink, close_sink),
        cmocka_unit_test_setup_teardown(test_below_the_level_is_silent, open_sink, close_sink),
        cmocka_unit_test_setup_teardown(test_long_lines_stay_whole, open_sink, close_sink),
        cmocka_unit_test_setup_teardown(test_errno_survives, open_sink, close_sink),
        cmocka_unit_test_setup_teardown(test_lost_lines_are_counted, open_sink, close_sink),
        cmocka_unit_test_setup_teardown(test_threads_do_not_mix, open_sink, close_sink),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
