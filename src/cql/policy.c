// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The tables behind "trying again", one row an error code.
#include "cql/policy.h"

enum when {
    NEVER,
    WHEN_IDEMPOTENT,
    ONCE_UNAVAILABLE,   // nothing was done
    ONCE_READ_TIMEOUT,  // enough replied, but not the one that was to send the data
    ONCE_WRITE_TIMEOUT, // the batch log was not written in time
    TWICE_IDEMPOTENT,   // some replicas failed
};

static const struct row {
    uint32_t code;
    enum when again;
    bool may_be_applied;
} ROWS[] = {
    {CQL_ERROR_SERVER, WHEN_IDEMPOTENT, true},
    {CQL_ERROR_PROTOCOL, NEVER, false},
    {CQL_ERROR_BAD_CREDENTIALS, NEVER, false},
    {CQL_ERROR_UNAVAILABLE, ONCE_UNAVAILABLE, false},
    {CQL_ERROR_OVERLOADED, WHEN_IDEMPOTENT, true},
    {CQL_ERROR_BOOTSTRAPPING, WHEN_IDEMPOTENT, false},
    {CQL_ERROR_TRUNCATE, WHEN_IDEMPOTENT, true},
    {CQL_ERROR_WRITE_TIMEOUT, ONCE_WRITE_TIMEOUT, true},
    {CQL_ERROR_READ_TIMEOUT, ONCE_READ_TIMEOUT, false},
    {CQL_ERROR_READ_FAILURE, TWICE_IDEMPOTENT, false},
    {CQL_ERROR_FUNCTION_FAILURE, NEVER, false},
    {CQL_ERROR_WRITE_FAILURE, TWICE_IDEMPOTENT, true},
    {CQL_ERROR_CDC_WRITE_FAILURE, NEVER, true},
    {CQL_ERROR_CAS_WRITE_UNKNOWN, NEVER, true},
    {CQL_ERROR_SYNTAX, NEVER, false},
    {CQL_ERROR_UNAUTHORIZED, NEVER, false},
    {CQL_ERROR_INVALID, NEVER, false},
    {CQL_ERROR_CONFIG, NEVER, false},
    {CQL_ERROR_ALREADY_EXISTS, NEVER, false},
    {CQL_ERROR_UNPREPARED, NEVER, false},
};
// A code of a later version: nothing is known of it.
static const struct row UNKNOWN = {UINT32_MAX, NEVER, true};

static const struct row *row_of(uint32_t code) {
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        if (ROWS[i].code == code) {
            return &ROWS[i];
        }
    }
    return &UNKNOWN;
}

static enum cql_decision once(unsigned *retried, unsigned what, enum cql_decision decision) {
    if (*retried & what) {
        return CQL_DECISION_FAIL;
    }
    *retried |= what;
    return decision;
}

static enum cql_decision twice(bool idempotent, unsigned *retried) {
    if (!idempotent) {
        return CQL_DECISION_FAIL;
    }
    unsigned what =
        *retried & CQL_RETRIED_REPLICAS ? CQL_RETRIED_REPLICAS_AGAIN : CQL_RETRIED_REPLICAS;
    return once(retried, what, CQL_DECISION_NEXT_HOST);
}

enum cql_decision cql_policy_decide(const struct cql_server_error *error, bool idempotent,
                                    unsigned *retried) {
    switch (row_of(error->code)->again) {
    case NEVER: break;
    case WHEN_IDEMPOTENT: return idempotent ? CQL_DECISION_NEXT_HOST : CQL_DECISION_FAIL;
    case ONCE_UNAVAILABLE: return once(retried, CQL_RETRIED_UNAVAILABLE, CQL_DECISION_NEXT_HOST);
    case ONCE_READ_TIMEOUT:
        if (error->received >= error->required && !error->data_present &&
            !(*retried & CQL_RETRIED_READ_TIMEOUT)) {
            return once(retried, CQL_RETRIED_READ_TIMEOUT, CQL_DECISION_SAME_HOST);
        }
        return twice(idempotent, retried);
    case ONCE_WRITE_TIMEOUT:
        if (idempotent && error->write_type == CQL_WRITE_BATCH_LOG &&
            !(*retried & CQL_RETRIED_WRITE_TIMEOUT)) {
            return once(retried, CQL_RETRIED_WRITE_TIMEOUT, CQL_DECISION_SAME_HOST);
        }
        return twice(idempotent, retried);
    case TWICE_IDEMPOTENT: return twice(idempotent, retried);
    }
    return CQL_DECISION_FAIL;
}

bool cql_policy_may_be_applied(uint32_t code) {
    return row_of(code)->may_be_applied;
}

bool cql_policy_login_may_pass(struct str text) {
    return str_contains_ignore_case(text, STR("cannot achieve consistency level")) ||
           str_contains_ignore_case(text, STR("unable to perform authentication")) ||
           str_contains_ignore_case(text, STR("timed out"));
}

static unsigned rank(const struct cql_choice *choice) {
    return (choice->local ? 0u : 2u) + (choice->replica ? 0u : 1u);
}

size_t cql_policy_choose(const struct cql_choice *choices, size_t count, size_t start) {
    size_t best = CQL_CHOICE_NONE;
    for (size_t i = 0; i < count; i++) {
        size_t at = (start + i) % count;
        const struct cql_choice *choice = &choices[at];
        if (!choice->usable) {
            continue;
        }
        if (best == CQL_CHOICE_NONE || rank(choice) < rank(&choices[best]) ||
            (rank(choice) == rank(&choices[best]) && choice->load < choices[best].load)) {
            best = at;
        }
    }
    return best;
}

int64_t cql_policy_backoff_ms(unsigned attempts, int64_t base_ms, int64_t max_ms, double chance) {
    int64_t wait = base_ms;
    for (unsigned i = 0; i < attempts && wait < max_ms; i++) {
        wait = wait > max_ms / 2 ? max_ms : wait * 2;
    }
    wait = wait < max_ms ? wait : max_ms;
    int64_t less = (int64_t)(chance * (double)(wait / 2));
    return wait - less > 0 ? wait - less : 1;
}
