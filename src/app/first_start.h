// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What a first start makes: a project, a write key, an API key, an account; printed once, kept in credentials.json.
#ifndef FOOTFALL_APP_FIRST_START_H
#define FOOTFALL_APP_FIRST_START_H

#include "base/workers.h"
#include "gateway/gateway.h"

// What was made, for printing and for credentials.json. Empty strings: it was there before.
struct app_credentials {
    bool first; // this is a first start
    bool project_made;
    char write_key[AUTH_KEY_TEXT_MAX];
    char api_key[AUTH_KEY_TEXT_MAX];
    char password[AUTH_KEY_TEXT_MAX];
};
#define APP_FIRST_PROJECT "default"
#define APP_FIRST_ACCOUNT "admin@localhost"

struct app_first_start_config {
    struct str time_zone; // of the project
    const char *path;     // of credentials.json
    // Several processes may start for the first time on one store: keys get fixed ids, so that the first of them makes the set and
    // the others find it made.
    bool shared;
};
// On an empty store: makes everything and writes the file (mode 0600). Always: makes sure that keys fixed by FOOTFALL_WRITE_KEY and
// FOOTFALL_API_KEY work. *out is all zero at first; after a failure the call may be repeated with what is in it.
MUST_CHECK enum status app_first_start(const struct gateway_admin *admin,
                                       const struct app_first_start_config *config,
                                       struct app_credentials *out, struct error *err);
// Stores the account when there is none yet. Its password hash takes tenths of a second and 64 MiB, so the workers do it once the
// process is ready.
MUST_CHECK enum status app_store_account(const struct gateway_admin *admin, struct workers *workers,
                                         const struct app_credentials *credentials,
                                         struct error *err);
// To standard output, for a person.
void app_print_credentials(const struct app_credentials *credentials, const char *path,
                           const char *url);

#endif
