// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Part: the live feed; and how processes of an installation prove to each other that they are of it.
//
// Whoever asks another process for its feed shows a code made with the newest signing key as the store has it, and the time. The store's
// bytes are never sent anywhere, and whoever can read them can read every activity as well.
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

#include "app/parts.h"
#include "http/problem.h"
#include "live/hub.h"
#include "live/live.h"
#include "store/tokens.h"

#define SCHEME "Footfall-Peer "
#define PURPOSE "footfall live feed "
#define CODE_BYTES 32
#define SKEW_MS (60 * 1000LL)

static void make_code(struct str secret, int64_t number, int64_t ms,
                      unsigned char code[CODE_BYTES]) {
    unsigned char key[CODE_BYTES];
    char message[80];
    int n = snprintf(message, sizeof message, PURPOSE "%" PRId64 " %" PRId64, number, ms);
    (void)crypto_generichash(key, sizeof key, (const unsigned char *)secret.data,
                             (unsigned long long)secret.len, NULL, 0);
    (void)crypto_generichash(code, CODE_BYTES, (const unsigned char *)message,
                             (unsigned long long)n, key, sizeof key);
    sodium_memzero(key, sizeof key);
}

static enum status authorise(void *context, char out[LIVE_AUTHORIZATION_MAX], struct error *err) {
    struct app_service *service = context;
    struct clock *clock = clock_system();
    struct store_signing_key *keys = NULL;
    unsigned char code[CODE_BYTES];
    char hex[CODE_BYTES * 2 + 1];
    size_t count = 0;
    struct arena arena;
    arena_init(&arena, 4096, 0);
    enum status status = store_signing_keys(service->store, &arena, &keys, &count);
    if (status != STATUS_OK) {
        (void)error_set(err, status, "signing keys cannot be read: %s", status_text(status));
    } else if (count == 0) {
        status = error_set(err, STATUS_UNAVAILABLE, "there is no signing key yet");
    } else {
        int64_t ms = clock->wall_ms(clock);
        make_code(keys[count - 1].secret, keys[count - 1].number, ms, code);
        sodium_bin2hex(hex, sizeof hex, code, sizeof code);
        (void)snprintf(out, LIVE_AUTHORIZATION_MAX, SCHEME "%" PRId64 " %" PRId64 " %s",
                       keys[count - 1].number, ms, hex);
    }
    arena_free(&arena);
    return status;
}

struct claim {
    int64_t number;
    int64_t ms;
    unsigned char code[CODE_BYTES];
};

static bool read_claim(struct str header, struct claim *out) {
    size_t len = 0;
    if (!str_starts_with(header, STR(SCHEME))) {
        return false;
    }
    struct str rest = str_make(header.data + sizeof SCHEME - 1, header.len - (sizeof SCHEME - 1));
    struct str number = str_cut(&rest, ' ');
    struct str ms = str_cut(&rest, ' ');
    return str_to_i64(number, &out->number) && str_to_i64(ms, &out->ms) &&
           sodium_hex2bin(out->code, sizeof out->code, rest.data, rest.len, NULL, &len, NULL) ==
               0 &&
           len == sizeof out->code;
}

// Reads the store.
static enum status check_claim(struct app_service *service, const struct claim *claim,
                               struct arena *arena) {
    struct clock *clock = clock_system();
    struct store_signing_key *keys = NULL;
    unsigned char code[CODE_BYTES];
    size_t count = 0;
    int64_t now = clock->wall_ms(clock);
    if (claim->ms < now - SKEW_MS || claim->ms > now + SKEW_MS) {
        return STATUS_DENIED;
    }
    enum status status = store_signing_keys(service->store, arena, &keys, &count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        if (keys[i].number == claim->number) {
            make_code(keys[i].secret, claim->number, claim->ms, code);
            return sodium_memcmp(code, claim->code, sizeof code) == 0 ? STATUS_OK : STATUS_DENIED;
        }
    }
    return status == STATUS_OK ? STATUS_DENIED : status;
}

// --- The route of the management port --------------------------------------------------------------------------------------
static void refuse_stopping(struct http_exchange *exchange) {
    http_reply_header(exchange, "Retry-After", STR("1"));
    http_reply_problem(exchange, 503, STR("This process is not up."));
}

static void serve(struct http_exchange *exchange, void *context) {
    struct app_service *service = context;
    if (!app_service_enter(service)) {
        refuse_stopping(exchange);
        return;
    }
    if (service->live) {
        live_serve_peer(service->live, exchange);
    } else {
        http_reply_problem(exchange, 404, STR("This process has no feed of its own."));
    }
    app_service_leave(service);
}

void app_handle_feed(struct http_exchange *exchange, void *context) {
    struct app_service *service = context;
    struct claim claim;
    if (!read_claim(http_request_header(exchange, STR("Authorization")), &claim)) {
        http_reply_header(exchange, "WWW-Authenticate", STR("Footfall-Peer"));
        http_reply_problem(exchange, 401, STR("This is for processes of this installation."));
        return;
    }
    if (!app_service_enter(service)) {
        refuse_stopping(exchange);
        return;
    }
    enum status status = service->store && service->live
                             ? check_claim(service, &claim, &exchange->arena)
                             : STATUS_NOT_FOUND;
    app_service_leave(service);
    if (status == STATUS_OK) {
        http_exchange_resume(exchange, serve, service);
    } else if (status == STATUS_NOT_FOUND) {
        http_reply_problem(exchange, 404, STR("This process has no feed of its own."));
    } else if (status == STATUS_DENIED) {
        http_reply_header(exchange, "WWW-Authenticate", STR("Footfall-Peer"));
        http_reply_problem(exchange, 401,
                           STR("This code is not of this installation, or too old."));
    } else {
        http_reply_problem(exchange, 503, STR("Signing keys cannot be read now."));
    }
}

// --- Start and stop ----------------------------------------------------------------------------------------------------------
static void stop_live(struct app_service *service) {
    live_stop(service->live);
    live_hub_stop(service->hub);
    live_feed_free(service->feed);
    service->live = NULL;
    service->hub = NULL;
    service->feed = NULL;
}

static enum status start_hub(struct app_service *service, struct error *err) {
    struct live_hub_config config = {
        .feed = service->feed, .clock = clock_system(), .authorise = authorise, .context = service};
    config.url_count = settings_list(service->settings, "status.peers", &config.urls);
    return live_hub_start(&config, &service->hub, err);
}

static enum status start_live(struct app_service *service, struct error *err) {
    const struct settings *settings = service->settings;
    enum status status =
        live_feed_make((size_t)settings_integer(settings, "live.memory"), &service->feed);
    if (status != STATUS_OK) {
        return error_set(err, status, "live: no memory to start");
    }
    if (service->role == APP_ROLE_REPORTS) {
        status = start_hub(service, err);
    }
    struct live_config config = {
        .feed = service->feed,
        .keyring = service->keyring,
        .tokens = service->tokens,
        .clock = clock_system(),
        .readers = (unsigned)settings_integer(settings, "live.readers"),
        .patience_ms = settings_integer(settings, "live.patience"),
        .keep_alive_ms = settings_integer(settings, "live.keep_alive"),
        .permit_ms = settings_integer(settings, "keys.refresh"),
        .hub = service->hub,
    };
    if (status == STATUS_OK) {
        status = live_start(&config, &service->live, err);
    }
    if (status != STATUS_OK) {
        stop_live(service);
    }
    return status;
}

const struct app_part app_part_live = {APP_NEEDS_NOTHING, start_live, stop_live};
