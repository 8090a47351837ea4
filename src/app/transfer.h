// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// footfall export of a whole project, page by page from a running Footfall into a file or to standard output.
#ifndef FOOTFALL_APP_TRANSFER_H
#define FOOTFALL_APP_TRANSFER_H

#include "client/client.h"

struct transfer_export {
    const struct client_target *target;
    const char *project;   // NULL: the key's, or default
    const char *from, *to; // dates; NULL: all
    const char *output;    // a new file; NULL: standard output
    bool resume;           // output is there, and broken off
    bool partial;          // also when the event log no longer has everything
};
int app_export_project(const struct transfer_export *wanted); // an exit code

#endif
