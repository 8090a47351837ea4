// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Chance behind one struct: the kernel's for production, a seeded generator for demo, tests and simulation.
#ifndef FOOTFALL_BASE_RANDOM_H
#define FOOTFALL_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random_source {
    void (*fill)(struct random_source *source, void *out, size_t len);
};

// getrandom(2), buffered per thread. Thread-safe. Never fails (stops the process when the kernel cannot give any).
struct random_source *random_system(void);

// Deterministic by seed (xoshiro256**, seeded by splitmix64). Not for secrets. Not thread-safe.
struct random_seeded {
    struct random_source source; // first member
    uint64_t state[4];
};
void random_seeded_init(struct random_seeded *seeded, uint64_t seed);

uint64_t random_u64(struct random_source *source);
uint64_t random_below(struct random_source *source,
                      uint64_t bound);            // uniform in [0, bound); bound > 0
double random_unit(struct random_source *source); // uniform in [0, 1)

#endif
