// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Structured log lines, as text or JSON: level, component, message, fields. Never secrets, never bodies.
//
// One write(2) a line to the sink, so lines of different threads do not mix. Values are escaped in both formats: a line
// cannot be forged from input. A call below the level costs one load and a branch.
//
//   LOG_INFO("http", "listening", LOG_STR("address", address), LOG_INT("workers", n));
//   2026-11-23T06:42:48.123Z INFO  http listening address=127.0.0.1:8080 workers=2
//   {"time":"...","level":"info","component":"http","message":"listening","address":"127.0.0.1:8080","workers":2}
#ifndef FOOTFALL_BASE_LOG_H
#define FOOTFALL_BASE_LOG_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR, LOG_LEVEL_OFF };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

enum log_field_type { LOG_FIELD_STR, LOG_FIELD_INT, LOG_FIELD_DOUBLE, LOG_FIELD_BOOL };
struct log_field {
    const char *name;
    enum log_field_type type;
    struct str text;
    int64_t integer;
    double real;
};
#define LOG_STR(name, s) ((struct log_field){(name), LOG_FIELD_STR, (s), 0, 0})
#define LOG_CSTR(name, s) ((struct log_field){(name), LOG_FIELD_STR, str_from_c(s), 0, 0})
#define LOG_INT(name, n) ((struct log_field){(name), LOG_FIELD_INT, STR_EMPTY, (int64_t)(n), 0})
#define LOG_DOUBLE(name, d) ((struct log_field){(name), LOG_FIELD_DOUBLE, STR_EMPTY, 0, (d)})
#define LOG_BOOL(name, b) ((struct log_field){(name), LOG_FIELD_BOOL, STR_EMPTY, (b), 0})

extern atomic_int log_threshold;

void log_configure(enum log_level level, enum log_format format,
                   int fd); // default: info, text, stderr
// The line that log_write would write, with its end, for whoever writes lines elsewhere. Returns its length.
// What a pipe takes in one piece (PIPE_BUF), so that lines of several processes do not mix either.
#define LOG_LINE_MAX 4096
size_t log_format_line(char out[LOG_LINE_MAX], enum log_level level, const char *component,
                       const char *message, const struct log_field *fields, size_t count);
void log_write(enum log_level level, const char *component, const char *message,
               const struct log_field *fields, size_t count);

// LOG_INFO(component, message, fields...): no field is fine. The empty one behind the last is there because C17 wants at
// least one argument for "..." and one element in an array.
#define LOG_AT(level, component, ...)                                                              \
    LOG_AT_FIELDS(level, component, __VA_ARGS__, ((struct log_field){0}))
#define LOG_AT_FIELDS(level, component, message, ...)                                              \
    do {                                                                                           \
        if ((int)(level) >= atomic_load_explicit(&log_threshold, memory_order_relaxed)) {          \
            const struct log_field log_fields_[] = {__VA_ARGS__};                                  \
            log_write((level), (component), (message), log_fields_,                                \
                      sizeof log_fields_ / sizeof log_fields_[0] - 1);                             \
        }                                                                                          \
    } while (0)
#define LOG_DEBUG(component, ...) LOG_AT(LOG_LEVEL_DEBUG, component, __VA_ARGS__)
#define LOG_INFO(component, ...) LOG_AT(LOG_LEVEL_INFO, component, __VA_ARGS__)
#define LOG_WARN(component, ...) LOG_AT(LOG_LEVEL_WARN, component, __VA_ARGS__)
#define LOG_ERROR(component, ...) LOG_AT(LOG_LEVEL_ERROR, component, __VA_ARGS__)

#endif
