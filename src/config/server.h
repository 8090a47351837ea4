// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the files of the server share: its parts, and how it replies.
#ifndef FOOTFALL_CONFIG_SERVER_H
#define FOOTFALL_CONFIG_SERVER_H

#include "base/metrics.h"
#include "config/cache.h"
#include "config/config.h"
#include "config/environment.h"
#include "config/flat.h"
#include "config/login.h"

struct config_server {
    struct config_backend *backend;
    struct config_cipher *cipher; // NULL: no key
    struct config_login *login;
    struct config_cache *cache;
    struct clock *clock;
    struct random_source *random;
    bool is_git;
    metrics_id requests, refused, failed, hits;
    metrics_id fetched, fetches, fetch_failures; // gauges; 0: none
};

#define CONFIG_MEMORY_MAX ((size_t)64 * 1024 * 1024) // of one request
#define CONFIG_REPLY_MAX ((size_t)16 * 1024 * 1024)

enum config_target_kind { CONFIG_TARGET_ENVIRONMENT, CONFIG_TARGET_FLAT, CONFIG_TARGET_RESOURCE };
struct config_target { // of a GET
    enum config_target_kind kind;
    struct str name, profiles, label; // label data NULL: none
    struct str path;                  // of a resource
    enum config_form form;
    bool origins, binary, resolve;
};
// Takes path, query and Accept apart. NOT_FOUND: no such form; INVALID: a broken escape or parameter; NO_MEMORY.
MUST_CHECK enum status config_target_read(const struct http_exchange *exchange, struct arena *arena,
                                          struct config_target *out);

// Errors have the body that Spring gives them. Ends the exchange.
void config_reply_error(struct config_server *server, struct http_exchange *exchange,
                        unsigned status);
// False: who asks may not, and was told so.
bool config_may(struct config_server *server, struct http_exchange *exchange);

void config_handle_get(struct http_exchange *exchange, void *server);
void config_handle_encrypt(struct http_exchange *exchange, void *server);
void config_handle_decrypt(struct http_exchange *exchange, void *server);
void config_handle_encrypt_status(struct http_exchange *exchange, void *server);
void config_handle_key(struct http_exchange *exchange, void *server);
void config_handle_monitor(struct http_exchange *exchange, void *server);

// A file's text, or bytes, into out. NOT_FOUND and what reading gives.
MUST_CHECK enum status config_resource_write(struct config_environment *environment,
                                             const struct config_target *target,
                                             const struct config_cipher *cipher, struct buffer *out,
                                             int64_t *modified_s, struct error *err);

#endif
