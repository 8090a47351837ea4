// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The days an actor was active on, as a bitmap that grows, and what a new one changes in trailing counts.
#ifndef FOOTFALL_PROCESSOR_ACTIVES_H
#define FOOTFALL_PROCESSOR_ACTIVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

// Days outside (before 1990, after 2100) are never given: apply refuses such events. So a bitmap has at most 5 KiB.
struct actives {
    int32_t first_day; // of bit 0 of bits[0]; bit 0 need not be set
    uint32_t len;      // bytes
    uint8_t *bits;     // least significant bit first
};

void actives_free(struct actives *actives);
bool actives_has(const struct actives *actives, int32_t day);
// NO_MEMORY leaves it as it was.
MUST_CHECK enum status actives_set(struct actives *actives, int32_t day);
// The nearest active days on both sides of `day`, not day itself; INT32_MIN and INT32_MAX: none.
int32_t actives_before(const struct actives *actives, int32_t day);
int32_t actives_after(const struct actives *actives, int32_t day);

// A trailing count of day D holds whoever was active on one of D-n+1 .. D. When `day` becomes active, D in *from .. *to get one more;
// there are none when *from > *to. before and after are day's neighbours.
static inline void actives_gain(int32_t day, int32_t n, int32_t before, int32_t after,
                                int32_t *from, int32_t *to) {
    *from = before != INT32_MIN && before + n > day ? before + n : day;
    *to = after != INT32_MAX && after - 1 < day + n - 1 ? after - 1 : day + n - 1;
}

#endif
