// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A demo event as a Segment message.
#ifndef FOOTFALL_DEMO_EVENT_JSON_H
#define FOOTFALL_DEMO_EVENT_JSON_H

#include "base/json_write.h"
#include "demo/visit.h"

void demo_event_write(struct json_writer *writer, uint64_t seed, const struct demo_event *event);

#endif
