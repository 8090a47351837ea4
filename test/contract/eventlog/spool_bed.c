// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The spool's bed.
#include "spool_bed.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

enum status bed_open_behind(void *context, struct eventlog **out, struct error *err) {
    struct bed *bed = context;
    if (atomic_load(&bed->refusals) > 0) {
        atomic_fetch_sub(&bed->refusals, 1);
        return error_set(err, STATUS_UNAVAILABLE, "no broker answers");
    }
    *out = faulty_open(bed->fixture.log);
    atomic_store(&bed->behind, *out);
    return STATUS_OK;
}

void bed_open(struct bed *bed) {
    struct error err = {0};
    if (eventlog_open_spool(&bed->config, &bed->spool, &err) != STATUS_OK) {
        fail_msg("%s", err.text);
    }
}

void bed_close(struct bed *bed) {
    eventlog_close(bed->spool);
    bed->spool = NULL;
    atomic_store(&bed->behind, NULL);
}

struct eventlog_stats bed_stats(const struct bed *bed) {
    struct eventlog_stats stats;
    eventlog_stats(bed->spool, &stats);
    return stats;
}

void bed_wait_direct(const struct bed *bed) {
    while (bed_stats(bed).spooling || bed_stats(bed).spool_records > 0) {
        sched_yield();
    }
}

int bed_set_up(void **state) {
    struct bed *bed = calloc(1, sizeof *bed);
    assert_non_null(bed);
    faulty_set(FAULTY_PASS);
    fixture_init(&bed->fixture, "memory");
    fixture_open(&bed->fixture);
    bed->config = (struct eventlog_spool_config){.directory = bed->fixture.directory,
                                                 .partitions = BED_PARTITIONS,
                                                 .patience_ms = BED_LONG_MS,
                                                 .clock = clock_system(),
                                                 .open_behind = bed_open_behind,
                                                 .context = bed};
    *state = bed;
    return 0;
}

int bed_tear_down(void **state) {
    struct bed *bed = *state;
    faulty_set(FAULTY_PASS);
    bed_close(bed);
    fixture_free(&bed->fixture);
    free(bed);
    return 0;
}

enum status bed_append(struct bed *bed, const char *key, unsigned number) {
    char value[16];
    snprintf(value, sizeof value, "%08u", number);
    const struct eventlog_record record = {str_from_c(key), str_from_c(value), 1000 + number};
    struct waiting_append waiting;
    waiting_append_start(&waiting, bed->spool, &record, 1);
    return waiting_append_finish(&waiting);
}

static unsigned number_of(const struct eventlog_view *view) {
    char text[16];
    snprintf(text, sizeof text, "%.*s", STR_ARG(view->value));
    return (unsigned)strtoul(text, NULL, 10);
}

size_t bed_numbers_behind(struct bed *bed, const char *key, unsigned *out, size_t max) {
    struct eventlog_consumer *consumer = fixture_consumer(&bed->fixture, "test");
    struct eventlog_batch batch;
    size_t count = 0;
    while (eventlog_poll(consumer, 0, 100000, &batch, NULL) == STATUS_OK) {
        for (size_t i = 0; i < batch.count; i++) {
            if (str_equal(batch.records[i].key, str_from_c(key))) {
                assert_true(count < max);
                assert_int_equal(batch.records[i].timestamp_ms,
                                 1000 + number_of(&batch.records[i]));
                out[count++] = number_of(&batch.records[i]);
            }
        }
    }
    eventlog_consumer_close(consumer);
    return count;
}

void bed_assert_numbers_behind(struct bed *bed, const char *key, unsigned count) {
    unsigned numbers[1000];
    assert_int_equal(bed_numbers_behind(bed, key, numbers, 1000), count);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(numbers[i], i);
    }
}
