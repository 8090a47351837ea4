// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The head of a reply: the same passes over its lines as for requests, another first line, llhttp as the second judge.
#include "http/parse.h"

#define STATUS_LINE_LEAST 14 // "HTTP/1.1 200\r\n"

void http_response_parser_init(struct http_head_parser *parser,
                               const struct http_parse_limits *limits) {
    llhttp_settings_init(&parser->settings);
    llhttp_init(&parser->llhttp, HTTP_RESPONSE, &parser->settings);
    parser->limits = *limits;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// RFC 9112 4: the reason phrase may be empty, and some leave the space before it out, too.
static enum http_parse_outcome read_status_line(struct http_message *message, const char *data,
                                                unsigned *status) {
    struct str line = str_make(data, message->request_line_end);
    if (line.len < STATUS_LINE_LEAST || !str_starts_with(line, STR("HTTP/1.")) ||
        (line.data[7] != '0' && line.data[7] != '1') || line.data[8] != ' ') {
        return http_parse_refuse(message, 502, "the reply does not begin with HTTP/1.1");
    }
    const char *code = line.data + 9;
    if (!is_digit(code[0]) || !is_digit(code[1]) || !is_digit(code[2]) || code[0] == '0' ||
        (code[3] != ' ' && code[3] != '\r')) {
        return http_parse_refuse(message, 502, "the reply has no proper status");
    }
    message->http10 = line.data[7] == '0';
    *status = (unsigned)(code[0] - '0') * 100 + (unsigned)(code[1] - '0') * 10 +
              (unsigned)(code[2] - '0');
    return HTTP_PARSE_COMPLETE;
}

// RFC 9112 6.3.
static void drop_body(struct http_message *message, unsigned status, bool to_head) {
    if (to_head || status < 200 || status == 204 || status == 304) {
        message->chunked = message->until_close = false;
        message->content_length = 0;
    }
}

enum http_parse_outcome http_parse_response(struct http_head_parser *parser,
                                            struct http_message *message, const char *data,
                                            size_t len, bool to_head,
                                            struct http_response *response,
                                            struct http_header *headers) {
    enum http_parse_outcome outcome = http_parse_find_end(&parser->limits, message, data, len);
    if (outcome == HTTP_PARSE_COMPLETE) {
        outcome = read_status_line(message, data, &response->status);
    }
    if (outcome == HTTP_PARSE_COMPLETE) {
        outcome = http_parse_split_headers(&parser->limits, message, data, headers,
                                           &response->header_count);
    }
    if (outcome == HTTP_PARSE_COMPLETE) {
        response->headers = headers;
        outcome = http_parse_response_framing(parser, message, headers, response->header_count);
    }
    if (outcome == HTTP_PARSE_COMPLETE) {
        llhttp_reset(&parser->llhttp);
        enum llhttp_errno code = llhttp_execute(&parser->llhttp, data, message->head_len);
        if (code != HPE_OK && !(code == HPE_PAUSED_UPGRADE && response->status == 101)) {
            return http_parse_refuse(message, 502, "the reply is not valid HTTP");
        }
        drop_body(message, response->status, to_head);
        message->raw = message->head_len;
    }
    return outcome;
}
