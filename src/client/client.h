// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A small HTTP client for the command line: one request, one reply, by libcurl.
#ifndef FOOTFALL_CLIENT_H
#define FOOTFALL_CLIENT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/error.h"

struct client_request {
    const char *method;
    const char *url;
    const char *bearer; // API key; NULL: none
    struct str body;    // JSON; data NULL: none
    FILE *
        stream; // where the body of a 2xx goes as it comes, however long that takes; NULL: into reply
};
// OK when a reply came, whatever its status; the body is appended to reply. UNAVAILABLE: nobody answers at that address.
MUST_CHECK enum status client_send(const struct client_request *request, long *status_code,
                                   struct buffer *reply, struct error *err);

// Where the running Footfall is and what opens it: --url / FOOTFALL_URL (else the listen setting), and --api-key / FOOTFALL_API_KEY
// (else credentials.json of the data directory).
struct client_target {
    char url[512];
    char api_key[256];
    char write_key[256];
    char password[256]; // of the first account
};
// Fills all but the url from a credentials.json; *found is false when there is none.
MUST_CHECK enum status client_read_credentials(const char *path, struct client_target *out,
                                               bool *found, struct error *err);

MUST_CHECK enum status client_target_find(const char *url, const char *api_key,
                                          const char *directory, struct client_target *out,
                                          struct error *err);
// INVALID, with what to do, when none was found.
MUST_CHECK enum status client_target_needs_key(const struct client_target *target,
                                               struct error *err);

#endif
