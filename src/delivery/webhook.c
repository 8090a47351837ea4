// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// To a webhook: POST, signed over time and body (HMAC-SHA-256), never to where a redirect points, nor into private networks.
#include <curl/curl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/socket.h>

#include "delivery/private.h"

#define CONNECT_MS 10000L
#define TOTAL_MS 60000L
#define REPLY_MOST 65536

struct call {
    CURL *curl;
    struct curl_slist *headers;
    bool allow_private;
    bool refused; // an address was in a private network
    size_t received;
    char reason[CURL_ERROR_SIZE];
};

// The address that is connected to, whatever a name server said before.
static curl_socket_t open_socket(void *context, curlsocktype purpose,
                                 struct curl_sockaddr *address) {
    struct call *call = context;
    (void)purpose;
    if (!call->allow_private && !delivery_address_is_public(&address->addr)) {
        call->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// What is replied is of no interest, but no receiver is to fill our memory or hold us up.
static size_t pass_over(char *data, size_t size, size_t count, void *context) {
    struct call *call = context;
    (void)data;
    call->received += size * count;
    return call->received <= REPLY_MOST ? size * count : 0;
}

static void sign(const struct delivery_attempt *attempt, int64_t seconds, struct str body,
                 char hex[crypto_auth_hmacsha256_BYTES * 2 + 1]) {
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    char stamp[32];
    crypto_auth_hmacsha256_state state;
    struct str secret = attempt->delivery->entry.secret;
    int n = snprintf(stamp, sizeof stamp, "%" PRId64 ".", seconds);
    (void)crypto_auth_hmacsha256_init(&state, (const unsigned char *)secret.data, secret.len);
    (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)stamp,
                                        (unsigned long long)n);
    (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)body.data, body.len);
    (void)crypto_auth_hmacsha256_final(&state, mac);
    (void)sodium_bin2hex(hex, crypto_auth_hmacsha256_BYTES * 2 + 1, mac, sizeof mac);
}

static bool add_header(struct call *call, struct str line) {
    struct curl_slist *longer = line.data ? curl_slist_append(call->headers, line.data) : NULL;
    call->headers = longer ? longer : call->headers;
    return longer != NULL;
}

static bool add_headers(const struct delivery_attempt *attempt, struct call *call) {
    char hex[crypto_auth_hmacsha256_BYTES * 2 + 1];
    struct clock *clock = attempt->deliveries->config.clock;
    int64_t seconds = clock->wall_ms(clock) / 1000;
    sign(attempt, seconds, http_detached_body(attempt->report), hex);
    return add_header(call, arena_printf(attempt->arena, "Content-Type: %s",
                                         http_detached_type(attempt->report))) &&
           add_header(call, arena_printf(attempt->arena, "Footfall-Delivery: %s", attempt->id)) &&
           add_header(call,
                      arena_printf(attempt->arena, "Footfall-Attempt: %u", attempt->number)) &&
           add_header(call, arena_printf(attempt->arena, "Footfall-Report: %.*s",
                                         STR_ARG(delivery_stem(attempt)))) &&
           add_header(call, arena_printf(attempt->arena, "Footfall-Signature: t=%" PRId64 ",v1=%s",
                                         seconds, hex)) &&
           add_header(call, STR("Expect:"));
}

static void set_options(const struct delivery_attempt *attempt, struct call *call) {
    struct str body = http_detached_body(attempt->report);
    CURL *curl = call->curl;
    (void)curl_easy_setopt(curl, CURLOPT_URL, attempt->delivery->place.data);
    (void)curl_easy_setopt(curl, CURLOPT_POST, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
    (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.len > 0 ? body.data : "");
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, call->headers);
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "Footfall/" FOOTFALL_VERSION);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, pass_over);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, call);
    (void)curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    (void)curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, call);
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, call->reason);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, TOTAL_MS);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
}

static enum status judge(struct call *call, CURLcode code, struct error *err) {
    long status = 0;
    (void)curl_easy_getinfo(call->curl, CURLINFO_RESPONSE_CODE, &status);
    if (call->refused) {
        return error_set(err, STATUS_INVALID,
                         "the webhook is in a private network; allow_private: true lets it be");
    }
    // Of what broke off in its reply the receiver has said what it thinks.
    bool answered = status >= 200 && (code == CURLE_OK || code == CURLE_WRITE_ERROR);
    if (!answered) {
        return error_set(err, STATUS_UNAVAILABLE, "the webhook: %s",
                         call->reason[0] ? call->reason : curl_easy_strerror(code));
    }
    return status < 300 ? STATUS_OK
                        : error_set(err, STATUS_UNAVAILABLE, "the webhook answers %ld", status);
}

enum status delivery_to_webhook(const struct delivery_attempt *attempt, struct error *err) {
    struct call call = {.curl = curl_easy_init(),
                        .allow_private = attempt->delivery->entry.allow_private};
    enum status status = STATUS_NO_MEMORY;
    if (call.curl && add_headers(attempt, &call)) {
        set_options(attempt, &call);
        status = judge(&call, curl_easy_perform(call.curl), err);
    } else {
        (void)error_set(err, status, "out of memory");
    }
    curl_slist_free_all(call.headers);
    curl_easy_cleanup(call.curl);
    return status;
}
