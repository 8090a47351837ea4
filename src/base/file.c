// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Reading and writing on until all is done.
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define CHUNK ((size_t)16384)

bool file_write_all(int fd, struct str bytes) {
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.data, bytes.len);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        size_t done = n > 0 ? (size_t)n : 0;
        bytes = str_make(bytes.data + done, bytes.len - done);
    }
    return true;
}

// Room for the next piece; a byte of its own when the buffer is full, as the file may end there.
static enum status read_piece(int fd, struct buffer *out, ssize_t *got) {
    char beyond;
    size_t room = out->max - out->len < CHUNK ? out->max - out->len : CHUNK;
    enum status status = room > 0 ? buffer_reserve(out, room) : STATUS_OK;
    if (status != STATUS_OK) {
        return status;
    }
    *got = read(fd, room > 0 ? out->data + out->len : &beyond, room > 0 ? room : 1);
    if (*got > 0 && room == 0) {
        return STATUS_TOO_LARGE;
    }
    out->len += *got > 0 ? (size_t)*got : 0;
    return *got < 0 && errno != EINTR ? STATUS_IO : STATUS_OK;
}

enum status file_read_rest(int fd, struct buffer *out) {
    enum status status = buffer_status(out);
    ssize_t got = 1;
    while (status == STATUS_OK && got != 0) {
        status = read_piece(fd, out, &got);
    }
    return status;
}

enum status file_read(const char *path, struct buffer *out, struct error *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return error_set(err, errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO, "%s: %s", path,
                         strerror(errno));
    }
    enum status status = file_read_rest(fd, out);
    if (status != STATUS_OK) {
        (void)error_set(err, status, "%s: %s", path,
                        status == STATUS_IO ? strerror(errno) : status_text(status));
    }
    (void)close(fd); // only read
    return status;
}
