// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The campaign an event names: context.campaign, utm_* of properties or of the page's URL, and click ids of advertisers.
#ifndef FOOTFALL_ENRICH_CAMPAIGN_H
#define FOOTFALL_ENRICH_CAMPAIGN_H

#include "base/arena.h"
#include "base/json_read.h"
#include "base/status.h"
#include "enrich/referrer.h"

#define ENRICH_VALUE_MAX                                                                           \
    500 // bytes of a value that is counted; longer ones are cut, at a character

struct enrich_campaign {
    struct str source; // data NULL: not said
    struct str medium;
    struct str name;
    struct str click_source; // "Google" of a gclid; data NULL: no click id
    bool paid;               // the click id is one of advertisements only
    bool said;               // any of source, medium and name was there, or a paid click
};
// url: the page's; data NULL: none. Each of source, medium and name comes from the first place that has it. Slices point into the trees, url,
// arena or static storage. NO_MEMORY.
MUST_CHECK enum status enrich_campaign_of(const struct json_value *properties,
                                          const struct json_value *context, struct str url,
                                          struct arena *arena, struct enrich_campaign *out);
// A campaign of e-mail, or any other; false: it is none.
bool enrich_campaign_channel(const struct enrich_campaign *campaign, enum enrich_channel *out);

#endif
