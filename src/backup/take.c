// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Takes a backup of open engines.
//
// The store is copied first, then the log: so the log has all that the store has applied, and what it has beyond that is processed
// again after a restore. Retention is held meanwhile, or the log could lose what the store's copy has not applied.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "backup/private.h"
#include "base/log.h"

#define NAMES_MAX ((size_t)4096)

static bool has_prefix(const char *name, const char *prefix) {
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

static void make_name(int64_t created_ms, char out[BACKUP_NAME_MAX]) {
    struct tm parts;
    time_t seconds = (time_t)(created_ms / 1000);
    (void)gmtime_r(&seconds, &parts);
    size_t len = strftime(out, BACKUP_NAME_MAX, BACKUP_PREFIX "%Y%m%dT%H%M%S", &parts);
    (void)snprintf(out + len, BACKUP_NAME_MAX - len, ".%03dZ", (int)(created_ms % 1000));
}

// One at a time, of whatever process. Gives up the lock when it is closed.
static enum status lock(const char *directory, int *fd, struct error *err) {
    char path[BACKUP_PATH_MAX];
    enum status status = backup_directory_make(directory, err);
    if (status == STATUS_OK) {
        status = backup_path(path, directory, STR(".lock"), err);
    }
    if (status != STATUS_OK) {
        return status;
    }
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*fd < 0) {
        return error_set(err, STATUS_IO, "%s: %s", path, strerror(errno));
    }
    if (flock(*fd, LOCK_EX | LOCK_NB) != 0) {
        (void)close(*fd);
        return error_set(err, STATUS_CONFLICT, "another backup is being written into %s",
                         directory);
    }
    return STATUS_OK;
}

// Names of the directory that begin with prefix, the newest first. Beyond NAMES_MAX: the next time.
static size_t names_of(const char *directory, const char *prefix, struct arena *arena,
                       struct str *out) {
    size_t count = 0;
    DIR *handle = opendir(directory);
    for (struct dirent *entry = handle ? readdir(handle) : NULL; entry && count < NAMES_MAX;
         entry = readdir(handle)) {
        struct str name = arena_copy(arena, str_from_c(entry->d_name));
        if (name.data && has_prefix(name.data, prefix)) {
            size_t at = count++;
            for (; at > 0 && str_compare(out[at - 1], name) < 0; at--) {
                out[at] = out[at - 1];
            }
            out[at] = name;
        }
    }
    if (handle) {
        (void)closedir(handle); // only read
    }
    return count;
}

// Old ones lose their name first: half of one must never look whole.
static enum status drop(const char *directory, struct str name, struct error *err) {
    char path[BACKUP_PATH_MAX];
    char doomed[BACKUP_PATH_MAX];
    char hidden[BACKUP_NAME_MAX + 300];
    (void)snprintf(hidden, sizeof hidden, "%s-old-%.*s", BACKUP_UNFINISHED, STR_ARG(name));
    enum status status = backup_path(path, directory, name, err);
    if (status == STATUS_OK) {
        status = backup_path(doomed, directory, str_from_c(hidden), err);
    }
    if (status == STATUS_OK && rename(path, doomed) != 0) {
        status = error_set(err, STATUS_IO, "%s: %s", path, strerror(errno));
    }
    return status == STATUS_OK ? backup_remove(doomed, err) : status;
}

// The names after the first `keep`; whole: they are backups, not what a crash left.
static enum status clean(const char *directory, const char *prefix, size_t keep, bool whole,
                         struct error *err) {
    struct arena arena;
    arena_init(&arena, 16384, 0);
    struct str *names = arena_alloc_array(&arena, NAMES_MAX, sizeof *names);
    size_t count = names ? names_of(directory, prefix, &arena, names) : 0;
    enum status status = names ? STATUS_OK : error_set(err, STATUS_NO_MEMORY, "out of memory");
    for (size_t i = keep; i < count && status == STATUS_OK; i++) {
        char path[BACKUP_PATH_MAX];
        status =
            whole ? drop(directory, names[i], err) : backup_path(path, directory, names[i], err);
        if (status == STATUS_OK && !whole) {
            status = backup_remove(path, err);
        }
    }
    arena_free(&arena);
    return status;
}

int64_t backup_newest_ms(const char *directory) {
    struct arena arena;
    int64_t newest = 0;
    arena_init(&arena, 16384, 0);
    struct str *names = arena_alloc_array(&arena, NAMES_MAX, sizeof *names);
    size_t count = names ? names_of(directory, BACKUP_PREFIX, &arena, names) : 0;
    struct backup_manifest manifest;
    struct error err = {STATUS_OK, ""};
    char path[BACKUP_PATH_MAX];
    if (count > 0 && backup_path(path, directory, names[0], &err) == STATUS_OK &&
        backup_manifest_read(path, &arena, &manifest, &err) == STATUS_OK) {
        newest = manifest.created_ms;
    }
    if (err.status != STATUS_OK) {
        LOG_WARN("backup", "the newest backup cannot be read", LOG_CSTR("reason", err.text));
    }
    arena_free(&arena);
    return newest;
}

// --- What goes in ---------------------------------------------------------------------------------------------------------

static enum status copy_engines(const struct backup_config *config, const char *into,
                                struct error *err) {
    char path[BACKUP_PATH_MAX];
    enum status status = eventlog_rocksdb_hold(config->log, err);
    if (status != STATUS_OK) {
        return status;
    }
    status = backup_path(path, into, STR("store"), err);
    if (status == STATUS_OK) {
        status = store_rocksdb_checkpoint(config->store, path, err);
    }
    if (status == STATUS_OK) {
        status = backup_path(path, into, STR("log"), err);
    }
    if (status == STATUS_OK) {
        status = eventlog_rocksdb_checkpoint(config->log, path, err);
    }
    eventlog_rocksdb_release(config->log);
    return status;
}

static enum status copy_credentials(const struct backup_config *config, const char *into,
                                    struct error *err) {
    char path[BACKUP_PATH_MAX];
    unsigned char hash[BACKUP_HASH_BYTES];
    uint64_t bytes = 0;
    if (access(config->credentials, F_OK) != 0) {
        return STATUS_OK;
    }
    enum status status = backup_path(path, into, STR("credentials.json"), err);
    return status == STATUS_OK
               ? backup_file_read(config->credentials, path, NULL, &bytes, hash, err)
               : status;
}

static enum status hash_all(const struct backup_config *config, const char *backup,
                            struct backup_manifest *manifest, struct error *err) {
    enum status status = STATUS_OK;
    for (struct backup_file *file = manifest->first; file && status == STATUS_OK;
         file = file->next) {
        char path[BACKUP_PATH_MAX];
        status = backup_path(path, backup, file->path, err);
        if (status == STATUS_OK) {
            status = backup_file_read(path, NULL, config->stopped, &file->bytes, file->hash, err);
        }
        if (status == STATUS_OK) {
            status = backup_sync(path, err);
        }
    }
    return status;
}

static enum status sync_folders(const char *backup, struct error *err) {
    static const char *const folders[] = {"log", "store", "."};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < 3 && status == STATUS_OK; i++) {
        char path[BACKUP_PATH_MAX];
        status = backup_path(path, backup, str_from_c(folders[i]), err);
        if (status == STATUS_OK) {
            status = backup_sync(path, err);
        }
    }
    return status;
}

static enum status fill(const struct backup_config *config, const char *path,
                        struct backup_result *out, struct arena *arena, struct error *err) {
    struct backup_manifest manifest;
    enum status status = backup_directory_make(path, err);
    if (status == STATUS_OK) {
        status = copy_engines(config, path, err);
    }
    if (status == STATUS_OK) {
        status = copy_credentials(config, path, err);
    }
    if (status == STATUS_OK) {
        status = backup_files_list(path, arena, &manifest, err);
    }
    if (status == STATUS_OK) {
        status = hash_all(config, path, &manifest, err);
    }
    if (status == STATUS_OK) {
        manifest.created_ms = out->created_ms;
        out->files = manifest.files;
        out->bytes = manifest.bytes;
        status = backup_manifest_write(path, &manifest, err);
    }
    return status == STATUS_OK ? sync_folders(path, err) : status;
}

static enum status write_backup(const struct backup_config *config, struct backup_result *out,
                                struct error *err) {
    char fresh[BACKUP_PATH_MAX];
    char path[BACKUP_PATH_MAX];
    struct arena arena;
    arena_init(&arena, 65536, 0);
    enum status status = backup_path(fresh, config->directory, STR(BACKUP_UNFINISHED), err);
    if (status == STATUS_OK) {
        status = backup_path(path, config->directory, str_from_c(out->name), err);
    }
    if (status == STATUS_OK) {
        status = fill(config, fresh, out, &arena, err);
    }
    if (status == STATUS_OK && rename(fresh, path) != 0) {
        status = error_set(err, STATUS_IO, "%s: %s", path, strerror(errno));
    }
    if (status == STATUS_OK) {
        status = backup_sync(config->directory, err);
    }
    arena_free(&arena);
    struct error why = {STATUS_OK, ""};
    if (status != STATUS_OK && backup_remove(fresh, &why) != STATUS_OK) {
        LOG_WARN("backup", "what was begun cannot be removed", LOG_CSTR("reason", why.text));
    }
    return status;
}

enum status backup_take(const struct backup_config *config, struct backup_result *out,
                        struct error *err) {
    int fd = -1;
    int64_t begin_us = config->clock->mono_us(config->clock);
    *out = (struct backup_result){.created_ms = config->clock->wall_ms(config->clock)};
    make_name(out->created_ms, out->name);
    enum status status = lock(config->directory, &fd, err);
    if (status != STATUS_OK) {
        return status;
    }
    status = clean(config->directory, BACKUP_UNFINISHED, 0, false, err);
    if (status == STATUS_OK) {
        status = write_backup(config, out, err);
    }
    struct error why = {STATUS_OK, ""};
    if (status == STATUS_OK && config->keep > 0 &&
        clean(config->directory, BACKUP_PREFIX, config->keep, true, &why) != STATUS_OK) {
        LOG_WARN("backup", "old backups cannot be removed", LOG_CSTR("reason", why.text));
    }
    (void)close(fd); // the lock
    out->seconds = (double)(config->clock->mono_us(config->clock) - begin_us) / 1e6;
    return status;
}
