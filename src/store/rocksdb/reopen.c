// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Opening the database, noticing that it refuses writes, and opening it again once there is room.
#include <sys/statvfs.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/rocksdb/rocks.h"

#define RETRY_US INT64_C(200000)

static bool begins(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

// RocksDB's C API gives texts, not codes: include/rocksdb/status.h, Status::ToString.
static enum status status_of(const char *message) {
    if (begins(message, "Corruption")) {
        return STATUS_CORRUPT;
    }
    if (begins(message, "NotFound")) {
        return STATUS_NOT_FOUND;
    }
    if (begins(message, "Not implemented")) {
        return STATUS_UNSUPPORTED;
    }
    bool passing = begins(message, "Shutdown") || begins(message, "Resource busy") ||
                   begins(message, "Operation timed out") || begins(message, "Operation aborted") ||
                   begins(message, "Result incomplete"); // of a read that may not wait
    return passing ? STATUS_UNAVAILABLE : STATUS_IO;
}

enum status rocks_status(char *message) {
    if (message == NULL) {
        return STATUS_OK;
    }
    enum status status = status_of(message);
    rocksdb_free(message);
    return status;
}

static bool is_known_family(const char *name) {
    for (size_t i = 0; i < KV_FAMILIES; i++) {
        if (strcmp(name, rocks_family_names[i]) == 0) {
            return true;
        }
    }
    return false;
}

// Families this release does not know were made by a newer one.
static enum status check_families(const struct rocks *rocks, struct error *err) {
    char *message = NULL;
    size_t count = 0;
    char **names =
        rocksdb_list_column_families(rocks->options.database, rocks->directory, &count, &message);
    if (message != NULL) {
        // There is no database yet; if there is one, opening tells what is wrong.
        rocksdb_free(message);
        rocksdb_list_column_families_destroy(names, count); // an error gives an empty list
        return STATUS_OK;
    }
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        if (!is_known_family(names[i])) {
            status = error_set(err, STATUS_UNSUPPORTED,
                               "a newer Footfall wrote the store in %s: it has a column family "
                               "\"%s\" that this Footfall does not know",
                               rocks->directory, names[i]);
        }
    }
    rocksdb_list_column_families_destroy(names, count);
    return status;
}

enum status rocks_open(struct rocks *rocks, struct error *err) {
    enum status status = check_families(rocks, err);
    if (status != STATUS_OK) {
        return status;
    }
    char *message = NULL;
    rocks->db = rocksdb_open_column_families(
        rocks->options.database, rocks->directory, KV_FAMILIES, rocks_family_names,
        (const rocksdb_options_t *const *)rocks->options.families, rocks->families, &message);
    if (message == NULL) {
        return STATUS_OK;
    }
    rocks->db = NULL;
    if (strstr(message, "lock file") != NULL || strstr(message, "lock hold") != NULL) {
        status = error_set(err, STATUS_CONFLICT,
                           "the store in %s is in use by another process: stop that one first, or "
                           "give this one a directory of its own",
                           rocks->directory);
    } else {
        status = error_set(err, status_of(message), "the store in %s does not open: %s",
                           rocks->directory, message);
    }
    rocksdb_free(message);
    return status;
}

void rocks_shut(struct rocks *rocks) {
    if (rocks->db == NULL) {
        return;
    }
    for (size_t i = 0; i < KV_FAMILIES; i++) {
        rocksdb_column_family_handle_destroy(rocks->families[i]);
    }
    rocksdb_close(rocks->db);
    rocks->db = NULL;
}

// With the lock held, which is given back when there is no database.
static enum status entered(struct rocks *rocks) {
    if (rocks->db == NULL) {
        pthread_rwlock_unlock(&rocks->lock);
        return STATUS_UNAVAILABLE;
    }
    return STATUS_OK;
}

enum status rocks_enter(struct rocks *rocks) {
    pthread_rwlock_rdlock(&rocks->lock);
    return entered(rocks);
}

enum status rocks_try_enter(struct rocks *rocks) {
    return pthread_rwlock_tryrdlock(&rocks->lock) == 0 ? entered(rocks) : STATUS_UNAVAILABLE;
}

void rocks_leave(struct rocks *rocks) {
    pthread_rwlock_unlock(&rocks->lock);
}

enum status rocks_write_failed(struct rocks *rocks, char *message) {
    enum status status = status_of(message);
    if (atomic_exchange(&rocks->writable, false)) {
        LOG_ERROR("store", "a write failed; none is taken until the store could be opened again",
                  LOG_CSTR("directory", rocks->directory), LOG_CSTR("reason", message));
    }
    rocksdb_free(message);
    return status;
}

static bool has_room(const struct rocks *rocks) {
    struct statvfs disk;
    return statvfs(rocks->directory, &disk) == 0 &&
           (uint64_t)disk.f_bavail * disk.f_frsize >= rocks->room_bytes;
}

// With the recovery lock held.
static enum status try_again(struct rocks *rocks) {
    struct clock *clock = clock_system();
    int64_t now = clock->mono_us(clock);
    if (now < rocks->next_try_us || !has_room(rocks)) {
        return STATUS_IO;
    }
    struct error err;
    pthread_rwlock_wrlock(&rocks->lock); // waits for readers; scans are short
    rocks_shut(rocks);
    enum status status = rocks_open(rocks, &err);
    pthread_rwlock_unlock(&rocks->lock);
    rocks->next_try_us = clock->mono_us(clock) + RETRY_US;
    if (status == STATUS_OK) {
        atomic_store(&rocks->writable, true);
        LOG_INFO("store", "opened again; writes are taken",
                 LOG_CSTR("directory", rocks->directory));
    } else {
        LOG_ERROR("store", "could not be opened again", LOG_CSTR("reason", err.text));
    }
    return status == STATUS_OK ? STATUS_OK : STATUS_IO;
}

enum status rocks_recover(struct rocks *rocks) {
    if (atomic_load_explicit(&rocks->writable, memory_order_relaxed)) {
        return STATUS_OK;
    }
    pthread_mutex_lock(&rocks->recovery);
    enum status status = atomic_load(&rocks->writable) ? STATUS_OK : try_again(rocks);
    pthread_mutex_unlock(&rocks->recovery);
    return status;
}
