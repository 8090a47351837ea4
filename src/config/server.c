// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The server: its parts, who may ask it, and how it says no.
#include "config/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "auth/keyring.h"
#include "base/log.h"
#include "http/problem.h"

static const struct http_route routes[] = {
    {HTTP_GET_, "/*", AUTH_ACCESS_CONFIG, true, config_handle_get},
    {HTTP_POST_, "/encrypt", AUTH_ACCESS_CONFIG, true, config_handle_encrypt},
    {HTTP_POST_, "/encrypt/:name/:profiles", AUTH_ACCESS_CONFIG, true, config_handle_encrypt},
    {HTTP_GET_, "/encrypt/status", AUTH_ACCESS_CONFIG, true, config_handle_encrypt_status},
    {HTTP_POST_, "/decrypt", AUTH_ACCESS_CONFIG, true, config_handle_decrypt},
    {HTTP_POST_, "/decrypt/:name/:profiles", AUTH_ACCESS_CONFIG, true, config_handle_decrypt},
    {HTTP_GET_, "/key", AUTH_ACCESS_CONFIG, true, config_handle_key},
    {HTTP_POST_, "/monitor", AUTH_ACCESS_CONFIG, true, config_handle_monitor},
};

struct http_route_table config_server_routes(struct config_server *server) {
    return (struct http_route_table){routes, sizeof routes / sizeof routes[0], server};
}

// --- Replies ------------------------------------------------------------------------------------------------------------
void config_reply_error(struct config_server *server, struct http_exchange *exchange,
                        unsigned status) {
    char time[48];
    int64_t now = server->clock->wall_ms(server->clock);
    time_t seconds = (time_t)(now / 1000);
    struct tm parts;
    size_t len =
        gmtime_r(&seconds, &parts) ? strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%S", &parts) : 0;
    (void)snprintf(time + len, sizeof time - len, ".%03d+00:00", (int)(now % 1000));
    struct buffer *body = http_reply_body(exchange);
    struct json_writer writer;
    buffer_clear(body);
    json_writer_init(&writer, body);
    json_begin_object(&writer);
    json_member_string(&writer, STR("timestamp"), str_from_c(time));
    json_member_i64(&writer, STR("status"), (int64_t)status);
    json_member_string(&writer, STR("error"), str_from_c(http_status_title(status)));
    struct str path = exchange->request.path;
    json_member_string(&writer, STR("path"), str_is_utf8(path) ? path : STR("?"));
    json_end_object(&writer);
    http_reply_send(exchange, status, "application/json");
}

bool config_may(struct config_server *server, struct http_exchange *exchange) {
    struct auth_credentials given = {STR_EMPTY, STR_EMPTY, STR_EMPTY};
    struct str header = http_request_header(exchange, STR("Authorization"));
    metrics_add(server->requests, 1);
    if (config_login_is_open(server->login)) {
        return true;
    }
    if (header.data && auth_parse_authorization(&exchange->arena, header, &given) == STATUS_OK &&
        given.user.data && config_login_check(server->login, given.user, given.password)) {
        return true;
    }
    metrics_add(server->refused, 1);
    http_reply_header(exchange, "WWW-Authenticate", STR("Basic realm=\"footfall config\""));
    config_reply_error(server, exchange, 401);
    return false;
}

// --- Metrics ------------------------------------------------------------------------------------------------------------
#define GIT_GAUGE(name, expression)                                                                \
    static double name(void *context) {                                                            \
        struct config_server *server = context;                                                    \
        struct config_git_stats stats;                                                             \
        config_git_look(server->backend, &stats);                                                  \
        return (double)(expression);                                                               \
    }
GIT_GAUGE(read_fetched, stats.fetched_ms / 1000)
GIT_GAUGE(read_healthy, stats.problem[0] == '\0')

static void register_metrics(struct config_server *server) {
    server->requests = metrics_counter("footfall_config_requests_total",
                                       "Requests for central configuration.", NULL);
    server->refused = metrics_counter("footfall_config_refused_total",
                                      "Of these, without the right user and password.", NULL);
    server->failed = metrics_counter("footfall_config_failed_total",
                                     "Of these, with files that could not be read.", NULL);
    server->hits = metrics_counter("footfall_config_cached_total",
                                   "Of these, answered with what was read before.", NULL);
    if (server->is_git) {
        server->fetched =
            metrics_gauge("footfall_config_fetched_timestamp_seconds",
                          "When the repository was last fetched.", NULL, read_fetched, server);
        server->fetches = metrics_gauge("footfall_config_fetch_healthy",
                                        "Whether the last fetch of the repository succeeded.", NULL,
                                        read_healthy, server);
    }
}

void config_server_look(struct config_server *server, struct config_server_stats *out) {
    *out = (struct config_server_stats){.fetched_ms = 0};
    (void)snprintf(out->backend, sizeof out->backend, "%s", server->backend->kind);
    if (server->is_git) {
        struct config_git_stats stats;
        config_git_look(server->backend, &stats);
        out->fetched_ms = stats.fetched_ms;
        (void)snprintf(out->problem, sizeof out->problem, "%s", stats.problem);
    }
}

void config_server_write_stats(struct json_writer *writer,
                               const struct config_server_stats *stats) {
    json_begin_object(writer);
    json_member_string(writer, STR("backend"), str_from_c(stats->backend));
    json_key(writer, STR("fetchedAt"));
    if (stats->fetched_ms > 0) {
        json_time(writer, stats->fetched_ms);
    } else {
        json_null(writer);
    }
    json_member_string_or_null(writer, STR("problem"),
                               stats->problem[0] ? str_from_c(stats->problem) : STR_EMPTY);
    json_end_object(writer);
}

// --- Start and stop -----------------------------------------------------------------------------------------------------
static enum status start_backend(const struct config_server_config *config,
                                 struct config_server *server, struct error *err) {
    if (config->directory_count > 0 && config->git_url.len > 0) {
        return error_set(err, STATUS_INVALID,
                         "config.directories and config.git.url: only one of them may be set");
    }
    if (config->git_url.len > 0) {
        const struct config_git_config git = {.url = config->git_url,
                                              .folder = config->git_folder,
                                              .search_paths = config->git_paths,
                                              .count = config->git_path_count,
                                              .default_label = config->label,
                                              .username = config->git_username,
                                              .password = config->git_password,
                                              .private_key = config->git_private_key,
                                              .interval_ms = config->git_interval_ms,
                                              .file_bytes = config->file_bytes};
        server->is_git = true;
        return config_git_start(&git, &server->backend, err);
    }
    if (config->directory_count == 0) {
        return error_set(err, STATUS_INVALID,
                         "config.directories or config.git.url: where the files are must be set");
    }
    const struct config_directory_config directory = {.locations = config->directories,
                                                      .count = config->directory_count,
                                                      .default_label = config->label,
                                                      .file_bytes = config->file_bytes};
    return config_directory_start(&directory, &server->backend, err);
}

static enum status start_parts(const struct config_server_config *config,
                               struct config_server *server, struct error *err) {
    enum status status = STATUS_OK;
    if (config->encrypt_key.len > 0) {
        status =
            config_cipher_make(config->encrypt_key, config->encrypt_salt, &server->cipher, err);
    }
    if (status == STATUS_OK &&
        (config_login_make(config->username, config->password, config->random, &server->login) !=
             STATUS_OK ||
         config_cache_make(config->cache_bytes, &server->cache) != STATUS_OK)) {
        status = error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    return status == STATUS_OK ? start_backend(config, server, err) : status;
}

enum status config_server_start(const struct config_server_config *config,
                                struct config_server **out, struct error *err) {
    struct config_server *server = calloc(1, sizeof *server);
    if (!server) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    server->clock = config->clock;
    server->random = config->random;
    enum status status = start_parts(config, server, err);
    if (status != STATUS_OK) {
        config_server_stop(server);
        return status;
    }
    register_metrics(server);
    LOG_INFO("config", "serving configuration", LOG_CSTR("from", server->backend->kind),
             LOG_BOOL("password", !config_login_is_open(server->login)),
             LOG_BOOL("cipher", server->cipher != NULL));
    *out = server;
    return STATUS_OK;
}

void config_server_stop(struct config_server *server) {
    if (!server) {
        return;
    }
    metrics_gauge_remove(server->fetched);
    metrics_gauge_remove(server->fetches);
    if (server->backend) {
        server->backend->table->stop(server->backend);
    }
    config_cache_free(server->cache);
    config_login_free(server->login);
    config_cipher_free(server->cipher);
    free(server);
}
