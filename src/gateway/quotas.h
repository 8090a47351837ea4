// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// How many events a project may bring on a day (UTC), and how many it has.
//
//   admit: own + others + events <= quota?  own counts up   |   every few seconds: own -> store, others <- store
//
// How exact: in one process to the event, and a request is let in whole or not at all. Of several processes each knows what the others have
// let in as of a few seconds ago (up to two intervals), so a project may get ahead of its quota by what they let in meanwhile. A process that
// is killed forgets what it has counted since it last wrote; one that is stopped forgets nothing. What was let in and then not kept by the event
// log is given back. An event that is sent again counts again, as nobody knows here that it is the same.
#ifndef FOOTFALL_GATEWAY_QUOTAS_H
#define FOOTFALL_GATEWAY_QUOTAS_H

#include "base/clock.h"
#include "base/error.h"
#include "base/json_write.h"
#include "base/random.h"
#include "http/exchange.h"
#include "store/ledger.h"

struct gateway_quotas_sizes {
    int64_t events;             // a project and day; 0: no limit, but counted
    const struct str *projects; // "shop=1000000": another quota for one, 0 for none
    size_t project_count;
};
struct gateway_quotas_config {
    struct store *store;
    struct clock *clock;
    struct random_source *random;
    struct gateway_quotas_sizes sizes; // copied
    int64_t interval_ms;               // 0: 5 s
};
struct gateway_quotas;
// Reads what was counted today and starts a thread. INVALID: err names the setting; NO_MEMORY; what the store gives.
MUST_CHECK enum status gateway_quotas_start(const struct gateway_quotas_config *config,
                                            struct gateway_quotas **out, struct error *err);
// Writes what was counted. After everybody who asks; NULL is fine.
void gateway_quotas_stop(struct gateway_quotas *quotas);

// INVALID: err names the setting.
MUST_CHECK enum status gateway_quotas_check(const struct gateway_quotas_sizes *sizes,
                                            struct error *err);
// Other quotas from now on; what was brought today counts. Any thread. The statuses of check, and nothing has changed; NO_MEMORY: some have.
MUST_CHECK enum status gateway_quotas_change(struct gateway_quotas *quotas,
                                             const struct gateway_quotas_sizes *sizes,
                                             struct error *err);

// Any thread; does not block. False: it would be too much; a reply was sent with this status (429, or 503 where an SDK needs that), and nothing
// was counted.
MUST_CHECK bool gateway_quotas_admit(struct gateway_quotas *quotas, struct http_exchange *exchange,
                                     struct str project, size_t events, unsigned status);
void gateway_quotas_give_back(struct gateway_quotas *quotas, struct str project, size_t events);

// Writes and reads now, as the thread does every few seconds; for tests and the end. Blocks. A failure is logged once, and made good by the
// next time.
enum status gateway_quotas_settle(struct gateway_quotas *quotas);

// "usage":{"day":"2026-11-25","projects":{"shop":{"events":5,"quota":1000000}}} of all processes as the store has it. Blocks.
MUST_CHECK enum status gateway_quotas_write(struct gateway_quotas *quotas, struct arena *arena,
                                            struct json_writer *writer);

#endif
