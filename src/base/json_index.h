// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The C face of simdjson: where the tokens of a JSON text begin. For json_read.c and json_value.c only.
//
// simdjson works in stages. Its first stage finds every bracket, comma, colon, opening quote and first byte of a scalar with
// vector instructions, checks UTF-8, and refuses control characters in strings and an unclosed last string. We take that and
// walk the tokens ourselves: its on-demand walk neither judges what the caller skips nor gives exact slices.
#ifndef FOOTFALL_BASE_JSON_INDEX_H
#define FOOTFALL_BASE_JSON_INDEX_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum json_index_result {
    JSON_INDEX_OK,
    JSON_INDEX_EMPTY,     // nothing but white space
    JSON_INDEX_UNCLOSED,  // the last string has no closing quote
    JSON_INDEX_CONTROL,   // a byte below 0x20 inside a string
    JSON_INDEX_UTF8,      // not UTF-8
    JSON_INDEX_TOO_LARGE, // 4 GiB and more
    JSON_INDEX_NO_MEMORY,
};

struct json_positions {
    const uint32_t *at; // ascending offsets; at[count] is the length of the input
    size_t count;
};

struct json_index; // owned by one json_parser

struct json_index *json_index_make(void); // NULL: no memory
void json_index_free(struct json_index *index);
// Positions stay valid until the next run or trim. Needs no padding behind data.
enum json_index_result json_index_run(struct json_index *index, const char *data, size_t len,
                                      struct json_positions *out);
// Gives memory back after a very large document.
void json_index_trim(struct json_index *index);

// text is a number by RFC 8259's grammar. Correctly rounded; infinite when out of range.
double json_index_double(const char *text, size_t len);

#ifdef __cplusplus
}
#endif

#endif
