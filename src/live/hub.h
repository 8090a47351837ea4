// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Fills a live feed from the processors of other processes: asks all of them for theirs (GET /live/feed of their management ports) for as
// long as somebody reads here, on a thread of its own, which is the only writer of the feed's rings.
//
// A partition is told by whoever owns it. When it moves, the new owner tells it from its newest records on, so that what both tell is
// put together by offsets: nothing twice, and a gap is one that the readers see.
#ifndef FOOTFALL_LIVE_HUB_H
#define FOOTFALL_LIVE_HUB_H

#include "base/clock.h"
#include "base/error.h"
#include "live/feed.h"

#define LIVE_AUTHORIZATION_MAX 256

struct live_hub_config {
    struct live_feed *feed;
    const struct str *urls; // of management ports; copied. Those that have no feed are passed over
    size_t url_count;
    struct clock *clock;
    // Writes the value of the Authorization header, NUL-terminated. May block; on the hub's thread.
    enum status (*authorise)(void *context, char out[LIVE_AUTHORIZATION_MAX], struct error *err);
    void *context;
    int64_t linger_ms; // how long it goes on after the last wish; 0: 30 s
};
struct live_hub;
MUST_CHECK enum status live_hub_start(const struct live_hub_config *config, struct live_hub **out,
                                      struct error *err);
void live_hub_stop(struct live_hub *hub); // NULL is fine
// Somebody reads: to be said again before linger_ms are over. Any thread, does not block.
void live_hub_want(struct live_hub *hub);
// The same, and waits until everybody has told what there is or cannot be asked, for timeout_ms at most.
void live_hub_prime(struct live_hub *hub, int64_t timeout_ms);

#endif
