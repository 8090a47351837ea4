// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Reads and writes the file that says how far a migration has come.
#include "migrate/notes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json_read.h"
#include "base/json_write.h"
#include "eventlog/eventlog.h"

#define VERSION 3
#define FILE_MAX ((size_t)1 << 20)

static const char *const step_names[] = {
#define X(symbol, name) name,
    NOTES_STEP_LIST(X)
#undef X
};
#define STEPS (sizeof step_names / sizeof step_names[0])

// --- Writing --------------------------------------------------------------------------------------------------------

static void write_hex(struct buffer *out, struct str bytes) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned byte = (unsigned char)bytes.data[i];
        buffer_append_char(out, digits[byte >> 4]);
        buffer_append_char(out, digits[byte & 15]);
    }
}

static void write_json(struct buffer *out, const struct notes *notes, struct str position) {
    struct json_writer writer;
    json_writer_init(&writer, out);
    json_begin_object(&writer);
    json_member_i64(&writer, STR("version"), VERSION);
    json_member_string(&writer, STR("next"), str_from_c(step_names[notes->step]));
    json_member_time(&writer, STR("began"), notes->began_ms);
    json_member_i64(&writer, STR("beganMs"), notes->began_ms);
    json_member_i64(&writer, STR("sourceEpoch"), notes->source_epoch);
    json_member_i64(&writer, STR("targetEpoch"), notes->target_epoch);
    json_member_i64(&writer, STR("kind"), notes->kind);
    json_member_string(&writer, STR("position"), position);
    json_key(&writer, STR("partitions"));
    json_begin_array(&writer);
    for (unsigned i = 0; i < notes->partitions; i++) {
        json_begin_object(&writer);
        json_member_i64(&writer, STR("begin"), notes->ranges[i].begin);
        json_member_i64(&writer, STR("end"), notes->ranges[i].end);
        json_end_object(&writer);
    }
    json_end_array(&writer);
    json_key(&writer, STR("targets"));
    json_begin_array(&writer);
    for (unsigned i = 0; i < notes->targets; i++) {
        json_i64(&writer, notes->places[i].begin);
    }
    json_end_array(&writer);
    json_end_object(&writer);
    buffer_append_char(out, '\n');
}

static bool write_bytes(const char *path, struct str bytes) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return false;
    }
    bool whole = file_write_all(fd, bytes) && fsync(fd) == 0;
    return close(fd) == 0 && whole;
}

// So that the new name survives a power cut.
static bool sync_directory_of(const char *path) {
    const char *slash = strrchr(path, '/');
    char directory[1024] = ".";
    if (slash) {
        (void)snprintf(directory, sizeof directory, "%.*s", (int)(slash - path + 1), path);
    }
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool synced = fsync(fd) == 0;
    return close(fd) == 0 && synced;
}

enum status notes_write(const char *path, const struct notes *notes, struct error *err) {
    char fresh[1100];
    (void)snprintf(fresh, sizeof fresh, "%s.new", path);
    struct buffer text;
    struct buffer position;
    buffer_init(&text, FILE_MAX);
    buffer_init(&position, FILE_MAX / 2);
    write_hex(&position, notes->position);
    write_json(&text, notes, position.len ? buffer_str(&position) : STR(""));
    enum status status = buffer_status(&position);
    if (status == STATUS_OK) {
        status = buffer_status(&text);
    }
    if (status != STATUS_OK) {
        (void)error_set(err, status, "%s: %s", path, status_text(status));
    } else if (!write_bytes(fresh, buffer_str(&text)) || rename(fresh, path) != 0 ||
               !sync_directory_of(path)) {
        status = error_set(err, STATUS_IO, "%s cannot be written: %s", path, strerror(errno));
    }
    buffer_free(&text);
    buffer_free(&position);
    return status;
}

// --- Reading --------------------------------------------------------------------------------------------------------

static enum status read_bytes(const char *path, struct arena *arena, struct str *out,
                              struct error *err) {
    FILE *file = fopen(path, "rbe");
    if (!file) {
        return error_set(err, errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO, "%s: %s", path,
                         strerror(errno));
    }
    char *bytes = arena_alloc_zero(arena, FILE_MAX + JSON_PADDING);
    enum status status = STATUS_OK;
    if (!bytes) {
        status = error_set(err, STATUS_NO_MEMORY, "%s: out of memory", path);
    } else {
        *out = str_make(bytes, fread(bytes, 1, FILE_MAX, file));
        if (ferror(file)) {
            status = error_set(err, STATUS_IO, "%s cannot be read", path);
        }
    }
    (void)fclose(file);
    return status;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_position(const struct json_value *root, struct arena *arena, struct str *out) {
    const struct json_value *value = json_get(root, STR("position"));
    if (!json_is_string(value) || value->text.len % 2 != 0) {
        return false;
    }
    char *bytes = arena_alloc_zero(arena, value->text.len / 2 + 1);
    if (!bytes) {
        return false;
    }
    for (size_t i = 0; i < value->text.len; i += 2) {
        int high = hex_digit(value->text.data[i]);
        int low = hex_digit(value->text.data[i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        bytes[i / 2] = (char)(high << 4 | low);
    }
    *out = value->text.len == 0 ? STR_EMPTY : str_make(bytes, value->text.len / 2);
    return true;
}

static bool read_range(const struct json_value *value, struct notes_range *range) {
    return json_to_i64(json_get(value, STR("begin")), &range->begin) &&
           json_to_i64(json_get(value, STR("end")), &range->end) && range->begin >= 0 &&
           range->end >= range->begin;
}

static const struct json_value *read_list(const struct json_value *root, struct str name) {
    const struct json_value *list = json_get(root, name);
    bool fits = list && list->type == JSON_ARRAY && list->count > 0 &&
                list->count <= EVENTLOG_PARTITIONS_MAX;
    return fits ? list : NULL;
}

static bool read_places(const struct json_value *root, struct arena *arena, struct notes *out) {
    const struct json_value *list = read_list(root, STR("targets"));
    if (!list) {
        return false;
    }
    out->targets = list->count;
    out->places = arena_alloc_array(arena, list->count, sizeof *out->places);
    const struct json_value *value = list->child;
    for (unsigned i = 0; i < list->count; i++, value = value->next) {
        if (!out->places || !json_to_i64(value, &out->places[i].begin) ||
            out->places[i].begin < 0) {
            return false;
        }
        out->places[i].end = out->places[i].begin;
    }
    return true;
}

static bool read_ranges(const struct json_value *root, struct arena *arena, struct notes *out) {
    const struct json_value *list = read_list(root, STR("partitions"));
    if (!list) {
        return false;
    }
    out->partitions = list->count;
    out->ranges = arena_alloc_array(arena, list->count, sizeof *out->ranges);
    const struct json_value *value = list->child;
    for (unsigned i = 0; i < list->count; i++, value = value->next) {
        if (!out->ranges || !read_range(value, &out->ranges[i])) {
            return false;
        }
    }
    return true;
}

static bool read_members(const struct json_value *root, struct arena *arena, struct notes *out) {
    int64_t version = 0;
    int64_t kind = 0;
    struct str step = json_get_string(root, STR("next"));
    unsigned at = 0;
    while (at < STEPS && !str_equal(step, str_from_c(step_names[at]))) {
        at++;
    }
    out->step = (enum notes_step)at;
    bool whole = at < STEPS && json_to_i64(json_get(root, STR("version")), &version) &&
                 version == VERSION && json_to_i64(json_get(root, STR("kind")), &kind) &&
                 kind >= STORE_ROW_PROJECT && kind < STORE_ROW_END &&
                 json_to_i64(json_get(root, STR("beganMs")), &out->began_ms) &&
                 json_to_i64(json_get(root, STR("sourceEpoch")), &out->source_epoch) &&
                 json_to_i64(json_get(root, STR("targetEpoch")), &out->target_epoch);
    out->kind = (enum store_row_kind)kind;
    return whole && read_position(root, arena, &out->position) && read_ranges(root, arena, out) &&
           read_places(root, arena, out);
}

enum status notes_read(const char *path, struct arena *arena, struct notes *out,
                       struct error *err) {
    struct str text = STR_EMPTY;
    enum status status = read_bytes(path, arena, &text, err);
    if (status != STATUS_OK) {
        return status;
    }
    struct json_parser *parser = NULL;
    status = json_parser_make(&parser);
    const struct json_value *root = NULL;
    struct error why = {STATUS_OK, ""};
    struct json_limits limits = {.depth = 4, .bytes = FILE_MAX};
    if (status == STATUS_OK) {
        status = json_parse(parser, text, &limits, arena, &root, &why);
    }
    *out = (struct notes){.step = NOTES_STEP_LOG};
    if (status == STATUS_NO_MEMORY) {
        (void)error_set(err, status, "%s: out of memory", path);
    } else if (status != STATUS_OK || !read_members(root, arena, out)) {
        status = error_set(err, STATUS_CORRUPT,
                           "%s is not readable (%s). To begin anew, remove it and empty the "
                           "target",
                           path, status == STATUS_OK ? "not written by this version" : why.text);
    }
    json_parser_free(parser);
    return status;
}
