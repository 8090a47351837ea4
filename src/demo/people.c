// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Who visits the demo shop.
#include "demo/people.h"

#include <stdio.h>

#include "base/check.h"

static const struct demo_country countries[] = {
    {"US", "en-US", -6, 34}, {"DE", "de-DE", 1, 14}, {"GB", "en-GB", 0, 12}, {"FR", "fr-FR", 1, 9},
    {"IN", "en-IN", 5, 8},   {"BR", "pt-BR", -3, 7}, {"CA", "en-CA", -5, 5}, {"JP", "ja-JP", 9, 4},
    {"ES", "es-ES", 1, 4},   {"AU", "en-AU", 10, 3},
};

static const struct demo_device devices[] = {
    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36",
     32},
    {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1",
     22},
    {"Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Mobile Safari/537.36",
     18},
    {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Safari/605.1.15",
     10},
    {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36",
     7},
    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0", 6},
    {"Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1",
     3},
    {"Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0", 2},
};

static const char *const first_names[] = {
    "Ada",     "Grace", "Alan",     "Edsger", "Barbara", "Donald", "Radia",     "Linus",
    "Frances", "Ken",   "Margaret", "Tim",    "Hedy",    "Vint",   "Katherine", "Niklaus"};
static const char *const last_names[] = {"Moore",  "Silva", "Schmidt", "Dubois", "Tanaka", "Patel",
                                         "Garcia", "Novak", "Rossi",   "Jensen", "Brown",  "Okafor",
                                         "Kim",    "Haas",  "Wright",  "Costa"};

uint64_t demo_mix(uint64_t seed, uint64_t a, uint64_t b) {
    // splitmix64's finaliser (Steele, Lea, Flood 2014) over a sum of the three with odd factors.
    uint64_t z = seed + a * 0x9e3779b97f4a7c15U + b * 0xd1b54a32d192ed03U + 0x632be59bd9b4e019U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

unsigned demo_pick(uint64_t random, const unsigned *weights, unsigned count) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < count; i++) {
        sum += weights[i];
    }
    CHECK(sum > 0);
    uint64_t point = random % sum;
    for (unsigned i = 0; i < count; i++) {
        if (point < weights[i]) {
            return i;
        }
        point -= weights[i];
    }
    return count - 1;
}

void demo_uuid(uint64_t high, uint64_t low, char out[37]) {
    (void)snprintf(out, 37, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(high >> 32),
                   (unsigned)(high >> 16) & 0xffffU, (unsigned)high & 0xfffU,
                   (((unsigned)(low >> 48)) & 0x3fffU) | 0x8000U,
                   (unsigned long long)(low & 0xffffffffffffU));
}

static const struct demo_country *pick_country(uint64_t random) {
    unsigned weights[sizeof countries / sizeof countries[0]];
    for (unsigned i = 0; i < sizeof weights / sizeof weights[0]; i++) {
        weights[i] = countries[i].weight;
    }
    return &countries[demo_pick(random, weights, sizeof weights / sizeof weights[0])];
}

static const struct demo_device *pick_device(uint64_t random) {
    unsigned weights[sizeof devices / sizeof devices[0]];
    for (unsigned i = 0; i < sizeof weights / sizeof weights[0]; i++) {
        weights[i] = devices[i].weight;
    }
    return &devices[demo_pick(random, weights, sizeof weights / sizeof weights[0])];
}

void demo_person_make(uint64_t seed, uint64_t number, struct demo_person *out) {
    uint64_t traits = demo_mix(seed, number, 1);
    out->number = number;
    out->country = pick_country(demo_mix(seed, number, 2));
    out->device = pick_device(demo_mix(seed, number, 3));
    out->signs_up = traits % 100 < 55;
    // Two in five customers were there before the period began.
    out->sign_up_at = (double)(demo_mix(seed, number, 4) >> 11) * 0x1p-53 * 1.66 - 0.66;
    demo_uuid(demo_mix(seed, number, 5), demo_mix(seed, number, 6), out->anonymous_id);
    (void)snprintf(out->user_id, sizeof out->user_id, "user-%05llu", (unsigned long long)number);
    const char *first = first_names[(traits >> 8) % 16];
    const char *last = last_names[(traits >> 16) % 16];
    (void)snprintf(out->name, sizeof out->name, "%s %s", first, last);
    (void)snprintf(out->email, sizeof out->email, "%s.%s.%llu@example.com", first, last,
                   (unsigned long long)number);
    for (char *c = out->email; *c; c++) {
        if (*c >= 'A' && *c <= 'Z') {
            *c = (char)(*c + 32);
        }
    }
}
