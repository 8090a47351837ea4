// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Reading JSON (RFC 8259): a bounded document becomes a read-only tree in an arena.
//
// Two steps, because a batch of 10 000 events must be judged event by event and must not become one huge tree:
//   json_scan_*  finds the members of the outermost object or array without judging what is inside them (SIMD, no memory);
//   json_parse   judges one bounded value completely: syntax, UTF-8, depth, duplicate keys; and gives its tree.
// The tokens are found by simdjson (json_index.h); the walk over them is ours and judges every byte. A json_parser belongs to
// one thread; its memory follows the input (4 bytes a byte) and is given back after a document above 1 MiB.
//
// What the standard leaves open: a byte order mark is refused; a number of any size is a number (1e400 parses,
// json_to_double says no); \u0000 is a character like any other; half of a surrogate pair (\ud800) is INVALID_UTF8.
#ifndef FOOTFALL_BASE_JSON_READ_H
#define FOOTFALL_BASE_JSON_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

#define JSON_PADDING                                                                               \
    64 // readable bytes that must follow the input of json_parse (contents do not matter)
#define JSON_DEPTH_MOST 128 // a larger limit counts as this

enum json_type {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

struct json_value {
    enum json_type type;
    uint32_t count;  // members of an object, elements of an array
    struct str key;  // member name, unescaped; data NULL for elements and the root
    struct str text; // string: unescaped content; number: as written; otherwise empty
    struct str raw;  // the exact bytes of the value in the input, outer quotes and braces included
    const struct json_value *next;  // following sibling, NULL for the last
    const struct json_value *child; // first member or element
};

struct json_limits {
    uint32_t depth;            // nesting allowed; a scalar has depth 0
    uint32_t values;           // values allowed in the whole document (0: no limit)
    size_t bytes;              // length allowed (0: no limit)
    bool allow_duplicate_keys; // false: DUPLICATE_KEY
};

struct json_parser;
MUST_CHECK enum status json_parser_make(struct json_parser **out);
void json_parser_free(struct json_parser *parser); // NULL is fine

// input must be followed by JSON_PADDING readable bytes. On success *root and everything below live in arena, and key, text and
// raw slices point into input or arena (text that needed no unescaping points into input).
// Errors: SYNTAX, INVALID_UTF8, TOO_DEEP, TOO_LARGE, DUPLICATE_KEY, NO_MEMORY; err says what and at which byte, and names the key.
MUST_CHECK enum status json_parse(struct json_parser *parser, struct str input,
                                  const struct json_limits *limits, struct arena *arena,
                                  const struct json_value **root, struct error *err);

// NULL when value is NULL, no object, or has no such member.
const struct json_value *json_get(const struct json_value *value, struct str key);
// The string's content, or an empty str with data NULL when it is absent or no string.
struct str json_get_string(const struct json_value *value, struct str key);
bool json_is_string(const struct json_value *value);
// Whole number in the range of int64_t, written without fraction (1e3 and 1.0 are refused).
bool json_to_i64(const struct json_value *value, int64_t *out);
bool json_to_double(const struct json_value *value, double *out);

// --- Shallow scan -------------------------------------------------------------------------------------------------
// Walks the members of the outermost container. Strings are skipped with their escapes, containers by counting brackets;
// nothing inside a member is validated (json_parse does that, member by member). Works on any bytes without padding.
struct json_scan {
    struct str rest;
    enum json_type type; // JSON_OBJECT or JSON_ARRAY
    bool first;
    size_t offset; // bytes consumed so far, for error texts
};
struct json_scan_member {
    struct str key;      // object: the raw key without quotes, escapes not undone; array: empty
    struct str raw;      // the value's bytes
    enum json_type type; // by its first byte; JSON_NUMBER for anything that is no other type
};
// SYNTAX when input is neither object nor array.
MUST_CHECK enum status json_scan_begin(struct json_scan *scan, struct str input);
// OK with *member; END after the closing bracket with nothing but white space behind it; SYNTAX or TRUNCATED.
MUST_CHECK enum status json_scan_next(struct json_scan *scan, struct json_scan_member *member);
// First byte that is not JSON white space decides; NULL type for empty input is reported as false.
bool json_looks_like(struct str input, enum json_type type);

#endif
