// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Reading: batches of one partition at a time, in turn, copied out of librdkafka's buffers.
#include <poll.h>
#include <stdlib.h>

#include "base/log.h"
#include "eventlog/kafka.h"

#define VALUE_ROOM 64 // bytes that may be read behind a value
#define WAIT_MS_MAX 1000
#define BATCH_BYTES_MAX ((size_t)8 << 20)
#define LOOK_PAUSE_US (1000 * 1000)

static int64_t now_us(void) {
    struct clock *clock = clock_system();
    return clock->mono_us(clock);
}

static bool make_room(struct kafka_consumer *consumer, size_t bytes) {
    if (consumer->view_count == consumer->view_capacity) {
        size_t capacity = 2 * consumer->view_capacity + 256;
        struct eventlog_view *views = realloc(consumer->views, capacity * sizeof *views);
        if (views == NULL) {
            return false;
        }
        consumer->views = views;
        consumer->view_capacity = capacity;
    }
    // Only before the first record: views point into it.
    if (consumer->view_count == 0 && consumer->bytes_capacity < bytes + VALUE_ROOM) {
        free(consumer->bytes);
        consumer->bytes = malloc(bytes + VALUE_ROOM);
        consumer->bytes_capacity = consumer->bytes != NULL ? bytes + VALUE_ROOM : 0;
    }
    return consumer->bytes_capacity >= bytes + VALUE_ROOM;
}

static struct str copy(char *to, const void *data, size_t len) {
    if (len > 0) {
        memcpy(to, data, len);
    }
    return str_make(to, len);
}

static void add_view(struct kafka_consumer *consumer, const rd_kafka_message_t *message,
                     size_t at) {
    char *to = consumer->bytes + at;
    rd_kafka_timestamp_type_t type;
    struct eventlog_view *view = &consumer->views[consumer->view_count++];
    view->offset = message->offset;
    view->timestamp_ms = rd_kafka_message_timestamp(message, &type);
    view->key = copy(to, message->key, message->key_len);
    view->value = copy(to + message->key_len, message->payload, message->len);
}

static enum status damaged(const struct kafka_consumer *consumer, unsigned partition,
                           enum status status, const char *what, struct error *err) {
    return error_set(err, status, "partition %u of the event log cannot be read at offset %lld: %s",
                     partition, (long long)consumer->positions[partition].offset, what);
}

// Reading stopped at a place that the partition does not have: below its beginning, which retention has moved, reading goes on
// there, as with every engine. Behind its end, records are lost. END: not known yet, or going on.
static enum status find_place(struct kafka_consumer *consumer, unsigned partition,
                              struct error *err) {
    struct kafka_position *position = &consumer->positions[partition];
    struct eventlog_partition_info info;
    if (now_us() < consumer->look_at) {
        return STATUS_END;
    }
    if (kafka_look_bounds(consumer->rk, kafka_of(consumer->consumer.log)->config.topic.data,
                          partition, 1, &info) != STATUS_OK) {
        consumer->look_at = now_us() + LOOK_PAUSE_US;
        return STATUS_END;
    }
    position->out_of_range = false;
    if (position->offset > info.end) {
        position->failed = true;
        return damaged(consumer, partition, STATUS_CORRUPT,
                       "the partition ends before that offset; was the topic made anew, or did "
                       "Kafka lose records?",
                       err);
    }
    if (position->offset < info.begin) {
        LOG_WARN("kafka", "retention has dropped what was not read",
                 LOG_INT("partition", partition), LOG_INT("from", position->offset),
                 LOG_INT("to", info.begin));
        position->offset = info.begin;
    }
    consumer->reassign = true;
    return STATUS_END;
}

// END: nothing that concerns the caller.
static enum status take_error(struct kafka_consumer *consumer, unsigned partition,
                              const rd_kafka_message_t *message, struct error *err) {
    struct kafka_position *position = &consumer->positions[partition];
    // A list of librdkafka's codes, of which there are many more.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum"
    switch (message->err) {
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
        position->out_of_range = true;
        return find_place(consumer, partition, err);
    case RD_KAFKA_RESP_ERR__BAD_MSG: // librdkafka would go on behind it
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
    case RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
        position->failed = true;
        consumer->reassign = true;
        return damaged(consumer, partition, STATUS_CORRUPT, rd_kafka_message_errstr(message), err);
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        position->failed = true;
        consumer->reassign = true;
        return damaged(consumer, partition, STATUS_IO, rd_kafka_message_errstr(message), err);
    default: // librdkafka tries again
        LOG_DEBUG("kafka", "a partition reports an error", LOG_INT("partition", partition),
                  LOG_CSTR("text", rd_kafka_message_errstr(message)));
        return STATUS_END;
    }
#pragma GCC diagnostic pop
}

struct reading {
    struct kafka_consumer *consumer;
    unsigned partition;
    size_t max_bytes;
    size_t bytes;
    struct error *err;
};

// Takes one message. OK: go on; END: full, the message is held; anything else is for the caller of poll.
static enum status take_message(struct reading *reading, rd_kafka_message_t *message) {
    struct kafka_consumer *consumer = reading->consumer;
    struct kafka_position *position = &consumer->positions[reading->partition];
    size_t len = message->key_len + message->len;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && message->offset < position->offset) {
        rd_kafka_message_destroy(message); // of a batch that begins before the place asked for
        return STATUS_OK;
    }
    bool full = consumer->view_count > 0 && (message->err != RD_KAFKA_RESP_ERR_NO_ERROR ||
                                             reading->bytes + len > reading->max_bytes);
    size_t room = len > reading->max_bytes ? len : reading->max_bytes;
    enum status status = STATUS_OK;
    if (full) {
        status = STATUS_END;
    } else if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        status = take_error(consumer, reading->partition, message, reading->err);
        rd_kafka_message_destroy(message);
        return status == STATUS_END ? STATUS_OK : status;
    } else if (!make_room(consumer, room)) {
        status = consumer->view_count > 0
                     ? STATUS_END
                     : error_set(reading->err, STATUS_NO_MEMORY, "no memory for reading");
    }
    if (status != STATUS_OK) {
        position->held = message;
        return status;
    }
    add_view(consumer, message, reading->bytes);
    reading->bytes += len;
    position->offset = message->offset + 1;
    rd_kafka_message_destroy(message);
    return STATUS_OK;
}

// OK with records; END: none now.
static enum status read_partition(struct reading *reading, struct eventlog_batch *batch) {
    struct kafka_consumer *consumer = reading->consumer;
    struct kafka_position *position = &consumer->positions[reading->partition];
    enum status status = STATUS_OK;
    while (status == STATUS_OK && !consumer->reassign) {
        rd_kafka_message_t *message = position->held;
        position->held = NULL;
        if (message == NULL) {
            message = rd_kafka_consume_queue(position->queue, 0);
        }
        status = message != NULL ? take_message(reading, message) : STATUS_END;
    }
    if (consumer->view_count > 0) {
        *batch = (struct eventlog_batch){.partition = reading->partition,
                                         .records = consumer->views,
                                         .count = consumer->view_count,
                                         .next_offset = position->offset};
        return STATUS_OK;
    }
    if (status == STATUS_CORRUPT || status == STATUS_IO) {
        batch->partition = reading->partition;
        batch->next_offset = position->offset;
    }
    return status == STATUS_OK ? STATUS_END : status;
}

static enum status read_next(struct kafka_consumer *consumer, size_t max_bytes,
                             struct eventlog_batch *batch, struct error *err) {
    unsigned count = consumer->consumer.log->partitions;
    for (unsigned i = 0; i < count && !consumer->reassign; i++) {
        unsigned partition = (consumer->turn + i) % count;
        const struct kafka_position *position = &consumer->positions[partition];
        struct reading reading = {.consumer = consumer,
                                  .partition = partition,
                                  .max_bytes =
                                      max_bytes < BATCH_BYTES_MAX ? max_bytes : BATCH_BYTES_MAX,
                                  .err = err};
        enum status status = STATUS_END;
        if (!position->owned || position->failed) {
            continue;
        }
        if (position->out_of_range) {
            status = find_place(consumer, partition, err);
            batch->partition = partition;
            batch->next_offset = position->offset;
        } else {
            status = read_partition(&reading, batch);
        }
        if (status != STATUS_END) {
            consumer->turn = (partition + 1) % count;
            return status;
        }
    }
    return STATUS_END;
}

enum status kafka_poll(struct eventlog_consumer *base, int64_t timeout_us, size_t max_bytes,
                       struct eventlog_batch *batch, struct error *err) {
    struct kafka_consumer *consumer = kafka_consumer_of(base);
    const struct kafka_log *log = kafka_of(base->log);
    int64_t deadline = timeout_us > 0 ? now_us() + timeout_us : 0;
    consumer->view_count = 0;
    for (;;) {
        if (atomic_load(&log->closing)) {
            return STATUS_CLOSED;
        }
        kafka_take_notes(consumer->descriptor); // before looking, so that what comes later is seen
        kafka_group_serve(consumer);
        *batch = (struct eventlog_batch){0};
        enum status status = read_next(consumer, max_bytes, batch, err);
        if (status != STATUS_END) {
            return status;
        }
        if (consumer->reassign) {
            continue;
        }
        int64_t left = timeout_us > 0 ? deadline - now_us() : 0;
        if (atomic_exchange(&consumer->woken, false) || left <= 0) {
            *batch = (struct eventlog_batch){0};
            return STATUS_TIMEOUT;
        }
        int64_t wait = (left + 999) / 1000;
        struct pollfd waiting = {.fd = consumer->descriptor, .events = POLLIN};
        (void)poll(&waiting, 1, (int)(wait < WAIT_MS_MAX ? wait : WAIT_MS_MAX));
    }
}
