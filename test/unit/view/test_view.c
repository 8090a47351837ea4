// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// CSV and HTML escaping, medians, chart axes, project zones and days in zones with daylight saving.
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "view/asked.h"
#include "view/chart.h"
#include "view/csv.h"
#include "view/median.h"
#include "view/page.h"

static void assert_csv(struct str cell, const char *expected) {
    struct buffer out;
    struct view_csv csv;
    buffer_init(&out, 4096);
    view_csv_init(&csv, &out);
    view_csv_text(&csv, cell);
    buffer_append_char(&out, '\0');
    assert_string_equal(out.data, expected);
    buffer_free(&out);
}

static void test_csv(void **state) {
    (void)state;
    assert_csv(STR("plain text"), "plain text");
    assert_csv(STR(""), "");
    assert_csv(STR("a,b"), "\"a,b\"");
    assert_csv(STR("say \"hi\""), "\"say \"\"hi\"\"\"");
    assert_csv(STR("two\nlines"), "\"two\nlines\"");
    assert_csv(STR("=1+1"), "'=1+1");
    assert_csv(STR("+1"), "'+1");
    assert_csv(STR("-1"), "'-1");
    assert_csv(STR("@x"), "'@x");
    assert_csv(STR("\tx"), "'\tx");
    assert_csv(STR("\rx"), "\"'\rx\"");
    assert_csv(STR("=HYPERLINK(\"http://x\",1)"), "\"'=HYPERLINK(\"\"http://x\"\",1)\"");
    assert_csv(STR("a=1"), "a=1");
    assert_csv(STR("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f");
    struct buffer out;
    struct view_csv csv;
    buffer_init(&out, 4096);
    view_csv_init(&csv, &out);
    view_csv_header(&csv, "a,b,c,d");
    view_csv_integer(&csv, -5);
    view_csv_number(&csv, true, 0.25);
    view_csv_number(&csv, false, 1);
    view_csv_text(&csv, STR("x"));
    view_csv_end_row(&csv);
    buffer_append_char(&out, '\0');
    assert_string_equal(out.data, "a,b,c,d\r\n-5,0.25,,x\r\n");
    buffer_free(&out);
}

static void assert_buffer(struct buffer *out, const char *expected) {
    buffer_append_char(out, '\0');
    assert_string_equal(out->data, expected);
    buffer_clear(out);
}

static void test_html(void **state) {
    (void)state;
    struct buffer out;
    buffer_init(&out, 65536);
    view_html_text(&out, STR("<script>alert('x')</script> & \"q\""));
    assert_buffer(&out, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;q&quot;");
    view_html_text(&out, STR("a\0b"));
    assert_buffer(&out, "a\xef\xbf\xbd"
                        "b");
    view_html_text(&out, STR_EMPTY);
    view_html_integer(&out, 0);
    buffer_append_char(&out, ' ');
    view_html_integer(&out, 999);
    buffer_append_char(&out, ' ');
    view_html_integer(&out, 1234567);
    buffer_append_char(&out, ' ');
    view_html_integer(&out, -123456);
    assert_buffer(&out, "0 999 1,234,567 -123,456");
    view_html_duration(&out, true, 59.4);
    buffer_append_char(&out, '|');
    view_html_duration(&out, true, 754);
    buffer_append_char(&out, '|');
    view_html_duration(&out, true, 7321);
    assert_buffer(&out, "59 s|12 min 34 s|2 h 2 min");
    // Nothing that comes from outside reaches a page unescaped.
    struct view_page_head head = {STR("k"), STR("<b>"), STR("p&"), STR("\"UTC\""), STR("'n'")};
    view_page_begin(&out, &head);
    view_page_cell_text(&out, STR("</td><img src=x>"));
    buffer_append_char(&out, '\0');
    assert_null(strstr(out.data, "<b>\n"));
    assert_null(strstr(out.data, "<img"));
    assert_non_null(strstr(out.data, "&lt;b&gt;</h1>"));
    assert_null(strstr(out.data, "<script"));
    assert_null(strstr(out.data, "style=")); // the policy would drop it
    buffer_free(&out);
}

static void test_median(void **state) {
    (void)state;
    double median = 0;
    struct view_weighted none[] = {{5, 0}};
    assert_false(view_median_weighted(none, 0, &median));
    assert_false(view_median_weighted(none, 1, &median));
    struct view_weighted one[] = {{5, 1}};
    assert_true(view_median_weighted(one, 1, &median));
    assert_true(median == 5);
    struct view_weighted even[] = {{10, 1}, {4, 1}};
    assert_true(view_median_weighted(even, 2, &median));
    assert_true(median == 7);
    struct view_weighted half[] = {{3, 2}, {0, 0}, {4, 2}};
    assert_true(view_median_weighted(half, 3, &median));
    assert_true(median == 3.5);
    struct view_weighted odd[] = {{100, 1}, {1, 3}, {7, 3}}; // 1 1 1 7 7 7 100
    assert_true(view_median_weighted(odd, 3, &median));
    assert_true(median == 7);
    struct view_weighted heavy[] = {{9, 1000000000000}, {1, 1}};
    assert_true(view_median_weighted(heavy, 2, &median));
    assert_true(median == 9);
    const int64_t sorted[] = {1, 2, 10};
    assert_true(view_median_sorted(sorted, 3, &median));
    assert_true(median == 2);
    assert_true(view_median_sorted(sorted, 2, &median));
    assert_true(median == 1.5);
    assert_false(view_median_sorted(sorted, 0, &median));
}

static void test_ceiling(void **state) {
    (void)state;
    assert_int_equal(view_chart_ceiling(0), 4);
    assert_int_equal(view_chart_ceiling(4), 4);
    assert_int_equal(view_chart_ceiling(5), 8);
    assert_int_equal(view_chart_ceiling(12), 12);
    assert_int_equal(view_chart_ceiling(13), 16);
    assert_int_equal(view_chart_ceiling(100), 100);
    assert_int_equal(view_chart_ceiling(101), 120);
    assert_int_equal(view_chart_ceiling(612), 800);
    for (int64_t value = 0; value < 100000; value++) {
        int64_t ceiling = view_chart_ceiling(value);
        assert_true(ceiling >= value && ceiling % 4 == 0);
    }
    assert_true(view_chart_ceiling(INT64_MAX) == INT64_MAX);
}

static void test_dates(void **state) {
    (void)state;
    char text[48];
    view_date_long(clock_day_from_date(2026, 11, 22), text);
    assert_string_equal(text, "Sunday, 22 November 2026");
    view_date_long(-1, text);
    assert_string_equal(text, "Wednesday, 31 December 1969");
    view_date_short(clock_day_from_date(2026, 2, 1), text);
    assert_string_equal(text, "1 Feb");
}

static void test_zones(void **state) {
    (void)state;
    struct store *store = NULL;
    struct view_zones *zones = NULL;
    struct error err = {0};
    struct view_zone zone, again;
    assert_int_equal(store_open_memory(&store, &err), STATUS_OK);
    struct store_project berlin = {
        .id = STR("b"), .name = STR("B"), .time_zone = STR("Europe/Berlin")};
    assert_int_equal(store_project_put(store, &berlin), STATUS_OK);
    assert_int_equal(view_zones_make(store, &zones), STATUS_OK);
    assert_int_equal(view_zones_get(zones, STR("x"), &zone, &err), STATUS_NOT_FOUND);
    assert_int_equal(view_zones_get(zones, STR("b"), &zone, &err), STATUS_OK);
    assert_int_equal(view_zones_get(zones, STR("b"), &again, &err), STATUS_OK);
    assert_ptr_equal(zone.rules, again.rules);
    assert_true(str_equal(zone.name, STR("Europe/Berlin")));
    // The days on which clocks change have 23 and 25 hours.
    const int64_t hour = 3600 * 1000;
    int32_t spring = clock_day_from_date(2026, 3, 29), autumn = clock_day_from_date(2026, 10, 25);
    assert_int_equal(timezone_day_start(zone.rules, spring + 1) -
                         timezone_day_start(zone.rules, spring),
                     23 * hour);
    assert_int_equal(timezone_day_start(zone.rules, autumn + 1) -
                         timezone_day_start(zone.rules, autumn),
                     25 * hour);
    view_zones_free(zones);
    store_close(store);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv),     cmocka_unit_test(test_html),  cmocka_unit_test(test_median),
        cmocka_unit_test(test_ceiling), cmocka_unit_test(test_dates), cmocka_unit_test(test_zones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
