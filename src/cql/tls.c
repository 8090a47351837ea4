// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// OpenSSL behind two memory BIOs, and its errors as sentences.
#include "cql/tls.h"

#include <arpa/inet.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#define PATH_SIZE 4096
#define NAME_SIZE 256

// The oldest entry of OpenSSL's queue for this thread, which it empties.
static void openssl_text(char *text, size_t size) {
    unsigned long code = ERR_get_error();
    if (code == 0) {
        snprintf(text, size, "no reason given");
    } else {
        ERR_error_string_n(code, text, size);
    }
    ERR_clear_error();
}

static bool terminated(struct str s, char *out, size_t size) {
    if (s.len >= size || memchr(s.data, 0, s.len)) {
        return false;
    }
    memcpy(out, s.data, s.len);
    out[s.len] = 0;
    return true;
}

static enum status refuse_file(struct str path, const char *what, struct error *err) {
    char reason[256];
    openssl_text(reason, sizeof reason);
    return error_set(err, STATUS_INVALID, "cannot use %.*s as %s: %s", STR_ARG(path), what, reason);
}

static enum status load_authorities(SSL_CTX *context, const struct cql_tls *tls,
                                    struct error *err) {
    char path[PATH_SIZE];
    if (tls->ca_file.len == 0) {
        return SSL_CTX_set_default_verify_paths(context) == 1
                   ? STATUS_OK
                   : refuse_file(STR("the system's certificates"), "authorities", err);
    }
    if (!terminated(tls->ca_file, path, sizeof path) ||
        SSL_CTX_load_verify_locations(context, path, NULL) != 1) {
        return refuse_file(tls->ca_file, "authorities", err);
    }
    return STATUS_OK;
}

static enum status load_certificate(SSL_CTX *context, const struct cql_tls *tls,
                                    struct error *err) {
    char path[PATH_SIZE];
    if (tls->certificate_file.len == 0) {
        return STATUS_OK;
    }
    if (!terminated(tls->certificate_file, path, sizeof path) ||
        SSL_CTX_use_certificate_chain_file(context, path) != 1) {
        return refuse_file(tls->certificate_file, "certificate", err);
    }
    struct str key = tls->key_file.len > 0 ? tls->key_file : tls->certificate_file;
    if (!terminated(key, path, sizeof path) ||
        SSL_CTX_use_PrivateKey_file(context, path, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context) != 1) {
        return refuse_file(key, "private key", err);
    }
    return STATUS_OK;
}

enum status cql_tls_context_make(const struct cql_tls *tls, struct ssl_ctx_st **out,
                                 struct error *err) {
    *out = NULL;
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for TLS");
    }
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    // The output buffer may move between two attempts to write the same bytes.
    SSL_CTX_set_mode(context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_verify(context, tls->verify_peer ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    enum status status = tls->verify_peer ? load_authorities(context, tls, err) : STATUS_OK;
    if (status == STATUS_OK) {
        status = load_certificate(context, tls, err);
    }
    if (status != STATUS_OK) {
        SSL_CTX_free(context);
        return status;
    }
    *out = context;
    return STATUS_OK;
}

void cql_tls_context_free(struct ssl_ctx_st *context) {
    SSL_CTX_free(context);
}

static bool expect_name(SSL *ssl, struct str name) {
    char text[NAME_SIZE];
    unsigned char address[16];
    if (!terminated(name, text, sizeof text)) {
        return false;
    }
    if (inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1) {
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), text) == 1;
    }
    return SSL_set1_host(ssl, text) == 1 && SSL_set_tlsext_host_name(ssl, text) == 1;
}

enum status cql_tls_stream_init(struct cql_tls_stream *stream, struct ssl_ctx_st *context,
                                struct str name) {
    *stream = (struct cql_tls_stream){.ssl = SSL_new(context)};
    stream->in = BIO_new(BIO_s_mem());
    stream->out = BIO_new(BIO_s_mem());
    if (!stream->ssl || !stream->in || !stream->out) {
        BIO_free(stream->in);
        BIO_free(stream->out);
        SSL_free(stream->ssl);
        *stream = (struct cql_tls_stream){0};
        return STATUS_NO_MEMORY;
    }
    SSL_set_bio(stream->ssl, stream->in, stream->out); // owns them now
    SSL_set_connect_state(stream->ssl);
    if (name.data && !expect_name(stream->ssl, name)) {
        cql_tls_stream_free(stream);
        return STATUS_INVALID;
    }
    return STATUS_OK;
}

void cql_tls_stream_free(struct cql_tls_stream *stream) {
    SSL_free(stream->ssl);
    *stream = (struct cql_tls_stream){0};
}

enum status cql_tls_fed(struct cql_tls_stream *stream, const char *bytes, size_t len) {
    if (len > INT_MAX || BIO_write(stream->in, bytes, (int)len) != (int)len) {
        ERR_clear_error();
        return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

static enum status drain(struct cql_tls_stream *stream, struct buffer *out) {
    size_t pending = BIO_ctrl_pending(stream->out);
    if (pending == 0) {
        return STATUS_OK;
    }
    enum status status = buffer_reserve(out, pending);
    if (status != STATUS_OK) {
        return status;
    }
    int n = BIO_read(stream->out, out->data + out->len, (int)pending);
    if (n > 0) {
        out->len += (size_t)n;
    }
    return STATUS_OK;
}

static enum status explain(struct cql_tls_stream *stream, const char *what, struct error *err) {
    char reason[256];
    long verified = SSL_get_verify_result(stream->ssl);
    if (verified != X509_V_OK) {
        ERR_clear_error();
        return error_set(err, STATUS_DENIED, "the server's certificate is refused: %s",
                         X509_verify_cert_error_string(verified));
    }
    unsigned long code = ERR_peek_error();
    // An alert of the server's about our certificate (RFC 8446, section 6.2).
    int alert = ERR_GET_REASON(code);
    bool denied =
        ERR_GET_LIB(code) == ERR_LIB_SSL &&
        (alert == SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED ||
         alert == SSL_R_SSLV3_ALERT_BAD_CERTIFICATE || alert == SSL_R_TLSV1_ALERT_UNKNOWN_CA);
    openssl_text(reason, sizeof reason);
    return error_set(err, denied ? STATUS_DENIED : STATUS_IO, "%s: %s", what, reason);
}

enum status cql_tls_handshake(struct cql_tls_stream *stream, struct buffer *out,
                              struct error *err) {
    ERR_clear_error();
    int result = SSL_do_handshake(stream->ssl);
    int reason = result == 1 ? SSL_ERROR_NONE : SSL_get_error(stream->ssl, result);
    enum status drained = drain(stream, out);
    if (drained != STATUS_OK) {
        return error_set(err, drained, "no memory for TLS");
    }
    if (reason == SSL_ERROR_NONE) {
        stream->established = true;
        return STATUS_OK;
    }
    if (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE) {
        return STATUS_END;
    }
    return explain(stream, "the TLS handshake failed", err);
}

enum status cql_tls_read(struct cql_tls_stream *stream, char *to, size_t room, size_t *len,
                         struct error *err) {
    ERR_clear_error();
    int result = SSL_read_ex(stream->ssl, to, room, len);
    if (result == 1) {
        return STATUS_OK;
    }
    *len = 0;
    int reason = SSL_get_error(stream->ssl, result);
    if (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE) {
        return STATUS_END;
    }
    if (reason == SSL_ERROR_ZERO_RETURN) {
        return STATUS_CLOSED;
    }
    return explain(stream, "TLS failed", err);
}

enum status cql_tls_write(struct cql_tls_stream *stream, struct str plain, struct buffer *out,
                          struct error *err) {
    size_t at = 0;
    while (at < plain.len) {
        size_t written = 0;
        ERR_clear_error();
        // A memory BIO takes everything: there is nothing to wait for.
        if (SSL_write_ex(stream->ssl, plain.data + at, plain.len - at, &written) != 1) {
            return explain(stream, "TLS failed", err);
        }
        at += written;
    }
    enum status status = drain(stream, out);
    return status == STATUS_OK ? STATUS_OK : error_set(err, status, "no memory for TLS");
}
