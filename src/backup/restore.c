// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Checks backups, and puts them back.
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/private.h"
#include "base/log.h"

// The files that lie there are those that the manifest names.
static enum status compare_lists(const char *backup, const struct backup_manifest *said,
                                 const struct backup_manifest *found, struct error *err) {
    const struct backup_file *a = said->first;
    const struct backup_file *b = found->first;
    while (a || b) {
        int order = !a ? 1 : !b ? -1 : str_compare(a->path, b->path);
        if (order != 0) {
            return error_set(err, STATUS_CORRUPT, "%s/%.*s %s: do not restore this backup", backup,
                             STR_ARG(order < 0 ? a->path : b->path),
                             order < 0 ? "is missing" : "is not in the manifest");
        }
        if (a->bytes != b->bytes) {
            return error_set(err, STATUS_CORRUPT,
                             "%s/%.*s has %llu bytes where %llu were written: do not restore this "
                             "backup",
                             backup, STR_ARG(a->path), (unsigned long long)b->bytes,
                             (unsigned long long)a->bytes);
        }
        a = a->next;
        b = b->next;
    }
    return STATUS_OK;
}

static enum status check_file(const char *backup, const struct backup_file *file, const char *into,
                              struct error *err) {
    char path[BACKUP_PATH_MAX];
    char copy[BACKUP_PATH_MAX];
    unsigned char hash[BACKUP_HASH_BYTES];
    uint64_t bytes = 0;
    enum status status = backup_path(path, backup, file->path, err);
    if (status == STATUS_OK && into) {
        status = backup_path(copy, into, file->path, err);
    }
    if (status == STATUS_OK) {
        status = backup_file_read(path, into ? copy : NULL, NULL, &bytes, hash, err);
    }
    if (status == STATUS_OK &&
        (bytes != file->bytes || memcmp(hash, file->hash, sizeof hash) != 0)) {
        status =
            error_set(err, STATUS_CORRUPT,
                      "%s is not as it was written (SHA-256): do not restore this backup", path);
    }
    return status;
}

// into: where the files go; NULL: they are only read.
static enum status read_all(const char *backup, const char *into, struct backup_result *out,
                            struct error *err) {
    struct backup_manifest said;
    struct backup_manifest found;
    struct arena arena;
    arena_init(&arena, 65536, 0);
    *out = (struct backup_result){.files = 0};
    enum status status = backup_manifest_read(backup, &arena, &said, err);
    if (status == STATUS_OK) {
        status = backup_files_list(backup, &arena, &found, err);
        if (status == STATUS_NOT_FOUND) { // log/ or store/
            status = STATUS_CORRUPT;
            err->status = status;
        }
    }
    if (status == STATUS_OK) {
        status = compare_lists(backup, &said, &found, err);
    }
    for (const struct backup_file *file = said.first; file && status == STATUS_OK;
         file = file->next) {
        status = check_file(backup, file, into, err);
    }
    if (status == STATUS_OK) {
        const char *slash = strrchr(backup, '/');
        (void)snprintf(out->name, sizeof out->name, "%.63s", slash ? slash + 1 : backup);
        out->created_ms = said.created_ms;
        out->files = said.files;
        out->bytes = said.bytes;
    }
    arena_free(&arena);
    return status;
}

enum status backup_verify(const char *backup, struct backup_result *out, struct error *err) {
    return read_all(backup, NULL, out, err);
}

// --- Restoring ------------------------------------------------------------------------------------------------------------

static enum status check_empty(const char *data, struct error *err) {
    DIR *directory = opendir(data);
    if (!directory) {
        return errno == ENOENT ? STATUS_OK
                               : error_set(err, STATUS_IO, "%s: %s", data, strerror(errno));
    }
    unsigned entries = 0;
    while (readdir(directory)) {
        entries++;
    }
    (void)closedir(directory); // only read
    return entries <= 2 ? STATUS_OK
                        : error_set(err, STATUS_EXISTS,
                                    "%s is not empty: a backup is restored into a directory that "
                                    "is new or empty",
                                    data);
}

static enum status fill(const char *backup, const char *fresh, struct backup_result *out,
                        struct error *err) {
    static const char *const folders[] = {".", "log", "store"};
    char path[BACKUP_PATH_MAX];
    enum status status = STATUS_OK;
    for (size_t i = 0; i < 3 && status == STATUS_OK; i++) {
        status = backup_path(path, fresh, str_from_c(folders[i]), err);
        if (status == STATUS_OK) {
            status = backup_directory_make(i == 0 ? fresh : path, err);
        }
    }
    if (status == STATUS_OK) {
        status = read_all(backup, fresh, out, err);
    }
    for (size_t i = 0; i < 3 && status == STATUS_OK; i++) {
        status = backup_path(path, fresh, str_from_c(folders[i]), err);
        if (status == STATUS_OK) {
            status = backup_sync(path, err);
        }
    }
    return status;
}

enum status backup_restore(const char *backup, const char *data, struct backup_result *out,
                           struct error *err) {
    char fresh[BACKUP_PATH_MAX];
    size_t len = strlen(data);
    while (len > 1 && data[len - 1] == '/') {
        len--;
    }
    *out = (struct backup_result){.files = 0};
    if (len == 0 ||
        snprintf(fresh, sizeof fresh, "%.*s.restoring", (int)len, data) >= (int)sizeof fresh) {
        return error_set(err, STATUS_INVALID, "data: the directory's path is empty or too long");
    }
    enum status status = check_empty(data, err);
    if (status == STATUS_OK) {
        status = backup_remove(fresh, err); // of one that was killed
    }
    if (status != STATUS_OK) {
        return status;
    }
    status = fill(backup, fresh, out, err);
    // Takes the place of an empty directory, too; never of one that holds something.
    if (status == STATUS_OK && rename(fresh, data) != 0) {
        status = error_set(err, STATUS_IO, "%s: %s", data, strerror(errno));
    }
    if (status == STATUS_OK) {
        char parent[BACKUP_PATH_MAX];
        (void)snprintf(parent, sizeof parent, "%.*s/..", (int)len, data);
        return backup_sync(parent, err);
    }
    struct error why = {STATUS_OK, ""};
    if (backup_remove(fresh, &why) != STATUS_OK) {
        LOG_WARN("backup", "what was begun cannot be removed", LOG_CSTR("reason", why.text));
    }
    return status;
}
