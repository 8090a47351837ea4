// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// JSON Merge Patch (RFC 7396).
#ifndef FOOTFALL_USERS_MERGE_PATCH_H
#define FOOTFALL_USERS_MERGE_PATCH_H

#include "base/json_read.h"
#include "base/json_write.h"

// Writes what target (NULL: absent) becomes under the patch. Members keep the target's order, new ones follow in the patch's.
// Recursion is as deep as the documents are nested, which json_parse bounded.
void users_merge_patch(const struct json_value *target, const struct json_value *patch,
                       struct json_writer *out);

#endif
