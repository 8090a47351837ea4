// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// librdkafka's settings: what we need of it, and what the operator adds; and its log lines in ours.
#include <stdio.h>

#include "base/log.h"
#include "eventlog/kafka.h"

#define PRODUCE_REQUEST_MS 10000
#define SAY_AGAIN_US (10LL * 1000 * 1000)
#define QUEUED_KBYTES (16 * 1024) // of all partitions of a consumer

struct settings {
    struct kafka_log *log;
    rd_kafka_conf_t *conf;
    struct error *err;
    enum status status;
};

static void set(struct settings *settings, const char *name, const char *value) {
    char text[KAFKA_ERROR_TEXT] = "";
    if (settings->status == STATUS_OK &&
        rd_kafka_conf_set(settings->conf, name, value, text, sizeof text) != RD_KAFKA_CONF_OK) {
        settings->status =
            error_set(settings->err, STATUS_INVALID, "Kafka setting %s: %s", name, text);
    }
}

static void set_number(struct settings *settings, const char *name, int64_t value) {
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)value);
    set(settings, name, text);
}

// What the promises of eventlog.h rest on is not the operator's to change.
static bool is_reserved(struct str name) {
    static const struct str reserved[] = {
        STR_INIT("bootstrap.servers"),
        STR_INIT("metadata.broker.list"),
        STR_INIT("enable.idempotence"),
        STR_INIT("enable.gapless.guarantee"),
        STR_INIT("transactional.id"),
        STR_INIT("acks"),
        STR_INIT("request.required.acks"),
        STR_INIT("message.timeout.ms"),
        STR_INIT("delivery.timeout.ms"),
        STR_INIT("queue.buffering.max.messages"),
        STR_INIT("queue.buffering.max.kbytes"),
        STR_INIT("delivery.report.only.error"),
        STR_INIT("group.id"),
        STR_INIT("group.instance.id"),
        STR_INIT("session.timeout.ms"),
        STR_INIT("partition.assignment.strategy"),
        STR_INIT("enable.auto.commit"),
        STR_INIT("auto.commit.enable"),
        STR_INIT("enable.auto.offset.store"),
        STR_INIT("auto.offset.reset"),
        STR_INIT("enable.partition.eof"),
        STR_INIT("allow.auto.create.topics"),
    };
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
        if (str_equal(name, reserved[i])) {
            return true;
        }
    }
    return false;
}

static void set_property(struct settings *settings, struct str line) {
    struct str value = line;
    struct str name = str_trim(str_cut(&value, '='));
    if (value.data == NULL || name.len == 0) {
        settings->status = error_set(settings->err, STATUS_INVALID,
                                     "a line of kafka.properties is not name=value: %.*s",
                                     STR_ARG(name)); // never what may be a password
        return;
    }
    if (is_reserved(name)) {
        settings->status =
            error_set(settings->err, STATUS_INVALID,
                      "kafka.properties must not set %.*s: what Footfall promises depends on it",
                      STR_ARG(name));
        return;
    }
    struct arena arena;
    arena_init(&arena, 1024, 0);
    struct str name_text = arena_copy(&arena, name);
    struct str value_text = arena_copy(&arena, str_trim(value));
    if (name_text.data == NULL || value_text.data == NULL) {
        settings->status = error_set(settings->err, STATUS_NO_MEMORY, "no memory for settings");
    } else {
        set(settings, name_text.data, value_text.data);
    }
    arena_free(&arena);
}

static void set_properties(struct settings *settings) {
    struct str rest = settings->log->config.properties;
    while (rest.len > 0 && settings->status == STATUS_OK) {
        struct str line = str_trim(str_cut(&rest, '\n'));
        if (line.len > 0 && line.data[0] != '#') {
            set_property(settings, line);
        }
    }
}

static void set_connection(struct settings *settings) {
    set(settings, "bootstrap.servers", settings->log->config.brokers.data);
    set(settings, "client.id", "footfall");
    // A topic that a broker makes by itself has the wrong settings and no epoch.
    set(settings, "allow.auto.create.topics", "false");
    set(settings, "socket.nagle.disable", "true");
    set(settings, "log.connection.close", "false"); // brokers close what is idle
    // Who missed that a partition has a leader, as when its topic was made a moment ago, looks again before anybody wonders.
    set(settings, "topic.metadata.refresh.interval.ms", "10000");
    set(settings, "reconnect.backoff.ms", "100");
    set(settings, "reconnect.backoff.max.ms", "1000");
    set_number(settings, "message.max.bytes", EVENTLOG_RECORD_MAX + KAFKA_MESSAGE_ROOM);
}

static void set_producer(struct settings *settings) {
    const struct eventlog_kafka_config *config = &settings->log->config;
    set(settings, "enable.idempotence", "true");
    set(settings, "acks", "all");
    set(settings, "linger.ms", "5");
    set(settings, "batch.size", "1000000");
    set(settings, "compression.codec", "lz4");
    // The log counts what waits by itself, and refuses whole appends; a full queue of librdkafka's would split one.
    set(settings, "queue.buffering.max.messages", "2147483647");
    set(settings, "queue.buffering.max.kbytes", "2147483647");
    set_number(settings, "message.timeout.ms", config->delivery_timeout_ms);
    int64_t request = config->delivery_timeout_ms < PRODUCE_REQUEST_MS ? config->delivery_timeout_ms
                                                                       : PRODUCE_REQUEST_MS;
    set_number(settings, "request.timeout.ms", request);
    // A broker that stopped answering is given up so soon; the record goes to the next leader in time.
    set_number(settings, "socket.timeout.ms", request + 1000);
    rd_kafka_conf_set_events(settings->conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
    rd_kafka_conf_set_opaque(settings->conf, settings->log);
}

static void set_reader(struct settings *settings, struct str group) {
    char name[400];
    snprintf(name, sizeof name, "%.*s.%.*s", STR_ARG(settings->log->config.topic), STR_ARG(group));
    set(settings, "group.id", name);
    set(settings, "enable.auto.commit", "false");
    set(settings, "enable.auto.offset.store", "false");
    set(settings, "socket.timeout.ms", "10000");
    set_number(settings, "session.timeout.ms", settings->log->config.session_timeout_ms);
}

static void set_consumer(struct settings *settings, const char *instance) {
    const struct eventlog_kafka_config *config = &settings->log->config;
    set(settings, "auto.offset.reset", "error");
    set(settings, "partition.assignment.strategy", "range");
    int64_t heartbeat = config->session_timeout_ms / 3;
    set_number(settings, "heartbeat.interval.ms", heartbeat < 3000 ? heartbeat : 3000);
    if (instance != NULL) {
        set(settings, "group.instance.id", instance);
    }
    // What a consumer holds ready. librdkafka's own settings would take 64 MiB for each partition's queue.
    int64_t queued = QUEUED_KBYTES / config->partitions;
    set_number(settings, "queued.max.messages.kbytes", queued > 256 ? queued : 256);
    set(settings, "queued.min.messages", "5000");
    set(settings, "fetch.message.max.bytes", "524288");
    set(settings, "fetch.max.bytes", "4194304");
    set(settings, "fetch.error.backoff.ms", "100");
    // A changed place is asked for only after the fetch that is under way.
    set(settings, "fetch.wait.max.ms", "100");
}

static void set_looker(struct settings *settings) {
    set(settings, "auto.offset.reset", "earliest");
    set(settings, "enable.partition.eof", "true");
}

// Each handle says of each broker and again and again that it does not answer; one line in a while says as much.
static bool is_repeated(const char *facility) {
    static _Atomic int64_t said_us;
    if (strcmp(facility, "FAIL") != 0 && strcmp(facility, "ERROR") != 0) {
        return false;
    }
    struct clock *clock = clock_system();
    int64_t now = clock->mono_us(clock);
    int64_t last = atomic_load(&said_us);
    bool late = last == 0 || now - last >= SAY_AGAIN_US;
    return !late || !atomic_compare_exchange_strong(&said_us, &last, now);
}

static void write_log(const rd_kafka_t *rk, int level, const char *facility, const char *text) {
    (void)rk;
    // Properties are the same for all kinds of handles, and each tells which are not its own.
    bool noise = strcmp(facility, "CONFWARN") == 0 || is_repeated(facility);
    enum log_level ours = noise        ? LOG_LEVEL_DEBUG
                          : level <= 3 ? LOG_LEVEL_WARN
                          : level <= 5 ? LOG_LEVEL_INFO
                                       : LOG_LEVEL_DEBUG;
    LOG_AT(ours, "kafka", "the client says", LOG_CSTR("about", facility), LOG_CSTR("text", text));
}

enum status kafka_handle_open(struct kafka_log *log, enum kafka_kind kind, struct str group,
                              const char *instance,
                              void (*customize)(rd_kafka_conf_t *conf, void *context),
                              void *context, rd_kafka_t **out, struct error *err) {
    char text[KAFKA_ERROR_TEXT] = "";
    struct settings settings = {.log = log, .conf = rd_kafka_conf_new(), .err = err};
    rd_kafka_conf_set_log_cb(settings.conf, write_log);
    set_connection(&settings);
    if (kind == KAFKA_PRODUCER) {
        set_producer(&settings);
    } else {
        set_reader(&settings, group);
    }
    if (kind == KAFKA_CONSUMER) {
        set_consumer(&settings, instance);
    } else if (kind == KAFKA_LOOKER) {
        set_looker(&settings);
    }
    if (settings.status == STATUS_OK) {
        set_properties(&settings);
    }
    if (customize != NULL) {
        customize(settings.conf, context);
    }
    if (settings.status == STATUS_OK) {
        *out = rd_kafka_new(kind == KAFKA_PRODUCER ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER,
                            settings.conf, text, sizeof text);
        if (*out != NULL) {
            return STATUS_OK; // the settings are the handle's
        }
        settings.status =
            error_set(err, STATUS_INVALID, "Kafka's client refuses its settings: %s", text);
    }
    rd_kafka_conf_destroy(settings.conf);
    return settings.status;
}

enum status kafka_status(rd_kafka_resp_err_t code) {
    // A list of librdkafka's codes, of which there are many more.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum"
    switch (code) {
    case RD_KAFKA_RESP_ERR_NO_ERROR: return STATUS_OK;
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT: return STATUS_TIMEOUT;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED: return STATUS_IO;
    default: return STATUS_UNAVAILABLE;
    }
#pragma GCC diagnostic pop
}
