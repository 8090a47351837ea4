// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What is known of a process's settings: where they came from, what changed since, what waits for the next start, what was refused.
//
// Who reads the settings notes it, on one thread; metrics ask at any time.
#ifndef FOOTFALL_APP_CONFIGURATION_H
#define FOOTFALL_APP_CONFIGURATION_H

#include <stdatomic.h>

#include "base/buffer.h"
#include "base/json_write.h"
#include "base/metrics.h"
#include "base/settings.h"
#include "config_client/config_client.h"

#define APP_CONFIGURATION_GAUGES 3

struct app_configuration {
    const struct settings *first; // as the process began
    struct settings *current;     // that were read last and are good; NULL: the first
    struct config_client_origin origin;
    int64_t read_ms;       // wall clock, as the next
    int64_t changed_ms;    // 0: never
    struct buffer changed; // keys that differed then, separated by commas
    struct buffer restart; // keys that wait for the next start
    char refused[400];     // why the settings read last are not those that count; "": they are
    atomic_uint restart_count;
    atomic_bool is_refused;
    atomic_bool has_problem; // no config server answers
    metrics_id changes, refusals;
    metrics_id gauges[APP_CONFIGURATION_GAUGES];
};

// settings: up until the end.
void app_configuration_init(struct app_configuration *known, const struct settings *settings,
                            const struct config_client_origin *origin);
// No metric asks any more; before the rest of it goes.
void app_configuration_end(struct app_configuration *known);
void app_configuration_free(struct app_configuration *known);

const struct settings *app_configuration_now(const struct app_configuration *known);
bool app_configuration_differs(const struct app_configuration *known,
                               const struct settings *settings);

// The settings were read, whatever came of it: what is new about the servers is logged.
void app_configuration_note_origin(struct app_configuration *known,
                                   const struct config_client_origin *origin);
// They count from now on: takes them over, and logs what differs, without secrets.
void app_configuration_note_change(struct app_configuration *known, struct settings *settings);
// They are as they were.
void app_configuration_note_same(struct app_configuration *known);
// They do not. asked: somebody wants to hear of it even when the reason is the same as before.
void app_configuration_note_refusal(struct app_configuration *known, const char *reason,
                                    bool asked);
// {"server":…,"changed":[…],…}
void app_configuration_write(const struct app_configuration *known, struct json_writer *writer);
// ["a","b"] of "a,b".
void app_configuration_write_keys(struct json_writer *writer, struct str keys);

#endif
