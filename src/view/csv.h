// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Writing CSV (RFC 4180) that is safe to open in a spreadsheet.
//
// A text cell that begins with = + - @, a tab or CR would be taken for a formula: it gets a leading apostrophe, which
// spreadsheets read as "this is text". Failures stay in the buffer (buffer_status).
#ifndef FOOTFALL_VIEW_CSV_H
#define FOOTFALL_VIEW_CSV_H

#include <stdbool.h>

#include "base/buffer.h"

struct view_csv {
    struct buffer *out;
    bool comma; // the next cell needs one in front
};

void view_csv_init(struct view_csv *csv, struct buffer *out);
void view_csv_text(struct view_csv *csv, struct str text);
void view_csv_integer(struct view_csv *csv, int64_t value);
void view_csv_number(struct view_csv *csv, bool known, double value); // empty when not known
void view_csv_end_row(struct view_csv *csv);
// The header row: names separated by commas, none of which needs quotes.
void view_csv_header(struct view_csv *csv, const char *names);

#endif
