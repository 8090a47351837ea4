// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Choosing the project a request is about.
#include "auth/scope.h"

#include "http/problem.h"

bool auth_scope_project(struct http_exchange *exchange, const struct auth_keyring *keyring,
                        struct str asked, struct str *project) {
    const struct auth_principal *principal = exchange->principal;
    if (!principal) {
        http_reply_problem(exchange, 401, STR("A token is needed."));
        return false;
    }
    struct str own = str_from_c(principal->project);
    if (own.len > 0) {
        if (asked.data && !str_equal(asked, own)) {
            http_reply_problem(exchange, 404, STR("There is no such project for this token."));
            return false;
        }
        *project = exchange->project = own;
        return true;
    }
    struct str wanted = asked.data ? asked : STR("default");
    if (!auth_keyring_has_project(keyring, wanted)) {
        if (asked.data) {
            http_reply_problemf(exchange, 404, "There is no project \"%.*s\".", STR_ARG(asked));
        } else {
            http_reply_problem(exchange, 400,
                               STR("This token is for every project: name one with ?project=."));
        }
        return false;
    }
    *project = exchange->project = wanted;
    return true;
}
