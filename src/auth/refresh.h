// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Keeps a keyring up with a store that other processes write to: reads it again every few seconds, and sooner when asked.
//
// A revoked key stops working everywhere within the interval. A key that is not known may have been made a moment ago by another
// process, so whoever is about to refuse one asks first: all who ask meanwhile share one look, and there are at most four a second,
// so that guessing keys costs the store nothing.
#ifndef FOOTFALL_AUTH_REFRESH_H
#define FOOTFALL_AUTH_REFRESH_H

#include <stdbool.h>

#include "base/error.h"
#include "base/queue.h"
#include "http/exchange.h"

struct auth_refresh_config {
    // Reads keys and projects into the keyring; blocks, on the refresh's own thread.
    enum status (*load)(void *context, struct error *err);
    void *context;
    int64_t interval_ms; // 0: 2 s
    int64_t least_ms;    // from the beginning of one look to the next; 0: 250 ms
};
struct auth_refresh;
MUST_CHECK enum status auth_refresh_start(const struct auth_refresh_config *config,
                                          struct auth_refresh **out, struct error *err);
// Those who wait get CLOSED. True: it is gone; NULL is fine. False: after a second it is still inside a look, which a store that is
// away can hold up; it is left behind, frees itself, and what load uses must stay.
bool auth_refresh_stop(struct auth_refresh *refresh);

// Runs `again` on the exchange's loop after a look that began after this call. status: OK, else the look failed and nothing new is
// known. The exchange's arena holds what is needed meanwhile; without memory again is called at once with NO_MEMORY.
typedef void auth_refresh_again(struct http_exchange *exchange, enum status status, void *context);
void auth_refresh_ask(struct auth_refresh *refresh, struct http_exchange *exchange,
                      auth_refresh_again *again, void *context);
// The same for a thread that may block.
MUST_CHECK enum status auth_refresh_now(struct auth_refresh *refresh);
// How many wait for the next look.
unsigned auth_refresh_waiting(struct auth_refresh *refresh);

#endif
