// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What masks hide, and what they leave alone.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "unit/shape/harness.h"

struct masked {
    const char *text, *after;
};

static void check(const char *what, const struct masked *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char yaml[200], event[1024], wanted[1024];
        (void)snprintf(yaml, sizeof yaml,
                       "rules:\n- {name: r, do: {mask: {what: %s, in: traits.a}}}\n", what);
        (void)snprintf(event, sizeof event, "{\"traits\":{\"a\":\"%s\"}}", cases[i].text);
        (void)snprintf(wanted, sizeof wanted, "{\"a\":\"%s\"}", cases[i].after);
        struct shaped shaped = shape_with(yaml, event);
        assert_int_equal(shaped.fate, SHAPE_KEPT);
        if (!strstr(shaped.after, wanted)) {
            print_error("\"%s\" became %s\n", cases[i].text, shaped.after);
            fail();
        }
        assert_int_equal(shaped.changed, strcmp(cases[i].text, cases[i].after) != 0);
    }
}
#define CHECK_ALL(what, cases) check(what, cases, sizeof(cases) / sizeof((cases)[0]))

static void emails(void **state) {
    static const struct masked cases[] = {
        {"anna@example.org", "***@example.org"},
        {"write to anna.b+c@mail.example.org, or to x@y.de.",
         "write to ***@mail.example.org, or to ***@y.de."},
        {"<anna@example.org>", "<***@example.org>"},
        {"mailto:anna@example.org", "mailto:***@example.org"},
        {"/find?q=anna%40example.org&r=1", "/find?q=***%40example.org&r=1"},
        {"\xc3\xa4nna@b\xc3\xbc"
         "cher.example",
         "***@b\xc3\xbc"
         "cher.example"},
        {"a@b@c.de", "a@***@c.de"},
        {"a@b.c@d.ef", "***@b.c@d.ef"},
        {"@example.org", "@example.org"},
        {"anna@", "anna@"},
        {"anna@localhost", "anna@localhost"},
        {"anna@.org", "anna@.org"},
        {"@handle and @other", "@handle and @other"},
        {"", ""},
    };
    (void)state;
    CHECK_ALL("email", cases);
}

// Numbers that issuers give out for tests.
static void cards(void **state) {
    static const struct masked cases[] = {
        {"4111111111111111", "************1111"},
        {"4111 1111 1111 1111", "**** **** **** 1111"},
        {"card 5555-5555-5555-4444 please", "card ****-****-****-4444 please"},
        {"378282246310005", "***********0005"},
        {"4222222222222", "*********2222"},
        {"6011000990139424 and 4111111111111111", "************9424 and ************1111"},
        {"4111 1111 1111 1111 2027", "**** **** **** 1111 2027"},
        {"4111111111111112", "4111111111111112"},               // fails the check
        {"1111111111111117", "1111111111111117"},               // nobody's
        {"41111111111111111111111", "41111111111111111111111"}, // too long
        {"4111  1111  1111  1111", "4111  1111  1111  1111"},
        {"123456789012", "123456789012"},
    };
    (void)state;
    CHECK_ALL("card", cases);
}

static void phones(void **state) {
    static const struct masked cases[] = {
        {"+1 415 555 0100", "+* *** *** **00"},
        {"call (415) 555-0100 now", "call (***) ***-**00 now"},
        {"415-555-0100", "***-***-**00"},
        {"0151 23456789", "**** ******89"},
        {"+49 (0)30 901820", "+** (*)** ****20"},
        {"0049-30-901820", "****-**-****20"},
        {"4155550100", "4155550100"}, // an id
        {"12.50", "12.50"},
        {"1732525200", "1732525200"}, // a time
        {"2026-11-25", "2026-11-25"}, // a day
        {"order a0151234567", "order a0151234567"},
        {"+1", "+1"},
        {"+1234567890123456789", "+1234567890123456789"},
        {"(a) 5", "(a) 5"},
    };
    (void)state;
    CHECK_ALL("phone", cases);
}

static void all_at_once(void **state) {
    static const struct masked cases[] = {
        {"anna@example.org 4111111111111111 +1 415 555 0100",
         "***@example.org ************1111 +* *** *** **00"},
    };
    (void)state;
    CHECK_ALL("[email, card, phone]", cases);
}

// Sent as a number it becomes a text, since stars are no digits; other numbers stay numbers.
static void numbers(void **state) {
    (void)state;
    struct shaped shaped =
        shape_with("rules:\n- {name: r, do: {mask: {what: card, in: traits}}}\n",
                   "{\"traits\":{\"a\":4111111111111111,\"b\":12.5,\"c\":true}}");
    assert_non_null(strstr(shaped.after, "{\"a\":\"************1111\",\"b\":12.5,\"c\":true}"));
}

// A text of nothing but what begins a match is gone over once.
static void hostile(void **state) {
    static const char parts[][4] = {"@", "a@", "4 ", "(+", "0-", "%40", "+1"};
    (void)state;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        char event[8000];
        struct buffer text;
        buffer_init_fixed(&text, event, sizeof event);
        buffer_append_str(&text, STR("{\"traits\":{\"a\":\""));
        while (text.len < sizeof event - 10) {
            buffer_append_str(&text, str_from_c(parts[i]));
        }
        buffer_append(&text, "\"}}", 4);
        struct shaped shaped = shape_with(
            "rules:\n- {name: r, do: {mask: {what: [email, card, phone], in: traits}}}\n", event);
        assert_int_equal(shaped.fate, SHAPE_KEPT);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(emails),      cmocka_unit_test(cards),   cmocka_unit_test(phones),
        cmocka_unit_test(all_at_once), cmocka_unit_test(numbers), cmocka_unit_test(hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
