// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// PostHog's own words for pages and devices; for dialect_posthog.c only.
#ifndef FOOTFALL_ACTIVITY_POSTHOG_H
#define FOOTFALL_ACTIVITY_POSTHOG_H

#include "base/arena.h"
#include "base/json_read.h"
#include "base/status.h"

struct posthog_event {
    struct str distinct_id;
    const struct json_value *message_id; // of old libraries, which have no uuid
    const struct json_value *set;
    const struct json_value *set_once;
};

// Writes what the properties say of page, browser, system and library in the words of Segment's context. *out stays as it was when
// they say nothing. The properties keep the originals. NO_MEMORY.
MUST_CHECK enum status posthog_context(const struct json_value *properties, struct arena *arena,
                                       struct str *out);

#endif
