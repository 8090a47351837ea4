// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Which parts make up a role, in the order in which they start.
#include "app/parts.h"

static const struct app_part *const run_parts[] = {
    &app_part_trusted,
    &app_part_management,
    &app_part_otlp,
    &app_part_data,
    &app_part_store,
    &app_part_limits,
    &app_part_activity_memory,
    &app_part_log_append,
    &app_part_keys,
    &app_part_first_start,
    &app_part_tokens,
    &app_part_issuers,
    &app_part_refresh,
    &app_part_shape,
    &app_part_funnels,
    &app_part_enrichment,
    &app_part_live,
    &app_part_processor,
    &app_part_replays,
    &app_part_activity,
    &app_part_users,
    &app_part_reports,
    &app_part_deliveries,
    &app_part_ageing,
    &app_part_backups,
    &app_part_audit,
    &app_part_audit_start,
    &app_part_access_log,
    &app_part_routes,
    &app_part_gateway,
    &app_part_workers,
    &app_part_public,
    &app_part_account,
};
static const struct app_part *const gateway_parts[] = {
    &app_part_engines_allowed, &app_part_trusted, &app_part_management,  &app_part_otlp,
    &app_part_upstreams,       &app_part_data,    &app_part_store,       &app_part_log_asked,
    &app_part_limits,          &app_part_keys,    &app_part_first_start, &app_part_tokens,
    &app_part_issuers,         &app_part_refresh, &app_part_audit,       &app_part_audit_start,
    &app_part_access_log,      &app_part_replays, &app_part_routes,      &app_part_gateway,
    &app_part_workers,         &app_part_public,  &app_part_account,
};
static const struct app_part *const users_parts[] = {
    &app_part_engines_allowed, &app_part_trusted,    &app_part_management, &app_part_otlp,
    &app_part_store,           &app_part_log_asked,  &app_part_keys,       &app_part_tokens,
    &app_part_issuers,         &app_part_refresh,    &app_part_users,      &app_part_audit,
    &app_part_audit_start,     &app_part_access_log, &app_part_gateway,    &app_part_workers,
    &app_part_public,
};
static const struct app_part *const activity_parts[] = {
    &app_part_engines_allowed,
    &app_part_trusted,
    &app_part_management,
    &app_part_otlp,
    &app_part_data,
    &app_part_store,
    &app_part_limits,
    &app_part_activity_memory,
    &app_part_log_append,
    &app_part_keys,
    &app_part_tokens,
    &app_part_issuers,
    &app_part_refresh,
    &app_part_activity,
    &app_part_audit,
    &app_part_audit_start,
    &app_part_access_log,
    &app_part_gateway,
    &app_part_workers,
    &app_part_public,
};
static const struct app_part *const processor_parts[] = {
    &app_part_engines_allowed, &app_part_management, &app_part_otlp,
    &app_part_store,           &app_part_log_read,   &app_part_shape,
    &app_part_funnels,         &app_part_enrichment, &app_part_live,
    &app_part_processor,       &app_part_replays,    &app_part_ageing,
};
static const struct app_part *const reports_parts[] = {
    &app_part_engines_allowed, &app_part_trusted, &app_part_management,  &app_part_otlp,
    &app_part_store,           &app_part_keys,    &app_part_tokens,      &app_part_issuers,
    &app_part_refresh,         &app_part_live,    &app_part_funnels,     &app_part_reports,
    &app_part_deliveries,      &app_part_audit,   &app_part_audit_start, &app_part_access_log,
    &app_part_gateway,         &app_part_workers, &app_part_public,
};
// It serves settings and needs none but its own: no store, no keys.
static const struct app_part *const config_parts[] = {
    &app_part_trusted,    &app_part_management, &app_part_otlp,    &app_part_config,
    &app_part_access_log, &app_part_gateway,    &app_part_workers, &app_part_public,
};

static const struct {
    const char *name;
    const struct app_part *const *parts;
    size_t count;
} roles[APP_ROLES] = {
#define ROLE(name, parts)                                                                          \
    { name, parts, sizeof(parts) / sizeof(parts)[0] }
    [APP_ROLE_RUN] = ROLE("run", run_parts),
    [APP_ROLE_GATEWAY] = ROLE("gateway", gateway_parts),
    [APP_ROLE_USERS] = ROLE("users", users_parts),
    [APP_ROLE_ACTIVITY] = ROLE("activity", activity_parts),
    [APP_ROLE_PROCESSOR] = ROLE("processor", processor_parts),
    [APP_ROLE_REPORTS] = ROLE("reports", reports_parts),
    [APP_ROLE_CONFIG] = ROLE("config", config_parts),
};

const char *app_role_name(enum app_role role) {
    return roles[role].name;
}

bool app_role_find(struct str name, enum app_role *out) {
    for (unsigned i = 0; i < APP_ROLES; i++) {
        if (str_equal(name, str_from_c(roles[i].name))) {
            *out = (enum app_role)i;
            return true;
        }
    }
    return false;
}

const struct app_part *const *app_role_parts(enum app_role role, size_t *count) {
    *count = roles[role].count;
    return roles[role].parts;
}

bool app_is_front_door(const struct app_service *service) {
    return service->role == APP_ROLE_RUN || service->role == APP_ROLE_GATEWAY;
}
