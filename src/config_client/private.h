// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the files of this folder share: asking one server, the copy on disk, trees of properties.
#ifndef FOOTFALL_CONFIG_CLIENT_PRIVATE_H
#define FOOTFALL_CONFIG_CLIENT_PRIVATE_H

#include "config_client/config_client.h"

#define CONFIG_CLIENT_REPLY_MOST (4 << 20)
#define CONFIG_CLIENT_VALUE_MOST (1 << 20)

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

// out: the same with ${name} and ${name:default} replaced, by variables of envp (may be NULL) or other properties; what nobody says stays. The
// copy on disk keeps the reply as it came, so that no secret of the environment gets into it. INVALID names source and key; NO_MEMORY, TOO_LARGE.
MUST_CHECK enum status config_client_resolve(const struct config_client_reply *reply,
                                             char *const *envp, struct arena *arena,
                                             struct config_client_reply *out, struct error *err);

// --- Trees of properties ---------------------------------------------------------------------------------------------------
#define CONFIG_CLIENT_DEPTH 16

// A value, or what stands below a key or an index.
struct config_client_node {
    struct str name; // data NULL: an item, which index tells
    size_t index;
    bool value;
    struct str text;
    bool plain; // a number, true or false
    struct config_client_node *child, *next;
};

// The key of the table that is meant: dashes, underscores and capitals aside. NULL: none.
const char *config_client_find_key(const struct setting *table, size_t count, struct str key);
// What we call the value: on is true, PT10S is 10s, 10MB is 10MiB, INFO is info. data NULL: no memory.
struct str config_client_coerce(const struct setting *setting, struct str text,
                                struct arena *arena);
// Keys of rules and funnels have dots (properties.url), at which a server takes them apart; puts those below node together again.
// NO_MEMORY.
MUST_CHECK enum status config_client_fold(struct config_client_node *node, struct arena *arena);

#endif
