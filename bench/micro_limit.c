// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What it costs a request to be counted: the key of an address and its bucket, alone and with threads, for one client and for many.
//
//   ninja -C build bench/micro_limit && build/bench/micro_limit [rounds]      nanoseconds a request; a figure to look at
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "base/thread.h"
#include "limit/table.h"

#define CLIENTS 65536
#define THREADS_MAX 8

static struct limit_table *table;
static struct limit_rate rate;
static char addresses[CLIENTS][20];
static long rounds;

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

struct walker {
    struct thread thread;
    size_t clients;
    size_t start;
    long allowed;
};

static void *walk(void *context) {
    struct walker *walker = context;
    struct limit_outcome outcome;
    int64_t now = now_ns();
    size_t at = walker->start;
    for (long i = 0; i < rounds; i++) {
        at = (at * 5 + 3) % walker->clients; // full period for powers of two
        struct str address = str_from_c(addresses[at]);
        uint64_t key = limit_table_key_address(table, 1, address);
        walker->allowed += limit_table_take(table, key, &rate, 1, now + i * 100, &outcome);
    }
    return NULL;
}

static void measure(size_t clients, size_t threads) {
    struct walker walkers[THREADS_MAX] = {0};
    int64_t start = now_ns();
    for (size_t i = 0; i < threads; i++) {
        walkers[i] = (struct walker){.clients = clients, .start = i * 7919};
        CHECK(thread_start(&walkers[i].thread, "walker", walk, &walkers[i]) == STATUS_OK);
    }
    long allowed = 0;
    for (size_t i = 0; i < threads; i++) {
        thread_join(&walkers[i].thread);
        allowed += walkers[i].allowed;
    }
    double each = (double)(now_ns() - start) / (double)rounds;
    printf("%6zu clients, %zu threads: %6.1f ns a request (%ld allowed)\n", clients, threads, each,
           allowed);
}

int main(int argc, char **argv) {
    struct error err;
    rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 10000000;
    CHECK(limit_table_make(CLIENTS, random_system(), &table) == STATUS_OK);
    CHECK(limit_rate_parse(STR("100/s burst 1000"), &rate, &err) == STATUS_OK);
    for (unsigned i = 0; i < CLIENTS; i++) {
        snprintf(addresses[i], sizeof addresses[i], "10.%u.%u.%u", i >> 16 & 255, i >> 8 & 255,
                 i & 255);
    }
    printf("%zu KiB of table\n", limit_table_bytes(table) / 1024);
    for (size_t threads = 1; threads <= 2; threads++) {
        measure(1, threads);
        measure(1024, threads);
        measure(CLIENTS, threads);
    }
    limit_table_free(table);
    return 0;
}
