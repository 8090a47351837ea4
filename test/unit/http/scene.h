// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A server that passes requests on to backends, for tests of the upstream client.
#ifndef FOOTFALL_TEST_HTTP_SCENE_H
#define FOOTFALL_TEST_HTTP_SCENE_H

#include <pthread.h>
#include <stdatomic.h>

#include "backend.h"
#include "harness.h"
#include "http/forwarded.h"
#include "http/upstream.h"

#define OK_REPLY "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi"
#define GET "GET /things?a=1 HTTP/1.1\r\nHost: front\r\nConnection: close\r\n\r\n"
#define POST                                                                                       \
    "POST /things HTTP/1.1\r\nHost: front\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"

struct scene {
    struct backend *backend; // may be NULL
    struct http_upstream *upstream;
    struct http_networks *trusted; // may be NULL
    struct http_server *proxy;
    unsigned threads; // of the proxy; 0: one per core
    bool tls;         // https to the ports
    int64_t drain_ms; // 0: 300
};
// In front of the ports, 0 at the end.
void scene_open(struct scene *scene, const struct http_upstream_config *config,
                const uint16_t *ports);
// With a backend of its own; config NULL: the defaults.
void scene_open_with(struct scene *scene, backend_serve *serve, void *context,
                     const struct http_upstream_config *config);
void scene_close(struct scene *scene);
const char *scene_ask(const struct scene *scene, const char *request);

struct script {
    const char *const *replies; // one a request, over all connections
    atomic_uint next;
    pthread_mutex_t mutex;
    char request[8192]; // the last one; by scene_request
};
#define SCRIPT(replies_)                                                                           \
    { .replies = (replies_), .mutex = PTHREAD_MUTEX_INITIALIZER }
// The last request, good until the next call.
const char *scene_request(struct script *script);
// Answers by the script. An empty reply closes the connection without a byte, as a process that is killed does.
backend_serve scene_serve_script;
// Reads requests and never answers.
backend_serve scene_serve_nothing;

#endif
