// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Replays of the log: a second processor derives everything anew into a new generation of the store (store/generations.h), beside the one
// that goes on keeping the old; when the new one is level with the log, readers switch in one write, and the old one is removed.
//
// What a replay is and how far it is stands in the store, so that it goes on after a restart where it was. The rules, the enrichment data and the
// settings are those of when it began: while the process lives they are held, and after a start with others it begins anew. Any thread.
//
// Where several processes share the store, all that have a processor fill together, each those partitions that its own consumer gets
// (replays_shared_fill.c), and a process without one, such as a gateway, can be asked all the same. Then each call asks the store.
#ifndef FOOTFALL_APP_REPLAYS_H
#define FOOTFALL_APP_REPLAYS_H

#include "app/replay_record.h"
#include "app/service.h"

struct app_replays;

// Goes on with a replay that was broken off, and with removing what is left of an old generation. Behind the processor. *out stays NULL
// where the store has no generations. In a role without a processor it only answers.
MUST_CHECK enum status app_replays_start(struct app_service *service, struct app_replays **out,
                                         struct error *err);
// NULL is fine. What is being filled stays, for the next start.
void app_replays_stop(struct app_replays *replays);
// Whether one is being filled. NULL: false.
bool app_replays_running(struct app_replays *replays);

// asked: manual, partial, from_ms, from_offset count; filled in. EXISTS: one is running. PRECONDITION: the log's oldest records are gone,
// and partial was not asked for.
MUST_CHECK enum status app_replays_begin(struct app_replays *replays, struct replay_record *asked);
// NOT_FOUND: none of that id is known. PRECONDITION: it is over.
MUST_CHECK enum status app_replays_cancel(struct app_replays *replays, struct str id);
// From now on it switches by itself. As cancel.
MUST_CHECK enum status app_replays_switch(struct app_replays *replays, struct str id);
MUST_CHECK enum status app_replays_find(struct app_replays *replays, struct str id,
                                        struct replay_record *out); // NOT_FOUND
// Newest first; out has room for REPLAYS_KEPT + 1.
MUST_CHECK enum status app_replays_list(struct app_replays *replays, struct replay_record *out,
                                        size_t *count);
// The one that is running; false: none is.
bool app_replays_current(struct app_replays *replays, struct replay_record *out);

// --- replays_page.c
struct http_route_table app_replay_routes(struct app_service *service);

#endif
