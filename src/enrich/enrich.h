// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Enrichment: what follows from an event and from pinned data about it (User-Agent rules, a file of locations, tables, settings).
//
// struct enrichment is made once from the settings and shared; only the file of locations is ever exchanged. Everything is a function of
// the record and of these data: what a replay with the same data gives is the same.
#ifndef FOOTFALL_ENRICH_H
#define FOOTFALL_ENRICH_H

#include "enrich/agent.h"
#include "enrich/declared.h"
#include "enrich/location.h"
#include "enrich/path.h"

struct enrichment_config {
    struct str
        agent_rules; // path; empty: AGENT_RULES_FILE when it is there, else the table; "builtin": the table
    struct str locations;        // path; empty: none
    const struct str *templates; // of paths
    size_t template_count;
    const struct str *internal_hosts; // the site's own besides the page's
    size_t internal_host_count;
    const struct enrich_declared *declared;
    size_t declared_count;
};
struct enrichment {
    struct arena arena;                 // of the copies below
    struct agent_rules *rules;          // NULL: the table
    struct enrich_locations *locations; // NULL: none
    struct enrich_paths paths;
    const struct str *internal_hosts;
    size_t internal_host_count;
    const struct enrich_declared *declared;
    size_t declared_count;
};

// Copies what it is given. INVALID, NOT_FOUND, IO, NO_MEMORY; err names the file or the value.
MUST_CHECK enum status enrichment_make(const struct enrichment_config *config,
                                       struct enrichment **out, struct error *err);
void enrichment_free(struct enrichment *enrichment); // NULL is fine
// Any thread: the file of locations, if it is another one now. On failure the old one stays.
MUST_CHECK enum status enrichment_reload(struct enrichment *enrichment, bool *changed,
                                         struct error *err);
// For people: "uap-core 1f0c…", "built in"; "GeoLite2-Country 2026-11-20", "none".
#define ENRICHMENT_ABOUT 120
void enrichment_about_agents(const struct enrichment *enrichment, char out[ENRICHMENT_ABOUT]);
void enrichment_about_locations(struct enrichment *enrichment, char out[ENRICHMENT_ABOUT]);

#endif
