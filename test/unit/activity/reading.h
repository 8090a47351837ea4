// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Runs one request's JSON through activity_read and gives its records back as events.
#ifndef FOOTFALL_TEST_ACTIVITY_READING_H
#define FOOTFALL_TEST_ACTIVITY_READING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "activity/reader.h"

#define READING_RECEIVED INT64_C(1795418971000) // 2026-11-23T07:29:31Z

struct reading {
    struct activity_worker worker;
    struct arena arena;
    struct activity_limits limits;
    struct activity_input
        input; // dialect, shape and text are set by reading_run, the rest may be set before
    struct activity_result result;
    struct random_seeded random;
    struct json_parser *parser;
    struct event event; // of the last reading_event
    struct event_trees trees;
    char *text;
};

void reading_start(struct reading *reading);
void reading_end(struct reading *reading);
// The keys "wk_test" and "wk_other" are known: projects "shop" and "other".
void reading_run(struct reading *reading, const struct activity_dialect *dialect,
                 enum activity_shape shape, struct str text);
const struct event *reading_event(struct reading *reading, size_t index);
#define RUN(reading, dialect, shape, literal)                                                      \
    reading_run(reading, &activity_dialect_##dialect, ACTIVITY_##shape, STR(literal))

#define ASSERT_STR(actual, expected)                                                               \
    do {                                                                                           \
        struct str actual_ = (actual);                                                             \
        struct str expected_ = str_from_c(expected);                                               \
        if (!str_equal(actual_, expected_)) {                                                      \
            print_error("%.*s is not %s\n", STR_ARG(actual_), (expected));                         \
            fail();                                                                                \
        }                                                                                          \
    } while (0)
// That the only event was rejected for that reason.
#define ASSERT_REJECTED(reading, expected)                                                         \
    do {                                                                                           \
        assert_int_equal((reading)->result.refused, 0);                                            \
        assert_int_equal((reading)->result.count, 0);                                              \
        assert_int_equal((reading)->result.rejected_count, 1);                                     \
        ASSERT_STR((reading)->result.rejected[0].reason, expected);                                \
    } while (0)

#endif
