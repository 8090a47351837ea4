// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The kernel's randomness, fetched a buffer at a time; a seeded generator; UUIDs of version 7.
#include "base/random.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/random.h>

#include "base/check.h"
#include "base/thread.h"

// One system call for 32 UUIDs. getrandom(2) never gives less than asked for up to 256 bytes.
#define POOL_SIZE 256

static _Thread_local struct {
    unsigned char bytes[POOL_SIZE];
    size_t left; // unused ones, at the end
} pool;

static void ask_kernel(unsigned char *out, size_t len) {
    while (len > 0) {
        ssize_t got = getrandom(out, len, 0);
        CHECK(got > 0 || (got < 0 && errno == EINTR));
        if (got > 0) {
            out += got;
            len -= (size_t)got;
        }
    }
}

// Two processes must not hand out the same bytes.
static void drop_pool(void) {
    explicit_bzero(pool.bytes, sizeof pool.bytes);
    pool.left = 0;
}

static void watch_forks(void) {
    thread_must(pthread_atfork(NULL, NULL, drop_pool));
}

static void system_fill(struct random_source *source, void *out, size_t len) {
    (void)source;
    if (len > POOL_SIZE) {
        ask_kernel(out, len);
        return;
    }
    if (len > pool.left) {
        static pthread_once_t watching = PTHREAD_ONCE_INIT;
        thread_must(pthread_once(&watching, watch_forks));
        ask_kernel(pool.bytes, POOL_SIZE);
        pool.left = POOL_SIZE;
    }
    unsigned char *from = pool.bytes + (POOL_SIZE - pool.left);
    if (len > 0) {
        memcpy(out, from, len);
        explicit_bzero(from, len); // what was handed out can be a secret
        pool.left -= len;
    }
}

struct random_source *random_system(void) {
    static struct random_source source = {system_fill};
    return &source;
}

static uint64_t rotate_left(uint64_t value, unsigned bits) {
    return value << bits | value >> (64 - bits);
}

// Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators" (2021): xoshiro256**.
static uint64_t seeded_next(struct random_seeded *seeded) {
    uint64_t *s = seeded->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

static void seeded_fill(struct random_source *source, void *out, size_t len) {
    struct random_seeded *seeded = (struct random_seeded *)(void *)source;
    unsigned char *bytes = out;
    while (len > 0) {
        // Least significant byte first, so that a seed means the same on every machine.
        uint64_t value = seeded_next(seeded);
        for (unsigned i = 0; i < 8 && len > 0; i++, len--) {
            *bytes++ = (unsigned char)(value >> (8 * i));
        }
    }
}

void random_seeded_init(struct random_seeded *seeded, uint64_t seed) {
    seeded->source.fill = seeded_fill;
    // Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators" (2014): splitmix64.
    for (size_t i = 0; i < 4; i++) {
        seed += UINT64_C(0x9E3779B97F4A7C15);
        uint64_t z = (seed ^ seed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
        z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
        seeded->state[i] = z ^ z >> 31;
    }
}

uint64_t random_u64(struct random_source *source) {
    unsigned char bytes[8];
    source->fill(source, bytes, sizeof bytes);
    uint64_t value = 0;
    for (unsigned i = 0; i < 8; i++) {
        value |= (uint64_t)bytes[i] << (8 * i);
    }
    return value;
}

uint64_t random_below(struct random_source *source, uint64_t bound) {
    CHECK(bound > 0);
    // 2^64 is seldom a multiple of bound: the lowest 2^64 % bound values would make some results likelier.
    uint64_t skipped = (0 - bound) % bound;
    uint64_t value = random_u64(source);
    while (value < skipped) {
        value = random_u64(source);
    }
    return value % bound;
}

double random_unit(struct random_source *source) {
    return (double)(random_u64(source) >> 11) * 0x1.0p-53;
}
