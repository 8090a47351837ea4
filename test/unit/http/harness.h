// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A server on a free port of 127.0.0.1 and a client that speaks raw bytes, for tests of http.
#ifndef FOOTFALL_TEST_HTTP_HARNESS_H
#define FOOTFALL_TEST_HTTP_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/server.h"

typedef void harness_handler(struct http_exchange *exchange, void *context);

// config may be NULL; what it leaves out is filled in. Stop with http_server_stop.
struct http_server *harness_start(harness_handler *handle, void *context,
                                  const struct http_server_config *config);

int harness_connect(const struct http_server *server);
int harness_connect_port(uint16_t port);
void harness_send(int fd, const char *bytes, size_t len);
void harness_send_text(int fd, const char *text);
// Reads until `text` has appeared `times` times, or the end, or 10 s; returns what came, which is good until the next call in
// this thread. The caller asserts.
const char *harness_read_until(int fd, const char *text, unsigned times);
const char *harness_read_all(int fd); // until the server closes
unsigned harness_count(const char *text, const char *part);
// Connects, sends, half-closes not, reads to the end, closes.
const char *harness_talk(const struct http_server *server, const char *bytes, size_t len);
int64_t harness_now_ms(void);

#define ASSERT_CONTAINS(text, part)                                                                \
    do {                                                                                           \
        const char *text_ = (text);                                                                \
        if (!strstr(text_, (part))) {                                                              \
            print_error("not found: %s\nin: %s\n", (part), text_);                                 \
            fail();                                                                                \
        }                                                                                          \
    } while (0)
#define ASSERT_LACKS(text, part)                                                                   \
    do {                                                                                           \
        const char *text_ = (text);                                                                \
        if (strstr(text_, (part))) {                                                               \
            print_error("found: %s\nin: %s\n", (part), text_);                                     \
            fail();                                                                                \
        }                                                                                          \
    } while (0)

#endif
