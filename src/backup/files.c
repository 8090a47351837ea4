// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Files and directories of backups: listed, read, copied, synced, removed.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/private.h"
#include "base/file.h"

#define CHUNK ((size_t)256 * 1024)

static enum status complain(struct error *err, const char *path) {
    enum status status = errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO;
    return error_set(err, status, "%s: %s", path, strerror(errno));
}

enum status backup_path(char out[BACKUP_PATH_MAX], const char *directory, struct str name,
                        struct error *err) {
    int len = snprintf(out, BACKUP_PATH_MAX, "%s/%.*s", directory, STR_ARG(name));
    return len < BACKUP_PATH_MAX
               ? STATUS_OK
               : error_set(err, STATUS_TOO_LARGE, "%s: the path is too long", directory);
}

enum status backup_sync(const char *path, struct error *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return complain(err, path);
    }
    enum status status = fsync(fd) == 0 ? STATUS_OK : complain(err, path);
    (void)close(fd); // nothing was written by it
    return status;
}

enum status backup_directory_make(const char *path, struct error *err) {
    return mkdir(path, 0700) == 0 || errno == EEXIST ? STATUS_OK : complain(err, path);
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where) {
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

enum status backup_remove(const char *path, struct error *err) {
    if (nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT) {
        return STATUS_OK;
    }
    return complain(err, path);
}

// --- Listing ------------------------------------------------------------------------------------------------------------

static int compare(const void *a, const void *b) {
    const struct backup_file *const *left = a;
    const struct backup_file *const *right = b;
    return str_compare((*left)->path, (*right)->path);
}

static enum status sort(struct arena *arena, struct backup_manifest *list) {
    struct backup_file **files = arena_alloc_array(arena, list->files + 1, sizeof *files);
    if (!files) {
        return STATUS_NO_MEMORY;
    }
    size_t count = 0;
    for (struct backup_file *file = list->first; file; file = file->next) {
        files[count++] = file;
    }
    qsort(files, count, sizeof *files, compare);
    list->first = NULL;
    while (count > 0) {
        files[--count]->next = list->first;
        list->first = files[count];
    }
    return STATUS_OK;
}

static enum status add(const char *backup, const char *folder, const char *name,
                       struct arena *arena, struct backup_manifest *out, struct error *err) {
    char path[BACKUP_PATH_MAX];
    char inside[600];
    (void)snprintf(inside, sizeof inside, "%s%s%s", folder, folder[0] ? "/" : "", name);
    enum status status = backup_path(path, backup, str_from_c(inside), err);
    struct stat info;
    if (status != STATUS_OK) {
        return status;
    }
    if (lstat(path, &info) != 0) {
        return complain(err, path);
    }
    bool known = folder[0] || strcmp(name, "credentials.json") == 0;
    if (!folder[0] && (strcmp(name, BACKUP_MANIFEST) == 0 || strcmp(name, "log") == 0 ||
                       strcmp(name, "store") == 0)) {
        return STATUS_OK;
    }
    if (!known || !S_ISREG(info.st_mode)) {
        return error_set(err, STATUS_CORRUPT, "%s does not belong into a backup", path);
    }
    struct backup_file *file = arena_alloc_zero(arena, sizeof *file);
    if (file) {
        file->path = arena_copy(arena, str_from_c(inside));
    }
    if (!file || !file->path.data) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    file->bytes = (uint64_t)info.st_size;
    file->next = out->first;
    out->first = file;
    out->files++;
    out->bytes += file->bytes;
    return STATUS_OK;
}

static enum status list_folder(const char *backup, const char *folder, struct arena *arena,
                               struct backup_manifest *out, struct error *err) {
    char path[BACKUP_PATH_MAX];
    enum status status = backup_path(path, backup, str_from_c(folder), err);
    if (status != STATUS_OK) {
        return status;
    }
    DIR *directory = opendir(path);
    if (!directory) {
        return complain(err, path);
    }
    while (status == STATUS_OK) {
        errno = 0; // the end and a failure look the same
        struct dirent *entry = readdir(directory);
        if (!entry) {
            status = errno == 0 ? STATUS_OK : complain(err, path);
            break;
        }
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            status = add(backup, folder, entry->d_name, arena, out, err);
        }
    }
    (void)closedir(directory);
    return status;
}

enum status backup_files_list(const char *backup, struct arena *arena, struct backup_manifest *out,
                              struct error *err) {
    static const char *const folders[] = {"", "log", "store"};
    *out = (struct backup_manifest){.files = 0};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < 3 && status == STATUS_OK; i++) {
        status = list_folder(backup, folders[i], arena, out, err);
    }
    if (status == STATUS_OK && sort(arena, out) != STATUS_OK) {
        status = error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    return status;
}

// --- Reading and writing ------------------------------------------------------------------------------------------------

static enum status pass(int from, int to, const char *path, const char *copy,
                        const atomic_bool *stopped, uint64_t *bytes, crypto_hash_sha256_state *hash,
                        struct error *err) {
    char *chunk = malloc(CHUNK);
    if (!chunk) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    enum status status = STATUS_OK;
    ssize_t got = 1;
    while (got != 0 && status == STATUS_OK) {
        got = read(from, chunk, CHUNK);
        if (got < 0 && errno != EINTR) {
            status = complain(err, path);
        } else if (got > 0) {
            (void)crypto_hash_sha256_update(hash, (unsigned char *)chunk, (size_t)got);
            *bytes += (uint64_t)got;
            if (to >= 0 && !file_write_all(to, str_make(chunk, (size_t)got))) {
                status = complain(err, copy);
            }
        }
        if (status == STATUS_OK && stopped && atomic_load(stopped)) {
            status = error_set(err, STATUS_CLOSED, "stopped");
        }
    }
    free(chunk);
    return status;
}

enum status backup_file_read(const char *path, const char *copy, const atomic_bool *stopped,
                             uint64_t *bytes, unsigned char hash[BACKUP_HASH_BYTES],
                             struct error *err) {
    int from = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int to = -1;
    *bytes = 0;
    if (from < 0) {
        return complain(err, path);
    }
    if (copy) {
        to = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    }
    enum status status = copy && to < 0 ? complain(err, copy) : STATUS_OK;
    crypto_hash_sha256_state state;
    (void)crypto_hash_sha256_init(&state);
    if (status == STATUS_OK) {
        status = pass(from, to, path, copy, stopped, bytes, &state, err);
    }
    (void)crypto_hash_sha256_final(&state, hash);
    if (status == STATUS_OK && to >= 0 && fsync(to) != 0) {
        status = complain(err, copy);
    }
    if (to >= 0 && close(to) != 0 && status == STATUS_OK) {
        status = complain(err, copy);
    }
    (void)close(from); // only read
    return status;
}

enum status backup_file_write(const char *path, struct str content, struct error *err) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return complain(err, path);
    }
    enum status status =
        file_write_all(fd, content) && fsync(fd) == 0 ? STATUS_OK : complain(err, path);
    return close(fd) == 0 || status != STATUS_OK ? status : complain(err, path);
}
