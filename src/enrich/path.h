// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// One spelling for one page: paths normalised, and folded into templates where a site has a page for each order.
#ifndef FOOTFALL_ENRICH_PATH_H
#define FOOTFALL_ENRICH_PATH_H

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

#define ENRICH_TEMPLATES_MAX 256
#define ENRICH_PATH_MAX 4096 // of a longer path only so many bytes are looked at

// Templates as written: "/orders/*", "/docs/**". The first that matches a path stands for it. Texts belong to the caller.
struct enrich_paths {
    const struct str *templates;
    size_t count;
};
// INVALID: it does not begin with '/', has an empty segment, or ** is not its end; err says which.
MUST_CHECK enum status enrich_path_check_template(struct str text, struct error *err);

// path: as of enrich_url_path. In this order:
//   %XX of letters, digits and -._~ and of valid UTF-8 is undone; of anything else it stays, in capitals
//   ";jsessionid=…" and its like, and ASP.NET's "/(S(…))" go
//   slashes in a row become one; a slash at the end goes
//   the first template that matches takes its place
// Case stays. Points into path, a template or the arena. NO_MEMORY.
MUST_CHECK enum status enrich_path_normalise(const struct enrich_paths *paths, struct str path,
                                             struct arena *arena, struct str *out);

#endif
