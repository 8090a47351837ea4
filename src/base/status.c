// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Names and texts of statuses, made from the one list.
#include "base/status.h"

const char *status_name(enum status status) {
    switch (status) {
#define X(symbol, number, text)                                                                    \
    case STATUS_##symbol: return #symbol;
        STATUS_LIST(X)
#undef X
    }
    return "UNKNOWN";
}

const char *status_text(enum status status) {
    switch (status) {
#define X(symbol, number, text)                                                                    \
    case STATUS_##symbol: return text;
        STATUS_LIST(X)
#undef X
    }
    return "unknown status";
}
