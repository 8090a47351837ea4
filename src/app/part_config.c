// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Part: central configuration, served; the role config.
#include <arpa/inet.h>
#include <limits.h>
#include <stdio.h>

#include "app/parts.h"

static bool is_loopback(const char *host) {
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, host, &v4) == 1) {
        return ntohl(v4.s_addr) >> 24 == 127;
    }
    return (inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6)) ||
           strcmp(host, "localhost") == 0;
}

// Configurations hold passwords: whoever lets others reach them must say who may.
static enum status check_door(const struct settings *settings, struct error *err) {
    static const char *const doors[] = {"listen", "tls.listen"};
    if (settings_string(settings, "config.password").len > 0) {
        return STATUS_OK;
    }
    for (size_t i = 0; i < sizeof doors / sizeof doors[0]; i++) {
        char host[256];
        uint16_t port = 0;
        struct str address = settings_string(settings, doors[i]);
        if (address.len == 0) {
            continue;
        }
        enum status status = settings_split_address(address, host, sizeof host, &port, err);
        if (status != STATUS_OK) {
            return status;
        }
        if (!is_loopback(host)) {
            return error_set(err, STATUS_INVALID,
                             "config.password: must be set when %s is no loopback address",
                             doors[i]);
        }
    }
    return STATUS_OK;
}

static struct config_server_config config_of(const struct settings *settings) {
    struct config_server_config config = {
        .label = settings_string(settings, "config.label"),
        .git_url = settings_string(settings, "config.git.url"),
        .git_folder = settings_string(settings, "config.git.directory"),
        .git_username = settings_string(settings, "config.git.username"),
        .git_password = settings_string(settings, "config.git.password"),
        .git_private_key = settings_string(settings, "config.git.private_key"),
        .git_interval_ms = settings_integer(settings, "config.git.refresh_interval"),
        .username = settings_string(settings, "config.username"),
        .password = settings_string(settings, "config.password"),
        .encrypt_key = settings_string(settings, "config.encrypt.key"),
        .encrypt_salt = settings_string(settings, "config.encrypt.salt"),
        .file_bytes = (size_t)settings_integer(settings, "config.file_limit"),
        .cache_bytes = (size_t)settings_integer(settings, "config.cache"),
        .clock = clock_system(),
        .random = random_system(),
    };
    config.directory_count = settings_list(settings, "config.directories", &config.directories);
    config.git_path_count = settings_list(settings, "config.git.search_paths", &config.git_paths);
    return config;
}

static enum status start_config(struct app_service *service, struct error *err) {
    struct config_server_config config = config_of(service->settings);
    char folder[PATH_MAX];
    enum status status = check_door(service->settings, err);
    if (status != STATUS_OK) {
        return status;
    }
    if (config.git_folder.len == 0) {
        (void)snprintf(folder, sizeof folder, "%.*s/config-git",
                       STR_ARG(settings_string(service->settings, "data")));
        config.git_folder = str_from_c(folder);
    }
    return config_server_start(&config, &service->config_server, err);
}

static void stop_config(struct app_service *service) {
    config_server_stop(service->config_server);
    service->config_server = NULL;
}

const struct app_part app_part_config = {APP_NEEDS_REPOSITORY, start_config, stop_config};
