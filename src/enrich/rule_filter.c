// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Reads literals out of regular expressions. Where it is not sure it gives up on that part, never on being right.
#include "enrich/rule_filter.h"

#define LITERAL_MAX 32 // bytes kept; a part of a literal is as necessary as all of it
#define NESTING_MAX 16

struct literal {
    uint8_t len;
    char text[LITERAL_MAX];
};
// A match has one of these; count 0: nothing is known.
struct needed {
    uint8_t count;
    struct literal any[RULE_FILTER_ANY];
};
struct reader {
    struct str rest;
    unsigned depth;
};

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t shortest(const struct needed *needed) {
    size_t least = needed->count > 0 ? LITERAL_MAX : 0;
    for (size_t i = 0; i < needed->count; i++) {
        least = needed->any[i].len < least ? needed->any[i].len : least;
    }
    return least;
}

// Longer and fewer is better. Below three bytes it is of no use.
static void offer(struct needed *best, const struct needed *other) {
    size_t known = shortest(best), offered = shortest(other);
    if (offered >= 3 && (offered > known || (offered == known && other->count < best->count))) {
        *best = *other;
    }
}

static void end_run(struct needed *best, struct literal *run) {
    struct needed single = {.count = 1};
    single.any[0] = *run;
    offer(best, &single);
    run->len = 0;
}

static char take(struct reader *reader) {
    char c = reader->rest.data[0];
    reader->rest.data++;
    reader->rest.len--;
    return c;
}

static bool next_is(const struct reader *reader, char c) {
    return reader->rest.len > 0 && reader->rest.data[0] == c;
}

// Behind an item: *optional when it may be left out; true when there is a quantifier at all.
static bool take_quantifier(struct reader *reader, bool *optional) {
    *optional = false;
    if (reader->rest.len == 0 || !memchr("?*+{", reader->rest.data[0], 4)) {
        return false;
    }
    char c = take(reader);
    *optional =
        c == '?' || c == '*' || (c == '{' && (next_is(reader, '0') || next_is(reader, ',')));
    while (c == '{' && reader->rest.len > 0 && take(reader) != '}') {
    }
    if (next_is(reader, '?') || next_is(reader, '+')) { // lazy, possessive
        (void)take(reader);
    }
    return true;
}

static void skip_class(struct reader *reader) {
    if (next_is(reader, '^')) {
        (void)take(reader);
    }
    bool first = true;
    while (reader->rest.len > 0) {
        char c = take(reader);
        if (c == '\\' && reader->rest.len > 0) {
            (void)take(reader);
        } else if (c == ']' && !first) {
            return;
        }
        first = false;
    }
}

static bool read_alternatives(struct reader *reader, struct needed *out);

// Behind '('. *out: what it needs; count 0 for what only looks around.
static bool read_group(struct reader *reader, struct needed *out) {
    bool looks_around = false;
    if (next_is(reader, '?')) {
        (void)take(reader);
        char kind = reader->rest.len > 0 ? take(reader) : ')';
        if (kind == '!' || kind == '=' || kind == '<') {
            looks_around = true;
        } else if (kind != ':') { // flags, as in (?i): they end at ')' or ':'
            while (reader->rest.len > 0 && kind != ')' && kind != ':') {
                kind = take(reader);
            }
            if (kind == ')') {
                out->count = 0;
                return true;
            }
        }
    }
    bool read = reader->depth < NESTING_MAX;
    reader->depth++;
    read = read && read_alternatives(reader, out);
    reader->depth--;
    if (looks_around) {
        out->count = 0;
    }
    if (!read || !next_is(reader, ')')) {
        return false;
    }
    (void)take(reader);
    return true;
}

static void add_literal(struct reader *reader, struct needed *best, struct literal *run, char c) {
    bool optional;
    size_t before = run->len;
    if (run->len < LITERAL_MAX) {
        run->text[run->len++] = lower(c);
    } else {
        before = run->len;
    }
    if (take_quantifier(reader, &optional)) {
        run->len = optional ? (uint8_t)before : run->len;
        end_run(best, run);
    } else if (run->len == LITERAL_MAX) {
        end_run(best, run);
    }
}

// One item of a sequence. False: it cannot be read.
static bool read_item(struct reader *reader, struct needed *best, struct literal *run) {
    bool optional;
    char c = take(reader);
    struct needed group = {.count = 0};
    switch (c) {
    case '(':
        end_run(best, run);
        if (!read_group(reader, &group)) {
            return false;
        }
        if (!take_quantifier(reader, &optional) || !optional) {
            offer(best, &group);
        }
        return true;
    case '[':
        end_run(best, run);
        skip_class(reader);
        (void)take_quantifier(reader, &optional);
        return true;
    case '.':
    case '^':
    case '$':
        end_run(best, run);
        (void)take_quantifier(reader, &optional);
        return true;
    case '\\':
        if (reader->rest.len == 0) {
            return false;
        }
        c = take(reader);
        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) {
            // Classes, and numbers of characters, whose digits must not count as text.
            end_run(best, run);
            (void)take_quantifier(reader, &optional);
            return memchr("dDwWsSbBAzZ", c, 11) != NULL;
        }
        add_literal(reader, best, run, c);
        return true;
    default: add_literal(reader, best, run, c); return true;
    }
}

// Up to ')' or the end, which it leaves.
static bool read_alternatives(struct reader *reader, struct needed *out) {
    struct needed all = {.count = 0}, best = {.count = 0};
    struct literal run = {.len = 0};
    bool known = true;
    for (;;) {
        bool at_end = reader->rest.len == 0 || next_is(reader, ')');
        if (!at_end && !next_is(reader, '|')) {
            if (!read_item(reader, &best, &run)) {
                return false;
            }
            continue;
        }
        end_run(&best, &run);
        known = known && best.count > 0 && all.count + best.count <= RULE_FILTER_ANY;
        for (size_t i = 0; known && i < best.count; i++) {
            all.any[all.count++] = best.any[i];
        }
        best.count = 0;
        if (at_end) {
            *out = all;
            out->count = known ? all.count : 0;
            return true;
        }
        (void)take(reader);
    }
}

static uint16_t part_of(const char *text) {
    uint32_t key = (uint32_t)(unsigned char)lower(text[0]) << 16 |
                   (uint32_t)(unsigned char)lower(text[1]) << 8 | (unsigned char)lower(text[2]);
    return (uint16_t)(key * 0x9e3779b1U >> 20); // twelve bits
}

void rule_filter_make(struct str regex, struct rule_filter *out) {
    struct needed needed = {.count = 0};
    struct reader reader = {regex, 0};
    *out = (struct rule_filter){.count = 0};
    if (!read_alternatives(&reader, &needed) || reader.rest.len > 0) {
        return;
    }
    out->count = needed.count;
    for (size_t i = 0; i < needed.count; i++) {
        const struct literal *literal = &needed.any[i];
        size_t last = literal->len - 3U;
        size_t at[RULE_FILTER_PARTS] = {0, last / 2, last};
        for (size_t part = 0; part < RULE_FILTER_PARTS; part++) {
            out->any[i].parts[part] = part_of(literal->text + at[part]);
        }
        out->any[i].count = RULE_FILTER_PARTS;
    }
}

void rule_filter_read(struct str text, struct rule_filter_text *out) {
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i + 3 <= text.len; i++) {
        uint16_t bit = part_of(text.data + i);
        out->bits[bit / 64] |= UINT64_C(1) << bit % 64;
    }
}

static bool has(const struct rule_filter_text *text, uint16_t bit) {
    return (text->bits[bit / 64] >> bit % 64 & 1) != 0;
}

bool rule_filter_may_match(const struct rule_filter *filter, const struct rule_filter_text *text) {
    if (filter->count == 0) {
        return true;
    }
    for (size_t i = 0; i < filter->count; i++) {
        const uint16_t *parts = filter->any[i].parts;
        if (has(text, parts[0]) && has(text, parts[1]) && has(text, parts[2])) {
            return true;
        }
    }
    return false;
}
