// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A random history of events by seed: late ones, resent ones, bots, broken records, days on which clocks change.
#ifndef FOOTFALL_TEST_SIM_HISTORY_H
#define FOOTFALL_TEST_SIM_HISTORY_H

#include "base/random.h"
#include "enrich/enrich.h"
#include "event/control.h"
#include "event/event.h"
#include "eventlog/eventlog.h"
#include "store/store.h"

#define HISTORY_PROJECTS 2
#define HISTORY_USERS 12
#define HISTORY_ANONYMOUS 6
#define HISTORY_AGENTS 5 // see history_agents; the last is none

struct history_agent {
    const char *text; // NULL: none
    const char *device, *browser, *os;
    const char *browser_version, *os_version; // NULL: none
    const char *bot;                          // NULL: none
};
extern const struct history_agent history_agents[HISTORY_AGENTS];
// What a recount takes as given: what is built in, and the dimension "step" of properties.step. The caller frees it.
struct enrichment *history_enrichment(void);
extern const struct store_project history_projects[HISTORY_PROJECTS];

struct history_event {
    struct event event;
    unsigned project;
    unsigned agent;
    const char *country;                    // NULL: none
    const char *path;                       // NULL: none
    const char *referrer;                   // host; NULL: none
    const char *region;                     // NULL: none
    const char *channel;                    // NULL: no page event
    const char *source, *medium, *campaign; // NULL: none
    const char *step;                       // the declared dimension history_declared; NULL: none
    const char *plan;                       // trait of an identify; NULL: removed; "" : not said
    bool broken;                            // becomes a dead letter
    // What rules did to it: rules.h.
    const char *filtered_by;       // NULL: none
    bool set_aside;                // a dead letter of a rule
    const struct control *control; // NULL: it is an event
};
struct history {
    struct arena arena;
    struct history_event *events; // what each record holds
    struct eventlog_record *records;
    size_t count;
    unsigned partitions; // 0: nobody is erased
    const uint8_t *sets; // by event, which rules and funnels it came under; NULL: there are none
};

void history_make(struct history *history, uint64_t seed, size_t count);
// Puts control records in the place of some of the records. partitions: of the log that they go into.
void history_add_controls(struct history *history, uint64_t seed, unsigned partitions);
void history_free(struct history *history);
// Appends records [from, to) and waits until they are durable.
void history_append(const struct history *history, struct eventlog *log, size_t from, size_t to);
// Stops the test when the status is not OK.
void history_require(enum status status, const char *what);

#endif
