// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// footfall backup, backup verify and restore.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/command.h"
#include "app/engines.h"
#include "backup/backup.h"
#include "base/log.h"
#include "base/words.h"
#include "client/ask.h"

#define LOOK_US 200000
#define REPLY_MAX ((size_t)1024 * 1024)

static void print_result(const char *what, const struct backup_result *result) {
    (void)printf("%s %s: %llu files, %llu bytes\n", what, result->name,
                 (unsigned long long)result->files, (unsigned long long)result->bytes);
}

// --- Of a running Footfall --------------------------------------------------------------------------------------------

struct answer {
    int64_t asked, done;
    struct str name, error;
};

static enum status read_answer(const struct buffer *reply, struct arena *arena, struct answer *out,
                               struct error *err) {
    const struct json_value *root = NULL;
    enum status status = client_parse(buffer_str(reply), arena, &root, err);
    if (status != STATUS_OK) {
        return status;
    }
    if (!json_to_i64(json_get(root, STR("asked")), &out->asked) ||
        !json_to_i64(json_get(root, STR("done")), &out->done)) {
        return error_set(err, STATUS_INVALID, "the reply is not one of Footfall");
    }
    out->error = json_get_string(root, STR("error"));
    out->name = json_get_string(json_get(root, STR("last")), STR("name"));
    return STATUS_OK;
}

static enum status call(const struct client_target *target, const char *method, struct arena *arena,
                        struct answer *out, struct error *err) {
    long code = 0;
    struct buffer reply;
    buffer_init(&reply, REPLY_MAX);
    enum status status = client_ask(target, method, "/backups", STR_EMPTY, &code, &reply, err);
    if (status == STATUS_OK && code >= 400) {
        status = error_set(err, STATUS_DENIED, "%s/backups answers %ld: %.*s", target->url, code,
                           (int)reply.len, reply.data ? reply.data : "");
    }
    if (status == STATUS_OK) {
        status = read_answer(&reply, arena, out, err);
    }
    buffer_free(&reply);
    return status;
}

static int ask_running(const struct client_target *target) {
    struct error err = {STATUS_OK, ""};
    struct answer answer = {.done = 0};
    struct arena arena;
    arena_init(&arena, 16384, 0);
    enum status status = call(target, "POST", &arena, &answer, &err);
    int64_t ticket = answer.asked;
    while (status == STATUS_OK && answer.done < ticket) {
        (void)usleep(LOOK_US);
        arena_reset(&arena);
        status = call(target, "GET", &arena, &answer, &err);
    }
    if (status == STATUS_OK && answer.error.len > 0) {
        status = error_set(&err, STATUS_IO, "%.*s", STR_ARG(answer.error));
    }
    if (status == STATUS_OK) {
        (void)printf("taken %.*s\n", STR_ARG(answer.name));
    }
    arena_free(&arena);
    return status == STATUS_OK ? APP_OK : app_complain(APP_FAILED, &err);
}

// --- Of one that is stopped -------------------------------------------------------------------------------------------

static enum status take_stopped(const struct settings *settings, const char *to,
                                struct backup_result *result, struct error *err) {
    struct client_paths paths;
    struct backup_config config = {.directory = to, .clock = clock_system()};
    enum status status = client_data_paths(settings_string(settings, "data"), &paths, err);
    if (status == STATUS_OK && (access(paths.store, F_OK) != 0 || access(paths.log, F_OK) != 0)) {
        status = error_set(err, STATUS_NOT_FOUND, "data: there is no installation in %.*s",
                           STR_ARG(settings_string(settings, "data")));
    }
    if (status == STATUS_OK) {
        status = app_open_embedded(settings, &paths, 0, &config.log, &config.store, err);
    }
    if (status == STATUS_OK) {
        config.credentials = paths.credentials;
        status = backup_take(&config, result, err);
    }
    store_close(config.store);
    eventlog_close(config.log);
    return status;
}

static int back_up_stopped(const char *data, const char *to) {
    char *const words[] = {"--data", (char *)(uintptr_t)data, NULL}; // only read
    struct settings *settings = NULL;
    struct error err = {STATUS_OK, ""};
    struct backup_result result;
    int used = 0;
    if (app_load_settings(2, words, &used, &settings, &err) != STATUS_OK) {
        return app_complain(APP_USAGE, &err);
    }
    log_configure(LOG_LEVEL_WARN, LOG_FORMAT_TEXT, STDERR_FILENO);
    enum status status = take_stopped(settings, to, &result, &err);
    settings_free(settings);
    if (status != STATUS_OK) {
        return app_complain(APP_FAILED, &err);
    }
    print_result("taken", &result);
    return APP_OK;
}

// --- The commands -----------------------------------------------------------------------------------------------------

static int verify(int argc, char *const *argv) {
    struct error err = {STATUS_OK, ""};
    struct backup_result result;
    if (argc != 1) {
        (void)error_set(&err, STATUS_INVALID, "backup verify: name one backup");
        return app_complain(APP_USAGE, &err);
    }
    if (backup_verify(argv[0], &result, &err) != STATUS_OK) {
        return app_complain(APP_FAILED, &err);
    }
    print_result("whole", &result);
    return APP_OK;
}

int app_backup_command(int argc, char *const *argv) {
    enum { URL, API_KEY, DATA, TO, COUNT };
    struct command_word words[COUNT] = {[URL] = {"url", NULL, false},
                                        [API_KEY] = {"api-key", NULL, false},
                                        [DATA] = {"data", "./footfall-data", false},
                                        [TO] = {"to", NULL, false}};
    struct error err = {STATUS_OK, ""};
    struct client_target target;
    if (argc > 0 && strcmp(argv[0], "verify") == 0) {
        return verify(argc - 1, argv + 1);
    }
    enum status status = command_words_read(argc, argv, words, COUNT, &err);
    if (status == STATUS_OK && words[TO].value) {
        return back_up_stopped(words[DATA].value, words[TO].value);
    }
    if (status == STATUS_OK) {
        status = client_target_find(words[URL].value, words[API_KEY].value, words[DATA].value,
                                    &target, &err);
    }
    command_words_wipe(argc, argv, "api-key");
    if (status == STATUS_OK) {
        status = client_target_needs_key(&target, &err);
    }
    return status == STATUS_OK ? ask_running(&target) : app_complain(APP_USAGE, &err);
}

int app_restore_command(int argc, char *const *argv) {
    enum { FROM, DATA, COUNT };
    struct command_word words[COUNT] = {
        [FROM] = {"from", NULL, false}, [DATA] = {"data", NULL, false}};
    struct error err = {STATUS_OK, ""};
    struct backup_result result;
    enum status status = command_words_read(argc, argv, words, COUNT, &err);
    if (status == STATUS_OK && (!words[FROM].value || !words[DATA].value)) {
        status = error_set(&err, STATUS_INVALID, "restore: --from and --data are needed");
    }
    if (status != STATUS_OK) {
        return app_complain(APP_USAGE, &err);
    }
    status = backup_restore(words[FROM].value, words[DATA].value, &result, &err);
    if (status != STATUS_OK) {
        return app_complain(APP_FAILED, &err);
    }
    print_result("restored", &result);
    return APP_OK;
}
