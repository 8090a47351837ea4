// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Finds the head of a request, checks its lines and takes them apart.
#include "http/parse.h"

#include "base/check.h"

// Room in the request line for the method, two spaces, the version and CRLF.
#define REQUEST_LINE_EXTRA 64

enum http_parse_outcome http_parse_refuse(struct http_message *message, unsigned status,
                                          const char *detail) {
    message->refusal = status;
    message->detail = detail;
    return HTTP_PARSE_REFUSED;
}

void http_head_parser_init(struct http_head_parser *parser,
                           const struct http_parse_limits *limits) {
    llhttp_settings_init(&parser->settings);
    llhttp_init(&parser->llhttp, HTTP_REQUEST, &parser->settings);
    parser->limits = *limits;
}

static enum http_parse_outcome check_size(const struct http_parse_limits *limits,
                                          struct http_message *message, size_t len) {
    if (message->request_line_end == 0) {
        if (len > limits->target_bytes + REQUEST_LINE_EXTRA) {
            return http_parse_refuse(message, 414, "the request target is too long");
        }
    } else {
        if (len - message->request_line_end > limits->header_bytes) {
            return http_parse_refuse(message, 431, "the headers are too large");
        }
        if (message->lines > limits->header_count + 1) {
            return http_parse_refuse(message, 431, "there are too many headers");
        }
    }
    return HTTP_PARSE_MORE;
}

// Looks for the empty line, and refuses at once what can never become a valid head: otherwise a client with bare LFs would
// be answered by a time-out. COMPLETE sets head_len.
enum http_parse_outcome http_parse_find_end(const struct http_parse_limits *limits,
                                            struct http_message *message, const char *data,
                                            size_t len) {
    while (message->line < len) {
        const char *line = data + message->line;
        const char *feed = memchr(line, '\n', len - message->line);
        if (!feed) {
            break;
        }
        if (feed == line || feed[-1] != '\r') {
            return http_parse_refuse(message, 400, "a line ends with LF but not with CRLF");
        }
        size_t next = (size_t)(feed - data) + 1;
        if (feed - line == 1 && message->lines > 0) {
            message->head_len = next;
            enum http_parse_outcome size = check_size(limits, message, next);
            return size == HTTP_PARSE_REFUSED ? size : HTTP_PARSE_COMPLETE;
        }
        message->line = next;
        if (message->lines++ == 0) {
            message->request_line_end = next;
            if (next > limits->target_bytes + REQUEST_LINE_EXTRA) {
                return http_parse_refuse(message, 414, "the request target is too long");
            }
        } else if (check_size(limits, message, next) == HTTP_PARSE_REFUSED) {
            return HTTP_PARSE_REFUSED;
        }
    }
    return check_size(limits, message, len);
}

static struct str trim_blanks(struct str s) {
    while (s.len > 0 && (s.data[0] == ' ' || s.data[0] == '\t')) {
        s.data++;
        s.len--;
    }
    while (s.len > 0 && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t')) {
        s.len--;
    }
    return s;
}

// Every header line: no folding (RFC 9112 5.2), no CR but the last (2.2), a token up to the colon (5.1). llhttp lets blanks
// inside names pass, and a CR behind an empty value.
enum http_parse_outcome http_parse_split_headers(const struct http_parse_limits *limits,
                                                 struct http_message *message, const char *data,
                                                 struct http_header *headers, size_t *count) {
    const char *line = data + message->request_line_end;
    const char *end = data + message->head_len - 2;
    size_t n = 0;
    while (line < end) {
        const char *stop = memchr(line, '\r', (size_t)(end - line));
        CHECK(stop != NULL && n < limits->header_count);
        if (stop[1] != '\n') {
            return http_parse_refuse(message, 400, "a header has a CR that ends no line");
        }
        if (*line == ' ' || *line == '\t') {
            return http_parse_refuse(message, 400, "a header is folded over lines");
        }
        size_t len = (size_t)(stop - line);
        const char *colon = memchr(line, ':', len);
        if (!colon || !http_is_token(str_make(line, (size_t)(colon - line)))) {
            return http_parse_refuse(message, 400, "a header has no proper name before its colon");
        }
        if (memchr(colon, '\0', (size_t)(stop - colon))) {
            return http_parse_refuse(message, 400, "a header has a NUL in its value");
        }
        headers[n].name = str_make(line, (size_t)(colon - line));
        headers[n].value = trim_blanks(str_make(colon + 1, (size_t)(stop - colon) - 1));
        n++;
        line = stop + 2;
    }
    *count = n;
    return HTTP_PARSE_COMPLETE;
}

// llhttp sees exactly the head; what stands behind it is ours to frame.
static enum http_parse_outcome judge_grammar(struct http_head_parser *parser,
                                             struct http_message *message, const char *data) {
    llhttp_reset(&parser->llhttp);
    switch ((int)llhttp_execute(&parser->llhttp, data, message->head_len)) {
    case HPE_OK:
    case HPE_PAUSED_UPGRADE: // an offer to change protocols, which a server may ignore (RFC 9110 7.8)
        if (message->content_length > 0 &&
            parser->llhttp.content_length != message->content_length) {
            return http_parse_refuse(message, 400, "Content-Length is read in two ways");
        }
        return HTTP_PARSE_COMPLETE;
    case HPE_INVALID_VERSION:
        return http_parse_refuse(message, 505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
    case HPE_INVALID_METHOD:
        return http_parse_refuse(message, 501, "the request method is not known");
    case HPE_INVALID_CONTENT_LENGTH:
    case HPE_UNEXPECTED_CONTENT_LENGTH:
        return http_parse_refuse(message, 400, "Content-Length is not one plain number");
    case HPE_INVALID_TRANSFER_ENCODING:
        return http_parse_refuse(message, 400, "Transfer-Encoding is not valid");
    case HPE_INVALID_URL: return http_parse_refuse(message, 400, "the request target is not valid");
    case HPE_INVALID_HEADER_TOKEN:
        return http_parse_refuse(message, 400, "a header has bytes that are not allowed");
    default: return http_parse_refuse(message, 400, "the request is not valid HTTP");
    }
}

enum http_parse_outcome http_parse_head(struct http_head_parser *parser,
                                        struct http_message *message, const char *data, size_t len,
                                        struct http_request *request, struct http_header *headers) {
    enum http_parse_outcome outcome = http_parse_find_end(&parser->limits, message, data, len);
    if (outcome == HTTP_PARSE_COMPLETE) {
        outcome = http_parse_request_line(parser, message, data, request);
    }
    if (outcome == HTTP_PARSE_COMPLETE) {
        outcome = http_parse_split_headers(&parser->limits, message, data, headers,
                                           &request->header_count);
    }
    if (outcome == HTTP_PARSE_COMPLETE) {
        request->headers = headers;
        outcome = http_parse_framing(parser, message, request);
    }
    if (outcome == HTTP_PARSE_COMPLETE) {
        outcome = judge_grammar(parser, message, data);
    }
    message->raw = message->head_len;
    return outcome;
}

enum http_parse_outcome http_parse_body(struct http_message *message, char *data, size_t len,
                                        size_t body_bytes) {
    if (message->chunked) {
        return http_parse_chunked(message, data, len, body_bytes);
    }
    size_t have = len - message->head_len;
    if (have < message->content_length) {
        message->body_len = have;
        message->raw = len;
        return HTTP_PARSE_MORE;
    }
    message->body_len = message->content_length;
    message->raw = message->head_len + message->content_length;
    return HTTP_PARSE_COMPLETE;
}
