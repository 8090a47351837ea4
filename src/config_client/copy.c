// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The last good reply on disk, for when no server answers.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json_read.h"
#include "config_client/private.h"

enum status config_client_keep(const char *path, struct str reply, struct error *err) {
    char fresh[1100];
    if ((size_t)snprintf(fresh, sizeof fresh, "%s.new", path) >= sizeof fresh) {
        return error_set(err, STATUS_TOO_LARGE, "%s: the path is too long", path);
    }
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return error_set(err, STATUS_IO, "%s: %s", fresh, strerror(errno));
    }
    bool good = fchmod(fd, 0600) == 0 && file_write_all(fd, reply) && fsync(fd) == 0;
    int reason = errno;
    good = close(fd) == 0 && good;
    if (good && rename(fresh, path) == 0) {
        return STATUS_OK;
    }
    reason = good ? errno : reason;
    (void)unlink(fresh);
    return error_set(err, STATUS_IO, "%s: %s", path, strerror(reason));
}

enum status config_client_recall(const char *path, struct buffer *reply, struct error *err) {
    static const char padding[JSON_PADDING];
    enum status status = file_read(path, reply, err);
    if (status != STATUS_OK) {
        return status;
    }
    buffer_append(reply, padding, sizeof padding);
    reply->len -= buffer_status(reply) == STATUS_OK ? sizeof padding : 0;
    return buffer_status(reply) == STATUS_OK
               ? STATUS_OK
               : error_set(err, buffer_status(reply), "%s: too large", path);
}
