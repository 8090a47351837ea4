// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// One log line: built on the stack, escaped so that input cannot forge it, written at once.
#include "base/log.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/metrics.h"

#define VALUE_MAX_BYTES 1024
#define TAIL_BYTES 32 // kept free for what closes a line

atomic_int log_threshold = LOG_LEVEL_INFO;
static atomic_int sink_format = LOG_FORMAT_TEXT;
static atomic_int sink_fd = STDERR_FILENO;
static atomic_uint lost_lines; // id of the counter

void log_configure(enum log_level level, enum log_format format, int fd) {
    atomic_store(&sink_format, (int)format);
    atomic_store(&sink_fd, fd);
    atomic_store(&lost_lines, metrics_counter("footfall_log_lines_lost_total",
                                              "Log lines that could not be written.", NULL));
    atomic_store(&log_threshold, (int)level);
}

// ---- escaping ------------------------------------------------------------------------------------

// Bytes of the character at s, 0 when it is not valid UTF-8.
static size_t character_length(struct str s) {
    for (size_t len = 1; len <= 4 && len <= s.len; len++) {
        if (str_is_utf8(str_make(s.data, len))) {
            return len;
        }
    }
    return 0;
}

static uint32_t character_value(const char *data, size_t len) {
    static const unsigned char lead_mask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t value = (unsigned char)data[0] & lead_mask[len];
    for (size_t i = 1; i < len; i++) {
        value = value << 6 | ((unsigned char)data[i] & 0x3F);
    }
    return value;
}

// Control characters, line and paragraph separators, and those that turn the direction of what follows: a terminal obeys
// them, a reader does not see them.
static bool is_deceptive(uint32_t c) {
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x061C || (c >= 0x200E && c <= 0x200F) ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

static void put_escaped_text(struct buffer *line, uint32_t c) {
    if (c == '\n' || c == '\r' || c == '\t') {
        buffer_append_str(line, c == '\n' ? STR("\\n") : c == '\r' ? STR("\\r") : STR("\\t"));
    } else if (c < 0x80) {
        buffer_printf(line, "\\x%02x", c);
    } else {
        buffer_printf(line, "\\u%04x", c);
    }
}

static void put_escaped_json(struct buffer *line, uint32_t c) {
    if (c == '\n' || c == '\r' || c == '\t') {
        buffer_append_str(line, c == '\n' ? STR("\\n") : c == '\r' ? STR("\\r") : STR("\\t"));
    } else {
        buffer_printf(line, "\\u%04x", c);
    }
}

// Bytes at the start of s that mean nothing in either format and to no terminal.
static size_t harmless_length(struct str s) {
    size_t len = 0;
    while (len < s.len && s.data[len] >= ' ' && s.data[len] < 0x7F && s.data[len] != '"' &&
           s.data[len] != '\\') {
        len++;
    }
    return len;
}

// The content between quotes, for both formats: '"' and '\' get a backslash, what is not UTF-8 is shown as such.
static void put_content(struct buffer *line, enum log_format format, struct str s) {
    size_t end = line->len + VALUE_MAX_BYTES;
    while (s.len > 0) {
        if (line->len > end) {
            buffer_append_str(line, STR("..."));
            return;
        }
        size_t harmless = harmless_length(s);
        if (harmless > 0) {
            size_t room = end + 1 - line->len;
            harmless = harmless < room ? harmless : room;
            buffer_append(line, s.data, harmless);
            s = str_make(s.data + harmless, s.len - harmless);
            continue;
        }
        size_t len = character_length(s);
        uint32_t c = len == 0 ? 0 : character_value(s.data, len);
        if (len == 0) {
            if (format == LOG_FORMAT_JSON) {
                buffer_append_str(line, STR("\\ufffd"));
            } else {
                buffer_printf(line, "\\x%02x", (unsigned)(unsigned char)s.data[0]);
            }
            len = 1;
        } else if (is_deceptive(c)) {
            (format == LOG_FORMAT_JSON ? put_escaped_json : put_escaped_text)(line, c);
        } else {
            if (c == '"' || c == '\\') {
                buffer_append_char(line, '\\');
            }
            buffer_append(line, s.data, len);
        }
        s = str_make(s.data + len, s.len - len);
    }
}

// May it stand in a text line without quotes?
static bool is_plain(struct str s) {
    for (size_t i = 0; i < s.len; i++) {
        char c = s.data[i];
        if (c <= ' ' || c >= 0x7F || c == '"' || c == '=' || c == '\\') {
            return false;
        }
    }
    return s.len > 0;
}

static void put_string(struct buffer *line, enum log_format format, struct str s) {
    if (format == LOG_FORMAT_TEXT && s.len <= VALUE_MAX_BYTES && is_plain(s)) {
        buffer_append_str(line, s);
        return;
    }
    buffer_append_char(line, '"');
    put_content(line, format, s);
    buffer_append_char(line, '"');
}

// ---- the line ------------------------------------------------------------------------------------

static void put_value(struct buffer *line, enum log_format format, const struct log_field *field) {
    switch (field->type) {
    case LOG_FIELD_STR: put_string(line, format, field->text); break;
    case LOG_FIELD_INT: buffer_append_i64(line, field->integer); break;
    case LOG_FIELD_BOOL:
        buffer_append_str(line, field->integer ? STR("true") : STR("false"));
        break;
    case LOG_FIELD_DOUBLE:
        if (format == LOG_FORMAT_JSON && !isfinite(field->real)) {
            buffer_append_str(line, STR("null"));
        } else {
            buffer_append_double(line, field->real);
        }
        break;
    }
}

// A field goes in whole or not at all.
static bool put_field(struct buffer *line, enum log_format format, const struct log_field *field) {
    size_t before = line->len;
    if (format == LOG_FORMAT_JSON) {
        buffer_append_str(line, STR(",\""));
        put_content(line, format, str_from_c(field->name));
        buffer_append_str(line, STR("\":"));
    } else {
        buffer_append_char(line, ' ');
        put_content(line, format, str_from_c(field->name));
        buffer_append_char(line, '=');
    }
    put_value(line, format, field);
    if (buffer_status(line) == STATUS_OK) {
        return true;
    }
    line->len = before;
    line->failed = STATUS_OK;
    return false;
}

static void put_head(struct buffer *line, enum log_format format, enum log_level level,
                     const char *component, const char *message) {
    static const char *const text_names[] = {"DEBUG", "INFO ", "WARN ", "ERROR"};
    static const char *const json_names[] = {"debug", "info", "warn", "error"};
    struct clock *clock = clock_system();
    char time[CLOCK_RFC3339_LEN + 1];
    clock_format_rfc3339(clock->wall_ms(clock), time);
    size_t index = level > LOG_LEVEL_ERROR ? LOG_LEVEL_ERROR : level;
    if (format == LOG_FORMAT_JSON) {
        buffer_printf(line, "{\"time\":\"%s\",\"level\":\"%s\",\"component\":", time,
                      json_names[index]);
        put_string(line, format, str_from_c(component));
        buffer_append_str(line, STR(",\"message\":"));
        put_string(line, format, str_from_c(message));
    } else {
        buffer_printf(line, "%s %s ", time, text_names[index]);
        put_content(line, format, str_from_c(component));
        buffer_append_char(line, ' ');
        put_content(line, format, str_from_c(message));
    }
}

static void write_line(int fd, struct str line) {
    while (line.len > 0) {
        ssize_t written = write(fd, line.data, line.len);
        if (written > 0) {
            line = str_make(line.data + written, line.len - (size_t)written);
        } else if (written == 0 || errno != EINTR) {
            // Nobody is left to tell but whoever looks at the metrics.
            metrics_add((metrics_id)atomic_load_explicit(&lost_lines, memory_order_relaxed), 1);
            return;
        }
    }
}

size_t log_format_line(char out[LOG_LINE_MAX], enum log_level level, const char *component,
                       const char *message, const struct log_field *fields, size_t count) {
    enum log_format format =
        (enum log_format)atomic_load_explicit(&sink_format, memory_order_relaxed);
    struct buffer line;
    buffer_init_fixed(&line, out, LOG_LINE_MAX - TAIL_BYTES);
    put_head(&line, format, level, component, message);
    bool whole = buffer_status(&line) == STATUS_OK;
    for (size_t i = 0; i < count; i++) {
        whole = put_field(&line, format, &fields[i]) && whole;
    }
    line.max = line.capacity = LOG_LINE_MAX;
    if (format == LOG_FORMAT_JSON) {
        buffer_append_str(&line, whole ? STR("}\n") : STR(",\"truncated\":true}\n"));
    } else {
        buffer_append_str(&line, whole ? STR("\n") : STR(" truncated=true\n"));
    }
    return line.len;
}

void log_write(enum log_level level, const char *component, const char *message,
               const struct log_field *fields, size_t count) {
    char line[LOG_LINE_MAX];
    int before = errno;
    size_t len = log_format_line(line, level, component, message, fields, count);
    write_line(atomic_load_explicit(&sink_fd, memory_order_relaxed), str_make(line, len));
    errno = before; // a line between a failed call and its report must not change the reason
}
