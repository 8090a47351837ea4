// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// One question to one server, by libcurl.
#include <curl/curl.h>
#include <stdio.h>

#include "base/json_read.h"
#include "config_client/private.h"

void config_client_show(struct str server, char out[256]) {
    const char *scheme = memmem(server.data, server.len, "://", 3);
    size_t head = scheme ? (size_t)(scheme - server.data) + 3 : 0;
    size_t host = head;
    for (size_t i = head; i < server.len && server.data[i] != '/'; i++) {
        host = server.data[i] == '@' ? i + 1 : host;
    }
    (void)snprintf(out, 256, "%.*s%.*s", (int)(head > 16 ? 16 : head), server.data,
                   (int)(server.len - host > 200 ? 200 : server.len - host), server.data + host);
}

static size_t take(char *data, size_t size, size_t count, void *context) {
    struct buffer *reply = context;
    buffer_append(reply, data, size * count);
    return buffer_status(reply) == STATUS_OK ? size * count : 0;
}

// "/name", with '/' of a label as "(_)", as Spring's clients write it.
static void append_part(CURL *curl, struct str part, struct buffer *url) {
    buffer_append_char(url, '/');
    for (size_t start = 0; start < part.len;) {
        size_t end = start;
        while (end < part.len && part.data[end] != '/') {
            end++;
        }
        char *escaped =
            end > start ? curl_easy_escape(curl, part.data + start, (int)(end - start)) : NULL;
        if (end > start && !escaped) {
            url->failed = STATUS_NO_MEMORY;
        }
        buffer_append_str(url, escaped ? str_from_c(escaped) : STR_EMPTY);
        curl_free(escaped);
        buffer_append_str(url, end < part.len ? STR("(_)") : STR_EMPTY);
        start = end + 1;
    }
}

static void make_url(CURL *curl, const struct config_client_question *question,
                     struct buffer *url) {
    struct str server = question->server;
    while (server.len > 0 && server.data[server.len - 1] == '/') {
        server.len--;
    }
    buffer_append_str(url, server);
    append_part(curl, question->name, url);
    append_part(curl, question->profile, url);
    if (question->label.len > 0) {
        append_part(curl, question->label, url);
    }
    buffer_append_char(url, '\0');
}

static void set_options(CURL *curl, const struct config_client_question *question, const char *url,
                        char reason[CURL_ERROR_SIZE], struct buffer *reply) {
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
    if (question->username.len > 0) {
        (void)curl_easy_setopt(curl, CURLOPT_USERNAME, question->username.data);
        (void)curl_easy_setopt(curl, CURLOPT_PASSWORD, question->password.data);
    }
    if (question->ca.len > 0) {
        (void)curl_easy_setopt(curl, CURLOPT_CAINFO, question->ca.data);
    }
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "Footfall/" FOOTFALL_VERSION);
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, reply);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)question->timeout_ms);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)question->timeout_ms);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
}

static enum status perform(CURL *curl, const struct config_client_question *question,
                           const char *url, struct buffer *reply, struct error *err) {
    char reason[CURL_ERROR_SIZE] = "", shown[256];
    config_client_show(question->server, shown);
    set_options(curl, question, url, reason, reply);
    CURLcode code = curl_easy_perform(curl);
    long answer = 0;
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer);
    if (buffer_status(reply) != STATUS_OK) {
        return error_set(err, buffer_status(reply), "%s: its reply is too large", shown);
    }
    if (code != CURLE_OK) {
        return error_set(err, STATUS_UNAVAILABLE, "%s: %s", shown,
                         reason[0] ? reason : curl_easy_strerror(code));
    }
    return answer == 200
               ? STATUS_OK
               : error_set(err, STATUS_UNAVAILABLE, "%s: it answers %ld%s", shown, answer,
                           answer == 401 || answer == 403 ? ": user or password are not right"
                                                          : "");
}

enum status config_client_ask(const struct config_client_question *question, struct buffer *reply,
                              struct error *err) {
    static const char padding[JSON_PADDING];
    struct curl_slist *headers = curl_slist_append(NULL, "Accept: application/json");
    struct buffer url;
    CURL *curl = curl_easy_init();
    buffer_init(&url, 8192);
    enum status status = STATUS_NO_MEMORY;
    if (curl && headers) {
        make_url(curl, question, &url);
        status = buffer_status(&url);
    }
    if (status == STATUS_OK) {
        (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        status = perform(curl, question, url.data, reply, err);
    } else {
        (void)error_set(err, status, "the question to a config server: %s", status_text(status));
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    buffer_free(&url);
    if (status == STATUS_OK) {
        buffer_append(reply, padding, sizeof padding);
        reply->len -= buffer_status(reply) == STATUS_OK ? sizeof padding : 0;
        status = buffer_status(reply);
    }
    return status;
}
