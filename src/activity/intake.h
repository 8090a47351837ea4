// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// From the bytes of a body to JSON text. Content-Type and Content-Encoding are not asked: SDKs in the wild get both wrong.
#ifndef FOOTFALL_ACTIVITY_INTAKE_H
#define FOOTFALL_ACTIVITY_INTAKE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/str.h"

struct intake {
    struct str json; // followed by 64 readable bytes; points into body, arena or inflated
    struct str key;  // a form may name a key beside its data; data NULL: none
};

// 1f 8b is gzip, 78 xx zlib; then { or [ is JSON, name=… a form whose `data` is JSON or base64, and what is left base64. These may
// be nested in one another, as posthog-js does. body must be followed by 64 readable bytes. inflated is initialised here, takes at
// most max bytes, and is the caller's to free, whatever is returned.
// INVALID: nothing of all that. SYNTAX, TRUNCATED, CORRUPT: broken gzip. TOO_LARGE: more than max. NO_MEMORY.
MUST_CHECK enum status intake_read(struct str body, size_t max, struct arena *arena,
                                   struct buffer *inflated, struct intake *out, struct error *err);

// Whether a parameter of that name, in a form or a query, is a write key.
bool intake_is_key_name(struct str name);

// Standard and URL alphabet, with or without padding; white space is skipped. False when it is something else.
bool intake_decode_base64(struct str text, char *out, size_t *len);

#endif
