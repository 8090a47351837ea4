// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Keys of session tickets (RFC 5077 4, RFC 8446 4.6.1): changed every hour, since who has one can read what was sent under its tickets.
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#include "http/certificates_private.h"

#define ROTATE_US ((int64_t)3600 * 1000 * 1000)

static void rotate(struct http_certificates *certificates, int64_t now_us) {
    struct http_ticket_key *keys = certificates->tickets;
    struct random_source *random = certificates->config.random;
    if (keys[0].made_us != 0 && now_us - keys[0].made_us < ROTATE_US) {
        return;
    }
    memmove(keys + 1, keys, (HTTP_TICKET_KEYS - 1) * sizeof keys[0]);
    random->fill(random, keys[0].name, sizeof keys[0].name);
    random->fill(random, keys[0].cipher, sizeof keys[0].cipher);
    random->fill(random, keys[0].digest, sizeof keys[0].digest);
    keys[0].made_us = now_us > 0 ? now_us : 1;
    for (size_t i = 1; i < HTTP_TICKET_KEYS; i++) {
        if (now_us - keys[i].made_us >= ROTATE_US * HTTP_TICKET_KEYS) {
            explicit_bzero(&keys[i], sizeof keys[i]);
        }
    }
}

// name NULL: the newest. False: unknown, or too old.
static bool find_key(struct http_certificates *certificates, const unsigned char *name,
                     struct http_ticket_key *out, bool *newest) {
    struct clock *clock = certificates->config.clock;
    bool found = false;
    pthread_mutex_lock(&certificates->tickets_mutex);
    rotate(certificates, clock->mono_us(clock));
    for (size_t i = 0; i < HTTP_TICKET_KEYS && !found; i++) {
        const struct http_ticket_key *key = &certificates->tickets[i];
        if (key->made_us != 0 && (!name || memcmp(name, key->name, sizeof key->name) == 0)) {
            *out = *key;
            *newest = i == 0;
            found = true;
        }
    }
    pthread_mutex_unlock(&certificates->tickets_mutex);
    return found;
}

static int use_key(struct http_ticket_key *key, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                   EVP_MAC_CTX *mac, int encrypt) {
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key->digest, sizeof key->digest),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->cipher, iv, encrypt) == 1 &&
           EVP_MAC_CTX_set_params(mac, params) == 1;
}

// 1: go on; 2: go on, and give the client a new ticket; 0: no ticket, a whole handshake; -1: failure.
static int on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                     EVP_MAC_CTX *mac, int encrypt) {
    struct http_certificates *certificates = http_certificate_set_of(ssl)->owner;
    struct http_ticket_key key;
    bool newest = false;
    if (!find_key(certificates, encrypt ? NULL : name, &key, &newest)) {
        return encrypt ? -1 : 0;
    }
    if (encrypt) {
        struct random_source *random = certificates->config.random;
        memcpy(name, key.name, sizeof key.name);
        random->fill(random, iv, EVP_MAX_IV_LENGTH);
    }
    int ok = use_key(&key, iv, cipher, mac, encrypt);
    explicit_bzero(&key, sizeof key);
    if (!ok) {
        return -1;
    }
    return newest ? 1 : 2;
}

bool http_tickets_use(SSL_CTX *context) {
    return SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket) == 1;
}
