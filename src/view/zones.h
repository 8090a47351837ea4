// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Which time zone a project's days are in: looked up in the store once, kept for good.
//
// A project's zone is fixed when the project is made, so what was found never goes stale. Thread-safe. Returned zones live until
// view_zones_free.
#ifndef FOOTFALL_VIEW_ZONES_H
#define FOOTFALL_VIEW_ZONES_H

#include "base/timezone.h"
#include "store/store.h"

struct view_zones;

struct view_zone {
    struct str name;
    const struct timezone_rules *rules;
};

MUST_CHECK enum status view_zones_make(struct store *store, struct view_zones **out);
void view_zones_free(struct view_zones *zones); // NULL is fine
// NOT_FOUND: no such project; what timezone_load gives when the zone's file cannot be read; what the store gives. err says which.
MUST_CHECK enum status view_zones_get(struct view_zones *zones, struct str project,
                                      struct view_zone *out, struct error *err);

#endif
