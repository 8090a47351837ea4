// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What an event says of page, referrer, country and device: the values that day totals count by.
#ifndef FOOTFALL_PROCESSOR_DIMENSIONS_H
#define FOOTFALL_PROCESSOR_DIMENSIONS_H

#include "event/event.h"
#include "processor/useragent.h"

#define DIMENSION_BYTES_MAX 500 // longer values are cut, at a character

struct dimension_agent {
    uint64_t hash;
    size_t len;
    char *text; // NULL: empty
    struct useragent families;
    struct str bot; // data NULL: none
};
#define DIMENSION_AGENTS 1024
// User-Agents classified before; belongs to one thread.
struct dimensions {
    struct dimension_agent *agents;
};
MUST_CHECK enum status dimensions_init(struct dimensions *dimensions);
void dimensions_free(struct dimensions *dimensions);

struct event_dimensions {
    bool has_agent; // a User-Agent is there
    struct useragent families;
    struct str bot;      // data NULL: none
    struct str page;     // path; data NULL: none. Page events only
    struct str referrer; // host in lower case; data NULL: none, or the page's own. Page events only
    struct str country;  // two capital letters; data NULL: none
};
// Fields point into the event, the arena or static storage. NO_MEMORY.
MUST_CHECK enum status dimensions_of(struct dimensions *dimensions, const struct event *event,
                                     const struct event_trees *trees, struct arena *arena,
                                     struct event_dimensions *out);

// The host of an absolute URL, without user and port; empty when there is none.
struct str dimension_url_host(struct str url);
// The path of a URL or path, without query and fragment; "/" for an absolute URL without one.
struct str dimension_url_path(struct str url);

#endif
