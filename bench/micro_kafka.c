// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the event log on Kafka costs: own CPU an event into Kafka (acks=all), by size of request, and from Kafka; with librdkafka
// used directly, under the same settings, as the floor, and the embedded log for comparison.
//
//   micro_kafka BROKERS DIRECTORY [EVENTS]      DIRECTORY must not exist: the embedded log's; topics are deleted again
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "event_pool.h"

enum { IN_FLIGHT = 64, MANY_IN_FLIGHT = 4096, PARTITIONS = 8, READ_WAIT_US = 1000 * 1000 };

static const char *brokers;
static char topic[64];

static double clock_seconds(clockid_t id) {
    struct timespec now;
    clock_gettime(id, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct figures {
    double cpu;
    double wall;
};

static struct figures begin_measure(void) {
    return (struct figures){clock_seconds(CLOCK_PROCESS_CPUTIME_ID),
                            clock_seconds(CLOCK_MONOTONIC)};
}

static void end_measure(struct figures from, const char *what, size_t request, size_t in_flight,
                        size_t events) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu = clock_seconds(CLOCK_PROCESS_CPUTIME_ID) - from.cpu;
    double wall = clock_seconds(CLOCK_MONOTONIC) - from.wall;
    printf(
        "%-9s request %3zu, %4zu in flight: %6.2f us CPU an event, %8.0f events/s, peak %ld kB\n",
        what, request, in_flight, 1e6 * cpu / (double)events, (double)events / wall,
        usage.ru_maxrss);
    fflush(stdout);
}

static void stop(const char *what, const char *why) {
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

// --- The event log ------------------------------------------------------------------------------------------------

struct sender {
    struct eventlog_append append;
    struct queue_waker waker;
};

static void sent(struct eventlog_append *append) {
    struct sender *sender = append->context;
    if (append->status != STATUS_OK) {
        stop("append", status_text(append->status));
    }
    queue_wake(&sender->waker);
}

static void append_all(struct eventlog *log, const struct eventlog_record *pool, size_t events,
                       size_t request, size_t in_flight) {
    static struct sender senders[MANY_IN_FLIGHT];
    size_t requests = events / request;
    size_t at = 0;
    for (size_t i = 0; i < requests; i++) {
        struct sender *sender = &senders[i % in_flight];
        if (i < in_flight) {
            queue_waker_init(&sender->waker);
        } else {
            queue_wait(&sender->waker, -1);
        }
        at = at + request > EVENT_POOL ? 0 : at;
        sender->append = (struct eventlog_append){
            .records = pool + at, .count = request, .done = sent, .context = sender};
        eventlog_append(log, &sender->append);
        at += request;
    }
    for (size_t i = 0; i < (requests < in_flight ? requests : in_flight); i++) {
        queue_wait(&senders[i].waker, -1);
    }
}

static size_t read_all(struct eventlog *log, size_t events) {
    const struct eventlog_consumer_config config = {.group = STR("bench")};
    struct eventlog_consumer *consumer = NULL;
    struct eventlog_batch batch;
    struct error err = {0};
    size_t count = 0;
    if (eventlog_consumer_open(log, &config, &consumer, &err) != STATUS_OK) {
        stop("consumer", err.text);
    }
    while (count < events) {
        enum status status = eventlog_poll(consumer, READ_WAIT_US, 2UL << 20, &batch, &err);
        if (status != STATUS_OK && status != STATUS_TIMEOUT) {
            stop("poll", err.text);
        }
        count += batch.count;
    }
    eventlog_consumer_close(consumer);
    return count;
}

static void measure_log(struct eventlog *log, const char *name, const struct eventlog_record *pool,
                        size_t most) {
    static const size_t requests[] = {1, 8, 64, 500};
    size_t appended = 0;
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        size_t events = (requests[i] < 64 ? most / 5 : most) / requests[i] * requests[i];
        struct figures from = begin_measure();
        append_all(log, pool, events, requests[i], IN_FLIGHT);
        end_measure(from, name, requests[i], IN_FLIGHT, events);
        appended += events;
    }
    struct figures from = begin_measure();
    append_all(log, pool, most, 1, MANY_IN_FLIGHT);
    end_measure(from, name, 1, MANY_IN_FLIGHT, most);
    appended += most;
    from = begin_measure();
    size_t count = read_all(log, appended);
    end_measure(from, "  reading", 0, 0, count);
}

// --- librdkafka as it is ------------------------------------------------------------------------------------------

static rd_kafka_t *open_client(rd_kafka_type_t type, const char *const *settings) {
    char text[300] = "";
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers, text, sizeof text);
    for (; *settings != NULL; settings += 2) {
        if (rd_kafka_conf_set(conf, settings[0], settings[1], text, sizeof text) !=
            RD_KAFKA_CONF_OK) {
            stop(settings[0], text);
        }
    }
    if (type == RD_KAFKA_PRODUCER) {
        rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR);
    }
    rd_kafka_t *rk = rd_kafka_new(type, conf, text, sizeof text);
    if (rk == NULL) {
        stop("client", text);
    }
    return rk;
}

static size_t take_reports(rd_kafka_queue_t *queue, int wait_ms) {
    size_t count = 0;
    rd_kafka_event_t *event;
    while ((event = rd_kafka_queue_poll(queue, wait_ms)) != NULL) {
        const rd_kafka_message_t *message;
        while ((message = rd_kafka_event_message_next(event)) != NULL) {
            if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
                stop("floor", rd_kafka_err2str(message->err));
            }
            count++;
        }
        rd_kafka_event_destroy(event);
        wait_ms = 0;
    }
    return count;
}

static void measure_floor(const struct eventlog_record *pool, size_t events, size_t in_flight) {
    static const char *const settings[] = {"enable.idempotence",
                                           "true",
                                           "linger.ms",
                                           "5",
                                           "batch.size",
                                           "1000000",
                                           "compression.codec",
                                           "lz4",
                                           "socket.nagle.disable",
                                           "true",
                                           "queue.buffering.max.messages",
                                           "1000000",
                                           "partitioner",
                                           "murmur2_random",
                                           NULL};
    rd_kafka_t *rk = open_client(RD_KAFKA_PRODUCER, settings);
    rd_kafka_topic_t *rkt = rd_kafka_topic_new(rk, topic, NULL);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_main(rk);
    size_t waiting = 0;
    struct figures from = begin_measure();
    for (size_t i = 0; i < events; i++) {
        const struct eventlog_record *record = &pool[i % EVENT_POOL];
        while (waiting >= in_flight) {
            waiting -= take_reports(queue, 1000);
        }
        if (rd_kafka_produce(rkt, RD_KAFKA_PARTITION_UA, 0, (void *)(uintptr_t)record->value.data,
                             record->value.len, record->key.data, record->key.len, NULL) != 0) {
            stop("floor", rd_kafka_err2str(rd_kafka_last_error()));
        }
        waiting++;
    }
    while (waiting > 0) {
        waiting -= take_reports(queue, 1000);
    }
    end_measure(from, "floor", 1, in_flight, events);
    rd_kafka_queue_destroy(queue);
    rd_kafka_topic_destroy(rkt);
    rd_kafka_destroy(rk);
}

static void measure_floor_reading(size_t events) {
    static const char *const settings[] = {"group.id", "bench-floor", "enable.auto.commit", "false",
                                           NULL};
    rd_kafka_t *rk = open_client(RD_KAFKA_CONSUMER, settings);
    (void)rd_kafka_poll_set_consumer(rk);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(PARTITIONS);
    for (int i = 0; i < PARTITIONS; i++) {
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = 0;
    }
    struct figures from = begin_measure();
    if (rd_kafka_assign(rk, list) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        stop("floor", "cannot read");
    }
    rd_kafka_topic_partition_list_destroy(list);
    size_t count = 0;
    while (count < events) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(rk, 1000);
        if (message != NULL) {
            count += message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
            rd_kafka_message_destroy(message);
        }
    }
    end_measure(from, "  reading", 0, 0, count);
    (void)rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
}

static void delete_topics(void) {
    static const char *const none[] = {NULL};
    char meta[80];
    snprintf(meta, sizeof meta, "%s.meta", topic);
    rd_kafka_t *rk = open_client(RD_KAFKA_PRODUCER, none);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_DeleteTopic_t *topics[] = {rd_kafka_DeleteTopic_new(topic),
                                        rd_kafka_DeleteTopic_new(meta)};
    rd_kafka_DeleteTopics(rk, topics, 2, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 10000);
    if (event != NULL) {
        rd_kafka_event_destroy(event);
    }
    rd_kafka_DeleteTopic_destroy_array(topics, 2);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(rk);
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "micro_kafka BROKERS DIRECTORY [EVENTS]\n");
        return 2;
    }
    size_t most = argc > 3 ? strtoul(argv[3], NULL, 10) : 500000;
    uint64_t pool_bytes = 0;
    struct eventlog_record *pool = event_pool_make(&pool_bytes);
    struct eventlog *log = NULL;
    struct error err = {0};
    brokers = argv[1];
    snprintf(topic, sizeof topic, "bench-%ld", (long)getpid());
    printf("events of %.0f bytes, %d partitions\n", (double)pool_bytes / EVENT_POOL, PARTITIONS);
    const struct eventlog_kafka_config kafka = {.brokers = str_from_c(brokers),
                                                .topic = str_from_c(topic),
                                                .partitions = PARTITIONS,
                                                .clock = clock_system()};
    if (eventlog_open_kafka(&kafka, &log, &err) != STATUS_OK) {
        stop("kafka", err.text);
    }
    measure_log(log, "kafka", pool, most);
    measure_floor(pool, most / 5, IN_FLIGHT);
    measure_floor(pool, most, MANY_IN_FLIGHT);
    measure_floor_reading(most);
    eventlog_close(log);
    delete_topics();
    const struct eventlog_config embedded = {.partitions = PARTITIONS, .clock = clock_system()};
    if (eventlog_open_rocksdb(argv[2], &embedded, &log, &err) != STATUS_OK) {
        stop("embedded", err.text);
    }
    measure_log(log, "embedded", pool, most);
    eventlog_close(log);
    event_pool_free(pool);
    return 0;
}
