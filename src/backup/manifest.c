// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// manifest.json: what is in a backup, and who wrote it.
#include <string.h>

#include "backup/private.h"
#include "base/file.h"
#include "base/json_read.h"
#include "base/json_write.h"

#define FORMAT 1
#define MANIFEST_MAX ((size_t)64 * 1024 * 1024)

enum status backup_manifest_write(const char *backup, const struct backup_manifest *manifest,
                                  struct error *err) {
    struct buffer text;
    struct json_writer w;
    char path[BACKUP_PATH_MAX];
    char hex[2 * BACKUP_HASH_BYTES + 1];
    buffer_init(&text, MANIFEST_MAX);
    json_writer_init(&w, &text);
    json_begin_object(&w);
    json_member_i64(&w, STR("format"), FORMAT);
    json_member_string(&w, STR("footfall"), STR(FOOTFALL_VERSION));
    json_member_time(&w, STR("created"), manifest->created_ms);
    json_member_i64(&w, STR("createdMs"), manifest->created_ms);
    json_key(&w, STR("files"));
    json_begin_array(&w);
    for (const struct backup_file *file = manifest->first; file; file = file->next) {
        json_begin_object(&w);
        json_member_string(&w, STR("path"), file->path);
        json_member_u64(&w, STR("bytes"), file->bytes);
        (void)sodium_bin2hex(hex, sizeof hex, file->hash, sizeof file->hash);
        json_member_string(&w, STR("sha256"), str_from_c(hex));
        json_end_object(&w);
    }
    json_end_array(&w);
    json_end_object(&w);
    buffer_append_char(&text, '\n');
    enum status status = json_writer_status(&w);
    status = status == STATUS_OK ? backup_path(path, backup, STR(BACKUP_MANIFEST), err)
                                 : error_set(err, status, "the manifest: %s", status_text(status));
    if (status == STATUS_OK) {
        status = backup_file_write(path, buffer_str(&text), err);
    }
    buffer_free(&text);
    return status;
}

// Followed by JSON_PADDING bytes.
static enum status read_text(const char *path, struct arena *arena, struct str *out,
                             struct error *err) {
    struct buffer text;
    buffer_init(&text, MANIFEST_MAX);
    enum status status = file_read(path, &text, err);
    char *bytes = status == STATUS_OK ? arena_alloc_zero(arena, text.len + JSON_PADDING) : NULL;
    if (bytes && text.len > 0) {
        memcpy(bytes, text.data, text.len);
        *out = str_make(bytes, text.len);
    } else if (status == STATUS_OK) {
        status = bytes ? STATUS_OK : error_set(err, STATUS_NO_MEMORY, "%s: out of memory", path);
    } else if (status == STATUS_NOT_FOUND) {
        (void)error_set(err, status,
                        "%s is not there: this is no backup, or one that was not finished", path);
    }
    buffer_free(&text);
    return status;
}

// Nothing that would lead out of the directory.
static bool is_inside(struct str path) {
    struct str name;
    if (str_equal(path, STR("credentials.json"))) {
        return true;
    }
    if (str_starts_with(path, STR("log/"))) {
        name = str_make(path.data + 4, path.len - 4);
    } else if (str_starts_with(path, STR("store/"))) {
        name = str_make(path.data + 6, path.len - 6);
    } else {
        return false;
    }
    return name.len > 0 && name.len < 256 && name.data[0] != '.' &&
           memchr(name.data, '/', name.len) == NULL && memchr(name.data, 0, name.len) == NULL;
}

static bool read_file(const struct json_value *value, struct backup_file *file) {
    int64_t bytes = 0;
    size_t len = 0;
    struct str hash = json_get_string(value, STR("sha256"));
    file->path = json_get_string(value, STR("path"));
    bool whole =
        is_inside(file->path) && json_to_i64(json_get(value, STR("bytes")), &bytes) && bytes >= 0 &&
        hash.len == 2 * sizeof file->hash &&
        sodium_hex2bin(file->hash, sizeof file->hash, hash.data, hash.len, NULL, &len, NULL) == 0 &&
        len == sizeof file->hash;
    file->bytes = (uint64_t)bytes;
    return whole;
}

// Sorted, as it was written: then nothing is in it twice.
static bool read_files(const struct json_value *list, struct arena *arena,
                       struct backup_manifest *out) {
    struct backup_file **place = &out->first;
    struct str before = STR_EMPTY;
    if (!list || list->type != JSON_ARRAY) {
        return false;
    }
    for (const struct json_value *value = list->child; value; value = value->next) {
        struct backup_file *file = arena_alloc_zero(arena, sizeof *file);
        if (!file || !read_file(value, file) || str_compare(before, file->path) >= 0) {
            return false;
        }
        before = file->path;
        *place = file;
        place = &file->next;
        out->files++;
        out->bytes += file->bytes;
    }
    return out->files > 0;
}

static enum status read_members(const struct json_value *root, const char *path,
                                struct arena *arena, struct backup_manifest *out,
                                struct error *err) {
    int64_t format = 0;
    if (json_to_i64(json_get(root, STR("format")), &format) && format > FORMAT) {
        return error_set(err, STATUS_UNSUPPORTED,
                         "%s: a newer Footfall (%.*s) took this backup, in format %lld; this one "
                         "reads format %d",
                         path, STR_ARG(json_get_string(root, STR("footfall"))), (long long)format,
                         FORMAT);
    }
    if (format != FORMAT || !json_to_i64(json_get(root, STR("createdMs")), &out->created_ms) ||
        !read_files(json_get(root, STR("files")), arena, out)) {
        return error_set(err, STATUS_CORRUPT, "%s is damaged: do not restore this backup", path);
    }
    return STATUS_OK;
}

enum status backup_manifest_parse(struct str text, const char *path, struct arena *arena,
                                  struct backup_manifest *out, struct error *err) {
    struct json_parser *parser = NULL;
    const struct json_value *root = NULL;
    struct json_limits limits = {.depth = 4, .bytes = MANIFEST_MAX};
    struct error why = {STATUS_OK, ""};
    *out = (struct backup_manifest){.files = 0};
    enum status status = json_parser_make(&parser);
    if (status == STATUS_OK) {
        status = json_parse(parser, text, &limits, arena, &root, &why);
    }
    json_parser_free(parser);
    if (status == STATUS_NO_MEMORY) {
        return error_set(err, status, "%s: out of memory", path);
    }
    if (status != STATUS_OK) {
        return error_set(err, STATUS_CORRUPT, "%s is damaged (%s): do not restore this backup",
                         path, why.text);
    }
    return read_members(root, path, arena, out, err);
}

enum status backup_manifest_read(const char *backup, struct arena *arena,
                                 struct backup_manifest *out, struct error *err) {
    char path[BACKUP_PATH_MAX];
    struct str text = STR_EMPTY;
    enum status status = backup_path(path, backup, STR(BACKUP_MANIFEST), err);
    if (status == STATUS_OK) {
        status = read_text(path, arena, &text, err);
    }
    return status == STATUS_OK ? backup_manifest_parse(text, path, arena, out, err) : status;
}
