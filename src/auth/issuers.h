// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Outside issuers whose tokens are accepted: their keys, and what of a token says who may do what.
#ifndef FOOTFALL_AUTH_ISSUERS_H
#define FOOTFALL_AUTH_ISSUERS_H

#include "auth/jwks.h"
#include "auth/keyring.h"

#define AUTH_ISSUERS_MAX 8

// "issuer=URL jwks=URL-OR-FILE audience=TEXT [algorithms=RS256+ES256+EdDSA] [role_claim=role] [project_claim=project]
// [admin=VALUE] [editor=VALUE] [viewer=VALUE] [self=VALUE]": a token whose role claim (a text, or an array that has it) is
// VALUE has that role; the highest counts. Without a rule for any role the names stand for themselves. Without a
// project claim a token is for the project of [project=ID], or for all when that is empty.
struct auth_issuers;
// INVALID: err names what of which. Reads nothing yet.
MUST_CHECK enum status auth_issuers_make(const struct str *rules, size_t count,
                                         struct auth_issuers **out, struct error *err);
void auth_issuers_free(struct auth_issuers *issuers); // NULL is fine
// Reads the key sets that are due: every 15 minutes, or 10 s after one was asked for a key that it does not have. Blocks; the
// thread of auth/refresh.h calls it. What cannot be read leaves what was known; a line in the log says so once.
void auth_issuers_look(struct auth_issuers *issuers, int64_t mono_us);
// Changes whenever a key set does; 0 for NULL.
uint64_t auth_issuers_generation(const struct auth_issuers *issuers);
// NOT_FOUND: no such key here (yet); DENIED.
MUST_CHECK enum status auth_issuers_verify(struct auth_issuers *issuers, const struct jwt *jwt,
                                           int64_t now_s, struct auth_principal *out,
                                           int64_t *expires_s, struct error *err);

#endif
