// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Fetches a key set from an address or a file.
#ifndef FOOTFALL_AUTH_JWKS_FETCH_H
#define FOOTFALL_AUTH_JWKS_FETCH_H

#include "auth/jwks.h"

// place: "https://...", "http://..." or the path of a file. Blocks, at most ten seconds; follows no redirect. UNAVAILABLE, IO,
// INVALID: err says why.
MUST_CHECK enum status jwks_fetch(struct str place, struct jwks **out, struct error *err);

#endif
