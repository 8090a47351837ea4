// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Who visits the demo shop: a population in which each person follows from the seed and their number alone.
#ifndef FOOTFALL_DEMO_PEOPLE_H
#define FOOTFALL_DEMO_PEOPLE_H

#include <stdbool.h>
#include <stdint.h>

struct demo_country {
    const char *code; // ISO 3166-1 alpha-2
    const char *locale;
    int utc_offset_hours; // a rough one: when people there are awake
    unsigned weight;
};
struct demo_device {
    const char *user_agent;
    unsigned weight;
};
struct demo_person {
    uint64_t number;
    const struct demo_country *country;
    const struct demo_device *device;
    bool signs_up;     // a customer sooner or later, or a passer-by for ever
    double sign_up_at; // 0..1 of the whole period; below 0: was a customer before it began
    char anonymous_id[37];
    char user_id[24];
    char name[48];
    char email[64];
};

void demo_person_make(uint64_t seed, uint64_t number, struct demo_person *out);

// Picks an index by weight: weights are read with `weight_of` from `count` rows.
unsigned demo_pick(uint64_t random, const unsigned *weights, unsigned count);
// Another 64 well-mixed bits for each (seed, a, b): chance without a state.
uint64_t demo_mix(uint64_t seed, uint64_t a, uint64_t b);
// 36 characters that look like a UUID version 4, and a NUL.
void demo_uuid(uint64_t high, uint64_t low, char out[37]);

#endif
