// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Funnels: steps that are declared in the settings, read once, never changed; and the set of them that a process goes by at the moment.
//
//   settings ─→ set ──┐ swapped whole, while running
//                     ↓
//   board ─→ [ set now ] ←── held by each cycle of the processor, and by each report
//
// A funnel is told from others by its id, a hash of its name and all that decides who is in it. One that is changed has another id: it is
// another funnel, whose counts begin with the first cycle that goes by it. docs/definitions.md says what is counted.
// The settings are rows of the table of whoever has one: funnels[].name, .within, .steps.
#ifndef FOOTFALL_FUNNEL_H
#define FOOTFALL_FUNNEL_H

#include "shape/match.h"

#define FUNNELS_MAX 32
#define FUNNEL_STEPS_MIN 2
#define FUNNEL_STEPS_MAX 16
#define FUNNEL_NAME_MAX 64
#define FUNNEL_ID_LEN 16 // as text, hexadecimal
#define FUNNEL_WITHIN_MAX_MS (64 * 24 * 3600 * INT64_C(1000))

// Texts are the set's.
struct funnel {
    struct str name;
    uint64_t id;
    char id_text[FUNNEL_ID_LEN + 1];
    int64_t within_ms;
    unsigned step_count;
    struct str labels[FUNNEL_STEPS_MAX]; // of steps, for people
};

// Never changes once read; counted by who holds it, freed with the last. Any thread.
struct funnel_set;
// INVALID says file, line and key; NO_MEMORY. The caller holds it once.
MUST_CHECK enum status funnel_set_read(const struct settings *settings, struct funnel_set **out,
                                       struct error *err);
struct funnel_set *funnel_set_hold(struct funnel_set *set);
void funnel_set_release(struct funnel_set *set); // NULL is fine
size_t funnel_set_count(const struct funnel_set *set);
const struct funnel *funnel_set_at(const struct funnel_set *set, size_t i);
const struct funnel *funnel_set_find(const struct funnel_set *set, struct str name); // NULL: none
bool funnel_set_has(const struct funnel_set *set, uint64_t id);
// Whether an event of this type and name could be a step of one; cheap, and false for nearly all events.
bool funnel_set_may_match(const struct funnel_set *set, const struct event *event);
// steps[i]: as which steps of funnel i the event counts, the first as bit 0; FUNNELS_MAX of them are written. The rest as of
// shape_match_look. NO_MEMORY.
MUST_CHECK enum status funnel_set_match(const struct funnel_set *set, struct shape_worker *worker,
                                        struct event *event, struct event_trees *trees,
                                        struct arena *arena, uint16_t steps[FUNNELS_MAX]);

// The set of the moment. Any thread.
struct funnel_board;
// Takes over the caller's hold on set, also when it fails: NO_MEMORY.
MUST_CHECK enum status funnel_board_make(struct funnel_set *set, struct funnel_board **out);
void funnel_board_free(struct funnel_board *board); // nobody uses it any more; NULL is fine
void funnel_board_change(struct funnel_board *board, struct funnel_set *set); // takes over the hold
// For the caller to release; NULL: none is declared, or board is NULL.
struct funnel_set *funnel_board_hold(struct funnel_board *board);

#endif
