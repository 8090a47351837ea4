// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What several processes tell of the same partitions, put together. All of it is the hub's thread's.
#ifndef FOOTFALL_LIVE_HUB_PRIVATE_H
#define FOOTFALL_LIVE_HUB_PRIVATE_H

#include "live/hub.h"
#include "live/wire.h"

struct live_hub_rings {
    struct live_feed *feed;
    bool known[LIVE_PARTITIONS_MAX];
    int64_t epochs[LIVE_PARTITIONS_MAX];
    int64_t next[LIVE_PARTITIONS_MAX];      // behind the newest item, or what is complete
    int64_t published[LIVE_PARTITIONS_MAX]; // -1: nothing yet
};

struct live_hub_peer {
    struct live_hub *hub;
    void *curl; // NULL: not connected
    struct curl_slist *headers;
    int64_t retry_us;
    unsigned failures;
    bool heard; // has told all it had, or cannot be asked
    bool told;  // anything, in this connection
    struct buffer in;
    int64_t epochs[LIVE_PARTITIONS_MAX]; // of what it tells
    char url[200];
};

// What a process sent; keeps the beginning of a frame for the next call. False: it is no feed.
bool live_hub_take(struct live_hub_rings *rings, struct live_hub_peer *peer, struct str bytes);
// Where the rings stand, for the peer to begin there; nothing when nothing is known.
void live_hub_write_position(const struct live_hub_rings *rings, struct live_hub_peer *peer,
                             struct buffer *out, struct buffer *scratch);
void live_hub_forget(struct live_hub_rings *rings);

#endif
