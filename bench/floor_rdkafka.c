// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The least that Kafka costs with librdkafka: its own producer with our settings and the events that load sends, made beforehand, and its
// own consumer. What Footfall costs above it is the price of HTTP, checks and the canonical form, or of processing.
//
// usage: floor_rdkafka produce|consume --brokers LIST --topic NAME [--events N] [--rate R] [--partitions N]
// Prints one JSON object. produce makes the topic when it is missing; consume reads --events from the start.
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "traffic.h"

#define MADE                                                                                       \
    100000 // events, made once and sent over and over; far more than a compressed batch holds
#define USER_MAX 32
#define CONSUME 1000
#define TOPIC_TIMEOUT_MS 15000

struct options {
    bool consumes;
    const char *brokers;
    const char *topic;
    uint64_t events;
    double rate; // events a second; 0: as fast as it can
    int partitions;
};

struct event {
    char *text;
    size_t len;
    char key[USER_MAX];
    size_t key_len;
};

struct result {
    uint64_t events;
    uint64_t refused;
    uint64_t bytes;
    double seconds;
    double cpu_seconds;
};

static void fail(const char *what, const char *why) {
    fprintf(stderr, "floor_rdkafka: %s: %s\n", what, why);
    exit(1);
}

static double now_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

// All threads of this process: librdkafka's too.
static double cpu_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static struct event *make_events(void) {
    struct traffic_config config = {.users = 100000, .visit_mean = 8, .seed = (uint64_t)time(NULL)};
    struct traffic *traffic = malloc(sizeof *traffic);
    struct event *events = calloc(MADE, sizeof *events);
    char text[TRAFFIC_EVENT_MAX];
    if (!traffic || !events) {
        fail("memory", "none left");
    }
    traffic_init(traffic, &config);
    for (size_t i = 0; i < MADE; i++) {
        events[i].len = traffic_event(traffic, text, 1);
        events[i].text = malloc(events[i].len);
        if (!events[i].text) {
            fail("memory", "none left");
        }
        memcpy(events[i].text, text, events[i].len);
        const char *user = strstr(text, "\"userId\":\"");
        size_t key_len = user ? strcspn(user + 10, "\"") : 0;
        if (key_len == 0 || key_len > USER_MAX) {
            fail("event", "has no user");
        }
        memcpy(events[i].key, user + 10, key_len);
        events[i].key_len = key_len;
    }
    free(traffic);
    return events;
}

static void free_events(struct event *events) {
    for (size_t i = 0; i < MADE; i++) {
        free(events[i].text);
    }
    free(events);
}

// --- Client ----------------------------------------------------------------------------------------------------------
static void delivered(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque) {
    (void)client;
    struct result *result = opaque;
    result->events++;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        result->refused++;
    }
}

static rd_kafka_t *make_client(const struct options *options, struct result *result) {
    static const char *const producer[] = {"enable.idempotence",
                                           "true",
                                           "acks",
                                           "all",
                                           "compression.type",
                                           "lz4",
                                           "linger.ms",
                                           "5",
                                           "batch.size",
                                           "1000000",
                                           "socket.nagle.disable",
                                           "true",
                                           "partitioner",
                                           "murmur2_random",
                                           "queue.buffering.max.messages",
                                           "1000000",
                                           NULL};
    static const char *const consumer[] = {"group.id", "floor", "enable.auto.commit", "false",
                                           NULL};
    char why[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    const char *const *pairs = options->consumes ? consumer : producer;
    bool ok = rd_kafka_conf_set(conf, "bootstrap.servers", options->brokers, why, sizeof why) ==
              RD_KAFKA_CONF_OK;
    for (size_t i = 0; ok && pairs[i]; i += 2) {
        ok = rd_kafka_conf_set(conf, pairs[i], pairs[i + 1], why, sizeof why) == RD_KAFKA_CONF_OK;
    }
    if (!ok) {
        fail("configuration", why);
    }
    rd_kafka_conf_set_opaque(conf, result);
    if (!options->consumes) {
        rd_kafka_conf_set_dr_msg_cb(conf, delivered);
    }
    rd_kafka_t *client = rd_kafka_new(options->consumes ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER,
                                      conf, why, sizeof why);
    if (!client) {
        fail("client", why);
    }
    return client;
}

static void make_topic(rd_kafka_t *client, const struct options *options) {
    char why[512] = "";
    rd_kafka_NewTopic_t *topic =
        rd_kafka_NewTopic_new(options->topic, options->partitions, 1, why, sizeof why);
    if (!topic) {
        fail("topic", why);
    }
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    rd_kafka_CreateTopics(client, &topic, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, TOPIC_TIMEOUT_MS);
    size_t count = 0;
    const rd_kafka_CreateTopics_result_t *made = rd_kafka_event_CreateTopics_result(event);
    const rd_kafka_topic_result_t **topics =
        made ? rd_kafka_CreateTopics_result_topics(made, &count) : NULL;
    rd_kafka_resp_err_t err =
        count > 0 ? rd_kafka_topic_result_error(topics[0]) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR && err != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
        fail("topic", rd_kafka_err2str(err));
    }
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(topic);
}

// --- Producing -------------------------------------------------------------------------------------------------------
// Waits until event number `next` is due, serving delivery reports meanwhile.
static void wait_due(rd_kafka_t *client, const struct options *options, double start,
                     uint64_t next) {
    if (options->rate <= 0) {
        return;
    }
    double due = start + (double)next / options->rate;
    while (now_seconds() < due) {
        rd_kafka_poll(client, 1);
    }
}

static void produce(const struct options *options, struct result *result) {
    struct event *events = make_events();
    rd_kafka_t *client = make_client(options, result);
    make_topic(client, options);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(client, options->topic, NULL);
    double cpu = cpu_seconds();
    double start = now_seconds();
    for (uint64_t n = 0; n < options->events; n++) {
        struct event *event = &events[n % MADE];
        if (n % 16 == 0) {
            wait_due(client, options, start, n);
            rd_kafka_poll(client, 0);
        }
        while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, 0, event->text, event->len,
                                event->key, event->key_len, NULL) != 0) {
            if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
                fail("produce", rd_kafka_err2str(rd_kafka_last_error()));
            }
            rd_kafka_poll(client, 10);
        }
        result->bytes += event->len;
    }
    while (result->events <
           options->events) { // each gets its report, at message.timeout.ms at the latest
        rd_kafka_poll(client, 100);
    }
    result->seconds = now_seconds() - start;
    result->cpu_seconds = cpu_seconds() - cpu;
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(client);
    free_events(events);
}

// --- Consuming -------------------------------------------------------------------------------------------------------
static void assign_all(rd_kafka_t *client, const struct options *options) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(options->partitions);
    for (int i = 0; i < options->partitions; i++) {
        rd_kafka_topic_partition_list_add(list, options->topic, i)->offset =
            RD_KAFKA_OFFSET_BEGINNING;
    }
    rd_kafka_resp_err_t err = rd_kafka_assign(client, list);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fail("assign", rd_kafka_err2str(err));
    }
    rd_kafka_topic_partition_list_destroy(list);
}

static void consume(const struct options *options, struct result *result) {
    static rd_kafka_message_t *messages[CONSUME];
    rd_kafka_t *client = make_client(options, result);
    double cpu = cpu_seconds();
    double start = now_seconds();
    assign_all(client, options);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(client);
    while (result->events < options->events) {
        ssize_t count = rd_kafka_consume_batch_queue(queue, 100, messages, CONSUME);
        for (ssize_t i = 0; i < count; i++) {
            if (messages[i]->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
                fail("consume", rd_kafka_message_errstr(messages[i]));
            }
            result->events++;
            result->bytes += messages[i]->len;
            rd_kafka_message_destroy(messages[i]);
        }
        if (now_seconds() - start > 300) {
            fail("consume", "so many events did not come in 300 s");
        }
    }
    result->seconds = now_seconds() - start;
    result->cpu_seconds = cpu_seconds() - cpu;
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(client);
}

// --- Command line ----------------------------------------------------------------------------------------------------
static void usage(void) {
    fprintf(stderr, "usage: floor_rdkafka produce|consume --brokers LIST --topic NAME [--events N] "
                    "[--rate R] [--partitions N]\n");
    exit(2);
}

static struct options read_options(int argc, char **argv) {
    struct options options = {.events = 500000, .partitions = 8};
    if (argc < 2 || argc % 2 != 0) {
        usage();
    }
    options.consumes = strcmp(argv[1], "consume") == 0;
    for (int i = 2; i < argc; i += 2) {
        if (strcmp(argv[i], "--brokers") == 0) {
            options.brokers = argv[i + 1];
        } else if (strcmp(argv[i], "--topic") == 0) {
            options.topic = argv[i + 1];
        } else if (strcmp(argv[i], "--events") == 0) {
            options.events = strtoull(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--rate") == 0) {
            options.rate = strtod(argv[i + 1], NULL);
        } else if (strcmp(argv[i], "--partitions") == 0) {
            options.partitions = (int)strtol(argv[i + 1], NULL, 10);
        } else {
            usage();
        }
    }
    if (!options.brokers || !options.topic || options.events == 0 || options.partitions < 1 ||
        (!options.consumes && strcmp(argv[1], "produce") != 0)) {
        usage();
    }
    return options;
}

int main(int argc, char **argv) {
    struct options options = read_options(argc, argv);
    struct result result = {0};
    if (options.consumes) {
        consume(&options, &result);
    } else {
        produce(&options, &result);
    }
    printf("{\"events\":%llu,\"refused\":%llu,\"bytes\":%llu,\"seconds\":%.3f,"
           "\"cpuSeconds\":%.3f}\n",
           (unsigned long long)result.events, (unsigned long long)result.refused,
           (unsigned long long)result.bytes, result.seconds, result.cpu_seconds);
    return result.refused == 0 ? 0 : 1;
}
