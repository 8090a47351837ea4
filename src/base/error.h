// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A status together with a sentence for people; used where a person will read the outcome.
//
// Made on the caller's stack, filled by the callee, printed at the edge. Never holds secrets.
#ifndef FOOTFALL_BASE_ERROR_H
#define FOOTFALL_BASE_ERROR_H

#include "base/status.h"

struct error {
    enum status status;
    char text[500]; // what, where, what to do; NUL-terminated UTF-8, cut when longer
};

// Fills err (which may be NULL) and returns status, so that `return error_set(err, STATUS_IO, "...")` reads well.
__attribute__((format(printf, 3, 4))) enum status error_set(struct error *err, enum status status,
                                                            const char *format, ...);

#endif
