// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The roles a process can have: all of them in one, or one alone.
#ifndef FOOTFALL_APP_ROLE_H
#define FOOTFALL_APP_ROLE_H

#include <stdbool.h>

#include "base/str.h"

enum app_role {
    APP_ROLE_RUN, // every role in one process
    APP_ROLE_GATEWAY,
    APP_ROLE_USERS,
    APP_ROLE_ACTIVITY,
    APP_ROLE_PROCESSOR,
    APP_ROLE_REPORTS,
    APP_ROLE_CONFIG,
};
#define APP_ROLES 7

const char *app_role_name(enum app_role role); // of the subcommand: "run", "gateway"; static
bool app_role_find(struct str name, enum app_role *out);

#endif
