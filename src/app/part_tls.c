// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Part of the public server: its certificates, read again whenever they change.
#include "app/parts.h"

#define LOOK_MS 2000

static enum http_client_auth auth_of(struct str name) {
    if (str_equal(name, STR("required"))) {
        return HTTP_CLIENT_AUTH_REQUIRED;
    }
    return str_equal(name, STR("optional")) ? HTTP_CLIENT_AUTH_OPTIONAL : HTTP_CLIENT_AUTH_OFF;
}

void app_tls_stop(struct app_service *service) {
    http_certificates_unwatch(service->certificates);
    http_certificates_release(service->certificates);
    service->certificates = NULL;
}

enum status app_tls_start(struct app_service *service, struct error *err) {
    const struct settings *settings = service->settings;
    if (settings_string(settings, "tls.listen").len == 0) {
        return STATUS_OK;
    }
    struct http_certificates_config config = {
        .client_ca = settings_string(settings, "tls.client_ca"),
        .client_auth = auth_of(settings_string(settings, "tls.client_auth")),
        .tls13_only = str_equal(settings_string(settings, "tls.min_version"), STR("1.3")),
        .http2 = settings_bool(settings, "http.http2"),
        .clock = clock_system(),
        .random = random_system(),
    };
    config.file_count = settings_list(settings, "tls.certificates", &config.files);
    struct error reason = {STATUS_OK, ""};
    enum status status = http_certificates_make(&config, &service->certificates, &reason);
    if (status == STATUS_OK) {
        status = http_certificates_watch(service->certificates, LOOK_MS, &reason);
    }
    if (status != STATUS_OK) {
        app_tls_stop(service);
        return error_set(err, status, "tls.certificates, tls.client_ca: %s", reason.text);
    }
    return STATUS_OK;
}

enum status app_tls_listen(const struct app_service *service, struct http_server_config *config,
                           char *host, size_t size, struct error *err) {
    if (!service->certificates) {
        return STATUS_OK;
    }
    config->tls_host = host;
    config->certificates = service->certificates;
    return settings_split_address(settings_string(service->settings, "tls.listen"), host, size,
                                  &config->tls_port, err);
}

enum status app_https_of(const struct app_service *service, struct gateway_https *https,
                         struct error *err) {
    const struct settings *settings = service->settings;
    struct str address = settings_string(settings, "tls.listen");
    char host[256];
    *https = (struct gateway_https){
        .redirect = settings_bool(settings, "http.redirect_to_https"),
        .public_url = settings_string(settings, "public_url"),
        .hsts_seconds = settings_integer(settings, "http.hsts") / 1000,
    };
    return address.len == 0 ? STATUS_OK
                            : settings_split_address(address, host, sizeof host, &https->port, err);
}
