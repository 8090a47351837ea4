// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// .properties files as Java and Spring Boot read them: escapes, lines that go on, #--- between documents, lists as key[]=a,b.
#include "base/buffer.h"
#include "config/file.h"

struct reader {
    struct arena *arena;
    struct str text; // ISO 8859-1
    size_t at;
    unsigned line;     // from 0
    size_t line_start; // where it begins, less what escapes take more than they stand for
    struct buffer *word;
    struct config_file *file;
    struct config_document *document; // NULL: the next property begins one
    size_t properties;
    struct error *err;
};

static bool at_end(const struct reader *r) {
    return r->at >= r->text.len;
}

static char here(const struct reader *r) {
    return at_end(r) ? '\n' : r->text.data[r->at];
}

static bool is_line_end(const struct reader *r) {
    return at_end(r) || here(r) == '\n' || here(r) == '\r';
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\f';
}

static void skip_blanks(struct reader *r) {
    while (!at_end(r) && is_blank(here(r))) {
        r->at++;
    }
}

// Over \n, \r or \r\n.
static void next_line(struct reader *r) {
    if (here(r) == '\r' && r->at + 1 < r->text.len && r->text.data[r->at + 1] == '\n') {
        r->at++;
    }
    r->at++;
    r->line++;
    r->line_start = r->at;
}

static void append_character(struct reader *r, unsigned code) {
    if (code < 0x80) {
        buffer_append_char(r->word, (char)code);
    } else if (code < 0x800) {
        buffer_append_char(r->word, (char)(0xc0 | code >> 6));
        buffer_append_char(r->word, (char)(0x80 | (code & 0x3f)));
    } else if (code < 0x10000) {
        buffer_append_char(r->word, (char)(0xe0 | code >> 12));
        buffer_append_char(r->word, (char)(0x80 | (code >> 6 & 0x3f)));
        buffer_append_char(r->word, (char)(0x80 | (code & 0x3f)));
    } else {
        buffer_append_char(r->word, (char)(0xf0 | code >> 18));
        buffer_append_char(r->word, (char)(0x80 | (code >> 12 & 0x3f)));
        buffer_append_char(r->word, (char)(0x80 | (code >> 6 & 0x3f)));
        buffer_append_char(r->word, (char)(0x80 | (code & 0x3f)));
    }
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static enum status refuse(const struct reader *r, const char *what) {
    return error_set(r->err, STATUS_INVALID, "line %u: %s", r->line + 1, what);
}

// The four digits behind \u; at is behind them then.
static bool read_unit(struct reader *r, unsigned *out) {
    unsigned code = 0;
    for (size_t i = 0; i < 4; i++) {
        int digit = r->at + i < r->text.len ? hex_digit(r->text.data[r->at + i]) : -1;
        if (digit < 0) {
            return false;
        }
        code = code << 4 | (unsigned)digit;
    }
    r->at += 4;
    r->line_start += 4;
    *out = code;
    return true;
}

// A character of UTF-16 units, as Java has them.
static enum status read_unicode(struct reader *r) {
    unsigned code = 0, low = 0;
    if (!read_unit(r, &code)) {
        return refuse(r, "\\u needs four hexadecimal digits");
    }
    if (code >= 0xd800 && code < 0xdc00 && r->at + 1 < r->text.len && here(r) == '\\' &&
        r->text.data[r->at + 1] == 'u') {
        r->at += 2;
        r->line_start += 2;
        if (!read_unit(r, &low)) {
            return refuse(r, "\\u needs four hexadecimal digits");
        }
        if (low >= 0xdc00 && low < 0xe000) {
            append_character(r, 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00));
            return STATUS_OK;
        }
    }
    if (code == 0 || (code >= 0xd800 && code < 0xe000)) {
        return refuse(r, "\\u stands for no character");
    }
    append_character(r, code);
    return STATUS_OK;
}

// Behind a backslash.
static enum status read_escape(struct reader *r) {
    if (at_end(r)) {
        return STATUS_OK;
    }
    if (is_line_end(r)) { // the line goes on
        next_line(r);
        skip_blanks(r);
        return STATUS_OK;
    }
    char c = r->text.data[r->at++];
    r->line_start++;
    switch (c) {
    case 't': c = '\t'; break;
    case 'n': c = '\n'; break;
    case 'r': c = '\r'; break;
    case 'f': c = '\f'; break;
    case 'u': return read_unicode(r);
    default: break;
    }
    append_character(r, (unsigned char)c);
    return STATUS_OK;
}

// Up to the line's end, or an unescaped one of these characters.
static enum status read_word(struct reader *r, const char *ends, size_t end_count,
                             struct str *out) {
    enum status status = STATUS_OK;
    buffer_clear(r->word);
    while (status == STATUS_OK && !is_line_end(r) && !memchr(ends, here(r), end_count)) {
        char c = r->text.data[r->at++];
        if (c == '\\') {
            status = read_escape(r);
        } else if (c == '\0') {
            status = refuse(r, "a NUL stands in it");
        } else {
            append_character(r, (unsigned char)c);
        }
    }
    if (status == STATUS_OK) {
        status = buffer_status(r->word);
        *out = arena_copy(r->arena, buffer_str(r->word));
        status = status == STATUS_OK && !out->data ? STATUS_NO_MEMORY : status;
        if (status != STATUS_OK) {
            return error_set(r->err, status, "line %u: %s", r->line + 1, status_text(status));
        }
    }
    return status;
}

static enum status no_memory(const struct reader *r) {
    return error_set(r->err, STATUS_NO_MEMORY, "out of memory");
}

static enum status put(struct reader *r, struct str key, struct config_value value) {
    bool room = r->document || r->file->count < CONFIG_FILE_DOCUMENTS;
    if (!room || r->properties++ >= CONFIG_FILE_VALUES || key.len > CONFIG_KEY_MAX) {
        return error_set(r->err, STATUS_TOO_LARGE, "line %u: too much in one file", r->line + 1);
    }
    if (!r->document) {
        r->document = config_file_add(r->arena, r->file);
    }
    return r->document && config_map_put(&r->document->map, key, value) == STATUS_OK ? STATUS_OK
                                                                                     : no_memory(r);
}

static struct config_value place(const struct reader *r) {
    return (struct config_value){
        .kind = CONFIG_TEXT, .line = r->line + 1, .column = (unsigned)(r->at - r->line_start) + 1};
}

// key[]=a,b: key[0] is a, key[1] is b.
static enum status read_list(struct reader *r, struct str key) {
    enum status status = STATUS_OK;
    struct str stem = str_make(key.data, key.len - 2);
    unsigned index = 0;
    do {
        struct config_value value = place(r);
        status = read_word(r, ",", 1, &value.text);
        struct str item = arena_printf(r->arena, "%.*s[%u]", STR_ARG(stem), index++);
        if (status == STATUS_OK) {
            status = item.data ? put(r, item, value) : no_memory(r);
        }
        if (!is_line_end(r)) {
            r->at++;
            skip_blanks(r);
        }
    } while (status == STATUS_OK && !is_line_end(r));
    return status;
}

static enum status read_property(struct reader *r) {
    struct str key;
    enum status status = read_word(r, " \t\f=:", 5, &key);
    if (status != STATUS_OK) {
        return status;
    }
    key = str_trim(key);
    skip_blanks(r);
    if (here(r) == '=' || here(r) == ':') {
        r->at++;
        skip_blanks(r);
    }
    if (key.len > 2 && key.data[key.len - 2] == '[' && key.data[key.len - 1] == ']') {
        return read_list(r, key);
    }
    struct config_value value = place(r);
    status = read_word(r, "", 0, &value.text);
    return status == STATUS_OK ? put(r, key, value) : status;
}

// "#---" or "!---" alone in its line, at its very start.
static bool separates(struct str line) {
    struct str mark = str_make(line.data + 1, line.len > 0 ? line.len - 1 : 0);
    return str_starts_with(mark, STR("---")) &&
           str_trim(str_make(mark.data + 3, mark.len - 3)).len == 0;
}

// A comment is passed over. One right before or behind a separator, with the same character, makes that a comment too.
struct comments {
    char last;                      // character of the comment in the line before; 0: it was none
    struct config_document *before; // what a separator has just ended; NULL: it was none
};

static void read_comment(struct reader *r, struct comments *comments, bool indented) {
    size_t start = r->at;
    char c = here(r);
    while (!is_line_end(r)) {
        r->at++;
    }
    struct str line = str_make(r->text.data + start, r->at - start);
    if (!indented && separates(line) && comments->last != c) {
        comments->before = r->document ? r->document : comments->before;
        r->document = NULL;
        comments->last = '\0';
        return;
    }
    if (!r->document && comments->before) {
        r->document = comments->before;
    }
    comments->last = c;
}

enum status config_properties_read(struct arena *arena, struct str text, struct config_file *out,
                                   struct error *err) {
    struct buffer word;
    struct comments comments = {.last = '\0'};
    buffer_init(&word, text.len * 2 + 16);
    *out = (struct config_file){.count = 0};
    struct reader r = {.arena = arena, .text = text, .word = &word, .file = out, .err = err};
    enum status status = STATUS_OK;
    while (status == STATUS_OK && !at_end(&r)) {
        size_t start = r.at;
        skip_blanks(&r);
        if (is_line_end(&r)) {
            comments.last = '\0';
        } else if (here(&r) == '#' || here(&r) == '!') {
            read_comment(&r, &comments, r.at > start);
        } else {
            status = read_property(&r);
            comments = (struct comments){.last = '\0'};
        }
        if (!at_end(&r)) {
            next_line(&r);
        }
    }
    buffer_free(&word);
    return status;
}
