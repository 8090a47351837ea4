// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Taking URLs apart, as senders write them: lenient, without memory, and never reading outside of what is given.
#ifndef FOOTFALL_ENRICH_URL_H
#define FOOTFALL_ENRICH_URL_H

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"

// The host of an absolute URL, without user and port; empty when there is none. Slices point into url.
struct str enrich_url_host(struct str url);
// The path of a URL or path, without query and fragment; "/" for an absolute URL without one.
struct str enrich_url_path(struct str url);
// What stands behind the first '?', without the fragment; data NULL: no query.
struct str enrich_url_query(struct str url);

// Takes the next name=value off *query; both as written. False: there is no more.
bool enrich_url_next_parameter(struct str *query, struct str *name, struct str *value);
// Undoes %XX and '+'. What is then no UTF-8 or has control characters is nobody's name for anything: *out is data NULL. NO_MEMORY.
MUST_CHECK enum status enrich_url_decode(struct str text, struct arena *arena, struct str *out);

// 0..15, or -1.
int enrich_url_hex(char c);
// ASCII letters in lower case, copied into arena; data NULL: no memory.
struct str enrich_url_lower(struct str text, struct arena *arena);
// Without surrounding white space, cut at the first NUL and at `most` bytes, not within a character.
struct str enrich_url_bounded(struct str text, size_t most);

#endif
