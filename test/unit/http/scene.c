// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// See scene.h.
#include "scene.h"

#include <stdio.h>
#include <string.h>

static void forward(struct http_exchange *exchange, void *context) {
    struct scene *scene = context;
    if (scene->trusted) {
        http_forwarded_believe(scene->trusted, exchange);
    }
    // Paths of /alone have connections of their own.
    static const struct http_forward_policy ALONE = {.alone = true};
    if (str_starts_with(exchange->request.path, STR("/alone"))) {
        http_upstream_forward_by(scene->upstream, exchange, &ALONE);
        return;
    }
    http_upstream_forward(scene->upstream, exchange);
}

static void plan(struct http_exchange *exchange, struct http_body_plan *out, void *context) {
    (void)context;
    out->streams = str_starts_with(exchange->request.path, STR("/stream"));
    out->body_bytes = out->streams ? SIZE_MAX : 0;
}

void scene_open(struct scene *scene, const struct http_upstream_config *config,
                const uint16_t *ports) {
    static char urls[4][40];
    struct str texts[4];
    struct http_upstream_config filled = *config;
    struct error err = {STATUS_OK, ""};
    filled.name = "back";
    for (filled.url_count = 0; ports[filled.url_count] != 0; filled.url_count++) {
        size_t i = filled.url_count;
        (void)snprintf(urls[i], sizeof urls[i], "%s://127.0.0.1:%u", scene->tls ? "https" : "http",
                       ports[i]);
        texts[i] = str_from_c(urls[i]);
    }
    filled.urls = texts;
    if (http_upstream_make(&filled, &scene->upstream, &err) != STATUS_OK) {
        fail_msg("%s", err.text);
    }
    struct http_server_config server = {.drain_timeout_ms =
                                            scene->drain_ms > 0 ? scene->drain_ms : 300,
                                        .threads = scene->threads,
                                        .plan = plan};
    scene->proxy = harness_start(forward, scene, &server);
}

void scene_close(struct scene *scene) {
    if (scene->proxy) {
        http_server_stop(scene->proxy);
    }
    http_upstream_free(scene->upstream);
    http_networks_free(scene->trusted);
    if (scene->backend) {
        backend_stop(scene->backend);
    }
}

void scene_open_with(struct scene *scene, backend_serve *serve, void *context,
                     const struct http_upstream_config *config) {
    static const struct http_upstream_config defaults = {0};
    *scene = (struct scene){.backend = backend_start(serve, context)};
    const uint16_t ports[] = {backend_port(scene->backend), 0};
    scene_open(scene, config ? config : &defaults, ports);
}

const char *scene_ask(const struct scene *scene, const char *request) {
    return harness_talk(scene->proxy, request, strlen(request));
}

void scene_serve_script(int fd, unsigned number, void *context) {
    struct script *script = context;
    char request[sizeof script->request];
    (void)number;
    while (backend_read(fd, request, sizeof request)) {
        pthread_mutex_lock(&script->mutex);
        memcpy(script->request, request, sizeof request);
        pthread_mutex_unlock(&script->mutex);
        const char *reply = script->replies[atomic_fetch_add(&script->next, 1)];
        if (!reply || reply[0] == '\0') {
            return;
        }
        backend_write(fd, reply);
        if (strstr(reply, "close") || strstr(reply, "HTTP/1.0")) {
            return;
        }
    }
}

const char *scene_request(struct script *script) {
    static char copy[sizeof script->request];
    pthread_mutex_lock(&script->mutex);
    memcpy(copy, script->request, sizeof copy);
    pthread_mutex_unlock(&script->mutex);
    return copy;
}

void scene_serve_nothing(int fd, unsigned number, void *context) {
    char request[4096];
    (void)number;
    (void)context;
    while (backend_read(fd, request, sizeof request)) {
    }
}
