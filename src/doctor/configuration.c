// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Checks of the settings: whether they would be taken, where secrets stand, and what is open to others.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/private.h"

#define LINE_MAX_BYTES 4096

static void examine_settings(struct doctor *doctor) {
    struct error err = {STATUS_OK, ""};
    if (doctor->config->judge_settings(doctor->settings, &err) != STATUS_OK) {
        doctor_tell(
            doctor, DOCTOR_CONFIGURATION_SETTINGS, DOCTOR_PROBLEM,
            "Correct it; footfall check-config takes the same settings and prints what they "
            "come to.",
            "%s", err.text);
    } else {
        doctor_tell(doctor, DOCTOR_CONFIGURATION_SETTINGS, DOCTOR_OK, "", "the settings are valid");
    }
}

// --- Secrets ----------------------------------------------------------------------------------------------------------

static bool is_set(const struct settings *settings, const struct setting *row) {
    const struct str *items = NULL;
    return row->type == SETTING_LIST ? settings_list(settings, row->key, &items) > 0
                                     : settings_string(settings, row->key).len > 0;
}

// Whether that line of the file names another file: "@/run/secrets/name".
static bool is_reference(const char *path, long line) {
    char text[LINE_MAX_BYTES] = "";
    FILE *file = fopen(path, "re");
    for (long at = 0; file && at < line && fgets(text, sizeof text, file); at++) {
    }
    if (file) {
        (void)fclose(file);
    }
    return strchr(text, '@') != NULL && strstr(text, "://") == NULL;
}

// The line of config_file that an origin ("/etc/footfall.yaml:12") is about; 0: it is another place.
static long line_of(const char *origin, const char *config_file) {
    size_t len = config_file ? strlen(config_file) : 0;
    return len > 0 && strncmp(origin, config_file, len) == 0 && origin[len] == ':'
               ? strtol(origin + len + 1, NULL, 10)
               : 0;
}

static void examine_secrets(struct doctor *doctor) {
    const struct doctor_config *config = doctor->config;
    struct stat about;
    bool open_file = config->config_file && stat(config->config_file, &about) == 0 &&
                     (about.st_mode & S_IROTH) != 0;
    unsigned found = 0;
    for (size_t i = 0; i < config->table_count; i++) {
        const struct setting *row = &config->table[i];
        if (!setting_is_secret(row) || strchr(row->key, '[') || !is_set(doctor->settings, row)) {
            continue;
        }
        const char *origin = settings_origin(doctor->settings, row->key);
        long line = line_of(origin, config->config_file);
        if (strcmp(origin, "flag") == 0) {
            found++;
            doctor_tell(doctor, DOCTOR_CONFIGURATION_SECRETS, DOCTOR_WARNING,
                        "Put it into a file of mode 0600 and give \"@/PATH\", or into the "
                        "configuration file.",
                        "%s is given as a flag, which shells remember and process lists may show",
                        row->key);
        } else if (line > 0 && open_file && !is_reference(config->config_file, line)) {
            found++;
            doctor_tell(doctor, DOCTOR_CONFIGURATION_SECRETS, DOCTOR_PROBLEM,
                        "chmod o-r the file, or give \"@/PATH\" of a file of mode 0600.",
                        "%s stands in %s, which every user of this machine can read", row->key,
                        origin);
        }
    }
    if (found == 0) {
        doctor_tell(doctor, DOCTOR_CONFIGURATION_SECRETS, DOCTOR_OK, "",
                    "no secret stands where others can read it");
    }
}

// --- Exposure -----------------------------------------------------------------------------------------------------------

bool doctor_is_loopback(const char *host) {
    return strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 ||
           strcmp(host, "localhost") == 0;
}

static bool is_open(struct doctor *doctor, const char *key) {
    char host[256];
    uint16_t port;
    struct error err = {STATUS_OK, ""};
    struct str address = settings_string(doctor->settings, key);
    return address.len > 0 &&
           settings_split_address(address, host, sizeof host, &port, &err) == STATUS_OK &&
           !doctor_is_loopback(host);
}

static void examine_exposure(struct doctor *doctor) {
    const struct str *proxies = NULL;
    bool proxied = settings_list(doctor->settings, "http.trusted_proxies", &proxies) > 0;
    bool redirects = settings_bool(doctor->settings, "http.redirect_to_https") &&
                     settings_string(doctor->settings, "tls.listen").len > 0;
    bool plain = doctor->config->has_ingress && is_open(doctor, "listen") && !proxied && !redirects;
    bool management = is_open(doctor, "management.listen");
    if (plain) {
        doctor_tell(
            doctor, DOCTOR_CONFIGURATION_EXPOSURE, DOCTOR_WARNING,
            "Set tls.listen with http.redirect_to_https, or put a proxy with TLS in front and "
            "name it in http.trusted_proxies.",
            "listen is %.*s: other machines reach it without encryption, keys and passwords "
            "included",
            STR_ARG(settings_string(doctor->settings, "listen")));
    }
    if (management) {
        doctor_tell(
            doctor, DOCTOR_CONFIGURATION_EXPOSURE, DOCTOR_WARNING,
            "Listen on 127.0.0.1, or let a firewall or network policy admit monitoring alone.",
            "management.listen is %.*s: whoever reaches it needs no key",
            STR_ARG(settings_string(doctor->settings, "management.listen")));
    }
    if (!plain && !management) {
        doctor_tell(doctor, DOCTOR_CONFIGURATION_EXPOSURE, DOCTOR_OK, "",
                    "nothing is open to other machines without encryption");
    }
}

void doctor_examine_configuration(struct doctor *doctor) {
    examine_settings(doctor);
    examine_secrets(doctor);
    examine_exposure(doctor);
}
