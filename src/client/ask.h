// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Questions of a command to a running Footfall, and what it answers.
#ifndef FOOTFALL_CLIENT_ASK_H
#define FOOTFALL_CLIENT_ASK_H

#include "base/arena.h"
#include "base/json_read.h"
#include "client/client.h"

// path: with its query, behind the target's URL. body: data NULL for none. The reply is emptied first. INVALID: a URL that is too long.
MUST_CHECK enum status client_ask(const struct client_target *target, const char *method,
                                  const char *path, struct str body, long *code,
                                  struct buffer *reply, struct error *err);
// The same while it is refused for now (429, 503) or nobody answers, every second, `attempts` times in all. What the last one gave.
MUST_CHECK enum status client_ask_patiently(const struct client_target *target, const char *method,
                                            const char *path, struct str body, unsigned attempts,
                                            long *code, struct buffer *reply, struct error *err);
// A text of JSON as a tree in arena. json_parse's statuses; err says that it is not a reply of Footfall.
MUST_CHECK enum status client_parse(struct str text, struct arena *arena,
                                    const struct json_value **root, struct error *err);
// As a command ends: what was answered to out, and a line's end. Returns code.
int client_show(FILE *out, const struct buffer *reply, int code);

#endif
