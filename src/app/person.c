// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// footfall erase and footfall export: what a running Footfall holds about a person, removed or written out; or a whole project.
#include <stdio.h>
#include <string.h>

#include "app/command.h"
#include "app/transfer.h"
#include "base/queue.h"
#include "base/words.h"
#include "client/ask.h"
#include "http/query.h"

#define REPLY_MAX ((size_t)16 << 20)
#define LOOK_US (200 * 1000LL)

enum {
    WORD_URL,
    WORD_API_KEY,
    WORD_DATA,
    WORD_USER,
    WORD_PROJECT,
    WORD_REFUSE,
    WORD_OUTPUT,
    WORD_FROM,
    WORD_TO,
    WORD_RESUME,
    WORD_PARTIAL,
    WORD_COUNT
};

static void words_begin(struct command_word words[WORD_COUNT]) {
    words[WORD_URL] = (struct command_word){"url", NULL, false};
    words[WORD_API_KEY] = (struct command_word){"api-key", NULL, false};
    words[WORD_DATA] = (struct command_word){"data", "./footfall-data", false};
    words[WORD_USER] = (struct command_word){"user", NULL, false};
    words[WORD_PROJECT] = (struct command_word){"project", NULL, false};
    words[WORD_REFUSE] = (struct command_word){"keep-refusing", NULL, true};
    words[WORD_OUTPUT] = (struct command_word){"output", NULL, false};
    words[WORD_FROM] = (struct command_word){"from", NULL, false};
    words[WORD_TO] = (struct command_word){"to", NULL, false};
    words[WORD_RESUME] = (struct command_word){"resume", NULL, true};
    words[WORD_PARTIAL] = (struct command_word){"partial", NULL, true};
}

static enum status read_words(int argc, char *const *argv, struct command_word *words,
                              struct client_target *target, struct error *err) {
    words_begin(words);
    enum status status = command_words_read(argc, argv, words, WORD_COUNT, err);
    if (status == STATUS_OK) {
        status = client_target_find(words[WORD_URL].value, words[WORD_API_KEY].value,
                                    words[WORD_DATA].value, target, err);
    }
    command_words_wipe(argc, argv, "api-key");
    return status == STATUS_OK ? client_target_needs_key(target, err) : status;
}

static enum status needs_user(const struct command_word *words, struct error *err) {
    return words[WORD_USER].value
               ? STATUS_OK
               : error_set(err, STATUS_INVALID, "--user is needed: whose data it is");
}

// "URL/users/ID/what?project=P", or of a path that is complete.
static void make_url(const struct client_target *target, const struct command_word *words,
                     const char *path, const char *what, struct buffer *out) {
    buffer_append_str(out, str_from_c(target->url));
    if (path) {
        buffer_append_str(out, str_from_c(path));
    } else {
        buffer_append_str(out, STR("/users/"));
        http_percent_encode(out, str_from_c(words[WORD_USER].value));
        buffer_append_str(out, str_from_c(what));
    }
    if (words[WORD_PROJECT].value) {
        buffer_append_str(out, STR("?project="));
        http_percent_encode(out, str_from_c(words[WORD_PROJECT].value));
    }
    buffer_append_char(out, '\0');
}

static enum status ask(const struct client_target *target, const struct command_word *words,
                       const char *method, const char *path, const char *what, struct str body,
                       FILE *stream, long *code, struct buffer *reply, struct error *err) {
    char url[4096];
    struct buffer text;
    buffer_init_fixed(&text, url, sizeof url);
    make_url(target, words, path, what, &text);
    if (buffer_status(&text) != STATUS_OK) {
        return error_set(err, STATUS_INVALID, "--user or --url is too long");
    }
    struct client_request request = {
        .method = method, .url = url, .bearer = target->api_key, .body = body, .stream = stream};
    return client_send(&request, code, reply, err);
}

// --- erase --------------------------------------------------------------------------------------------------------------

static void read_receipt(const struct buffer *reply, char id[64], char state[16]) {
    const struct json_value *root = NULL;
    struct error err;
    struct arena arena;
    arena_init(&arena, 4096, 0);
    id[0] = state[0] = '\0';
    if (client_parse(buffer_str(reply), &arena, &root, &err) == STATUS_OK) {
        (void)snprintf(id, 64, "%.*s", STR_ARG(json_get_string(root, STR("id"))));
        (void)snprintf(state, 16, "%.*s", STR_ARG(json_get_string(root, STR("state"))));
    }
    arena_free(&arena);
}

// Asks for the receipt until it says done.
static enum status follow(const struct client_target *target, const struct command_word *words,
                          long *code, struct buffer *reply, struct error *err) {
    char id[64], state[16], path[128];
    enum status status = STATUS_OK;
    struct queue_waker waker;
    queue_waker_init(&waker);
    read_receipt(reply, id, state);
    (void)snprintf(path, sizeof path, "/erasures/%s", id);
    while (status == STATUS_OK && *code < 400 && id[0] &&
           (strcmp(state, "requested") == 0 || strcmp(state, "running") == 0)) {
        (void)fprintf(stderr, "erasure %s: %s\n", id, state);
        queue_wait(&waker, LOOK_US);
        buffer_clear(reply);
        status = ask(target, words, "GET", path, NULL, STR_EMPTY, NULL, code, reply, err);
        if (status == STATUS_OK && *code < 400) {
            read_receipt(reply, id, state);
        }
    }
    queue_waker_destroy(&waker);
    return status;
}

int app_erase_command(int argc, char *const *argv) {
    struct command_word words[WORD_COUNT];
    struct client_target target;
    struct error err = {STATUS_OK, ""};
    if (read_words(argc, argv, words, &target, &err) != STATUS_OK ||
        needs_user(words, &err) != STATUS_OK) {
        return app_complain(APP_USAGE, &err);
    }
    struct buffer reply;
    long code = 0;
    buffer_init(&reply, REPLY_MAX);
    struct str body = words[WORD_REFUSE].value ? STR("{\"keepRefusing\":true}") : STR("{}");
    enum status status =
        ask(&target, words, "POST", NULL, "/erasure", body, NULL, &code, &reply, &err);
    if (status == STATUS_OK && code == 202) {
        status = follow(&target, words, &code, &reply, &err);
    }
    int result = status != STATUS_OK ? app_complain(APP_FAILED, &err)
                 : code >= 400       ? client_show(stderr, &reply, APP_FAILED)
                                     : client_show(stdout, &reply, APP_OK);
    buffer_free(&reply);
    return result;
}

// --- export -------------------------------------------------------------------------------------------------------------

static int export_to(const struct client_target *target, const struct command_word *words,
                     FILE *out) {
    struct error err = {STATUS_OK, ""};
    struct buffer reply;
    long code = 0;
    buffer_init(&reply, REPLY_MAX);
    enum status status =
        ask(target, words, "GET", NULL, "/export", STR_EMPTY, out, &code, &reply, &err);
    int result = status != STATUS_OK ? app_complain(APP_FAILED, &err)
                 : code >= 400       ? client_show(stderr, &reply, APP_FAILED)
                                     : APP_OK;
    buffer_free(&reply);
    return result;
}

// Of a project whose name is given and no user's.
static int export_project(const struct client_target *target, const struct command_word *words) {
    struct error err = {STATUS_OK, ""};
    struct transfer_export wanted = {.target = target,
                                     .project = words[WORD_PROJECT].value,
                                     .from = words[WORD_FROM].value,
                                     .to = words[WORD_TO].value,
                                     .output = words[WORD_OUTPUT].value,
                                     .resume = words[WORD_RESUME].value != NULL,
                                     .partial = words[WORD_PARTIAL].value != NULL};
    if (wanted.resume && !wanted.output) {
        (void)error_set(&err, STATUS_INVALID, "--resume: needs --output, the file that is there");
        return app_complain(APP_USAGE, &err);
    }
    return app_export_project(&wanted);
}

int app_export_command(int argc, char *const *argv) {
    struct command_word words[WORD_COUNT];
    struct client_target target;
    struct error err = {STATUS_OK, ""};
    if (read_words(argc, argv, words, &target, &err) != STATUS_OK) {
        return app_complain(APP_USAGE, &err);
    }
    if (!words[WORD_USER].value && words[WORD_PROJECT].value) {
        return export_project(&target, words);
    }
    if (!words[WORD_USER].value) {
        (void)error_set(&err, STATUS_INVALID, "--user or --project is needed: what to export");
        return app_complain(APP_USAGE, &err);
    }
    const char *path = words[WORD_OUTPUT].value;
    FILE *out = path ? fopen(path, "wxe") : stdout;
    if (!out) {
        (void)error_set(&err, STATUS_IO, "%s: cannot be made; it must not be there yet", path);
        return app_complain(APP_FAILED, &err);
    }
    int result = export_to(&target, words, out);
    if (path && fclose(out) != 0 && result == APP_OK) {
        (void)error_set(&err, STATUS_IO, "%s: cannot be written", path);
        result = app_complain(APP_FAILED, &err);
    }
    return result;
}
