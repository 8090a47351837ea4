// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Events as SDKs send them, made fast: visitors who come, look at some pages and leave.
//
// A pool of visitors is on the site at any time; each event is the next step of one of them. Who visits follows from the number of
// the visit alone and runs through all users, so that so many events mean so many people. Ids are random, as an SDK's are: they do
// not compress. Event times are the wall clock, or sweep a range in order.
#ifndef FOOTFALL_BENCH_TRAFFIC_H
#define FOOTFALL_BENCH_TRAFFIC_H

#include <stddef.h>
#include <stdint.h>

#define TRAFFIC_VISITORS 2000
#define TRAFFIC_EVENT_MAX 1024 // bytes, at most, of one event

struct traffic_config {
    uint64_t users; // how many people there are
    uint64_t first_visit;
    uint64_t seed;       // two runs with the same seed send the same ids
    unsigned visit_mean; // events of a visit, on average
    int64_t from_ms;     // 0: event times are now
    int64_t to_ms;
    uint64_t events; // over which from..to is swept
};

struct traffic_visitor {
    uint64_t user;
    unsigned left;
    unsigned page;
};

struct traffic {
    struct traffic_config config;
    uint64_t random;
    uint64_t made;
    uint64_t visits;
    int64_t shown_ms; // the time that is written in `time`
    char time[24];
    struct traffic_visitor visitors[TRAFFIC_VISITORS];
};

void traffic_init(struct traffic *traffic, const struct traffic_config *config);
uint64_t traffic_random(struct traffic *traffic);
// Someone who came before first_visit; anyone when that is 0.
uint64_t traffic_known_user(struct traffic *traffic);
// "user-" and the decimal number. Returns the length.
size_t traffic_user(char *to, uint64_t user);
// Writes one event of at most TRAFFIC_EVENT_MAX bytes, 308 on average. only_track: a body for /v1/track. Returns the length.
size_t traffic_event(struct traffic *traffic, char *to, int only_track);

#endif
