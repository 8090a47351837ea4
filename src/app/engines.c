// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// From settings to engines.
#include "app/engines.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"

#define PROPERTIES_MOST ((size_t)64 * 1024)

bool app_store_is_remote(const struct settings *settings) {
    return str_equal(settings_string(settings, "store"), STR("cassandra"));
}

bool app_log_is_remote(const struct settings *settings) {
    return str_equal(settings_string(settings, "eventlog"), STR("kafka"));
}

static void describe(const struct settings *settings, const char *engine, const char *place,
                     char *out, size_t size) {
    (void)snprintf(out, size, "%.*s %s %.*s", STR_ARG(settings_string(settings, engine)),
                   str_equal(settings_string(settings, engine), STR("embedded")) ? "in" : "at",
                   STR_ARG(settings_string(settings, place)));
}

void app_describe_store(const struct settings *settings, char *out, size_t size) {
    describe(settings, "store", app_store_is_remote(settings) ? "cassandra.contact_points" : "data",
             out, size);
}

void app_describe_log(const struct settings *settings, char *out, size_t size) {
    describe(settings, "eventlog", app_log_is_remote(settings) ? "kafka.brokers" : "data", out,
             size);
}

// --- Store -------------------------------------------------------------------------------------------------------------
struct store_cassandra_config app_cassandra_config(const struct settings *settings) {
    return (struct store_cassandra_config){
        .contact_points = settings_string(settings, "cassandra.contact_points"),
        .local_dc = settings_string(settings, "cassandra.local_dc"),
        .keyspace = settings_string(settings, "cassandra.keyspace"),
        .username = settings_string(settings, "cassandra.username"),
        .password = settings_string(settings, "cassandra.password"),
        .replication = (unsigned)settings_integer(settings, "cassandra.replication"),
        .tls = settings_bool(settings, "cassandra.tls"),
        .tls_ca = settings_string(settings, "cassandra.tls_ca"),
        .tls_certificate = settings_string(settings, "cassandra.tls_certificate"),
        .tls_key = settings_string(settings, "cassandra.tls_key"),
        .tls_verify = settings_bool(settings, "cassandra.tls_verify"),
        .create_schema = settings_bool(settings, "cassandra.create_schema"),
        .timeline_retention_ms = settings_integer(settings, "timeline.retention"),
        .session_age_ms = settings_integer(settings, "retention.sessions"),
        .letter_age_ms = settings_integer(settings, "retention.dead_letters"),
        .connections = (unsigned)settings_integer(settings, "cassandra.connections"),
        .clock = clock_system(),
        .random = random_system(),
    };
}

enum status app_open_keyspace(const struct settings *settings, struct str keyspace,
                              struct store **out, struct error *err) {
    struct store_cassandra_config config = app_cassandra_config(settings);
    config.keyspace = keyspace;
    return store_open_cassandra(&config, out, err);
}

enum status app_open_cassandra(const struct settings *settings, struct store **out,
                               struct error *err) {
    struct store_cassandra_config config = app_cassandra_config(settings);
    return store_open_cassandra(&config, out, err);
}

enum status app_open_store(const struct settings *settings, const struct client_paths *paths,
                           struct store **out, struct error *err) {
    if (app_store_is_remote(settings)) {
        return app_open_cassandra(settings, out, err);
    }
    struct store_config config = {
        .timeline_retention_ms = settings_integer(settings, "timeline.retention"),
        .cache_bytes = (size_t)settings_integer(settings, "embedded.cache"),
        .write_buffer_bytes = (size_t)settings_integer(settings, "embedded.write_buffer"),
    };
    return store_open_rocksdb(paths->store, &config, out, err);
}

// --- Event log ---------------------------------------------------------------------------------------------------------
static enum status open_embedded(const struct settings *settings, const struct client_paths *paths,
                                 struct eventlog **out, struct error *err) {
    struct eventlog_config config = {
        .partitions = (unsigned)settings_integer(settings, "embedded.partitions"),
        .retention_ms = settings_integer(settings, "embedded.log_retention"),
        .retention_bytes = (uint64_t)settings_integer(settings, "embedded.log_retention_bytes"),
        .retention_waits_for_consumers = true,
        .quota_bytes = (uint64_t)settings_integer(settings, "embedded.disk_quota"),
        .disk_reserve_bytes = (uint64_t)settings_integer(settings, "embedded.disk_reserve"),
        .clock = clock_system(),
    };
    return eventlog_open_rocksdb(paths->log, &config, out, err);
}

// A line each, as the engine wants them.
static void join_properties(const struct settings *settings, struct buffer *out) {
    const struct str *items = NULL;
    size_t count = settings_list(settings, "kafka.properties", &items);
    buffer_init(out, PROPERTIES_MOST);
    for (size_t i = 0; i < count; i++) {
        buffer_append_str(out, items[i]);
        buffer_append_char(out, '\n');
    }
}

// more: what the settings do not say, or otherwise.
static enum status open_kafka(const struct settings *settings,
                              const struct eventlog_kafka_config *more, struct eventlog **out,
                              struct error *err) {
    struct buffer properties;
    join_properties(settings, &properties);
    struct eventlog_kafka_config config = {
        .brokers = settings_string(settings, "kafka.brokers"),
        .topic = more->topic.data ? more->topic : settings_string(settings, "kafka.topic"),
        .partitions = more->partitions > 0
                          ? more->partitions
                          : (unsigned)settings_integer(settings, "kafka.partitions"),
        .replication = (unsigned)settings_integer(settings, "kafka.replication"),
        .min_insync = (unsigned)settings_integer(settings, "kafka.min_insync"),
        .retention_ms = settings_integer(settings, "kafka.retention"),
        .retention_bytes = (uint64_t)settings_integer(settings, "kafka.retention_bytes"),
        .instance_id = settings_string(settings, "kafka.instance_id"),
        .session_timeout_ms = settings_integer(settings, "kafka.session_timeout"),
        .delivery_timeout_ms = settings_integer(settings, "kafka.delivery_timeout"),
        .properties = buffer_str(&properties),
        .must_exist = more->must_exist,
        .may_be_wider = more->may_be_wider,
        .differs = more->differs,
        .differs_context = more->differs_context,
        .clock = clock_system(),
    };
    enum status status = buffer_status(&properties);
    status = status == STATUS_OK
                 ? eventlog_open_kafka(&config, out, err)
                 : error_set(err, status, "kafka.properties: %s", status_text(status));
    buffer_free(&properties);
    return status;
}

enum status app_open_topic(const struct settings *settings, struct str topic, unsigned partitions,
                           struct eventlog **out, struct error *err) {
    const struct eventlog_kafka_config more = {.topic = topic, .partitions = partitions};
    return open_kafka(settings, &more, out, err);
}

enum status app_open_kafka_to_leave(const struct settings *settings, struct eventlog **out,
                                    struct error *err) {
    const struct eventlog_kafka_config more = {.must_exist = true, .may_be_wider = true};
    return open_kafka(settings, &more, out, err);
}

enum status app_open_kafka(const struct settings *settings, unsigned partitions,
                           struct eventlog **out, struct error *err) {
    const struct eventlog_kafka_config more = {.partitions = partitions};
    return open_kafka(settings, &more, out, err);
}

enum status app_try_kafka(const struct settings *settings, bool make,
                          void (*differs)(void *context, const char *setting, const char *value,
                                          const char *consequence),
                          void *context, unsigned *partitions, struct error *err) {
    const struct eventlog_kafka_config more = {
        .must_exist = !make, .differs = differs, .differs_context = context};
    struct eventlog *log = NULL;
    enum status status = open_kafka(settings, &more, &log, err);
    if (status == STATUS_OK) {
        *partitions = eventlog_partition_count(log);
        eventlog_close(log);
    }
    return status;
}

static enum status open_behind(void *settings, struct eventlog **out, struct error *err) {
    return app_open_kafka(settings, 0, out, err);
}

static enum status open_spool(const struct settings *settings, const struct client_paths *paths,
                              struct eventlog **out, struct error *err) {
    struct eventlog_spool_config config = {
        .directory = paths->spool,
        .partitions = (unsigned)settings_integer(settings, "kafka.partitions"),
        .quota_bytes = (uint64_t)settings_integer(settings, "spool.quota"),
        .disk_reserve_bytes = (uint64_t)settings_integer(settings, "spool.disk_reserve"),
        .patience_ms = settings_integer(settings, "spool.patience"),
        .clock = clock_system(),
        .open_behind = open_behind,
        .context = (void *)(uintptr_t)settings, // only read
    };
    return eventlog_open_spool(&config, out, err);
}

enum status app_open_log(const struct settings *settings, const struct client_paths *paths,
                         enum app_log_use use, struct eventlog **out, struct error *err) {
    if (!app_log_is_remote(settings)) {
        return open_embedded(settings, paths, out, err);
    }
    return use == APP_LOG_APPEND ? open_spool(settings, paths, out, err)
                                 : app_open_kafka(settings, 0, out, err);
}

enum status app_open_embedded(const struct settings *settings, const struct client_paths *paths,
                              unsigned partitions, struct eventlog **log, struct store **store,
                              struct error *err) {
    struct store_config store_config = {
        .cache_bytes = (size_t)settings_integer(settings, "embedded.cache"),
        .write_buffer_bytes = (size_t)settings_integer(settings, "embedded.write_buffer"),
    };
    struct eventlog_config log_config = {
        .partitions = partitions > 0 ? partitions
                                     : (unsigned)settings_integer(settings, "embedded.partitions"),
        .clock = clock_system(),
    };
    enum status status = store_open_rocksdb(paths->store, &store_config, store, err);
    return status == STATUS_OK ? eventlog_open_rocksdb(paths->log, &log_config, log, err) : status;
}
