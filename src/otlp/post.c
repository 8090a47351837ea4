// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// POST by libcurl; the connection is kept between requests.
#include "otlp/post.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "http/gzip.h"

#define CONNECT_MS 5000L
#define TOTAL_MS 10000L // what a collector needs, by the specification's default
#define REPLY_MOST ((size_t)64 * 1024)
#define URL_MAX 2048
#define HEADER_MAX 4096
#define BODY_MAX ((size_t)64 << 20)
#define RETRY_AFTER_MOST_MS (5 * 60 * 1000)
#define GZIP_LEVEL 1

struct otlp_post {
    CURL *curl;
    struct curl_slist *headers;
    char *endpoint;
    struct buffer body;
    size_t received;
    bool (*give_up)(void *context);
    void *context;
    char reason[CURL_ERROR_SIZE];
};

// --- Making ---------------------------------------------------------------------------------------------------------

static bool add_line(struct otlp_post *post, const char *line) {
    struct curl_slist *longer = curl_slist_append(post->headers, line);
    post->headers = longer ? longer : post->headers;
    return longer != NULL;
}

static bool is_header(struct str name, struct str value) {
    bool good = name.len > 0 && value.data && name.len + value.len < HEADER_MAX - 3;
    for (size_t i = 0; i < name.len && good; i++) {
        good = name.data[i] > ' ' && name.data[i] < 0x7f && name.data[i] != ':';
    }
    for (size_t i = 0; i < value.len && good; i++) {
        good = (unsigned char)value.data[i] >= ' ' && value.data[i] != 0x7f;
    }
    return good;
}

// The values are secrets: err does not show them.
static enum status add_headers(struct otlp_post *post, struct str headers, struct error *err) {
    char line[HEADER_MAX];
    bool kept = add_line(post, "Content-Type: application/json") &&
                add_line(post, "Content-Encoding: gzip") && add_line(post, "Expect:");
    while (headers.len > 0 && kept) {
        struct str value = str_cut(&headers, ',');
        struct str name = str_trim(str_cut(&value, '='));
        if (!is_header(name, value)) {
            return error_set(err, STATUS_INVALID,
                             "tracing.otlp.headers: write NAME=VALUE,NAME=VALUE");
        }
        value = str_trim(value);
        (void)snprintf(line, sizeof line, "%.*s: %.*s", STR_ARG(name), STR_ARG(value));
        kept = add_line(post, line);
    }
    return kept ? STATUS_OK : error_set(err, STATUS_NO_MEMORY, "tracing.otlp: out of memory");
}

static size_t pass_over(char *data, size_t size, size_t count, void *context) {
    struct otlp_post *post = context;
    (void)data;
    post->received += size * count;
    return post->received <= REPLY_MOST ? size * count : 0;
}

static int progress(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
    const struct otlp_post *post = context;
    (void)a, (void)b, (void)c, (void)d;
    return post->give_up(post->context);
}

static void set_options(struct otlp_post *post) {
    CURL *curl = post->curl;
    (void)curl_easy_setopt(curl, CURLOPT_POST, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, post->headers);
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "Footfall/" FOOTFALL_VERSION);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, pass_over);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, post);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, progress);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFODATA, post);
    (void)curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, post->reason);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, TOTAL_MS);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
}

static enum status check_endpoint(struct str endpoint, struct error *err) {
    bool good = (str_starts_with(endpoint, STR("http://")) && endpoint.len > 7) ||
                (str_starts_with(endpoint, STR("https://")) && endpoint.len > 8);
    good = good && endpoint.len < URL_MAX - 32 && !memchr(endpoint.data, '?', endpoint.len) &&
           !memchr(endpoint.data, '#', endpoint.len) && !memchr(endpoint.data, ' ', endpoint.len);
    return good ? STATUS_OK
                : error_set(err, STATUS_INVALID,
                            "tracing.otlp.endpoint: a URL like http://127.0.0.1:4318 is needed; "
                            "/v1/traces is put behind it");
}

enum status otlp_post_make(struct str endpoint, struct str headers, bool (*give_up)(void *context),
                           void *context, struct otlp_post **out, struct error *err) {
    enum status status = check_endpoint(endpoint, err);
    if (status != STATUS_OK) {
        return status;
    }
    struct otlp_post *post = calloc(1, sizeof *post);
    if (!post) {
        return error_set(err, STATUS_NO_MEMORY, "tracing.otlp: out of memory");
    }
    buffer_init(&post->body, BODY_MAX);
    post->give_up = give_up;
    post->context = context;
    while (endpoint.data[endpoint.len - 1] == '/') {
        endpoint.len--;
    }
    post->endpoint = strndup(endpoint.data, endpoint.len);
    post->curl = curl_easy_init();
    status = post->endpoint && post->curl
                 ? add_headers(post, headers, err)
                 : error_set(err, STATUS_NO_MEMORY, "tracing.otlp: out of memory");
    if (status != STATUS_OK) {
        otlp_post_free(post);
        return status;
    }
    set_options(post);
    *out = post;
    return STATUS_OK;
}

void otlp_post_free(struct otlp_post *post) {
    if (post) {
        curl_slist_free_all(post->headers);
        curl_easy_cleanup(post->curl);
        buffer_free(&post->body);
        free(post->endpoint);
        free(post);
    }
}

// --- Sending --------------------------------------------------------------------------------------------------------

static enum status judge(struct otlp_post *post, CURLcode code, int64_t *wait_ms,
                         struct error *err) {
    long status = 0;
    curl_off_t after = 0;
    (void)curl_easy_getinfo(post->curl, CURLINFO_RESPONSE_CODE, &status);
    // Of a reply that is too long the head is enough.
    bool answered = status >= 200 && (code == CURLE_OK || code == CURLE_WRITE_ERROR);
    if (!answered) {
        return error_set(err, STATUS_UNAVAILABLE, "%s",
                         post->reason[0] ? post->reason : curl_easy_strerror(code));
    }
    if (status < 300) {
        return STATUS_OK;
    }
    if (status != 429 && status != 502 && status != 503 && status != 504) {
        return error_set(err, STATUS_INVALID, "the collector answers %ld", status);
    }
    if (curl_easy_getinfo(post->curl, CURLINFO_RETRY_AFTER, &after) == CURLE_OK && after > 0) {
        *wait_ms = after < RETRY_AFTER_MOST_MS / 1000 ? after * 1000 : RETRY_AFTER_MOST_MS;
    }
    return error_set(err, STATUS_UNAVAILABLE, "the collector answers %ld", status);
}

enum status otlp_post_send(struct otlp_post *post, const char *path, struct str json,
                           int64_t *wait_ms, struct error *err) {
    char url[URL_MAX];
    *wait_ms = -1;
    buffer_clear(&post->body);
    enum status status = gzip_deflate(json, GZIP_LEVEL, &post->body);
    if (status != STATUS_OK) {
        return error_set(err, status, "it cannot be compressed: %s", status_text(status));
    }
    (void)snprintf(url, sizeof url, "%s%s", post->endpoint, path);
    post->received = 0;
    post->reason[0] = '\0';
    (void)curl_easy_setopt(post->curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(post->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)post->body.len);
    (void)curl_easy_setopt(post->curl, CURLOPT_POSTFIELDS, post->body.data);
    return judge(post, curl_easy_perform(post->curl), wait_ms, err);
}
