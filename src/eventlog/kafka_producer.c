// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Appending: records go to librdkafka from the caller's thread, delivery reports come back on one of ours.
//
// Messages point into the caller's memory, which lives until done. An append counts its unreported messages, and one more while it is
// being handed over. When librdkafka finds its idempotence lost (a fatal error), another producer takes over at once; the old one's
// messages are given up, reported, and only then it goes.
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "eventlog/kafka.h"

#define REPLACE_PAUSE_US (1LL * 1000 * 1000)
#define PROBE_PAUSE_US (1LL * 1000 * 1000)
#define PROBE_MS 200
#define IDLE_WAIT_MS 1000
#define CLOSING_WAIT_MS 5
#define WAITING_RECORDS_MAX 500000 // librdkafka needs about 300 bytes for each besides its own

static int64_t now_us(void) {
    struct clock *clock = clock_system(); // librdkafka's time is real as well
    return clock->mono_us(clock);
}

void kafka_notify(int descriptor) {
    uint64_t one = 1;
    ssize_t written = write(descriptor, &one, sizeof one);
    CHECK(written == sizeof one || errno == EAGAIN);
}

void kafka_take_notes(int descriptor) {
    uint64_t count;
    ssize_t got = read(descriptor, &count, sizeof count);
    CHECK(got == sizeof count || errno == EAGAIN);
}

// --- One producer's life ------------------------------------------------------------------------------------------

enum status kafka_producer_open(struct kafka_log *log, struct kafka_producer **out,
                                struct error *err) {
    struct kafka_producer *producer = calloc(1, sizeof *producer);
    if (producer == NULL) {
        (void)error_set(err, STATUS_NO_MEMORY, "no memory for Kafka's producer");
        return STATUS_NO_MEMORY;
    }
    enum status status =
        kafka_handle_open(log, KAFKA_PRODUCER, STR_EMPTY, NULL, NULL, NULL, &producer->rk, err);
    if (status != STATUS_OK) {
        free(producer);
        return status;
    }
    producer->queue = rd_kafka_queue_get_main(producer->rk);
    *out = producer;
    return STATUS_OK;
}

enum status kafka_producer_use_topic(struct kafka_log *log, struct kafka_producer *producer,
                                     struct error *err) {
    static const uint64_t one = 1;
    producer->topic = rd_kafka_topic_new(producer->rk, log->config.topic.data, NULL);
    if (producer->topic == NULL) {
        return error_set(err, STATUS_INVALID, "topic %s: %s", log->config.topic.data,
                         rd_kafka_err2str(rd_kafka_last_error()));
    }
    rd_kafka_queue_io_event_enable(producer->queue, log->descriptor, &one, sizeof one);
    return STATUS_OK;
}

void kafka_producer_close(struct kafka_producer *producer) {
    if (producer == NULL) {
        return;
    }
    if (producer->topic != NULL) {
        rd_kafka_topic_destroy(producer->topic);
    }
    rd_kafka_queue_destroy(producer->queue);
    rd_kafka_destroy(producer->rk);
    free(producer);
}

enum status kafka_producer_write(struct kafka_producer *producer, const char *topic, struct str key,
                                 struct str value, struct error *err) {
    const rd_kafka_vu_t arguments[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = 0},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *)(uintptr_t)key.data, key.len}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *)(uintptr_t)value.data, value.len}},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
    };
    rd_kafka_error_t *error =
        rd_kafka_produceva(producer->rk, arguments, sizeof arguments / sizeof arguments[0]);
    rd_kafka_resp_err_t code = rd_kafka_error_code(error); // of NULL: none
    rd_kafka_error_destroy(error);
    bool reported = code != RD_KAFKA_RESP_ERR_NO_ERROR;
    while (!reported) { // each message is reported, at the latest when its time is over
        rd_kafka_event_t *event = rd_kafka_queue_poll(producer->queue, -1);
        if (event != NULL && rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR) {
            const rd_kafka_message_t *message = rd_kafka_event_message_next(event);
            code = message != NULL ? message->err : RD_KAFKA_RESP_ERR__FAIL;
            reported = true;
        }
        if (event != NULL) {
            rd_kafka_event_destroy(event);
        }
    }
    return code == RD_KAFKA_RESP_ERR_NO_ERROR
               ? STATUS_OK
               : error_set(err, STATUS_UNAVAILABLE, "topic %s cannot be written to: %s", topic,
                           rd_kafka_err2str(code));
}

// --- Appending ----------------------------------------------------------------------------------------------------

static size_t bytes_of(const struct eventlog_append *append) {
    size_t bytes = 0;
    for (size_t i = 0; i < append->count; i++) {
        bytes += append->records[i].key.len + append->records[i].value.len;
    }
    return bytes;
}

static void count_out(struct kafka_log *log, size_t bytes, size_t records) {
    atomic_fetch_sub(&log->waiting_bytes, bytes);
    atomic_fetch_sub(&log->waiting_records, records);
}

static void complete(struct kafka_log *log, struct eventlog_append *append) {
    size_t bytes = bytes_of(append);
    enum status status = (enum status)atomic_load(&append->worst);
    count_out(log, bytes, append->count);
    if (status == STATUS_OK) {
        atomic_fetch_add_explicit(&log->appended_records, append->count, memory_order_relaxed);
        atomic_fetch_add_explicit(&log->appended_bytes, bytes, memory_order_relaxed);
    } else {
        atomic_fetch_add_explicit(&log->refused, 1, memory_order_relaxed);
    }
    append->status = status;
    append->done(append);
}

// So many messages of an append are reported, with this outcome. The append may be gone afterwards.
static void report(struct kafka_log *log, struct eventlog_append *append, uint32_t messages,
                   enum status status) {
    if (status != STATUS_OK) {
        uint32_t none = STATUS_OK;
        atomic_compare_exchange_strong(&append->worst, &none, (uint32_t)status);
    }
    if (atomic_fetch_sub(&append->unreported, messages) == messages) {
        complete(log, append);
    }
}

static enum status produce(struct kafka_log *log, struct kafka_producer *producer,
                           struct eventlog_append *append, const struct eventlog_record *record) {
    const rd_kafka_vu_t arguments[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = producer->topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION,
         .u.i32 = (int32_t)eventlog_partition_of(record->key, log->log.partitions)},
        {.vtype = RD_KAFKA_VTYPE_KEY,
         .u.mem = {(void *)(uintptr_t)record->key.data, record->key.len}},
        {.vtype = RD_KAFKA_VTYPE_VALUE,
         .u.mem = {(void *)(uintptr_t)record->value.data, record->value.len}},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = record->timestamp_ms},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = append},
    };
    rd_kafka_error_t *error =
        rd_kafka_produceva(producer->rk, arguments, sizeof arguments / sizeof arguments[0]);
    if (error == NULL) {
        return STATUS_OK;
    }
    if (rd_kafka_error_is_fatal(error)) {
        kafka_notify(log->descriptor); // it looks after the producer
    }
    rd_kafka_error_destroy(error);
    return STATUS_UNAVAILABLE;
}

static void produce_all(struct kafka_log *log, struct eventlog_append *append) {
    uint32_t reported = 1; // the hand-over itself
    enum status worst = STATUS_OK;
    size_t count = append->count;
    atomic_store(&append->unreported, (uint32_t)count + 1);
    atomic_store(&append->worst, STATUS_OK);
    pthread_rwlock_rdlock(&log->producer_lock);
    for (size_t i = 0; i < count; i++) {
        enum status status = produce(log, log->producer, append, &append->records[i]);
        if (status != STATUS_OK) {
            worst = status;
            reported++;
        }
    }
    pthread_rwlock_unlock(&log->producer_lock);
    report(log, append, reported, worst);
}

void kafka_append(struct eventlog *base, struct eventlog_append *append) {
    struct kafka_log *log = kafka_of(base);
    atomic_fetch_add(&log->appending,
                     1); // before looking at closing: the reports thread waits for us
    size_t bytes = bytes_of(append);
    size_t before = atomic_fetch_add(&log->waiting_bytes, bytes);
    size_t records = atomic_fetch_add(&log->waiting_records, append->count);
    bool closing = atomic_load(&log->closing);
    // An append larger than the limits may pass alone, or it never could.
    if (closing || (records > 0 && (before + bytes > log->config.waiting_bytes_max ||
                                    records + append->count > WAITING_RECORDS_MAX))) {
        count_out(log, bytes, append->count);
        atomic_fetch_add_explicit(&log->refused, 1, memory_order_relaxed);
        append->status = closing ? STATUS_CLOSED : STATUS_FULL;
        append->done(append);
    } else {
        produce_all(log, append);
    }
    atomic_fetch_sub(&log->appending, 1);
}

void kafka_give_up(struct eventlog *base) {
    struct kafka_log *log = kafka_of(base);
    pthread_rwlock_rdlock(&log->producer_lock);
    // Asynchronous: the messages are reported as purged.
    (void)rd_kafka_purge(log->producer->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                                RD_KAFKA_PURGE_F_NON_BLOCKING);
    pthread_rwlock_unlock(&log->producer_lock);
}

// --- The reports thread -------------------------------------------------------------------------------------------

static void set_reachable(struct kafka_log *log, bool reachable) {
    if (atomic_exchange(&log->reachable, reachable) == reachable) {
        return;
    }
    if (reachable) {
        LOG_INFO("kafka", "brokers answer again", LOG_STR("topic", log->config.topic));
    } else {
        LOG_WARN("kafka", "no broker answers", LOG_STR("topic", log->config.topic));
        log->probe_at = now_us() + PROBE_PAUSE_US;
    }
}

// Before anybody is told: who has an answer may look at once.
static void note_outcome(struct kafka_log *log, rd_kafka_resp_err_t code) {
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        set_reachable(log, true);
    } else if (code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT) {
        set_reachable(log, false);
    }
}

static void take_reports(struct kafka_log *log, rd_kafka_event_t *event) {
    const rd_kafka_message_t *message;
    struct eventlog_append *append = NULL;
    uint32_t run = 0; // messages in a row of one append with one outcome
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__FAIL;
    atomic_fetch_add_explicit(&log->commits, 1, memory_order_relaxed);
    while ((message = rd_kafka_event_message_next(event)) != NULL) {
        if (run > 0 && (message->_private != append || message->err != code)) {
            report(log, append, run, kafka_status(code));
            run = 0;
        }
        if (message->err != code) {
            note_outcome(log, message->err);
        }
        append = message->_private;
        code = message->err;
        run++;
    }
    if (run > 0) {
        report(log, append, run, kafka_status(code));
    }
}

static void take_error(struct kafka_log *log, rd_kafka_event_t *event) {
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        set_reachable(log, false);
    } else {
        LOG_DEBUG("kafka", "the producer reports an error",
                  LOG_CSTR("text", rd_kafka_event_error_string(event)));
    }
}

static void serve(struct kafka_log *log, struct kafka_producer *producer) {
    rd_kafka_event_t *event;
    while ((event = rd_kafka_queue_poll(producer->queue, 0)) != NULL) {
        rd_kafka_event_type_t type = rd_kafka_event_type(event);
        if (type == RD_KAFKA_EVENT_DR) {
            take_reports(log, event);
        } else if (type == RD_KAFKA_EVENT_ERROR) {
            take_error(log, event);
        }
        rd_kafka_event_destroy(event);
    }
}

// Asks whether a broker answers again. Waiting a little holds up nobody: without a broker there are no reports. A request for admins would
// come back by itself, but while librdkafka waits for a broker to send it to, two of its threads never rest.
static void probe(struct kafka_log *log) {
    const struct rd_kafka_metadata *metadata = NULL;
    int64_t now = now_us();
    if (atomic_load(&log->reachable) || now < log->probe_at) {
        return;
    }
    if (rd_kafka_metadata(log->producer->rk, 0, log->producer->topic, &metadata, PROBE_MS) ==
        RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_metadata_destroy(metadata);
        set_reachable(log, true);
    }
    log->probe_at = now_us() + PROBE_PAUSE_US;
}

static void replace(struct kafka_log *log) {
    struct kafka_producer *fresh = NULL;
    struct kafka_producer *old = log->producer;
    struct error err = {0};
    char reason[KAFKA_ERROR_TEXT] = "unknown";
    if (rd_kafka_fatal_error(old->rk, reason, sizeof reason) == RD_KAFKA_RESP_ERR_NO_ERROR ||
        now_us() < log->replace_at) {
        return;
    }
    log->replace_at = now_us() + REPLACE_PAUSE_US;
    enum status status = kafka_producer_open(log, &fresh, &err);
    if (status == STATUS_OK) {
        status = kafka_producer_use_topic(log, fresh, &err);
    }
    if (status != STATUS_OK) {
        LOG_ERROR("kafka", "the producer failed and cannot be made anew; tried again later",
                  LOG_CSTR("failure", reason), LOG_CSTR("reason", err.text));
        kafka_producer_close(fresh);
        return;
    }
    LOG_ERROR("kafka", "the producer failed and is made anew", LOG_CSTR("failure", reason));
    pthread_rwlock_wrlock(&log->producer_lock);
    log->producer = fresh;
    pthread_rwlock_unlock(&log->producer_lock);
    old->next = log->retiring;
    log->retiring = old;
    (void)rd_kafka_purge(old->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
}

static void serve_retiring(struct kafka_log *log) {
    struct kafka_producer **at = &log->retiring;
    while (*at != NULL) {
        struct kafka_producer *producer = *at;
        serve(log, producer);
        if (rd_kafka_outq_len(producer->rk) == 0) {
            *at = producer->next;
            kafka_producer_close(producer);
        } else {
            at = &producer->next;
        }
    }
}

void *kafka_reports_run(void *context) {
    struct kafka_log *log = context;
    for (;;) {
        bool closing = atomic_load(&log->closing);
        struct pollfd waiting = {.fd = log->descriptor, .events = POLLIN};
        bool hurried = closing || log->retiring != NULL;
        if (poll(&waiting, 1, hurried ? CLOSING_WAIT_MS : IDLE_WAIT_MS) > 0) {
            kafka_take_notes(log->descriptor); // before looking, so that what comes later is seen
        }
        serve(log, log->producer);
        serve_retiring(log);
        replace(log);
        probe(log);
        if (closing && atomic_load(&log->appending) == 0 &&
            atomic_load(&log->waiting_records) == 0) {
            return NULL;
        }
    }
}
