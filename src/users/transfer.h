// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Whole projects out of one installation and into another: what both directions share. The lines are described in docs/howto/move-a-project.md.
#ifndef FOOTFALL_USERS_TRANSFER_H
#define FOOTFALL_USERS_TRANSFER_H

#include "event/event.h"
#include "users/private.h"

#define TRANSFER_FORMAT 1

// Whether the event stands in the timeline of its actor: it was counted, and its actor has not been erased since. The store's statuses.
MUST_CHECK enum status transfer_is_known(struct users *users, const struct event *event,
                                         struct arena *arena, bool *known);

#endif
