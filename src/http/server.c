// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Starts and stops a server: defaults, loops, threads, metrics.
#include "http/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "base/thread.h"
#include "http/server_private.h"

#define LOOPS_MAX 256
// How long stop waits for the loops after it has cut their connections: handlers that are late keep their loop alive.
#define LATE_HANDLERS_US ((int64_t)2 * 1000 * 1000)

static void default_size(size_t *value, size_t fallback) {
    *value = *value > 0 ? *value : fallback;
}

static void default_count(unsigned *value, unsigned fallback) {
    *value = *value > 0 ? *value : fallback;
}

static void default_ms(int64_t *value, int64_t fallback) {
    *value = *value > 0 ? *value : fallback;
}

static void fill_defaults(struct http_server_config *config) {
    default_size(&config->target_bytes, (size_t)8 << 10);
    default_size(&config->header_bytes, (size_t)32 << 10);
    default_size(&config->body_bytes, (size_t)4 << 20);
    default_size(&config->memory_bytes, (size_t)256 << 20);
    default_size(&config->reply_bytes, (size_t)64 << 20);
    default_count(&config->header_count, 100);
    default_count(&config->connections, 10000);
    default_count(&config->pipeline_max, 16);
    default_count(&config->handshakes, 512);
    default_ms(&config->handshake_timeout_ms, 10000);
    default_ms(&config->header_timeout_ms, 10000);
    default_ms(&config->body_timeout_ms, 30000);
    default_ms(&config->idle_timeout_ms, 75000);
    default_ms(&config->write_timeout_ms, 30000);
    default_ms(&config->drain_timeout_ms, 8000);
    if (config->threads == 0) {
        config->threads = uv_available_parallelism();
    }
    config->threads = config->threads < LOOPS_MAX ? config->threads : LOOPS_MAX;
}

static double read_connections(void *context) {
    struct http_server *server = context;
    return atomic_load_explicit(&server->connections, memory_order_relaxed);
}

static double read_block_bytes(void *context) {
    return (double)http_server_request_bytes(context);
}

static void register_metrics(struct http_server *server) {
    char label[64];
    snprintf(label, sizeof label, "server=\"%s\"", server->name);
    server->requests_total =
        metrics_counter("footfall_http_requests_total", "Requests received whole", label);
    server->received_bytes = metrics_counter("footfall_http_received_bytes_total",
                                             "Bytes read from HTTP connections", label);
    server->sent_bytes = metrics_counter("footfall_http_sent_bytes_total",
                                         "Bytes written to HTTP connections", label);
    server->timeouts_total =
        metrics_counter("footfall_http_timeouts_total",
                        "HTTP connections ended because the client was too slow", label);
    server->rejected_total =
        metrics_counter("footfall_http_rejected_total",
                        "Requests and connections the HTTP server refused itself", label);
    server->overloaded_total = metrics_counter(
        "footfall_http_overloaded_total",
        "Of these, requests whose bodies were above what all together may hold", label);
    server->handshakes_total =
        metrics_counter("footfall_http_tls_handshakes_total", "TLS handshakes completed", label);
    server->handshakes_failed =
        metrics_counter("footfall_http_tls_handshakes_failed_total",
                        "TLS handshakes that failed, by whosever fault", label);
    server->handshakes_dropped =
        metrics_counter("footfall_http_tls_handshakes_dropped_total",
                        "TLS handshakes ended early to make room for others", label);
    server->connections_gauge = metrics_gauge(
        "footfall_http_connections", "HTTP connections open now", label, read_connections, server);
    server->bytes_gauge = metrics_gauge(
        "footfall_http_request_bytes", "Memory of requests that are being received or answered now",
        label, read_block_bytes, server);
}

void http_server_free(struct http_server *server) {
    http_certificates_release(server->config.certificates);
    pthread_cond_destroy(&server->ended);
    pthread_mutex_destroy(&server->mutex);
    free(server->loops);
    free(server);
}

static struct http_server *make_server(const struct http_server_config *config) {
    struct http_server *server = calloc(1, sizeof *server);
    if (!server) {
        return NULL;
    }
    server->config = *config;
    fill_defaults(&server->config);
    snprintf(server->name, sizeof server->name, "%s", config->name);
    server->config.name = server->name;
    (void)http_certificates_hold(server->config.certificates);
    server->loop_count = server->config.threads;
    server->loops = calloc(server->loop_count, sizeof *server->loops);
    if (!server->loops) {
        http_certificates_release(server->config.certificates);
        free(server);
        return NULL;
    }
    pthread_mutex_init(&server->mutex, NULL);
    thread_cond_init(&server->ended);
    return server;
}

static void close_listeners(struct http_server *server, unsigned from) {
    for (unsigned i = from; i < server->loop_count; i++) {
        for (size_t kind = 0; kind < HTTP_LISTENERS; kind++) {
            if (server->loops[i].listeners[kind].fd >= 0) {
                close(server->loops[i].listeners[kind].fd);
            }
        }
    }
}

static enum status listen_on(struct http_server *server, unsigned kind, const char *host,
                             uint16_t *port, struct error *err) {
    int fds[LOOPS_MAX];
    enum status status = http_listen(server, host, port, fds, err);
    for (unsigned i = 0; i < server->loop_count && status == STATUS_OK; i++) {
        server->loops[i].listeners[kind].fd = fds[i];
    }
    return status;
}

static enum status open_listeners(struct http_server *server, struct error *err) {
    const struct http_server_config *config = &server->config;
    for (unsigned i = 0; i < server->loop_count; i++) {
        server->loops[i].listeners[HTTP_LISTENER_PLAIN].fd = -1;
        server->loops[i].listeners[HTTP_LISTENER_TLS].fd = -1;
    }
    server->port = config->port;
    server->tls_port = config->tls_port;
    enum status status = listen_on(server, HTTP_LISTENER_PLAIN, config->host, &server->port, err);
    if (status == STATUS_OK && config->tls_host) {
        status = listen_on(server, HTTP_LISTENER_TLS, config->tls_host, &server->tls_port, err);
    }
    if (status != STATUS_OK) {
        close_listeners(server, 0);
    }
    return status;
}

static enum status init_loops(struct http_server *server, struct error *err) {
    enum status status = open_listeners(server, err);
    if (status != STATUS_OK) {
        return status;
    }
    for (unsigned i = 0; i < server->loop_count; i++) {
        status = http_loop_init(&server->loops[i], server, i, err);
        if (status != STATUS_OK) {
            close_listeners(server, i);
            while (i > 0) {
                http_loop_close(&server->loops[--i]);
            }
            return status;
        }
    }
    return STATUS_OK;
}

// A loop that something else has woken sees that it is to drain, and may be through with it before its turn comes here: it is kept from
// closing what wakes it, as libuv aborts the process when it is asked to wake a loop that is closed.
static void wake_all(struct http_server *server, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        atomic_fetch_add_explicit(&server->loops[i].answering, 1, memory_order_relaxed);
    }
    atomic_store(&server->draining, true);
    for (unsigned i = 0; i < count; i++) {
        uv_async_send(&server->loops[i].wake);
        atomic_fetch_sub_explicit(&server->loops[i].answering, 1, memory_order_release);
    }
}

static enum status start_threads(struct http_server *server, struct error *err) {
    for (unsigned i = 0; i < server->loop_count; i++) {
        char name[16];
        snprintf(name, sizeof name, "%.11s-%u", server->name, i % 1000);
        server->running++;
        enum status status =
            thread_start(&server->loops[i].thread, name, http_loop_run, &server->loops[i]);
        if (status != STATUS_OK) {
            pthread_mutex_lock(&server->mutex);
            server->running--;
            pthread_mutex_unlock(&server->mutex);
            wake_all(server, i);
            for (unsigned started = 0; started < i; started++) {
                thread_join(&server->loops[started].thread);
            }
            for (unsigned rest = i; rest < server->loop_count; rest++) {
                http_loop_close(&server->loops[rest]);
            }
            return error_set(err, status, "cannot start thread %s: %s", name, status_text(status));
        }
    }
    return STATUS_OK;
}

enum status http_server_start(const struct http_server_config *config, struct http_server **out,
                              struct error *err) {
    *out = NULL;
    CHECK(config->name && config->host && config->handle && config->clock && config->random);
    CHECK(!config->tls_host == !config->certificates);
    struct http_server *server = make_server(config);
    if (!server) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for the %s server", config->name);
    }
    register_metrics(server);
    enum status status = init_loops(server, err);
    if (status == STATUS_OK) {
        status = start_threads(server, err);
    }
    if (status != STATUS_OK) {
        metrics_gauge_remove(server->connections_gauge);
        metrics_gauge_remove(server->bytes_gauge);
        http_server_free(server);
        return status;
    }
    LOG_INFO("http", "listening", LOG_CSTR("server", server->name), LOG_CSTR("host", config->host),
             LOG_INT("port", server->port), LOG_INT("threads", server->loop_count));
    if (config->tls_host) {
        LOG_INFO("http", "listening for TLS", LOG_CSTR("server", server->name),
                 LOG_CSTR("host", config->tls_host), LOG_INT("port", server->tls_port));
    }
    *out = server;
    return STATUS_OK;
}

uint16_t http_server_port(const struct http_server *server) {
    return server->port;
}

uint16_t http_server_tls_port(const struct http_server *server) {
    return server->config.certificates ? server->tls_port : 0;
}

// False: some loop still waits for a handler.
static bool wait_for_loops(struct http_server *server) {
    struct clock *clock = clock_system(); // the configured one may stand still
    int64_t deadline =
        clock->mono_us(clock) + server->config.drain_timeout_ms * 1000 + LATE_HANDLERS_US;
    pthread_mutex_lock(&server->mutex);
    while (server->running > 0) {
        int64_t left = deadline - clock->mono_us(clock);
        if (left <= 0) {
            break;
        }
        thread_cond_wait_us(&server->ended, &server->mutex, left);
    }
    server->abandoned = server->running > 0;
    bool done = !server->abandoned;
    pthread_mutex_unlock(&server->mutex);
    return done;
}

void http_server_stop(struct http_server *server) {
    if (!server) {
        return;
    }
    metrics_gauge_remove(server->connections_gauge);
    metrics_gauge_remove(server->bytes_gauge);
    wake_all(server, server->loop_count);
    // Handles are copied first: the loops free the server when they are left behind.
    unsigned count = server->loop_count;
    char name[sizeof server->name];
    memcpy(name, server->name, sizeof name);
    struct thread threads[LOOPS_MAX];
    for (unsigned i = 0; i < count; i++) {
        threads[i] = server->loops[i].thread;
    }
    if (wait_for_loops(server)) {
        for (unsigned i = 0; i < count; i++) {
            thread_join(&threads[i]);
        }
        http_server_free(server);
        return;
    }
    LOG_ERROR("http", "handlers still hold requests; the server ends when they return them",
              LOG_CSTR("server", name));
    for (unsigned i = 0; i < count; i++) {
        pthread_detach(threads[i].handle);
    }
}

void http_server_load(const struct http_server *server, unsigned *connections,
                      unsigned *exchanges) {
    *connections = atomic_load_explicit(&server->connections, memory_order_relaxed);
    *exchanges = atomic_load_explicit(&server->exchanges, memory_order_relaxed);
}

size_t http_server_request_bytes(const struct http_server *server) {
    return atomic_load_explicit(&server->block_bytes, memory_order_relaxed);
}
