// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Part: the rules for events, and reading them again while events are processed.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/parts.h"
#include "base/log.h"

// A flag is overwritten once it was read, so that the next SIGHUP would find another key.
enum status app_shape_read(const struct settings *settings, struct shape_rules **out,
                           struct error *err) {
    if (strcmp(settings_origin(settings, "privacy.hash_key"), "flag") == 0) {
        return error_set(
            err, STATUS_INVALID,
            "--privacy.hash_key: put it into the configuration file, best as @FILE, or "
            "into FOOTFALL_PRIVACY_HASH_KEY: flags are seen by others");
    }
    return shape_rules_read(settings, out, err);
}

enum status app_shape_check(const struct settings *settings, struct error *err) {
    struct shape_rules *rules = NULL;
    enum status status = shape_rules_read_without_key(settings, &rules, err);
    shape_rules_release(rules);
    return status;
}

static void log_rules(const struct shape_rules *rules) {
    char fingerprint[17];
    (void)snprintf(fingerprint, sizeof fingerprint, "%016" PRIx64, shape_rules_fingerprint(rules));
    LOG_INFO("app", "rules for events", LOG_INT("rules", shape_rules_written(rules)),
             LOG_CSTR("ruleSet", fingerprint));
}

static enum status start_shape(struct app_service *service, struct error *err) {
    struct shape_rules *rules = NULL;
    enum status status = app_shape_read(service->settings, &rules, err);
    if (status != STATUS_OK) {
        return status;
    }
    log_rules(rules);
    status = shape_make(rules, &service->shape);
    return status == STATUS_OK ? status : error_set(err, status, "no memory for rules");
}

static void stop_shape(struct app_service *service) {
    shape_free(service->shape);
    service->shape = NULL;
}

enum status app_shape_change(struct app_service *service, struct shape_rules *rules,
                             struct error *err) {
    log_rules(rules);
    enum status status = shape_change(service->shape, rules);
    return status == STATUS_OK ? status : error_set(err, status, "no memory for rules");
}

const struct app_part app_part_shape = {APP_NEEDS_NOTHING, start_shape, stop_shape};
