// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Parts: the data directory, the worker pool, the store and the event log.
#include <unistd.h>

#include "app/engines.h"
#include "app/parts.h"
#include "base/log.h"
#include "base/thread.h"

static enum status check_engine(const struct app_service *service, const char *key,
                                const char *remote, struct error *err) {
    if (!str_equal(settings_string(service->settings, key), STR("embedded"))) {
        return STATUS_OK;
    }
    return error_set(
        err, STATUS_INVALID,
        "%s: embedded keeps its files for one process alone; footfall %s shares them with "
        "others and needs %s: %s (footfall run has every role in one process)",
        key, app_role_name(service->role), key, remote);
}

static enum status check_engines(struct app_service *service, struct error *err) {
    enum status status = check_engine(service, "store", "cassandra", err);
    bool logs = service->role == APP_ROLE_ACTIVITY || service->role == APP_ROLE_PROCESSOR;
    return status == STATUS_OK && logs ? check_engine(service, "eventlog", "kafka", err) : status;
}

// Nothing is wrong with going back to the embedded engines, but nobody should do so without knowing.
static void warn_of_migration(const struct app_service *service) {
    bool embedded =
        !app_store_is_remote(service->settings) || !app_log_is_remote(service->settings);
    if (embedded && access(service->paths.migration, F_OK) == 0) {
        LOG_WARN(
            "app",
            "this installation was moved, or its move is under way: what is taken here from now "
            "on will be missing there",
            LOG_CSTR("notes", service->paths.migration));
    }
}

static enum status make_directory(struct app_service *service, struct error *err) {
    enum status status =
        client_data_directory(settings_string(service->settings, "data"), &service->paths, err);
    if (status == STATUS_OK) {
        warn_of_migration(service);
    }
    return status;
}

static enum status start_workers(struct app_service *service, struct error *err) {
    enum status status =
        workers_start((unsigned)settings_integer(service->settings, "workers.threads"),
                      (unsigned)settings_integer(service->settings, "workers.queue"), "worker",
                      &service->workers);
    return status == STATUS_OK
               ? STATUS_OK
               : error_set(err, status, "workers: cannot be started: %s", status_text(status));
}

static void stop_workers(struct app_service *service) {
    workers_stop(service->workers);
    service->workers = NULL;
}

static enum status open_store(struct app_service *service, struct error *err) {
    return app_open_store(service->settings, &service->paths, &service->store, err);
}

static void close_store(struct app_service *service) {
    if (service->left_behind) {
        return;
    }
    store_close(service->store);
    service->store = NULL;
}

static enum status open_log_append(struct app_service *service, struct error *err) {
    return app_open_log(service->settings, &service->paths, APP_LOG_APPEND, &service->log, err);
}

static enum status open_log_read(struct app_service *service, struct error *err) {
    return app_open_log(service->settings, &service->paths, APP_LOG_READ, &service->log, err);
}

static void close_log(struct app_service *service) {
    eventlog_close(service->log);
    service->log = NULL;
}

// Some roles seldom need the log: an erasure, a question for a message. It is opened then, so that nothing else of theirs waits for Kafka.
struct eventlog *app_log_when_asked(struct app_service *service, struct error *err) {
    if (service->log) {
        return service->log;
    }
    if (!app_log_is_remote(service->settings)) {
        (void)error_set(err, STATUS_UNAVAILABLE,
                        "this process has none; set eventlog: kafka and kafka.brokers for it too");
        return NULL;
    }
    thread_must(pthread_mutex_lock(&service->asked_log_lock));
    if (!service->asked_log &&
        app_open_kafka(service->settings, 0, &service->asked_log, err) != STATUS_OK) {
        service->asked_log = NULL;
    }
    struct eventlog *log = service->asked_log;
    thread_must(pthread_mutex_unlock(&service->asked_log_lock));
    return log;
}

static void close_asked_log(struct app_service *service) {
    eventlog_close(service->asked_log);
    service->asked_log = NULL;
}

const struct app_part app_part_engines_allowed = {APP_NEEDS_NOTHING, check_engines, NULL};
const struct app_part app_part_data = {APP_NEEDS_NOTHING, make_directory, NULL};
const struct app_part app_part_workers = {APP_NEEDS_NOTHING, start_workers, stop_workers};
const struct app_part app_part_store = {APP_NEEDS_STORE, open_store, close_store};
const struct app_part app_part_log_append = {APP_NEEDS_LOG, open_log_append, close_log};
const struct app_part app_part_log_read = {APP_NEEDS_LOG, open_log_read, close_log};
const struct app_part app_part_log_asked = {APP_NEEDS_NOTHING, NULL, close_asked_log};
