// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Dimensions that an owner declares: a name, where in an event its value is, and of which events.
#ifndef FOOTFALL_ENRICH_DECLARED_H
#define FOOTFALL_ENRICH_DECLARED_H

#include "base/error.h"
#include "enrich/agent.h"
#include "event/event.h"

#define ENRICH_DECLARED_MAX 32
#define ENRICH_DECLARED_NAME 40 // bytes of a name

// All texts belong to whoever declares.
struct enrich_declared {
    struct str name; // of letters, digits, '_' and '-'
    // "properties.plan", "context.app.version", "traits.company.size"; "type", "name", "groupId"; "enriched.brand"
    struct str path;
    const struct str *events; // names of events; count 0: all events
    size_t event_count;
};
// INVALID: the name is none or is taken, the path leads nowhere; err says so.
MUST_CHECK enum status enrich_declared_check(const struct enrich_declared *list, size_t count,
                                             struct error *err);
// What the event has there: text, number or truth; at most ENRICH_VALUE_MAX less the name's bytes. Data NULL: nothing that counts.
struct str enrich_declared_value(const struct enrich_declared *declared, const struct event *event,
                                 const struct event_trees *trees, struct str brand);

#endif
