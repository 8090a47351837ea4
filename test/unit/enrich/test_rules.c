// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// uap-core's rules against uap-core's own tests; the filter in front of them; files that are no rules; texts that mean harm.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <yaml.h>
#include <cmocka.h>

#include "enrich/agent_rules.h"
#include "enrich/rule_filter.h"

#define TESTS_DIRECTORY "/usr/share/uap-core/tests/"

// --- The filter -----------------------------------------------------------------------------------------------------------

static const struct {
    const char *regex, *text;
    bool may;
} filters[] = {
    {"Chrome/(\\d+)", "Mozilla Chrome/126", true},
    {"Chrome/(\\d+)", "Mozilla Firefox/126", false},
    {"Chrome/(\\d+)", "CHROME/1", true}, // case is the expression's affair
    {"(Edge?)/\\d", "Edg/1", true},
    {"abcd*ef", "xx abcef", true},
    {"abcd?", "abc", true},
    {"abc(?:defg)?hij", "abchij", true},
    {"abc(?:defg)+hij", "abchij", false},
    {"(?:iPhone|iPad)", "x iPad", true},
    {"(?:iPhone|iPad)", "x iPod", false},
    {"(?:iPhone|)", "", true},
    {"a|bcdef", "a", true},
    {"[abc]def", "xdef", true},
    {"[]abc]def", "xyz", false},
    {"x(?!foobar)yyy", "xyyy", true},
    {"(?=foobar)", "foobar", true},
    {"(?i)FOOBAR", "foobar", true},
    {"foo\\.bar", "foo.bar", true},
    {"foo\\.bar", "foo-bar", false},
    {"foo{0,3}bar", "fobar", true},
    {"foo{2}bar", "fooobar", true},
    {"\\x41\\x42\\x43", "ABC", true}, // not understood: nothing is demanded
    {"\\", "x", true},
    {"(((", "x", true},
    {"abc)", "x", true},
    {"[abc", "x", true},
    {"a{", "x", true},
    {"", "", true},
};

static void test_filter(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++) {
        struct rule_filter filter;
        struct rule_filter_text text;
        rule_filter_make(str_from_c(filters[i].regex), &filter);
        rule_filter_read(str_from_c(filters[i].text), &text);
        if (rule_filter_may_match(&filter, &text) != filters[i].may) {
            fail_msg("%s on %s", filters[i].regex, filters[i].text);
        }
    }
}

// --- uap-core's own tests -------------------------------------------------------------------------------------------------

struct expected {
    char text[2048], family[128], major[64];
};

static struct str key_field(struct expected *expected, const char *key, char **out, size_t *size) {
    *out = NULL;
    if (strcmp(key, "user_agent_string") == 0) {
        *out = expected->text;
        *size = sizeof expected->text;
    } else if (strcmp(key, "family") == 0 || strcmp(key, "brand") == 0) {
        *out = strcmp(key, "family") == 0 ? expected->family : expected->major;
        *size = strcmp(key, "family") == 0 ? sizeof expected->family : sizeof expected->major;
    } else if (strcmp(key, "major") == 0) {
        *out = expected->major;
        *size = sizeof expected->major;
    }
    return str_from_c(*out);
}

struct tally {
    size_t cases, wrong;
};

static void judge(const struct agent_rules *rules, struct agent_matcher *matcher,
                  enum agent_subject subject, const struct expected *expected,
                  struct tally *tally) {
    struct agent_part got;
    struct str text = str_from_c(expected->text);
    agent_matcher_read(matcher, text);
    agent_rules_match(rules, matcher, subject, text, &got);
    const char *family = got.family[0] ? got.family : "Other";
    bool right = subject == AGENT_BRAND
                     ? strcmp(got.family, expected->major) == 0
                     : strncmp(family, expected->family, AGENT_PART_MAX - 1) == 0 &&
                           strncmp(got.major, expected->major, sizeof got.major - 1) == 0;
    tally->cases++;
    if (!right && tally->wrong++ < 5) {
        print_message("%s: got %s %s, expected %s %s\n", expected->text, family, got.major,
                      expected->family, expected->major);
    }
}

static struct tally run_cases(const struct agent_rules *rules, enum agent_subject subject,
                              const char *file) {
    struct tally tally = {0, 0};
    struct expected expected = {.text = ""};
    struct agent_matcher *matcher;
    char path[200], key[64] = "";
    (void)snprintf(path, sizeof path, TESTS_DIRECTORY "%s", file);
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    assert_int_equal(agent_matcher_make(&matcher), STATUS_OK);
    yaml_parser_t parser;
    assert_true(yaml_parser_initialize(&parser));
    yaml_parser_set_input_file(&parser, in);
    for (bool over = false; !over;) {
        yaml_event_t event;
        assert_true(yaml_parser_parse(&parser, &event));
        over = event.type == YAML_STREAM_END_EVENT;
        if (event.type == YAML_SCALAR_EVENT) {
            const char *text = (const char *)event.data.scalar.value;
            char *out;
            size_t size = 0;
            (void)key_field(&expected, key, &out, &size);
            if (key[0] && out) {
                (void)snprintf(out, size, "%s", text);
            }
            (void)snprintf(key, sizeof key, "%s", key[0] ? "" : text);
        } else if (event.type == YAML_MAPPING_START_EVENT) {
            expected = (struct expected){.text = ""};
            key[0] = '\0';
        } else if (event.type == YAML_MAPPING_END_EVENT && expected.text[0]) {
            judge(rules, matcher, subject, &expected, &tally);
            expected.text[0] = '\0';
        }
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    (void)fclose(in);
    print_message("%s: %zu cases, %zu otherwise, %.1f expressions tried a text\n", file,
                  tally.cases, tally.wrong,
                  (double)agent_matcher_tries(matcher) / (double)tally.cases);
    agent_matcher_free(matcher);
    return tally;
}

static void test_uap_core_agrees(void **state) {
    (void)state;
    static const struct {
        enum agent_subject subject;
        const char *file;
    } files[] = {{AGENT_BROWSER, "test_ua.yaml"},
                 {AGENT_SYSTEM, "test_os.yaml"},
                 {AGENT_BRAND, "test_device.yaml"}};
    struct agent_rules *rules;
    struct error err;
    if (access(AGENT_RULES_FILE, R_OK) != 0 || access(TESTS_DIRECTORY, R_OK) != 0) {
        skip();
    }
    assert_int_equal(agent_rules_load(AGENT_RULES_FILE, true, &rules, &err), STATUS_OK);
    for (size_t i = 0; i < 3; i++) {
        struct tally tally = run_cases(rules, files[i].subject, files[i].file);
        assert_true(tally.cases > 400);
        assert_int_equal(tally.wrong, 0);
    }
    agent_rules_free(rules);
}

// --- Files ------------------------------------------------------------------------------------------------------------------

static enum status load_text(const char *text, struct agent_rules **rules, struct error *err) {
    char path[] = "/tmp/footfall-rules-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    (void)close(fd);
    enum status status = agent_rules_load(path, true, rules, err);
    (void)unlink(path);
    return status;
}

static void test_files(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum status status;
    } files[] = {
        {"user_agent_parsers:\n  - regex: '(Foo)/(\\d+)'\n", STATUS_OK},
        {"user_agent_parsers:\n  - regex: '(Foo'\n", STATUS_INVALID},
        {"user_agent_parsers:\n  - family_replacement: 'x'\n", STATUS_INVALID},
        {"user_agent_parsers: [[[a]]]\n", STATUS_INVALID},
        {"- a\n- b\n", STATUS_INVALID},
        {"user_agent_parsers:\n  - &a {regex: x}\n  - *a\n", STATUS_INVALID},
        {"a: b\n", STATUS_INVALID},
        {"\t{", STATUS_INVALID},
        {"", STATUS_INVALID},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct agent_rules *rules = NULL;
        struct error err = {.status = STATUS_OK};
        enum status status = load_text(files[i].text, &rules, &err);
        if (status != files[i].status) {
            fail_msg("%s: %s", files[i].text, status_name(status));
        }
        agent_rules_free(rules);
    }
    struct agent_rules *rules;
    struct error err;
    assert_int_equal(agent_rules_load("/nowhere/x.yaml", false, &rules, &err), STATUS_NOT_FOUND);
    assert_int_equal(agent_rules_load("/tmp", false, &rules, &err), STATUS_IO);
}

static void test_replacements(void **state) {
    (void)state;
    struct agent_rules *rules;
    struct agent_matcher *matcher;
    struct agent_part got;
    struct error err;
    assert_int_equal(load_text("user_agent_parsers:\n"
                               "  - regex: 'Foo (\\w+)/(\\d+)'\n"
                               "    family_replacement: '$1 $9of Foo$'\n"
                               "    v1_replacement: '1$2'\n"
                               "  - regex: '(bar.*)'\n"
                               "device_parsers:\n"
                               "  - regex: 'FOO'\n    regex_flag: 'i'\n    brand_replacement: 'B'\n"
                               "  - regex: 'bar'\n    device_replacement: 'x'\n"
                               "  - regex: 'bar'\n    brand_replacement: 'never'\n",
                               &rules, &err),
                     STATUS_OK);
    assert_int_equal(agent_matcher_make(&matcher), STATUS_OK);
    assert_int_equal(strlen(agent_rules_version(rules)), 16);
    assert_int_equal(agent_rules_count(rules), 5);
    struct str text = STR("a Foo X/7");
    agent_matcher_read(matcher, text);
    agent_rules_match(rules, matcher, AGENT_BROWSER, text, &got);
    assert_string_equal(got.family, "X of Foo$");
    assert_string_equal(got.major, "17");
    agent_rules_match(rules, matcher, AGENT_SYSTEM, text, &got);
    assert_string_equal(got.family, "");
    agent_rules_match(rules, matcher, AGENT_BRAND, text, &got);
    assert_string_equal(got.family, "B");
    // Cut at a character; what is no UTF-8 is left out.
    char long_text[200] = "bar";
    for (size_t i = 3; i + 2 < 120; i += 2) {
        memcpy(long_text + i, "\xc3\xa9", 3);
    }
    text = str_from_c(long_text);
    agent_matcher_read(matcher, text);
    agent_rules_match(rules, matcher, AGENT_BROWSER, text, &got);
    assert_true(strlen(got.family) >= 60 && str_is_utf8(str_from_c(got.family)));
    agent_rules_match(rules, matcher, AGENT_BRAND, text, &got);
    assert_string_equal(got.family, ""); // the first rule says: no brand
    text = STR("bar \xff\xfe");
    agent_matcher_read(matcher, text);
    agent_rules_match(rules, matcher, AGENT_BROWSER, text, &got);
    assert_string_equal(got.family, "");
    agent_matcher_free(matcher);
    agent_rules_free(rules);
}

// An expression that takes exponential time gives up by count.
static void test_steps_are_bounded(void **state) {
    (void)state;
    struct agent_rules *rules;
    struct agent_matcher *matcher;
    struct agent_part got;
    struct error err;
    assert_int_equal(load_text("user_agent_parsers:\n  - regex: '^(a+)+b(a+)+c$'\n"
                               "  - regex: '(aaaa)'\n",
                               &rules, &err),
                     STATUS_OK);
    assert_int_equal(agent_matcher_make(&matcher), STATUS_OK);
    char text[2000];
    memset(text, 'a', sizeof text);
    text[100] = 'b';
    struct str hostile = str_make(text, sizeof text);
    agent_matcher_read(matcher, hostile);
    agent_rules_match(rules, matcher, AGENT_BROWSER, hostile, &got);
    assert_string_equal(got.family, "aaaa");
    assert_int_equal(agent_matcher_tries(matcher), 2);
    agent_matcher_free(matcher);
    agent_rules_free(rules);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filter),
        cmocka_unit_test(test_uap_core_agrees),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_replacements),
        cmocka_unit_test(test_steps_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
