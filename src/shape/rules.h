// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Rules that shape events: read from the settings, compiled once, never changed; and what one event becomes under them.
//
//   privacy signals -> rule -> rule -> ... -> kept, or dropped, sampled out, a dead letter        shape_apply
//                                              kept -> enrichment -> addresses are cut            shape_hide_addresses
//
// What becomes of an event is a function of the event and the rules: no clock, no chance, no state between events. docs/shaping.md is
// the manual of the rules.
#ifndef FOOTFALL_SHAPE_RULES_H
#define FOOTFALL_SHAPE_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/settings.h"
#include "event/event.h"

#define SHAPE_RULES_MAX 500
#define SHAPE_NAME_MAX 64              // bytes of a rule's name
#define SHAPE_PATTERN_BYTES 2048       // of a value that a regular expression looks at
#define SHAPE_PART_BYTES (1024 * 1024) // most that properties, traits or context may become

// The settings that rules are read from are rows of the table of whoever has one:
// rules[].name, .when, .do; privacy.ip, .do_not_track, .global_privacy_control, .projects, .hash_key.

// Never changes once read; counted by who holds it, freed with the last. Any thread.
struct shape_rules;

// INVALID says file, line, rule and key; NO_MEMORY. The caller holds it once.
MUST_CHECK enum status shape_rules_read(const struct settings *settings, struct shape_rules **out,
                                        struct error *err);
// Only to see whether there is a mistake in them: that privacy.hash_key is missing is none, as not everybody has it.
MUST_CHECK enum status shape_rules_read_without_key(const struct settings *settings,
                                                    struct shape_rules **out, struct error *err);
struct shape_rules *shape_rules_hold(struct shape_rules *rules);
void shape_rules_release(struct shape_rules *rules); // NULL is fine

// The rules of the settings in their order, and then the privacy signals, which count like rules: "(do-not-track)",
// "(global-privacy-control)".
unsigned shape_rules_count(const struct shape_rules *rules);
struct str shape_rule_name(const struct shape_rules *rules, unsigned rule);
// Two sets that do the same to every event because they were written the same have the same fingerprint; secrets count.
uint64_t shape_rules_fingerprint(const struct shape_rules *rules);
// How many of the count stand in the settings.
unsigned shape_rules_written(const struct shape_rules *rules);

// X(symbol, name in JSON and metrics, what it says)
#define SHAPE_COUNT_LIST(X)                                                                        \
    X(MATCHED, "matched", "its condition held")                                                    \
    X(DROPPED, "dropped", "it dropped the event")                                                  \
    X(SAMPLED_OUT, "sampledOut", "the event was not in its sample")                                \
    X(CHANGED, "changed", "it changed the event")                                                  \
    X(DEAD_LETTERED, "deadLettered", "it made a dead letter of the event")                         \
    X(FAILED, "failed", "it could not do what it says, which made a dead letter of the event")
enum shape_count {
#define X(symbol, name, what) SHAPE_COUNT_##symbol,
    SHAPE_COUNT_LIST(X)
#undef X
        SHAPE_COUNTS
};
struct str shape_count_name(enum shape_count count);
struct shape_counts {
    uint64_t of[SHAPE_COUNTS];
};

// What a thread needs to apply rules; nothing of it outlives an event. Belongs to one thread.
struct shape_worker;
MUST_CHECK enum status shape_worker_make(struct shape_worker **out); // NO_MEMORY
void shape_worker_free(struct shape_worker *worker);                 // NULL is fine

enum shape_fate { SHAPE_KEPT, SHAPE_DROPPED, SHAPE_SAMPLED_OUT, SHAPE_DEAD_LETTER };
struct shape_outcome {
    enum shape_fate fate;
    bool changed;      // the event is another than before
    unsigned rule;     // that decided; of a kept one nothing
    struct str reason; // of a dead letter, for people; in the arena or of the rules
};

// trees: those of event, as event_decode made them in arena; the tree's nodes and the event's slices are changed in place, so that
// they agree afterwards. tallies: shape_rules_count of them, to which what happened is added; NULL: none. NO_MEMORY, and then the event must not be used.
MUST_CHECK enum status shape_apply(const struct shape_rules *rules, struct shape_worker *worker,
                                   struct event *event, struct event_trees *trees,
                                   struct arena *arena, struct shape_counts *tallies,
                                   struct shape_outcome *out);

// Cuts the address off source.ip, context.ip and properties.$ip, or takes them out, as the settings say of the project: to be called
// once whoever looks countries up has seen them. What is no address is taken out, since nobody can say what it gives away. NO_MEMORY as above.
MUST_CHECK enum status shape_hide_addresses(const struct shape_rules *rules,
                                            struct shape_worker *worker, struct event *event,
                                            struct event_trees *trees, struct arena *arena);

#endif
