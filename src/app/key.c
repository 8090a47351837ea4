// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// footfall key: makes, lists and revokes keys of a running Footfall.
#include <stdio.h>
#include <string.h>

#include "app/command.h"
#include "base/json_write.h"
#include "base/words.h"
#include "client/client.h"

enum {
    WORD_URL,
    WORD_API_KEY,
    WORD_DATA,
    WORD_ROLE,
    WORD_PROJECT,
    WORD_LABEL,
    WORD_ID,
    WORD_COUNT
};

static int show(enum status status, long code, const struct buffer *reply,
                const struct error *err) {
    if (status != STATUS_OK) {
        return app_complain(APP_FAILED, err);
    }
    FILE *out = code >= 400 ? stderr : stdout;
    (void)fwrite(reply->data ? reply->data : "", 1, reply->len, out);
    (void)fputc('\n', out);
    return code >= 400 ? APP_FAILED : APP_OK;
}

static int call(const struct client_target *target, const char *method, const char *path,
                struct str body) {
    char url[1024];
    (void)snprintf(url, sizeof url, "%s%s", target->url, path);
    struct client_request request = {
        .method = method, .url = url, .bearer = target->api_key, .body = body};
    struct buffer reply;
    buffer_init(&reply, 16 * 1024 * 1024);
    struct error err = {STATUS_OK, ""};
    long code = 0;
    enum status status = client_send(&request, &code, &reply, &err);
    int result = show(status, code, &reply, &err);
    buffer_free(&reply);
    return result;
}

static int create(const struct client_target *target, const struct command_word *words) {
    struct buffer body;
    buffer_init(&body, 4096);
    struct json_writer writer;
    json_writer_init(&writer, &body);
    json_begin_object(&writer);
    json_member_string(&writer, STR("role"), str_from_c(words[WORD_ROLE].value));
    if (words[WORD_PROJECT].value) {
        json_member_string(&writer, STR("project"), str_from_c(words[WORD_PROJECT].value));
    }
    if (words[WORD_LABEL].value) {
        json_member_string(&writer, STR("label"), str_from_c(words[WORD_LABEL].value));
    }
    json_end_object(&writer);
    int code = APP_USAGE;
    if (json_writer_status(&writer) == STATUS_OK) {
        code = call(target, "POST", "/keys", buffer_str(&body));
    } else {
        struct error err;
        (void)error_set(&err, STATUS_INVALID, "a flag's value is not valid UTF-8 or too long");
        code = app_complain(APP_USAGE, &err);
    }
    buffer_free(&body);
    return code;
}

static int revoke(const struct client_target *target, const char *id) {
    char path[200];
    struct error err;
    // Ids are made of letters, digits, '_' and '-': nothing that would need escaping may pass.
    if (strlen(id) > 100 ||
        strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") !=
            strlen(id)) {
        (void)error_set(&err, STATUS_INVALID, "--id: this is no key id (see: footfall key list)");
        return app_complain(APP_USAGE, &err);
    }
    (void)snprintf(path, sizeof path, "/keys/%s", id);
    return call(target, "DELETE", path, STR_EMPTY);
}

int app_key_command(int argc, char *const *argv) {
    struct command_word words[WORD_COUNT] = {
        [WORD_URL] = {"url", NULL, false},
        [WORD_API_KEY] = {"api-key", NULL, false},
        [WORD_DATA] = {"data", "./footfall-data", false},
        [WORD_ROLE] = {"role", "write", false},
        [WORD_PROJECT] = {"project", NULL, false},
        [WORD_LABEL] = {"label", NULL, false},
        [WORD_ID] = {"id", NULL, false},
    };
    struct error err = {STATUS_OK, ""};
    const char *action = argc > 0 ? argv[0] : "";
    enum status status = argc > 0
                             ? command_words_read(argc - 1, argv + 1, words, WORD_COUNT, &err)
                             : error_set(&err, STATUS_INVALID, "key: say create, list or revoke");
    struct client_target target;
    if (status == STATUS_OK) {
        status = client_target_find(words[WORD_URL].value, words[WORD_API_KEY].value,
                                    words[WORD_DATA].value, &target, &err);
    }
    command_words_wipe(argc, argv, "api-key");
    if (status == STATUS_OK) {
        status = client_target_needs_key(&target, &err);
    }
    if (status != STATUS_OK) {
        return app_complain(APP_USAGE, &err);
    }
    if (strcmp(action, "create") == 0) {
        if (!words[WORD_PROJECT].value && strcmp(words[WORD_ROLE].value, "write") == 0) {
            words[WORD_PROJECT].value = "default";
        }
        return create(&target, words);
    }
    if (strcmp(action, "list") == 0) {
        return call(&target, "GET", "/keys", STR_EMPTY);
    }
    if (strcmp(action, "revoke") == 0 && words[WORD_ID].value) {
        return revoke(&target, words[WORD_ID].value);
    }
    if (strcmp(action, "revoke") == 0) {
        (void)error_set(&err, STATUS_INVALID, "key revoke: --id is needed");
    } else {
        (void)error_set(&err, STATUS_INVALID, "key: \"%s\" is none of create, list, revoke",
                        action);
    }
    return app_complain(APP_USAGE, &err);
}
