// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Printable HTML pages: one self-contained document with cards, tables and charts of our own in SVG; no scripts.
//
// Everything from outside goes through view_html_text, which is right for element content and for quoted attributes; there is no
// other context in these pages (no scripts, no inline styles, no URLs from data). The Content-Security-Policy allows the page's own
// style sheet by its hash and nothing else. Failures stay in the buffer and are answered by http_reply_send.
#ifndef FOOTFALL_VIEW_PAGE_H
#define FOOTFALL_VIEW_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "http/exchange.h"

void view_html_text(struct buffer *out, struct str text);
// 1234567 as 1,234,567.
void view_html_integer(struct buffer *out, int64_t value);
// 754 s as "12 min 34 s"; an em dash when not known.
void view_html_duration(struct buffer *out, bool known, double seconds);
void view_html_percent(struct buffer *out, bool known, double ratio);

struct view_page_head {
    struct str kind;  // "Daily activity"
    struct str title; // "Sunday, 22 November 2026"
    struct str project;
    struct str time_zone;
    struct str note; // "Closed, revision 2"; may be empty
};
void view_page_begin(struct buffer *out, const struct view_page_head *head);
void view_page_end(struct buffer *out);
// Content-Security-Policy and the rest of the headers, then the page in the reply's body.
void view_page_send(struct http_exchange *exchange);

// Key figures. The value is written by the caller between begin and end.
void view_page_begin_cards(struct buffer *out);
void view_page_begin_card(struct buffer *out, const char *label);
void view_page_end_card(struct buffer *out, const char *hint); // hint may be NULL
void view_page_end_cards(struct buffer *out);
void view_page_card(struct buffer *out, const char *label, int64_t value, const char *hint);

struct view_column {
    const char *name;
    bool number; // to the right
};
// A table in a panel. wide: over the whole width.
void view_page_begin_table(struct buffer *out, const char *caption,
                           const struct view_column *columns, size_t count, bool wide);
void view_page_begin_row(struct buffer *out);
void view_page_cell_text(struct buffer *out, struct str text);
void view_page_cell_integer(struct buffer *out, int64_t value);
// An integer with a bar that shows its share of most.
void view_page_cell_bar(struct buffer *out, int64_t value, int64_t most);
void view_page_begin_cell(struct buffer *out, bool number); // whose content the caller writes
void view_page_end_cell(struct buffer *out);
void view_page_end_row(struct buffer *out);
void view_page_end_table(struct buffer *out, size_t rows); // rows 0: says that there is nothing

void view_page_begin_columns(struct buffer *out); // panels side by side where there is room
void view_page_end_columns(struct buffer *out);

#endif
