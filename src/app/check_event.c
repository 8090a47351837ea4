// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// footfall check-config --event: each event of a file goes through the rules, and what happened is printed.
#include "app/check_event.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "activity/reader.h"
#include "app/command.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json_write.h"

#define FILE_MOST ((size_t)64 * 1024 * 1024)
#define OUT_MOST ((size_t)16 * 1024 * 1024)

struct check {
    const struct shape_rules *rules;
    const struct funnel_set *funnels;
    struct shape_worker *shape;
    struct activity_worker activity;
    struct json_parser *parser;
    struct shape_counts *counts; // of the event
    struct arena arena;          // of the event
    struct buffer out;
    size_t number; // of the event, from 1
    bool failed;   // something was no event
};

// ---- Reading --------------------------------------------------------------------------------------------------------

static enum status read_file(const char *path, struct buffer *text, struct error *err) {
    if (strcmp(path, "-") != 0) {
        return file_read(path, text, err);
    }
    enum status status = file_read_rest(STDIN_FILENO, text);
    return status == STATUS_OK
               ? status
               : error_set(err, status, "standard input: %s",
                           status == STATUS_IO ? strerror(errno) : status_text(status));
}

static bool no_key(void *context, struct str key, struct arena *arena, struct str *project) {
    (void)context;
    (void)key;
    (void)arena;
    (void)project;
    return false;
}

// Followed by JSON_PADDING bytes; data NULL: no memory.
static struct str padded(struct arena *arena, struct str text) {
    char *copy = arena_alloc_zero(arena, text.len + JSON_PADDING);
    if (copy) {
        memcpy(copy, text.data, text.len);
    }
    return str_make(copy, text.len);
}

// As it would go into the log, had it been sent to POST /events of the project "default".
static enum status take_as_sent(struct check *check, struct str text, struct str *value,
                                struct error *err) {
    const struct activity_limits limits = {
        .event_bytes = (size_t)512 * 1024, .events = 1, .record_bytes = SHAPE_PART_BYTES};
    const struct activity_keys keys = {no_key, NULL};
    struct clock *clock = clock_system();
    struct activity_input input = {.dialect = &activity_dialect_plain,
                                   .shape = ACTIVITY_ONE,
                                   .text = text,
                                   .project = STR("default"),
                                   .received_ms = clock->wall_ms(clock)};
    struct activity_result result;
    enum status status = activity_read(&input, &limits, &keys, random_system(), &check->activity,
                                       &check->arena, &result);
    if (status != STATUS_OK) {
        return error_set(err, status, "%s", status_text(status));
    }
    if (result.count != 1) {
        struct str reason = result.rejected_count > 0 ? result.rejected[0].reason : result.reason;
        return error_set(err, STATUS_INVALID, "%.*s", STR_ARG(reason));
    }
    *value = padded(&check->arena, result.records[0].value);
    return value->data ? STATUS_OK : error_set(err, STATUS_NO_MEMORY, "out of memory");
}

// Of the log, by what only stands there; or as sent.
static bool is_of_the_log(struct check *check, struct str text) {
    const struct json_value *root = NULL;
    return json_parse(check->parser, text, &(struct json_limits){.depth = JSON_DEPTH_MOST},
                      &check->arena, &root, NULL) == STATUS_OK &&
           json_get(root, STR("project")) && json_get(root, STR("receivedAt"));
}

// ---- Printing -------------------------------------------------------------------------------------------------------

static struct str did(const struct shape_counts *counts) {
    for (unsigned i = SHAPE_COUNTS - 1; i > SHAPE_COUNT_MATCHED; i--) {
        if (counts->of[i] > 0) {
            return shape_count_name((enum shape_count)i);
        }
    }
    return STR("nothing");
}

// Privacy signals come before all rules.
static bool is_reached(const struct check *check, const struct shape_outcome *outcome,
                       unsigned rule) {
    unsigned written = shape_rules_written(check->rules);
    if (outcome->fate == SHAPE_KEPT || rule >= written) {
        return true;
    }
    return outcome->rule < written && rule <= outcome->rule;
}

static void print_rules(struct check *check, struct json_writer *writer,
                        const struct shape_outcome *outcome) {
    json_key(writer, STR("rules"));
    json_begin_array(writer);
    for (unsigned i = 0; i < shape_rules_count(check->rules); i++) {
        const struct shape_counts *counts = &check->counts[i];
        bool matched = counts->of[SHAPE_COUNT_MATCHED] > 0;
        bool reached = is_reached(check, outcome, i);
        if (i >= shape_rules_written(check->rules) && !matched) {
            continue;
        }
        json_begin_object(writer);
        json_member_string(writer, STR("rule"), shape_rule_name(check->rules, i));
        json_member_bool(writer, STR("matched"), matched);
        json_member_string(writer, STR("did"), reached ? did(counts) : STR("notReached"));
        json_end_object(writer);
    }
    json_end_array(writer);
}

static enum status print_event(struct json_writer *writer, struct str name,
                               const struct event *event) {
    json_key(writer, name);
    enum status status = event_encode(event, writer->out);
    writer->comma = true;
    return status;
}

static struct str fate_name(const struct shape_outcome *outcome) {
    static const struct str names[] = {[SHAPE_KEPT] = STR_INIT("kept"),
                                       [SHAPE_DROPPED] = STR_INIT("dropped"),
                                       [SHAPE_SAMPLED_OUT] = STR_INIT("sampledOut"),
                                       [SHAPE_DEAD_LETTER] = STR_INIT("deadLetter")};
    return names[outcome->fate];
}

static void print_outcome(struct check *check, struct json_writer *writer,
                          const struct shape_outcome *outcome) {
    json_member_u64(writer, STR("event"), check->number);
    json_member_string(writer, STR("fate"), fate_name(outcome));
    if (outcome->fate != SHAPE_KEPT) {
        json_member_string(writer, STR("rule"), shape_rule_name(check->rules, outcome->rule));
    }
    if (outcome->fate == SHAPE_DEAD_LETTER) {
        json_member_string(writer, STR("reason"), outcome->reason);
    }
    print_rules(check, writer, outcome);
}

// "funnels":{"checkout":[1]}, where there are some: of an event as rules left it.
static enum status print_steps(struct check *check, struct json_writer *writer, struct event *event,
                               struct event_trees *trees) {
    uint16_t steps[FUNNELS_MAX];
    if (funnel_set_count(check->funnels) == 0) {
        return STATUS_OK;
    }
    enum status status =
        funnel_set_match(check->funnels, check->shape, event, trees, &check->arena, steps);
    json_key(writer, STR("funnels"));
    json_begin_object(writer);
    for (size_t i = 0; i < funnel_set_count(check->funnels) && status == STATUS_OK; i++) {
        if (steps[i] == 0) {
            continue;
        }
        json_key(writer, funnel_set_at(check->funnels, i)->name);
        json_begin_array(writer);
        for (int64_t step = 1; step <= FUNNEL_STEPS_MAX; step++) {
            if (steps[i] & 1U << (step - 1)) {
                json_i64(writer, step);
            }
        }
        json_end_array(writer);
    }
    json_end_object(writer);
    return status;
}

// ---- One event ------------------------------------------------------------------------------------------------------

static enum status shape(struct check *check, struct event *event, struct event_trees *trees,
                         struct json_writer *writer) {
    struct shape_outcome outcome;
    struct buffer before;
    buffer_init(&before, OUT_MOST);
    enum status status = event_encode(event, &before);
    memset(check->counts, 0, shape_rules_count(check->rules) * sizeof *check->counts);
    if (status == STATUS_OK) {
        status = shape_apply(check->rules, check->shape, event, trees, &check->arena, check->counts,
                             &outcome);
    }
    bool kept = status == STATUS_OK && outcome.fate == SHAPE_KEPT;
    if (kept) {
        status = shape_hide_addresses(check->rules, check->shape, event, trees, &check->arena);
    }
    if (status == STATUS_OK) {
        print_outcome(check, writer, &outcome);
        json_member_raw(writer, STR("before"), buffer_str(&before));
        if (kept) {
            status = print_event(writer, STR("after"), event);
            status = status == STATUS_OK ? print_steps(check, writer, event, trees) : status;
        } else {
            json_key(writer, STR("after"));
            json_null(writer);
        }
    }
    buffer_free(&before);
    return status;
}

// Objects are kept as they were written; a line end can only be white space in them.
static void put_on_one_line(struct buffer *out) {
    for (size_t i = 0; i < out->len; i++) {
        bool end = out->data[i] == '\n' || out->data[i] == '\r';
        out->data[i] = end ? ' ' : out->data[i];
    }
    buffer_append_char(out, '\n');
}

static enum status check_event(struct check *check, struct str text) {
    struct json_writer writer;
    struct event event;
    struct event_trees trees;
    struct error err = {STATUS_OK, ""};
    struct str value = padded(&check->arena, text);
    check->number++;
    buffer_clear(&check->out);
    json_writer_init(&writer, &check->out);
    json_begin_object(&writer);
    enum status status = value.data ? STATUS_OK : STATUS_NO_MEMORY;
    if (status == STATUS_OK && !is_of_the_log(check, value)) {
        status = take_as_sent(check, value, &value, &err);
    }
    if (status == STATUS_OK) {
        status = event_decode(check->parser, value, &check->arena, &event, &trees, &err);
    }
    if (status == STATUS_NO_MEMORY) {
        return status;
    }
    if (status == STATUS_OK) {
        status = shape(check, &event, &trees, &writer);
    } else {
        check->failed = true;
        json_member_u64(&writer, STR("event"), check->number);
        json_member_string(&writer, STR("error"), str_from_c(err.text));
        status = STATUS_OK;
    }
    json_end_object(&writer);
    put_on_one_line(&check->out);
    status = status == STATUS_OK ? json_writer_status(&writer) : status;
    if (status == STATUS_OK &&
        fwrite(check->out.data, 1, check->out.len, stdout) != check->out.len) {
        status = STATUS_IO;
    }
    arena_reset(&check->arena);
    return status;
}

// ---- A file ---------------------------------------------------------------------------------------------------------

static enum status check_array(struct check *check, struct str text, struct error *err) {
    struct json_scan scan;
    struct json_scan_member member;
    enum status status = json_scan_begin(&scan, text);
    while (status == STATUS_OK && (status = json_scan_next(&scan, &member)) == STATUS_OK) {
        status = check_event(check, member.raw);
    }
    if (status == STATUS_SYNTAX || status == STATUS_TRUNCATED) {
        return error_set(err, status, "the array is no JSON from byte %zu on", scan.offset);
    }
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status check_all(struct check *check, struct str text, struct error *err) {
    enum status status = STATUS_OK;
    if (json_looks_like(text, JSON_ARRAY)) {
        status = check_array(check, text, err);
    } else {
        while (text.data && status == STATUS_OK) {
            struct str line = str_trim(str_cut(&text, '\n'));
            status = line.len > 0 ? check_event(check, line) : STATUS_OK;
        }
    }
    return status == STATUS_OK || err->status != STATUS_OK
               ? status
               : error_set(err, status, "event %zu: %s", check->number, status_text(status));
}

static enum status open_check(struct check *check) {
    arena_init(&check->arena, 65536, 0);
    buffer_init(&check->out, OUT_MOST);
    check->counts = calloc(shape_rules_count(check->rules), sizeof *check->counts);
    enum status status = check->counts ? STATUS_OK : STATUS_NO_MEMORY;
    status = status == STATUS_OK ? activity_worker_init(&check->activity) : status;
    status = status == STATUS_OK ? json_parser_make(&check->parser) : status;
    return status == STATUS_OK ? shape_worker_make(&check->shape) : status;
}

static void close_check(struct check *check) {
    shape_worker_free(check->shape);
    json_parser_free(check->parser);
    activity_worker_free(&check->activity);
    buffer_free(&check->out);
    arena_free(&check->arena);
    free(check->counts);
}

int app_check_events(const struct shape_rules *rules, const struct funnel_set *funnels,
                     const char *path) {
    struct check check = {.rules = rules, .funnels = funnels};
    struct error err = {STATUS_OK, ""};
    struct buffer text;
    buffer_init(&text, FILE_MOST);
    enum status status = open_check(&check);
    if (status != STATUS_OK) {
        (void)error_set(&err, status, "out of memory");
    }
    status = status == STATUS_OK ? read_file(path, &text, &err) : status;
    status = status == STATUS_OK ? check_all(&check, buffer_str(&text), &err) : status;
    close_check(&check);
    buffer_free(&text);
    if (status != STATUS_OK) {
        return app_complain(APP_FAILED, &err);
    }
    return check.failed ? APP_FAILED : APP_OK;
}
