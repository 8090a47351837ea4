// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What TLS servers show and demand: certificates chosen by the name a client asks for, authorities of clients, session tickets.
//
//   certificates ── set (immutable, counted) ── context, context, ...   one a certificate
//                    ↑ of each handshake, for as long as its connection lives
//
// A reload reads every file anew into another set, which new handshakes use from then on; when a file cannot be used, all stays as it
// was. Connections that are open keep what they were made with.
//
// TLS 1.2 with forward secrecy and authenticated encryption only, and TLS 1.3; no compression, no renegotiation. Tickets are encrypted
// with keys that are changed every hour and never leave the process; with client certificates in use a reload voids all tickets, so that
// none outlives the authorities it was given under.
#ifndef FOOTFALL_HTTP_CERTIFICATES_H
#define FOOTFALL_HTTP_CERTIFICATES_H

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "base/str.h"

enum http_client_auth {
    HTTP_CLIENT_AUTH_OFF,
    HTTP_CLIENT_AUTH_OPTIONAL, // a certificate that is shown must be good
    HTTP_CLIENT_AUTH_REQUIRED,
};

struct http_certificates_config {
    // "chain.pem:key.pem", or "both.pem". The names are those in the certificate (with one '*' as the leftmost label); the first one
    // is also for clients that name nothing or nobody here. Of several for a name the first counts.
    const struct str *files;
    size_t file_count;
    struct str client_ca; // PEM; needed unless client_auth is OFF
    enum http_client_auth client_auth;
    bool tls13_only;
    bool http2; // offered by ALPN, before http/1.1
    struct clock *clock;
    struct random_source *random;
};

struct http_certificates;

// Copies what config points to. INVALID: err names the file and says why it cannot be used. NO_MEMORY.
MUST_CHECK enum status http_certificates_make(const struct http_certificates_config *config,
                                              struct http_certificates **out, struct error *err);
// For those who share them; any thread. The last release frees, after the watch was ended. NULL is fine.
struct http_certificates *http_certificates_hold(struct http_certificates *certificates);
void http_certificates_release(struct http_certificates *certificates);

// Any thread. On failure everything stays as it was.
MUST_CHECK enum status http_certificates_reload(struct http_certificates *certificates,
                                                struct error *err);
// When the first of the certificates in use ends, wall clock in milliseconds.
int64_t http_certificates_expire_ms(struct http_certificates *certificates);

// A thread that looks every so often whether a file is another than before, and reloads then; what cannot be used is logged once. Also
// a gauge of when the first certificate ends.
MUST_CHECK enum status http_certificates_watch(struct http_certificates *certificates,
                                               int64_t interval_ms, struct error *err);
// Makes it reload now, whatever the files' times say. Any thread.
void http_certificates_touch(struct http_certificates *certificates);
void http_certificates_unwatch(struct http_certificates *certificates);

#endif
