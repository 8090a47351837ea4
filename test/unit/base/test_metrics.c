// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Metrics: sums over living and ended threads, histograms, gauges, the text format, a full table.
#include "base/metrics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/thread.h"
#include "support/failing_malloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int reset(void **state) {
    (void)state;
    metrics_reset_for_tests();
    return 0;
}

// The whole text, NUL-terminated, valid until the next call.
static const char *render(void) {
    static char text[100000];
    struct buffer out;
    buffer_init_fixed(&out, text, sizeof text);
    metrics_render(&out);
    buffer_append_char(&out, '\0');
    assert_int_equal(buffer_status(&out), STATUS_OK);
    return text;
}

static void expect_text(const char *part) {
    const char *text = render();
    if (strstr(text, part) == NULL) {
        print_message("%s\nlacks\n%s\n", text, part);
        fail();
    }
}

static void test_counter(void **state) {
    (void)state;
    metrics_id ok = metrics_counter("t_requests_total", "Requests.", "code=\"200\"");
    metrics_id other = metrics_counter("t_other_total", "Line\nbreak and \\.", NULL);
    metrics_id bad = metrics_counter("t_requests_total", "Requests.", "code=\"500\"");
    assert_true(ok != 0 && bad != 0 && other != 0 && ok != bad && other != bad);
    assert_int_equal(metrics_counter("t_requests_total", "Requests.", "code=\"200\""), ok);
    metrics_add(ok, 3);
    metrics_add(ok, 4);
    metrics_add(bad, 1);
    assert_int_equal(metrics_read(ok), 7);
    // One head for a name, and its lines together though another was registered between them.
    expect_text("# HELP t_requests_total Requests.\n# TYPE t_requests_total counter\n"
                "t_requests_total{code=\"200\"} 7\nt_requests_total{code=\"500\"} 1\n");
    expect_text("# HELP t_other_total Line\\nbreak and \\\\.\n# TYPE t_other_total counter\n"
                "t_other_total 0\n");
}

static void test_histogram(void **state) {
    (void)state;
    static const double bounds[] = {0.1, 0.5, 2};
    metrics_id id = metrics_histogram("t_seconds", "Time.", "route=\"/\"", bounds, 3);
    assert_int_equal(metrics_histogram("t_seconds", "Time.", "route=\"/\"", bounds, 3), id);
    static const double values[] = {0.05, 0.1, 0.25, 2, 2.5};
    for (size_t i = 0; i < 5; i++) {
        metrics_observe(id, values[i]);
    }
    metrics_observe(id, (double)NAN); // would make the sum useless for ever
    assert_int_equal(metrics_read(id), 5);
    expect_text("# HELP t_seconds Time.\n# TYPE t_seconds histogram\n"
                "t_seconds_bucket{route=\"/\",le=\"0.1\"} 2\n"
                "t_seconds_bucket{route=\"/\",le=\"0.5\"} 3\n"
                "t_seconds_bucket{route=\"/\",le=\"2\"} 4\n"
                "t_seconds_bucket{route=\"/\",le=\"+Inf\"} 5\n"
                "t_seconds_sum{route=\"/\"} 4.9\n"
                "t_seconds_count{route=\"/\"} 5\n");
    static const double one[] = {1};
    metrics_observe(metrics_histogram("t_plain", "No labels.", NULL, one, 1), 1);
    expect_text("t_plain_bucket{le=\"1\"} 1\nt_plain_bucket{le=\"+Inf\"} 1\nt_plain_sum 1\n");
}

static double read_double(void *context) {
    return *(double *)context;
}

static void test_gauge(void **state) {
    (void)state;
    double value = 1.5;
    metrics_id id = metrics_gauge("t_depth", "Depth.", NULL, read_double, &value);
    expect_text("# TYPE t_depth gauge\nt_depth 1.5\n");
    value = (double)-INFINITY;
    expect_text("t_depth -Inf\n");
    assert_int_equal(metrics_read(id), 0);
    value = 12.9;
    assert_int_equal(metrics_read(id), 12);
    metrics_gauge_remove(id);
    metrics_gauge_remove(id);
    metrics_gauge_remove(0);
    assert_null(strstr(render(), "t_depth"));
    double second = 2;
    assert_int_equal(metrics_gauge("t_depth", "Depth.", NULL, read_double, &second), id);
    expect_text("t_depth 2\n");
    metrics_gauge_remove(id);
}

#define THREADS 4
#define ROUNDS 20000

struct shared {
    metrics_id counter;
    metrics_id histogram;
};

static void *count(void *context) {
    const struct shared *shared = context;
    for (int i = 0; i < ROUNDS; i++) {
        metrics_add(shared->counter, 1);
        metrics_observe(shared->histogram, 0.5);
    }
    return NULL;
}

static void test_threads_add_up_and_leave_their_sums(void **state) {
    (void)state;
    static const double bounds[] = {1};
    struct shared shared = {metrics_counter("t_total", "T.", NULL),
                            metrics_histogram("t_hist", "H.", NULL, bounds, 1)};
    for (unsigned round = 1; round <= 2; round++) {
        struct thread threads[THREADS];
        for (size_t i = 0; i < THREADS; i++) {
            assert_int_equal(thread_start(&threads[i], "counting", count, &shared), STATUS_OK);
        }
        uint64_t before = 0;
        for (int i = 0; i < 50; i++) { // while they count and end
            uint64_t now = metrics_read(shared.counter);
            assert_true(now >= before);
            before = now;
            (void)render();
        }
        for (size_t i = 0; i < THREADS; i++) {
            thread_join(&threads[i]);
        }
        assert_int_equal(metrics_read(shared.counter), round * THREADS * ROUNDS);
        assert_int_equal(metrics_read(shared.histogram), round * THREADS * ROUNDS);
    }
    expect_text("t_hist_sum 80000\n");
}

static void test_threads_without_memory_count_too(void **state) {
    (void)state;
    static const double bounds[] = {1};
    struct shared shared = {metrics_counter("t_total", "T.", NULL),
                            metrics_histogram("t_hist", "H.", NULL, bounds, 1)};
    struct thread thread;
    failing_malloc_arm(1); // the first is thread_start's
    assert_int_equal(thread_start(&thread, "poor", count, &shared), STATUS_OK);
    thread_join(&thread);
    assert_true(failing_malloc_disarm());
    assert_int_equal(metrics_read(shared.counter), ROUNDS);
    expect_text("t_hist_sum 10000\n");
}

static void test_full_table_gives_the_cell_that_is_never_shown(void **state) {
    (void)state;
    double bounds[16];
    for (int i = 0; i < 16; i++) {
        bounds[i] = i;
    }
    unsigned made = 0;
    for (unsigned i = 0; i < METRICS_MAX; i++) {
        char labels[30];
        snprintf(labels, sizeof labels, "n=\"%u\"", i);
        made += metrics_histogram("t_big", "B.", labels, bounds, 16) != 0;
    }
    assert_int_equal(made, (METRICS_MAX - 1) / 18);
    metrics_id id = 0;
    for (unsigned i = 0; i < METRICS_MAX; i++) {
        char name[30];
        snprintf(name, sizeof name, "t_small_%u", i);
        id = metrics_counter(name, "S.", NULL);
    }
    assert_int_equal(id, 0);
    metrics_add(id, 1);
    metrics_observe(id, 1);
    static double value = 1;
    assert_int_equal(metrics_gauge("t_gauge", "G.", NULL, read_double, &value), 0);
}

static void test_no_memory_gives_no_metric(void **state) {
    (void)state;
    for (long n = 0; n < 3; n++) {
        failing_malloc_arm(n);
        assert_int_equal(metrics_counter("t_total", "T.", "a=\"b\""), 0);
        assert_true(failing_malloc_disarm());
    }
    failing_malloc_arm(0);
    assert_true(metrics_counter("t_total", "T.", "a=\"c\"") == 0);
    assert_true(failing_malloc_disarm());
    assert_true(metrics_counter("t_total", "T.", "a=\"c\"") != 0);
}

static void test_process(void **state) {
    (void)state;
    const char *text = render();
    static const char *const names[] = {
        "\nprocess_resident_memory_bytes ", "\nprocess_cpu_seconds_total ", "\nprocess_open_fds ",
        "\nprocess_start_time_seconds ", "\nfootfall_thread_cpu_seconds_total{thread=\"test_"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_non_null(strstr(text, names[i]));
    }
    double start = 0;
    assert_int_equal(sscanf(strstr(text, names[3]), "\nprocess_start_time_seconds %lf", &start), 1);
    assert_true(start > 1.6e9);
}

static void test_full_buffer_is_reported(void **state) {
    (void)state;
    char bytes[50];
    struct buffer out;
    buffer_init_fixed(&out, bytes, sizeof bytes);
    metrics_render(&out);
    assert_int_equal(buffer_status(&out), STATUS_TOO_LARGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_counter, reset, reset),
        cmocka_unit_test_setup_teardown(test_histogram, reset, reset),
        cmocka_unit_test_setup_teardown(test_gauge, reset, reset),
        cmocka_unit_test_setup_teardown(test_threads_add_up_and_leave_their_sums, reset, reset),
        cmocka_unit_test_setup_teardown(test_threads_without_memory_count_too, reset, reset),
        cmocka_unit_test_setup_teardown(test_full_table_gives_the_cell_that_is_never_shown, reset,
                                        reset),
        cmocka_unit_test_setup_teardown(test_no_memory_gives_no_metric, reset, reset),
        cmocka_unit_test_setup_teardown(test_process, reset, reset),
        cmocka_unit_test_setup_teardown(test_full_buffer_is_reported, reset, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
