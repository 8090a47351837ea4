// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Parts: the keyring, what keeps it up with the store, and what a first start makes.
#include "app/engines.h"
#include "app/parts.h"

static enum status load_keys(void *context, struct error *err) {
    struct app_service *service = context;
    enum status status = gateway_load_keyring(service->store, service->keyring, err);
    return status == STATUS_OK && service->people ? gateway_tokens_load(service->people, err)
                                                  : status;
}

static void free_keys(struct app_service *service) {
    if (service->left_behind) {
        return;
    }
    auth_keyring_free(service->keyring);
    service->keyring = NULL;
}

static enum status start_keys(struct app_service *service, struct error *err) {
    enum status status = auth_keyring_make(&service->keyring);
    if (status != STATUS_OK) {
        return error_set(err, status, "keys: %s", status_text(status));
    }
    service->admin = (struct gateway_admin){.store = service->store,
                                            .keyring = service->keyring,
                                            .clock = clock_system(),
                                            .random = random_system()};
    status = load_keys(service, err);
    if (status != STATUS_OK) {
        free_keys(service);
    }
    return status;
}

// In an embedded store nobody else makes keys, and a look that began before one was made here would take it away for a while: there
// is nobody to ask again.
static enum status load_tokens(void *context, struct error *err) {
    struct app_service *service = context;
    return gateway_tokens_load(service->people, err);
}

static enum status start_refresh(struct app_service *service, struct error *err) {
    struct auth_refresh_config config = {
        .load = app_store_is_remote(service->settings) ? load_keys : load_tokens,
        .context = service,
        .interval_ms = settings_integer(service->settings, "keys.refresh"),
    };
    enum status status = auth_refresh_start(&config, &service->key_thread, err);
    if (status == STATUS_OK && app_store_is_remote(service->settings)) {
        service->refresh = service->admin.refresh = service->key_thread; // others write to it, too
    }
    return status;
}

static void stop_refresh(struct app_service *service) {
    service->left_behind = !auth_refresh_stop(service->key_thread);
    service->key_thread = service->refresh = service->admin.refresh = NULL;
}

static enum status first_start(struct app_service *service, struct error *err) {
    struct app_first_start_config config = {
        .time_zone = settings_string(service->settings, "project.time_zone"),
        .path = service->paths.credentials,
        .shared = app_store_is_remote(service->settings),
    };
    return app_first_start(&service->admin, &config, &service->credentials, err);
}

static enum status store_account(struct app_service *service, struct error *err) {
    return app_store_account(&service->admin, service->workers, &service->credentials, err);
}

const struct app_part app_part_keys = {APP_NEEDS_STORE, start_keys, free_keys};
const struct app_part app_part_refresh = {APP_NEEDS_NOTHING, start_refresh, stop_refresh};
const struct app_part app_part_first_start = {APP_NEEDS_STORE, first_start, NULL};
const struct app_part app_part_account = {APP_NEEDS_NOTHING, store_account, NULL};
