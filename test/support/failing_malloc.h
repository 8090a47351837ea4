// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Makes one chosen allocation fail, so that a test can let each fail in turn.
//
//   for (long n = 0;; n++) {
//       failing_malloc_arm(n);
//       enum status status = thing_make(&thing);
//       if (!failing_malloc_disarm()) break;   // none was left to fail: the normal run
//       assert(status == STATUS_NO_MEMORY);
//   }
//
// Link with failing_malloc_dep, which wraps malloc, calloc and realloc of the code under test (GNU ld, --wrap). What
// libraries allocate for themselves is not counted. Thread-safe.
#ifndef FOOTFALL_TEST_SUPPORT_FAILING_MALLOC_H
#define FOOTFALL_TEST_SUPPORT_FAILING_MALLOC_H

#include <stdbool.h>

void failing_malloc_arm(long successes); // that many succeed, the next fails, all later succeed
bool failing_malloc_disarm(void);        // has one failed since it was armed?

#endif
