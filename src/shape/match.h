// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Conditions of rules for whoever asks only which of them hold of an event, and changes nothing: steps of funnels.
//
//   settings' nodes -> shape_match_add ... -> shape_match_look(event) -> which of them hold
//
// What holds is a function of the event and the conditions. docs/shaping.md is the manual of what stands in a condition.
#ifndef FOOTFALL_SHAPE_MATCH_H
#define FOOTFALL_SHAPE_MATCH_H

#include "shape/rules.h"

// Conditions, numbered from 0 in the order in which they were added. Never changes once all are added; any thread may look then.
struct shape_match;
// most: how many may be added. NO_MEMORY.
MUST_CHECK enum status shape_match_make(unsigned most, struct shape_match **out);
void shape_match_free(struct shape_match *match); // NULL is fine
// when: a map as behind `when` of a rule. what and name: whom an error names, "footfall.yaml:12: funnel checkout: KEY: TEXT"; err
// outlives the call alone. INVALID; NO_MEMORY; after either nothing but shape_match_free is allowed.
MUST_CHECK enum status shape_match_add(struct shape_match *match, const char *what, struct str name,
                                       const struct settings_node *when, struct error *err);
// What a person means by the node: two that are written the same have the same hash.
uint64_t shape_match_hash(const struct settings_node *when, uint64_t seed);

// Whether one that was added could hold of an event of this type and name; cheap, and false for nearly all events.
bool shape_match_may(const struct shape_match *match, const struct event *event);
// Calls holds for each that does, ascending. One that cannot be decided, because a regular expression takes too many steps, does not hold.
// trees: those of the event, in arena, as they are now; extra members may be parsed there. NO_MEMORY.
MUST_CHECK enum status shape_match_look(const struct shape_match *match,
                                        struct shape_worker *worker, struct event *event,
                                        struct event_trees *trees, struct arena *arena,
                                        void (*holds)(void *context, unsigned number),
                                        void *context);

#endif
