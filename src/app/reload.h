// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Reading the settings again while requests are under way: routes, upstreams and limits, in one step or not at all.
//
//   asked, or time to -> settings read, checked -> names looked up -> all changed at once -> what nobody uses any more is freed
//
// A thread of its own does that: a name server that does not answer must hold up neither the signals nor the end of the process.
#ifndef FOOTFALL_APP_RELOAD_H
#define FOOTFALL_APP_RELOAD_H

#include "app/command.h"
#include "app/role.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/json_write.h"

struct app_service;
struct app_reload;

// source: where the settings of the service came from; argv is copied. service: up, until app_reload_end has returned.
MUST_CHECK enum status app_reload_start(struct app_service *service,
                                        const struct app_settings_source *source,
                                        struct app_reload **out);
// Read them again soon; once more before that is the same. Any thread.
void app_reload_ask(struct app_reload *reload);
// The same, and waits until it is done: the keys that changed since the last time, comma-separated, into changed. INVALID: they stay as they
// were, err says why; UNAVAILABLE: no config server answered; CLOSED: the process ends. Any thread that may block, between enter and leave.
MUST_CHECK enum status app_reload_now(struct app_reload *reload, struct buffer *changed,
                                      struct error *err);
// What is known of the settings, as an object.
void app_reload_write(struct app_reload *reload, struct json_writer *writer);
// Before the service stops. Does not wait for names: the thread ends by itself when it hears of them. NULL is fine.
void app_reload_end(struct app_reload *reload);

#endif
