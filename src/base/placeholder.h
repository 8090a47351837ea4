// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// ${name} and ${name:default} in texts, replaced by what somebody says of the name: as Spring has them.
#ifndef FOOTFALL_BASE_PLACEHOLDER_H
#define FOOTFALL_BASE_PLACEHOLDER_H

#include "base/buffer.h"

#define PLACEHOLDER_DEPTH 32 // values that name others

// True: *text, which lives until the end of the resolving, and may have placeholders itself.
typedef bool placeholder_find(const void *context, struct str name, struct str *text);

// Appends the text with what can be resolved; what cannot stays as it is, and \${ becomes ${. INVALID: values name one another in a circle;
// TOO_LARGE, NO_MEMORY: of the buffer.
MUST_CHECK enum status placeholder_resolve(struct str text, placeholder_find *find,
                                           const void *context, struct buffer *out);

#endif
