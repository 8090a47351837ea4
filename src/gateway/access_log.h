// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The access log: one structured line a request, to standard error or to a file of its own.
//
// Who (key, role, project), what (method, route, path, query), what came of it (status, bytes), how long it took (by phase), where it was
// answered, and the ids by which to find it elsewhere. Never keys, passwords, cookies or bodies: headers are not in it at all, values of a
// query that may be secret are "***", queries of routes that bring events are left out as they are data of people.
//
// Lines are handed to a thread that writes them some tenths of a second later, so that no request waits for a disk. When it cannot keep up
// lines are dropped, and counted in footfall_access_log_lost_total. The form is that of the log (logging.format).
#ifndef FOOTFALL_GATEWAY_ACCESS_LOG_H
#define FOOTFALL_GATEWAY_ACCESS_LOG_H

#include "base/error.h"
#include "http/exchange.h"

enum gateway_access_mode { GATEWAY_ACCESS_OFF, GATEWAY_ACCESS_ERRORS, GATEWAY_ACCESS_ALL };
struct gateway_access_choice {     // which requests are logged
    enum gateway_access_mode mode; // ERRORS: replies of 400 and above, and slow ones
    unsigned one_in; // ALL: so many of the good and fast ones are left out, but for one; 0, 1: none
    int64_t slow_us; // from which a request counts as slow; 0: a second
};
struct gateway_access_config {
    struct gateway_access_choice choice;
    struct str path; // empty: standard error
};
struct gateway_access_log;
// NO_MEMORY, or IO: the file cannot be opened; err says why.
MUST_CHECK enum status gateway_access_log_make(const struct gateway_access_config *config,
                                               struct gateway_access_log **out, struct error *err);
// Writes what is left. After the server; NULL is fine.
void gateway_access_log_free(struct gateway_access_log *log);
// Opens the file anew, after it was moved away; what was there before goes into the old one. When that fails it goes on with the old one, and
// an error is logged. Any thread. NULL is fine.
void gateway_access_log_reopen(struct gateway_access_log *log);

// From the next request on. Any thread, one at a time; NULL is fine.
void gateway_access_log_change(struct gateway_access_log *log,
                               const struct gateway_access_choice *choice);

// After the reply was made. Any thread; NULL is fine.
void gateway_access_log_request(struct gateway_access_log *log,
                                const struct http_exchange *exchange, int64_t duration_us);

#endif
