// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Where a visitor came from: known search engines, social networks and mail services by host, and the channel that follows.
#ifndef FOOTFALL_ENRICH_REFERRER_H
#define FOOTFALL_ENRICH_REFERRER_H

#include <stdbool.h>

#include "base/str.h"

// X(symbol, name). Names are stored.
#define ENRICH_CHANNEL_LIST(X)                                                                     \
    X(DIRECT, "direct")                                                                            \
    X(INTERNAL, "internal")                                                                        \
    X(SEARCH, "search")                                                                            \
    X(SOCIAL, "social")                                                                            \
    X(EMAIL, "email")                                                                              \
    X(CAMPAIGN, "campaign")                                                                        \
    X(REFERRAL, "referral")
enum enrich_channel {
#define X(symbol, name) ENRICH_CHANNEL_##symbol,
    ENRICH_CHANNEL_LIST(X)
#undef X
};
struct str enrich_channel_name(enum enrich_channel channel);

// A row of source_table.c. host: a domain, which its subdomains belong to; one that ends in '.' stands for all its top-level domains:
// "google." is google.com, google.de and google.co.uk.
struct enrich_source {
    struct str host;
    enum enrich_channel channel; // SEARCH, SOCIAL, EMAIL
    struct str name;
};
extern const struct enrich_source enrich_sources[]; // by host, bytewise
extern const size_t enrich_source_count;

// host: in lower case. The longest row that fits; NULL: none.
const struct enrich_source *enrich_source_find(struct str host);
// The site's own: one of `hosts`, or below one ("shop.test" has "www.shop.test").
bool enrich_host_is_among(struct str host, const struct str *hosts, size_t count);

#endif
