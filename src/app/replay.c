// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// footfall replay: begins a replay of the log in a running Footfall, and waits for its end.
#include <stdio.h>
#include <string.h>

#include "app/command.h"
#include "base/json_write.h"
#include "base/queue.h"
#include "base/words.h"
#include "client/ask.h"

#define REPLY_MAX ((size_t)1 << 20)
#define LOOK_US (200 * 1000LL)

enum {
    WORD_URL,
    WORD_API_KEY,
    WORD_DATA,
    WORD_WAIT,
    WORD_FROM,
    WORD_FROM_OFFSET,
    WORD_FORCE,
    WORD_MANUAL,
    WORD_COUNT
};

struct replay_state {
    char id[64];
    char state[16];
    int64_t processed, records;
};

static void read_state(const struct buffer *reply, struct replay_state *out) {
    const struct json_value *root = NULL;
    struct error err;
    struct arena arena;
    arena_init(&arena, 4096, 0);
    memset(out, 0, sizeof *out);
    if (client_parse(buffer_str(reply), &arena, &root, &err) == STATUS_OK) {
        (void)snprintf(out->id, sizeof out->id, "%.*s", STR_ARG(json_get_string(root, STR("id"))));
        (void)snprintf(out->state, sizeof out->state, "%.*s",
                       STR_ARG(json_get_string(root, STR("state"))));
        (void)json_to_i64(json_get(root, STR("processed")), &out->processed);
        (void)json_to_i64(json_get(root, STR("records")), &out->records);
    }
    arena_free(&arena);
}

// Asks until it is over. A Footfall that is away may be starting again, and goes on then; who asks decides how long to wait.
static enum status follow(const struct client_target *target, struct replay_state *state,
                          long *code, struct buffer *reply, struct error *err) {
    char path[128];
    enum status status = STATUS_OK;
    struct queue_waker waker;
    queue_waker_init(&waker);
    (void)snprintf(path, sizeof path, "/replays/%s", state->id);
    while (status == STATUS_OK && *code < 400 && strcmp(state->state, "running") == 0) {
        (void)fprintf(stderr, "replay %s: %lld of %lld records\n", state->id,
                      (long long)state->processed, (long long)state->records);
        queue_wait(&waker, LOOK_US);
        status = client_ask(target, "GET", path, STR_EMPTY, code, reply, err);
        if (status == STATUS_OK && *code < 400) {
            read_state(reply, state);
        }
    }
    queue_waker_destroy(&waker);
    return status;
}

static enum status write_body(struct buffer *body, const struct command_word *words,
                              struct error *err) {
    struct json_writer writer;
    int64_t offset = 0;
    json_writer_init(&writer, body);
    json_begin_object(&writer);
    if (words[WORD_FROM].value) {
        json_member_string(&writer, STR("from"), str_from_c(words[WORD_FROM].value));
    } else if (words[WORD_FROM_OFFSET].value) {
        if (!str_to_i64(str_from_c(words[WORD_FROM_OFFSET].value), &offset) || offset < 0) {
            return error_set(err, STATUS_INVALID, "--from-offset: it must be a number");
        }
        json_member_i64(&writer, STR("from"), offset);
    }
    json_member_bool(&writer, STR("force"), words[WORD_FORCE].value != NULL);
    json_member_string(&writer, STR("switch"),
                       words[WORD_MANUAL].value ? STR("manual") : STR("auto"));
    json_end_object(&writer);
    enum status status = json_writer_status(&writer);
    return status == STATUS_OK ? status : error_set(err, status, "the request is too long");
}

static int replay(const struct client_target *target, const struct command_word *words) {
    struct replay_state state = {.id = ""};
    struct error err = {STATUS_OK, ""};
    struct buffer reply;
    long code = 0;
    buffer_init(&reply, REPLY_MAX);
    struct buffer body;
    buffer_init(&body, REPLY_MAX);
    enum status status = write_body(&body, words, &err);
    if (status == STATUS_OK) {
        status = client_ask(target, "POST", "/replays", buffer_str(&body), &code, &reply, &err);
    }
    buffer_free(&body);
    if (status == STATUS_OK && code == 202) {
        read_state(&reply, &state);
        if (words[WORD_WAIT].value) {
            status = follow(target, &state, &code, &reply, &err);
        }
    }
    bool over = !words[WORD_WAIT].value || strcmp(state.state, "switched") == 0;
    int result = status != STATUS_OK    ? app_complain(APP_FAILED, &err)
                 : code >= 400 || !over ? client_show(stderr, &reply, APP_FAILED)
                                        : client_show(stdout, &reply, APP_OK);
    buffer_free(&reply);
    return result;
}

int app_replay_command(int argc, char *const *argv) {
    struct command_word words[WORD_COUNT] = {
        [WORD_URL] = {"url", NULL, false},
        [WORD_API_KEY] = {"api-key", NULL, false},
        [WORD_DATA] = {"data", "./footfall-data", false},
        [WORD_WAIT] = {"wait", NULL, true},
        [WORD_FROM] = {"from", NULL, false},
        [WORD_FROM_OFFSET] = {"from-offset", NULL, false},
        [WORD_FORCE] = {"force", NULL, true},
        [WORD_MANUAL] = {"manual", NULL, true},
    };
    struct client_target target;
    struct error err = {STATUS_OK, ""};
    enum status status = command_words_read(argc, argv, words, WORD_COUNT, &err);
    if (status == STATUS_OK) {
        status = client_target_find(words[WORD_URL].value, words[WORD_API_KEY].value,
                                    words[WORD_DATA].value, &target, &err);
    }
    command_words_wipe(argc, argv, "api-key");
    if (status == STATUS_OK) {
        status = client_target_needs_key(&target, &err);
    }
    return status == STATUS_OK ? replay(&target, words) : app_complain(APP_USAGE, &err);
}
