// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Nanoseconds that rules cost an event: none that matches, of several kinds and numbers; and what actions cost one that matches.
//
// usage: micro_shape [EVENTS]
//
// The event is decoded anew before it is changed; what decoding takes is measured by itself and taken off.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "shape/rules.h"

static const struct setting table[] = {
    {"privacy.ip", NULL, SETTING_CHOICE, "truncate", 0, 0, "truncate|keep|remove", "", false},
    {"privacy.do_not_track", NULL, SETTING_CHOICE, "ignore", 0, 0, "ignore|drop", "", false},
    {"privacy.global_privacy_control", NULL, SETTING_CHOICE, "ignore", 0, 0, "ignore|drop", "",
     false},
    {"privacy.projects", NULL, SETTING_LIST, "", 0, 0, NULL, "", false},
    {"privacy.hash_key", NULL, SETTING_STRING, "0123456789abcdef", 0, 0, NULL, "", true},
    {"rules[].name", NULL, SETTING_STRING, "", 0, 0, NULL, "", false},
    {"rules[].when", NULL, SETTING_TREE, "", 0, 0, NULL, "", false},
    {"rules[].do", NULL, SETTING_TREE, "", 0, 0, NULL, "", false},
};

// About what a browser's library sends.
static const char event_text[] =
    "{\"id\":\"0199f2d1-7a51-7b1c-9f6e-3d2b7c1a9e10\",\"project\":\"shop\",\"type\":\"track\",\"name\":\"Order "
    "Completed\",\"userId\":\"user-48213\",\"anonymousId\":\"5a2d8c1e-4c1b-4b06-9a0f-2d5c7e1f0a33\","
    "\"timestamp\":\"2026-11-25T12:00:00.123Z\",\"receivedAt\":\"2026-11-25T12:00:00.456Z\","
    "\"properties\":{\"order_id\":\"o-99812\",\"total\":129.9,\"currency\":\"EUR\",\"coupon\":null,\"products\":[{\"sku\":"
    "\"a-1\",\"price\":99.9,\"quantity\":1},{\"sku\":\"b-7\",\"price\":15,\"quantity\":2}],\"shipping\":0,\"tax\":20.74,"
    "\"note\":\"please ring, anna@example.org\"},"
    "\"context\":{\"ip\":\"203.0.113.77\",\"locale\":\"de-DE\",\"page\":{\"path\":\"/checkout/done\",\"referrer\":"
    "\"https://shop.test/checkout\",\"search\":\"\",\"title\":\"Thank you\",\"url\":\"https://shop.test/checkout/done\"},"
    "\"library\":{\"name\":\"analytics.js\",\"version\":\"next-1.84.3\"},\"userAgent\":\"Mozilla/5.0 (X11; Linux x86_64; "
    "rv:127.0) Gecko/20100101 Firefox/127.0\",\"timezone\":\"Europe/Berlin\",\"campaign\":{\"source\":\"mail\",\"medium\":"
    "\"newsletter\"}},\"source\":{\"dialect\":\"segment\",\"ip\":\"203.0.113.77\",\"userAgent\":\"Mozilla/5.0 (X11; Linux "
    "x86_64; rv:127.0) Gecko/20100101 Firefox/127.0\"},\"integrations\":{\"All\":true}}";

struct bench {
    struct json_parser *parser;
    struct shape_worker *worker;
    struct arena arena;
    char text[sizeof event_text + JSON_PADDING];
    unsigned long events;
};

static void require(enum status status, const char *what) {
    if (status != STATUS_OK) {
        fprintf(stderr, "%s: %s\n", what, status_text(status));
        exit(1);
    }
}

static double now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static struct shape_rules *rules_of(const struct buffer *yaml) {
    struct settings *settings = NULL;
    struct shape_rules *rules = NULL;
    struct error err = {STATUS_OK, ""};
    require(settings_make(table, sizeof table / sizeof table[0], &settings), "settings");
    enum status status = settings_load_text(settings, "bench", buffer_str(yaml), &err);
    status = status == STATUS_OK ? shape_rules_read(settings, &rules, &err) : status;
    require(status, err.text);
    settings_free(settings);
    return rules;
}

// Decodes each event anew; rules NULL: does nothing more. Nanoseconds an event.
static double run_anew(struct bench *bench, const struct shape_rules *rules, bool hide) {
    double began = now_ns();
    for (unsigned long i = 0; i < bench->events; i++) {
        struct event event;
        struct event_trees trees;
        struct shape_outcome outcome;
        struct error err;
        arena_reset(&bench->arena);
        require(event_decode(bench->parser, str_make(bench->text, sizeof event_text - 1),
                             &bench->arena, &event, &trees, &err),
                "decode");
        if (rules) {
            require(
                shape_apply(rules, bench->worker, &event, &trees, &bench->arena, NULL, &outcome),
                "apply");
        }
        if (rules && hide) {
            require(shape_hide_addresses(rules, bench->worker, &event, &trees, &bench->arena),
                    "hide");
        }
    }
    return (now_ns() - began) / (double)bench->events;
}

// The same event again and again, which none of the rules changes.
static double run_unchanged(struct bench *bench, const struct shape_rules *rules) {
    struct event event;
    struct event_trees trees;
    struct error err;
    struct shape_outcome outcome = {.fate = SHAPE_KEPT};
    arena_reset(&bench->arena);
    require(event_decode(bench->parser, str_make(bench->text, sizeof event_text - 1), &bench->arena,
                         &event, &trees, &err),
            "decode");
    double began = now_ns();
    for (unsigned long i = 0; i < bench->events; i++) {
        require(shape_apply(rules, bench->worker, &event, &trees, &bench->arena, NULL, &outcome),
                "apply");
        if (outcome.fate != SHAPE_KEPT || outcome.changed) {
            require(STATUS_INVALID, "a rule matched");
        }
    }
    return (now_ns() - began) / (double)bench->events;
}

// '#' in the condition stands for the rule's number.
static void make_rules(struct buffer *yaml, const char *when, unsigned count) {
    buffer_append_str(yaml, count > 0 ? STR("rules:\n") : STR("rules: []\n"));
    for (unsigned i = 0; i < count; i++) {
        struct str rest = str_from_c(when);
        struct str before = str_cut(&rest, '#');
        buffer_printf(yaml, "- {name: r%u, when: %.*s%u%.*s, do: {drop: x}}\n", i, STR_ARG(before),
                      i, STR_ARG(rest));
    }
}

static void measure_unmatched(struct bench *bench) {
    static const struct {
        const char *name, *when; // '#' stands for the rule's number
    } kinds[] = {
        {"another type", "{type: page, name: n#}"},
        {"name", "{name: n#}"},
        {"path, prefix", "{context.page.url: {prefix: 'https://staging#.'}}"},
        {"a path each, prefix", "{properties.p#: {prefix: x}}"},
        {"path, regex", "{context.page.url: {matches: '^https://[a-z]+\\.internal#\\.'}}"},
    };
    static const unsigned counts[] = {0, 1, 10, 50};
    printf("%-22s %8s %8s %8s %8s   ns an event, none matches\n", "rules:", "0", "1", "10", "50");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        printf("%-22s", kinds[i].name);
        for (size_t j = 0; j < sizeof counts / sizeof counts[0]; j++) {
            struct buffer yaml;
            buffer_init(&yaml, 1 << 20);
            make_rules(&yaml, kinds[i].when, counts[j]);
            struct shape_rules *rules = rules_of(&yaml);
            printf(" %8.1f", run_unchanged(bench, rules));
            shape_rules_release(rules);
            buffer_free(&yaml);
        }
        printf("\n");
    }
}

static void measure_actions(struct bench *bench) {
    static const struct {
        const char *name, *yaml;
        bool hide;
    } kinds[] = {
        {"drop", "rules:\n- {name: r, do: {drop: x}}\n", false},
        {"set a property", "rules:\n- {name: r, do: {set: {properties.a: 1}}}\n", false},
        {"remove from context", "rules:\n- {name: r, do: {remove: context.campaign}}\n", false},
        {"hash a property", "rules:\n- {name: r, do: {hash: properties.order_id}}\n", false},
        {"mask all properties",
         "rules:\n- {name: r, do: {mask: {what: [email, card, phone], in: properties}}}\n", false},
        {"cut addresses", "rules: []\n", true},
    };
    double decode = run_anew(bench, NULL, false);
    printf("decoding %.0f ns; above that, an event that matches:\n", decode);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct buffer yaml;
        buffer_init(&yaml, 1 << 20);
        buffer_append_str(&yaml, str_from_c(kinds[i].yaml));
        struct shape_rules *rules = rules_of(&yaml);
        printf("%-22s %8.0f\n", kinds[i].name, run_anew(bench, rules, kinds[i].hide) - decode);
        shape_rules_release(rules);
        buffer_free(&yaml);
    }
}

int main(int argc, char **argv) {
    static struct bench bench = {.events = 1000000};
    bench.events = argc > 1 ? strtoul(argv[1], NULL, 10) : bench.events;
    memcpy(bench.text, event_text, sizeof event_text);
    arena_init(&bench.arena, 1 << 16, 0);
    require(json_parser_make(&bench.parser), "parser");
    require(shape_worker_make(&bench.worker), "worker");
    measure_unmatched(&bench);
    measure_actions(&bench);
    shape_worker_free(bench.worker);
    json_parser_free(bench.parser);
    arena_free(&bench.arena);
    return 0;
}
