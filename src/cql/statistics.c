// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What a session has done and has now, added up over its loops.
#include "cql/session.h"

static uint64_t counted(const _Atomic uint64_t *counter) {
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static unsigned current(const _Atomic unsigned *counter) {
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void cql_session_stats(const struct cql_session *session, struct cql_stats *out) {
    *out = (struct cql_stats){0};
    for (unsigned i = 0; i < session->loop_count; i++) {
        const struct cql_counters *counters = &session->loops[i].counters;
        out->requests += counted(&counters->requests);
        out->failures += counted(&counters->failures);
        out->retries += counted(&counters->retries);
        out->speculative += counted(&counters->speculative);
        out->timeouts += counted(&counters->timeouts);
        out->late_replies += counted(&counters->late_replies);
        out->reprepared += counted(&counters->reprepared);
        out->writes += counted(&counters->writes);
        out->reads += counted(&counters->reads);
        out->connections += current(&counters->connections);
        out->in_flight += current(&counters->in_flight);
        out->queued += current(&counters->queued);
        if (i == 0) { // each loop sees the same hosts
            out->hosts_up = current(&counters->hosts_up);
            out->hosts_down = current(&counters->hosts_down);
        }
    }
}
