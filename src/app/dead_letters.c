// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Finding dead letters, and taking one again: mark, append, mark.
#include "app/dead_letters.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/json_read.h"
#include "event/event.h"

#define SCAN_PAGE 50 // letters may have a megabyte each

// --- Finding ------------------------------------------------------------------------------------------------------------

static bool matches(const struct dead_letter_filter *filter,
                    const struct store_dead_letter *letter) {
    return (!filter->stage.data || str_equal(letter->stage, filter->stage)) &&
           (!filter->reason.data || str_contains_ignore_case(letter->reason, filter->reason));
}

static void resume_behind(struct store_letter_query *query,
                          const struct store_dead_letter *letter) {
    query->resume = true;
    query->after_ms = letter->received_ms;
    query->after_partition = letter->partition;
    query->after_offset = letter->offset;
}

enum status dead_letters_scan(struct store *store, const struct dead_letter_filter *filter,
                              unsigned looks,
                              bool (*visit)(const struct store_dead_letter *letter, void *context),
                              void *context, struct store_dead_letter *last, bool *more) {
    struct store_letter_query query = filter->query;
    struct arena arena;
    enum status status = STATUS_OK;
    bool go_on = true;
    arena_init(&arena, (size_t)64 << 10, 0);
    query.limit = SCAN_PAGE;
    *more = true;
    for (unsigned look = 0; look < looks && *more && go_on && status == STATUS_OK; look++) {
        struct store_dead_letter *rows = NULL;
        size_t count = 0;
        arena_reset(&arena);
        status = store_letters_read(store, &query, &arena, &rows, &count, more);
        for (size_t i = 0; i < count && go_on && status == STATUS_OK; i++) {
            *last = rows[i];
            go_on = !matches(filter, &rows[i]) || visit(&rows[i], context);
            resume_behind(&query, &rows[i]);
            *more = *more || (!go_on && i + 1 < count);
        }
    }
    arena_free(&arena);
    return status;
}

void dead_letter_id_write(const struct store_dead_letter *letter, char out[DEAD_LETTER_ID_MAX]) {
    (void)snprintf(out, DEAD_LETTER_ID_MAX, "%u-%lld-%lld", letter->partition,
                   (long long)letter->offset, (long long)letter->received_ms);
}

bool dead_letter_id_read(struct str id, struct store_dead_letter *letter) {
    struct str partition = str_cut(&id, '-');
    // Of a letter that was moved here after the log had dropped its record.
    bool negative = id.len > 0 && id.data[0] == '-';
    if (negative) {
        id = str_make(id.data + 1, id.len - 1);
    }
    struct str offset = str_cut(&id, '-');
    uint64_t number = 0;
    bool whole = str_to_u64(partition, &number) && number <= 65535 &&
                 str_to_i64(offset, &letter->offset) && letter->offset >= 0 &&
                 letter->offset < INT64_MAX && str_to_i64(id, &letter->received_ms) &&
                 letter->received_ms < INT64_MAX;
    letter->partition = (unsigned)number;
    letter->offset = negative ? -letter->offset : letter->offset;
    return whole;
}

enum status dead_letter_find(struct store *store, struct str project, struct str id,
                             struct arena *arena, struct store_dead_letter *out) {
    struct store_dead_letter place = {0};
    if (!dead_letter_id_read(id, &place)) {
        return STATUS_NOT_FOUND;
    }
    struct store_letter_query query = {.project = project,
                                       .from_ms = place.received_ms,
                                       .to_ms = place.received_ms + 1,
                                       .limit = 1};
    struct store_dead_letter *rows = NULL;
    size_t count = 0;
    bool more = false;
    // Within a partition later offsets come first.
    place.offset++;
    resume_behind(&query, &place);
    enum status status = store_letters_read(store, &query, arena, &rows, &count, &more);
    if (status != STATUS_OK) {
        return status;
    }
    if (count == 0 || rows[0].partition != place.partition || rows[0].offset != place.offset - 1) {
        return STATUS_NOT_FOUND;
    }
    *out = rows[0];
    return STATUS_OK;
}

// --- Appending ----------------------------------------------------------------------------------------------------------

struct appending {
    struct eventlog_append append;
    pthread_mutex_t mutex;
    pthread_cond_t done;
    bool finished;
};

static void append_done(struct eventlog_append *append) {
    struct appending *appending = append->context;
    pthread_mutex_lock(&appending->mutex);
    appending->finished = true;
    pthread_cond_signal(&appending->done);
    pthread_mutex_unlock(&appending->mutex);
}

static enum status append_and_wait(struct eventlog *log, const struct eventlog_record *record) {
    struct appending appending = {.append = {.records = record, .count = 1, .done = append_done}};
    appending.append.context = &appending;
    pthread_mutex_init(&appending.mutex, NULL);
    pthread_cond_init(&appending.done, NULL);
    eventlog_append(log, &appending.append);
    pthread_mutex_lock(&appending.mutex);
    while (!appending.finished) {
        pthread_cond_wait(&appending.done, &appending.mutex);
    }
    pthread_mutex_unlock(&appending.mutex);
    pthread_cond_destroy(&appending.done);
    pthread_mutex_destroy(&appending.mutex);
    return appending.append.status;
}

// --- Taking -------------------------------------------------------------------------------------------------------------

// The record as an event: whose key the new record has. The key it had is not kept, and may be what was wrong with it.
static enum status decode(const struct dead_letter_taking *taking, struct str value,
                          struct arena *arena, struct str *key, struct error *err) {
    struct json_parser *parser = NULL;
    struct event event;
    struct event_trees trees;
    struct error why = {.status = STATUS_OK};
    enum status status = json_parser_make(&parser);
    if (status != STATUS_OK) {
        return error_set(err, status, "no memory");
    }
    status = event_decode(parser, value, arena, &event, &trees, &why);
    json_parser_free(parser);
    if (status == STATUS_NO_MEMORY) {
        return error_set(err, status, "no memory");
    }
    if (status != STATUS_OK) {
        return error_set(err, STATUS_INVALID, "the record is no event: %s", why.text);
    }
    if (taking->project.data && !str_equal(taking->project, event.project)) {
        return error_set(err, STATUS_INVALID, "the record belongs to another project");
    }
    *key = event_record_key(&event, arena);
    return key->data ? STATUS_OK : error_set(err, STATUS_NO_MEMORY, "no memory");
}

// An attempt that was broken off may have appended the record. As long as its id is known where it went, appending it again is harmless.
static enum status check_attempt(const struct dead_letter_taking *taking,
                                 const struct store_letter_mark *mark,
                                 const struct store_letter_mark *now, struct error *err) {
    bool known = mark->target == now->target &&
                 now->marked_ms - mark->marked_ms < taking->window_ms &&
                 now->target_end - mark->target_end < taking->window_ids;
    if (known || taking->again) {
        return STATUS_OK;
    }
    return error_set(err, STATUS_CONFLICT,
                     "an attempt to take it was broken off, too long ago to tell whether its event "
                     "was counted: look for the event, then discard the letter or ask with "
                     "\"again\": true");
}

static enum status begin(const struct dead_letter_taking *taking,
                         const struct store_dead_letter *letter, struct str key,
                         struct store_letter_mark *mark, struct error *err) {
    struct eventlog_partition_info info;
    struct store_letter_mark before;
    unsigned target = eventlog_partition_of(key, eventlog_partition_count(taking->log));
    enum status status = eventlog_partition_info(taking->log, target, STR("processor"), &info);
    if (status != STATUS_OK) {
        return error_set(err, status, "the event log cannot be asked: %s", status_text(status));
    }
    *mark = (struct store_letter_mark){STORE_LETTER_TAKING, taking->clock->wall_ms(taking->clock),
                                       target, info.end};
    status = store_letter_mark_get(taking->store, letter->partition, letter->offset, &before);
    if (status == STATUS_OK && before.outcome == STORE_LETTER_TAKING) {
        // The mark stays as it is: it says how long ago the first attempt was.
        return check_attempt(taking, &before, mark, err);
    }
    if (status == STATUS_OK || status == STATUS_NOT_FOUND) {
        status = store_letter_mark(taking->store, letter, mark);
    }
    if (status == STATUS_EXISTS) {
        return error_set(err, status, "it was dealt with in the meantime");
    }
    return status == STATUS_OK
               ? STATUS_OK
               : error_set(err, status, "the store cannot mark it: %s", status_text(status));
}

static enum status take(const struct dead_letter_taking *taking,
                        const struct store_dead_letter *letter, struct str value,
                        struct arena *arena, struct error *err) {
    struct str key = STR_EMPTY;
    struct store_letter_mark mark;
    enum status status = decode(taking, value, arena, &key, err);
    if (status == STATUS_OK) {
        status = begin(taking, letter, key, &mark, err);
    }
    if (status != STATUS_OK) {
        return status;
    }
    struct eventlog_record record = {.key = key, .value = value, .timestamp_ms = mark.marked_ms};
    status = append_and_wait(taking->log, &record);
    if (status != STATUS_OK) {
        return error_set(err, status, "the event log does not take it: %s", status_text(status));
    }
    mark.outcome = STORE_LETTER_TAKEN;
    status = store_letter_mark(taking->store, letter, &mark);
    return status == STATUS_OK || status == STATUS_EXISTS
               ? STATUS_OK
               : error_set(err, status, "it is in the log again, but cannot be marked: %s",
                           status_text(status));
}

enum status dead_letter_take(const struct dead_letter_taking *taking,
                             const struct store_dead_letter *letter, struct str record,
                             struct error *err) {
    struct str own = record.data ? record : letter->record;
    struct arena arena;
    arena_init(&arena, (size_t)16 << 10, 0);
    char *copy = arena_alloc(&arena, own.len + JSON_PADDING);
    enum status status = STATUS_NO_MEMORY;
    if (copy) {
        memcpy(copy, own.data, own.len);
        memset(copy + own.len, 0, JSON_PADDING);
        status = take(taking, letter, str_make(copy, own.len), &arena, err);
    } else {
        (void)error_set(err, status, "no memory");
    }
    arena_free(&arena);
    return status;
}
