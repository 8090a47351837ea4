// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Every allocation of the in-memory log failing in turn: an append is then kept whole or refused, and nothing leaks.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "eventlog/eventlog.h"
#include "support/failing_malloc.h"

enum { RECORDS = 200, APPENDS = 3 };

static void note(struct eventlog_append *append) {
    ++*(unsigned *)append->context;
}

static size_t read_until_quiet(struct eventlog_consumer *consumer) {
    size_t count = 0;
    unsigned failures = 0;
    struct eventlog_batch batch;
    for (;;) {
        enum status status = eventlog_poll(consumer, 0, 5000, &batch, NULL);
        if (status == STATUS_TIMEOUT) {
            return count;
        }
        if (status == STATUS_OK) {
            count += batch.count;
        } else {
            assert_int_equal(status,
                             STATUS_NO_MEMORY); // and the next poll goes on where this one was
            assert_true(++failures < 10);
        }
    }
}

// False: could not even be opened.
static bool use_a_log(const struct eventlog_record *records) {
    const struct eventlog_config config = {
        .partitions = 3, .clock = clock_system(), .retention_ms = 1};
    struct eventlog *log = NULL;
    enum status status = eventlog_open_memory(&config, &log, NULL);
    if (status != STATUS_OK) {
        assert_int_equal(status, STATUS_NO_MEMORY);
        return false;
    }
    size_t kept = 0;
    for (int i = 0; i < APPENDS; i++) {
        unsigned done = 0;
        struct eventlog_append append = {
            .records = records, .count = RECORDS, .done = note, .context = &done};
        eventlog_append(log, &append);
        assert_int_equal(done, 1);
        assert_true(append.status == STATUS_OK || append.status == STATUS_UNAVAILABLE);
        kept += append.status == STATUS_OK ? RECORDS : 0;
    }
    const struct eventlog_consumer_config reader = {.group = STR("g")};
    struct eventlog_consumer *consumer = NULL;
    status = eventlog_consumer_open(log, &reader, &consumer, NULL);
    if (status == STATUS_OK) {
        assert_int_equal(read_until_quiet(consumer), kept);
    } else {
        assert_int_equal(status, STATUS_NO_MEMORY);
    }
    eventlog_consumer_close(consumer);
    assert_int_equal(eventlog_enforce_retention(log, NULL), STATUS_OK);
    eventlog_close(log);
    return true;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    static char texts[RECORDS][64];
    static struct eventlog_record records[RECORDS];
    for (int i = 0; i < RECORDS; i++) {
        snprintf(texts[i], sizeof texts[i], "person-%d did something worth keeping", i);
        records[i] = (struct eventlog_record){{texts[i], 9}, str_from_c(texts[i]), INT64_MAX / 2};
    }
    for (long n = 0;; n++) {
        failing_malloc_arm(n);
        bool opened = use_a_log(records);
        if (!failing_malloc_disarm()) {
            assert_true(opened);
            assert_true(n > 10);
            return;
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_may_fail)};
    return cmocka_run_group_tests_name("eventlog without memory", tests, NULL, NULL);
}
