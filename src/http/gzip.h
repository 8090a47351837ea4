// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// gzip and deflate with limits: inflating stops at a bomb, deflating is for replies.
#ifndef FOOTFALL_HTTP_GZIP_H
#define FOOTFALL_HTTP_GZIP_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/status.h"

bool gzip_looks_like(struct str data); // starts with 1f 8b
// Appends the content to out; out->max is the bomb limit: TOO_LARGE. SYNTAX: not gzip; TRUNCATED: ends too early; CORRUPT: bad check
// sum or broken stream; concatenated members are read, other trailing bytes are SYNTAX. Also zlib streams (78 xx). NO_MEMORY.
MUST_CHECK enum status gzip_inflate(struct str data, struct buffer *out);
MUST_CHECK enum status gzip_deflate(struct str data, int level, struct buffer *out);

#endif
