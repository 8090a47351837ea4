// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Positions as text and back; and texts that are none.
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "live/position.h"

static struct arena arena;
static struct buffer text, scratch;

static int set_up(void **state) {
    (void)state;
    arena_init(&arena, 4096, 0);
    buffer_init(&text, (size_t)LIVE_POSITION_BYTES_MAX * 2);
    buffer_init(&scratch, LIVE_POSITION_BYTES_MAX);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    arena_free(&arena);
    buffer_free(&text);
    buffer_free(&scratch);
    return 0;
}

static void write(int64_t epoch, unsigned count, const int64_t *offsets) {
    struct live_position position = {epoch, count, offsets};
    buffer_clear(&text);
    live_position_write(&text, &scratch, &position);
    assert_int_equal(buffer_status(&text), STATUS_OK);
}

static void test_there_and_back(void **state) {
    (void)state;
    static const int64_t offsets[] = {0, -1, 1, 127, 128, 1LL << 40, INT64_MAX - 1, 5};
    struct live_position back;
    for (unsigned count = 0; count <= 8; count++) {
        write(INT64_MAX, count, offsets);
        assert_true(live_position_read(buffer_str(&text), &arena, &back));
        assert_true(back.epoch == INT64_MAX);
        assert_int_equal(back.count, count);
        assert_memory_equal(back.offsets, offsets, count * sizeof *offsets);
    }
}

static void test_as_many_partitions_as_there_may_be(void **state) {
    (void)state;
    int64_t *offsets = calloc(LIVE_PARTITIONS_MAX, sizeof *offsets);
    struct live_position back;
    assert_non_null(offsets);
    for (unsigned i = 0; i < LIVE_PARTITIONS_MAX; i++) {
        offsets[i] = INT64_MAX - 1;
    }
    write(INT64_MIN, LIVE_PARTITIONS_MAX, offsets);
    assert_true(live_position_read(buffer_str(&text), &arena, &back));
    assert_int_equal(back.count, LIVE_PARTITIONS_MAX);
    assert_memory_equal(back.offsets, offsets, LIVE_PARTITIONS_MAX * sizeof *offsets);
    free(offsets);
}

// Every text that differs in one character is refused: the check sees it, or the text is no base64.
static void test_one_character_off(void **state) {
    (void)state;
    static const int64_t offsets[] = {1000, 2000, 3000};
    struct live_position back;
    write(123456789, 3, offsets);
    for (size_t i = 0; i < text.len; i++) {
        for (int c = 0; c < 256; c++) {
            char was = text.data[i];
            text.data[i] = (char)c;
            assert_true((char)c == was || !live_position_read(buffer_str(&text), &arena, &back));
            text.data[i] = was;
        }
    }
    for (size_t len = 0; len < text.len; len++) {
        assert_false(live_position_read(str_make(text.data, len), &arena, &back));
    }
    buffer_append_char(&text, 'A');
    assert_false(live_position_read(buffer_str(&text), &arena, &back));
}

static void test_too_long(void **state) {
    (void)state;
    struct live_position back;
    for (size_t i = 0; i < (size_t)LIVE_POSITION_BYTES_MAX * 2; i++) {
        buffer_append_char(&text, 'A');
    }
    assert_false(live_position_read(buffer_str(&text), &arena, &back));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_there_and_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_as_many_partitions_as_there_may_be, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_character_off, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_too_long, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
