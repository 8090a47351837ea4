// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Defaults that differ: by role, and with Cassandra.
#include "app/command.h"

static const struct {
    enum app_role role;
    const char *key;
    const char *fallback;
} role_defaults[] = {
#define TRUST_THIS_MACHINE "127.0.0.0/8,::1/128"
    {APP_ROLE_USERS, "listen", "127.0.0.1:8081"},
    {APP_ROLE_USERS, "management.listen", "127.0.0.1:8091"},
    {APP_ROLE_USERS, "http.trusted_proxies", TRUST_THIS_MACHINE},
    {APP_ROLE_ACTIVITY, "listen", "127.0.0.1:8082"},
    {APP_ROLE_ACTIVITY, "management.listen", "127.0.0.1:8092"},
    {APP_ROLE_ACTIVITY, "http.trusted_proxies", TRUST_THIS_MACHINE},
    {APP_ROLE_PROCESSOR, "management.listen", "127.0.0.1:8083"},
    {APP_ROLE_REPORTS, "listen", "127.0.0.1:8084"},
    {APP_ROLE_REPORTS, "management.listen", "127.0.0.1:8094"},
    {APP_ROLE_REPORTS, "http.trusted_proxies", TRUST_THIS_MACHINE},
    {APP_ROLE_CONFIG, "listen", "127.0.0.1:8888"},
    {APP_ROLE_CONFIG, "management.listen", "127.0.0.1:8095"},
};

// A store that is asked over the network answers later, and takes a large batch for hardly more than a small one.
static const struct {
    const char *key;
    const char *fallback;
} cassandra_defaults[] = {
    {"workers.threads", "16"},
    {"processor.linger", "50ms"},
    // A thread waits for Cassandra between the steps of a commit, and others then have partitions to go on with.
    {"processor.threads", "4"},
    // Who comes again is read from other machines: that costs them more than what he did then.
    {"processor.cache", "48MiB"},
    {"processor.batch", "4MiB"},
};

enum status app_role_defaults(struct settings *settings, enum app_role role) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof role_defaults / sizeof role_defaults[0]; i++) {
        if (role_defaults[i].role == role && status == STATUS_OK) {
            status =
                settings_change_default(settings, role_defaults[i].key, role_defaults[i].fallback);
        }
    }
    return status;
}

enum status app_engine_defaults(struct settings *settings) {
    enum status status = STATUS_OK;
    if (!str_equal(settings_string(settings, "store"), STR("cassandra"))) {
        return status;
    }
    for (size_t i = 0; i < sizeof cassandra_defaults / sizeof cassandra_defaults[0]; i++) {
        if (status == STATUS_OK) {
            status = settings_change_default(settings, cassandra_defaults[i].key,
                                             cassandra_defaults[i].fallback);
        }
    }
    return status;
}
