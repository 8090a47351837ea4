// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// From bytes to one request at a time, without I/O: head, framing, body. Private to http.
//
//   message: [head ........ CRLF CRLF][body, by Content-Length or chunked][next message ...]
//
// The head is judged only when it is whole and contiguous, so that its slices point into the caller's bytes: first our own
// pass over the lines (line ends, folding, counts, limits), then llhttp as a second judge of the grammar, then the rules of
// framing in RFC 9112. A chunked body is decoded in place, directly behind the head. The caller may move the bytes between
// calls, since all positions are offsets from the first byte of the message.
#ifndef FOOTFALL_HTTP_PARSE_H
#define FOOTFALL_HTTP_PARSE_H

#include <llhttp.h>

#include "http/exchange.h"

struct http_parse_limits {
    size_t target_bytes;
    size_t header_bytes;
    size_t body_bytes;
    unsigned header_count;
};

enum http_parse_outcome {
    HTTP_PARSE_MORE,     // needs bytes behind those given
    HTTP_PARSE_COMPLETE, // head: the head is whole; body: the message is
    HTTP_PARSE_REFUSED, // message->refusal and ->detail say why; the connection cannot be used further
};

enum http_chunk_phase {
    HTTP_CHUNK_SIZE,
    HTTP_CHUNK_EXTENSION,
    HTTP_CHUNK_SIZE_LF,
    HTTP_CHUNK_DATA,
    HTTP_CHUNK_DATA_CR,
    HTTP_CHUNK_DATA_LF,
    HTTP_CHUNK_TRAILER,      // at the start of a line
    HTTP_CHUNK_TRAILER_LINE, // inside one
    HTTP_CHUNK_TRAILER_LF,
    HTTP_CHUNK_END_LF,
    HTTP_CHUNK_DONE,
};

struct http_chunked {
    enum http_chunk_phase phase;
    unsigned digits;
    size_t overhead; // bytes of extensions and trailers so far
    uint64_t left;   // of the chunk being read
};

#define HTTP_CHUNKED_OVERHEAD_MAX 4096

// What is known of the message being read. All zero: nothing yet.
struct http_message {
    size_t line;             // where the first line starts that has no end yet
    size_t request_line_end; // behind its CRLF; 0: not known
    unsigned lines;          // whole ones so far
    size_t head_len;         // 0: head not complete
    size_t raw;              // the next byte of the body that was not looked at
    size_t body_len;         // of the decoded body, which starts at head_len
    size_t content_length;
    bool chunked;
    bool keep_alive;
    bool http10;
    bool expects_continue;
    bool until_close; // of a reply: its body has no other end
    struct http_chunked chunks;
    unsigned refusal; // HTTP status
    const char *detail;
};

// One a thread; holds nothing between calls.
struct http_head_parser {
    llhttp_t llhttp;
    llhttp_settings_t settings;
    struct http_parse_limits limits;
};

void http_head_parser_init(struct http_head_parser *parser, const struct http_parse_limits *limits);
// data: all bytes of the message so far. COMPLETE: request's method .. query, headers and header_count are set and
// message knows the framing. headers has room for limits.header_count.
MUST_CHECK enum http_parse_outcome http_parse_head(struct http_head_parser *parser,
                                                   struct http_message *message, const char *data,
                                                   size_t len, struct http_request *request,
                                                   struct http_header *headers);
// After the head. COMPLETE: the body is data[head_len .. head_len + body_len), and the next message starts at data[raw].
// MORE: all of data was taken, and further bytes belong at data[raw] (chunked: framing that was undone leaves no gap).
MUST_CHECK enum http_parse_outcome http_parse_body(struct http_message *message, char *data,
                                                   size_t len, size_t body_bytes);

// --- Replies, for those who ask others -------------------------------------------------------------------------------
struct http_response {
    unsigned status;
    const struct http_header *headers;
    size_t header_count;
};
void http_response_parser_init(struct http_head_parser *parser,
                               const struct http_parse_limits *limits);
// As http_parse_head. to_head: of a request by HEAD, whose reply has no body whatever it says. Of 1xx there is no body either, and the
// reply proper follows. With until_close the body is what comes until the peer closes: http_parse_body must not be asked.
MUST_CHECK enum http_parse_outcome http_parse_response(struct http_head_parser *parser,
                                                       struct http_message *message,
                                                       const char *data, size_t len, bool to_head,
                                                       struct http_response *response,
                                                       struct http_header *headers);

// --- Between the files of the parser ---------------------------------------------------------------------------------
enum http_parse_outcome http_parse_refuse(struct http_message *message, unsigned status,
                                          const char *detail);
bool http_is_token(struct str s);
// A name or an address, and perhaps a port; empty is one too. No user information, no list, no odd ports.
#define HTTP_HOST_MAX 261 // a name of 255 bytes, ":65535"
bool http_is_host(struct str host);
// target: checked before. Whether it is a path, or a URI of the same host and port as Host.
bool http_target_is_of_host(struct str target, struct str host);
// Method, target and version; data[0 .. request_line_end).
enum http_parse_outcome http_parse_request_line(struct http_head_parser *parser,
                                                struct http_message *message, const char *data,
                                                struct http_request *request);
// For requests that do not come in lines: the method; and path and query, from the target.
enum http_method http_method_of(struct str name);
enum http_parse_outcome http_parse_target(struct http_message *message,
                                          struct http_request *request);
// Content-Length, Transfer-Encoding, Host, Connection, Expect.
enum http_parse_outcome http_parse_framing(struct http_head_parser *parser,
                                           struct http_message *message,
                                           const struct http_request *request);
// The same of a reply.
enum http_parse_outcome http_parse_response_framing(struct http_head_parser *parser,
                                                    struct http_message *message,
                                                    const struct http_header *headers,
                                                    size_t count);
// COMPLETE: the head is whole, head_len is set.
enum http_parse_outcome http_parse_find_end(const struct http_parse_limits *limits,
                                            struct http_message *message, const char *data,
                                            size_t len);
enum http_parse_outcome http_parse_split_headers(const struct http_parse_limits *limits,
                                                 struct http_message *message, const char *data,
                                                 struct http_header *headers, size_t *count);
enum http_parse_outcome http_parse_chunked(struct http_message *message, char *data, size_t len,
                                           size_t body_bytes);

#endif
