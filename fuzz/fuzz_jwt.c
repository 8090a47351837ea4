// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Tokens and key sets: whatever bytes come, nothing but what was signed verifies, and what is read is in its one spelling.
#include "auth/jwks.h"
#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_token(struct str text, const struct jwt_key *key, struct arena *arena) {
    struct jwt jwt;
    if (jwt_read(text, arena, &jwt, NULL) != STATUS_OK) {
        return;
    }
    struct jwt_expected expected = {STR("i"), STR("a"), 1000};
    int64_t expires = 0;
    CHECK(jwt.claims->type == JSON_OBJECT);
    if (jwt_check_claims(jwt.claims, &expected, &expires, NULL) == STATUS_OK) {
        CHECK(expires + JWT_LEEWAY_S > expected.now_s);
    }
    CHECK(jwt_verify(&jwt, key, NULL) != STATUS_OK); // nobody has the secret
    struct buffer again;
    buffer_init(&again, JWT_TOKEN_MAX);
    CHECK(jwt_encode(jwt.signature, &again) == STATUS_OK);
    CHECK(str_equal(buffer_str(&again), str_make(jwt.signed_part.data + jwt.signed_part.len + 1,
                                                 text.len - jwt.signed_part.len - 1)));
    buffer_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct jwt_key *key;
    if (!key) {
        CHECK(jwt_key_generate(JWT_HS256, STR("k"), random_system(), &key) == STATUS_OK);
    }
    struct str text = str_make((const char *)data, size);
    struct arena arena;
    arena_init(&arena, 16384, 0);
    read_token(text, key, &arena);
    arena_free(&arena);
    struct jwks *set = NULL;
    if (jwks_read(text, &set, NULL) == STATUS_OK) {
        CHECK(jwks_count(set) > 0);
        jwks_free(set);
    }
    return 0;
}
