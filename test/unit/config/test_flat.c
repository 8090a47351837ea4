// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Sources merged: lists whole, placeholders resolved, lists and maps put together again; written in three forms.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config/flat.h"
#include "config/placeholder.h"

struct fixture {
    struct arena arena;
    struct config_environment environment;
};

// One .properties text a source, the strongest first.
static void prepare(struct fixture *f, const char *const *texts, size_t count) {
    *f = (struct fixture){.environment = {.count = 0}};
    arena_init(&f->arena, 4096, (size_t)64 * 1024 * 1024);
    f->environment.snapshot.arena = &f->arena;
    for (size_t i = 0; i < count; i++) {
        struct config_file file;
        struct error err = {STATUS_OK, ""};
        assert_int_equal(config_properties_read(&f->arena, str_from_c(texts[i]), &file, &err),
                         STATUS_OK);
        struct config_source *source = arena_alloc(&f->arena, sizeof *source);
        assert_non_null(source);
        *source = (struct config_source){STR("test"), file.first->map, NULL};
        if (f->environment.last) {
            f->environment.last->next = source;
        } else {
            f->environment.first = source;
        }
        f->environment.last = source;
        f->environment.count++;
    }
}

static enum status write(struct fixture *f, enum config_form form, bool resolve, char out[2000]) {
    struct config_map map;
    struct buffer text;
    struct error err = {STATUS_OK, ""};
    buffer_init(&text, 1999);
    enum status status = config_flat_merge(&f->environment, &map);
    if (status == STATUS_OK && resolve) {
        status = config_flat_resolve(&f->environment, &map, 100000);
    }
    status = status == STATUS_OK ? config_flat_write(&map, form, &text, &err) : status;
    (void)snprintf(out, 2000, "%.*s", STR_ARG(buffer_str(&text)));
    buffer_free(&text);
    return status;
}

static void check(const char *const *texts, size_t count, enum config_form form,
                  const char *expected) {
    struct fixture f;
    char out[2000];
    prepare(&f, texts, count);
    assert_int_equal(write(&f, form, true, out), STATUS_OK);
    assert_string_equal(out, expected);
    arena_free(&f.arena);
}
#define CHECK_FORM(form, expected, ...)                                                            \
    check((const char *const[]){__VA_ARGS__},                                                      \
          sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), (form), (expected))

static void the_strongest_counts(void **state) {
    (void)state;
    CHECK_FORM(CONFIG_FORM_PROPERTIES, "a: 2\nb: 1\nc: 2", "a=2\nc=2\n", "a=1\nb=1\n");
    CHECK_FORM(CONFIG_FORM_PROPERTIES, "b: 1\na[0]: x\nc[0]: q", "a[0]=x\n",
               "a[0]=1\na[1]=2\nb=1\nc[0]=q\n");
    CHECK_FORM(CONFIG_FORM_PROPERTIES, "b: 1", "b=1\nspring.profiles=x\n");
}

static void lists_and_maps_come_back(void **state) {
    (void)state;
    CHECK_FORM(CONFIG_FORM_JSON, "{\"a\":{\"b\":[\"1\",{\"c\":\"2\"}]},\"d\":[[\"x\"]]}",
               "a.b[0]=1\na.b[1].c=2\nd[0][0]=x\n");
    CHECK_FORM(CONFIG_FORM_JSON, "{\"l\":[null,null,\"x\"]}", "l[2]=x\n");
    CHECK_FORM(CONFIG_FORM_JSON, "{\"a\":\"1\",\"a.b\":\"2\"}", "a=1\na.b=2\n");
    CHECK_FORM(CONFIG_FORM_JSON, "{\"a[x]\":\"1\"}", "a[x]=1\n");
    CHECK_FORM(CONFIG_FORM_YAML, "n: 'yes'\nt: |\n  a\n  b\na:\n  b:\n  - '1'\n  - c: x\n",
               "a.b[0]=1\na.b[1].c=x\nn=yes\nt=a\\nb\\n\n");
    CHECK_FORM(CONFIG_FORM_YAML, "- a\n- b\n", "document[0]=a\ndocument[1]=b\n");
}

static void keys_that_fit_nothing(void **state) {
    (void)state;
    static const char *const keys[] = {
        "a.b=1\na[0]=2\n", "a[0]=1\na[0].b=2\n", "a..b=1\n",     ".a=1\n",
        "a[1]x=1\n",       "a[99999999999]=1\n", "a[10000]=1\n", "[0]=1\n"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct fixture f;
        char out[2000];
        prepare(&f, &keys[i], 1);
        if (write(&f, CONFIG_FORM_JSON, false, out) != STATUS_INVALID) {
            fail_msg("%s: %s", keys[i], out);
        }
        arena_free(&f.arena);
    }
}

static void resolve(const char *text, const char *expected) {
    static const char *const sources[] = {
        "a=1\nb=${a}${a}\nkey=a\nescaped=\\\\${a}\nx\\ y=spaced\n", "a=0\nweak=yes\nc\\:d=colon\n"};
    struct fixture f;
    struct buffer out;
    prepare(&f, sources, 2);
    buffer_init(&out, 1000);
    assert_int_equal(config_placeholders_resolve(&f.environment, str_from_c(text), &out),
                     STATUS_OK);
    buffer_append_char(&out, '\0');
    assert_string_equal(out.data, expected);
    buffer_free(&out);
    arena_free(&f.arena);
}

static void placeholders_are_resolved(void **state) {
    (void)state;
    resolve("", "");
    resolve("plain } { $ text", "plain } { $ text");
    resolve("${a}-${weak}", "1-yes");
    resolve("${b}", "11");
    resolve("${ a }", "1");
    resolve("${none}", "${none}");
    resolve("${none:}", "");
    resolve("${none:x:y}", "x:y");
    resolve("${none:${b}}", "11");
    resolve("${${key}}", "1");
    resolve("${${none:key}:d}", "a");
    resolve("${c:d}", "colon");
    resolve("${x y}", "spaced");
    resolve("\\${a} \\\\${a} ${a}", "${a} ${a} 1");
    resolve("${a", "${a");
    resolve("${a${b}", "${a11");
    resolve("${none} ${a}", "${none} 1");
}

static void circles_and_bombs_end(void **state) {
    (void)state;
    static const char *const circle = "a=${b}\nb=${a}\n";
    static const char *const bomb =
        "a0=xxxxxxxxxxxxxxxx\na1=${a0}${a0}${a0}${a0}${a0}${a0}${a0}${a0}\n"
        "a2=${a1}${a1}${a1}${a1}${a1}${a1}${a1}${a1}\na3=${a2}${a2}${a2}${a2}${a2}${a2}${a2}${a2}\n"
        "a4=${a3}${a3}${a3}${a3}${a3}${a3}${a3}${a3}\na5=${a4}${a4}${a4}${a4}${a4}${a4}${a4}${a4}\n";
    struct fixture f;
    char out[2000];
    prepare(&f, &circle, 1);
    assert_int_equal(write(&f, CONFIG_FORM_JSON, true, out), STATUS_INVALID);
    arena_free(&f.arena);
    prepare(&f, &bomb, 1);
    assert_int_equal(write(&f, CONFIG_FORM_JSON, true, out), STATUS_TOO_LARGE);
    arena_free(&f.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_strongest_counts),  cmocka_unit_test(lists_and_maps_come_back),
        cmocka_unit_test(keys_that_fit_nothing), cmocka_unit_test(placeholders_are_resolved),
        cmocka_unit_test(circles_and_bombs_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
