// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// OpenSSL behind two memory BIOs.
#include "cql/tls.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/tls.h"

enum status cql_tls_context_make(const struct cql_tls *tls, struct ssl_ctx_st **out,
                                 struct error *err) {
    const struct tls_client_settings settings = {
        .ca_file = tls->ca_file,
        .certificate = tls->certificate_file,
        .key = tls->key_file,
        .verify = tls->verify_peer,
    };
    return tls_client_context_make(&settings, out, err);
}

void cql_tls_context_free(struct ssl_ctx_st *context) {
    tls_context_free(context);
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
    if (name.data && !tls_expect_name(stream->ssl, name)) {
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
    return tls_explain(stream->ssl, "the TLS handshake failed", err);
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
    return tls_explain(stream->ssl, "TLS failed", err);
}

enum status cql_tls_write(struct cql_tls_stream *stream, struct str plain, struct buffer *out,
                          struct error *err) {
    size_t at = 0;
    while (at < plain.len) {
        size_t written = 0;
        ERR_clear_error();
        // A memory BIO takes everything: there is nothing to wait for.
        if (SSL_write_ex(stream->ssl, plain.data + at, plain.len - at, &written) != 1) {
            return tls_explain(stream->ssl, "TLS failed", err);
        }
        at += written;
    }
    enum status status = drain(stream, out);
    return status == STATUS_OK ? STATUS_OK : error_set(err, status, "no memory for TLS");
}
