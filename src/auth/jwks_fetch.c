// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Fetching key sets with libcurl.
#include "auth/jwks_fetch.h"

#include <curl/curl.h>
#include <stdio.h>

#include "base/file.h"
#define TIMEOUT_S 10L
#define PLACE_MAX 1024

static size_t take(char *data, size_t size, size_t count, void *context) {
    struct buffer *reply = context;
    buffer_append(reply, data, size * count);
    return buffer_status(reply) == STATUS_OK ? size * count : 0; // anything else ends the transfer
}

static enum status fetch_url(const char *url, struct buffer *reply, struct error *err) {
    CURL *curl = curl_easy_init();
    char reason[CURL_ERROR_SIZE] = "";
    long code = 0;
    if (!curl) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, TIMEOUT_S);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, reply);
    CURLcode result = curl_easy_perform(curl);
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
    curl_easy_cleanup(curl);
    if (result != CURLE_OK) {
        return error_set(err, STATUS_UNAVAILABLE, "%s: %s", url,
                         reason[0] ? reason : curl_easy_strerror(result));
    }
    return code == 200 ? STATUS_OK
                       : error_set(err, STATUS_UNAVAILABLE, "%s: answered with %ld", url, code);
}

enum status jwks_fetch(struct str place, struct jwks **out, struct error *err) {
    char text[PLACE_MAX];
    struct buffer reply;
    if (place.len >= sizeof text) {
        return error_set(err, STATUS_INVALID, "the address is longer than %d bytes", PLACE_MAX - 1);
    }
    (void)snprintf(text, sizeof text, "%.*s", STR_ARG(place));
    buffer_init(&reply, JWKS_BYTES_MAX);
    bool remote = str_starts_with(place, STR("http://")) || str_starts_with(place, STR("https://"));
    enum status status = remote ? fetch_url(text, &reply, err) : file_read(text, &reply, err);
    if (status == STATUS_OK && buffer_status(&reply) != STATUS_OK) {
        status = error_set(err, buffer_status(&reply), "%s: %s", text,
                           status_text(buffer_status(&reply)));
    }
    if (status == STATUS_OK) {
        struct error reason = {STATUS_OK, ""};
        status = jwks_read(buffer_str(&reply), out, &reason);
        if (status != STATUS_OK) {
            status = error_set(err, status, "%s: %s", text, reason.text);
        }
    }
    buffer_free(&reply);
    return status;
}
