// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A server with certificates, and a client that speaks TLS to it, for tests of http.
#ifndef FOOTFALL_TEST_HTTP_SECURE_H
#define FOOTFALL_TEST_HTTP_SECURE_H

#include "harness.h"
#include "http/tls.h"
#include "pki.h"

// What config leaves out (clock, random) is filled in.
struct http_certificates *secure_certificates(const struct http_certificates_config *config);
// Starts a server with a TLS address beside the plain one. Stop it, then release the certificates.
struct http_server *secure_start(harness_handler *handle, void *context,
                                 struct http_certificates *certificates,
                                 const struct http_server_config *config);

struct secure_options {
    const char *ca;          // path; NULL: anybody is believed
    const char *name;        // SNI and the name to check; NULL: neither
    const char *certificate; // paths of the client's own
    const char *key;
    const char *protocols; // for ALPN, as on the wire
    int version;           // the only one; 0: any
    const char *ciphers;   // of TLS 1.2
};
struct secure {
    int fd;
    struct ssl_st *ssl;
    struct ssl_ctx_st *context;
    int code;       // of SSL_connect: 1 when it went well
    char name[256]; // common name of the certificate shown
};
void secure_connect(struct secure *client, const struct http_server *server,
                    const struct secure_options *options); // options NULL: none
// True when all was written and something came back; text into out, until `until` is there or the end.
bool secure_ask(struct secure *client, const char *request, const char *until, char *out,
                size_t size);
void secure_close(struct secure *client);

#endif
