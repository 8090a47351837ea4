// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What one person does in one visit.
#include "demo/visit.h"

struct walk {
    struct random_source *random;
    const struct demo_person *person;
    struct demo_event *out;
    unsigned count;
    int64_t now_ms;
    bool known;
    const char *path;
};

struct page {
    const char *name;
    const char *path;
};
static const struct page landings[] = {
    {"Home", "/"},
    {"Pricing", "/pricing"},
    {"Blog: Counting once", "/blog/counting-once"},
    {"Products", "/products"},
    {"Blog: Small servers", "/blog/small-servers"},
};
static const struct page products[] = {
    {"Trail Shoes", "/products/trail-shoes"}, {"Rain Jacket", "/products/rain-jacket"},
    {"Day Pack", "/products/day-pack"},       {"Headlamp", "/products/headlamp"},
    {"Wool Socks", "/products/wool-socks"},   {"Water Bottle", "/products/water-bottle"},
};
static const uint32_t prices[] = {12900, 18900, 7900, 4900, 1900, 2400};
static const char *const referrers[] = {
    "https://www.google.com/",           "https://news.example.org/today",
    "https://duckduckgo.com/",           "https://social.example.net/post/7",
    "https://partner.example.com/deals",
};
static const char *const campaigns[] = {"spring-sale", "newsletter", "retargeting"};
static const char *const buttons[] = {"Size Guide Opened", "Reviews Opened", "Image Zoomed",
                                      "Wishlist Clicked"};

static unsigned chance(struct walk *walk, unsigned below) {
    return (unsigned)random_below(walk->random, below);
}

static struct demo_event *add(struct walk *walk, enum demo_kind kind, const char *name) {
    struct demo_event *event = &walk->out[walk->count++];
    *event = (struct demo_event){
        .timestamp_ms = walk->now_ms,
        .person = walk->person->number,
        .id_high = random_u64(walk->random),
        .id_low = random_u64(walk->random),
        .kind = kind,
        .name = name,
        .path = walk->path,
        .known = walk->known,
    };
    // People look at a page for a few seconds to a few minutes: well under the gap that ends a session.
    walk->now_ms +=
        2000 + (int64_t)chance(walk, 40000) + (chance(walk, 8) == 0 ? chance(walk, 200000) : 0);
    return event;
}

static struct demo_event *see(struct walk *walk, const struct page *page) {
    walk->path = page->path;
    return add(walk, DEMO_PAGE, page->name);
}

static void arrive(struct walk *walk) {
    static const unsigned weights[] = {50, 12, 13, 18, 7};
    struct demo_event *event =
        see(walk, &landings[demo_pick(random_u64(walk->random), weights, 5)]);
    if (chance(walk, 100) < 55) {
        event->referrer = referrers[chance(walk, 5)];
        event->campaign = chance(walk, 4) == 0 ? campaigns[chance(walk, 3)] : NULL;
    }
}

static void sign_in(struct walk *walk, bool sign_up) {
    walk->path = sign_up ? "/signup" : "/login";
    (void)add(walk, DEMO_PAGE, sign_up ? "Sign Up" : "Log In");
    walk->known = true;
    (void)add(walk, DEMO_IDENTIFY, "");
    (void)add(walk, DEMO_TRACK, sign_up ? "Signed Up" : "login");
}

static void buy(struct walk *walk, unsigned product) {
    static const struct page cart = {"Cart", "/cart"};
    static const struct page checkout = {"Checkout", "/checkout"};
    struct demo_event *event = add(walk, DEMO_TRACK, "Product Added");
    event->product = products[product].name;
    event->cents = prices[product];
    if (chance(walk, 100) >= 60) {
        return;
    }
    (void)see(walk, &cart);
    if (chance(walk, 100) >= 55) {
        return;
    }
    (void)see(walk, &checkout);
    (void)add(walk, DEMO_TRACK, "Checkout Started");
    if (chance(walk, 100) >= 65) {
        return;
    }
    event = add(walk, DEMO_TRACK, "Order Completed");
    event->product = products[product].name;
    event->cents = prices[product] * (1 + chance(walk, 3));
}

static void browse(struct walk *walk) {
    static const struct page overview = {"Products", "/products"};
    (void)see(walk, &overview);
    unsigned views = 1 + chance(walk, 4);
    for (unsigned i = 0; i < views; i++) {
        static const unsigned weights[] = {30, 22, 18, 12, 10, 8};
        unsigned product = demo_pick(random_u64(walk->random), weights, 6);
        see(walk, &products[product])->product = products[product].name;
        if (chance(walk, 3) == 0) {
            (void)add(walk, DEMO_TRACK, buttons[chance(walk, 4)]);
        }
        if (chance(walk, 100) < 28) {
            buy(walk, product);
        }
    }
}

unsigned demo_visit(struct random_source *random, const struct demo_person *person, bool customer,
                    int64_t start_ms, struct demo_event out[DEMO_VISIT_MAX]) {
    struct walk walk = {
        .random = random, .person = person, .out = out, .now_ms = start_ms, .path = "/"};
    // A returning customer's browser still knows who it is.
    walk.known = customer && chance(&walk, 100) < 60;
    arrive(&walk);
    if (chance(&walk, 100) < 30) {
        return walk.count; // a bounce
    }
    if (customer && !walk.known && chance(&walk, 100) < 70) {
        sign_in(&walk, false);
    }
    if (!customer && person->signs_up && chance(&walk, 100) < 35) {
        sign_in(&walk, true);
    }
    browse(&walk);
    return walk.count;
}
