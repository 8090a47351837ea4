// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// One log line a request: who asked for what, and what came of it. Never keys, queries or bodies.
#include "base/log.h"
#include "gateway/private.h"

#define SLOW_US 1000000

void gateway_log_access(enum gateway_access_log mode, const struct http_exchange *exchange,
                        int64_t duration_us) {
    bool notable = exchange->status >= 400 || duration_us >= SLOW_US;
    if (mode == GATEWAY_LOG_OFF || (mode == GATEWAY_LOG_ERRORS && !notable)) {
        return;
    }
    const struct auth_principal *principal = exchange->principal;
    LOG_INFO("gateway", "request", LOG_STR("method", exchange->request.method_name),
             LOG_STR("path", exchange->request.path), LOG_INT("status", exchange->status),
             LOG_INT("bytes", exchange->reply_bytes), LOG_INT("durationUs", duration_us),
             LOG_STR("remote", exchange->request.remote_ip),
             LOG_CSTR("key", principal ? principal->key_id : ""),
             LOG_STR("requestId", exchange->request_id));
}
