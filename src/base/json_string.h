// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Undoing the escapes of a JSON string. For json_read.c only.
#ifndef FOOTFALL_BASE_JSON_STRING_H
#define FOOTFALL_BASE_JSON_STRING_H

#include "base/status.h"
#include "base/str.h"

// Writes the content of a string (quotes taken off, UTF-8 already checked) to out, which has room for escaped.len bytes, and its
// length to *len. SYNTAX: an escape RFC 8259 section 7 does not know; INVALID_UTF8: half of a surrogate pair, which no
// UTF-8 text can hold. *at is then the offset of the escape in `escaped`.
MUST_CHECK enum status json_string_unescape(struct str escaped, char *out, size_t *len, size_t *at);

#endif
