// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Files into OpenSSL's contexts, and its errors as sentences.
#include "base/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#define PATH_SIZE 4096
#define NAME_SIZE 256

void tls_reason(char *text, size_t size) {
    unsigned long code = ERR_get_error();
    const char *reason = code == 0 ? NULL : ERR_reason_error_string(code);
    if (code == 0) {
        snprintf(text, size, "no reason given");
    } else if (reason) {
        snprintf(text, size, "%s", reason);
    } else {
        ERR_error_string_n(code, text, size);
    }
    ERR_clear_error();
}

static bool terminated(struct str s, char *out, size_t size) {
    if (s.len >= size || (s.len > 0 && memchr(s.data, 0, s.len))) {
        return false;
    }
    if (s.len > 0) {
        memcpy(out, s.data, s.len);
    }
    out[s.len] = 0;
    return true;
}

static enum status refuse_file(struct str path, const char *what, struct error *err) {
    char reason[256];
    tls_reason(reason, sizeof reason);
    return error_set(err, STATUS_INVALID, "cannot use %.*s as %s: %s", STR_ARG(path), what, reason);
}

enum status tls_load_authorities(SSL_CTX *context, struct str file, struct error *err) {
    char path[PATH_SIZE];
    ERR_clear_error();
    if (file.len == 0) {
        return SSL_CTX_set_default_verify_paths(context) == 1
                   ? STATUS_OK
                   : refuse_file(STR("the system's certificates"), "authorities", err);
    }
    if (!terminated(file, path, sizeof path) ||
        SSL_CTX_load_verify_locations(context, path, NULL) != 1) {
        return refuse_file(file, "authorities", err);
    }
    return STATUS_OK;
}

enum status tls_load_certificate(SSL_CTX *context, struct str certificate, struct str key,
                                 struct error *err) {
    char path[PATH_SIZE];
    ERR_clear_error();
    if (!terminated(certificate, path, sizeof path) ||
        SSL_CTX_use_certificate_chain_file(context, path) != 1) {
        return refuse_file(certificate, "certificate", err);
    }
    key = key.len > 0 ? key : certificate;
    if (!terminated(key, path, sizeof path) ||
        SSL_CTX_use_PrivateKey_file(context, path, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context) != 1) {
        return refuse_file(key, "private key", err);
    }
    return STATUS_OK;
}

enum status tls_client_context_make(const struct tls_client_settings *settings, SSL_CTX **out,
                                    struct error *err) {
    *out = NULL;
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context) {
        ERR_clear_error();
        return error_set(err, STATUS_NO_MEMORY, "no memory for TLS");
    }
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    // What is to be written may have moved between two attempts to write it.
    SSL_CTX_set_mode(context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_verify(context, settings->verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    enum status status = STATUS_OK;
    if (settings->verify) {
        status = tls_load_authorities(context, settings->ca_file, err);
    }
    if (status == STATUS_OK && settings->certificate.len > 0) {
        status = tls_load_certificate(context, settings->certificate, settings->key, err);
    }
    if (status != STATUS_OK) {
        SSL_CTX_free(context);
        return status;
    }
    *out = context;
    return STATUS_OK;
}

void tls_context_free(SSL_CTX *context) {
    SSL_CTX_free(context);
}

bool tls_expect_name(SSL *ssl, struct str name) {
    char text[NAME_SIZE];
    unsigned char address[16];
    if (name.len == 0 || !terminated(name, text, sizeof text)) {
        return false;
    }
    if (inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1) {
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), text) == 1;
    }
    return SSL_set1_host(ssl, text) == 1 && SSL_set_tlsext_host_name(ssl, text) == 1;
}

// Alerts of the other side about our certificate (RFC 8446 6.2).
static bool is_refusal(unsigned long code) {
    if (ERR_GET_LIB(code) != ERR_LIB_SSL) {
        return false;
    }
    switch (ERR_GET_REASON(code)) {
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA: return true;
    default: return false;
    }
}

enum status tls_explain(SSL *ssl, const char *what, struct error *err) {
    char reason[256];
    long verified = SSL_get_verify_result(ssl);
    if (verified != X509_V_OK && SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE) {
        ERR_clear_error();
        return error_set(err, STATUS_DENIED, "the %s's certificate is refused: %s",
                         SSL_is_server(ssl) ? "client" : "server",
                         X509_verify_cert_error_string(verified));
    }
    bool denied = is_refusal(ERR_peek_error());
    tls_reason(reason, sizeof reason);
    return error_set(err, denied ? STATUS_DENIED : STATUS_IO, "%s: %s", what, reason);
}
