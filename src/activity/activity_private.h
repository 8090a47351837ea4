// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the files of the activity service share; private to src/activity/.
#ifndef FOOTFALL_ACTIVITY_PRIVATE_H
#define FOOTFALL_ACTIVITY_PRIVATE_H

#include <pthread.h>

#include "activity/activity.h"
#include "activity/reader.h"
#include "base/metrics.h"
#include "http/cors.h"

enum activity_outcome { ACTIVITY_ACCEPTED, ACTIVITY_REFUSED, ACTIVITY_UNAVAILABLE };
#define ACTIVITY_OUTCOMES 3
#define ACTIVITY_DIALECTS 4
#define ACTIVITY_REASONS 6

struct activity_metrics {
    metrics_id accepted[ACTIVITY_DIALECTS];
    metrics_id rejected[ACTIVITY_DIALECTS][ACTIVITY_REASONS];
    metrics_id requests[ACTIVITY_DIALECTS][ACTIVITY_OUTCOMES];
};
void activity_metrics_register(struct activity_metrics *metrics);
void activity_count_accepted(const struct activity_metrics *metrics, struct str dialect, size_t n);
void activity_count_rejected(const struct activity_metrics *metrics, struct str dialect,
                             enum status reason);
void activity_count_request(const struct activity_metrics *metrics, struct str dialect,
                            enum activity_outcome outcome);

struct activity {
    struct activity_config config;
    struct activity_limits limits;
    struct activity_metrics metrics;
    pthread_key_t worker_key;
    pthread_mutex_t lock;
    struct activity_worker *workers; // of all threads that ever asked and still live
    struct activity_route_set *routes;
};

// This thread's; NULL: no memory.
struct activity_worker *activity_worker_get(struct activity *activity);

// --- Routes --------------------------------------------------------------------------------------------------------------
enum activity_answer { ACTIVITY_ANSWER_JSON, ACTIVITY_ANSWER_GIF };
struct activity_route {
    const struct activity_dialect *dialect;
    enum activity_shape shape;
    bool has_type;
    enum event_type type;
    enum activity_answer answer;
    bool strict_query; // only ?writeKey= is known; SDKs add parameters of their own
};
// Reads the request, appends its events, replies when they are durable. Ends the exchange.
void activity_receive(struct activity *activity, struct http_exchange *exchange,
                      const struct activity_route *route);
// The same with JSON that did not come as a body; followed by JSON_PADDING readable bytes.
void activity_receive_json(struct activity *activity, struct http_exchange *exchange,
                           const struct activity_route *route, struct str json);
// GET /pixel/v1/…: the query is the event.
void activity_receive_pixel(struct activity *activity, struct http_exchange *exchange,
                            const struct activity_route *route);
http_handler activity_handle_settings;      // /v1/projects/:key/settings
http_handler activity_handle_source_config; // /sourceConfig/
http_handler activity_handle_array_config;  // /array/:key/config
http_handler activity_handle_flags;         // /flags/
http_handler activity_handle_sdk_metrics;   // /v1/m

// --- Keys ----------------------------------------------------------------------------------------------------------------
bool activity_find_project(void *activity, struct str key, struct arena *arena,
                           struct str *project);
// The project of whoever the request's header, query or principal names; data NULL: none that is known.
struct str activity_project_of_request(struct activity *activity, struct http_exchange *exchange);

// --- Admission -----------------------------------------------------------------------------------------------------------
// False: a reply was sent, and nothing counts against any project. Records' keys begin with their project and a NUL.
struct str activity_project_of_record(const struct eventlog_record *record);
bool activity_admit(const struct activity *activity, struct http_exchange *exchange,
                    const struct eventlog_record *records, size_t count);
void activity_give_back(const struct activity *activity, const struct eventlog_record *records,
                        size_t count);

// --- CORS ----------------------------------------------------------------------------------------------------------------
http_handler activity_handle_preflight;

// --- Replies --------------------------------------------------------------------------------------------------------------
// A problem for SDKs and people, with Retry-After for 503 and WWW-Authenticate for 401. Ends the exchange.
void activity_reply_refusal(struct http_exchange *exchange, unsigned status, struct str detail);
// 503 or 413, by what the event log said.
void activity_reply_unkept(struct http_exchange *exchange, enum status status);
// A single event that was not accepted: 400 or 413, the pointer taken from the reason.
void activity_reply_rejected(struct http_exchange *exchange,
                             const struct activity_rejection *rejection);
// Writes the reply for accepted and rejected events into the exchange's body.
void activity_render_reply(struct http_exchange *exchange, const struct activity_dialect *dialect,
                           const struct activity_result *result);

#endif
