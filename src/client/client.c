// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A small HTTP client for the command line.
#include "client/client.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json_read.h"
#include "client/data_directory.h"

struct receiving {
    CURL *curl;
    FILE *stream;
    struct buffer *reply;
};

static size_t take_reply(char *data, size_t size, size_t count, void *context) {
    const struct receiving *receiving = context;
    long code = 0;
    (void)curl_easy_getinfo(receiving->curl, CURLINFO_RESPONSE_CODE, &code);
    if (receiving->stream && code >= 200 && code < 300) {
        return fwrite(data, size, count, receiving->stream) * size;
    }
    buffer_append(receiving->reply, data, size * count);
    return buffer_status(receiving->reply) == STATUS_OK ? size * count : 0;
}

static enum status perform(CURL *curl, const struct client_request *request, long *status_code,
                           struct buffer *reply, struct error *err) {
    char reason[CURL_ERROR_SIZE] = "";
    (void)curl_easy_setopt(curl, CURLOPT_URL, request->url);
    (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_reply);
    struct receiving receiving = {curl, request->stream, reply};
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, &receiving);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, request->stream ? 0L : 60L);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    if (request->body.data) {
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.data);
    }
    CURLcode code = curl_easy_perform(curl);
    if (code != CURLE_OK) {
        return error_set(err, STATUS_UNAVAILABLE, "%s: %s", request->url,
                         reason[0] ? reason : curl_easy_strerror(code));
    }
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status_code);
    return STATUS_OK;
}

enum status client_send(const struct client_request *request, long *status_code,
                        struct buffer *reply, struct error *err) {
    enum status status = STATUS_NO_MEMORY;
    struct curl_slist *headers = NULL;
    CURL *curl = curl_easy_init();
    char authorization[400];
    if (!curl) {
        return error_set(err, status, "out of memory");
    }
    headers = curl_slist_append(headers, "Content-Type: application/json");
    if (request->bearer) {
        (void)snprintf(authorization, sizeof authorization, "Authorization: Bearer %s",
                       request->bearer);
        headers = curl_slist_append(headers, authorization);
    }
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    status = perform(curl, request, status_code, reply, err);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return status;
}

enum status client_read_credentials(const char *path, struct client_target *out, bool *found,
                                    struct error *err) {
    char text[4096 + JSON_PADDING];
    *found = false;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? STATUS_OK
                               : error_set(err, STATUS_IO, "%s: %s", path, strerror(errno));
    }
    ssize_t len = read(fd, text, 4096);
    (void)close(fd);
    static const struct json_limits limits = {.depth = 1, .values = 16, .bytes = 4096};
    struct json_parser *parser = NULL;
    const struct json_value *root = NULL;
    struct arena arena;
    arena_init(&arena, 4096, 0);
    enum status status = len > 0 ? json_parser_make(&parser) : STATUS_IO;
    if (status == STATUS_OK) {
        status = json_parse(parser, str_make(text, (size_t)len), &limits, &arena, &root, NULL);
    }
    if (status == STATUS_OK) {
        (void)snprintf(out->api_key, sizeof out->api_key, "%.*s",
                       STR_ARG(json_get_string(root, STR("apiKey"))));
        (void)snprintf(out->write_key, sizeof out->write_key, "%.*s",
                       STR_ARG(json_get_string(root, STR("writeKey"))));
        (void)snprintf(out->password, sizeof out->password, "%.*s",
                       STR_ARG(json_get_string(root, STR("password"))));
        *found = true;
    }
    json_parser_free(parser);
    arena_free(&arena);
    return status == STATUS_OK ? status
                               : error_set(err, status, "%s: %s", path, status_text(status));
}

enum status client_target_find(const char *url, const char *api_key, const char *directory,
                               struct client_target *out, struct error *err) {
    *out = (struct client_target){0};
    struct client_paths paths;
    enum status status = client_data_paths(str_from_c(directory), &paths, err);
    bool found = false;
    if (status == STATUS_OK) {
        status = client_read_credentials(paths.credentials, out, &found, err);
    }
    if (status != STATUS_OK) {
        return status;
    }
    const char *chosen = api_key ? api_key : getenv("FOOTFALL_API_KEY");
    if (chosen) {
        (void)snprintf(out->api_key, sizeof out->api_key, "%s", chosen);
    }
    if (getenv("FOOTFALL_WRITE_KEY")) {
        (void)snprintf(out->write_key, sizeof out->write_key, "%s", getenv("FOOTFALL_WRITE_KEY"));
    }
    const char *address = url ? url : getenv("FOOTFALL_URL");
    (void)snprintf(out->url, sizeof out->url, "%s", address ? address : "http://127.0.0.1:8080");
    size_t len = strlen(out->url);
    if (len > 0 && out->url[len - 1] == '/') {
        out->url[len - 1] = '\0';
    }
    return STATUS_OK;
}

enum status client_target_needs_key(const struct client_target *target, struct error *err) {
    return target->api_key[0]
               ? STATUS_OK
               : error_set(err, STATUS_INVALID,
                           "no API key: give --api-key or FOOTFALL_API_KEY, or --data with the "
                           "directory that holds credentials.json");
}
