// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Certificates in use: who holds them, and how others take their place.
#include "http/certificates.h"

#include <stdlib.h>

#include "http/certificates_private.h"

static bool copy_config(struct http_certificates *certificates,
                        const struct http_certificates_config *config) {
    struct arena *arena = &certificates->arena;
    struct str *files = arena_alloc_zero(arena, config->file_count * sizeof *files);
    if (!files) {
        return false;
    }
    for (size_t i = 0; i < config->file_count; i++) {
        files[i] = arena_copy(arena, config->files[i]);
        if (!files[i].data) {
            return false;
        }
    }
    certificates->config = *config;
    certificates->config.files = files;
    certificates->config.client_ca = arena_copy(arena, config->client_ca);
    certificates->seen =
        arena_alloc_zero(arena, (config->file_count * 2 + 1) * sizeof *certificates->seen);
    return certificates->seen &&
           (config->client_ca.len == 0 || certificates->config.client_ca.data);
}

static void destroy(struct http_certificates *certificates) {
    pthread_mutex_destroy(&certificates->mutex);
    pthread_mutex_destroy(&certificates->tickets_mutex);
    pthread_mutex_destroy(&certificates->watch_mutex);
    pthread_cond_destroy(&certificates->watch_cond);
    arena_free(&certificates->arena);
    explicit_bzero(certificates->tickets, sizeof certificates->tickets);
    free(certificates);
}

enum status http_certificates_make(const struct http_certificates_config *config,
                                   struct http_certificates **out, struct error *err) {
    *out = NULL;
    if (config->file_count == 0) {
        return error_set(err, STATUS_INVALID, "TLS needs at least one certificate");
    }
    if (config->client_auth != HTTP_CLIENT_AUTH_OFF && config->client_ca.len == 0) {
        return error_set(err, STATUS_INVALID,
                         "client certificates need a file of the authorities to trust");
    }
    struct http_certificates *certificates = calloc(1, sizeof *certificates);
    if (!certificates) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for certificates");
    }
    arena_init(&certificates->arena, 4096, 0);
    pthread_mutex_init(&certificates->mutex, NULL);
    pthread_mutex_init(&certificates->tickets_mutex, NULL);
    pthread_mutex_init(&certificates->watch_mutex, NULL);
    thread_cond_init(&certificates->watch_cond);
    atomic_init(&certificates->references, 1);
    enum status status = copy_config(certificates, config)
                             ? http_certificate_set_make(certificates, &certificates->current, err)
                             : error_set(err, STATUS_NO_MEMORY, "no memory for certificates");
    if (status != STATUS_OK) {
        destroy(certificates);
        return status;
    }
    *out = certificates;
    return STATUS_OK;
}

struct http_certificates *http_certificates_hold(struct http_certificates *certificates) {
    if (certificates) {
        atomic_fetch_add_explicit(&certificates->references, 1, memory_order_relaxed);
    }
    return certificates;
}

void http_certificates_release(struct http_certificates *certificates) {
    if (certificates &&
        atomic_fetch_sub_explicit(&certificates->references, 1, memory_order_acq_rel) == 1) {
        http_certificate_set_release(certificates->current);
        destroy(certificates);
    }
}

enum status http_certificates_reload(struct http_certificates *certificates, struct error *err) {
    struct http_certificate_set *set = NULL;
    enum status status = http_certificate_set_make(certificates, &set, err);
    if (status != STATUS_OK) {
        return status;
    }
    pthread_mutex_lock(&certificates->mutex);
    struct http_certificate_set *old = certificates->current;
    certificates->current = set;
    pthread_mutex_unlock(&certificates->mutex);
    http_certificate_set_release(old);
    return STATUS_OK;
}

int64_t http_certificates_expire_ms(struct http_certificates *certificates) {
    pthread_mutex_lock(&certificates->mutex);
    int64_t first = INT64_MAX;
    for (size_t i = 0; i < certificates->current->count; i++) {
        int64_t expires = certificates->current->certificates[i].expires_ms;
        first = expires < first ? expires : first;
    }
    pthread_mutex_unlock(&certificates->mutex);
    return first;
}
