// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Live: the newest activities, and those to come as Server-Sent Events; and the same for other processes of the installation.
//
//   GET /activities          straight from the rings, on the worker pool
//   GET /activities/stream   a reader: the one thread here walks each ring once for all readers, writes what they ask for into a buffer of
//                            each, and hands full buffers to the readers' loops. A buffer belongs to the thread, or to the loop while it is
//                            being delivered.
//   GET /live/feed           of the management port: a reader that gets every item, packed (wire.h); for the reports process
//
// Only what is in the store is in the rings, once: see ring.h. A reader that takes too little is given up: the rings do not wait.
#ifndef FOOTFALL_LIVE_H
#define FOOTFALL_LIVE_H

#include "auth/keyring.h"
#include "auth/tokens.h"
#include "base/clock.h"
#include "http/router.h"
#include "live/feed.h"

struct live_hub;
struct live_config {
    struct live_feed *feed;             // outlives it
    const struct auth_keyring *keyring; // NULL: only /live/feed is served
    struct auth_tokens *tokens;         // NULL: there are no tokens
    struct clock *clock;
    unsigned readers;      // at most; 0: 100
    int64_t patience_ms;   // how long a reader may take nothing; 0: 10 s
    int64_t keep_alive_ms; // something is sent at least so often; 0: 15 s
    int64_t permit_ms;     // how often it is looked whether a reader still may; 0: 2 s
    // Of a process that has no processor: where the feed comes from. The owner's; ends after it.
    struct live_hub *hub;
};
struct live;
MUST_CHECK enum status live_start(const struct live_config *config, struct live **out,
                                  struct error *err);
// Ends every reader with a word of when to come again, and lets none in any more. Before the servers are stopped, which would wait for
// them. Returns when they have gone, after a second at most.
void live_drain(struct live *live);
void live_stop(struct live *live); // drains first; NULL is fine

struct http_route_table live_routes(struct live *live);
// The same routes without what is behind them, for a gateway that proxies and for who lists routes.
struct http_route_table live_route_patterns(void);
// Begins a reader that is another process. On the exchange's loop; who asks was checked by the caller.
void live_serve_peer(struct live *live, struct http_exchange *exchange);

#endif
