// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Looks for one event in stretches of the event log.
#include <string.h>

#include "app/message_trail.h"
#include "base/json_write.h"
#include "base/thread.h"

#define GROUP STR("messages") // commits nothing, and retention does not wait for it
#define POLL_US 20000
#define POLL_BYTES ((size_t)1 << 20)
#define EMPTY_POLLS_MAX 250 // five seconds in which nothing comes although something should

// Most records are not the one, which shows without taking them apart.
static bool mentions(struct str value, struct str quoted) {
    return value.len >= quoted.len && memmem(value.data, value.len, quoted.data, quoted.len);
}

enum status message_id_quoted(struct str id, struct arena *arena, struct str *out) {
    struct buffer text;
    struct json_writer writer;
    buffer_init(&text, 8 * 1024);
    json_writer_init(&writer, &text);
    json_string(&writer, id);
    *out = arena_copy(arena, buffer_str(&text));
    enum status status = json_writer_status(&writer);
    buffer_free(&text);
    return status == STATUS_OK && !out->data ? STATUS_NO_MEMORY : status;
}

static void keep(const struct event *event, struct arena *arena, struct message_trail *out) {
    out->has_event = true;
    out->event = (struct event){
        .type = event->type,
        .timestamp_ms = event->timestamp_ms,
        .received_ms = event->received_ms,
        .name = arena_copy(arena, event->name),
        .user_id = arena_copy(arena, event->user_id),
        .anonymous_id = arena_copy(arena, event->anonymous_id),
    };
}

enum status message_record_is(const struct message_question *question, struct str value,
                              struct json_parser *parser, struct message_trail *out, bool *is) {
    struct arena arena;
    struct event event;
    struct event_trees trees;
    struct error why;
    *is = false;
    arena_init(&arena, (size_t)16 << 10, 0);
    char *copy = arena_alloc(&arena, value.len + JSON_PADDING);
    enum status status = copy ? STATUS_OK : STATUS_NO_MEMORY;
    if (copy) {
        memcpy(copy, value.data, value.len);
        memset(copy + value.len, 0, JSON_PADDING);
        status = event_decode(parser, str_make(copy, value.len), &arena, &event, &trees, &why);
    }
    if (status == STATUS_OK && str_equal(event.id, question->id) &&
        str_equal(event.project, question->project)) {
        *is = true;
        keep(&event, question->arena, out);
    }
    arena_free(&arena);
    return status == STATUS_NO_MEMORY ? status : STATUS_OK; // what is no event is not this one
}

// --- Reading ------------------------------------------------------------------------------------------------------------

struct search {
    const struct message_question *question;
    struct message_trail *out;
    const struct message_stretch *stretches;
    int64_t *at; // one a partition: looked at below
    unsigned partitions;
    struct str quoted;
    struct json_parser *parser;
    size_t records;
};

static void assigned(unsigned partition, int64_t *start, void *context) {
    struct search *search = context;
    int64_t from = search->at[partition];
    *start = *start > from ? *start : from; // as the group never commits, that was the log's begin
    search->at[partition] = *start;
}

static bool finished(const struct search *search) {
    bool all = true;
    for (unsigned i = 0; i < search->partitions; i++) {
        all = all && search->at[i] >= search->stretches[i].until;
    }
    return all;
}

static enum status look(struct search *search, const struct eventlog_batch *batch, bool *found) {
    int64_t until = search->stretches[batch->partition].until;
    for (size_t i = 0; i < batch->count && batch->records[i].offset < until; i++) {
        const struct eventlog_view *record = &batch->records[i];
        search->records++;
        if (!mentions(record->value, search->quoted)) {
            continue;
        }
        enum status status =
            message_record_is(search->question, record->value, search->parser, search->out, found);
        if (status != STATUS_OK || *found) {
            search->out->has_partition = search->out->has_offset = true;
            search->out->partition = batch->partition;
            search->out->offset = record->offset;
            return status;
        }
    }
    search->at[batch->partition] = batch->next_offset;
    return STATUS_OK;
}

static enum status read_on(struct search *search, struct eventlog_consumer *consumer) {
    unsigned empty = 0;
    bool found = false;
    while (!found && !finished(search) && search->records < MESSAGE_LOG_RECORDS &&
           empty < EMPTY_POLLS_MAX) {
        struct eventlog_batch batch = {.count = 0};
        struct error why;
        enum status status = eventlog_poll(consumer, POLL_US, POLL_BYTES, &batch, &why);
        if (status == STATUS_TIMEOUT) {
            empty++;
            continue;
        }
        empty = 0;
        if (status == STATUS_OK) {
            status = look(search, &batch, &found);
        }
        if (status != STATUS_OK) {
            return status;
        }
    }
    return found ? STATUS_OK : STATUS_NOT_FOUND;
}

static enum status search_log(struct search *search, bool *complete) {
    struct eventlog_consumer_config config = {
        .group = GROUP, .assigned = assigned, .context = search, .looks = true};
    struct eventlog_consumer *consumer = NULL;
    struct error why;
    struct app_service *service = search->question->service;
    // On the embedded engines two members of the group would each see one half.
    thread_must(pthread_mutex_lock(&service->trail_lock));
    enum status status = eventlog_consumer_open(search->question->log, &config, &consumer, &why);
    if (status == STATUS_OK) {
        status = read_on(search, consumer);
        eventlog_consumer_close(consumer);
    }
    thread_must(pthread_mutex_unlock(&service->trail_lock));
    *complete = status == STATUS_OK || finished(search);
    return status;
}

enum status message_log_find(const struct message_question *question,
                             const struct message_stretch *stretches, struct message_trail *out,
                             bool *complete) {
    struct search search = {.question = question,
                            .out = out,
                            .stretches = stretches,
                            .partitions = eventlog_partition_count(question->log)};
    *complete = true;
    search.at = arena_alloc_array(question->arena, search.partitions, sizeof *search.at);
    if (!search.at) {
        return STATUS_NO_MEMORY;
    }
    for (unsigned i = 0; i < search.partitions; i++) {
        // A partition that is not asked for is read from where it ends.
        search.at[i] = stretches[i].from;
    }
    if (finished(&search)) {
        return STATUS_NOT_FOUND;
    }
    enum status status = message_id_quoted(question->id, question->arena, &search.quoted);
    if (status == STATUS_OK) {
        status = json_parser_make(&search.parser);
    }
    if (status == STATUS_OK) {
        status = search_log(&search, complete);
    }
    json_parser_free(search.parser);
    return status;
}
