// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Part: what goes by age, from its settings.
#include "ageing/ageing.h"
#include "app/engines.h"
#include "app/parts.h"

static enum status start_ageing(struct app_service *service, struct error *err) {
    const struct settings *settings = service->settings;
    if (app_store_is_remote(settings)) {
        return STATUS_OK; // its rows are written with their age, and Cassandra forgets them
    }
    struct ageing_config config = {
        .store = service->store,
        .clock = clock_system(),
        .dead_letters_ms = settings_integer(settings, "retention.dead_letters"),
        .sessions_ms = settings_integer(settings, "retention.sessions"),
    };
    return ageing_start(&config, &service->ageing, err);
}

static void stop_ageing(struct app_service *service) {
    ageing_stop(service->ageing);
    service->ageing = NULL;
}

const struct app_part app_part_ageing = {APP_NEEDS_NOTHING, start_ageing, stop_ageing};
