// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// footfall import: lines of an export into a running Footfall, some at a time; which of them were refused, by line.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "base/queue.h"
#include "base/words.h"
#include "client/ask.h"
#include "http/query.h"

#define REPLY_MAX ((size_t)16 << 20)
#define BATCH_BYTES ((size_t)512 << 10)
#define BATCH_MAX ((size_t)8 << 20)
#define BATCH_LINES 1000
#define BATCHES_TOLD 20
#define ATTEMPTS 120
// The processor knows the ids of those that wait, whatever is broken off and begun again, as long as they are fewer than it remembers.
#define WAITING_MOST 20000
#define LOOK_US (200 * 1000LL)

struct incoming {
    const struct client_target *target;
    FILE *in;
    char path[2048];
    struct buffer batch, reply;
    unsigned long long lines, first; // read; the number of the batch's first, from 1
    unsigned batch_lines;
    unsigned long long batches;
    int64_t events, events_known, profiles, profiles_known, rejected, waiting;
    bool is_export, is_whole; // it began as one; the last page was there
};

// --- Replies ------------------------------------------------------------------------------------------------------------

static int64_t number_of(const struct json_value *root, struct str name) {
    int64_t value = 0;
    (void)json_to_i64(json_get(root, name), &value);
    return value;
}

static void tell_rejected(struct incoming *incoming, const struct json_value *list) {
    for (const struct json_value *row = list ? list->child : NULL; row; row = row->next) {
        unsigned long long line =
            incoming->first + (unsigned long long)number_of(row, STR("line")) - 1;
        incoming->rejected++;
        (void)fprintf(stderr, "line %llu: %.*s\n", line,
                      STR_ARG(json_get_string(row, STR("reason"))));
    }
}

static enum status read_reply(struct incoming *incoming, struct error *err) {
    const struct json_value *root = NULL;
    struct arena arena;
    arena_init(&arena, 16384, 0);
    enum status status = client_parse(buffer_str(&incoming->reply), &arena, &root, err);
    if (status == STATUS_OK) {
        incoming->events += number_of(root, STR("events"));
        incoming->events_known += number_of(root, STR("eventsKnown"));
        incoming->profiles += number_of(root, STR("profiles"));
        incoming->profiles_known += number_of(root, STR("profilesKnown"));
        incoming->waiting = number_of(root, STR("waiting"));
        tell_rejected(incoming, json_get(root, STR("rejected")));
    }
    arena_free(&arena);
    return status;
}

static enum status post(struct incoming *incoming, struct str body, struct error *err) {
    long code = 0;
    enum status status = client_ask_patiently(incoming->target, "POST", incoming->path, body,
                                              ATTEMPTS, &code, &incoming->reply, err);
    if (status == STATUS_OK && code != 200) {
        return error_set(err, STATUS_DENIED, "lines %llu to %llu: the reply is %ld: %.*s",
                         incoming->first, incoming->lines, code, (int)incoming->reply.len,
                         incoming->reply.data ? incoming->reply.data : "");
    }
    return status == STATUS_OK ? read_reply(incoming, err) : status;
}

static enum status pace(struct incoming *incoming, struct error *err) {
    enum status status = STATUS_OK;
    struct queue_waker waker;
    queue_waker_init(&waker);
    while (status == STATUS_OK && incoming->waiting > WAITING_MOST) {
        queue_wait(&waker, LOOK_US);
        status = post(incoming, STR(""), err);
    }
    queue_waker_destroy(&waker);
    return status;
}

static void tell(const struct incoming *incoming) {
    (void)fprintf(
        stderr,
        "import: %llu lines, %lld events (%lld were there), %lld profiles (%lld were there), "
        "%lld refused\n",
        incoming->lines, (long long)incoming->events, (long long)incoming->events_known,
        (long long)incoming->profiles, (long long)incoming->profiles_known,
        (long long)incoming->rejected);
}

static enum status flush(struct incoming *incoming, struct error *err) {
    if (incoming->batch_lines == 0) {
        return STATUS_OK;
    }
    enum status status = post(incoming, buffer_str(&incoming->batch), err);
    buffer_clear(&incoming->batch);
    incoming->first += incoming->batch_lines;
    incoming->batch_lines = 0;
    if (++incoming->batches % BATCHES_TOLD == 0) {
        tell(incoming);
    }
    return status == STATUS_OK ? pace(incoming, err) : status;
}

// --- Lines --------------------------------------------------------------------------------------------------------------

static void look_at(struct incoming *incoming, struct str line) {
    static const char last[] = "{\"kind\":\"page\",\"next\":null}";
    if (incoming->lines == 1 && str_starts_with(line, STR("{\"kind\":\"export\""))) {
        incoming->is_export = true;
    }
    incoming->is_whole = str_equal(str_trim(line), str_make(last, sizeof last - 1));
}

static enum status take_lines(struct incoming *incoming, struct error *err) {
    enum status status = STATUS_OK;
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    while (status == STATUS_OK && (len = getline(&line, &size, incoming->in)) > 0) {
        incoming->lines++;
        look_at(incoming, str_make(line, (size_t)len));
        if (incoming->batch.len + (size_t)len > BATCH_BYTES) {
            incoming->lines--; // of the batch before it, should that fail
            status = flush(incoming, err);
            incoming->lines++;
        }
        buffer_append(&incoming->batch, line, (size_t)len);
        if (line[len - 1] != '\n') {
            buffer_append_char(&incoming->batch, '\n');
        }
        incoming->batch_lines++;
        if (buffer_status(&incoming->batch) != STATUS_OK) {
            status = error_set(err, STATUS_TOO_LARGE, "line %llu is too long", incoming->lines);
        } else if (status == STATUS_OK && incoming->batch_lines == BATCH_LINES) {
            status = flush(incoming, err);
        }
    }
    if (status == STATUS_OK && ferror(incoming->in)) {
        status = error_set(err, STATUS_IO, "the input cannot be read: %s", strerror(errno));
    }
    free(line);
    return status == STATUS_OK ? flush(incoming, err) : status;
}

static int import(struct incoming *incoming) {
    struct error err = {STATUS_OK, ""};
    buffer_init(&incoming->batch, BATCH_MAX);
    buffer_init(&incoming->reply, REPLY_MAX);
    incoming->first = 1;
    enum status status = take_lines(incoming, &err);
    buffer_free(&incoming->batch);
    buffer_free(&incoming->reply);
    tell(incoming);
    if (status == STATUS_OK && incoming->is_export && !incoming->is_whole) {
        status =
            error_set(&err, STATUS_TRUNCATED,
                      "the input ends before the export does: footfall export --resume makes it "
                      "whole; then import it again");
    }
    if (status != STATUS_OK) {
        return app_complain(APP_FAILED, &err);
    }
    return incoming->rejected > 0 ? APP_FAILED : APP_OK;
}

// --- The command --------------------------------------------------------------------------------------------------------

static enum status make_path(struct incoming *incoming, const char *project, struct error *err) {
    struct buffer path;
    buffer_init_fixed(&path, incoming->path, sizeof incoming->path);
    buffer_append_str(&path, STR("/import"));
    if (project) {
        buffer_append_str(&path, STR("?project="));
        http_percent_encode(&path, str_from_c(project));
    }
    buffer_append_char(&path, '\0');
    return buffer_status(&path) == STATUS_OK
               ? STATUS_OK
               : error_set(err, STATUS_INVALID, "--project is too long");
}

int app_import_command(int argc, char *const *argv) {
    enum { URL, API_KEY, DATA, PROJECT, INPUT, COUNT };
    struct command_word words[COUNT] = {[URL] = {"url", NULL, false},
                                        [API_KEY] = {"api-key", NULL, false},
                                        [DATA] = {"data", "./footfall-data", false},
                                        [PROJECT] = {"project", NULL, false},
                                        [INPUT] = {"input", NULL, false}};
    struct client_target target;
    struct incoming incoming = {.target = &target, .in = stdin};
    struct error err = {STATUS_OK, ""};
    enum status status = command_words_read(argc, argv, words, COUNT, &err);
    if (status == STATUS_OK) {
        status = client_target_find(words[URL].value, words[API_KEY].value, words[DATA].value,
                                    &target, &err);
    }
    command_words_wipe(argc, argv, "api-key");
    if (status == STATUS_OK) {
        status = client_target_needs_key(&target, &err);
    }
    if (status == STATUS_OK) {
        status = make_path(&incoming, words[PROJECT].value, &err);
    }
    if (status != STATUS_OK) {
        return app_complain(APP_USAGE, &err);
    }
    if (words[INPUT].value) {
        incoming.in = fopen(words[INPUT].value, "re");
        if (!incoming.in) {
            (void)error_set(&err, STATUS_IO, "%s: %s", words[INPUT].value, strerror(errno));
            return app_complain(APP_FAILED, &err);
        }
    }
    int code = import(&incoming);
    if (words[INPUT].value) {
        (void)fclose(incoming.in);
    }
    return code;
}
