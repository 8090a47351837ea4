// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Settings from a config server: one that speaks Spring Cloud Config's format, ours or another.
//
//   settings without it -> which servers -> GET URL/NAME/PROFILE[/LABEL] -> property sources -> the remote layer of the settings
//
// Servers are asked in order, the first that answers counts. What it said is kept on disk, for when none answers. Blocks: not for event loops.
#ifndef FOOTFALL_CONFIG_CLIENT_CONFIG_CLIENT_H
#define FOOTFALL_CONFIG_CLIENT_CONFIG_CLIENT_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/settings.h"

// One property as a server gives it: "rules[0].name".
struct config_client_property {
    struct str key;
    struct str text;
    bool plain;        // a number, true or false; not a text
    struct str source; // name of its property source
    bool shared;       // of a source that is for every application
    bool hidden;       // of a source that cannot be understood as a list of properties
};
struct config_client_reply {
    struct config_client_property *properties; // strongest source first
    size_t count;
    struct str version; // "" when the server says none
};

// json is followed by JSON_PADDING readable bytes. INVALID with what is wrong; NO_MEMORY. All in arena, or of json.
MUST_CHECK enum status config_client_read_reply(struct str json, struct arena *arena,
                                                struct config_client_reply *out, struct error *err);

// What of them is ours, as YAML: one line for each key or list, the first of which counts with all of it. sources[i] is the name of the
// source of line i + 1. Keys may be written as Spring lets them (http.header-timeout, httpHeaderTimeout), and values (on, PT10S, 10MB).
// INVALID: a key that is not ours, in a source that is; a value in a list of which items are missing, and the like.
struct config_client_text {
    struct buffer yaml; // initialised by the call, given back by the caller
    struct str *sources;
    size_t lines;
};
MUST_CHECK enum status config_client_map(const struct setting *table, size_t count,
                                         const struct config_client_reply *reply,
                                         struct arena *arena, struct config_client_text *out,
                                         struct error *err);

// Where the settings came from, for people.
struct config_client_origin {
    char server
        [256]; // that answered last, without user and password; "": none was asked, or has answered
    char version[80];
    bool cached;       // of the copy on disk, as no server answered
    char problem[400]; // why none did; "": one did
};

struct config_client_request {
    const struct setting *table; // of the settings
    size_t count;
    char *const
        *envp; // NAME=value, NULL at the end: what ${NAME} in a value is; NULL: there are none
    const char *role; // the profile when config.profile is empty; names the copy
    bool
        again; // not at the start: asks once, says nothing in the log, and does not go on without a server where one was optional
};
// Adds the remote layer when config.import names a server. The other layers are loaded already.
// UNAVAILABLE: no server answers, and there is no copy. INVALID: what a server says is no configuration; its source and key are named.
MUST_CHECK enum status config_client_load(struct settings *settings,
                                          const struct config_client_request *request,
                                          struct config_client_origin *origin, struct error *err);

#endif
