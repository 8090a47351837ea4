// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Which local day and hour of its project an event falls in, remembered by quarters of an hour.
//
// A project's time zone is fixed when it is made, so what was read once stays right. A project the store does not know counts in UTC
// from then on: ingest refuses events of unknown projects, so this concerns only events whose project was removed.
// Belongs to one thread.
#ifndef FOOTFALL_PROCESSOR_PROJECT_ZONES_H
#define FOOTFALL_PROCESSOR_PROJECT_ZONES_H

#include "base/error.h"
#include "base/timezone.h"
#include "store/store.h"

#define PROJECT_ZONES_SLOTS 64

struct project_zone_slot {
    int64_t quarter; // since 1970, plus 1; 0: empty
    int32_t day;
    int32_t hour;
};
struct project {
    struct project *next;
    uint32_t number; // 0, 1, 2... in the order in which this thread met them
    struct timezone_rules *rules;
    struct project_zone_slot slots[PROJECT_ZONES_SLOTS];
    struct str id; // points into text
    char text[];
};
struct project_zones {
    struct store *store;
    struct project *projects; // latest first
    struct project *recent;
    uint32_t count;
};

void project_zones_init(struct project_zones *zones, struct store *store);
void project_zones_free(struct project_zones *zones);
// Reads the store for a project not met before. The store's statuses; a zone that cannot be loaded gives timezone_load's, since
// counting its days in another zone could not be undone.
MUST_CHECK enum status project_zones_find(struct project_zones *zones, struct str id,
                                          struct project **out, struct error *err);
int32_t project_day(struct project *project, int64_t ms, int *hour);

#endif
