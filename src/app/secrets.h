// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Keeps what is secret out of core dumps, out of other processes' sight, and out of files that others can read.
#ifndef FOOTFALL_APP_SECRETS_H
#define FOOTFALL_APP_SECRETS_H

#include "app/service.h"

// Before anything secret is in memory: no core dumps, no /proc/PID/mem and environ for others of the same user, unless
// process.core_dumps says otherwise. Warns when the kernel refuses.
void app_secrets_seal(const struct settings *settings);
// The opposite, at the very end, for tools that look at a process which ends.
void app_secrets_unseal(void);
// Warns of files that hold secrets and that others can read.
void app_secrets_check_files(const struct app_service *service);
// What a start needed: keys and passwords of the environment, which is otherwise shown by /proc/PID/environ as long as the process lives,
// and what a first start made.
void app_secrets_forget(struct app_service *service);

#endif
