// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// OpenSSL over a non-blocking socket that can always be written to: what the socket does not take waits in a buffer, so that no call of
// OpenSSL's ever has to be made again with the same bytes.
#include "http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>

#include "http/certificates_private.h"

#define RECORD ((size_t)16 * 1024) // the plain text of a record (RFC 8446 5.1)
// More than a record with its frame, or the longest flight of a handshake with a chain of certificates. A peer that makes us answer
// without taking the answers (key updates) is cut off here.
#define UNSENT_MAX ((size_t)128 * 1024)

struct http_tls_client {
    SSL_CTX *context;
};

// --- The socket as OpenSSL sees it ------------------------------------------------------------------------------------
static int bio_read(BIO *bio, char *to, size_t room, size_t *len) {
    struct http_transport *transport = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t n = recv(transport->fd, to, room, 0);
    *len = n > 0 ? (size_t)n : 0;
    if (n > 0) {
        transport->raw_received += (size_t)n;
        return 1;
    }
    if (n == 0) {
        transport->ended = true;
    } else if (errno == EAGAIN || errno == EINTR) {
        BIO_set_retry_read(bio);
    }
    return 0;
}

static int bio_write(BIO *bio, const char *bytes, size_t len, size_t *written) {
    struct http_transport *transport = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    *written = 0;
    size_t sent = 0;
    if (transport->out.len == 0) {
        ssize_t n = send(transport->fd, bytes, len, MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN && errno != EINTR) {
            return 0;
        }
        sent = n > 0 ? (size_t)n : 0;
        transport->raw_sent += sent;
    }
    buffer_append(&transport->out, bytes + sent, len - sent);
    if (buffer_status(&transport->out) != STATUS_OK) {
        return 0;
    }
    *written = len;
    return 1;
}

static long bio_control(BIO *bio, int command, long number, void *pointer) {
    const struct http_transport *transport = BIO_get_data(bio);
    (void)number;
    (void)pointer;
    switch (command) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_EOF: return transport->ended;
    default: return 0;
    }
}

static BIO_METHOD *bio_method; // made once and never changed
static pthread_once_t bio_once = PTHREAD_ONCE_INIT;

static void make_bio_method(void) {
    BIO_METHOD *method =
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "footfall socket");
    if (method && BIO_meth_set_read_ex(method, bio_read) &&
        BIO_meth_set_write_ex(method, bio_write) && BIO_meth_set_ctrl(method, bio_control)) {
        bio_method = method;
    } else {
        BIO_meth_free(method);
    }
}

enum status http_tls_attach(struct http_transport *transport, SSL *ssl) {
    pthread_once(&bio_once, make_bio_method);
    BIO *bio = ssl && bio_method ? BIO_new(bio_method) : NULL;
    if (!bio) {
        SSL_free(ssl);
        ERR_clear_error();
        return STATUS_NO_MEMORY;
    }
    BIO_set_data(bio, transport);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    SSL_set_read_ahead(ssl, 1); // head and body of a record with one system call
    SSL_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
    transport->ssl = ssl;
    return STATUS_OK;
}

// --- As a client ------------------------------------------------------------------------------------------------------
enum status http_tls_client_make(const struct tls_client_settings *settings,
                                 struct http_tls_client **out, struct error *err) {
    static const unsigned char PROTOCOLS[] = "\x08http/1.1";
    struct http_tls_client *client = calloc(1, sizeof *client);
    *out = NULL;
    if (!client) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for TLS");
    }
    enum status status = tls_client_context_make(settings, &client->context, err);
    if (status == STATUS_OK &&
        SSL_CTX_set_alpn_protos(client->context, PROTOCOLS, sizeof PROTOCOLS - 1) != 0) {
        status = error_set(err, STATUS_NO_MEMORY, "no memory for TLS");
    }
    if (status != STATUS_OK) {
        http_tls_client_free(client);
        return status;
    }
    *out = client;
    return STATUS_OK;
}

void http_tls_client_free(struct http_tls_client *client) {
    if (client) {
        tls_context_free(client->context);
        free(client);
    }
}

enum status http_tls_connect(struct http_transport *transport, const struct http_tls_client *client,
                             struct str name) {
    SSL *ssl = SSL_new(client->context);
    if (ssl && !tls_expect_name(ssl, name)) {
        SSL_free(ssl);
        ERR_clear_error();
        return STATUS_INVALID;
    }
    if (ssl) {
        SSL_set_connect_state(ssl);
    }
    return http_tls_attach(transport, ssl);
}

// --- Both -------------------------------------------------------------------------------------------------------------
void http_transport_open(struct http_transport *transport, int fd) {
    *transport = (struct http_transport){.fd = fd};
    buffer_init(&transport->out, UNSENT_MAX);
}

void http_transport_close(struct http_transport *transport) {
    if (!transport->ssl) {
        return;
    }
    ERR_clear_error();
    if (transport->established && !transport->broken && transport->out.len == 0) {
        (void)SSL_shutdown(transport->ssl); // the other side may have gone: nothing follows from it
    }
    SSL_free(transport->ssl);
    ERR_clear_error();
    transport->ssl = NULL;
    buffer_free(&transport->out);
}

enum status http_transport_handshake(struct http_transport *transport, struct error *err) {
    if (!transport->ssl || transport->established) {
        return STATUS_OK;
    }
    if (http_transport_flush(transport) != 0 && errno != EAGAIN) {
        return error_set(err, STATUS_IO, "the connection broke off during the TLS handshake");
    }
    ERR_clear_error();
    int result = SSL_do_handshake(transport->ssl);
    if (result == 1) {
        transport->established = true;
        transport->more = true; // perhaps read ahead, behind the handshake
        return STATUS_OK;
    }
    int reason = SSL_get_error(transport->ssl, result);
    if (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE) {
        return STATUS_END;
    }
    transport->broken = true;
    if (transport->ended && ERR_peek_error() == 0) {
        return error_set(err, STATUS_IO, "the connection ended during the TLS handshake");
    }
    return tls_explain(transport->ssl, "the TLS handshake failed", err);
}

static ssize_t fail(struct http_transport *transport, int code) {
    ERR_clear_error();
    transport->broken = true;
    errno = code;
    return -1;
}

ssize_t http_tls_read(struct http_transport *transport, void *to, size_t room) {
    size_t len = 0;
    ERR_clear_error();
    if (transport->broken) {
        return fail(transport, EPROTO);
    }
    int result = SSL_read_ex(transport->ssl, to, room, &len);
    transport->more = result == 1;
    if (result == 1) {
        return (ssize_t)len;
    }
    switch (SSL_get_error(transport->ssl, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: errno = EAGAIN; return -1;
    case SSL_ERROR_ZERO_RETURN: return 0;
    default: return fail(transport, transport->ended ? ECONNRESET : EPROTO);
    }
}

// What follows the first `skip` bytes, at most a record: where it stands when it is whole there, else gathered.
static struct str next_record(const struct iovec *segments, int count, size_t skip) {
    static _Thread_local char gathered[RECORD];
    size_t len = 0;
    for (int i = 0; i < count && len < RECORD; i++) {
        if (skip >= segments[i].iov_len) {
            skip -= segments[i].iov_len;
            continue;
        }
        const char *from = (const char *)segments[i].iov_base + skip;
        size_t have = segments[i].iov_len - skip;
        skip = 0;
        if (len == 0 && (have >= RECORD || i + 1 == count)) {
            return str_make(from, have < RECORD ? have : RECORD);
        }
        size_t n = have < RECORD - len ? have : RECORD - len;
        memcpy(gathered + len, from, n);
        len += n;
    }
    return str_make(gathered, len);
}

ssize_t http_tls_write(struct http_transport *transport, const struct iovec *segments, int count) {
    size_t taken = 0;
    if (transport->broken) {
        return fail(transport, EPIPE);
    }
    if (http_transport_flush(transport) != 0) {
        return -1;
    }
    while (transport->out.len == 0) {
        struct str record = next_record(segments, count, taken);
        size_t written = 0;
        if (record.len == 0) {
            break;
        }
        ERR_clear_error();
        if (SSL_write_ex(transport->ssl, record.data, record.len, &written) != 1) {
            return fail(transport, EPIPE);
        }
        taken += written;
    }
    return (ssize_t)taken;
}

int http_tls_flush(struct http_transport *transport) {
    while (transport->out.len > 0) {
        ssize_t n = send(transport->fd, transport->out.data, transport->out.len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -1;
        }
        transport->raw_sent += (size_t)n;
        buffer_consume(&transport->out, (size_t)n);
    }
    buffer_free(&transport->out); // an idle connection keeps no memory for it
    return 0;
}

int http_tls_end(struct http_transport *transport) {
    ERR_clear_error();
    if (!transport->broken && transport->established) {
        (void)SSL_shutdown(transport->ssl);
        ERR_clear_error();
        transport->broken = true; // nothing more may be written
    }
    return shutdown(transport->fd, SHUT_WR);
}

// Part of a record counts as pending for OpenSSL, but reading it again gives nothing.
bool http_tls_pending(const struct http_transport *transport) {
    return transport->more && !transport->broken && SSL_has_pending(transport->ssl) == 1;
}

const char *http_tls_version(const struct http_transport *transport) {
    return transport->ssl ? SSL_get_version(transport->ssl) : NULL;
}

struct str http_tls_protocol(const struct http_transport *transport) {
    const unsigned char *name = NULL;
    unsigned len = 0;
    if (transport->ssl) {
        SSL_get0_alpn_selected(transport->ssl, &name, &len);
    }
    return str_make((const char *)name, len);
}

void http_tls_subject(const struct http_transport *transport, char *out, size_t size) {
    out[0] = '\0';
    X509 *certificate = transport->ssl && SSL_get_verify_result(transport->ssl) == X509_V_OK
                            ? SSL_get0_peer_certificate(transport->ssl)
                            : NULL;
    BIO *text = certificate ? BIO_new(BIO_s_mem()) : NULL;
    if (text &&
        X509_NAME_print_ex(text, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253) >= 0) {
        int n = BIO_read(text, out, (int)size - 1);
        out[n > 0 ? n : 0] = '\0';
    }
    BIO_free(text);
    ERR_clear_error();
}
