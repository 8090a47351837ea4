// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What to do when a request fails, which host to ask next, and how long to wait before connecting again. Pure functions.
#ifndef FOOTFALL_CQL_POLICY_H
#define FOOTFALL_CQL_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "cql/message.h"

// --- Trying again -------------------------------------------------------------------------------------------------
enum cql_decision {
    CQL_DECISION_FAIL,
    CQL_DECISION_SAME_HOST, // once more where it failed
    CQL_DECISION_NEXT_HOST,
};

// What a request has used up of what is allowed once. Idempotent ones may meet a time-out or failure of replicas twice more: while nodes
// are restarted one after another, the next coordinator often sees a quorum; more often would only add to an overload.
#define CQL_RETRIED_UNAVAILABLE 1u
#define CQL_RETRIED_READ_TIMEOUT 2u
#define CQL_RETRIED_WRITE_TIMEOUT 4u
#define CQL_RETRIED_REPLICAS 8u
#define CQL_RETRIED_REPLICAS_AGAIN 16u

// *retried is updated.
enum cql_decision cql_policy_decide(const struct cql_server_error *error, bool idempotent,
                                    unsigned *retried);
// Whether a request that was answered with that error may have changed something all the same.
bool cql_policy_may_be_applied(uint32_t code);
// A refusal to log in that says no more than that the table of roles could not be read.
bool cql_policy_login_may_pass(struct str text);

// --- Which host ---------------------------------------------------------------------------------------------------
struct cql_choice {
    bool usable; // connected, has a free stream id, not asked yet
    bool replica;
    bool local;
    unsigned load; // requests in flight
};
#define CQL_CHOICE_NONE SIZE_MAX
// The best of them: local replicas, then local hosts, then others; among equals the one with the least load, and among those
// the first from `start` on (which chance gives). CQL_CHOICE_NONE when none is usable.
size_t cql_policy_choose(const struct cql_choice *choices, size_t count, size_t start);

// --- Connecting again ---------------------------------------------------------------------------------------------
// After that many attempts that failed (0: the first wait): base doubled each time up to max, of which chance (0 to 1) takes
// away up to half, so that clients do not come back all at once.
int64_t cql_policy_backoff_ms(unsigned attempts, int64_t base_ms, int64_t max_ms, double chance);

#endif
