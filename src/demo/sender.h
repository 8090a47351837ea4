// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Sends batches of events to a Footfall over one connection, and tries again when it is busy.
#ifndef FOOTFALL_DEMO_SENDER_H
#define FOOTFALL_DEMO_SENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

struct demo_sender;

// url: of the Footfall, without a path. The sender belongs to one thread.
MUST_CHECK enum status demo_sender_make(const char *url, const char *write_key,
                                        struct demo_sender **out, struct error *err);
void demo_sender_free(struct demo_sender *sender); // NULL is fine
// body: {"batch":[...]}. Connection errors, 429 and 5xx are tried again for a minute. *rejected: events the server refused.
// UNAVAILABLE: it gave up; DENIED: the write key is not known; INVALID: any other refusal; err says what the server said.
MUST_CHECK enum status demo_sender_send(struct demo_sender *sender, struct str body,
                                        uint64_t *rejected, struct error *err);

#endif
