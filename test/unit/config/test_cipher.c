// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Values encrypted as Spring does: its own texts are read, and ours are different each time.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config/cipher.h"

static struct config_cipher *make(const char *key, const char *salt) {
    struct config_cipher *cipher = NULL;
    struct error err = {STATUS_OK, ""};
    assert_int_equal(config_cipher_make(str_from_c(key), str_from_c(salt), &cipher, &err),
                     STATUS_OK);
    return cipher;
}

static enum status decrypt(const struct config_cipher *cipher, const char *text, char out[100]) {
    struct buffer plain;
    buffer_init(&plain, 99);
    enum status status = config_cipher_decrypt(cipher, str_from_c(text), &plain);
    (void)snprintf(out, 100, "%.*s", STR_ARG(buffer_str(&plain)));
    buffer_free(&plain);
    return status;
}

// Made by the POST /encrypt of Spring Cloud Config Server 4.3 with encrypt.key=sesame.
static void reads_springs(void **state) {
    (void)state;
    struct config_cipher *cipher = make("sesame", "deadbeef");
    char out[100];
    assert_int_equal(
        decrypt(cipher, "6c0a0564bb0542d0462b254486bacb1b1b004c5b7d97ecb8bf1c21fcd2bead60", out),
        STATUS_OK);
    assert_string_equal(out, "hello");
    assert_int_equal(
        decrypt(cipher, "{key:x}143184cf6801f46ea97eef35035772ccb670cb2c4b2cb0b96fe92aa92c905fc8",
                out),
        STATUS_OK);
    assert_string_equal(out, "a secret: \xc3\xa9t\xc3\xa9");
    config_cipher_free(cipher);
}

static void what_it_made_comes_back(void **state) {
    (void)state;
    struct random_seeded random;
    random_seeded_init(&random, 7);
    struct config_cipher *cipher = make("sesame", "0123456789");
    for (size_t len = 0; len < 60; len++) {
        char text[61], out[100];
        struct buffer first, second;
        memset(text, 'x', len);
        text[len] = '\0';
        buffer_init(&first, 1000);
        buffer_init(&second, 1000);
        assert_int_equal(config_cipher_encrypt(cipher, &random.source, str_from_c(text), &first),
                         STATUS_OK);
        assert_int_equal(config_cipher_encrypt(cipher, &random.source, str_from_c(text), &second),
                         STATUS_OK);
        assert_false(str_equal(buffer_str(&first), buffer_str(&second)));
        buffer_append_char(&first, '\0');
        assert_int_equal(decrypt(cipher, first.data, out), STATUS_OK);
        assert_string_equal(out, text);
        buffer_free(&first);
        buffer_free(&second);
    }
    config_cipher_free(cipher);
}

static void others_are_refused(void **state) {
    (void)state;
    struct config_cipher *cipher = make("sesame", "deadbeef"), *salted = make("sesame", "deadbeee");
    struct config_cipher *other = make("Sesame", "deadbeef");
    static const char good[] = "6c0a0564bb0542d0462b254486bacb1b1b004c5b7d97ecb8bf1c21fcd2bead60";
    static const char *const wrong[] = {
        "",
        "zz",
        "00",
        "6",
        "{",
        "{a",
        "{a:b}",
        "{}",
        "6c0a0564bb0542d0462b254486bacb1b",
        "6c0a0564bb0542d0462b254486bacb1b1b004c5b7d97ecb8bf1c21fcd2bead"};
    char out[100];
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(decrypt(cipher, wrong[i], out), STATUS_INVALID);
    }
    assert_int_equal(decrypt(salted, good, out), STATUS_INVALID);
    assert_int_equal(decrypt(other, good, out), STATUS_INVALID);
    config_cipher_free(cipher);
    config_cipher_free(salted);
    config_cipher_free(other);
}

static void salts_are_checked(void **state) {
    (void)state;
    static const char *const wrong[] = {"", "a", "xy", "deadbee", "dead beef"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct config_cipher *cipher = NULL;
        struct error err = {STATUS_OK, ""};
        assert_int_equal(config_cipher_make(STR("k"), str_from_c(wrong[i]), &cipher, &err),
                         STATUS_INVALID);
    }
}

static void prefixes_are_stripped(void **state) {
    (void)state;
    static const struct {
        const char *text, *rest;
    } cases[] = {{"abc", "abc"},   {"{a:b}abc", "abc"},       {"{a:b}{c:d}e", "e"},
                 {"{a}b", "{a}b"}, {"{plain}{a:b}", "{a:b}"}, {"{a:b", "{a:b"},
                 {"", ""},         {"x{a:b}", "x{a:b}"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(
            str_equal(config_cipher_strip(str_from_c(cases[i].text)), str_from_c(cases[i].rest)));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_springs), cmocka_unit_test(what_it_made_comes_back),
        cmocka_unit_test(others_are_refused), cmocka_unit_test(salts_are_checked),
        cmocka_unit_test(prefixes_are_stripped)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
