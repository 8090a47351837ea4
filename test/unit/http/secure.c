// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A server with certificates, and a client that speaks TLS to it, for tests of http.
#include "secure.h"

#include "base/log.h"

#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

struct http_certificates *secure_certificates(const struct http_certificates_config *config) {
    struct http_certificates_config filled = *config;
    struct http_certificates *certificates = NULL;
    struct error err = {STATUS_OK, ""};
    filled.clock = filled.clock ? filled.clock : clock_system();
    filled.random = random_system();
    log_configure(LOG_LEVEL_OFF, LOG_FORMAT_TEXT, STDERR_FILENO);
    if (http_certificates_make(&filled, &certificates, &err) != STATUS_OK) {
        fail_msg("%s", err.text);
    }
    return certificates;
}

struct http_server *secure_start(harness_handler *handle, void *context,
                                 struct http_certificates *certificates,
                                 const struct http_server_config *config) {
    struct http_server_config filled = {0};
    if (config) {
        filled = *config;
    }
    filled.tls_host = "127.0.0.1";
    filled.certificates = certificates;
    signal(SIGPIPE, SIG_IGN); // the client's; the server must do without
    return harness_start(handle, context, &filled);
}

static int dial(uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct timeval patience = {.tv_sec = 10};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static SSL_CTX *make_context(const struct secure_options *options) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    assert_non_null(context);
    SSL_CTX_set_security_level(context, 0); // also what a server should refuse
    if (options->ca) {
        assert_int_equal(SSL_CTX_load_verify_locations(context, options->ca, NULL), 1);
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    }
    if (options->certificate) {
        assert_int_equal(SSL_CTX_use_certificate_chain_file(context, options->certificate), 1);
        assert_int_equal(SSL_CTX_use_PrivateKey_file(context, options->key, SSL_FILETYPE_PEM), 1);
    }
    if (options->version) {
        SSL_CTX_set_min_proto_version(context, options->version);
        SSL_CTX_set_max_proto_version(context, options->version);
    }
    if (options->ciphers) {
        assert_int_equal(SSL_CTX_set_cipher_list(context, options->ciphers), 1);
    }
    if (options->protocols) {
        SSL_CTX_set_alpn_protos(context, (const unsigned char *)options->protocols,
                                (unsigned)strlen(options->protocols));
    }
    return context;
}

void secure_connect(struct secure *client, const struct http_server *server,
                    const struct secure_options *options) {
    static const struct secure_options NONE = {0};
    options = options ? options : &NONE;
    *client = (struct secure){.fd = dial(http_server_tls_port(server))};
    client->context = make_context(options);
    client->ssl = SSL_new(client->context);
    assert_non_null(client->ssl);
    if (options->name) {
        assert_int_equal(SSL_set_tlsext_host_name(client->ssl, options->name), 1);
        assert_int_equal(SSL_set1_host(client->ssl, options->name), 1);
    }
    SSL_set_fd(client->ssl, client->fd);
    ERR_clear_error();
    client->code = SSL_connect(client->ssl);
    X509 *shown = SSL_get0_peer_certificate(client->ssl);
    if (shown) {
        X509_NAME_get_text_by_NID(X509_get_subject_name(shown), NID_commonName, client->name,
                                  sizeof client->name);
    }
}

bool secure_ask(struct secure *client, const char *request, const char *until, char *out,
                size_t size) {
    size_t len = 0;
    out[0] = '\0';
    if (client->code != 1 || SSL_write(client->ssl, request, (int)strlen(request)) <= 0) {
        return false;
    }
    while (len + 1 < size && !strstr(out, until)) {
        int n = SSL_read(client->ssl, out + len, (int)(size - 1 - len));
        if (n <= 0) {
            break;
        }
        len += (size_t)n;
        out[len] = '\0';
    }
    return len > 0;
}

void secure_close(struct secure *client) {
    SSL_set_shutdown(client->ssl, SSL_SENT_SHUTDOWN); // else its session would be void
    SSL_free(client->ssl);
    SSL_CTX_free(client->context);
    close(client->fd);
    ERR_clear_error();
}
