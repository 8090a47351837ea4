// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The topics of a log: made with the settings that its promises need, or compared with them and every difference named.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "eventlog/kafka.h"

#define REPLICATION_DEFAULT 3
#define LEADER_WAIT_MS 10000
#define LEADER_PAUSE_MS 50
#define BATCH_MAX (EVENTLOG_RECORD_MAX + 2 * KAFKA_MESSAGE_ROOM)
// Kafka drops whole segments, and only those that are closed. With its own settings (a gigabyte, a week) little traffic would stay
// for longer than asked.
#define SEGMENTS 8
#define SEGMENT_MS_MIN (60LL * 60 * 1000)
#define SEGMENT_MS_MAX (7LL * 24 * 60 * 60 * 1000)
#define SEGMENT_BYTES_MIN (16ULL << 20)
#define SEGMENT_BYTES_MAX (1ULL << 30)

unsigned kafka_replication(const struct kafka_log *log, unsigned brokers) {
    unsigned wanted = log->config.replication;
    if (wanted == 0) {
        wanted = brokers < REPLICATION_DEFAULT ? brokers : REPLICATION_DEFAULT;
    }
    return wanted > 0 ? wanted : 1;
}

static unsigned min_insync(const struct kafka_log *log, unsigned replication) {
    if (log->config.min_insync > 0) {
        return log->config.min_insync;
    }
    return replication > 1 ? replication - 1 : 1;
}

static int64_t clamp(int64_t value, int64_t least, int64_t most) {
    return value < least ? least : value > most ? most : value;
}

// --- What the topic should be -------------------------------------------------------------------------------------

enum { SETTINGS = 9 };
struct wanted {
    char values[SETTINGS][24];
    const char *list[2 * SETTINGS + 1]; // name, value, ..., NULL
    unsigned count;
};

static void want_text(struct wanted *wanted, const char *name, const char *value) {
    wanted->list[2 * wanted->count] = name;
    wanted->list[2 * wanted->count + 1] = value;
    wanted->count++;
}

static void want(struct wanted *wanted, const char *name, int64_t value) {
    char *text = wanted->values[wanted->count];
    snprintf(text, sizeof wanted->values[0], "%" PRId64, value);
    want_text(wanted, name, text);
}

static int64_t partition_bytes(const struct kafka_log *log) {
    const struct eventlog_kafka_config *config = &log->config;
    return config->retention_bytes > 0 ? (int64_t)(config->retention_bytes / config->partitions)
                                       : -1;
}

static void want_all(const struct kafka_log *log, unsigned replication, struct wanted *wanted) {
    int64_t retention_ms = log->config.retention_ms > 0 ? log->config.retention_ms : -1;
    int64_t bytes = partition_bytes(log);
    *wanted = (struct wanted){.count = 0};
    want_text(wanted, "cleanup.policy", "delete");
    want_text(wanted, "unclean.leader.election.enable", "false");
    want_text(wanted, "message.timestamp.type", "CreateTime");
    want(wanted, "min.insync.replicas", min_insync(log, replication));
    want(wanted, "max.message.bytes", BATCH_MAX);
    want(wanted, "retention.ms", retention_ms);
    want(wanted, "retention.bytes", bytes);
    if (retention_ms > 0) {
        want(wanted, "segment.ms", clamp(retention_ms / SEGMENTS, SEGMENT_MS_MIN, SEGMENT_MS_MAX));
    }
    if (bytes > 0) {
        want(wanted, "segment.bytes",
             clamp(bytes / SEGMENTS, (int64_t)SEGMENT_BYTES_MIN, (int64_t)SEGMENT_BYTES_MAX));
    }
}

// --- What an existing one is --------------------------------------------------------------------------------------

struct comparison {
    struct kafka_log *log;
    unsigned replication;
    enum status status;
    struct error *err;
};

static void differs(const struct comparison *comparison, const char *name, const char *value,
                    const char *consequence) {
    const struct eventlog_kafka_config *config = &comparison->log->config;
    if (config->differs) {
        config->differs(config->differs_context, name, value, consequence);
        return;
    }
    LOG_WARN("kafka", "a setting of the topic is not what Footfall would give it",
             LOG_STR("topic", config->topic), LOG_CSTR("setting", name), LOG_CSTR("value", value),
             LOG_CSTR("consequence", consequence));
}

static void compare_retention(const struct comparison *comparison, const char *name,
                              const char *value) {
    const struct eventlog_kafka_config *config = &comparison->log->config;
    int64_t wanted = strcmp(name, "retention.bytes") == 0 ? partition_bytes(comparison->log)
                     : config->retention_ms > 0           ? config->retention_ms
                                                          : -1;
    if (strtoll(value, NULL, 10) != wanted) {
        char text[120];
        snprintf(text, sizeof text, "the topic's counts; the configuration says %" PRId64, wanted);
        differs(comparison, name, value, text);
    }
}

static void compare_setting(const char *name, const char *value, void *context) {
    struct comparison *comparison = context;
    if (strcmp(name, "cleanup.policy") == 0) {
        if (strstr(value, "compact") != NULL) {
            comparison->status = error_set(
                comparison->err, STATUS_CONFLICT,
                "topic %.*s has cleanup.policy=%s: Kafka would drop events; set it to delete",
                STR_ARG(comparison->log->config.topic), value);
        }
    } else if (strcmp(name, "unclean.leader.election.enable") == 0) {
        if (strcmp(value, "true") == 0) {
            differs(
                comparison, name, value,
                "acknowledged events are lost when a broker that missed them leads; set it to false");
        }
    } else if (strcmp(name, "message.timestamp.type") == 0) {
        if (strcmp(value, "CreateTime") != 0) {
            differs(comparison, name, value,
                    "events get the time they reach Kafka; the dedupe window goes by it");
        }
    } else if (strcmp(name, "min.insync.replicas") == 0) {
        if (strtol(value, NULL, 10) < 2 && comparison->replication >= 3) {
            differs(comparison, name, value,
                    "events are acknowledged when one broker has them; set it to 2");
        }
    } else if (strcmp(name, "max.message.bytes") == 0) {
        if (strtoll(value, NULL, 10) < BATCH_MAX) {
            differs(comparison, name, value, "large events are refused; set it to 1060000 or more");
        }
    } else if (strcmp(name, "retention.ms") == 0 || strcmp(name, "retention.bytes") == 0) {
        compare_retention(comparison, name, value);
    }
}

static void pause_ms(long ms) {
    const struct timespec pause = {ms / 1000, (ms % 1000) * 1000000};
    nanosleep(&pause, NULL);
}

// The broker that is asked need not be the one that told of the topic, and hears of a new one a moment later.
static enum status settings_of(struct kafka_log *log, rd_kafka_t *keeper,
                               struct comparison *comparison, struct error *err) {
    struct clock *clock = clock_system();
    int64_t deadline = clock->mono_us(clock) + LEADER_WAIT_MS * 1000LL;
    for (;;) {
        enum status status =
            kafka_topic_settings(keeper, log->config.topic.data, compare_setting, comparison, err);
        if (status != STATUS_NOT_FOUND || clock->mono_us(clock) > deadline) {
            return status;
        }
        pause_ms(LEADER_PAUSE_MS);
    }
}

static enum status compare(struct kafka_log *log, rd_kafka_t *keeper,
                           const struct kafka_topic_shape *shape, struct error *err) {
    if (shape->partitions > log->config.partitions && log->config.may_be_wider) {
        LOG_WARN("kafka", "the topic has more partitions; only the first ones are read",
                 LOG_INT("partitions", shape->partitions), LOG_INT("read", log->config.partitions));
    } else if (shape->partitions != log->config.partitions) {
        return error_set(
            err, STATUS_CONFLICT,
            "topic %.*s has %u partitions, the configuration says %u, and who belongs to "
            "which partition depends on it. If it was made with %u, set "
            "kafka.partitions to %u; if somebody added partitions, set it back and see "
            "docs/operating.md, Another number of partitions",
            STR_ARG(log->config.topic), shape->partitions, log->config.partitions,
            shape->partitions, shape->partitions);
    }
    struct comparison comparison = {.log = log, .replication = shape->replication, .err = err};
    if (log->config.replication > 0 && shape->replication != log->config.replication) {
        char text[24];
        snprintf(text, sizeof text, "%u", shape->replication);
        differs(&comparison, "replication factor", text,
                "the topic's counts; more replicas need a reassignment by Kafka's tools");
    }
    if (shape->replication == 1 && log->config.differs) {
        differs(&comparison, "replication factor", "1",
                "the topic has one copy; what Kafka acknowledges is lost with its broker");
    } else if (shape->replication == 1) { // also of a topic that was made so
        LOG_WARN("kafka", "the topic has one copy: what Kafka acknowledges is lost with its broker",
                 LOG_STR("topic", log->config.topic));
    }
    struct error refusal = {0};
    enum status status = settings_of(log, keeper, &comparison, &refusal);
    if (status != STATUS_OK) { // such as a user who may not look at settings
        LOG_WARN("kafka", "the topic's settings could not be compared",
                 LOG_STR("topic", log->config.topic), LOG_CSTR("reason", refusal.text));
    }
    return comparison.status;
}

// --- Making -------------------------------------------------------------------------------------------------------

// A topic is known before its partitions can be written to.
static enum status wait_led(const char *name, rd_kafka_t *keeper, struct kafka_topic_shape *shape,
                            struct error *err) {
    struct clock *clock = clock_system();
    int64_t deadline = clock->mono_us(clock) + LEADER_WAIT_MS * 1000LL;
    for (;;) {
        enum status status = kafka_topic_shape(keeper, name, shape, err);
        if (status != STATUS_OK || (shape->partitions > 0 && shape->led)) {
            return status;
        }
        if (clock->mono_us(clock) > deadline) {
            return error_set(err, STATUS_UNAVAILABLE,
                             "topic %s has partitions without a leader; are enough brokers up?",
                             name);
        }
        pause_ms(LEADER_PAUSE_MS);
    }
}

static enum status make(struct kafka_log *log, rd_kafka_t *keeper, unsigned brokers,
                        struct error *err) {
    struct kafka_pending pending;
    struct wanted wanted;
    unsigned replication = kafka_replication(log, brokers);
    want_all(log, replication, &wanted);
    const struct kafka_new_topic topic = {.name = log->config.topic.data,
                                          .partitions = log->config.partitions,
                                          .replication = replication,
                                          .settings = wanted.list};
    enum status status = kafka_epoch_announce(log, &pending, err);
    if (status != STATUS_OK) {
        return status;
    }
    status = kafka_topic_create(keeper, &topic, err);
    struct error noted = {0};
    enum status second = kafka_epoch_made(log, &pending, status == STATUS_OK, &noted);
    if (status == STATUS_OK) {
        LOG_INFO("kafka", "made a topic", LOG_STR("topic", log->config.topic),
                 LOG_INT("partitions", log->config.partitions), LOG_INT("replication", replication),
                 LOG_INT("min_insync", min_insync(log, replication)));
    }
    if (status != STATUS_OK && status != STATUS_EXISTS) {
        return status;
    }
    return second == STATUS_OK ? STATUS_OK : error_set(err, second, "%s", noted.text);
}

// The topic of the epoch: small, kept for ever.
static enum status open_meta(struct kafka_log *log, rd_kafka_t *keeper, struct error *err) {
    struct kafka_topic_shape shape;
    char name[300];
    char insync[24];
    snprintf(name, sizeof name, "%.*s.meta", STR_ARG(log->config.topic));
    enum status status = kafka_topic_shape(keeper, name, &shape, err);
    if (status == STATUS_OK && shape.partitions == 0) {
        unsigned replication = kafka_replication(log, shape.brokers);
        const char *const settings[] = {"cleanup.policy",
                                        "compact",
                                        "unclean.leader.election.enable",
                                        "false",
                                        "min.insync.replicas",
                                        insync,
                                        NULL};
        snprintf(insync, sizeof insync, "%u", min_insync(log, replication));
        const struct kafka_new_topic topic = {
            .name = name, .partitions = 1, .replication = replication, .settings = settings};
        status = kafka_topic_create(keeper, &topic, err);
        status = status == STATUS_EXISTS ? STATUS_OK : status;
    }
    return status == STATUS_OK ? wait_led(name, keeper, &shape, err) : status;
}

enum status kafka_topics_open(struct kafka_log *log, rd_kafka_t *keeper, struct error *err) {
    struct kafka_topic_shape shape = {.partitions = 0};
    enum status status = STATUS_OK;
    if (log->config.must_exist) {
        status = kafka_topic_shape(keeper, log->config.topic.data, &shape, err);
        if (status == STATUS_OK && shape.partitions == 0) {
            return error_set(err, STATUS_NOT_FOUND, "there is no topic %.*s",
                             STR_ARG(log->config.topic));
        }
    }
    if (status == STATUS_OK) {
        status = open_meta(log, keeper, err);
    }
    if (status == STATUS_OK) {
        status = kafka_topic_shape(keeper, log->config.topic.data, &shape, err);
    }
    if (status == STATUS_OK && shape.partitions == 0) {
        status = make(log, keeper, shape.brokers, err);
    }
    if (status == STATUS_OK) {
        status = wait_led(log->config.topic.data, keeper, &shape, err);
    }
    if (status == STATUS_OK) {
        status = compare(log, keeper, &shape, err);
    }
    return status;
}
