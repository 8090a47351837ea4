// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Address -> country and region, by a file in MaxMind's format that the operator supplies; exchanged for a newer one while running.
//
//   enrich_locations (shared) ── the file in use, counted by who uses it
//     └─ enrich_locator (one a thread) ── holds that file, and what it looked up last
// A file is mapped into memory: put a new one in its place by renaming (geoipupdate does), never write into it.
#ifndef FOOTFALL_ENRICH_LOCATION_H
#define FOOTFALL_ENRICH_LOCATION_H

#include "base/error.h"
#include "base/str.h"

struct enrich_locations;
// NOT_FOUND, IO, INVALID (not such a file), NO_MEMORY.
MUST_CHECK enum status enrich_locations_open(const char *path, struct enrich_locations **out,
                                             struct error *err);
void enrich_locations_free(
    struct enrich_locations *locations); // no locators any more; NULL is fine
// Any thread. Looks at the file again; *changed: another one is in use from now on. On failure the old one stays.
MUST_CHECK enum status enrich_locations_reload(struct enrich_locations *locations, bool *changed,
                                               struct error *err);
// "GeoLite2-Country 2026-11-20": what it calls itself, and the day it was built.
#define ENRICH_LOCATIONS_ABOUT 96
void enrich_locations_about(struct enrich_locations *locations, char out[ENRICH_LOCATIONS_ABOUT]);

struct enrich_location {
    char country[3]; // ISO 3166-1, two capitals; empty: not known
    char region[8];  // ISO 3166-2 behind the hyphen: "BE"; empty: not known
};
struct enrich_locator; // one thread's
MUST_CHECK enum status enrich_locator_make(struct enrich_locations *locations,
                                           struct enrich_locator **out); // NO_MEMORY
void enrich_locator_free(struct enrich_locator *locator);                // NULL is fine
// Takes a file on that was exchanged meanwhile. Call it now and then, between batches.
void enrich_locator_refresh(struct enrich_locator *locator);
// Private, local and unreadable addresses have none: both empty.
void enrich_locator_find(struct enrich_locator *locator, struct str address,
                         struct enrich_location *out);

// An address that is routed on the Internet. IPv6 with an embedded IPv4 is as that.
bool enrich_address_is_public(struct str address);

#endif
