// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Undoes the chunked transfer coding in place (RFC 9112 7.1): strict line ends, bounded extensions and trailers.
#include "http/parse.h"

static int hex_value(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

static enum http_parse_outcome take_size(struct http_message *message, char c, size_t body_bytes) {
    struct http_chunked *chunks = &message->chunks;
    int digit = hex_value(c);
    if (digit >= 0) {
        if (++chunks->digits > 16) {
            return http_parse_refuse(message, 400, "a chunk size has too many digits");
        }
        chunks->left = chunks->left << 4 | (uint64_t)digit;
        if (chunks->left > body_bytes) {
            return http_parse_refuse(message, 413, "the body is too large");
        }
        return HTTP_PARSE_MORE;
    }
    if (chunks->digits == 0) {
        return http_parse_refuse(message, 400, "a chunk has no size");
    }
    if (c == '\r') {
        chunks->phase = HTTP_CHUNK_SIZE_LF;
    } else if (c == ';') {
        chunks->phase = HTTP_CHUNK_EXTENSION;
    } else {
        return http_parse_refuse(message, 400, "a chunk size is not a hexadecimal number");
    }
    if (message->body_len + chunks->left > body_bytes) {
        return http_parse_refuse(message, 413, "the body is too large");
    }
    return HTTP_PARSE_MORE;
}

// Extensions and trailers mean nothing to us; they are read past, within a limit.
static enum http_parse_outcome take_ignored(struct http_message *message, char c,
                                            enum http_chunk_phase behind) {
    if (c == '\r') {
        message->chunks.phase = behind;
        return HTTP_PARSE_MORE;
    }
    if (((unsigned char)c < ' ' && c != '\t') || c == 0x7f) {
        return http_parse_refuse(message, 400, "a chunk extension or trailer has a control byte");
    }
    if (++message->chunks.overhead > HTTP_CHUNKED_OVERHEAD_MAX) {
        return http_parse_refuse(message, 400, "chunk extensions and trailers are too long");
    }
    return HTTP_PARSE_MORE;
}

static enum http_parse_outcome expect(struct http_message *message, char c, char wanted,
                                      enum http_chunk_phase behind) {
    if (c != wanted) {
        return http_parse_refuse(message, 400, "a chunk does not end where it says");
    }
    message->chunks.phase = behind;
    return HTTP_PARSE_MORE;
}

static enum http_parse_outcome take_byte(struct http_message *message, char c, size_t body_bytes) {
    struct http_chunked *chunks = &message->chunks;
    switch (chunks->phase) {
    case HTTP_CHUNK_SIZE: return take_size(message, c, body_bytes);
    case HTTP_CHUNK_EXTENSION: return take_ignored(message, c, HTTP_CHUNK_SIZE_LF);
    case HTTP_CHUNK_SIZE_LF:
        chunks->digits = 0;
        return expect(message, c, '\n', chunks->left > 0 ? HTTP_CHUNK_DATA : HTTP_CHUNK_TRAILER);
    case HTTP_CHUNK_DATA_CR: return expect(message, c, '\r', HTTP_CHUNK_DATA_LF);
    case HTTP_CHUNK_DATA_LF: return expect(message, c, '\n', HTTP_CHUNK_SIZE);
    case HTTP_CHUNK_TRAILER:
        if (c == '\r') {
            chunks->phase = HTTP_CHUNK_END_LF;
            return HTTP_PARSE_MORE;
        }
        if (c == ' ' || c == '\t' || c == ':') {
            return http_parse_refuse(message, 400, "a trailer has no proper name");
        }
        chunks->phase = HTTP_CHUNK_TRAILER_LINE;
        return take_ignored(message, c, HTTP_CHUNK_TRAILER_LF);
    case HTTP_CHUNK_TRAILER_LINE: return take_ignored(message, c, HTTP_CHUNK_TRAILER_LF);
    case HTTP_CHUNK_TRAILER_LF: return expect(message, c, '\n', HTTP_CHUNK_TRAILER);
    case HTTP_CHUNK_END_LF: return expect(message, c, '\n', HTTP_CHUNK_DONE);
    case HTTP_CHUNK_DATA:
    case HTTP_CHUNK_DONE: break;
    }
    return http_parse_refuse(message, 400, "the chunked coding is broken");
}

enum http_parse_outcome http_parse_chunked(struct http_message *message, char *data, size_t len,
                                           size_t body_bytes) {
    struct http_chunked *chunks = &message->chunks;
    while (message->raw < len) {
        if (chunks->phase == HTTP_CHUNK_DATA) {
            size_t n = len - message->raw;
            n = n < chunks->left ? n : (size_t)chunks->left;
            char *to = data + message->head_len + message->body_len;
            if (to != data + message->raw) {
                memmove(to, data + message->raw, n);
            }
            message->body_len += n;
            message->raw += n;
            chunks->left -= n;
            chunks->phase = chunks->left > 0 ? HTTP_CHUNK_DATA : HTTP_CHUNK_DATA_CR;
            continue;
        }
        if (take_byte(message, data[message->raw++], body_bytes) == HTTP_PARSE_REFUSED) {
            return HTTP_PARSE_REFUSED;
        }
        if (chunks->phase == HTTP_CHUNK_DONE) {
            return HTTP_PARSE_COMPLETE;
        }
    }
    message->raw = message->head_len + message->body_len; // what was framing is used up
    return HTTP_PARSE_MORE;
}
