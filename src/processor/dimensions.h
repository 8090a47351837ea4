// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What an event says of page, referrer, country and device: the values that day totals count by.
#ifndef FOOTFALL_PROCESSOR_DIMENSIONS_H
#define FOOTFALL_PROCESSOR_DIMENSIONS_H

#include "enrich/campaign.h"
#include "enrich/enrich.h"
#include "event/event.h"
#include "processor/useragent.h"

#define DIMENSION_BYTES_MAX ENRICH_VALUE_MAX // longer values are cut, at a character

struct dimension_agent {
    uint64_t hash;
    size_t len;
    char *text; // NULL: empty
    struct useragent families;
    struct str bot; // data NULL: none
    struct enrich_agent enriched;
    uint64_t used; // when last
};
// A new one costs a hundred times as much as one that is here. Sets of a few, of which the one that was not used for longest goes.
#define DIMENSION_AGENT_SETS 1024
#define DIMENSION_AGENT_WAYS 4
#define DIMENSION_AGENTS (DIMENSION_AGENT_SETS * DIMENSION_AGENT_WAYS)
// User-Agents classified before, and what looks addresses up; belongs to one thread.
struct dimensions {
    struct enrichment *enrichment;
    struct dimension_agent *agents;
    uint64_t uses;
    struct agent_matcher *matcher;  // NULL: there are no rules
    struct enrich_locator *locator; // NULL: there are no locations
};
// enrichment: outlives it. NO_MEMORY.
MUST_CHECK enum status dimensions_init(struct dimensions *dimensions,
                                       struct enrichment *enrichment);
void dimensions_free(struct dimensions *dimensions);

struct event_dimensions {
    bool has_agent; // a User-Agent is there
    struct useragent families;
    struct str bot;      // data NULL: none
    struct str page;     // path; data NULL: none. Page events only
    struct str referrer; // host in lower case; data NULL: none, or the page's own. Page events only
    struct str country;  // two capital letters; data NULL: none
    struct str region;   // "DE-BE"; data NULL: none
    struct str channel;  // data NULL: none. Page events only
    struct enrich_campaign campaign; // source: also of a known referrer or a click id
    const struct enrich_agent
        *agent; // with versions, in the arena; NULL: neither User-Agent nor hints
};
// Fields point into the event, the arena or static storage. NO_MEMORY.
MUST_CHECK enum status dimensions_of(struct dimensions *dimensions, const struct event *event,
                                     const struct event_trees *trees, struct arena *arena,
                                     struct event_dimensions *out);

#endif
