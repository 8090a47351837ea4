// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Central configuration, served: Spring Cloud Config's routes over a directory or a git repository.
//
//   GET /APP/PROFILES[/LABEL]                       property sources, the one that wins first
//   GET [/LABEL]/APP-PROFILES.yml|yaml|json|properties   what they come to
//   GET /APP/PROFILE/LABEL/PATH                     a file, with placeholders resolved
//   POST /encrypt, /decrypt; GET /encrypt/status    values for {cipher}
//   POST /monitor                                   webhook of a repository: fetch now
//
// A role of its own: it needs no store and no keys, so that it can start before all that starts from it. Who may is asked here, by HTTP
// Basic. Handlers block and run on the worker pool.
#ifndef FOOTFALL_CONFIG_H
#define FOOTFALL_CONFIG_H

#include "base/clock.h"
#include "base/error.h"
#include "base/json_write.h"
#include "base/random.h"
#include "http/router.h"

struct config_server_config {      // texts are copied
    const struct str *directories; // with {application}, {profile}, {label}; count 0: git
    size_t directory_count;
    struct str label; // when a request names none
    struct str git_url, git_folder;
    const struct str *git_paths;
    size_t git_path_count;
    struct str git_username, git_password, git_private_key;
    int64_t git_interval_ms;              // 0: only when told
    struct str username, password;        // password empty: everybody may; or "$argon2id$..."
    struct str encrypt_key, encrypt_salt; // key empty: nothing can be decrypted
    size_t file_bytes, cache_bytes;
    struct clock *clock;
    struct random_source *random;
};
struct config_server;

// INVALID, NOT_FOUND: err names the setting. UNAVAILABLE: the repository cannot be fetched, and there is no copy from before. IO, NO_MEMORY.
MUST_CHECK enum status config_server_start(const struct config_server_config *config,
                                           struct config_server **out, struct error *err);
void config_server_stop(struct config_server *server); // after the public server; NULL is fine
// server NULL: for listings; the handlers must not be called.
struct http_route_table config_server_routes(struct config_server *server);

struct config_server_stats {
    char backend[16];   // "directory", "git"
    char problem[200];  // of the last fetch; empty: none
    int64_t fetched_ms; // wall clock; 0: not of a repository, or never
};
void config_server_look(struct config_server *server,
                        struct config_server_stats *out); // any thread
// {"backend":...}
void config_server_write_stats(struct json_writer *writer, const struct config_server_stats *stats);

#endif
