// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A server on a free port of 127.0.0.1 that does to each connection whatever a test says, for tests of those who ask servers.
#ifndef FOOTFALL_TEST_HTTP_BACKEND_H
#define FOOTFALL_TEST_HTTP_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Serves one connection, on a thread of its own; number: which, from 0. The connection is closed when it returns.
typedef void backend_serve(int fd, unsigned number, void *context);

struct backend;
struct backend *backend_start(backend_serve *serve, void *context);
uint16_t backend_port(const struct backend *backend);
unsigned backend_accepted(struct backend *backend); // connections so far
// Closes what is open and waits for the threads.
void backend_stop(struct backend *backend);

// Reads one request, body included, into out (NUL-terminated). False: the peer closed.
bool backend_read(int fd, char *out, size_t size);
void backend_write(int fd, const char *text);
// A port of 127.0.0.1 on which nobody listens.
uint16_t backend_unused_port(void);

#endif
