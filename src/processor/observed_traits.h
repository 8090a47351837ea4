// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The traits that identify events said of an actor, merged key by key in log order.
#ifndef FOOTFALL_PROCESSOR_OBSERVED_TRAITS_H
#define FOOTFALL_PROCESSOR_OBSERVED_TRAITS_H

#include "base/buffer.h"
#include "base/json_read.h"

#define OBSERVED_TRAITS_MAX ((size_t)32 * 1024)

// Appends to out what `known` (a JSON object made by this function; data NULL: none) becomes when the members of `said` are
// merged into it: a value replaces or adds its key, null removes it. Members keep their place, new ones come last. A member that would
// make the whole larger than OBSERVED_TRAITS_MAX bytes is left out, and its key keeps the value it had; later ones may still fit.
// *changed: out differs from known. CORRUPT: known is not what this function makes; NO_MEMORY.
MUST_CHECK enum status observed_traits_merge(struct str known, const struct json_value *said,
                                             struct buffer *out, bool *changed);

#endif
