// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// How much is allowed in how long: "100/s burst 1000" as numbers that a bucket can count with.
#ifndef FOOTFALL_LIMIT_RATE_H
#define FOOTFALL_LIMIT_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

struct limit_rate {
    int64_t interval_ns; // in which one unit comes back; 0: there is no limit
    uint32_t burst;      // units of a full bucket, at least 1
};

static inline bool limit_rate_limits(const struct limit_rate *rate) {
    return rate->interval_ns > 0;
}

// "NUMBER/UNIT" or "NUMBER/UNIT burst NUMBER"; UNIT is s, m, h or d; without burst it is the first number. "none" and "0" are no limit.
// INVALID: anything else, or a bucket that takes longer than 68 years to fill; err says what is expected, without the name of a setting.
MUST_CHECK enum status limit_rate_parse(struct str text, struct limit_rate *out, struct error *err);

#endif
