// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Whether there is room to write: disk quota, disk reserve, and getting a broken store back.
//
// Measured at most once a second; between two measurements what was written is added up. So appends are refused before the disk is
// full, and are taken again by themselves once there is room.
#include "base/log.h"
#include "eventlog/embedded.h"

#define MEASURE_EVERY_US (1LL * 1000 * 1000)
#define RECOVER_EVERY_US (1LL * 1000 * 1000)
// Free space that opening a store again may need: it writes out what its write-ahead log holds.
#define RECOVER_ROOM (16ULL * 1024 * 1024)

static int64_t mono(const struct embedded_log *log) {
    return log->config.clock->mono_us(log->config.clock);
}

static void set_writable(struct embedded_log *log, bool writable) {
    pthread_mutex_lock(&log->mutex);
    bool changed = log->stats.writable != writable;
    log->stats.writable = writable;
    pthread_mutex_unlock(&log->mutex);
    if (changed && writable) {
        LOG_INFO("eventlog", "appends are accepted again", LOG_INT("used_bytes", log->used_bytes));
    } else if (changed) {
        LOG_WARN("eventlog",
                 "appends are refused: the store is broken, the quota is reached or the "
                 "disk is nearly full",
                 LOG_INT("used_bytes", log->used_bytes),
                 LOG_BOOL("disk_short", log->free_bytes < log->config.disk_reserve_bytes),
                 LOG_INT("quota_bytes", log->config.quota_bytes), LOG_BOOL("broken", log->broken));
    }
}

void embedded_measure(struct embedded_log *log) {
    log->measured_at = mono(log);
    log->used_bytes = log->store->engine->used_bytes(log->store);
    log->free_bytes = log->store->engine->free_bytes(log->store);
    pthread_mutex_lock(&log->mutex);
    log->stats.disk_bytes = log->free_bytes == UINT64_MAX ? 0 : log->used_bytes;
    pthread_mutex_unlock(&log->mutex);
}

void embedded_set_broken(struct embedded_log *log) {
    log->broken = true;
    log->recover_at = mono(log);
    set_writable(log, false);
}

static enum status recover(struct embedded_log *log) {
    log->free_bytes = log->store->engine->free_bytes(log->store);
    if (log->free_bytes != UINT64_MAX &&
        log->free_bytes < log->config.disk_reserve_bytes + RECOVER_ROOM) {
        return STATUS_QUOTA;
    }
    int64_t now = mono(log);
    if (now < log->recover_at) {
        return STATUS_UNAVAILABLE;
    }
    log->recover_at = now + RECOVER_EVERY_US;
    struct error err = {0};
    enum status status = log->store->engine->recover(log->store, &err);
    if (status == STATUS_OK) {
        status = embedded_load(log, &err);
    }
    if (status != STATUS_OK) {
        LOG_ERROR("eventlog", "the store could not be opened again; the next attempt follows",
                  LOG_CSTR("reason", err.text));
        return STATUS_UNAVAILABLE;
    }
    LOG_INFO("eventlog", "the store was opened again", LOG_INT("free_bytes", log->free_bytes));
    log->broken = false;
    embedded_measure(log);
    return STATUS_OK;
}

static bool is_over(const struct embedded_log *log) {
    const struct eventlog_config *config = &log->config;
    return (config->quota_bytes > 0 && log->used_bytes >= config->quota_bytes) ||
           (config->disk_reserve_bytes > 0 && log->free_bytes < config->disk_reserve_bytes);
}

// Retention that fails is logged by itself, and shows here as a broken store.
static void retain(struct embedded_log *log, bool now) {
    struct error err = {0};
    if (embedded_retain(log, now, &err) != STATUS_OK) {
        LOG_WARN("eventlog", "retention failed; it is tried again later",
                 LOG_CSTR("reason", err.text));
    }
}

enum status embedded_room(struct embedded_log *log) {
    if (log->broken) {
        enum status status = recover(log);
        if (status != STATUS_OK) {
            return status;
        }
    }
    int64_t now = mono(log);
    if (now >= log->retention_at) {
        log->retention_at = now + EMBEDDED_RETENTION_US;
        retain(log, false);
    }
    if (now - log->measured_at >= MEASURE_EVERY_US) {
        embedded_measure(log);
        if (is_over(log)) {
            retain(log, true);
            embedded_measure(log);
        }
    }
    if (log->broken) {
        return STATUS_UNAVAILABLE;
    }
    bool over = is_over(log);
    set_writable(log, !over);
    return over ? STATUS_QUOTA : STATUS_OK;
}
