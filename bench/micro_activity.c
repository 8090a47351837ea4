// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What reading an event costs: from a body's JSON to the log record, without HTTP and without the log.
//
//   micro_activity [SECONDS]        CPU microseconds an event, for one, 50 and 500 in a request
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "activity/reader.h"

// 308 bytes, as in the tables of the benchmark.
static const char EVENT[] =
    "{\"type\":\"track\",\"event\":\"Product Added\",\"userId\":\"user-48213\",\"anonymousId\":"
    "\"507f191e-810c-4972-9de8-60ea00b1c9f1\",\"messageId\":\"node-next-1795418971140-5d1f1f0b\","
    "\"timestamp\":\"2026-11-23T07:29:31.140Z\",\"properties\":{\"sku\":\"G-32\",\"price\":18.99,"
    "\"quantity\":1},\"context\":{\"page\":{\"path\":\"/product/1234\"}}}";

static double cpu_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static bool no_key(void *context, struct str key, struct arena *arena, struct str *project) {
    (void)context;
    (void)key;
    (void)arena;
    (void)project;
    return false;
}

static struct str make_batch(unsigned events) {
    size_t size = events * sizeof EVENT + 128 + JSON_PADDING;
    char *text = calloc(1, size);
    size_t len = 0;
    if (!text) {
        return STR_EMPTY;
    }
    len += (size_t)snprintf(text, size, "{\"batch\":[");
    for (unsigned i = 0; i < events; i++) {
        len += (size_t)snprintf(text + len, size - len, "%s%s", i ? "," : "", EVENT);
    }
    len += (size_t)snprintf(text + len, size - len,
                            "],\"writeKey\":\"wk\",\"sentAt\":\"2026-11-23T07:29:31.141Z\"}");
    return str_make(text, len);
}

// CPU microseconds an event; negative when something failed.
static double measure(struct activity_worker *worker, const struct activity_input *input,
                      unsigned events, double seconds) {
    const struct activity_limits limits = {
        .event_bytes = EVENT_BYTES_MAX, .events = 10000, .record_bytes = 40000000};
    const struct activity_keys keys = {no_key, NULL};
    struct activity_result result;
    struct arena arena;
    double begin = cpu_us(), end = begin;
    uint64_t done = 0;
    arena_init(&arena, 4096, 0);
    while (end - begin < seconds * 1e6) {
        for (unsigned i = 0; i < 1 + 500 / events; i++) {
            if (activity_read(input, &limits, &keys, random_system(), worker, &arena, &result) !=
                    STATUS_OK ||
                result.count != events) {
                return -1;
            }
            done += events;
            // As the server does with an exchange between requests.
            if (arena.used > 65536) {
                arena_free(&arena);
            } else {
                arena_reset(&arena);
            }
        }
        end = cpu_us();
    }
    arena_free(&arena);
    return (end - begin) / (double)done;
}

int main(int argc, char **argv) {
    static const unsigned sizes[] = {1, 50, 500};
    double seconds = argc > 1 ? strtod(argv[1], NULL) : 1;
    struct activity_worker worker;
    if (activity_worker_init(&worker) != STATUS_OK) {
        return 1;
    }
    struct activity_input input = {
        .dialect = &activity_dialect_segment,
        .shape = ACTIVITY_ONE,
        .has_type = true,
        .type = EVENT_TRACK,
        .project = STR("default"),
        .ip = STR("192.0.2.7"),
        .user_agent = STR("analytics-node-next/latest"),
        .received_ms = INT64_C(1795418971200),
    };
    char *one = calloc(1, sizeof EVENT + JSON_PADDING);
    if (!one) {
        return 1;
    }
    memcpy(one, EVENT, sizeof EVENT);
    input.text = str_make(one, sizeof EVENT - 1);
    printf("single (%zu bytes): %.3f us\n", input.text.len, measure(&worker, &input, 1, seconds));
    input.has_type = false;
    input.shape = ACTIVITY_BATCH;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct str batch = make_batch(sizes[i]);
        input.text = batch;
        printf("batch of %u: %.3f us an event\n", sizes[i],
               batch.data ? measure(&worker, &input, sizes[i], seconds) : -1);
        free((void *)(uintptr_t)batch.data);
    }
    free(one);
    activity_worker_free(&worker);
    return 0;
}
