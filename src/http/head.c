// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The request line, and the headers that decide where a request ends (RFC 9112 3 and 6).
#include "http/parse.h"

static const struct {
    struct str name;
    enum http_method method;
} METHODS[] = {
    {STR_INIT("GET"), HTTP_GET_},         {STR_INIT("POST"), HTTP_POST_},
    {STR_INIT("HEAD"), HTTP_HEAD_},       {STR_INIT("PUT"), HTTP_PUT_},
    {STR_INIT("PATCH"), HTTP_PATCH_},     {STR_INIT("DELETE"), HTTP_DELETE_},
    {STR_INIT("OPTIONS"), HTTP_OPTIONS_},
};

enum http_method http_method_of(struct str name) {
    for (size_t i = 0; i < sizeof METHODS / sizeof METHODS[0]; i++) {
        if (str_equal(METHODS[i].name, name)) {
            return METHODS[i].method;
        }
    }
    return HTTP_OTHER_;
}

bool http_is_token(struct str s) {
    // One bit a byte: letters, digits and !#$%&'*+-.^_`|~ (RFC 9110 5.6.2).
    static const uint64_t ALLOWED[4] = {UINT64_C(0x03ff6cfa00000000), UINT64_C(0x57ffffffc7fffffe)};
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.data[i];
        if (!(ALLOWED[c >> 6] >> (c & 63) & 1)) {
            return false;
        }
    }
    return s.len > 0;
}

// Bytes of a URI, without '#': a fragment is never sent (RFC 9112 3.2).
static bool is_target(struct str target) {
    for (size_t i = 0; i < target.len; i++) {
        unsigned char c = (unsigned char)target.data[i];
        if (c <= ' ' || c >= 0x7f || c == '#') {
            return false;
        }
    }
    return target.len > 0;
}

// absolute-form: the path behind "http://authority" (RFC 9112 3.2.2 makes every server accept it).
static bool strip_authority(struct str *path) {
    struct str scheme = str_make(path->data, path->len < 7 ? path->len : 7);
    size_t skip = 7;
    if (!str_equal_ignore_case(scheme, STR("http://"))) {
        scheme = str_make(path->data, path->len < 8 ? path->len : 8);
        skip = 8;
        if (!str_equal_ignore_case(scheme, STR("https://"))) {
            return false;
        }
    }
    size_t at = skip;
    while (at < path->len && path->data[at] != '/' && path->data[at] != '?') {
        if (path->data[at] == '@') {
            return false; // user information is not valid in http URIs that are sent (RFC 9110 4.2.4)
        }
        at++;
    }
    if (at == skip) {
        return false;
    }
    *path = str_make(path->data + at, path->len - at);
    return true;
}

enum http_parse_outcome http_parse_target(struct http_message *message,
                                          struct http_request *request) {
    struct str path = request->target;
    if (!is_target(path)) {
        return http_parse_refuse(message, 400, "the request target has bytes that are not allowed");
    }
    bool asterisk = str_equal(path, STR("*")) && request->method == HTTP_OPTIONS_;
    if (path.data[0] != '/' && !asterisk && !strip_authority(&path)) {
        return http_parse_refuse(message, 400, "the request target is neither a path nor a URI");
    }
    const char *mark = path.len > 0 ? memchr(path.data, '?', path.len) : NULL;
    if (mark) {
        request->query = str_make(mark + 1, path.len - (size_t)(mark - path.data) - 1);
        path.len = (size_t)(mark - path.data);
    } else {
        request->query = STR_EMPTY;
    }
    request->path = path.len > 0 ? path : STR("/");
    return HTTP_PARSE_COMPLETE;
}

enum http_parse_outcome http_parse_request_line(struct http_head_parser *parser,
                                                struct http_message *message, const char *data,
                                                struct http_request *request) {
    struct str line = str_make(data, message->request_line_end - 2);
    const char *first = memchr(line.data, ' ', line.len);
    if (!first || first == line.data) {
        return http_parse_refuse(message, 400, "the request line is not method, target, version");
    }
    request->method_name = str_make(line.data, (size_t)(first - line.data));
    if (!http_is_token(request->method_name)) {
        return http_parse_refuse(message, 400, "the request method is not a token");
    }
    struct str rest = str_make(first + 1, line.len - request->method_name.len - 1);
    const char *second = memchr(rest.data, ' ', rest.len);
    if (!second) {
        return http_parse_refuse(message, 400, "the request line has no version");
    }
    request->target = str_make(rest.data, (size_t)(second - rest.data));
    struct str version = str_make(second + 1, rest.len - request->target.len - 1);
    if (request->target.len > parser->limits.target_bytes) {
        return http_parse_refuse(message, 414, "the request target is too long");
    }
    message->http10 = str_equal(version, STR("HTTP/1.0"));
    if (!message->http10 && !str_equal(version, STR("HTTP/1.1"))) {
        bool other = version.len == 8 && str_starts_with(version, STR("HTTP/"));
        return other ? http_parse_refuse(message, 505, "only HTTP/1.1 and HTTP/1.0 are spoken here")
                     : http_parse_refuse(message, 400,
                                         "the request line is not method, target, version");
    }
    request->method = http_method_of(request->method_name);
    if (str_equal(request->method_name, STR("CONNECT"))) {
        return http_parse_refuse(message, 501, "this server is no proxy");
    }
    return http_parse_target(message, request);
}

// What the framing headers said, gathered in one walk.
struct framing {
    unsigned hosts;
    unsigned lengths;
    unsigned codings;
    struct str host;
    struct str length;
    struct str coding;
    struct str expect;
    bool close;
    bool keep_alive;
};

static void read_connection(struct str value, struct framing *framing) {
    while (value.data) {
        struct str option = str_trim(str_cut(&value, ','));
        if (str_equal_ignore_case(option, STR("close"))) {
            framing->close = true;
        } else if (str_equal_ignore_case(option, STR("keep-alive"))) {
            framing->keep_alive = true;
        }
    }
}

static void gather(const struct http_request *request, struct framing *framing) {
    for (size_t i = 0; i < request->header_count; i++) {
        struct str name = request->headers[i].name;
        struct str value = request->headers[i].value;
        switch (name.len) { // spares most headers the comparison
        case 4:
            if (str_equal_ignore_case(name, STR("Host"))) {
                framing->hosts++;
                framing->host = value;
            }
            break;
        case 6:
            if (str_equal_ignore_case(name, STR("Expect"))) {
                framing->expect = framing->expect.data ? STR("repeated") : value;
            }
            break;
        case 10:
            if (str_equal_ignore_case(name, STR("Connection"))) {
                read_connection(value, framing);
            }
            break;
        case 14:
            if (str_equal_ignore_case(name, STR("Content-Length"))) {
                framing->lengths++;
                framing->length = value;
            }
            break;
        case 17:
            if (str_equal_ignore_case(name, STR("Transfer-Encoding"))) {
                framing->codings++;
                framing->coding = value;
            }
            break;
        default: break;
        }
    }
}

static enum http_parse_outcome read_length(struct http_head_parser *parser,
                                           struct http_message *message, struct str length) {
    if (length.len == 0) {
        return http_parse_refuse(message, 400, "Content-Length is empty");
    }
    uint64_t total = 0;
    for (size_t i = 0; i < length.len; i++) {
        if (length.data[i] < '0' || length.data[i] > '9' || length.len > 19) {
            return http_parse_refuse(message, 400, "Content-Length is not one plain number");
        }
        total = total * 10 + (uint64_t)(length.data[i] - '0');
    }
    if (total > parser->limits.body_bytes) {
        return http_parse_refuse(message, 413, "the body is too large");
    }
    message->content_length = (size_t)total;
    return HTTP_PARSE_COMPLETE;
}

static enum http_parse_outcome read_body_framing(struct http_head_parser *parser,
                                                 struct http_message *message,
                                                 const struct framing *framing) {
    if (framing->codings > 0 && framing->lengths > 0) {
        return http_parse_refuse(message, 400,
                                 "both Content-Length and Transfer-Encoding are given");
    }
    if (framing->codings > 1 || framing->lengths > 1) {
        return http_parse_refuse(message, 400, "a header that frames the body is repeated");
    }
    if (framing->codings == 1) {
        if (message->http10) {
            return http_parse_refuse(message, 400, "Transfer-Encoding is not part of HTTP/1.0");
        }
        if (!str_equal_ignore_case(framing->coding, STR("chunked"))) {
            return http_parse_refuse(message, 501,
                                     "chunked is the only transfer coding known here");
        }
        message->chunked = true;
    }
    return framing->lengths == 1 ? read_length(parser, message, framing->length)
                                 : HTTP_PARSE_COMPLETE;
}

enum http_parse_outcome http_parse_framing(struct http_head_parser *parser,
                                           struct http_message *message,
                                           const struct http_request *request) {
    struct framing framing = {0};
    gather(request, &framing);
    if (framing.hosts > 1 || (framing.hosts == 0 && !message->http10)) {
        return http_parse_refuse(message, 400, "exactly one Host header is needed");
    }
    if (!http_is_host(framing.host)) {
        return http_parse_refuse(message, 400, "the Host header is not a host");
    }
    if (framing.hosts > 0 && !http_target_is_of_host(request->target, framing.host)) {
        return http_parse_refuse(message, 400, "the request target is of another host than Host");
    }
    enum http_parse_outcome outcome = read_body_framing(parser, message, &framing);
    if (outcome == HTTP_PARSE_REFUSED) {
        return outcome;
    }
    message->keep_alive = !framing.close && (!message->http10 || framing.keep_alive);
    if (framing.expect.data && !message->http10) { // RFC 9110 10.1.1: 1.0 clients do not mean it
        if (!str_equal_ignore_case(framing.expect, STR("100-continue"))) {
            return http_parse_refuse(message, 417,
                                     "100-continue is the only expectation known here");
        }
        message->expects_continue = message->chunked || message->content_length > 0;
    }
    return HTTP_PARSE_COMPLETE;
}

enum http_parse_outcome http_parse_response_framing(struct http_head_parser *parser,
                                                    struct http_message *message,
                                                    const struct http_header *headers,
                                                    size_t count) {
    const struct http_request like = {.headers = headers, .header_count = count};
    struct framing framing = {0};
    gather(&like, &framing);
    enum http_parse_outcome outcome = read_body_framing(parser, message, &framing);
    message->until_close = framing.codings == 0 && framing.lengths == 0;
    message->keep_alive = !framing.close && (!message->http10 || framing.keep_alive);
    return outcome;
}
