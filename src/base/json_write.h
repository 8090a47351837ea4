// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Writing JSON into a buffer: commas and escapes are right by construction, invalid UTF-8 is refused.
//
//   struct json_writer w; json_writer_init(&w, &buffer);
//   json_begin_object(&w); json_key(&w, STR("id")); json_string(&w, id); json_end_object(&w);
//   enum status s = json_writer_status(&w);
//
// The first failure (INVALID_UTF8, or the buffer's NO_MEMORY or TOO_LARGE) sticks; later calls do nothing.
// '<', '>' and '&' are not escaped; U+2028 and U+2029 are (so that the output is also safe in scripts); control bytes are.
#ifndef FOOTFALL_BASE_JSON_WRITE_H
#define FOOTFALL_BASE_JSON_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/status.h"
#include "base/str.h"

struct json_writer {
    struct buffer *out;
    enum status failed;
    bool comma; // the next value or key needs a comma in front
};

void json_writer_init(struct json_writer *writer, struct buffer *out);
enum status json_writer_status(const struct json_writer *writer);

void json_begin_object(struct json_writer *writer);
void json_end_object(struct json_writer *writer);
void json_begin_array(struct json_writer *writer);
void json_end_array(struct json_writer *writer);
void json_key(struct json_writer *writer, struct str key);
void json_string(struct json_writer *writer, struct str value);
void json_i64(struct json_writer *writer, int64_t value);
void json_u64(struct json_writer *writer, uint64_t value);
void json_double(struct json_writer *writer,
                 double value); // shortest that reads back the same; NaN and infinities become null
void json_bool(struct json_writer *writer, bool value);
void json_null(struct json_writer *writer);
void json_time(struct json_writer *writer, int64_t ms); // RFC 3339 UTC with milliseconds, quoted
// Bytes that are already valid JSON (a json_value's raw, checked by json_parse).
void json_raw(struct json_writer *writer, struct str raw);
// What stands in text from there on becomes one line. Raw JSON is as its senders wrote it, who may have broken lines between members; within
// strings JSON has no line breaks.
void json_join_lines(struct buffer *text, size_t from);

// The envelope of every list: {"items":[ ... ],"next":cursor}; next with data NULL is null: there are no more.
void json_begin_list(struct json_writer *writer);
void json_end_list(struct json_writer *writer, struct str next);

// key + value in one go; json_member_string_or_null writes null for data == NULL.
void json_member_string(struct json_writer *writer, struct str key, struct str value);
void json_member_string_or_null(struct json_writer *writer, struct str key, struct str value);
void json_member_i64(struct json_writer *writer, struct str key, int64_t value);
void json_member_u64(struct json_writer *writer, struct str key, uint64_t value);
void json_member_double(struct json_writer *writer, struct str key, double value);
void json_member_bool(struct json_writer *writer, struct str key, bool value);
void json_member_time(struct json_writer *writer, struct str key, int64_t ms);
void json_member_raw(struct json_writer *writer, struct str key, struct str raw);

#endif
