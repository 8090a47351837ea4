// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// How long one event takes to read: json_parse with its tree, json_scan over its batch, and writing it back.
//
//   gcc -O2 … && ./micro_json [rounds]      prints nanoseconds an event; a figure to look at, never an assertion
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "base/json_read.h"
#include "base/json_write.h"

static const char event[] =
    "{\"type\":\"track\",\"event\":\"Product Viewed\",\"userId\":\"user-4711\",\"anonymousId\":"
    "\"a3c1f0de-2b7e-4c55-9d0e-6f1b2a3c4d5e\",\"messageId\":\"msg-0001-8f2e\",\"timestamp\":"
    "\"2026-11-23T06:42:48.123Z\",\"properties\":{\"path\":\"/products/42\",\"price\":19.95,\"count\":3,"
    "\"sale\":true,\"tags\":[\"a\",\"b\"]},\"context\":{\"ip\":\"203.0.113.7\",\"locale\":\"en-GB\"}}";

static double now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void measure_parse(long rounds) {
    char input[sizeof(event) + JSON_PADDING] = {0};
    memcpy(input, event, sizeof(event));
    struct json_parser *parser;
    CHECK(json_parser_make(&parser) == STATUS_OK);
    struct arena arena;
    arena_init(&arena, 65536, 0);
    const struct json_limits limits = {.depth = 32, .values = 4096, .bytes = 65536};
    double start = now_ns();
    for (long i = 0; i < rounds; i++) {
        const struct json_value *root;
        enum status status =
            json_parse(parser, str_make(input, sizeof(event) - 1), &limits, &arena, &root, NULL);
        CHECK(status == STATUS_OK);
        arena_reset(&arena);
    }
    printf("json_parse  %7.1f ns for %zu bytes\n", (now_ns() - start) / (double)rounds,
           sizeof(event) - 1);
    arena_free(&arena);
    json_parser_free(parser);
}

static void measure_scan(long rounds) {
    enum { EVENTS = 500 };
    struct buffer batch;
    buffer_init(&batch, 1 << 20);
    for (int i = 0; i < EVENTS; i++) {
        buffer_append_char(&batch, i == 0 ? '[' : ',');
        buffer_append(&batch, event, sizeof(event) - 1);
    }
    buffer_append_char(&batch, ']');
    CHECK(buffer_status(&batch) == STATUS_OK);
    double start = now_ns();
    long found = 0;
    for (long i = 0; i < rounds / EVENTS; i++) {
        struct json_scan scan;
        struct json_scan_member member;
        enum status status = json_scan_begin(&scan, buffer_str(&batch));
        CHECK(status == STATUS_OK);
        while (json_scan_next(&scan, &member) == STATUS_OK) {
            found++;
        }
    }
    printf("json_scan   %7.1f ns an event of a batch\n", (now_ns() - start) / (double)found);
    buffer_free(&batch);
}

static void measure_write(long rounds) {
    struct buffer out;
    buffer_init(&out, 1 << 16);
    double start = now_ns();
    for (long i = 0; i < rounds; i++) {
        struct json_writer w;
        buffer_clear(&out);
        json_writer_init(&w, &out);
        json_begin_object(&w);
        json_member_string(&w, STR("type"), STR("track"));
        json_member_string(&w, STR("event"), STR("Product Viewed"));
        json_member_string(&w, STR("userId"), STR("user-4711"));
        json_member_string(&w, STR("anonymousId"), STR("a3c1f0de-2b7e-4c55-9d0e-6f1b2a3c4d5e"));
        json_member_i64(&w, STR("count"), i);
        json_member_time(&w, STR("timestamp"), INT64_C(1795416168123) + i);
        json_end_object(&w);
        CHECK(json_writer_status(&w) == STATUS_OK);
    }
    printf("json_write  %7.1f ns for six members\n", (now_ns() - start) / (double)rounds);
    buffer_free(&out);
}

int main(int argc, char **argv) {
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 1000000;
    if (rounds < 1000) {
        fputs("usage: micro_json [rounds, at least 1000]\n", stderr);
        return 2;
    }
    measure_parse(rounds);
    measure_scan(rounds);
    measure_write(rounds);
    return 0;
}
