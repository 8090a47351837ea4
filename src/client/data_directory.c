// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Where the embedded engines keep their files.
#include "client/data_directory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum status client_data_paths(struct str directory, struct client_paths *out, struct error *err) {
    if (directory.len == 0 || directory.len > sizeof out->log - 32) {
        return error_set(err, STATUS_INVALID, "data: the directory's path is empty or too long");
    }
    (void)snprintf(out->log, sizeof out->log, "%.*s/log", STR_ARG(directory));
    (void)snprintf(out->store, sizeof out->store, "%.*s/store", STR_ARG(directory));
    (void)snprintf(out->migration, sizeof out->migration, "%.*s/migration.json",
                   STR_ARG(directory));
    (void)snprintf(out->spool, sizeof out->spool, "%.*s/spool", STR_ARG(directory));
    (void)snprintf(out->credentials, sizeof out->credentials, "%.*s/credentials.json",
                   STR_ARG(directory));
    return STATUS_OK;
}

enum status client_data_directory(struct str directory, struct client_paths *out,
                                  struct error *err) {
    enum status status = client_data_paths(directory, out, err);
    if (status != STATUS_OK) {
        return status;
    }
    char path[1024];
    (void)snprintf(path, sizeof path, "%.*s", STR_ARG(directory));
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return error_set(err, STATUS_IO, "data: cannot make the directory %s: %s", path,
                         strerror(errno));
    }
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode)) {
        return error_set(err, STATUS_IO, "data: %s is not a directory", path);
    }
    if (access(path, R_OK | W_OK | X_OK) != 0) {
        return error_set(err, STATUS_DENIED, "data: no permission to write in %s", path);
    }
    return STATUS_OK;
}
