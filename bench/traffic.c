// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Writes the events that load sends.
#include "traffic.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

struct page {
    const char *path;
    const char *name;
};

static const struct page pages[] = {
    {"/", "Home"},
    {"/pricing", "Pricing"},
    {"/docs/getting-started", "Getting started"},
    {"/docs/api", "API reference"},
    {"/blog/2026/autumn-release", "Autumn release"},
    {"/products/standing-desk", "Standing desk"},
    {"/products/desk-lamp", "Desk lamp"},
    {"/products/office-chair", "Office chair"},
    {"/cart", "Cart"},
    {"/checkout", "Checkout"},
    {"/account/orders", "Orders"},
    {"/account/settings", "Settings"},
    {"/search", "Search"},
    {"/about", "About us"},
    {"/contact", "Contact"},
    {"/login", "Log in"},
};
#define PAGES (sizeof pages / sizeof pages[0])

static const char *const actions[] = {"Button Clicked", "Product Viewed",  "Product Added",
                                      "Search Done",    "Video Started",   "Form Submitted",
                                      "Order Placed",   "Coupon Applied",  "Signed In",
                                      "Signed Out",     "Invite Accepted", "File Downloaded"};
#define ACTIONS (sizeof actions / sizeof actions[0])

static const char *const agents[] = {
    "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/130.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/130.0.0.0 Mobile Safari/537.36",
};
#define AGENTS (sizeof agents / sizeof agents[0])

static const char *const referrers[] = {"https://www.google.com/", "https://duckduckgo.com/",
                                        "https://news.ycombinator.com/", "https://example.org/"};
#define REFERRERS (sizeof referrers / sizeof referrers[0])

uint64_t traffic_random(struct traffic *traffic) { // splitmix64, Vigna 2015
    uint64_t z = traffic->random += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

void traffic_init(struct traffic *traffic, const struct traffic_config *config) {
    memset(traffic, 0, sizeof *traffic);
    traffic->config = *config;
    traffic->random = config->seed * 0x2545f4914f6cdd1du + 1;
    traffic->visits = config->first_visit;
    traffic->shown_ms = -1;
}

// What a person is like follows from their number: the same every time they come.
static uint64_t trait_of(uint64_t user, unsigned which, size_t count) {
    return (user * 0x9e3779b97f4a7c15u >> (8 + 8 * which)) % count;
}

static char *put(char *to, const char *text) {
    size_t len = strlen(text);
    memcpy(to, text, len);
    return to + len;
}

static char *put_number(char *to, uint64_t number) {
    char digits[20];
    size_t len = 0;
    do {
        digits[len++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (len > 0) {
        *to++ = digits[--len];
    }
    return to;
}

size_t traffic_user(char *to, uint64_t user) {
    return (size_t)(put_number(put(to, "user-"), user) - to);
}

static char *put_uuid(char *to, uint64_t high, uint64_t low) {
    high = (high & ~UINT64_C(0xf000)) | 0x4000; // RFC 9562, version 4
    low = (low & ~(UINT64_C(3) << 62)) | UINT64_C(2) << 62;
    for (int i = 0; i < 32; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20) {
            *to++ = '-';
        }
        uint64_t half = i < 16 ? high : low;
        *to++ = "0123456789abcdef"[half >> (60 - 4 * (i % 16)) & 15];
    }
    return to;
}

static int64_t event_time(const struct traffic *traffic) {
    const struct traffic_config *config = &traffic->config;
    if (config->from_ms == 0) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    }
    double share = config->events > 0 ? (double)traffic->made / (double)config->events : 0;
    return config->from_ms + (int64_t)(share * (double)(config->to_ms - config->from_ms));
}

static char *put_time(struct traffic *traffic, char *to) {
    int64_t ms = event_time(traffic);
    if (traffic->shown_ms < 0 || ms / 1000 != traffic->shown_ms / 1000) {
        time_t seconds = (time_t)(ms / 1000);
        struct tm parts;
        char text[32];
        gmtime_r(&seconds, &parts);
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.000Z", &parts);
        memcpy(traffic->time, text, sizeof traffic->time);
    }
    traffic->shown_ms = ms;
    traffic->time[20] = (char)('0' + ms / 100 % 10);
    traffic->time[21] = (char)('0' + ms / 10 % 10);
    traffic->time[22] = (char)('0' + ms % 10);
    memcpy(to, traffic->time, sizeof traffic->time);
    return to + sizeof traffic->time;
}

// Multiplying by a prime larger than any number of users visits them all before anyone comes again.
static uint64_t user_of_visit(const struct traffic *traffic, uint64_t visit) {
    return visit * UINT64_C(2147483647) % traffic->config.users;
}

uint64_t traffic_known_user(struct traffic *traffic) {
    uint64_t visits = traffic->config.first_visit;
    uint64_t random = traffic_random(traffic);
    return visits > 0 ? user_of_visit(traffic, random % visits) : random % traffic->config.users;
}

static void arrive(struct traffic *traffic, struct traffic_visitor *visitor) {
    visitor->user = user_of_visit(traffic, traffic->visits++);
    unsigned mean = traffic->config.visit_mean;
    visitor->left = mean > 1 ? 1 + (unsigned)(traffic_random(traffic) % (2 * mean - 1)) : 1;
    visitor->page = 0;
}

static char *put_page(char *to, const struct traffic_visitor *visitor, const struct page *page,
                      uint64_t dice, int first) {
    to = put(to, "\"type\":\"page\",\"name\":\"");
    to = put(to, page->name);
    to = put(to, "\",\"properties\":{\"path\":\"");
    to = put(to, page->path);
    to = put(to, "\",\"referrer\":\"");
    to = put(to,
             first ? referrers[trait_of(visitor->user, 0, REFERRERS)] : pages[dice % PAGES].path);
    return put(to, "\"}");
}

static char *put_track(char *to, const struct page *page, uint64_t dice) {
    to = put(to, "\"type\":\"track\",\"event\":\"");
    to = put(to, actions[dice % ACTIONS]);
    to = put(to, "\",\"properties\":{\"position\":");
    to = put_number(to, dice / ACTIONS % 40);
    to = put(to, ",\"path\":\"");
    to = put(to, page->path);
    return put(to, "\"}");
}

static char *put_identify(char *to, const struct traffic_visitor *visitor) {
    static const char *const plans[] = {"free", "pro", "team"};
    to = put(to, "\"type\":\"identify\",\"traits\":{\"plan\":\"");
    to = put(to, plans[trait_of(visitor->user, 1, 3)]);
    to = put(to, "\",\"email\":\"user-");
    to = put_number(to, visitor->user);
    return put(to, "@example.com\"}");
}

static char *put_context(char *to, const struct traffic_visitor *visitor) {
    to = put(to, ",\"context\":{\"userAgent\":\"");
    to = put(to, agents[trait_of(visitor->user, 2, AGENTS)]);
    return put(to, "\"}}");
}

size_t traffic_event(struct traffic *traffic, char *to, int only_track) {
    uint64_t high = traffic_random(traffic);
    uint64_t low = traffic_random(traffic);
    uint64_t dice = traffic_random(traffic);
    struct traffic_visitor *visitor = &traffic->visitors[dice % TRAFFIC_VISITORS];
    int first = visitor->left == 0;
    if (first) {
        arrive(traffic, visitor);
    }
    visitor->left--;
    unsigned kind = (unsigned)(dice >> 16) % 100;
    dice >>= 24;
    if (first || kind < 60) {
        visitor->page = (unsigned)(dice >> 20) % PAGES;
    }
    const struct page *page = &pages[visitor->page];
    char *end = put(to, "{\"messageId\":\"");
    end = put_uuid(end, high, low);
    end = put(end, "\",\"userId\":\"");
    end += traffic_user(end, visitor->user);
    end = put(end, "\",\"timestamp\":\"");
    end = put_time(traffic, end);
    end = put(end, "\",");
    if (only_track || (kind >= 60 && kind < 97 && !first)) {
        end = put_track(end, page, dice);
    } else if (kind < 97 || first) {
        end = put_page(end, visitor, page, dice, first);
    } else {
        end = put_identify(end, visitor);
    }
    end = put_context(end, visitor);
    traffic->made++;
    return (size_t)(end - to);
}
