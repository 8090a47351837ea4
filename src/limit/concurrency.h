// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// How many may be at something at the same time: a counter with a maximum.
//
// Whoever gets in must leave. Thread-safe; never waits. The count may be seen above `most` for a moment while one is being turned away.
#ifndef FOOTFALL_LIMIT_CONCURRENCY_H
#define FOOTFALL_LIMIT_CONCURRENCY_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/check.h"
#include "base/status.h"

struct limit_concurrency {
    atomic_uint active;
    atomic_uint refused; // since the start
    unsigned most;       // 0: no limit
};

static inline void limit_concurrency_init(struct limit_concurrency *limit, unsigned most) {
    atomic_init(&limit->active, 0);
    atomic_init(&limit->refused, 0);
    limit->most = most;
}

// False: there are as many as there may be.
MUST_CHECK static inline bool limit_concurrency_enter(struct limit_concurrency *limit) {
    unsigned before = atomic_fetch_add_explicit(&limit->active, 1, memory_order_relaxed);
    if (limit->most == 0 || before < limit->most) {
        return true;
    }
    atomic_fetch_sub_explicit(&limit->active, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&limit->refused, 1, memory_order_relaxed);
    return false;
}

static inline void limit_concurrency_leave(struct limit_concurrency *limit) {
    unsigned before = atomic_fetch_sub_explicit(&limit->active, 1, memory_order_relaxed);
    CHECK(before > 0);
}

static inline unsigned limit_concurrency_active(const struct limit_concurrency *limit) {
    return atomic_load_explicit(&limit->active, memory_order_relaxed);
}

#endif
