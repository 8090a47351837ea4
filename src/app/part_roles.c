// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Parts: the services behind the routes, and the processor.
#include "app/engines.h"
#include "app/parts.h"
#include "app/replays.h"
#include "app/view.h"
#include "base/thread.h"
#include "store/generations.h"

struct processor_config app_processor_config(const struct settings *settings) {
    struct processor_config config = {
        .clock = clock_system(),
        .threads = (unsigned)settings_integer(settings, "processor.threads"),
        .session_gap_ms = settings_integer(settings, "session.gap"),
        .session_age_ms = settings_integer(settings, "retention.sessions"),
        .dedupe_window_ms = settings_integer(settings, "dedupe.window"),
        .dedupe_ids = (size_t)settings_integer(settings, "dedupe.ids"),
        .cache_bytes = (size_t)settings_integer(settings, "processor.cache"),
        .linger_us = settings_integer(settings, "processor.linger") * 1000,
        .cycle_events = (size_t)settings_integer(settings, "processor.cycle"),
        .batch_bytes = (size_t)settings_integer(settings, "processor.batch"),
        .keep_bots = settings_bool(settings, "bots.keep"),
        .breakdown_limit = (uint32_t)settings_integer(settings, "breakdowns.limit"),
    };
    config.breakdown_limit_count =
        settings_list(settings, "breakdowns.limits", &config.breakdown_limits);
    return config;
}

static void let_go(struct app_service *service) {
    if (service->held) {
        store_close(service->held);
        service->held = NULL;
    }
}

static enum status start_processor(struct app_service *service, struct error *err) {
    enum status status =
        store_generation_hold(service->store, &service->held, &service->held_generation);
    if (status != STATUS_OK && status != STATUS_UNSUPPORTED) {
        return error_set(err, status, "the store cannot be asked for its generation: %s",
                         status_text(status));
    }
    struct processor_config config = app_processor_config(service->settings);
    config.log = service->log;
    config.store = service->held ? service->held : service->store;
    config.shape = service->shape;
    config.funnels = service->funnels;
    config.live = service->feed;
    config.otlp = service->otlp;
    config.enrichment = service->enrichment;
    status = processor_start(&config, &service->processor, err);
    if (status != STATUS_OK) {
        let_go(service);
    }
    return status;
}

static void stop_processor(struct app_service *service) {
    processor_stop(service->processor);
    service->processor = NULL;
    let_go(service);
}

static enum status start_replays(struct app_service *service, struct error *err) {
    return app_replays_start(service, &service->replays, err);
}

static void stop_replays(struct app_service *service) {
    app_replays_stop(service->replays);
    service->replays = NULL;
}

// What the reports role asks before it closes a day: has everything that was accepted been processed?
void app_report_progress(void *context, int64_t *received_ms, bool *caught_up) {
    struct app_service *service = context;
    struct app_view view = {.row_count = 0};
    struct app_view *processes = NULL;
    size_t count = 0;
    struct arena arena;
    arena_init(&arena, 4096, 0);
    if (service->processor) {
        app_view_look(service, false, &arena, &view);
        app_view_settle(&view);
    } else if (app_view_collect(service, &arena, &view, &processes, &count) != STATUS_OK) {
        view.row_count = 0; // nothing is known
    }
    struct app_lag lag = app_view_lag(&view);
    arena_free(&arena);
    *caught_up = !lag.stuck && lag.records <= 0;
    *received_ms = lag.stuck ? 0 : lag.processed_ms;
}

static enum status start_activity(struct app_service *service, struct error *err) {
    const struct settings *settings = service->settings;
    struct str public_url = settings_string(settings, "public_url");
    struct str path_prefix = settings_string(settings, "ingest.path_prefix");
    struct activity_config config = {
        .log = service->log,
        .keyring = service->keyring,
        .refresh = service->refresh,
        .admission = &service->admission,
        .otlp = service->otlp,
        .clock = clock_system(),
        .random = random_system(),
        .event_bytes = (size_t)settings_integer(settings, "ingest.event_limit"),
        .inflated_bytes = (size_t)settings_integer(settings, "ingest.inflated_limit"),
        .events = (unsigned)settings_integer(settings, "ingest.events_limit"),
        .public_url = public_url.len > 0 ? public_url : STR_EMPTY,
        .path_prefix = path_prefix.len > 0 ? path_prefix : STR_EMPTY,
    };
    return activity_start(&config, &service->activity, err);
}

static void stop_activity(struct app_service *service) {
    activity_stop(service->activity);
    service->activity = NULL;
}

static struct eventlog *log_of_users(void *context, struct error *err) {
    return app_log_when_asked(context, err);
}

static enum status start_users(struct app_service *service, struct error *err) {
    struct users_config config = {.store = service->store,
                                  .keyring = service->keyring,
                                  .clock = clock_system(),
                                  .random = random_system(),
                                  .log = log_of_users,
                                  .log_context = service};
    return users_start(&config, &service->users, err);
}

static void stop_users(struct app_service *service) {
    users_stop(service->users);
    service->users = NULL;
}

static enum status start_reports(struct app_service *service, struct error *err) {
    struct str dimensions[ENRICH_DECLARED_MAX];
    struct reports_config config = {
        .store = service->store,
        .funnels = service->funnels,
        .dimensions = dimensions,
        .dimension_count = app_dimension_names(service->settings, dimensions),
        .keyring = service->keyring,
        .clock = clock_system(),
        .progress = app_report_progress,
        .progress_context = service,
        .close_every_ms = settings_integer(service->settings, "reports.close_every")};
    return reports_start(&config, &service->reports, err);
}

static void stop_reports(struct app_service *service) {
    reports_stop(service->reports);
    service->reports = NULL;
}

const struct app_part app_part_processor = {APP_NEEDS_LOG | APP_NEEDS_STORE, start_processor,
                                            stop_processor};
const struct app_part app_part_replays = {APP_NEEDS_LOG | APP_NEEDS_STORE, start_replays,
                                          stop_replays};
const struct app_part app_part_activity_memory = {APP_NEEDS_NOTHING, NULL, stop_activity};
const struct app_part app_part_activity = {APP_NEEDS_NOTHING, start_activity, NULL};
const struct app_part app_part_users = {APP_NEEDS_NOTHING, start_users, stop_users};
const struct app_part app_part_reports = {APP_NEEDS_NOTHING, start_reports, stop_reports};
