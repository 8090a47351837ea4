// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The activity service behind a real HTTP server, with a log in memory or one that refuses.
#ifndef FOOTFALL_TEST_ACTIVITY_SERVING_H
#define FOOTFALL_TEST_ACTIVITY_SERVING_H

#include "activity/activity.h"
#include "unit/http/harness.h"

struct serving {
    struct activity *activity;
    struct auth_keyring *keyring;
    struct eventlog *log;
    struct http_router *router;
    struct http_server *server;
    enum status refusal; // of the refusing log
};

// config may be NULL; log, keyring, clock and random are filled in. Key "wk_test" sends to "shop". refusal OK: the log is in memory.
void serving_start(struct serving *serving, const struct activity_config *config,
                   enum status refusal);
void serving_stop(struct serving *serving);
// Sends a whole request, adding Host, Connection: close and Content-Length; returns the whole reply.
const char *serving_talk(struct serving *serving, const char *head, const void *body, size_t len);
#define TALK(serving, head, text) serving_talk((serving), (head), (text), strlen(text))
// All values in the log, one a line; good until the arena goes.
struct str serving_log_lines(struct serving *serving, struct arena *arena);

#endif
