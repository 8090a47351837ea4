// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Time zones by the tz database: which calendar day and hour an instant falls in.
//
// Reads TZif files (RFC 8536, versions 1 to 4, with the POSIX TZ footer for times behind the table) from
// /usr/share/zoneinfo. "UTC" needs no file. Immutable after load: shared between threads.
#ifndef FOOTFALL_BASE_TIMEZONE_H
#define FOOTFALL_BASE_TIMEZONE_H

#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

struct timezone_rules;

// name: an IANA name such as "Europe/Berlin". Names with "..", a leading '/' or unusual bytes are INVALID; a zone that is
// not there is NOT_FOUND with a text that says where it was looked for.
MUST_CHECK enum status timezone_load(struct str name, struct timezone_rules **out,
                                     struct error *err);
// The rules in the bytes of one TZif file; timezone_load's second half. CORRUPT when they are none, UNSUPPORTED when they
// count leap seconds, NO_MEMORY.
MUST_CHECK enum status timezone_parse(struct str file, struct timezone_rules **out,
                                      struct error *err);
void timezone_free(struct timezone_rules *rules);
// Seconds east of UTC at that instant.
int32_t timezone_offset(const struct timezone_rules *rules, int64_t ms);
// Local calendar day (days since 1970-01-01) and hour 0..23 (hour may be NULL).
int32_t timezone_day(const struct timezone_rules *rules, int64_t ms, int *hour);
// First instant of a local day, in ms UTC. Where midnight is skipped: the first instant that exists;
// where a whole day is (Apia, 2011-12-30): that of the next day.
int64_t timezone_day_start(const struct timezone_rules *rules, int32_t day);

#endif
