// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Control records into the log, in order with the events of those they are about.
#ifndef FOOTFALL_USERS_CONTROL_LOG_H
#define FOOTFALL_USERS_CONTROL_LOG_H

#include "event/control.h"
#include "users/private.h"

// The role's log; NULL: a problem was sent.
struct eventlog *users_log(struct users *users, struct http_exchange *exchange);
// Appends all and waits until they are on stable storage. The log's statuses.
MUST_CHECK enum status users_control_append(struct eventlog *log, const struct control *controls,
                                            size_t count, int64_t now_ms, struct arena *arena);
// The same of records that are there.
MUST_CHECK enum status users_log_append(struct eventlog *log, const struct eventlog_record *records,
                                        size_t count);
// Waits until what the user's partition held at the call is processed, so that links of the user are known; at most two seconds, and not
// at all where nothing can be learnt about the log's end.
void users_await_processed(struct users *users, struct eventlog *log, struct str project,
                           struct str id);

#endif
