// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Whether a reader that was let in may still be there: keys are revoked and tokens end while streams go on.
#include "live/private.h"

static bool find(const struct live *live, const struct auth_credentials *given,
                 struct auth_principal *out) {
    const struct auth_keyring *keyring = live->config.keyring;
    if (live->config.tokens && jwt_looks_like(given->bearer)) {
        struct error err = {STATUS_OK, ""};
        return auth_tokens_find(live->config.tokens, given->bearer, out, &err) == STATUS_OK;
    }
    return auth_keyring_find_api_key(keyring, given->bearer, out) ||
           auth_keyring_find_api_key(keyring, given->password, out) ||
           auth_keyring_find_api_key(keyring, given->user, out);
}

bool live_permit(const struct live *live, struct str authorization, struct str project) {
    struct auth_credentials given;
    struct auth_principal principal = {.role = AUTH_ROLE_NONE};
    struct arena arena;
    arena_init(&arena, 1024, 0);
    bool may = auth_parse_authorization(&arena, authorization, &given) == STATUS_OK &&
               find(live, &given, &principal) && auth_allows(principal.role, AUTH_ACCESS_VIEWER) &&
               (!principal.project[0] || str_equal(str_from_c(principal.project), project));
    arena_free(&arena);
    return may;
}
