// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// HTML by hand: escaping, the frame of a page, cards and tables.
#include "view/page.h"

#include <sodium.h>
#include <stdio.h>

#include "view/style.h"

void view_html_text(struct buffer *out, struct str text) {
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        struct str escaped;
        switch (text.data[i]) {
        case '&': escaped = STR("&amp;"); break;
        case '<': escaped = STR("&lt;"); break;
        case '>': escaped = STR("&gt;"); break;
        case '"': escaped = STR("&quot;"); break;
        case '\'': escaped = STR("&#39;"); break;
        case '\0': escaped = STR("\xef\xbf\xbd"); break; // U+FFFD: HTML has no NUL
        default: continue;
        }
        buffer_append(out, text.data + from, i - from);
        buffer_append_str(out, escaped);
        from = i + 1;
    }
    if (from < text.len) {
        buffer_append(out, text.data + from, text.len - from);
    }
}

void view_html_integer(struct buffer *out, int64_t value) {
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%lld", (long long)value);
    for (int i = 0; i < len; i++) {
        buffer_append_char(out, digits[i]);
        if ((len - 1 - i) % 3 == 0 && i + 1 < len && digits[i] != '-') {
            buffer_append_char(out, ',');
        }
    }
}

void view_html_duration(struct buffer *out, bool known, double seconds) {
    if (!known) {
        buffer_append_str(out, STR("—"));
        return;
    }
    int64_t whole = (int64_t)(seconds + 0.5);
    if (whole < 60) {
        buffer_printf(out, "%lld s", (long long)whole);
    } else if (whole < 3600) {
        buffer_printf(out, "%lld min %lld s", (long long)(whole / 60), (long long)(whole % 60));
    } else {
        buffer_printf(out, "%lld h %lld min", (long long)(whole / 3600),
                      (long long)(whole % 3600 / 60));
    }
}

void view_html_percent(struct buffer *out, bool known, double ratio) {
    if (known) {
        buffer_printf(out, "%.1f %%", ratio * 100);
    } else {
        buffer_append_str(out, STR("—"));
    }
}

void view_page_begin(struct buffer *out, const struct view_page_head *head) {
    buffer_append_str(out,
                      STR("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                          "<meta name=\"viewport\" content=\"width=device-width\">\n<title>"));
    view_html_text(out, head->kind);
    buffer_append_str(out, STR(" · "));
    view_html_text(out, head->title);
    buffer_append_str(out, STR("</title>\n<style>"));
    buffer_append_str(out, view_style());
    buffer_append_str(out,
                      STR("</style>\n</head>\n<body>\n<main>\n<header>\n<div><p class=\"kind\">"));
    view_html_text(out, head->kind);
    buffer_append_str(out, STR("</p><h1>"));
    view_html_text(out, head->title);
    buffer_append_str(out, STR("</h1></div>\n<p class=\"where\"><b>"));
    view_html_text(out, head->project);
    buffer_append_str(out, STR("</b> · days in "));
    view_html_text(out, head->time_zone);
    if (head->note.len > 0) {
        buffer_append_str(out, STR("<br>"));
        view_html_text(out, head->note);
    }
    buffer_append_str(out, STR("</p>\n</header>\n"));
}

void view_page_end(struct buffer *out) {
    buffer_append_str(out, STR("<footer>Footfall</footer>\n</main>\n</body>\n</html>\n"));
}

void view_page_send(struct http_exchange *exchange) {
    struct str sheet = view_style();
    unsigned char digest[crypto_hash_sha256_BYTES];
    char hash[sodium_base64_ENCODED_LEN(sizeof digest, sodium_base64_VARIANT_ORIGINAL)];
    crypto_hash_sha256(digest, (const unsigned char *)sheet.data, sheet.len);
    sodium_bin2base64(hash, sizeof hash, digest, sizeof digest, sodium_base64_VARIANT_ORIGINAL);
    char policy[256];
    int len = snprintf(policy, sizeof policy,
                       "default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; "
                       "form-action 'none'; frame-ancestors 'none'",
                       hash);
    http_reply_header(exchange, "Content-Security-Policy", str_make(policy, (size_t)len));
    http_reply_header(exchange, "X-Content-Type-Options", STR("nosniff"));
    http_reply_header(exchange, "Referrer-Policy", STR("no-referrer"));
    http_reply_header(exchange, "Cache-Control", STR("no-store"));
    http_reply_send(exchange, 200, "text/html; charset=utf-8");
}

void view_page_begin_cards(struct buffer *out) {
    buffer_append_str(out, STR("<dl class=\"cards\">\n"));
}

void view_page_begin_card(struct buffer *out, const char *label) {
    buffer_append_str(out, STR("<div class=\"card\"><dt>"));
    view_html_text(out, str_from_c(label));
    buffer_append_str(out, STR("</dt><dd>"));
}

void view_page_end_card(struct buffer *out, const char *hint) {
    buffer_append_str(out, STR("</dd>"));
    if (hint) {
        buffer_append_str(out, STR("<dd class=\"hint\">"));
        view_html_text(out, str_from_c(hint));
        buffer_append_str(out, STR("</dd>"));
    }
    buffer_append_str(out, STR("</div>\n"));
}

void view_page_end_cards(struct buffer *out) {
    buffer_append_str(out, STR("</dl>\n"));
}

void view_page_card(struct buffer *out, const char *label, int64_t value, const char *hint) {
    view_page_begin_card(out, label);
    view_html_integer(out, value);
    view_page_end_card(out, hint);
}

void view_page_begin_table(struct buffer *out, const char *caption,
                           const struct view_column *columns, size_t count, bool wide) {
    buffer_printf(out, "<section class=\"panel%s\"><table><caption>", wide ? " long" : "");
    view_html_text(out, str_from_c(caption));
    buffer_append_str(out, STR("</caption><thead><tr>"));
    for (size_t i = 0; i < count; i++) {
        buffer_printf(out, "<th scope=\"col\"%s>", columns[i].number ? " class=\"n\"" : "");
        view_html_text(out, str_from_c(columns[i].name));
        buffer_append_str(out, STR("</th>"));
    }
    buffer_append_str(out, STR("</tr></thead><tbody>\n"));
}

void view_page_begin_row(struct buffer *out) {
    buffer_append_str(out, STR("<tr>"));
}

void view_page_begin_cell(struct buffer *out, bool number) {
    buffer_append_str(out, number ? STR("<td class=\"n\">") : STR("<td>"));
}

void view_page_end_cell(struct buffer *out) {
    buffer_append_str(out, STR("</td>"));
}

void view_page_cell_text(struct buffer *out, struct str text) {
    view_page_begin_cell(out, false);
    view_html_text(out, text);
    view_page_end_cell(out);
}

void view_page_cell_integer(struct buffer *out, int64_t value) {
    view_page_begin_cell(out, true);
    view_html_integer(out, value);
    view_page_end_cell(out);
}

void view_page_cell_bar(struct buffer *out, int64_t value, int64_t most) {
    double share = most > 0 ? (double)value / (double)most * 100 : 0;
    view_page_begin_cell(out, true);
    buffer_printf(out,
                  "<svg class=\"bar\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" "
                  "aria-hidden=\"true\"><rect class=\"all\" width=\"100\" height=\"8\" rx=\"2\"/>"
                  "<rect class=\"part\" width=\"%.1f\" height=\"8\" rx=\"2\"/></svg><span>",
                  share);
    view_html_integer(out, value);
    buffer_append_str(out, STR("</span>"));
    view_page_end_cell(out);
}

void view_page_end_row(struct buffer *out) {
    buffer_append_str(out, STR("</tr>\n"));
}

void view_page_end_table(struct buffer *out, size_t rows) {
    buffer_append_str(out, STR("</tbody></table>"));
    if (rows == 0) {
        buffer_append_str(out, STR("<p class=\"none\">Nothing was recorded.</p>"));
    }
    buffer_append_str(out, STR("</section>\n"));
}

void view_page_begin_columns(struct buffer *out) {
    buffer_append_str(out, STR("<div class=\"columns\">\n"));
}

void view_page_end_columns(struct buffer *out) {
    buffer_append_str(out, STR("</div>\n"));
}
