// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Into a directory: whole or not at all, and there after a power cut.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "delivery/private.h"

static enum status complain(struct error *err, struct str path, int reason) {
    return error_set(err, STATUS_IO, "%.*s: %s", STR_ARG(path), strerror(reason));
}

// name: what it is to be called; temporary: of this delivery, so that another attempt writes over it.
static enum status write_in(int directory, struct str place, const char *temporary,
                            const char *name, struct str bytes, struct error *err) {
    int fd =
        openat(directory, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0) {
        return complain(err, place, errno);
    }
    bool written = file_write_all(fd, bytes) && fsync(fd) == 0;
    int reason = errno;
    written = close(fd) == 0 && written;
    if (!written || renameat(directory, temporary, directory, name) != 0 || fsync(directory) != 0) {
        reason = written ? errno : reason;
        (void)unlinkat(directory, temporary, 0);
        return complain(err, place, reason);
    }
    return STATUS_OK;
}

enum status delivery_to_file(const struct delivery_attempt *attempt, struct error *err) {
    struct str place = attempt->delivery->place;
    struct str stem = delivery_stem(attempt);
    struct str name = stem.data ? arena_printf(attempt->arena, "%.*s.%s", STR_ARG(stem),
                                               delivery_extension(attempt->delivery->entry.format))
                                : STR_EMPTY;
    struct str temporary = arena_printf(attempt->arena, ".%s.part", attempt->id);
    if (!name.data || !temporary.data) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    int directory = open(place.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        return complain(err, place, errno);
    }
    enum status status = write_in(directory, place, temporary.data, name.data,
                                  http_detached_body(attempt->report), err);
    (void)close(directory);
    return status;
}
