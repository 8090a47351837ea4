// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// CSV cells: quoting, and the apostrophe that disarms formulas.
#include "view/csv.h"

void view_csv_init(struct view_csv *csv, struct buffer *out) {
    *csv = (struct view_csv){out, false};
}

static void begin_cell(struct view_csv *csv) {
    if (csv->comma) {
        buffer_append_char(csv->out, ',');
    }
    csv->comma = true;
}

static bool begins_formula(struct str text) {
    return text.len > 0 && memchr("=+-@\t\r", text.data[0], 6) != NULL;
}

static bool needs_quotes(struct str text) {
    for (size_t i = 0; i < text.len; i++) {
        if (memchr("\",\r\n", text.data[i], 4)) {
            return true;
        }
    }
    return false;
}

void view_csv_text(struct view_csv *csv, struct str text) {
    begin_cell(csv);
    bool quoted = needs_quotes(text);
    if (quoted) {
        buffer_append_char(csv->out, '"');
    }
    if (begins_formula(text)) {
        buffer_append_char(csv->out, '\'');
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '"') {
            buffer_append_char(csv->out, '"');
        }
        buffer_append_char(csv->out, text.data[i]);
    }
    if (quoted) {
        buffer_append_char(csv->out, '"');
    }
}

void view_csv_integer(struct view_csv *csv, int64_t value) {
    begin_cell(csv);
    buffer_append_i64(csv->out, value);
}

void view_csv_number(struct view_csv *csv, bool known, double value) {
    begin_cell(csv);
    if (known) {
        buffer_append_double(csv->out, value);
    }
}

void view_csv_end_row(struct view_csv *csv) {
    buffer_append(csv->out, "\r\n", 2);
    csv->comma = false;
}

void view_csv_header(struct view_csv *csv, const char *names) {
    buffer_append_str(csv->out, str_from_c(names));
    view_csv_end_row(csv);
}
