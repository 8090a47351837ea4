// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Roles and what they may do, as data.
#include "auth/keyring.h"

static const struct {
    const char *name;
    enum auth_role role;
} role_names[] = {
    {"none", AUTH_ROLE_NONE}, {"write", AUTH_ROLE_WRITE},   {"viewer", AUTH_ROLE_VIEWER},
    {"self", AUTH_ROLE_SELF}, {"editor", AUTH_ROLE_EDITOR}, {"admin", AUTH_ROLE_ADMIN},
};

const char *auth_role_name(enum auth_role role) {
    for (size_t i = 0; i < sizeof role_names / sizeof role_names[0]; i++) {
        if (role_names[i].role == role) {
            return role_names[i].name;
        }
    }
    return "none";
}

bool auth_role_from_name(struct str name, enum auth_role *out) {
    for (size_t i = 1; i < sizeof role_names / sizeof role_names[0]; i++) {
        if (str_equal(name, str_from_c(role_names[i].name))) {
            *out = role_names[i].role;
            return true;
        }
    }
    return false;
}

bool auth_allows(enum auth_role role, enum auth_access access) {
    switch (access) {
    case AUTH_ACCESS_PUBLIC: return true;
    case AUTH_ACCESS_SEND: return role == AUTH_ROLE_WRITE;
    case AUTH_ACCESS_VIEWER:
    case AUTH_ACCESS_SELF: return role >= AUTH_ROLE_VIEWER;
    case AUTH_ACCESS_EDITOR: return role >= AUTH_ROLE_EDITOR;
    case AUTH_ACCESS_OWN:
    case AUTH_ACCESS_ADMIN: return role >= AUTH_ROLE_ADMIN;
    case AUTH_ACCESS_CONFIG: return false;
    }
    return false;
}
