// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Who may read central configuration: one user with a password, by HTTP Basic.
#ifndef FOOTFALL_CONFIG_LOGIN_H
#define FOOTFALL_CONFIG_LOGIN_H

#include "base/random.h"
#include "base/status.h"
#include "base/str.h"

struct config_login;
// password: as it is, or argon2id as "$argon2id$...". Empty: everybody may. NO_MEMORY.
MUST_CHECK enum status config_login_make(struct str username, struct str password,
                                         struct random_source *random, struct config_login **out);
void config_login_free(struct config_login *login); // NULL is fine
bool config_login_is_open(const struct config_login *login);
// Takes the time of argon2id until a password was right once. Any thread that may block.
bool config_login_check(struct config_login *login, struct str username, struct str password);

#endif
