// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Parts: tokens of people, from their settings to what the gateway asks; and the keys of outside issuers.
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include "app/parts.h"
#include "auth/issuers.h"

#define SEAL_TEXT_MIN 32
#define SEAL_TEXT_MAX 1024
#define ISSUER_LOOK_MS 1000

// --- The seal key -------------------------------------------------------------------------------------------------------
static enum status read_seal_file(const char *path, char text[SEAL_TEXT_MAX + 1], size_t *len,
                                  struct error *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return error_set(err, STATUS_INVALID, "auth.seal_key_file: %s: %s", path, strerror(errno));
    }
    ssize_t got = read(fd, text, SEAL_TEXT_MAX + 1);
    int reason = errno;
    (void)close(fd);
    if (got < 0 || got > SEAL_TEXT_MAX) {
        return error_set(err, STATUS_INVALID, "auth.seal_key_file: %s: %s", path,
                         got < 0 ? strerror(reason) : "it is longer than 1024 bytes");
    }
    struct str trimmed = str_trim(str_make(text, (size_t)got));
    *len = trimmed.len;
    if (trimmed.len > 0) {
        memmove(text, trimmed.data, trimmed.len);
    }
    return STATUS_OK;
}

// *given false: keys are stored open.
static enum status read_seal_key(const struct settings *settings,
                                 unsigned char key[GATEWAY_SEAL_KEY_BYTES], bool *given,
                                 struct error *err) {
    struct str text = settings_string(settings, "auth.seal_key");
    struct str path = settings_string(settings, "auth.seal_key_file");
    char memory[SEAL_TEXT_MAX + 1];
    size_t len = 0;
    *given = text.len > 0 || path.len > 0;
    if (text.len > 0 && path.len > 0) {
        return error_set(err, STATUS_INVALID,
                         "auth.seal_key and auth.seal_key_file: one is enough");
    }
    if (path.len > 0) {
        enum status status = read_seal_file(path.data, memory, &len, err);
        if (status != STATUS_OK) {
            return status;
        }
        text = str_make(memory, len);
    }
    if (*given && text.len < SEAL_TEXT_MIN) {
        return error_set(err, STATUS_INVALID,
                         "auth.seal_key: at least %d bytes are needed: openssl rand -base64 32",
                         SEAL_TEXT_MIN);
    }
    if (*given) {
        (void)crypto_generichash(key, GATEWAY_SEAL_KEY_BYTES, (const unsigned char *)text.data,
                                 text.len, NULL, 0);
    }
    sodium_memzero(memory, sizeof memory);
    return STATUS_OK;
}

// --- Tokens -------------------------------------------------------------------------------------------------------------
static void free_tokens(struct app_service *service) {
    if (service->left_behind) {
        return;
    }
    gateway_tokens_free(service->people);
    auth_tokens_free(service->tokens);
    auth_issuers_free(service->issuers);
    service->people = NULL;
    service->tokens = NULL;
    service->issuers = NULL;
}

static enum status make_verifier(struct app_service *service, struct error *err) {
    const struct settings *settings = service->settings;
    const struct str *rules = NULL;
    size_t count = settings_list(settings, "auth.issuers", &rules);
    struct error reason = {STATUS_OK, ""};
    enum status status = STATUS_OK;
    if (count > 0) {
        status = auth_issuers_make(rules, count, &service->issuers, &reason);
    }
    if (status != STATUS_OK) {
        return error_set(err, status, "auth.issuers: %s", reason.text);
    }
    struct auth_tokens_config config = {
        .issuer = settings_string(settings, "auth.issuer"),
        .audience = settings_string(settings, "auth.audience"),
        .access_s = settings_integer(settings, "auth.access_token") / 1000,
        .cache_entries = (size_t)settings_integer(settings, "auth.token_cache"),
        .keyring = service->keyring,
        .issuers = service->issuers,
        .clock = clock_system(),
        .random = random_system(),
    };
    status = auth_tokens_make(&config, &service->tokens);
    return status == STATUS_OK ? status : error_set(err, status, "tokens: %s", status_text(status));
}

static enum status read_rate(const struct settings *settings, const char *key,
                             struct limit_rate *out, struct error *err) {
    struct error reason = {STATUS_OK, ""};
    enum status status = limit_rate_parse(settings_string(settings, key), out, &reason);
    return status == STATUS_OK ? status : error_set(err, status, "%s: %s", key, reason.text);
}

static enum status make_people(struct app_service *service, struct error *err) {
    const struct settings *settings = service->settings;
    unsigned char key[GATEWAY_SEAL_KEY_BYTES];
    bool sealed = false;
    struct gateway_tokens_config config = {
        .store = service->store,
        .keyring = service->keyring,
        .tokens = service->tokens,
        .clock = clock_system(),
        .random = random_system(),
        .serves = service->role == APP_ROLE_RUN || service->role == APP_ROLE_GATEWAY,
        .session_ms = settings_integer(settings, "auth.session"),
        .rotation_ms = settings_integer(settings, "auth.key_rotation"),
        .hash_threads = (unsigned)settings_integer(settings, "auth.password_threads"),
        .hash_queue = (unsigned)settings_integer(settings, "auth.password_queue"),
    };
    if (!jwt_algorithm_from_name(settings_string(settings, "auth.algorithm"), &config.algorithm)) {
        return error_set(err, STATUS_INVALID, "auth.algorithm: EdDSA, ES256 or HS256 is needed");
    }
    enum status status = read_seal_key(settings, key, &sealed, err);
    config.seal_key = sealed ? key : NULL;
    if (status == STATUS_OK) {
        status = read_rate(settings, "auth.login_account", &config.account_rate, err);
    }
    if (status == STATUS_OK) {
        status = read_rate(settings, "auth.login_address", &config.address_rate, err);
    }
    if (status == STATUS_OK) {
        status = gateway_tokens_make(&config, &service->people, err);
    }
    sodium_memzero(key, sizeof key);
    return status == STATUS_OK ? gateway_tokens_load(service->people, err) : status;
}

static enum status start_tokens(struct app_service *service, struct error *err) {
    enum status status = make_verifier(service, err);
    if (status == STATUS_OK) {
        status = make_people(service, err);
    }
    if (status != STATUS_OK) {
        free_tokens(service);
    }
    return status;
}

// --- Outside issuers ------------------------------------------------------------------------------------------------------
// On a thread of its own: an issuer that hangs must not hold up what was revoked.
static enum status look_at_issuers(void *context, struct error *err) {
    (void)err; // what fails is in the log already
    struct app_service *service = context;
    auth_issuers_look(service->issuers, clock_system()->mono_us(clock_system()));
    return STATUS_OK;
}

static enum status start_issuers(struct app_service *service, struct error *err) {
    if (!service->issuers) {
        return STATUS_OK;
    }
    struct auth_refresh_config config = {
        .load = look_at_issuers, .context = service, .interval_ms = ISSUER_LOOK_MS};
    enum status status = auth_refresh_start(&config, &service->issuer_thread, err);
    if (status == STATUS_OK) {
        status =
            auth_refresh_now(service->issuer_thread); // its tokens work from the first request on
    }
    return status;
}

static void stop_issuers(struct app_service *service) {
    bool ended = auth_refresh_stop(service->issuer_thread);
    service->left_behind = service->left_behind || !ended;
    service->issuer_thread = NULL;
}

const struct app_part app_part_tokens = {APP_NEEDS_STORE, start_tokens, free_tokens};
const struct app_part app_part_issuers = {APP_NEEDS_NOTHING, start_issuers, stop_issuers};
