// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Drives the parser of replies as a connection to an upstream does: bytes arrive in pieces, memory moves, replies follow one another.
// Checks that cutting the input differently changes nothing, and that every slice stays inside what was given.
#include <stdlib.h>

#include "base/check.h"
#include "http/parse.h"

#define HEADERS 20

static const struct http_parse_limits LIMITS = {200, 1000, 5000, HEADERS};

struct outcome {
    unsigned replies;
    unsigned refusal;
    uint64_t digest; // of all that was understood
};

static void mix(struct outcome *outcome, struct str s, const char *data, size_t len) {
    CHECK(s.len == 0 || (s.data >= data && s.data + s.len <= data + len));
    outcome->digest = str_hash(s, outcome->digest + s.len);
}

static void mix_head(struct outcome *outcome, const struct http_response *response,
                     const char *data, size_t len) {
    CHECK(response->status >= 100 && response->status <= 999);
    CHECK(response->header_count <= HEADERS);
    outcome->digest += response->status;
    for (size_t i = 0; i < response->header_count; i++) {
        mix(outcome, response->headers[i].name, data, len);
        mix(outcome, response->headers[i].value, data, len);
        CHECK(response->headers[i].name.len > 0);
    }
}

// One reply from the front of data. A body without another end is left to the caller.
static enum http_parse_outcome parse_one(struct http_head_parser *parser,
                                         struct http_message *message, char *data, size_t *len,
                                         bool to_head, struct outcome *outcome) {
    struct http_response response = {0};
    struct http_header headers[HEADERS];
    enum http_parse_outcome step = HTTP_PARSE_COMPLETE;
    if (message->head_len == 0) {
        step = http_parse_response(parser, message, data, *len, to_head, &response, headers);
        if (step == HTTP_PARSE_COMPLETE) {
            CHECK(message->head_len <= *len && !(message->chunked && message->content_length > 0));
            mix_head(outcome, &response, data, message->head_len);
        }
    }
    if (step == HTTP_PARSE_COMPLETE && message->until_close) {
        return HTTP_PARSE_MORE;
    }
    if (step == HTTP_PARSE_COMPLETE) {
        step = http_parse_body(message, data, *len, LIMITS.body_bytes);
        if (step == HTTP_PARSE_MORE) {
            CHECK(message->raw <= *len);
            *len = message->raw;
        }
    }
    if (step == HTTP_PARSE_COMPLETE) {
        CHECK(message->body_len <= LIMITS.body_bytes && message->raw <= *len);
        mix(outcome, str_make(data + message->head_len, message->body_len), data, *len);
        outcome->replies++;
    }
    return step;
}

static char *resized(char *data, size_t from, size_t keep, size_t room) {
    char *to = malloc(room > 0 ? room : 1);
    CHECK(to != NULL);
    if (keep > 0) {
        memcpy(to, data + from, keep);
    }
    free(data);
    return to;
}

static struct outcome parse_all(struct str input, size_t step, bool to_head) {
    struct http_head_parser parser;
    struct http_message message = {0};
    struct outcome outcome = {0};
    char *data = NULL;
    size_t len = 0;
    http_response_parser_init(&parser, &LIMITS);
    while (input.len > 0 && outcome.refusal == 0) {
        size_t n = input.len < step ? input.len : step;
        data = resized(data, 0, len, len + n);
        memcpy(data + len, input.data, n);
        len += n;
        input.data += n;
        input.len -= n;
        enum http_parse_outcome result = HTTP_PARSE_COMPLETE;
        while (len > 0 && result == HTTP_PARSE_COMPLETE) {
            result = parse_one(&parser, &message, data, &len, to_head, &outcome);
            if (result == HTTP_PARSE_COMPLETE) {
                size_t used = message.raw;
                data = resized(data, used, len - used, len - used);
                len -= used;
                message = (struct http_message){0};
            }
        }
        if (result == HTTP_PARSE_REFUSED) {
            CHECK(message.refusal >= 400 && message.refusal < 600 && message.detail != NULL);
            outcome.refusal = message.refusal;
        }
    }
    free(data);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1 || size > 20000) {
        return 0;
    }
    struct str input = str_make((const char *)data + 1, size - 1);
    bool to_head = (data[0] & 0x20) != 0;
    struct outcome whole = parse_all(input, size, to_head);
    struct outcome pieces = parse_all(input, data[0] % 32 + 1u, to_head);
    CHECK(whole.replies == pieces.replies);
    // Which fault is met first may depend on the cut, that there is one may not.
    CHECK((whole.refusal == 0) == (pieces.refusal == 0));
    CHECK(whole.refusal != 0 || whole.digest == pieces.digest);
    return 0;
}
