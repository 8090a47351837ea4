// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What a line of the access log costs the request it is about: made and handed over; the writing is another thread's.
//
//   ninja -C build bench/micro_access_log && build/bench/micro_access_log FILE [rounds]
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "auth/keyring.h"
#include "base/check.h"
#include "base/log.h"
#include "base/metrics.h"
#include "gateway/access_log.h"

static double now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void measure(const char *name, const struct gateway_access_config *config,
                    enum log_format format, const struct http_exchange *exchange, long rounds) {
    struct gateway_access_log *log = NULL;
    struct error err;
    log_configure(LOG_LEVEL_INFO, format, 2);
    CHECK(gateway_access_log_make(config, &log, &err) == STATUS_OK);
    double start = now_ns();
    for (long i = 0; i < rounds; i++) {
        gateway_access_log_request(log, exchange, 500);
    }
    printf("%-28s %7.1f ns a request\n", name, (now_ns() - start) / (double)rounds);
    gateway_access_log_free(log);
}

int main(int argc, char **argv) {
    long rounds = argc > 2 ? strtol(argv[2], NULL, 10) : 300000;
    CHECK(argc > 1);
    struct http_trace trace;
    http_trace_start(false, random_system(), &trace);
    const struct http_header agent = {
        STR("User-Agent"),
        STR("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")};
    const struct auth_principal principal = {
        .role = AUTH_ROLE_VIEWER, .project = "shop", .key_id = "key_0193a1b2"};
    const struct http_exchange exchange = {
        .request = {.method_name = STR("GET"),
                    .path = STR("/users/u1/activities"),
                    .query = STR("limit=50&cursor=abcdef"),
                    .headers = &agent,
                    .header_count = 1,
                    .remote_ip = STR("203.0.113.9"),
                    .protocol = "HTTP/1.1"},
        .request_id = STR("0123456789abcdef-0000000001"),
        .principal = &principal,
        .trace = &trace,
        .route = "/users/:id/activities",
        .handled_us = 1,
        .status = 200,
        .reply_bytes = 1234,
    };
    struct gateway_access_config config = {.mode = GATEWAY_ACCESS_ALL, .path = str_from_c(argv[1])};
    measure("every request, text", &config, LOG_FORMAT_TEXT, &exchange, rounds);
    measure("every request, JSON", &config, LOG_FORMAT_JSON, &exchange, rounds);
    config.one_in = 100;
    measure("one in a hundred, text", &config, LOG_FORMAT_TEXT, &exchange, rounds);
    config.mode = GATEWAY_ACCESS_ERRORS;
    measure("errors only", &config, LOG_FORMAT_TEXT, &exchange, rounds);
    printf("%llu lines were dropped\n", (unsigned long long)metrics_read(metrics_counter(
                                            "footfall_access_log_lost_total", "", NULL)));
    return 0;
}
