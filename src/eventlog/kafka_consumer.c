// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Members of groups: taking and giving up partitions, places, and a member's own life.
//
// Eager rebalancing: all partitions are given up (revoked, with commits waited for) before any is taken. Each partition's records
// stay in a queue of its own, so that a batch is one partition's and turns are fair. A changed place is told to librdkafka by
// assigning all partitions again, at the next poll: a seek of its own may be overtaken by the start of reading, and does nothing
// once reading has stopped at a place out of range.
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "eventlog/kafka.h"

#define START_TRIES 3
#define LEAVE_US (5LL * 1000 * 1000)
#define LEAVE_LOOK_MS 50

static struct kafka_log *log_of(const struct kafka_consumer *consumer) {
    return kafka_of(consumer->consumer.log);
}

static int64_t now_us(void) {
    struct clock *clock = clock_system();
    return clock->mono_us(clock);
}

// --- Taking and giving up -----------------------------------------------------------------------------------------

static void drop_held(struct kafka_position *position) {
    if (position->held != NULL) {
        rd_kafka_message_destroy(position->held);
        position->held = NULL;
    }
}

static void give_up(struct kafka_consumer *consumer, unsigned partition) {
    struct kafka_position *position = &consumer->positions[partition];
    if (!position->owned) {
        return;
    }
    if (consumer->config.revoked != NULL) {
        consumer->config.revoked(partition, consumer->config.context);
    }
    position->owned = false;
    drop_held(position);
    rd_kafka_queue_io_event_enable(position->queue, -1, NULL, 0);
    rd_kafka_queue_destroy(position->queue);
    position->queue = NULL;
    atomic_store(&position->told, -1);
}

static void give_up_all(struct kafka_consumer *consumer, bool lost) {
    consumer->giving_up = true;
    consumer->lost = lost;
    for (unsigned i = 0; i < consumer->consumer.log->partitions; i++) {
        give_up(consumer, i);
    }
    consumer->giving_up = false;
    consumer->lost = false;
    consumer->reassign = false;
}

static void take(struct kafka_consumer *consumer, unsigned partition,
                 const struct eventlog_partition_info *info) {
    static const uint64_t one = 1;
    struct kafka_position *position = &consumer->positions[partition];
    int64_t start = info->committed > info->begin ? info->committed : info->begin;
    position->owned = true;
    position->failed = false;
    position->out_of_range = false;
    position->offset = start;
    position->queue = rd_kafka_queue_get_partition(
        consumer->rk, log_of(consumer)->config.topic.data, (int32_t)partition);
    rd_kafka_queue_forward(position->queue, NULL); // away from the queue that all share
    rd_kafka_queue_io_event_enable(position->queue, consumer->descriptor, &one, sizeof one);
    if (consumer->config.assigned != NULL) {
        consumer->config.assigned(partition, &start, consumer->config.context);
    }
    position->offset = start < 0 ? 0 : start;
}

// Where the group stands and where the partitions begin. When brokers do not tell, from the start: at least once, still.
static void find_starts(struct kafka_consumer *consumer, struct eventlog_partition_info *infos) {
    const struct kafka_log *log = log_of(consumer);
    unsigned count = log->log.partitions;
    enum status status = STATUS_UNAVAILABLE;
    for (int i = 0; i < START_TRIES && status != STATUS_OK; i++) {
        status = consumer->config.looks
                     ? STATUS_OK
                     : kafka_look_committed(consumer->rk, log->config.topic.data, 0, count, infos);
        if (status == STATUS_OK) {
            status = kafka_look_bounds(consumer->rk, log->config.topic.data, 0, count, infos);
        }
    }
    if (status != STATUS_OK) {
        LOG_WARN("kafka", "the group's place is not known; reading from the beginning",
                 LOG_CSTR("group", consumer->group), LOG_CSTR("status", status_text(status)));
    }
}

static rd_kafka_topic_partition_list_t *places(const struct kafka_consumer *consumer) {
    unsigned count = consumer->consumer.log->partitions;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (unsigned i = 0; i < count; i++) {
        const struct kafka_position *position = &consumer->positions[i];
        if (position->owned && !position->failed && !position->out_of_range) {
            rd_kafka_topic_partition_list_add(list, log_of(consumer)->config.topic.data, (int32_t)i)
                ->offset = position->offset;
        }
    }
    return list;
}

static void assign(struct kafka_consumer *consumer) {
    rd_kafka_topic_partition_list_t *list = places(consumer);
    for (unsigned i = 0; i < consumer->consumer.log->partitions; i++) {
        drop_held(&consumer->positions[i]); // it is fetched again
    }
    rd_kafka_resp_err_t code = rd_kafka_assign(consumer->rk, list);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        LOG_ERROR("kafka", "partitions cannot be read", LOG_CSTR("group", consumer->group),
                  LOG_CSTR("reason", rd_kafka_err2str(code)));
    }
    rd_kafka_topic_partition_list_destroy(list);
    consumer->reassign = false;
}

// Somebody added partitions to the topic. Footfall's own records go on to where they always went; what others put there is not read, since
// people would be counted in two places.
static void note_surplus(const struct kafka_consumer *consumer, unsigned partition) {
    struct kafka_log *log = log_of(consumer);
    unsigned surplus = partition - log->log.partitions + 1;
    unsigned known = atomic_load(&log->surplus);
    while (known < surplus && !atomic_compare_exchange_weak(&log->surplus, &known, surplus)) {
    }
    LOG_ERROR("kafka",
              "somebody added partitions to the topic: this one is not read, and no process starts "
              "any more; move to a topic with as many: footfall migrate --to-topic",
              LOG_INT("partition", partition), LOG_INT("made_with", log->log.partitions));
}

static void take_all(struct kafka_consumer *consumer,
                     const rd_kafka_topic_partition_list_t *partitions) {
    unsigned count = consumer->consumer.log->partitions;
    struct eventlog_partition_info *infos = calloc(count + 1, sizeof *infos);
    if (infos != NULL && partitions->cnt > 0) {
        find_starts(consumer, infos);
    }
    for (int i = 0; i < partitions->cnt; i++) {
        unsigned partition = (unsigned)partitions->elems[i].partition;
        const struct eventlog_partition_info none = {.committed = -1};
        if (partition >= count) {
            note_surplus(consumer, partition);
        } else if (!consumer->positions[partition].owned) {
            take(consumer, partition, infos != NULL ? &infos[partition] : &none);
        }
    }
    free(infos);
    assign(consumer);
}

// Of who only looks: nobody assigns anything to it.
static void take_every(struct kafka_consumer *consumer) {
    unsigned count = consumer->consumer.log->partitions;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (unsigned i = 0; i < count; i++) {
        rd_kafka_topic_partition_list_add(list, log_of(consumer)->config.topic.data, (int32_t)i);
    }
    take_all(consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
}

static void rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code,
                      rd_kafka_topic_partition_list_t *partitions, void *context) {
    struct kafka_consumer *consumer = context;
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS && !consumer->leaving) {
        take_all(consumer, partitions);
        return;
    }
    bool lost = code != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS || rd_kafka_assignment_lost(rk);
    give_up_all(consumer, lost);
    (void)rd_kafka_assign(rk, NULL); // what it could say is that there was nothing to give up
}

// --- A member's life ----------------------------------------------------------------------------------------------

// A commit that was not waited for did not work. The next one says more, so nothing is lost.
static void commit_done(rd_kafka_t *rk, rd_kafka_resp_err_t code,
                        rd_kafka_topic_partition_list_t *offsets, void *context) {
    (void)rk;
    struct kafka_consumer *consumer = context;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR__NO_OFFSET) {
        return;
    }
    LOG_WARN("kafka", "offsets could not be committed", LOG_CSTR("group", consumer->group),
             LOG_CSTR("reason", rd_kafka_err2str(code)));
    for (int i = 0; offsets != NULL && i < offsets->cnt; i++) {
        unsigned partition = (unsigned)offsets->elems[i].partition;
        if (partition < consumer->consumer.log->partitions) {
            atomic_store(&consumer->positions[partition].told, -1);
        }
    }
}

static void note_error(rd_kafka_t *rk, int code, const char *reason, void *context) {
    (void)rk;
    struct kafka_consumer *consumer = context;
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        consumer->fatal = true;
    }
    LOG_DEBUG("kafka", "a consumer reports an error", LOG_CSTR("text", reason));
}

static void customize(rd_kafka_conf_t *conf, void *context) {
    rd_kafka_conf_set_opaque(conf, context);
    rd_kafka_conf_set_rebalance_cb(conf, rebalance);
    rd_kafka_conf_set_offset_commit_cb(conf, commit_done);
    rd_kafka_conf_set_error_cb(conf, note_error);
}

static enum status enter_group(struct kafka_consumer *consumer, struct error *err) {
    static const uint64_t one = 1;
    struct kafka_log *log = log_of(consumer);
    char instance[300];
    snprintf(instance, sizeof instance, "%.*s-%u", STR_ARG(log->config.instance_id),
             consumer->number);
    enum status status = kafka_handle_open(
        log, KAFKA_CONSUMER, str_from_c(consumer->group),
        log->config.instance_id.len > 0 && !consumer->config.looks ? instance : NULL, customize,
        consumer, &consumer->rk, err);
    if (status != STATUS_OK) {
        return status;
    }
    (void)rd_kafka_poll_set_consumer(consumer->rk);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(consumer->rk);
    rd_kafka_queue_io_event_enable(queue, consumer->descriptor, &one, sizeof one);
    rd_kafka_queue_destroy(queue);
    consumer->leaving = false;
    consumer->untaken = consumer->config.looks;
    if (consumer->config.looks) {
        return STATUS_OK;
    }
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, log->config.topic.data, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t code = rd_kafka_subscribe(consumer->rk, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return STATUS_OK;
    }
    rd_kafka_destroy(consumer->rk);
    consumer->rk = NULL;
    return error_set(err, STATUS_UNAVAILABLE, "topic %s cannot be subscribed to: %s",
                     log->config.topic.data, rd_kafka_err2str(code));
}

static void silence(rd_kafka_queue_t *queue) {
    rd_kafka_queue_io_event_enable(queue, -1, NULL, 0);
    rd_kafka_queue_destroy(queue);
}

// librdkafka 2.0.2 waits for ever for commits that a coordinator which is away has not answered. Then the handle is left behind: it
// calls nothing of ours any more, and only a process that ends closes consumers while brokers are away.
static void leave_group(struct kafka_consumer *consumer) {
    rd_kafka_t *rk = consumer->rk;
    if (rk == NULL) {
        return;
    }
    give_up_all(consumer, consumer->fatal);
    consumer->leaving = true;
    silence(rd_kafka_queue_get_consumer(rk));
    if (consumer->config.looks) {
        (void)rd_kafka_assign(rk, NULL); // what it could say is that there was nothing to give up
        kafka_looker_destroy(rk);
        consumer->rk = NULL;
        return;
    }
    int64_t deadline = now_us() + LEAVE_US;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_error_t *error = rd_kafka_consumer_close_queue(rk, queue);
    while (error == NULL && !rd_kafka_consumer_closed(rk) && now_us() < deadline) {
        (void)rd_kafka_queue_poll_callback(queue, LEAVE_LOOK_MS); // calls rebalance
    }
    bool closed = error != NULL || rd_kafka_consumer_closed(rk);
    rd_kafka_queue_destroy(queue);
    if (error != NULL) {
        rd_kafka_error_destroy(error);
    }
    if (closed) {
        rd_kafka_destroy(rk);
    } else {
        LOG_WARN("kafka", "a consumer could not leave its group, as no broker answers",
                 LOG_CSTR("group", consumer->group));
    }
    consumer->rk = NULL;
}

// After a fatal error, such as a second process with the same instance id, the member begins a new life; not at once, so that two
// such processes do not throw out each other all the time.
static void revive(struct kafka_consumer *consumer) {
    struct error err = {0};
    char reason[KAFKA_ERROR_TEXT] = "unknown";
    if (consumer->fatal && consumer->rk != NULL) {
        (void)rd_kafka_fatal_error(consumer->rk, reason, sizeof reason);
        LOG_ERROR("kafka", "a consumer failed; does another process use the same instance id?",
                  LOG_CSTR("group", consumer->group), LOG_CSTR("reason", reason));
        leave_group(consumer);
        consumer->revive_at = now_us() + 1000 * log_of(consumer)->config.session_timeout_ms;
        consumer->fatal = false;
    }
    if (consumer->rk == NULL && now_us() >= consumer->revive_at) {
        if (enter_group(consumer, &err) != STATUS_OK) {
            LOG_ERROR("kafka", "a consumer cannot be made anew; tried again later",
                      LOG_CSTR("reason", err.text));
            consumer->revive_at = now_us() + 1000 * log_of(consumer)->config.session_timeout_ms;
        }
    }
}

void kafka_group_serve(struct kafka_consumer *consumer) {
    rd_kafka_message_t *message;
    revive(consumer);
    while (consumer->rk != NULL && (message = rd_kafka_consumer_poll(consumer->rk, 0)) != NULL) {
        consumer->fatal = consumer->fatal || message->err == RD_KAFKA_RESP_ERR__FATAL;
        // Records come through the partitions' own queues.
        LOG_WARN("kafka", "the group reports an error", LOG_CSTR("group", consumer->group),
                 LOG_CSTR("text", rd_kafka_message_errstr(message)));
        rd_kafka_message_destroy(message);
    }
    if (consumer->untaken && consumer->rk != NULL) {
        consumer->untaken = false;
        take_every(consumer);
    }
    if (consumer->reassign && consumer->rk != NULL && !rd_kafka_assignment_lost(consumer->rk)) {
        assign(consumer);
    }
}

static void free_consumer(struct kafka_consumer *consumer) {
    if (consumer->descriptor >= 0) {
        close(consumer->descriptor);
    }
    free(consumer->positions);
    free(consumer->views);
    free(consumer->bytes);
    free(consumer);
}

// The smallest number that no other member of this process has; so a restart gives the same numbers again.
static void enlist(struct kafka_log *log, struct kafka_consumer *consumer) {
    pthread_mutex_lock(&log->mutex);
    bool taken = true;
    for (consumer->number = 0; taken; consumer->number += taken) {
        taken = false;
        for (const struct kafka_consumer *at = log->consumers; at != NULL; at = at->next) {
            taken = taken ||
                    (at->number == consumer->number && strcmp(at->group, consumer->group) == 0);
        }
    }
    consumer->next = log->consumers;
    log->consumers = consumer;
    pthread_mutex_unlock(&log->mutex);
}

static void delist(struct kafka_log *log, struct kafka_consumer *consumer) {
    pthread_mutex_lock(&log->mutex);
    struct kafka_consumer **at = &log->consumers;
    while (*at != consumer) {
        at = &(*at)->next;
    }
    *at = consumer->next;
    pthread_mutex_unlock(&log->mutex);
}

enum status kafka_consumer_open(struct eventlog *base,
                                const struct eventlog_consumer_config *config,
                                struct eventlog_consumer **out, struct error *err) {
    struct kafka_log *log = kafka_of(base);
    struct kafka_consumer *consumer = calloc(1, sizeof *consumer);
    if (consumer == NULL) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for a consumer");
    }
    consumer->consumer.log = base;
    consumer->config = *config;
    memcpy(consumer->group, config->group.data, config->group.len);
    consumer->config.group = str_from_c(consumer->group);
    consumer->positions = calloc(base->partitions, sizeof *consumer->positions);
    consumer->descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (consumer->positions == NULL || consumer->descriptor < 0) {
        free_consumer(consumer);
        return error_set(err, STATUS_NO_MEMORY, "no memory for a consumer");
    }
    for (unsigned i = 0; i < base->partitions; i++) {
        atomic_init(&consumer->positions[i].told, -1);
    }
    enlist(log, consumer);
    enum status status = enter_group(consumer, err);
    if (status != STATUS_OK) {
        delist(log, consumer);
        free_consumer(consumer);
        return status;
    }
    *out = &consumer->consumer;
    return STATUS_OK;
}

void kafka_consumer_close(struct eventlog_consumer *base) {
    struct kafka_consumer *consumer = kafka_consumer_of(base);
    struct kafka_log *log = log_of(consumer);
    leave_group(consumer);
    delist(log, consumer);
    free_consumer(consumer);
}

void kafka_consumer_wake(struct eventlog_consumer *base) {
    struct kafka_consumer *consumer = kafka_consumer_of(base);
    atomic_store(&consumer->woken, true);
    kafka_notify(consumer->descriptor);
}

// --- Places -------------------------------------------------------------------------------------------------------

int64_t kafka_consumer_end(struct eventlog_consumer *base, unsigned partition) {
    const struct kafka_consumer *consumer = kafka_consumer_of(base);
    const struct kafka_position *position = &consumer->positions[partition];
    int64_t begin = -1;
    int64_t end = -1;
    if (!position->owned) {
        return -1;
    }
    // What the last answer to a fetch said.
    (void)rd_kafka_get_watermark_offsets(consumer->rk, log_of(consumer)->config.topic.data,
                                         (int32_t)partition, &begin, &end);
    return end > position->offset && !position->failed ? end : position->offset;
}

bool kafka_is_beyond_end(struct kafka_consumer *consumer, unsigned partition, int64_t offset) {
    struct eventlog_partition_info info;
    const struct kafka_position *position = &consumer->positions[partition];
    int64_t known = kafka_consumer_end(&consumer->consumer, partition);
    if (offset <= known && !position->failed && !position->out_of_range) {
        return false;
    }
    return kafka_look_bounds(consumer->rk, log_of(consumer)->config.topic.data, partition, 1,
                             &info) == STATUS_OK &&
           offset > info.end;
}

enum status kafka_seek(struct eventlog_consumer *base, unsigned partition, int64_t offset) {
    struct kafka_consumer *consumer = kafka_consumer_of(base);
    struct kafka_position *position = &consumer->positions[partition];
    if (!position->owned) {
        return STATUS_NOT_FOUND;
    }
    if (kafka_is_beyond_end(consumer, partition, offset)) {
        return STATUS_INVALID;
    }
    if (position->offset != offset || position->failed || position->out_of_range) {
        position->offset = offset;
        position->failed = false;
        position->out_of_range = false;
        consumer->reassign = true;
    }
    return STATUS_OK;
}
