// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Replies that cannot change, because they are of a commit: bytes by key, the longest unused go first.
#ifndef FOOTFALL_CONFIG_CACHE_H
#define FOOTFALL_CONFIG_CACHE_H

#include "base/buffer.h"

struct config_cache;
MUST_CHECK enum status config_cache_make(size_t bytes, struct config_cache **out);
void config_cache_free(struct config_cache *cache); // NULL is fine
// Appends what is kept under the key; false: nothing is. Any thread, as the next.
bool config_cache_find(struct config_cache *cache, struct str key, struct buffer *out);
// Copies; what is too large, or finds no memory, is not kept.
void config_cache_put(struct config_cache *cache, struct str key, struct str value);

#endif
