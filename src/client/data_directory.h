// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Where the embedded engines keep their files.
#ifndef FOOTFALL_CLIENT_DATA_DIRECTORY_H
#define FOOTFALL_CLIENT_DATA_DIRECTORY_H

#include "base/error.h"
#include "base/str.h"

struct client_paths {
    char log[1024];
    char store[1024];
    char spool[1024];
    char credentials[1024];
    char migration[1024]; // how far a move to other engines has come
};
// Makes the directory (mode 0700) when it is missing, with its parents' permission. err says which path and why not.
MUST_CHECK enum status client_data_directory(struct str directory, struct client_paths *out,
                                             struct error *err);
// Only the names, nothing is made. TOO_LARGE when the path is too long.
MUST_CHECK enum status client_data_paths(struct str directory, struct client_paths *out,
                                         struct error *err);

#endif
