// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What erasures make of a history: which events count, and how far a life goes. Part of the naive recount.
#ifndef FOOTFALL_TEST_SIM_LIVES_H
#define FOOTFALL_TEST_SIM_LIVES_H

#include "history.h"

bool lives_was_sent_before(const struct history *history, size_t n);
// Whether the event comes from somebody who is kept away.
bool lives_is_refused(const struct history *history, size_t n);
// Whether an erasure takes the dead letter with it.
bool lives_letter_goes(const struct history *history, size_t n);
// The anonymous id that the event links to its user; empty: none.
struct str lives_linked(const struct event *event);
// Whether the link that the event makes is removed later.
bool lives_link_goes(const struct history *history, size_t n, struct str anonymous);
// The erasure that ends the life which begins at `from`; the history's end when none does.
size_t lives_end(const struct history *history, unsigned project, bool user, struct str id,
                 size_t from);

#endif
