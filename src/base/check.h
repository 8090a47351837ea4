// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Assertions that stay on in production: a broken invariant stops the process before it can store a lie.
#ifndef FOOTFALL_BASE_CHECK_H
#define FOOTFALL_BASE_CHECK_H

// For invariants of ours, never for input. No side effects inside.
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0)) {                                                   \
            check_failed(#condition, __FILE__, __LINE__);                                          \
        }                                                                                          \
    } while (0)

_Noreturn void check_failed(const char *condition, const char *file, int line);

#endif
