// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The backend of plain folders ("native" in Spring).
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/environment.h"

struct folder {
    char base[PATH_MAX];    // real path, without what has placeholders
    char pattern[PATH_MAX]; // base with the rest
    bool plain;             // no placeholders
};
struct directory {
    struct config_backend backend;
    char default_label[256];
    struct folder *folders;
    size_t count;
};

// The part before the first placeholder, up to its last slash, must be there.
static enum status read_folder(struct str text, struct folder *out, struct error *err) {
    char copy[PATH_MAX];
    if (text.len == 0 || text.len >= sizeof copy - 2) {
        return error_set(err, STATUS_INVALID, "config.directory: not the path of a folder");
    }
    (void)snprintf(copy, sizeof copy, "%.*s", STR_ARG(text));
    char *brace = strchr(copy, '{');
    char *rest = copy + text.len;
    out->plain = !brace;
    if (brace) {
        rest = brace;
        while (rest > copy && rest[-1] != '/') {
            rest--;
        }
    }
    char tail[PATH_MAX];
    (void)snprintf(tail, sizeof tail, "%s", rest);
    *rest = '\0';
    struct stat about;
    if (!realpath(copy[0] ? copy : ".", out->base) || stat(out->base, &about) != 0 ||
        !S_ISDIR(about.st_mode)) {
        return error_set(err, STATUS_NOT_FOUND, "config.directory: %s is no folder", copy);
    }
    int len = snprintf(out->pattern, sizeof out->pattern, "%s/%s",
                       strcmp(out->base, "/") == 0 ? "" : out->base, tail);
    return len > 0 && (size_t)len < sizeof out->pattern
               ? STATUS_OK
               : error_set(err, STATUS_INVALID, "config.directory: a path is too long");
}

static enum status look(struct config_backend *backend, const struct config_asked *asked,
                        struct config_snapshot *snapshot, struct error *err) {
    const struct directory *directory = (const struct directory *)backend;
    struct str label = asked->label.data ? asked->label : str_from_c(directory->default_label);
    struct str labels[CONFIG_NAMES_MAX]; // of several the first one wins, as with Spring
    size_t count = config_names_split(label, labels);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < directory->count && status == STATUS_OK; i++) {
        status =
            config_locations_add(snapshot, str_from_c(directory->folders[i].pattern), asked, label);
    }
    for (size_t i = 0; i < directory->count && status == STATUS_OK; i++) {
        for (size_t l = directory->folders[i].plain ? count : 0; l-- > 0 && status == STATUS_OK;) {
            struct str location = arena_printf(snapshot->arena, "%s%.*s",
                                               directory->folders[i].pattern, STR_ARG(labels[l]));
            status = location.data ? config_locations_add(snapshot, location, asked, label)
                                   : STATUS_NO_MEMORY;
        }
    }
    return status == STATUS_OK
               ? status
               : error_set(err, status, "folders of the request: %s", status_text(status));
}

// Where an open file really is, whatever links led there, must be below one of our folders.
static bool is_ours(const struct directory *directory, int fd) {
    char link[64], real[PATH_MAX];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, real, sizeof real - 1);
    if (len <= 0) {
        return false;
    }
    struct str path = str_make(real, (size_t)len);
    for (size_t i = 0; i < directory->count; i++) {
        struct str base = str_from_c(directory->folders[i].base);
        bool root = str_equal(base, STR("/"));
        if (root ||
            (str_starts_with(path, base) && path.len > base.len && path.data[base.len] == '/')) {
            return true;
        }
    }
    return false;
}

static enum status read_all(const struct config_snapshot *snapshot, int fd,
                            const struct stat *about, struct str *out, struct error *err) {
    size_t most = snapshot->backend->file_bytes;
    if ((size_t)about->st_size > most) {
        return error_set(err, STATUS_TOO_LARGE, "more than %zu bytes", most);
    }
    size_t room = (size_t)about->st_size + 1, len = 0; // one more, to see whether it has grown
    char *data = arena_alloc(snapshot->arena, room);
    if (!data) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    while (len < room) {
        ssize_t got = read(fd, data + len, room - len);
        if (got < 0 && errno != EINTR) {
            return error_set(err, STATUS_IO, "cannot be read: %s", strerror(errno));
        }
        if (got == 0) {
            *out = str_make(data, len);
            return STATUS_OK;
        }
        len += got > 0 ? (size_t)got : 0;
    }
    return error_set(err, STATUS_IO, "it grows while it is read");
}

static enum status read_file(const struct config_snapshot *snapshot, struct str location,
                             struct str path, struct str *out, int64_t *modified_s,
                             struct error *err) {
    const struct directory *directory = (const struct directory *)snapshot->backend;
    char whole[PATH_MAX];
    int written = snprintf(whole, sizeof whole, "%.*s%.*s", STR_ARG(location), STR_ARG(path));
    if (written <= 0 || (size_t)written >= sizeof whole) {
        return STATUS_NOT_FOUND;
    }
    int fd = open(whole, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        bool absent =
            errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG || errno == ELOOP;
        return absent ? STATUS_NOT_FOUND
                      : error_set(err, STATUS_IO, "cannot be opened: %s", strerror(errno));
    }
    struct stat about;
    enum status status = STATUS_NOT_FOUND;
    if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && is_ours(directory, fd)) {
        *modified_s = (int64_t)about.st_mtim.tv_sec;
        status = read_all(snapshot, fd, &about, out, err);
    }
    (void)close(fd);
    return status;
}

static struct str title(const struct config_snapshot *snapshot, struct str location,
                        struct str path, bool several, size_t index) {
    if (!several) {
        return arena_printf(snapshot->arena, "file:%.*s%.*s", STR_ARG(location), STR_ARG(path));
    }
    return arena_printf(
        snapshot->arena,
        "Config resource 'file [%.*s%.*s]' via location 'file:%.*s' (document #%zu)",
        STR_ARG(location), STR_ARG(path), STR_ARG(location), index);
}

static void stop(struct config_backend *backend) {
    struct directory *directory = (struct directory *)backend;
    free(directory->folders);
    free(directory);
}

enum status config_directory_start(const struct config_directory_config *config,
                                   struct config_backend **out, struct error *err) {
    static const struct config_backend_table table = {look, NULL, read_file, title, stop};
    struct directory *directory = calloc(1, sizeof *directory);
    struct folder *folders = calloc(config->count + 1, sizeof *folders);
    if (!directory || !folders) {
        free(directory);
        free(folders);
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    directory->folders = folders;
    directory->count = config->count;
    (void)snprintf(directory->default_label, sizeof directory->default_label, "%.*s",
                   STR_ARG(config->default_label));
    directory->backend = (struct config_backend){
        .table = &table, .kind = "directory", .file_bytes = config->file_bytes};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < config->count && status == STATUS_OK; i++) {
        status = read_folder(config->locations[i], &folders[i], err);
    }
    if (status != STATUS_OK) {
        stop(&directory->backend);
        return status;
    }
    *out = &directory->backend;
    return STATUS_OK;
}
