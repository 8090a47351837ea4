// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A log that does to appends what a test says: stands where Kafka would, over an in-memory log that outlives it.
#ifndef FOOTFALL_TEST_FAULTY_LOG_H
#define FOOTFALL_TEST_FAULTY_LOG_H

#include "eventlog_fixture.h"

enum faulty_mode {
    FAULTY_PASS,
    FAULTY_REFUSE, // UNAVAILABLE, at once
    FAULTY_HOLD,   // no answer until released
};

struct faulty_log;
// memory: stays the caller's, also when the faulty log is closed.
struct eventlog *faulty_open(struct eventlog *memory);
// The mode is the process's, so that it may be set before a log is there.
void faulty_set(enum faulty_mode mode);
// Appends that are held go on their way now; returns how many.
unsigned faulty_release(struct eventlog *log);
unsigned faulty_held(struct eventlog *log);

#endif
