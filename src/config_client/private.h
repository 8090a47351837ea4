// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the files of this folder share: asking one server, and the copy on disk.
#ifndef FOOTFALL_CONFIG_CLIENT_PRIVATE_H
#define FOOTFALL_CONFIG_CLIENT_PRIVATE_H

#include "config_client/config_client.h"

#define CONFIG_CLIENT_REPLY_MOST (4 << 20)

struct config_client_question {
    struct str server; // http://user:password@host:port
    struct str name, profile, label;
    struct str username, password; // "": those of the URL, if any
    struct str ca;                 // "": those of the machine
    int64_t timeout_ms;
};

// The URL without user and password.
void config_client_show(struct str server, char out[256]);
// Appends what it replies, and JSON_PADDING bytes that do not count. UNAVAILABLE: no reply, or none with 200; TOO_LARGE.
MUST_CHECK enum status config_client_ask(const struct config_client_question *question,
                                         struct buffer *reply, struct error *err);

// The copy on disk, mode 0600, changed in one step.
MUST_CHECK enum status config_client_keep(const char *path, struct str reply, struct error *err);
MUST_CHECK enum status config_client_recall(const char *path, struct buffer *reply,
                                            struct error *err);

#endif
