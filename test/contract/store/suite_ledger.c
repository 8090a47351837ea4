// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The audit log and the usage of days.
#include "engines.h"

#include <stdio.h>

#include "store/ledger.h"

#define T0 INT64_C(1780000000000)
#define MONTH INT64_C(2678400000) // 31 days
#define ENDLESS                                                                                    \
    (struct store_audit_query) {                                                                   \
        .to_ms = INT64_MAX, .limit = 1000                                                          \
    }

static void append(struct fixture *f, int64_t time_ms, const char *tail, const char *project) {
    char id[40];
    char entry[60];
    (void)snprintf(id, sizeof id, "0193a000-0000-7000-8000-%s", tail);
    (void)snprintf(entry, sizeof entry, "{\"n\":\"%s\"}", tail);
    struct store_audit audit = {time_ms, str_from_c(id), str_from_c(project), str_from_c(entry)};
    assert_ok(store_audit_append(f->store, &audit));
}

// The last two digits of each id.
static const char *read(struct fixture *f, struct store_audit_query query, bool *more,
                        struct store_audit *last) {
    static char text[400];
    struct store_audit *rows = NULL;
    size_t count = 0;
    size_t len = 0;
    assert_ok(store_audit_read(f->store, &query, &f->arena, &rows, &count, more));
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(rows[i].id.len, 36);
        len += (size_t)snprintf(text + len, sizeof text - len, "%.2s ", rows[i].id.data + 34);
    }
    if (count > 0 && last) {
        *last = rows[count - 1];
    }
    return text;
}

static void entries_are_read_newest_first(void **state) {
    struct fixture *f = *state;
    bool more = true;
    assert_string_equal(read(f, ENDLESS, &more, NULL), "");
    assert_false(more);
    append(f, T0, "000000000002", "shop");
    append(f, T0 + 5, "000000000001", "");
    append(f, T0, "000000000003", "shop");
    append(f, T0 - 3 * MONTH, "000000000004", "blog");
    append(f, T0, "000000000003", "shop"); // once more: the same
    fixture_reopen(f);
    struct store_audit last = {0};
    assert_string_equal(read(f, ENDLESS, &more, &last), "01 03 02 04 ");
    assert_false(more);
    assert_int_equal(last.time_ms, T0 - 3 * MONTH);
    assert_str(last.project, "blog");
    assert_str(last.entry, "{\"n\":\"000000000004\"}");
}

static void a_range_of_times_is_read(void **state) {
    struct fixture *f = *state;
    bool more = true;
    append(f, T0, "000000000001", "");
    append(f, T0 + 1, "000000000002", "");
    append(f, T0 + 2, "000000000003", "");
    append(f, T0 + MONTH, "000000000004", "");
    struct store_audit_query query = {.from_ms = T0 + 1, .to_ms = T0 + 2, .limit = 10};
    assert_string_equal(read(f, query, &more, NULL), "02 ");
    query.to_ms = T0 + MONTH;
    assert_string_equal(read(f, query, &more, NULL), "03 02 ");
    query.from_ms = T0 + 3;
    query.to_ms = T0 + MONTH + 1;
    assert_string_equal(read(f, query, &more, NULL), "04 ");
    query.to_ms = query.from_ms;
    assert_string_equal(read(f, query, &more, NULL), "");
}

static void pages_join_without_a_gap(void **state) {
    struct fixture *f = *state;
    for (unsigned i = 10; i < 30; i++) {
        char tail[20];
        (void)snprintf(tail, sizeof tail, "0000000000%u", i);
        append(f, T0 - (i / 3) * (MONTH / 2), tail, "");
    }
    struct store_audit_query query = ENDLESS;
    bool more = false;
    char all[200];
    char pages[200] = "";
    (void)snprintf(all, sizeof all, "%s", read(f, query, &more, NULL));
    query.limit = 3;
    struct store_audit last = {0};
    for (unsigned page = 0; page < 7; page++) {
        size_t len = strlen(pages);
        (void)snprintf(pages + len, sizeof pages - len, "%s", read(f, query, &more, &last));
        assert_int_equal(more, page < 6);
        query.resume = true;
        query.after_ms = last.time_ms;
        query.after_id = last.id;
    }
    assert_string_equal(pages, all);
    assert_string_equal(read(f, query, &more, NULL), "");
    assert_false(more);
}

static void what_is_no_entry_is_refused(void **state) {
    struct fixture *f = *state;
    struct store_audit right = {T0, STR("0193a000-0000-7000-8000-000000000001"), STR(""),
                                STR("{}")};
    struct store_audit audit = right;
    audit.id = STR("1");
    assert_status(store_audit_append(f->store, &audit), STATUS_INVALID);
    audit = right;
    audit.time_ms = 0;
    assert_status(store_audit_append(f->store, &audit), STATUS_INVALID);
    audit = right;
    audit.entry = STR("");
    assert_status(store_audit_append(f->store, &audit), STATUS_INVALID);
    struct store_audit *rows = NULL;
    size_t count = 0;
    bool more = false;
    struct store_audit_query query = {.to_ms = T0, .limit = 0};
    assert_status(store_audit_read(f->store, &query, &f->arena, &rows, &count, &more),
                  STATUS_INVALID);
    query = (struct store_audit_query){.to_ms = T0, .limit = 1, .resume = true};
    assert_status(store_audit_read(f->store, &query, &f->arena, &rows, &count, &more),
                  STATUS_INVALID);
}

static void usage_is_set_by_whoever_counts(void **state) {
    struct fixture *f = *state;
    const struct store_usage rows[] = {
        {20000, STR("shop"), STR("a"), 5},  {20000, STR("shop"), STR("b"), 7},
        {20000, STR("blog"), STR("a"), 1},  {20001, STR("shop"), STR("a"), 99},
        {20000, STR("shop"), STR("a"), 50},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_ok(store_usage_put(f->store, &rows[i]));
    }
    fixture_reopen(f);
    struct store_usage *read = NULL;
    size_t count = 0;
    assert_ok(store_usage_read(f->store, 20000, &f->arena, &read, &count));
    assert_int_equal(count, 3);
    int64_t shop = 0;
    int64_t blog = 0;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(read[i].day, 20000);
        assert_true(read[i].counter.len == 1);
        *(str_equal(read[i].project, STR("shop")) ? &shop : &blog) += read[i].events;
    }
    assert_int_equal(shop, 57);
    assert_int_equal(blog, 1);
    assert_ok(store_usage_read(f->store, 19999, &f->arena, &read, &count));
    assert_int_equal(count, 0);
    const struct store_usage wrong = {20000, STR(""), STR("a"), 1};
    assert_status(store_usage_put(f->store, &wrong), STATUS_INVALID);
}

void suite_ledger(struct suite *suite) {
    SUITE_ADD(suite, entries_are_read_newest_first);
    SUITE_ADD(suite, a_range_of_times_is_read);
    SUITE_ADD(suite, pages_join_without_a_gap);
    SUITE_ADD(suite, what_is_no_entry_is_refused);
    SUITE_ADD(suite, usage_is_set_by_whoever_counts);
}
