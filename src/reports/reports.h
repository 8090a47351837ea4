// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Reports: what the day totals say, as JSON, CSV and printable HTML.
//
// A daily report closes when the project's day is over and the log has moved 15 minutes past it, or stood still that long: a timer
// thread of this role looks once a minute (reports.close_every). Later events reopen it: the next look stores a new revision.
#ifndef FOOTFALL_REPORTS_H
#define FOOTFALL_REPORTS_H

#include "auth/keyring.h"
#include "base/clock.h"
#include "funnel/funnel.h"
#include "http/router.h"
#include "store/store.h"

struct reports_config {
    struct store *store;
    const struct auth_keyring *keyring;
    struct clock *clock;
    // Highest received time (ms) that the processor has put into the store, and whether nothing is waiting; called from the timer thread.
    void (*progress)(void *context, int64_t *received_ms, bool *caught_up);
    void *progress_context;
    int64_t close_after_ms;       // 0: 15 min
    int64_t close_every_ms;       // between looks; 0: a minute
    struct funnel_board *funnels; // outlives it; NULL: there are none
    const struct str *dimensions; // names of those that are declared; the texts outlive the role
    size_t dimension_count;
};
struct reports;
MUST_CHECK enum status reports_start(const struct reports_config *config, struct reports **out,
                                     struct error *err);
struct http_route_table reports_routes(struct reports *reports);
// The same routes without the role behind them, for a gateway that proxies to it; the handlers must not be called.
struct http_route_table reports_route_patterns(void);
void reports_stop(struct reports *reports); // NULL is fine
// One look, now (what the timer does).
MUST_CHECK enum status reports_close_due(struct reports *reports, struct error *err);

#endif
