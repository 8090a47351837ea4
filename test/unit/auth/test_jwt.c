// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Tokens: the vectors of the RFCs, and everything that has been tried against those who verify them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "auth/jwks.h"
#include "auth/jwt.h"

#define NOW 1800000000
#define CLAIMS(exp)                                                                                \
    "{\"iss\":\"https://issuer.example\",\"aud\":[\"footfall\",\"other\"],\"exp\":" #exp "}"

struct fixture {
    struct arena arena;
    struct buffer token;
    struct jwt_key *key;
};

static int set_up(void **state) {
    static struct fixture fixture;
    arena_init(&fixture.arena, 4096, 0);
    buffer_init(&fixture.token, 64 * 1024);
    assert_int_equal(jwt_key_generate(JWT_EDDSA, STR("k1"), random_system(), &fixture.key),
                     STATUS_OK);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    jwt_key_free(f->key);
    buffer_free(&f->token);
    arena_free(&f->arena);
    return 0;
}

static struct str bytes(struct fixture *f, const char *text) {
    struct str out;
    assert_int_equal(jwt_decode(str_from_c(text), &f->arena, &out), STATUS_OK);
    return out;
}

static struct str sign(struct fixture *f, const struct jwt_key *key, const char *claims) {
    buffer_clear(&f->token);
    assert_int_equal(jwt_sign(key, STR("at+jwt"), str_from_c(claims), &f->token), STATUS_OK);
    struct str copy = arena_copy(&f->arena, buffer_str(&f->token));
    assert_non_null(copy.data);
    return copy;
}

// A token whose header and claims are given as text, signed by the key over what they encode to.
static struct str compose(struct fixture *f, const struct jwt_key *key, const char *header,
                          const char *claims) {
    unsigned char signature[JWT_SIGNATURE_MAX];
    size_t len = 0;
    buffer_clear(&f->token);
    assert_int_equal(jwt_encode(str_from_c(header), &f->token), STATUS_OK);
    buffer_append_char(&f->token, '.');
    assert_int_equal(jwt_encode(str_from_c(claims), &f->token), STATUS_OK);
    assert_int_equal(jwt_key_sign(key, buffer_str(&f->token), signature, &len), STATUS_OK);
    buffer_append_char(&f->token, '.');
    assert_int_equal(jwt_encode(str_make((const char *)signature, len), &f->token), STATUS_OK);
    struct str copy = arena_copy(&f->arena, buffer_str(&f->token));
    assert_non_null(copy.data);
    return copy;
}

static enum status check(struct fixture *f, const struct jwt_key *key, struct str token) {
    struct jwt jwt;
    struct error err = {STATUS_OK, ""};
    int64_t expires = 0;
    static const struct jwt_expected expected = {STR_INIT("https://issuer.example"),
                                                 STR_INIT("footfall"), NOW};
    enum status status = jwt_read(token, &f->arena, &jwt, &err);
    if (status == STATUS_OK) {
        status = jwt_verify(&jwt, key, &err);
    }
    return status == STATUS_OK ? jwt_check_claims(jwt.claims, &expected, &expires, &err) : status;
}

// --- Vectors ------------------------------------------------------------------------------------------------------------
#define JOE                                                                                        \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl" \
    "fQ"

static void verifies(struct fixture *f, const struct jwt_key *key, const char *token) {
    struct jwt jwt;
    assert_int_equal(jwt_read(str_from_c(token), &f->arena, &jwt, NULL), STATUS_OK);
    assert_int_equal(jwt_verify(&jwt, key, NULL), STATUS_OK);
    assert_true(str_equal(json_get_string(jwt.claims, STR("iss")), STR("joe")));
    char changed[2048];
    (void)snprintf(changed, sizeof changed, "%s", token);
    char *last = strrchr(changed, '.') + 4;
    *last = *last == 'A' ? 'B' : 'A';
    assert_int_equal(jwt_read(str_from_c(changed), &f->arena, &jwt, NULL), STATUS_OK);
    assert_int_equal(jwt_verify(&jwt, key, NULL), STATUS_DENIED);
}

static void verifies_rfc7515_hs256(void **state) {
    struct fixture *f = *state;
    struct jwt_key *key = NULL;
    struct str secret = bytes(f, "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0i"
                                 "PS4hcgUuTwjAzZr1Z9CAow");
    assert_int_equal(jwt_key_from_private(JWT_HS256, STR("a1"), secret, &key), STATUS_OK);
    verifies(f, key,
             "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." JOE
             ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    jwt_key_free(key);
}

#define RSA_N                                                                                      \
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4" \
    "d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5re" \
    "xMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxX" \
    "FvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"

static void verifies_rfc7515_rs256(void **state) {
    struct fixture *f = *state;
    struct jwt_key *key = NULL;
    assert_int_equal(jwt_key_from_rsa(STR("a2"), bytes(f, RSA_N), bytes(f, "AQAB"), &key),
                     STATUS_OK);
    verifies(
        f, key,
        "eyJhbGciOiJSUzI1NiJ9." JOE
        ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
        "O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIAR"
        "NPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvh"
        "J1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw");
    jwt_key_free(key);
}

#define P256_X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define P256_Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"

static struct jwt_key *p256(struct fixture *f) {
    struct jwt_key *key = NULL;
    assert_int_equal(jwt_key_from_p256(STR("a3"), bytes(f, P256_X), bytes(f, P256_Y), &key),
                     STATUS_OK);
    return key;
}

static void verifies_rfc7515_es256(void **state) {
    struct fixture *f = *state;
    struct jwt_key *key = p256(f);
    verifies(f, key,
             "eyJhbGciOiJFUzI1NiJ9." JOE ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djx"
             "La8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
    jwt_key_free(key);
}

// Its payload is text, not claims: only the signature can be looked at.
static void verifies_rfc8037_ed25519(void **state) {
    struct fixture *f = *state;
    struct jwt_key *key = NULL;
    struct str x = bytes(f, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    struct str message = STR("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc");
    struct str signature =
        bytes(f, "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5"
                 "BhVsPt9g7sVvpAr_MuM0KAg");
    assert_int_equal(jwt_key_from_ed25519(STR("a4"), x, &key), STATUS_OK);
    assert_true(jwt_key_verify(key, message, signature));
    assert_false(jwt_key_verify(key, str_make(message.data, message.len - 1), signature));
    jwt_key_free(key);
}

// --- Our own ------------------------------------------------------------------------------------------------------------
static void what_is_signed_verifies(void **state) {
    struct fixture *f = *state;
    static const enum jwt_algorithm algorithms[] = {JWT_EDDSA, JWT_ES256, JWT_HS256};
    for (size_t i = 0; i < 3; i++) {
        struct jwt_key *key = NULL;
        struct jwt_key *again = NULL;
        struct buffer secret;
        buffer_init(&secret, 4096);
        assert_int_equal(jwt_key_generate(algorithms[i], STR("k"), random_system(), &key),
                         STATUS_OK);
        struct str token = sign(f, key, CLAIMS(1800000100));
        assert_true(jwt_looks_like(token));
        assert_int_equal(check(f, key, token), STATUS_OK);
        assert_int_equal(jwt_key_private(key, &secret), STATUS_OK);
        assert_int_equal(jwt_key_from_private(algorithms[i], STR("k"), buffer_str(&secret), &again),
                         STATUS_OK);
        assert_int_equal(check(f, again, token), STATUS_OK);
        assert_int_equal(check(f, key, sign(f, again, CLAIMS(1800000100))), STATUS_OK);
        buffer_free(&secret);
        jwt_key_free(again);
        jwt_key_free(key);
    }
    struct jwt_key *key = NULL;
    assert_int_equal(jwt_key_generate(JWT_RS256, STR("k"), random_system(), &key), STATUS_INVALID);
    assert_int_equal(jwt_key_from_private(JWT_ES256, STR("k"), STR("nonsense"), &key),
                     STATUS_INVALID);
    assert_int_equal(jwt_key_from_private(JWT_HS256, STR("k"), STR("too short"), &key),
                     STATUS_INVALID);
    assert_false(jwt_looks_like(STR("ff_abc")));
}

static void claims_are_checked(void **state) {
    struct fixture *f = *state;
    static const struct {
        const char *claims;
        enum status status;
    } cases[] = {
        {CLAIMS(1800000001), STATUS_OK},
        {CLAIMS(1800000001.5), STATUS_OK},
        {CLAIMS(1799999971), STATUS_OK},     // within the leeway
        {CLAIMS(1799999970), STATUS_DENIED}, // expired
        {CLAIMS(0), STATUS_DENIED},
        {CLAIMS("1800000001"), STATUS_DENIED},
        {CLAIMS(1e300), STATUS_DENIED},
        {CLAIMS(null), STATUS_DENIED},
        {"{\"iss\":\"https://issuer.example\",\"aud\":\"footfall\"}", STATUS_DENIED}, // for ever
        {"{\"iss\":\"https://issuer.example\",\"aud\":\"footfall\",\"exp\":1800000001}", STATUS_OK},
        {"{\"iss\":\"https://issuer.example\",\"aud\":\"foot\",\"exp\":1800000001}", STATUS_DENIED},
        {"{\"iss\":\"https://issuer.example\",\"aud\":[],\"exp\":1800000001}", STATUS_DENIED},
        {"{\"iss\":\"https://issuer.example\",\"aud\":{\"footfall\":1},\"exp\":1800000001}",
         STATUS_DENIED},
        {"{\"iss\":\"https://issuer.example\",\"exp\":1800000001}", STATUS_DENIED},
        {"{\"iss\":\"https://evil.example\",\"aud\":\"footfall\",\"exp\":1800000001}",
         STATUS_DENIED},
        {"{\"iss\":[\"https://issuer.example\"],\"aud\":\"footfall\",\"exp\":1800000001}",
         STATUS_DENIED},
        {"{\"aud\":\"footfall\",\"exp\":1800000001}", STATUS_DENIED},
        {"{\"iss\":\"https://issuer.example\",\"aud\":\"footfall\",\"exp\":1800000099,"
         "\"nbf\":1800000030,\"iat\":1800000030}",
         STATUS_OK},
        {"{\"iss\":\"https://issuer.example\",\"aud\":\"footfall\",\"exp\":1800000099,"
         "\"nbf\":1800000031}",
         STATUS_DENIED},
        {"{\"iss\":\"https://issuer.example\",\"aud\":\"footfall\",\"exp\":1800000099,"
         "\"iat\":1800000031}",
         STATUS_DENIED},
        {"{\"iss\":\"https://issuer.example\",\"aud\":\"footfall\",\"exp\":1,\"exp\":1800000001}",
         STATUS_INVALID}, // twice
        {"[]", STATUS_INVALID},
        {"{\"iss\":\"https://issuer.example\"", STATUS_INVALID},
        {"", STATUS_INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum status status = check(f, f->key, sign(f, f->key, cases[i].claims));
        if (status != cases[i].status) {
            fail_msg("%s: %s", cases[i].claims, status_name(status));
        }
    }
}

// --- Attacks ------------------------------------------------------------------------------------------------------------
static void no_algorithm_is_refused(void **state) {
    struct fixture *f = *state;
    static const char *const headers[] = {
        "{\"alg\":\"none\",\"kid\":\"k1\"}",
        "{\"alg\":\"None\",\"kid\":\"k1\"}",
        "{\"alg\":\"\",\"kid\":\"k1\"}",
        "{\"kid\":\"k1\"}",
        "{\"alg\":null,\"kid\":\"k1\"}",
        "{\"alg\":[\"EdDSA\"],\"kid\":\"k1\"}",
        "{\"alg\":\"eddsa\",\"kid\":\"k1\"}",
        "{\"alg\":\"HS256\",\"kid\":\"k1\"}",
        "{\"alg\":\"ES256\",\"kid\":\"k1\"}",
        "{\"alg\":\"EdDSA\",\"kid\":\"k2\"}",
        "{\"alg\":\"EdDSA\",\"kid\":7}",
        "{\"alg\":\"EdDSA\",\"kid\":\"../../k1\"}",
        "{\"alg\":\"none\",\"alg\":\"EdDSA\",\"kid\":\"k1\"}",
        "{\"alg\":\"EdDSA\",\"kid\":\"k1\",\"crit\":[\"exp\"],\"exp\":1}",
        "{\"alg\":\"EdDSA\",\"kid\":\"k1\",\"crit\":[]}",
        "[\"EdDSA\"]",
    };
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        struct str token = compose(f, f->key, headers[i], CLAIMS(1800000100));
        if (check(f, f->key, token) == STATUS_OK) {
            fail_msg("%s", headers[i]);
        }
        // Stripped of its signature.
        size_t len = (size_t)((const char *)memrchr(token.data, '.', token.len) - token.data);
        assert_int_not_equal(check(f, f->key, str_make(token.data, len + 1)), STATUS_OK);
        assert_int_equal(check(f, f->key, str_make(token.data, len)), STATUS_INVALID);
    }
    struct str fine = compose(f, f->key, "{\"alg\":\"EdDSA\",\"kid\":\"k1\"}", CLAIMS(1800000100));
    assert_int_equal(check(f, f->key, fine), STATUS_OK);
}

// The public key of the verifier taken for the secret of an HMAC.
static void a_public_key_is_no_secret(void **state) {
    struct fixture *f = *state;
    unsigned char public[64];
    size_t len = 0;
    assert_int_equal(jwt_key_public(f->key, public, &len), STATUS_OK);
    struct jwt_key *forger = NULL;
    assert_int_equal(
        jwt_key_from_private(JWT_HS256, STR("k1"), str_make((const char *)public, len), &forger),
        STATUS_OK);
    assert_int_equal(check(f, f->key, sign(f, forger, CLAIMS(1800000100))), STATUS_DENIED);
    // And under the name of the real algorithm.
    assert_int_equal(
        check(f, f->key,
              compose(f, forger, "{\"alg\":\"EdDSA\",\"kid\":\"k1\"}", CLAIMS(1800000100))),
        STATUS_DENIED);
    jwt_key_free(forger);
}

// A key that comes with the token is not looked at.
static void keys_in_the_header_are_ignored(void **state) {
    struct fixture *f = *state;
    struct jwt_key *forger = NULL;
    assert_int_equal(jwt_key_generate(JWT_EDDSA, STR("k1"), random_system(), &forger), STATUS_OK);
    struct buffer header;
    struct json_writer writer;
    buffer_init(&header, 4096);
    json_writer_init(&writer, &header);
    json_begin_object(&writer);
    json_member_string(&writer, STR("alg"), STR("EdDSA"));
    json_member_string(&writer, STR("kid"), STR("k1"));
    json_member_string(&writer, STR("jku"), STR("http://127.0.0.1:1/keys"));
    json_key(&writer, STR("jwk"));
    assert_int_equal(jwks_write_key(&writer, forger), STATUS_OK);
    json_end_object(&writer);
    buffer_append_char(&header, '\0');
    assert_int_equal(check(f, f->key, compose(f, forger, header.data, CLAIMS(1800000100))),
                     STATUS_DENIED);
    assert_int_equal(check(f, f->key, compose(f, f->key, header.data, CLAIMS(1800000100))),
                     STATUS_OK);
    buffer_free(&header);
    jwt_key_free(forger);
}

static void zeros_are_no_signature(void **state) {
    struct fixture *f = *state;
    struct jwt_key *key = p256(f);
    static const char order[] = "\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff"
                                "\xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51";
    char signature[64] = {0};
    assert_false(jwt_key_verify(key, STR("m"), str_make(signature, sizeof signature)));
    signature[63] = 1;
    assert_false(jwt_key_verify(key, STR("m"), str_make(signature, sizeof signature)));
    memcpy(signature, order, 32);
    memcpy(signature + 32, order, 32);
    assert_false(jwt_key_verify(key, STR("m"), str_make(signature, sizeof signature)));
    assert_false(jwt_key_verify(key, STR("m"), str_make(signature, 63)));
    assert_false(jwt_key_verify(key, STR("m"), STR_EMPTY));
    assert_false(jwt_key_verify(f->key, STR("m"), str_make((char[64]){0}, 64)));
    assert_false(jwt_key_verify(f->key, STR("m"), STR_EMPTY));
    jwt_key_free(key);
}

static void spellings_of_the_same_bytes_are_refused(void **state) {
    struct fixture *f = *state;
    static const char *const wrong[] = {"QQ==", "QR", "Q",  "QQ=", "Q Q",
                                        "QQ\n", "Q+", "Q/", "\xff"};
    struct str out;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(jwt_decode(str_from_c(wrong[i]), &f->arena, &out), STATUS_INVALID);
    }
    for (int c = 0; c < 256; c++) {
        char text[4] = {'A', 'A', 'A', (char)c};
        bool digit =
            c > 0 && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", c);
        assert_int_equal(jwt_decode(str_make(text, 4), &f->arena, &out),
                         digit ? STATUS_OK : STATUS_INVALID);
    }
    assert_int_equal(jwt_decode(STR("QQ"), &f->arena, &out), STATUS_OK);
    struct str token = sign(f, f->key, CLAIMS(1800000100));
    static const char *const tails[] = {"=", ".", "A", " ", "\n", ".x", "AAAA"};
    for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
        struct str longer = arena_printf(&f->arena, "%.*s%s", STR_ARG(token), tails[i]);
        assert_int_not_equal(check(f, f->key, longer), STATUS_OK);
    }
    // 64 bytes end within a digit: its last bits must be zero.
    struct str other = arena_copy(&f->arena, token);
    ((char *)(uintptr_t)other.data)[other.len - 1]++;
    assert_int_not_equal(check(f, f->key, other), STATUS_OK);
}

static void every_truncation_and_every_flip_is_refused(void **state) {
    struct fixture *f = *state;
    struct str token = sign(f, f->key, CLAIMS(1800000100));
    for (size_t len = 0; len < token.len; len++) {
        assert_int_not_equal(check(f, f->key, str_make(token.data, len)), STATUS_OK);
    }
    char *copy = arena_alloc(&f->arena, token.len);
    for (size_t i = 0; i < token.len; i++) {
        memcpy(copy, token.data, token.len);
        copy[i] = copy[i] == 'A' ? 'B' : 'A';
        assert_int_not_equal(check(f, f->key, str_make(copy, token.len)), STATUS_OK);
    }
}

static void huge_tokens_are_refused_unread(void **state) {
    struct fixture *f = *state;
    char *claims = arena_alloc_zero(&f->arena, 20000);
    (void)snprintf(claims, 20000, "{\"exp\":1800000100,\"pad\":\"%09000d\"}", 0);
    assert_int_equal(check(f, f->key, sign(f, f->key, claims)), STATUS_TOO_LARGE);
    char deep[4001];
    memset(deep, '[', sizeof deep - 1);
    deep[4000] = '\0';
    assert_int_equal(check(f, f->key, sign(f, f->key, deep)), STATUS_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(verifies_rfc7515_hs256),
        TEST(verifies_rfc7515_rs256),
        TEST(verifies_rfc7515_es256),
        TEST(verifies_rfc8037_ed25519),
        TEST(what_is_signed_verifies),
        TEST(claims_are_checked),
        TEST(no_algorithm_is_refused),
        TEST(a_public_key_is_no_secret),
        TEST(keys_in_the_header_are_ignored),
        TEST(zeros_are_no_signature),
        TEST(spellings_of_the_same_bytes_are_refused),
        TEST(every_truncation_and_every_flip_is_refused),
        TEST(huge_tokens_are_refused_unread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
