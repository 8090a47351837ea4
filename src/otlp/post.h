// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// One POST to a collector, and what its answer means; private to src/otlp/.
#ifndef FOOTFALL_OTLP_POST_H
#define FOOTFALL_OTLP_POST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

struct otlp_post;

// headers: "name=value,…". INVALID: not that, or the endpoint is no http:// or https:// URL; NO_MEMORY.
// give_up is asked about once a second while a request is under way: true ends it.
MUST_CHECK enum status otlp_post_make(struct str endpoint, struct str headers,
                                      bool (*give_up)(void *context), void *context,
                                      struct otlp_post **out, struct error *err);
void otlp_post_free(struct otlp_post *post); // NULL is fine

// What is sent is JSON, compressed here. OK: taken. UNAVAILABLE: not now (no connection, 429, 502, 503, 504); *wait_ms is when to ask again
// if the collector said so, else -1. INVALID: it will never take this. NO_MEMORY. One thread.
MUST_CHECK enum status otlp_post_send(struct otlp_post *post, const char *path, struct str json,
                                      int64_t *wait_ms, struct error *err);

#endif
