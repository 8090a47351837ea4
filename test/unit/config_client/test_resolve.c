// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// ${name} in what a server says: by the environment, by other properties, and not at all.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "config_client/private.h"

static char *const variables[] = {"TOKEN=s3cret",
                                  "CASSANDRA_LOCAL_DC=east",
                                  "EMPTY=",
                                  "NO_VALUE",
                                  "host=by-variable",
                                  "LOOP=${loop}",
                                  NULL};

static struct config_client_property given[] = {
    {.key = STR_INIT("host"), .text = STR_INIT("by-property"), .source = STR_INIT("file:a.yml")},
    {.key = STR_INIT("port"), .text = STR_INIT("9042"), .plain = true},
    {.key = STR_INIT("place"), .text = STR_INIT("${name}:${port}")},
    {.key = STR_INIT("name"), .text = STR_INIT("first")},
    {.key = STR_INIT("name"), .text = STR_INIT("second")}, // of a weaker source
    {.key = STR_INIT("loop"), .text = STR_INIT("no circle here")},
    {.key = STR_INIT("hidden"), .text = STR_INIT("x"), .hidden = true},
    {.key = STR_INIT("it")},
};
#define GIVEN (sizeof given / sizeof given[0])

static enum status resolve(const char *text, struct arena *arena, struct str *out,
                           struct error *err) {
    struct config_client_reply reply = {.properties = given, .count = GIVEN};
    struct config_client_reply resolved;
    given[GIVEN - 1].text = str_from_c(text);
    given[GIVEN - 1].source = STR("file:b.yml");
    enum status status = config_client_resolve(&reply, variables, arena, &resolved, err);
    if (status == STATUS_OK) {
        *out = resolved.properties[GIVEN - 1].text;
        assert_int_equal(resolved.count, GIVEN);
        assert_true(str_equal(reply.properties[2].text, STR("${name}:${port}"))); // as it came
        assert_true(resolved.properties[1].plain);
    }
    return status;
}

static void becomes(const char *text, const char *expected) {
    struct error err = {STATUS_OK, ""};
    struct arena arena;
    struct str out = STR_EMPTY;
    arena_init(&arena, 1024, 0);
    assert_int_equal(resolve(text, &arena, &out, &err), STATUS_OK);
    if (!str_equal(out, str_from_c(expected))) {
        fail_msg("%s becomes %.*s and not %s", text, STR_ARG(out), expected);
    }
    arena_free(&arena);
}

static void names_are_replaced(void **state) {
    (void)state;
    becomes("", "");
    becomes("no names", "no names");
    becomes("${TOKEN}", "s3cret");
    becomes("Bearer ${TOKEN}!", "Bearer s3cret!");
    becomes("${cassandra.local-dc}", "east");
    becomes("${EMPTY}", "");
    becomes("${EMPTY:x}", ""); // it is there
    becomes("${place}", "first:9042");
    becomes("${host}", "by-variable"); // the machine is stronger
    becomes("${nobody:${port}}", "9042");
    becomes("${nobody}", "${nobody}");
    becomes("${NO_VALUE}", "${NO_VALUE}");
    becomes("${hidden}", "${hidden}");
    becomes("\\${TOKEN}", "${TOKEN}");
    becomes("${TOKEN", "${TOKEN");
}

static void circles_are_refused_by_name(void **state) {
    (void)state;
    struct error err = {STATUS_OK, ""};
    struct arena arena;
    struct str out;
    arena_init(&arena, 1024, 0);
    assert_int_equal(resolve("${it}", &arena, &out, &err), STATUS_INVALID);
    assert_non_null(strstr(err.text, "file:b.yml: it: its ${} name one another in a circle"));
    // A variable that names itself by way of the name that Spring asks for.
    assert_int_equal(resolve("${LOOP}", &arena, &out, &err), STATUS_INVALID);
    arena_free(&arena);
}

static void without_an_environment(void **state) {
    (void)state;
    struct config_client_reply reply = {.properties = given, .count = GIVEN};
    struct config_client_reply resolved;
    struct error err = {STATUS_OK, ""};
    struct arena arena;
    arena_init(&arena, 1024, 0);
    given[GIVEN - 1].text = STR("${TOKEN:none} ${host}");
    assert_int_equal(config_client_resolve(&reply, NULL, &arena, &resolved, &err), STATUS_OK);
    assert_true(str_equal(resolved.properties[GIVEN - 1].text, STR("none by-property")));
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_replaced),
        cmocka_unit_test(circles_are_refused_by_name),
        cmocka_unit_test(without_an_environment),
    };
    return cmocka_run_group_tests_name("config client resolve", tests, NULL, NULL);
}
