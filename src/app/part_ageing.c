// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Part: what goes by age, from its settings.
#include "ageing/ageing.h"
#include "app/engines.h"
#include "app/parts.h"

static enum status start_ageing(struct app_service *service, struct error *err) {
    const struct settings *settings = service->settings;
    struct ageing_config config = {
        .store = service->store,
        .clock = clock_system(),
        .dead_letters_ms = settings_integer(settings, "retention.dead_letters"),
    };
    // Better not to start than to keep what somebody believes is removed.
    if (config.dead_letters_ms > 0 && app_store_is_remote(settings)) {
        return error_set(err, STATUS_INVALID,
                         "%s: retention.dead_letters: dead letters do not go by age with "
                         "\"store: cassandra\" yet; leave it out",
                         settings_origin(settings, "retention.dead_letters"));
    }
    return ageing_start(&config, &service->ageing, err);
}

static void stop_ageing(struct app_service *service) {
    ageing_stop(service->ageing);
    service->ageing = NULL;
}

const struct app_part app_part_ageing = {APP_NEEDS_NOTHING, start_ageing, stop_ageing};
