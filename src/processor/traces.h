// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Where a trace ends that began with the request which brought an event: told to the log, and to a collector once the event is in the store.
#ifndef FOOTFALL_PROCESSOR_TRACES_H
#define FOOTFALL_PROCESSOR_TRACES_H

#include "processor/worker.h"

// outcome: static text. An event that has no trace costs a comparison; only requests that are sampled leave one in their events.
void traces_note(struct partition *partition, const struct eventlog_view *record,
                 const struct event *event, const char *outcome);
// The open cycle was committed, or thrown away: then its events are taken again, and noted again.
void traces_commit(struct partition *partition);
void traces_discard(struct partition *partition);
void traces_free(struct partition *partition);

#endif
