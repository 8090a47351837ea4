// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Nanoseconds that enrichment costs: a User-Agent that is new and one that was seen, a path, a referrer, a campaign, an address.
//
// usage: micro_enrich [FILE.mmdb]
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "enrich/campaign.h"
#include "enrich/enrich.h"
#include "enrich/url.h"
#include "processor/bots.h"
#include "processor/dimensions.h"

#define ROUNDS 200000

// What a site's log has, most frequent first; versions are put in at random, so that there are as many as a site sees.
static const char *const forms[] = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%u.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_%u like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%u.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%u.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/%u.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/%u.0.0.0",
    "Mozilla/5.0 (Linux; Android 14; SM-S91%uB) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/%u.0.0.0]",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%u.0.0.0 Safari/537.36",
    "okhttp/4.%u.0",
};
#define FORMS (sizeof forms / sizeof forms[0])

static void require(enum status status, const char *what, const struct error *err) {
    if (status != STATUS_OK) {
        fprintf(stderr, "%s: %s\n", what, err ? err->text : status_text(status));
        exit(1);
    }
}

static int64_t now_us(void) {
    return clock_system()->mono_us(clock_system());
}

static void tell(const char *what, int64_t began_us, unsigned rounds) {
    printf("%-46s %8.0f ns\n", what, (double)(now_us() - began_us) * 1000.0 / rounds);
}

static struct str agent_text(struct random_source *random, unsigned versions, char out[256]) {
    uint64_t form = random_below(random, 1 + random_below(random, FORMS));
    const char *mark = strstr(forms[form], "%u");
    int before = mark ? (int)(mark - forms[form]) : 0;
    int len = snprintf(out, 256, "%.*s%u%s", before, forms[form],
                       (unsigned)(100 + random_below(random, versions)), mark ? mark + 2 : "");
    return str_make(out, (size_t)len);
}

static void measure_agents(const struct agent_rules *rules, const char *what) {
    struct random_seeded random;
    struct agent_matcher *matcher;
    struct enrich_agent agent;
    char text[256];
    unsigned rounds = ROUNDS / 10;
    random_seeded_init(&random, 1);
    require(agent_matcher_make(&matcher), "matcher", NULL);
    int64_t began = now_us();
    for (unsigned i = 0; i < rounds; i++) {
        enrich_agent_read(rules, matcher, agent_text(&random.source, 50, text), &agent);
    }
    tell(what, began, rounds);
    printf("%-46s %8.1f\n", "  expressions tried", (double)agent_matcher_tries(matcher) / rounds);
    agent_matcher_free(matcher);
}

static void measure_hostile(const struct agent_rules *rules) {
    static const char *const parts[] = {"Mozilla/5.0 ",  "Android ",    "; Build/",  "iPhone OS ",
                                        "CFNetwork",     "-iPad/1",     "aaaaaaaa",  "((((",
                                        "HbbTV/1.1.1 (", "Opera/9.80 ", "....",      "1.1.1.1.1",
                                        "; ; ; ; ",      "Version/1 ",  "GoogleTV ", "_"};
    struct random_seeded random;
    struct agent_matcher *matcher;
    struct enrich_agent agent;
    int64_t worst = 0;
    random_seeded_init(&random, 2);
    require(agent_matcher_make(&matcher), "matcher", NULL);
    for (unsigned i = 0; i < 3000; i++) {
        char text[1024];
        size_t len = 0;
        unsigned kinds = 1 + (unsigned)random_below(&random.source, 16);
        while (len < 1000) {
            const char *part = parts[random_below(&random.source, kinds)];
            len += (size_t)snprintf(text + len, sizeof text - len, "%s", part);
        }
        int64_t began = now_us();
        enrich_agent_read(rules, matcher, str_make(text, 1000), &agent);
        worst = now_us() - began > worst ? now_us() - began : worst;
    }
    printf("%-46s %8lld us\n", "the dearest of 3000 hostile User-Agents", (long long)worst);
    agent_matcher_free(matcher);
}

static void measure_dimensions(struct enrichment *enrichment, unsigned versions, const char *what) {
    static char texts[4096][256];
    static struct event events[4096];
    struct dimensions dimensions;
    struct event_dimensions got;
    struct event_trees trees = {NULL, NULL, NULL};
    struct random_seeded random;
    struct arena arena;
    random_seeded_init(&random, 3);
    arena_init(&arena, 65536, 0);
    require(dimensions_init(&dimensions, enrichment), "dimensions", NULL);
    for (unsigned i = 0; i < 4096; i++) {
        events[i] = (struct event){.type = EVENT_TRACK,
                                   .user_agent = agent_text(&random.source, versions, texts[i]),
                                   .ip = STR("81.2.69.142")};
    }
    int64_t began = now_us();
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (i % 128 == 0) {
            arena_reset(&arena);
        }
        require(dimensions_of(&dimensions, &events[i % 4096], &trees, &arena, &got), "of", NULL);
    }
    tell(what, began, ROUNDS);
    dimensions_free(&dimensions);
    arena_free(&arena);
}

static void measure_urls(void) {
    static const struct str templates[] = {STR_INIT("/orders/*"), STR_INIT("/users/*/posts/*"),
                                           STR_INIT("/docs/**")};
    static const struct enrich_paths paths = {templates, 3};
    struct enrich_campaign campaign;
    struct arena arena;
    struct str out;
    arena_init(&arena, 65536, 0);
    int64_t began = now_us();
    for (unsigned i = 0; i < ROUNDS; i++) {
        require(enrich_path_normalise(&paths, STR("/products/shoes"), &arena, &out), "path", NULL);
    }
    tell("a path that is normal, three templates", began, ROUNDS);
    began = now_us();
    for (unsigned i = 0; i < ROUNDS; i++) {
        arena_reset(&arena);
        require(enrich_path_normalise(&paths, STR("//products/%C3%A9;jsessionid=1/"), &arena, &out),
                "path", NULL);
    }
    tell("a path that is not", began, ROUNDS);
    began = now_us();
    for (unsigned i = 0; i < ROUNDS; i++) {
        arena_reset(&arena);
        require(enrich_campaign_of(
                    NULL, NULL,
                    STR("https://shop.test/?utm_source=news&utm_medium=email&utm_campaign=May"),
                    &arena, &campaign),
                "campaign", NULL);
    }
    tell("a campaign in a URL", began, ROUNDS);
    began = now_us();
    unsigned known = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        known +=
            enrich_source_find(i % 2 ? STR("www.google.co.uk") : STR("www.example.org")) != NULL;
    }
    tell("a referrer's host", began, ROUNDS);
    arena_free(&arena);
    if (known == 0) {
        exit(1);
    }
}

int main(int argc, char **argv) {
    struct error err;
    struct enrichment_config config = {.locations = str_from_c(argc > 1 ? argv[1] : "")};
    struct enrichment *enrichment;
    int64_t began = now_us();
    require(enrichment_make(&config, &enrichment, &err), "enrichment", &err);
    printf("%-46s %8lld us\n", "reading and compiling the rules", (long long)(now_us() - began));
    measure_agents(enrichment->rules, "a User-Agent that is new, by the rules");
    measure_agents(NULL, "a User-Agent that is new, by the table");
    measure_hostile(enrichment->rules);
    measure_dimensions(enrichment, 4, "an event, all User-Agents seen before");
    measure_dimensions(enrichment, 200, "an event, User-Agents of a large site");
    measure_urls();
    enrichment_free(enrichment);
    return 0;
}
