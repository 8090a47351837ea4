// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Key sets: what can be used is taken, what cannot is left out.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "auth/jwks.h"

#define X "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define OKP(more) "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" X "\"" more "}"
#define EC_X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define EC_Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define EC(x, y, more) "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" x "\",\"y\":\"" y "\"" more "}"
#define SET(keys) "{\"keys\":[" keys "]}"

static size_t count_of(const char *text) {
    struct jwks *set = NULL;
    enum status status = jwks_read(str_from_c(text), &set, NULL);
    size_t count = status == STATUS_OK ? jwks_count(set) : 0;
    assert_true(status == STATUS_OK || status == STATUS_INVALID);
    jwks_free(set);
    return count;
}

static void keys_are_found_by_kid(void **state) {
    (void)state;
    struct jwks *set = NULL;
    assert_int_equal(
        jwks_read(STR(SET(OKP(",\"kid\":\"a\"") "," EC(EC_X, EC_Y, ",\"kid\":\"b\""))), &set, NULL),
        STATUS_OK);
    assert_int_equal(jwks_count(set), 2);
    assert_int_equal(jwt_key_algorithm(jwks_find(set, STR("a"))), JWT_EDDSA);
    assert_int_equal(jwt_key_algorithm(jwks_find(set, STR("b"))), JWT_ES256);
    assert_null(jwks_find(set, STR("c")));
    assert_null(jwks_find(set, STR_EMPTY)); // which?
    assert_null(jwks_at(set, 2));
    jwks_free(set);
    assert_int_equal(jwks_read(STR(SET(OKP(",\"kid\":\"a\""))), &set, NULL), STATUS_OK);
    assert_non_null(jwks_find(set, STR_EMPTY));
    jwks_free(set);
}

static void what_cannot_be_used_is_left_out(void **state) {
    (void)state;
    assert_int_equal(count_of(SET(OKP(""))), 1);
    assert_int_equal(
        count_of(SET(OKP(",\"use\":\"sig\",\"alg\":\"EdDSA\",\"key_ops\":[\"verify\"]"))), 1);
    assert_int_equal(count_of(SET(OKP(",\"use\":\"enc\""))), 0);
    assert_int_equal(count_of(SET(OKP(",\"use\":1"))), 0);
    assert_int_equal(count_of(SET(OKP(",\"key_ops\":[\"sign\"]"))), 0);
    assert_int_equal(count_of(SET(OKP(",\"alg\":\"ES256\""))), 0);
    assert_int_equal(count_of(SET(OKP(",\"alg\":\"HS256\""))), 0);
    assert_int_equal(count_of(SET("{\"kty\":\"oct\",\"k\":\"" X "\"}")), 0);
    assert_int_equal(count_of(SET("{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" X "\"}")), 0);
    assert_int_equal(count_of(SET("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}")), 0);
    assert_int_equal(count_of(SET("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" X "=\"}")), 0);
    // Not on the curve.
    assert_int_equal(count_of(SET(EC(EC_Y, EC_X, ""))), 0);
    assert_int_equal(count_of(SET(EC(EC_X, EC_X, ""))), 0);
    // Of two of one name the first.
    assert_int_equal(count_of(SET(OKP(",\"kid\":\"a\"") "," EC(EC_X, EC_Y, ",\"kid\":\"a\""))), 1);
    assert_int_equal(count_of(SET("1,null," OKP(""))), 1);
}

#define RSA_N                                                                                      \
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4" \
    "d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5re" \
    "xMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxX" \
    "FvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
#define RSA(n, e, more) "{\"kty\":\"RSA\",\"n\":\"" n "\",\"e\":\"" e "\"" more "}"
#define SHORT_N /* 1024 bits */                                                                    \
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4" \
    "d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaAQ"

static void weak_rsa_keys_are_left_out(void **state) {
    (void)state;
    assert_int_equal(count_of(SET(RSA(RSA_N, "AQAB", ",\"alg\":\"RS256\""))), 1);
    assert_int_equal(count_of(SET(RSA(RSA_N, "AQAB", ",\"alg\":\"PS256\""))), 0);
    assert_int_equal(count_of(SET(RSA(RSA_N, "AQ", ""))), 0); // every message is its signature
    assert_int_equal(count_of(SET(RSA(RSA_N, "BA", ""))), 0); // even
    assert_int_equal(count_of(SET(RSA(RSA_N, "AQABAQABAQABAQAB", ""))), 0);
    assert_int_equal(count_of(SET(RSA(SHORT_N, "AQAB", ""))), 0);
    // Zeros in front make it no longer.
    char padded[2048];
    (void)snprintf(
        padded, sizeof padded, SET(RSA("%s%s", "AQAB", "")),
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        SHORT_N);
    assert_int_equal(count_of(padded), 0);
}

static void other_documents_are_refused(void **state) {
    (void)state;
    static const char *const texts[] = {"",
                                        "{}",
                                        "[]",
                                        "null",
                                        "{\"keys\":{}}",
                                        "{\"keys\":[]}",
                                        "{\"keys\":[",
                                        "{\"keys\":[{}]}",
                                        "<html>",
                                        "{\"keys\":[],\"keys\":[]}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(count_of(texts[i]), 0);
    }
}

static void our_own_keys_come_back(void **state) {
    (void)state;
    static const enum jwt_algorithm algorithms[] = {JWT_EDDSA, JWT_ES256};
    for (size_t i = 0; i < 2; i++) {
        struct jwt_key *key = NULL;
        struct jwks *set = NULL;
        struct buffer text;
        struct json_writer writer;
        unsigned char signature[JWT_SIGNATURE_MAX];
        size_t len = 0;
        assert_int_equal(jwt_key_generate(algorithms[i], STR("k"), random_system(), &key),
                         STATUS_OK);
        buffer_init(&text, 4096);
        json_writer_init(&writer, &text);
        json_begin_object(&writer);
        json_key(&writer, STR("keys"));
        json_begin_array(&writer);
        assert_int_equal(jwks_write_key(&writer, key), STATUS_OK);
        json_end_array(&writer);
        json_end_object(&writer);
        assert_int_equal(jwks_read(buffer_str(&text), &set, NULL), STATUS_OK);
        assert_int_equal(jwt_key_sign(key, STR("message"), signature, &len), STATUS_OK);
        assert_true(jwt_key_verify(jwks_find(set, STR("k")), STR("message"),
                                   str_make((const char *)signature, len)));
        buffer_free(&text);
        jwks_free(set);
        jwt_key_free(key);
    }
    struct jwt_key *secret = NULL;
    struct buffer text;
    struct json_writer writer;
    buffer_init(&text, 4096);
    json_writer_init(&writer, &text);
    assert_int_equal(jwt_key_generate(JWT_HS256, STR("k"), random_system(), &secret), STATUS_OK);
    assert_int_equal(jwks_write_key(&writer, secret), STATUS_INVALID);
    assert_int_equal(text.len, 0);
    buffer_free(&text);
    jwt_key_free(secret);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_found_by_kid),
        cmocka_unit_test(what_cannot_be_used_is_left_out),
        cmocka_unit_test(weak_rsa_keys_are_left_out),
        cmocka_unit_test(other_documents_are_refused),
        cmocka_unit_test(our_own_keys_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
