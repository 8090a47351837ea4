// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the rules of the settings do to the events of a file, and which steps of funnels these are.
#ifndef FOOTFALL_APP_CHECK_EVENT_H
#define FOOTFALL_APP_CHECK_EVENT_H

#include "funnel/funnel.h"
#include "shape/rules.h"

// Prints one JSON object an event. Returns an exit code: APP_FAILED when the file cannot be read, or something in it is no event.
int app_check_events(const struct shape_rules *rules, const struct funnel_set *funnels,
                     const char *path);

#endif
