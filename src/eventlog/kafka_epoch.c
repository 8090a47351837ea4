// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The epoch of a topic: agreed on through "<topic>.meta", a topic of one partition, whose order decides.
//
//   before making the topic:  pending <id>
//   after it:                 epoch <id> <number>     or, when another process was faster: abandoned <id>
//
// Epoch is the first `epoch` behind the last `pending` that was not abandoned. So nobody takes the epoch of a topic that was deleted
// for that of the one made anew, and two processes that start at once agree. Every record has a key of its own, so compaction, which
// keeps the topic from ever expiring, keeps all. docs/adr/0006-kafka-epoch-and-spool.md says what cannot be noticed.
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/log.h"
#include "base/random.h"
#include "eventlog/kafka.h"

#define MAKER_WAIT_MS 10000 // a process that announced has so long before it is taken for dead
#define MAKER_PAUSE_MS 100
#define MARKS_MAX                                                                                  \
    256 // pending ones at once; each is a process that started in the same moment or died then

static uint64_t random_number(void) {
    return (random_u64(random_system()) >> 2) + 1;
}

static struct str meta_name(const struct kafka_log *log, char out[300]) {
    int len = snprintf(out, 300, "%.*s.meta", STR_ARG(log->config.topic));
    return str_make(out, (size_t)len);
}

static enum status write_mark(struct kafka_log *log, const char *kind, uint64_t id, uint64_t number,
                              struct error *err) {
    char name[300];
    char key[64];
    char value[64];
    (void)meta_name(log, name);
    snprintf(key, sizeof key, "%s %" PRIu64, kind, id);
    snprintf(value, sizeof value, "%s %" PRIu64 " %" PRIu64, kind, id, number);
    return kafka_producer_write(log->producer, name, str_from_c(key), str_from_c(value), err);
}

enum status kafka_epoch_announce(struct kafka_log *log, struct kafka_pending *pending,
                                 struct error *err) {
    pending->id = random_number();
    return write_mark(log, "pending", pending->id, 0, err);
}

enum status kafka_epoch_made(struct kafka_log *log, const struct kafka_pending *pending, bool made,
                             struct error *err) {
    return made ? write_mark(log, "epoch", pending->id, random_number(), err)
                : write_mark(log, "abandoned", pending->id, 0, err);
}

// --- Reading ------------------------------------------------------------------------------------------------------

// The marks in order, as far as they count.
struct mark {
    bool is_epoch;
    uint64_t id;
    uint64_t number;
};
struct marks {
    struct mark items[MARKS_MAX];
    unsigned count;
};

static void remove_mark(struct marks *marks, unsigned index) {
    memmove(&marks->items[index], &marks->items[index + 1],
            (marks->count - index - 1) * sizeof marks->items[0]);
    marks->count--;
}

static void take_mark(struct marks *marks, struct str value) {
    struct str kind = str_cut(&value, ' ');
    struct str id_text = str_cut(&value, ' ');
    struct mark mark = {.is_epoch = str_equal(kind, STR("epoch"))};
    if (!str_to_u64(id_text, &mark.id) || !str_to_u64(value, &mark.number)) {
        return; // not ours
    }
    if (str_equal(kind, STR("abandoned"))) {
        for (unsigned i = 0; i < marks->count; i++) {
            if (!marks->items[i].is_epoch && marks->items[i].id == mark.id) {
                remove_mark(marks, i);
                return;
            }
        }
        return;
    }
    if (marks->count == MARKS_MAX) {
        remove_mark(marks, 0); // long decided
    }
    marks->items[marks->count++] = mark;
}

// 0: not decided.
static uint64_t decide(const struct marks *marks) {
    unsigned from = marks->count;
    while (from > 0 && marks->items[from - 1].is_epoch) {
        from--;
    }
    return from < marks->count ? marks->items[from].number : 0;
}

static enum status read_marks(rd_kafka_t *keeper, const char *name, struct marks *marks,
                              struct error *err) {
    struct clock *clock = clock_system();
    int64_t deadline = clock->mono_us(clock) + KAFKA_OPEN_MS * 1000LL;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, name, 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_resp_err_t code = rd_kafka_assign(keeper, list);
    rd_kafka_topic_partition_list_destroy(list);
    marks->count = 0;
    bool ended = false;
    while (code == RD_KAFKA_RESP_ERR_NO_ERROR && !ended && clock->mono_us(clock) < deadline) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(keeper, 200);
        if (message == NULL) {
            continue;
        }
        ended = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            take_mark(marks, str_make(message->payload, message->len));
        }
        rd_kafka_message_destroy(message);
    }
    (void)rd_kafka_assign(keeper, NULL);
    return ended ? STATUS_OK
                 : error_set(err, STATUS_UNAVAILABLE, "topic %s cannot be read: %s", name,
                             code != RD_KAFKA_RESP_ERR_NO_ERROR ? rd_kafka_err2str(code)
                                                                : "Kafka does not answer");
}

enum status kafka_epoch_find(struct kafka_log *log, rd_kafka_t *keeper, int64_t *epoch,
                             struct error *err) {
    char name[300];
    (void)meta_name(log, name);
    struct clock *clock = clock_system();
    int64_t deadline = clock->mono_us(clock) + MAKER_WAIT_MS * 1000LL;
    for (;;) {
        struct marks marks;
        enum status status = read_marks(keeper, name, &marks, err);
        if (status != STATUS_OK) {
            return status;
        }
        *epoch = (int64_t)decide(&marks);
        if (*epoch > 0) {
            return STATUS_OK;
        }
        // Nobody is about to write one: the topic is not of our making, or its maker died.
        if (marks.count == 0 || clock->mono_us(clock) > deadline) {
            LOG_WARN("kafka", "the topic has no epoch; giving it one",
                     LOG_STR("topic", log->config.topic));
            status = write_mark(log, "epoch", random_number(), random_number(), err);
            if (status != STATUS_OK) {
                return status;
            }
            deadline = clock->mono_us(clock) + MAKER_WAIT_MS * 1000LL;
            continue;
        }
        const struct timespec pause = {0, MAKER_PAUSE_MS * 1000000L};
        nanosleep(&pause, NULL);
    }
}
