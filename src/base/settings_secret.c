// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Secrets that stand in files of their own: "@/run/secrets/name" as the value of a setting that is secret.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/settings_layer.h"

#define SECRET_MAX 65536

static enum status read_all(int fd, char *out, size_t *len) {
    *len = 0;
    while (*len < SECRET_MAX) {
        ssize_t got = read(fd, out + *len, SECRET_MAX - *len);
        if (got == 0) {
            return STATUS_OK;
        }
        if (got < 0 && errno != EINTR) {
            return STATUS_IO;
        }
        *len += got > 0 ? (size_t)got : 0;
    }
    return STATUS_TOO_LARGE;
}

static enum status fail(enum status status, const char *where, const char *path, const char *reason,
                        struct error *err) {
    return error_set(err, status, "%s: file %s: %s", where, path, reason);
}

enum status settings_secret_read(struct settings *settings, struct str text, const char *where,
                                 struct str *out, struct error *err) {
    char path[1024];
    struct stat about;
    size_t len = 0;
    if (text.len - 1 >= sizeof path) {
        return fail(STATUS_INVALID, where, "", "its name is too long", err);
    }
    memcpy(path, text.data + 1, text.len - 1);
    path[text.len - 1] = '\0';
    char *content = arena_alloc(&settings->arena, SECRET_MAX);
    if (!content) {
        return fail(STATUS_NO_MEMORY, where, path, "out of memory", err);
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &about) != 0) {
        enum status status = fail(STATUS_INVALID, where, path, strerror(errno), err);
        if (fd >= 0) {
            close(fd);
        }
        return status;
    }
    enum status status = read_all(fd, content, &len);
    close(fd);
    if (status != STATUS_OK) {
        return fail(STATUS_INVALID, where, path, status_text(status), err);
    }
    if (about.st_mode & (S_IRGRP | S_IROTH | S_IWGRP | S_IWOTH)) {
        LOG_WARN("settings", "others than its owner can read a file with a secret; chmod 600",
                 LOG_CSTR("setting", where), LOG_CSTR("path", path));
    }
    while (len > 0 && (content[len - 1] == '\n' || content[len - 1] == '\r')) {
        len--;
    }
    *out = str_make(content, len);
    return STATUS_OK;
}
