// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Notices that certificates were renewed, and takes the new ones into use.
#include <sys/stat.h>

#include "base/log.h"
#include "http/certificates_private.h"

static struct http_file_stamp stamp_of(struct str path) {
    struct stat found;
    char text[4096];
    if (path.len == 0 || path.len >= sizeof text) {
        return (struct http_file_stamp){0};
    }
    memcpy(text, path.data, path.len);
    text[path.len] = '\0';
    if (stat(text, &found) != 0) {
        return (struct http_file_stamp){0};
    }
    return (struct http_file_stamp){(int64_t)found.st_mtim.tv_sec * 1000000000 +
                                        found.st_mtim.tv_nsec,
                                    (int64_t)found.st_size, (uint64_t)found.st_ino};
}

static bool note(struct http_file_stamp *seen, struct str path) {
    struct http_file_stamp now = stamp_of(path);
    bool other =
        now.modified_ns != seen->modified_ns || now.size != seen->size || now.inode != seen->inode;
    *seen = now;
    return other;
}

// What was seen is noted before it is read: a file that changes meanwhile is seen as another the next time.
static bool look(struct http_certificates *certificates) {
    const struct http_certificates_config *config = &certificates->config;
    bool changed = note(&certificates->seen[config->file_count * 2], config->client_ca);
    for (size_t i = 0; i < config->file_count; i++) {
        struct str chain;
        struct str key;
        http_certificate_files(config->files[i], &chain, &key);
        changed = note(&certificates->seen[i * 2], chain) || changed;
        changed = note(&certificates->seen[i * 2 + 1], key) || changed;
    }
    return changed;
}

static void reload(struct http_certificates *certificates) {
    struct error err = {STATUS_OK, ""};
    if (http_certificates_reload(certificates, &err) == STATUS_OK) {
        LOG_INFO("http", "certificates were read again",
                 LOG_INT("count", certificates->config.file_count));
    } else {
        LOG_ERROR("http", "new certificates cannot be used; the old ones stay in use",
                  LOG_CSTR("reason", err.text));
    }
}

// False: the end. True: time to look; *forced: to reload whatever the files look like.
static bool wait_for_turn(struct http_certificates *certificates, bool *forced) {
    pthread_mutex_lock(&certificates->watch_mutex);
    if (!certificates->ending && !certificates->touched) {
        (void)thread_cond_wait_us(&certificates->watch_cond, &certificates->watch_mutex,
                                  certificates->interval_ms * 1000);
    }
    bool go_on = !certificates->ending;
    *forced = certificates->touched;
    certificates->touched = false;
    pthread_mutex_unlock(&certificates->watch_mutex);
    return go_on;
}

static void *run(void *context) {
    struct http_certificates *certificates = context;
    bool forced = false;
    while (wait_for_turn(certificates, &forced)) {
        if (look(certificates) || forced) {
            reload(certificates);
        }
    }
    return NULL;
}

static double read_expiry(void *certificates) {
    return (double)http_certificates_expire_ms(certificates) / 1000;
}

enum status http_certificates_watch(struct http_certificates *certificates, int64_t interval_ms,
                                    struct error *err) {
    certificates->interval_ms = interval_ms;
    (void)look(certificates);
    enum status status = thread_start(&certificates->thread, "certificates", run, certificates);
    if (status != STATUS_OK) {
        return error_set(err, status, "cannot start a thread: %s", status_text(status));
    }
    certificates->watching = true;
    certificates->expiry_gauge = metrics_gauge("footfall_tls_certificate_expiry_timestamp_seconds",
                                               "When the first of the certificates in use ends",
                                               NULL, read_expiry, certificates);
    return STATUS_OK;
}

void http_certificates_touch(struct http_certificates *certificates) {
    pthread_mutex_lock(&certificates->watch_mutex);
    certificates->touched = true;
    pthread_cond_signal(&certificates->watch_cond);
    pthread_mutex_unlock(&certificates->watch_mutex);
}

void http_certificates_unwatch(struct http_certificates *certificates) {
    if (!certificates || !certificates->watching) {
        return;
    }
    metrics_gauge_remove(certificates->expiry_gauge);
    pthread_mutex_lock(&certificates->watch_mutex);
    certificates->ending = true;
    pthread_cond_signal(&certificates->watch_cond);
    pthread_mutex_unlock(&certificates->watch_mutex);
    thread_join(&certificates->thread);
    certificates->watching = false;
}
