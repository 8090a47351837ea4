// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What knowing who asks costs: an access token that was verified a moment ago, one that was not, and signing one.
//
//   ninja -C build bench/micro_auth && build/bench/micro_auth [rounds]      prints nanoseconds; a figure to look at
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "auth/tokens.h"
#include "base/check.h"

static double now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void set_state(struct auth_tokens *tokens, enum jwt_algorithm algorithm, int64_t version) {
    struct auth_tokens_key key = {.can_sign = true};
    static const struct auth_tokens_account names[] = {{STR_INIT("ann@example.org"), 1},
                                                       {STR_INIT("zoe@example.org"), 0}};
    struct auth_tokens_account accounts[] = {names[0], names[1]};
    accounts[1].version = version;
    CHECK(jwt_key_generate(algorithm, STR("key-1"), random_system(), &key.key) == STATUS_OK);
    struct auth_tokens_state state = {
        .keys = &key, .key_count = 1, .accounts = accounts, .account_count = 2};
    CHECK(auth_tokens_replace(tokens, &state) == STATUS_OK);
}

static void measure(enum jwt_algorithm algorithm, long rounds) {
    struct auth_tokens *tokens = NULL;
    struct auth_tokens_config config = {.issuer = STR("footfall"),
                                        .audience = STR("footfall"),
                                        .access_s = 900,
                                        .clock = clock_system(),
                                        .random = random_system()};
    struct auth_grant grant = {.subject = STR("ann@example.org"),
                               .role = AUTH_ROLE_EDITOR,
                               .project = STR("default"),
                               .account = STR("ann@example.org"),
                               .version = 1,
                               .family = STR("0123456789abcdef0123456789abcdef")};
    struct auth_principal who;
    struct buffer text;
    buffer_init(&text, JWT_TOKEN_MAX);
    CHECK(auth_tokens_make(&config, &tokens) == STATUS_OK);
    set_state(tokens, algorithm, 0);
    long few = rounds / 1000 + 1;
    double begin = now_ns();
    for (long i = 0; i < few; i++) {
        buffer_clear(&text);
        CHECK(auth_tokens_issue(tokens, &grant, &text) == STATUS_OK);
    }
    double signing = (now_ns() - begin) / (double)few;
    begin = now_ns();
    for (long i = 0; i < few; i++) {
        buffer_clear(&text);
        CHECK(auth_tokens_issue(tokens, &grant, &text) == STATUS_OK);
        CHECK(auth_tokens_find(tokens, buffer_str(&text), &who, NULL) == STATUS_OK);
    }
    double verifying = (now_ns() - begin) / (double)few - signing;
    begin = now_ns();
    for (long i = 0; i < rounds; i++) {
        CHECK(auth_tokens_find(tokens, buffer_str(&text), &who, NULL) == STATUS_OK);
    }
    double cached = (now_ns() - begin) / (double)rounds;
    (void)printf("%s, %zu bytes: cached %.0f ns, verified %.0f ns, signed %.0f ns\n",
                 jwt_algorithm_name(algorithm), text.len, cached, verifying, signing);
    buffer_free(&text);
    auth_tokens_free(tokens);
}

int main(int argc, char **argv) {
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 1000000;
    measure(JWT_EDDSA, rounds);
    measure(JWT_ES256, rounds);
    measure(JWT_HS256, rounds);
    return 0;
}
