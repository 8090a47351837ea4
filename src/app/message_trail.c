// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Finds out where a message is, from what can be asked without a scan to what needs a bounded one.
#include "app/message_trail.h"

#include <string.h>

#include "app/dead_letters.h"
#include "app/engines.h"
#include "app/view.h"
#include "base/json_read.h"
#include "processor/dedupe.h"

#define TIMELINE_PAGE 500
#define LETTER_LOOKS (MESSAGE_LETTERS / 50) // pages of dead_letters_scan
#define ACTORS_MAX 2

struct finding {
    const struct message_question *question;
    struct message_trail *out;
    struct store_actor actors[ACTORS_MAX];
    size_t actor_count;
    unsigned partitions;
    struct message_stretch *stretches; // one a partition
    bool whole;                        // all of the timeline was looked through
    // The window: where the id was seen.
    bool seen;
    unsigned seen_partition;
    struct message_stretch seen_at;
};

static enum status say(struct finding *finding, enum message_state state, const char *text) {
    finding->out->state = state;
    finding->out->detail = str_from_c(text);
    return STATUS_OK;
}

// --- Timelines ----------------------------------------------------------------------------------------------------------

static void take_row(struct finding *finding, const struct store_timeline_row *row) {
    struct event *event = &finding->out->event;
    bool named = finding->out->has_event; // by the log's record, which knows the person
    if (!named && finding->actor_count == 1) {
        bool user = finding->actors[0].kind == STORE_ACTOR_USER;
        event->user_id = user ? finding->actors[0].id : STR_EMPTY;
        event->anonymous_id = user ? row->anonymous_id : finding->actors[0].id;
    }
    event->type = (enum event_type)row->type;
    event->name = row->name;
    event->timestamp_ms = row->timestamp_ms;
    event->received_ms = row->received_ms;
    finding->out->has_event = true;
}

// Looks through an actor's rows of a time, newest first. NOT_FOUND.
static enum status search_rows(struct finding *finding, struct store_timeline_query *query) {
    const struct message_question *question = finding->question;
    bool more = true;
    for (unsigned rows = 0; more && rows < MESSAGE_TIMELINE_ROWS; rows += TIMELINE_PAGE) {
        struct store_timeline_row *found = NULL;
        size_t count = 0;
        enum status status = store_timeline_read(question->service->store, question->project, query,
                                                 question->arena, &found, &count, &more);
        if (status != STATUS_OK) {
            return status;
        }
        for (size_t i = 0; i < count; i++) {
            if (str_equal(found[i].event_id, question->id)) {
                take_row(finding, &found[i]);
                return say(finding, MESSAGE_PROCESSED, "It was processed and counts.");
            }
        }
        more = more && count > 0;
        if (more) {
            query->resume = true;
            query->after_ms = found[count - 1].timestamp_ms;
            query->after_id = found[count - 1].event_id;
        }
    }
    finding->whole = !more;
    return STATUS_NOT_FOUND;
}

// Of those who are said to have done it; one after another, so that it is known whose row it is.
static enum status search_named(struct finding *finding) {
    struct store_actor named[ACTORS_MAX];
    size_t count = finding->actor_count;
    enum status status = STATUS_NOT_FOUND;
    bool whole = true;
    memcpy(named, finding->actors, sizeof named);
    for (size_t i = 0; i < count && status == STATUS_NOT_FOUND; i++) {
        struct store_timeline_query query = {.actors = &named[i],
                                             .actor_count = 1,
                                             .from_ms = INT64_MIN,
                                             .to_ms = INT64_MAX,
                                             .limit = TIMELINE_PAGE};
        finding->actors[0] = named[i];
        finding->actor_count = 1;
        status = search_rows(finding, &query);
        whole = whole && finding->whole;
    }
    memcpy(finding->actors, named, sizeof named);
    finding->actor_count = count;
    finding->whole = whole;
    return status;
}

// The row of a record that was found in the log.
static enum status search_row_of_record(struct finding *finding) {
    const struct event *event = &finding->out->event;
    bool user = event->user_id.len > 0;
    struct store_actor actor = {user ? STORE_ACTOR_USER : STORE_ACTOR_ANONYMOUS,
                                user ? event->user_id : event->anonymous_id};
    struct store_timeline_query query = {.actors = &actor,
                                         .actor_count = 1,
                                         .from_ms = event->timestamp_ms,
                                         .to_ms = event->timestamp_ms + 1,
                                         .limit = TIMELINE_PAGE};
    return search_rows(finding, &query);
}

// --- The windows of seen ids ----------------------------------------------------------------------------------------------

struct window {
    uint64_t hash;
    bool seen, ended; // ended: the chunk after it began
    struct message_stretch at;
};

static bool visit_chunk(int64_t number, int64_t last_ms, const uint64_t *hashes, size_t count,
                        void *context) {
    struct window *window = context;
    (void)last_ms;
    if (window->seen) {
        window->at.until = number;
        window->ended = true;
        return false;
    }
    for (size_t i = 0; i < count && !window->seen; i++) {
        window->seen = hashes[i] == window->hash;
    }
    window->at.from = number;
    return true;
}

// Which partitions the message may be in.
static bool may_be_in(const struct finding *finding, unsigned partition) {
    const struct message_question *question = finding->question;
    bool any = finding->actor_count == 0;
    for (size_t i = 0; i < finding->actor_count && !any; i++) {
        bool user = finding->actors[i].kind == STORE_ACTOR_USER;
        struct event event = {.project = question->project,
                              .user_id = user ? finding->actors[i].id : STR_EMPTY,
                              .anonymous_id = user ? STR_EMPTY : finding->actors[i].id};
        struct str key = event_record_key(&event, question->arena);
        // Without memory for the key all of them are looked at.
        any = !key.data || eventlog_partition_of(key, finding->partitions) == partition;
    }
    return any;
}

static enum status search_windows(struct finding *finding) {
    const struct message_question *question = finding->question;
    for (unsigned i = 0; i < finding->partitions; i++) {
        struct window window = {.hash = dedupe_hash(question->project, question->id)};
        window.at.until = finding->stretches ? finding->stretches[i].until : INT64_MAX;
        if (!may_be_in(finding, i)) {
            continue;
        }
        enum status status = store_seen_load(question->service->store, i, visit_chunk, &window);
        if (status != STATUS_OK) {
            return status;
        }
        if (window.seen) {
            finding->seen = true;
            finding->seen_partition = i;
            finding->seen_at = window.at;
            finding->out->has_partition = true;
            finding->out->partition = i;
            return STATUS_OK;
        }
    }
    return STATUS_NOT_FOUND;
}

// --- The log ------------------------------------------------------------------------------------------------------------

// What waits, a partition: from where the store stands to where the log ends. Asked before the windows, so that a record that is
// processed meanwhile is not missed by both.
static enum status look_ahead(struct finding *finding) {
    const struct message_question *question = finding->question;
    struct app_service *service = question->service;
    struct eventlog_partition_info *info =
        arena_alloc_array(question->arena, finding->partitions, sizeof *info);
    finding->stretches =
        arena_alloc_array(question->arena, finding->partitions, sizeof *finding->stretches);
    if (!info || !finding->stretches) {
        return STATUS_NO_MEMORY;
    }
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < finding->partitions && status == STATUS_OK; i++) {
        status = store_partition_offset(service->store, eventlog_epoch(question->log), i,
                                        &finding->stretches[i].from);
    }
    if (status == STATUS_OK) {
        status =
            eventlog_partitions_info(question->log, STR("processor"), info, finding->partitions);
    }
    if (status == STATUS_UNAVAILABLE) {
        finding->stretches = NULL; // Kafka does not answer: as if there were none
        return STATUS_OK;
    }
    for (unsigned i = 0; i < finding->partitions && status == STATUS_OK; i++) {
        finding->stretches[i].until = info[i].end;
        if (finding->stretches[i].from > info[i].end) {
            finding->stretches[i].from = info[i].end; // a log that lost its end
        }
    }
    return status;
}

// Only what `from` and `until` of one partition say, nothing of the others.
static void narrow(struct finding *finding, unsigned partition, struct message_stretch to) {
    for (unsigned i = 0; i < finding->partitions; i++) {
        struct message_stretch *stretch = &finding->stretches[i];
        int64_t end = stretch->until;
        *stretch = (struct message_stretch){end, end};
        if (i == partition) {
            *stretch = (struct message_stretch){to.from, to.until < end ? to.until : end};
        }
    }
}

// The record is there: is the processor past it, and what did it make of it?
static enum status judge_record(struct finding *finding) {
    const struct message_question *question = finding->question;
    struct app_service *service = question->service;
    int64_t processed = 0;
    enum status status = store_partition_offset(service->store, eventlog_epoch(question->log),
                                                finding->out->partition, &processed);
    if (status != STATUS_OK) {
        return status;
    }
    if (finding->out->offset >= processed) {
        return say(finding, MESSAGE_WAITING,
                   "It was accepted and is durable in the event log; the processor has not come to "
                   "it yet.");
    }
    status = search_row_of_record(finding);
    if (status != STATUS_NOT_FOUND) {
        return status;
    }
    return say(finding, MESSAGE_FILTERED,
               "It was accepted and the processor took it, but it is in no timeline: a rule or bot "
               "detection dropped it, its person was erased or is refused, or it is older than "
               "retention.timeline. footfall check-config --event says what rules do with it.");
}

static enum status judge_seen(struct finding *finding) {
    const struct message_question *question = finding->question;
    bool complete = false;
    enum status status = STATUS_NOT_FOUND;
    if (finding->stretches) {
        narrow(finding, finding->seen_partition, finding->seen_at);
        status = message_log_find(question, finding->stretches, finding->out, &complete);
    }
    if (status == STATUS_OK) {
        return judge_record(finding);
    }
    if (status != STATUS_NOT_FOUND) {
        return status;
    }
    if (finding->actor_count == 0) {
        return say(finding, MESSAGE_SEEN,
                   "The processor took it. Its record is not in a log that can be read here, so "
                   "whose it is and whether a rule dropped it cannot be told: ask with userId or "
                   "anonymousId.");
    }
    return finding->whole
               ? say(finding, MESSAGE_SEEN,
                     "The processor took it, but it is not in the timeline of the person who is "
                     "named: it was filtered, the person was erased, it is past retention, or it "
                     "is somebody else's.")
               : say(finding, MESSAGE_SEEN,
                     "The processor took it, and it is not among the newest 10000 events of the "
                     "person who is named.");
}

// --- Dead letters -------------------------------------------------------------------------------------------------------

struct letters {
    struct finding *finding;
    struct json_parser *parser;
    struct str quoted;
    enum status status;
};

// A record that is no event cannot say its id; one that holds it as a string is shown all the same.
static bool visit_letter(const struct store_dead_letter *letter, void *context) {
    struct letters *letters = context;
    struct message_trail *out = letters->finding->out;
    const struct message_question *question = letters->finding->question;
    struct arena *arena = question->arena;
    bool is = false;
    if (!memmem(letter->record.data, letter->record.len, letters->quoted.data,
                letters->quoted.len)) {
        return true;
    }
    letters->status = message_record_is(question, letter->record, letters->parser, out, &is);
    if (letters->status != STATUS_OK || (!is && !str_equal(letter->stage, STR("decode")))) {
        return letters->status == STATUS_OK;
    }
    out->has_letter = true;
    out->letter = *letter;
    out->letter.stage = arena_copy(arena, letter->stage);
    out->letter.reason = arena_copy(arena, letter->reason);
    out->letter.record = out->letter.project = STR_EMPTY;
    out->has_partition = out->has_offset = true;
    out->partition = letter->partition;
    out->offset = letter->offset;
    return false;
}

static enum status search_letters(struct finding *finding) {
    const struct message_question *question = finding->question;
    struct dead_letter_filter filter = {
        .query = {.project = question->project, .from_ms = INT64_MIN, .to_ms = INT64_MAX}};
    struct letters letters = {.finding = finding, .status = STATUS_OK};
    struct store_dead_letter last;
    bool more = false;
    enum status status = message_id_quoted(question->id, question->arena, &letters.quoted);
    if (status == STATUS_OK) {
        status = json_parser_make(&letters.parser);
    }
    if (status == STATUS_OK) {
        status = dead_letters_scan(question->service->store, &filter, LETTER_LOOKS, visit_letter,
                                   &letters, &last, &more);
        status = status == STATUS_OK ? letters.status : status;
        json_parser_free(letters.parser);
    }
    if (status != STATUS_OK) {
        return status;
    }
    return finding->out->has_letter
               ? say(finding, MESSAGE_DEAD_LETTERED,
                     "It was accepted, but could not be processed. See /dead-letters.")
               : STATUS_NOT_FOUND;
}

// --- What is left -------------------------------------------------------------------------------------------------------

// Not processed: it waits, or is not known.
static enum status search_waiting(struct finding *finding) {
    bool complete = false;
    if (!finding->stretches) {
        return say(finding, MESSAGE_UNKNOWN,
                   "The processor has not taken it as far as its window of seen ids goes back. "
                   "Whether it waits in the event log cannot be told: that cannot be asked now. "
                   "/status says how much waits.");
    }
    for (unsigned i = 0; i < finding->partitions; i++) {
        if (!may_be_in(finding, i)) {
            finding->stretches[i].from = finding->stretches[i].until;
        }
    }
    enum status status =
        message_log_find(finding->question, finding->stretches, finding->out, &complete);
    if (status == STATUS_OK) {
        return judge_record(finding);
    }
    if (status != STATUS_NOT_FOUND) {
        return status;
    }
    return complete
               ? say(finding, MESSAGE_UNKNOWN,
                     "It does not wait in the event log, is no open dead letter, and is not among "
                     "the ids that the processor has seen (dedupe.window, dedupe.ids): it was not "
                     "accepted in this project, or that was longer ago.")
               : say(finding, MESSAGE_UNKNOWN,
                     "The processor has not taken it as far as its window of seen ids goes back. "
                     "More waits in the event log than was looked through: ask again.");
}

static void read_actors(struct finding *finding) {
    const struct message_question *question = finding->question;
    if (question->user_id.len > 0) {
        finding->actors[finding->actor_count++] =
            (struct store_actor){STORE_ACTOR_USER, question->user_id};
    }
    if (question->anonymous_id.len > 0) {
        finding->actors[finding->actor_count++] =
            (struct store_actor){STORE_ACTOR_ANONYMOUS, question->anonymous_id};
    }
}

enum status message_trail_find(const struct message_question *asked, struct message_trail *out) {
    struct app_service *service = asked->service;
    struct error why;
    struct message_question question = *asked;
    struct finding finding = {.question = &question, .out = out};
    *out = (struct message_trail){.state = MESSAGE_UNKNOWN};
    question.log = app_log_when_asked(service, &why);
    finding.partitions = question.log
                             ? eventlog_partition_count(question.log)
                             : (unsigned)settings_integer(service->settings, "kafka.partitions");
    read_actors(&finding);
    enum status status = question.log ? look_ahead(&finding) : STATUS_OK;
    if (status == STATUS_OK) {
        status = search_named(&finding);
    }
    if (status == STATUS_NOT_FOUND) {
        status = search_windows(&finding);
        if (status == STATUS_OK) {
            return judge_seen(&finding);
        }
    }
    if (status == STATUS_NOT_FOUND) {
        status = search_letters(&finding);
    }
    if (status == STATUS_NOT_FOUND) {
        status = search_waiting(&finding);
    }
    return status;
}
