// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Inflates within a limit and deflates, by zlib.
#include "http/gzip.h"

#include <limits.h>
#include <zlib.h>

#define STEP ((size_t)16 * 1024)

bool gzip_looks_like(struct str data) {
    return data.len >= 2 && (unsigned char)data.data[0] == 0x1f &&
           (unsigned char)data.data[1] == 0x8b;
}

static bool is_zlib(struct str data) {
    if (data.len == 0 || (unsigned char)data.data[0] != 0x78) {
        return false;
    }
    // RFC 1950 2.2: the two bytes, big-endian, are a multiple of 31.
    return data.len < 2 || (0x7800u + (unsigned char)data.data[1]) % 31 == 0;
}

static uInt clamp(size_t n) {
    return n < UINT_MAX ? (uInt)n : UINT_MAX;
}

// Where the next bytes of content go. At the limit a single byte of our own tells content that just fits from a bomb.
static enum status next_room(struct buffer *out, char *probe, z_stream *stream) {
    size_t room = out->capacity - out->len;
    if (room == 0) {
        size_t more = out->max - out->len;
        size_t wish = out->len > STEP ? out->len : STEP;
        more = more < wish ? more : wish;
        if (more == 0) {
            stream->next_out = (Bytef *)probe;
            stream->avail_out = 1;
            return STATUS_OK;
        }
        enum status status = buffer_reserve(out, more);
        if (status != STATUS_OK) {
            return status;
        }
        room = out->capacity - out->len;
    }
    stream->next_out = (Bytef *)(out->data + out->len);
    stream->avail_out = clamp(room);
    return STATUS_OK;
}

static enum status inflate_status(int code) {
    switch (code) {
    case Z_MEM_ERROR: return STATUS_NO_MEMORY;
    case Z_BUF_ERROR: return STATUS_TRUNCATED;
    default: return STATUS_CORRUPT;
    }
}

// One member (RFC 1952 2.2); *data is what stands behind it.
static enum status inflate_member(z_stream *stream, struct str *data, struct buffer *out) {
    for (;;) {
        char probe;
        enum status status = next_room(out, &probe, stream);
        if (status != STATUS_OK) {
            return status;
        }
        uInt room = stream->avail_out;
        bool probing = stream->next_out == (Bytef *)&probe;
        stream->next_in = (z_const Bytef *)(uintptr_t)data->data;
        stream->avail_in = clamp(data->len);
        uInt given = stream->avail_in;
        int code = inflate(stream, Z_NO_FLUSH);
        data->data += given - stream->avail_in;
        data->len -= given - stream->avail_in;
        if (stream->avail_out < room) {
            if (probing) {
                return STATUS_TOO_LARGE;
            }
            out->len += room - stream->avail_out;
        }
        if (code == Z_STREAM_END) {
            return STATUS_OK;
        }
        if (code != Z_OK && !(code == Z_BUF_ERROR && data->len > 0)) {
            return inflate_status(code);
        }
        if (data->len == 0 && stream->avail_out > 0) {
            return STATUS_TRUNCATED;
        }
    }
}

static enum status inflate_all(struct str data, struct buffer *out) {
    bool gzip =
        data.len < 2 ? data.len == 1 && (unsigned char)data.data[0] == 0x1f : gzip_looks_like(data);
    if (data.len == 0) {
        return STATUS_TRUNCATED;
    }
    if (!gzip && !is_zlib(data)) {
        return STATUS_SYNTAX;
    }
    z_stream stream = {0};
    if (inflateInit2(&stream, gzip ? 15 + 16 : 15) != Z_OK) {
        return STATUS_NO_MEMORY;
    }
    enum status status = inflate_member(&stream, &data, out);
    while (status == STATUS_OK && data.len > 0) {
        if (!gzip ||
            (data.len >= 2 ? !gzip_looks_like(data) : (unsigned char)data.data[0] != 0x1f)) {
            status = STATUS_SYNTAX;
        } else if (inflateReset(&stream) != Z_OK) {
            status = STATUS_CORRUPT;
        } else {
            status = inflate_member(&stream, &data, out);
        }
    }
    inflateEnd(&stream);
    return status;
}

enum status gzip_inflate(struct str data, struct buffer *out) {
    if (buffer_status(out) != STATUS_OK) {
        return buffer_status(out);
    }
    return inflate_all(data, out);
}

enum status gzip_deflate(struct str data, int level, struct buffer *out) {
    if (buffer_status(out) != STATUS_OK) {
        return buffer_status(out);
    }
    z_stream stream = {0};
    if (deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        return STATUS_NO_MEMORY;
    }
    size_t before = out->len;
    int code = Z_OK;
    enum status status = STATUS_OK;
    while (code != Z_STREAM_END) {
        if (out->capacity == out->len) {
            size_t more = out->max - out->len < STEP ? out->max - out->len : STEP;
            status = more == 0 ? STATUS_TOO_LARGE : buffer_reserve(out, more);
            if (status != STATUS_OK) {
                break;
            }
        }
        stream.next_in = (z_const Bytef *)(uintptr_t)data.data;
        stream.avail_in = clamp(data.len);
        stream.next_out = (Bytef *)(out->data + out->len);
        stream.avail_out = clamp(out->capacity - out->len);
        uInt given = stream.avail_in;
        uInt room = stream.avail_out;
        code = deflate(&stream, given == data.len ? Z_FINISH : Z_NO_FLUSH);
        data.data += given - stream.avail_in;
        data.len -= given - stream.avail_in;
        out->len += room - stream.avail_out;
    }
    deflateEnd(&stream);
    if (status != STATUS_OK) {
        out->len = before;
    }
    return status;
}
