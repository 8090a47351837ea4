// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Whole files, read up to the byte that a buffer takes.
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const size_t sizes[] = {0, 1, 16383, 16384, 16385, 100000};
#define SIZES (sizeof sizes / sizeof sizes[0])

static void write_file(char path[64], size_t size) {
    char *bytes = malloc(size + 1);
    assert_non_null(bytes);
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (char)(i * 31 >> 3);
    }
    (void)snprintf(path, 64, "/tmp/footfall-file-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_true(file_write_all(fd, str_make(bytes, size)));
    assert_int_equal(close(fd), 0);
    free(bytes);
}

static void every_byte_of_it(void **state) {
    (void)state;
    for (size_t n = 0; n < SIZES; n++) {
        // As much as the file has, one more, and much more.
        const size_t most[] = {sizes[n], sizes[n] + 1, 1 << 20};
        char path[64];
        write_file(path, sizes[n]);
        for (size_t m = 0; m < 3; m++) {
            struct buffer text;
            struct error err = {STATUS_OK, ""};
            buffer_init(&text, most[m]);
            assert_int_equal(file_read(path, &text, &err), STATUS_OK);
            assert_int_equal(text.len, sizes[n]);
            for (size_t i = 0; i < sizes[n]; i += 97) {
                assert_int_equal(text.data[i], (char)(i * 31 >> 3));
            }
            buffer_free(&text);
        }
        assert_int_equal(unlink(path), 0);
    }
}

static void one_byte_too_many_is_told(void **state) {
    (void)state;
    for (size_t n = 1; n < SIZES; n++) {
        struct buffer text;
        struct error err = {STATUS_OK, ""};
        char path[64];
        write_file(path, sizes[n]);
        buffer_init(&text, sizes[n] - 1);
        assert_int_equal(file_read(path, &text, &err), STATUS_TOO_LARGE);
        assert_non_null(strstr(err.text, path));
        buffer_free(&text);
        assert_int_equal(unlink(path), 0);
    }
}

static void it_goes_behind_what_is_there(void **state) {
    (void)state;
    struct buffer text;
    struct error err = {STATUS_OK, ""};
    char path[64];
    write_file(path, 1);
    buffer_init(&text, 100);
    buffer_append_str(&text, STR("before"));
    assert_int_equal(file_read(path, &text, &err), STATUS_OK);
    assert_int_equal(text.len, 7);
    buffer_free(&text);
    assert_int_equal(unlink(path), 0);
}

static void what_cannot_be_read_is_named(void **state) {
    (void)state;
    struct buffer text;
    struct error err = {STATUS_OK, ""};
    buffer_init(&text, 100);
    assert_int_equal(file_read("/nowhere/x", &text, &err), STATUS_NOT_FOUND);
    assert_non_null(strstr(err.text, "/nowhere/x: No such file"));
    assert_int_equal(file_read("/tmp", &text, &err), STATUS_IO);
    assert_non_null(strstr(err.text, "/tmp: Is a directory"));
    assert_int_equal(file_read_rest(-1, &text), STATUS_IO);
    buffer_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_of_it),
        cmocka_unit_test(one_byte_too_many_is_told),
        cmocka_unit_test(it_goes_behind_what_is_there),
        cmocka_unit_test(what_cannot_be_read_is_named),
    };
    return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
