// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// YAML and .properties taken apart to flat properties, documents, and the profiles they are for.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "config/file.h"

typedef enum status reader(struct arena *arena, struct str text, struct config_file *out,
                           struct error *err);

// "a=1;b=x|c=2": properties of documents.
static void check(reader *read, const char *text, const char *expected) {
    struct arena arena;
    struct buffer out;
    struct config_file file;
    struct error err = {STATUS_OK, ""};
    arena_init(&arena, 4096, 0);
    buffer_init(&out, 65536);
    enum status status = read(&arena, str_from_c(text), &file, &err);
    if (status != STATUS_OK) {
        fail_msg("%s: %s", text, err.text);
    }
    for (const struct config_document *d = file.first; d; d = d->next) {
        for (size_t i = 0; i < d->map.count; i++) {
            buffer_printf(&out, "%s%.*s=%.*s", i > 0 ? ";" : "", STR_ARG(d->map.items[i].key),
                          STR_ARG(d->map.items[i].value.text));
        }
        buffer_append_str(&out, d->next ? STR("|") : STR(""));
    }
    buffer_append_char(&out, '\0');
    assert_string_equal(out.data, expected);
    buffer_free(&out);
    arena_free(&arena);
}

static void refuse(reader *read, const char *text, enum status expected, const char *why) {
    struct arena arena;
    struct config_file file;
    struct error err = {STATUS_OK, ""};
    arena_init(&arena, 4096, (size_t)64 * 1024 * 1024);
    enum status status = read(&arena, str_from_c(text), &file, &err);
    if (status != expected || !strstr(err.text, why)) {
        fail_msg("%.60s: %s, %s", text, status_name(status), err.text);
    }
    arena_free(&arena);
}

// --- YAML ---------------------------------------------------------------------------------------------------------------
static void yaml_is_flattened(void **state) {
    (void)state;
    check(config_yaml_read, "a: {b: [1, {c: x}], d: }\n", "a.b[0]=1;a.b[1].c=x;a.d=");
    check(config_yaml_read, "a: []\nb: {}\nc: [[1, 2], []]\n", "a=;c[0][0]=1;c[0][1]=2;c[1]=");
    check(config_yaml_read, "a.b: 1\n'[c/d]': 2\nx: {1: one, true: t, '[k]': v}\n",
          "a.b=1;[c/d]=2;x[1]=one;x[true]=t;x[k]=v");
    check(config_yaml_read, "- a\n- b: 1\n", "document[0]=a;document[1].b=1");
    check(config_yaml_read, "just a text\n", "document=just a text");
    check(config_yaml_read, "", "");
    check(config_yaml_read, "# nothing\n---\n---\na: 1\n---\n~\n---\nb: 2\n", "a=1|b=2");
    check(config_yaml_read, "t: |\n  one\n  two\nf: >-\n  one\n  two\n", "t=one\ntwo\n;f=one two");
    check(config_yaml_read, "a: !!str 012\nb: !!int '12'\nc: '12'\nd: 012\n",
          "a=012;b=12;c=12;d=10");
    check(config_yaml_read, "a: 1\na.b: 2\nc: {d: 1}\nc.d: 2\n", "a=1;a.b=2;c.d=2");
}

static void yaml_has_aliases_and_merges(void **state) {
    (void)state;
    check(config_yaml_read, "a: &a {x: 1, y: 2}\nb: *a\nc: {<<: *a, y: 3}\n",
          "a.x=1;a.y=2;b.x=1;b.y=2;c.x=1;c.y=3");
    check(config_yaml_read, "a: &a {x: 1}\nb: &b {<<: *a, x: 2, z: 3}\nc: {<<: [*a, *b]}\n",
          "a.x=1;b.x=2;b.z=3;c.x=1;c.z=3");
}

static void yaml_that_is_refused(void **state) {
    (void)state;
    refuse(config_yaml_read, "a: [1\n", STATUS_SYNTAX, "line 2");
    refuse(config_yaml_read, "a: 1\nb: 1\na: 2\n", STATUS_DUPLICATE_KEY, "line 3: the key a");
    refuse(config_yaml_read, "a: *b\n", STATUS_INVALID, "an alias names nothing");
    refuse(config_yaml_read, "a: &a [*a]\n", STATUS_INVALID, "inside what it names");
    refuse(config_yaml_read, "? [1]\n: 2\n", STATUS_INVALID, "a key is a list");
    refuse(config_yaml_read, "a: {<<: 1}\n", STATUS_INVALID, "<< takes a map");
    refuse(config_yaml_read, "a: !mine 1\n", STATUS_INVALID, "tags");
    refuse(config_yaml_read, "a: !!binary aGk=\n", STATUS_INVALID, "tag");
    refuse(config_yaml_read, "a: \xff\n", STATUS_SYNTAX, "line 1");
}

static void yaml_has_limits(void **state) {
    (void)state;
    char deep[400], bomb[4000];
    size_t len = 0;
    memset(deep, '[', 200);
    memset(deep + 200, ']', 199);
    deep[399] = '\0';
    refuse(config_yaml_read, deep, STATUS_TOO_DEEP, "nested too deeply");
    len += (size_t)snprintf(bomb, sizeof bomb, "a0: &a0 [x, x, x, x, x, x, x, x]\n");
    for (unsigned i = 1; i < 12; i++) {
        len +=
            (size_t)snprintf(bomb + len, sizeof bomb - len, "a%u: &a%u [*a%u, *a%u, *a%u, *a%u]\n",
                             i, i, i - 1, i - 1, i - 1, i - 1);
    }
    refuse(config_yaml_read, bomb, STATUS_TOO_LARGE, "too many values");
    len = (size_t)snprintf(bomb, sizeof bomb, "a0: &a0 {x: 1}\n");
    for (unsigned i = 1; i < 24; i++) {
        len += (size_t)snprintf(bomb + len, sizeof bomb - len,
                                "a%u: &a%u {<<: [*a%u, *a%u, *a%u]}\n", i, i, i - 1, i - 1, i - 1);
    }
    refuse(config_yaml_read, bomb, STATUS_TOO_LARGE, "too many values");
}

// --- .properties --------------------------------------------------------------------------------------------------------
static void properties_are_read(void **state) {
    (void)state;
    check(config_properties_read, "a=1\nb = 2 \nc:3\nd 4\ne\n\n  f\t=\t6\n",
          "a=1;b=2 ;c=3;d=4;e=;f=6");
    check(config_properties_read, "# no\n! no\n  # no\na=#yes\n", "a=#yes");
    check(config_properties_read, "a\\ b\\=c=1\nd=x\\\n   y\\\n\tz\ne=\\t\\n\\\\\\q\n",
          "a b=c=1;d=xyz;e=\t\n\\q");
    check(config_properties_read, "a=\\u00e9\\u20ac\\ud83d\\ude00\nb=\xe9\n",
          "a=\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80;b=\xc3\xa9");
    check(config_properties_read, "a=1\r\nb=2\rc=3", "a=1;b=2;c=3");
    check(config_properties_read, "a=1\na=2\n", "a=2");
    check(config_properties_read, "a[]=x, y\nb[0]=z\n", "a[0]=x;a[1]=y;b[0]=z");
    check(config_properties_read, "=1\na==2\n", "=1;a==2");
}

static void properties_have_documents(void **state) {
    (void)state;
    check(config_properties_read, "a=1\n#---\nb=2\n!---\nc=3\n", "a=1|b=2|c=3");
    check(config_properties_read, "#---\na=1\n#---\n#---\n", "a=1");
    check(config_properties_read, "a=1\n #---\nb=2\n#----\nc=3\n# ---\nd=4\n", "a=1;b=2;c=3;d=4");
    check(config_properties_read, "a=1\n# about\n#---\nb=2\n", "a=1;b=2");
    check(config_properties_read, "a=1\n#---\n# about\nb=2\n", "a=1;b=2");
    check(config_properties_read, "a=1\n#---  \nb=2\n", "a=1|b=2");
}

static void properties_that_are_refused(void **state) {
    (void)state;
    refuse(config_properties_read, "a=1\nb=\\u12\n", STATUS_INVALID, "line 2: \\u needs");
    refuse(config_properties_read, "b=\\ud83d\n", STATUS_INVALID, "stands for no character");
    refuse(config_properties_read, "b=\\u0000\n", STATUS_INVALID, "stands for no character");
}

// --- Profiles -----------------------------------------------------------------------------------------------------------
static int match(const char *expression) {
    const struct str profiles[] = {STR_INIT("dev"), STR_INIT("eu")};
    bool match = false;
    enum status status = config_profiles_match(str_from_c(expression), profiles, 2, &match);
    return status == STATUS_OK ? match : -1;
}

static void profiles_are_matched(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int expected;
    } cases[] = {
        {"dev", 1},
        {"prod", 0},
        {"!prod", 1},
        {"!!dev", 1},
        {"dev & eu", 1},
        {"dev & us", 0},
        {"prod | eu", 1},
        {"prod|us", 0},
        {"!(dev & us)", 1},
        {"(prod | dev) & eu", 1},
        {"dev & !eu", 0},
        {"", -1},
        {"dev &", -1},
        {"& dev", -1},
        {"(dev", -1},
        {"dev)", -1},
        {"dev & eu | us", -1},
        {"()", -1},
        {"!", -1},
        {"dev dev", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (match(cases[i].text) != cases[i].expected) {
            fail_msg("%s: %d", cases[i].text, match(cases[i].text));
        }
    }
    char deep[101];
    memset(deep, '(', 100);
    deep[100] = '\0';
    assert_int_equal(match(deep), -1);
}

static void check_active(const char *yaml, int expected) {
    const struct str profiles[] = {STR_INIT("dev"), STR_INIT("eu")};
    struct arena arena;
    struct config_file file;
    struct error err = {STATUS_OK, ""};
    bool active = false;
    arena_init(&arena, 4096, 0);
    assert_int_equal(config_yaml_read(&arena, str_from_c(yaml), &file, &err), STATUS_OK);
    enum status status = config_document_is_active(file.first, profiles, 2, &active, &err);
    int found = status == STATUS_OK ? active : -1;
    if (found != expected) {
        fail_msg("%s: %d %s", yaml, found, err.text);
    }
    arena_free(&arena);
}

static void documents_say_when_they_count(void **state) {
    (void)state;
    check_active("a: 1\n", 1);
    check_active("spring.config.activate.on-profile: dev\n", 1);
    check_active("spring: {config: {activate: {on-profile: prod}}}\n", 0);
    check_active("spring.config.activate.on-profile: [prod, eu]\n", 1);
    check_active("spring.config.activate.on-profile: 'prod, eu & dev'\n", 1);
    check_active("spring.profiles: prod\n", 0);
    check_active("spring.profiles: 'prod,dev'\n", 1);
    check_active("spring.config.activate.on-cloud-platform: kubernetes\n", 0);
    check_active("spring.config.activate.on-profile: '&'\n", -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(yaml_is_flattened),
        cmocka_unit_test(yaml_has_aliases_and_merges),
        cmocka_unit_test(yaml_that_is_refused),
        cmocka_unit_test(yaml_has_limits),
        cmocka_unit_test(properties_are_read),
        cmocka_unit_test(properties_have_documents),
        cmocka_unit_test(properties_that_are_refused),
        cmocka_unit_test(profiles_are_matched),
        cmocka_unit_test(documents_say_when_they_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
