// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The Activity Service: takes events over HTTP in the dialects of real SDKs and appends every one to the event log.
//
// A reply of 200 or 202 is sent from the event log's acknowledgement, never before. Handlers run on loop threads and do not block.
// Each event of a batch is judged by itself: bad ones are reported and counted, good ones are kept.
#ifndef FOOTFALL_ACTIVITY_H
#define FOOTFALL_ACTIVITY_H

#include "auth/keyring.h"
#include "auth/refresh.h"
#include "base/clock.h"
#include "base/random.h"
#include "eventlog/eventlog.h"
#include "http/router.h"

// Whether a project may have so many events now; limits and quotas are somebody else's business.
struct activity_admission {
    // first: of this request, whose events may be of several projects. False: it has sent a reply. Loop thread; must not block.
    bool (*admit)(void *context, struct http_exchange *exchange, struct str project, size_t events,
                  bool first);
    // Events that were let in and then not kept. Any thread.
    void (*give_back)(void *context, struct str project, size_t events);
    void *context;
};

struct otlp_exporter;
struct activity_config {
    struct eventlog *log;
    const struct auth_keyring *keyring;
    struct clock *clock;
    struct random_source *random; // thread-safe
    size_t event_bytes;           // 0: EVENT_BYTES_MAX
    size_t inflated_bytes;        // 0: 20 MiB
    unsigned events;              // a request; 0: 10 000
    struct str
        public_url; // for /v1/projects/{key}/settings: where SDKs should send to; data NULL: the request's Host
    // Ad blockers know the paths of SDKs; with "/x7" all of them are also found at /x7/v1/batch and so on. data NULL: none.
    struct str path_prefix;
    struct auth_refresh
        *refresh; // asked before a key is refused; NULL: the keyring knows all there are
    const struct activity_admission *admission; // NULL: every event is let in
    struct otlp_exporter *otlp;                 // gets the spans of appends; NULL: nobody
};
struct activity;
MUST_CHECK enum status activity_start(const struct activity_config *config, struct activity **out,
                                      struct error *err);
struct http_route_table activity_routes(struct activity *activity);
// The same routes without the service, for a gateway that proxies to it. prefix: as path_prefix.
struct activity_route_set;
MUST_CHECK enum status activity_route_set_make(struct str prefix, struct activity_route_set **out,
                                               struct error *err);
struct http_route_table activity_route_set_table(const struct activity_route_set *set);
void activity_route_set_free(struct activity_route_set *set); // NULL is fine
// Requests in flight must be done (stop the servers first, then the log, then this). NULL is fine.
void activity_stop(struct activity *activity);

#endif
