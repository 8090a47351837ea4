// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What one person does in one visit: a walk through the shop's pages and its funnel.
#ifndef FOOTFALL_DEMO_VISIT_H
#define FOOTFALL_DEMO_VISIT_H

#include "base/random.h"
#include "demo/people.h"

enum demo_kind { DEMO_PAGE, DEMO_TRACK, DEMO_IDENTIFY };

struct demo_event {
    int64_t timestamp_ms;
    uint64_t person; // whose number
    uint64_t id_high, id_low;
    enum demo_kind kind;
    const char *name;     // of the page or of what was tracked; static
    const char *path;     // of the page it happened on; static
    const char *referrer; // landing pages only; static, or NULL
    const char *campaign; // static, or NULL
    const char *product;  // static, or NULL
    uint32_t cents;       // price or revenue; 0: none
    bool known;           // carries the user id
};

#define DEMO_VISIT_MAX 64 // events of one visit

// Fills out with the events of a visit that begins at start_ms; `customer`: is signed up already. Returns how many.
unsigned demo_visit(struct random_source *random, const struct demo_person *person, bool customer,
                    int64_t start_ms, struct demo_event out[DEMO_VISIT_MAX]);

#endif
