// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Part: the funnels of the settings, for the processor and for reports, and reading them again while both go on.
#include "app/parts.h"
#include "base/log.h"

static void log_funnels(const struct funnel_set *set) {
    for (size_t i = 0; i < funnel_set_count(set); i++) {
        const struct funnel *funnel = funnel_set_at(set, i);
        LOG_INFO("app", "funnel", LOG_STR("name", funnel->name), LOG_CSTR("id", funnel->id_text),
                 LOG_INT("steps", funnel->step_count));
    }
}

static enum status start_funnels(struct app_service *service, struct error *err) {
    struct funnel_set *set = NULL;
    enum status status = funnel_set_read(service->settings, &set, err);
    if (status != STATUS_OK) {
        return status;
    }
    log_funnels(set);
    status = funnel_board_make(set, &service->funnels);
    return status == STATUS_OK ? status : error_set(err, status, "no memory for funnels");
}

static void stop_funnels(struct app_service *service) {
    funnel_board_free(service->funnels);
    service->funnels = NULL;
}

void app_funnels_change(struct app_service *service, struct funnel_set *set) {
    log_funnels(set);
    funnel_board_change(service->funnels, set);
}

const struct app_part app_part_funnels = {APP_NEEDS_NOTHING, start_funnels, stop_funnels};
