// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Sends batches of events to a Footfall over one connection.
#include "demo/sender.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buffer.h"
#include "base/json_read.h"

#define REPLY_MAX (4 * 1024 * 1024)
#define TRIES 60

struct demo_sender {
    CURL *curl;
    struct curl_slist *headers;
    struct buffer reply;
    struct json_parser *parser;
    char url[512];
    char reason[CURL_ERROR_SIZE];
};

static size_t take_reply(char *data, size_t size, size_t count, void *context) {
    struct buffer *reply = context;
    buffer_append(reply, data, size * count);
    return buffer_status(reply) == STATUS_OK ? size * count : 0;
}

enum status demo_sender_make(const char *url, const char *write_key, struct demo_sender **out,
                             struct error *err) {
    struct demo_sender *sender = calloc(1, sizeof *sender);
    if (!sender) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    buffer_init(&sender->reply, REPLY_MAX);
    sender->curl = curl_easy_init();
    sender->headers = curl_slist_append(NULL, "Content-Type: application/json");
    enum status status =
        sender->curl && sender->headers ? json_parser_make(&sender->parser) : STATUS_NO_MEMORY;
    if (status != STATUS_OK) {
        demo_sender_free(sender);
        return error_set(err, status, "%s", status_text(status));
    }
    (void)snprintf(sender->url, sizeof sender->url, "%s/v1/batch", url);
    (void)curl_easy_setopt(sender->curl, CURLOPT_URL, sender->url);
    (void)curl_easy_setopt(sender->curl, CURLOPT_HTTPHEADER, sender->headers);
    (void)curl_easy_setopt(sender->curl, CURLOPT_USERNAME, write_key);
    (void)curl_easy_setopt(sender->curl, CURLOPT_PASSWORD, "");
    (void)curl_easy_setopt(sender->curl, CURLOPT_ERRORBUFFER, sender->reason);
    (void)curl_easy_setopt(sender->curl, CURLOPT_WRITEFUNCTION, take_reply);
    (void)curl_easy_setopt(sender->curl, CURLOPT_WRITEDATA, &sender->reply);
    (void)curl_easy_setopt(sender->curl, CURLOPT_TIMEOUT, 30L);
    (void)curl_easy_setopt(sender->curl, CURLOPT_NOSIGNAL, 1L);
    *out = sender;
    return STATUS_OK;
}

void demo_sender_free(struct demo_sender *sender) {
    if (sender) {
        curl_easy_cleanup(sender->curl);
        curl_slist_free_all(sender->headers);
        json_parser_free(sender->parser);
        buffer_free(&sender->reply);
        free(sender);
    }
}

static enum status count_rejected(struct demo_sender *sender, uint64_t *rejected,
                                  struct error *err) {
    static const struct json_limits limits = {.depth = 8};
    if (buffer_reserve(&sender->reply, JSON_PADDING) != STATUS_OK) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    struct arena arena;
    arena_init(&arena, 64 * 1024, 0);
    const struct json_value *root = NULL;
    enum status status =
        json_parse(sender->parser, buffer_str(&sender->reply), &limits, &arena, &root, err);
    const struct json_value *list = status == STATUS_OK ? json_get(root, STR("rejected")) : NULL;
    *rejected = list ? list->count : 0;
    arena_free(&arena);
    return status;
}

static void wait_before_retry(unsigned attempt) {
    long ms = attempt < 5 ? 50L << attempt : 1000;
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&pause, NULL);
}

enum status demo_sender_send(struct demo_sender *sender, struct str body, uint64_t *rejected,
                             struct error *err) {
    long code = 0;
    (void)curl_easy_setopt(sender->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
    (void)curl_easy_setopt(sender->curl, CURLOPT_POSTFIELDS, body.data);
    for (unsigned attempt = 0; attempt < TRIES; attempt++) {
        buffer_clear(&sender->reply);
        CURLcode result = curl_easy_perform(sender->curl);
        code = 0;
        if (result == CURLE_OK) {
            (void)curl_easy_getinfo(sender->curl, CURLINFO_RESPONSE_CODE, &code);
        }
        if (code == 200) {
            return count_rejected(sender, rejected, err);
        }
        if (code > 0 && code != 429 && code < 500) {
            return error_set(err, code == 401 ? STATUS_DENIED : STATUS_INVALID,
                             "%s answered %ld: %.*s", sender->url, code,
                             STR_ARG(buffer_str(&sender->reply)));
        }
        wait_before_retry(attempt);
    }
    return error_set(err, STATUS_UNAVAILABLE, "%s: %s", sender->url,
                     code > 0 ? "the server stays busy" : sender->reason);
}
