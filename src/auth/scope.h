// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Which project a request is about: the principal's own, or ?project= when the principal may act on several.
#ifndef FOOTFALL_AUTH_SCOPE_H
#define FOOTFALL_AUTH_SCOPE_H

#include <stdbool.h>

#include "auth/keyring.h"
#include "http/exchange.h"

// asked: the value of ?project=, data NULL when it was not given. *project lives as long as the exchange.
// Another project's things look as if they did not exist: a 404 problem is sent and false returned. A principal for every project
// that names none gets "default", or a 400 problem when there is no such project.
bool auth_scope_project(struct http_exchange *exchange, const struct auth_keyring *keyring,
                        struct str asked, struct str *project);

#endif
