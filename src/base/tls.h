// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What every user of OpenSSL needs alike: files into contexts, whom to expect, errors as sentences.
//
// A context is OpenSSL's SSL_CTX: made once, then shared by threads and not changed any more.
#ifndef FOOTFALL_BASE_TLS_H
#define FOOTFALL_BASE_TLS_H

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"

struct ssl_ctx_st;
struct ssl_st;

// The oldest entry of OpenSSL's error queue of this thread, which is emptied.
void tls_reason(char *text, size_t size);

// Whom to trust. file: PEM; empty: the machine's. INVALID: err names the file and why it cannot be used.
MUST_CHECK enum status tls_load_authorities(struct ssl_ctx_st *context, struct str file,
                                            struct error *err);
// What to show: a chain and its key, PEM. key empty: the same file holds both. INVALID as above, also when the key is another's.
MUST_CHECK enum status tls_load_certificate(struct ssl_ctx_st *context, struct str certificate,
                                            struct str key, struct error *err);

struct tls_client_settings {
    struct str ca_file;     // PEM; empty: the authorities of the machine
    struct str certificate; // PEM, shown when the server asks; empty: none
    struct str key;         // empty: in the same file
    bool verify;            // the server's chain; never off but where a person asked for it
};
// For connections to others; TLS 1.2 and later. *out is the caller's (tls_context_free); connections made of it outlive it.
MUST_CHECK enum status tls_client_context_make(const struct tls_client_settings *settings,
                                               struct ssl_ctx_st **out, struct error *err);
void tls_context_free(struct ssl_ctx_st *context); // NULL is fine

// Makes the handshake refuse a certificate that is not for name (a host name or an address), and sends a host name as SNI. False:
// not a name.
MUST_CHECK bool tls_expect_name(struct ssl_st *ssl, struct str name);
// After a failure: DENIED when a certificate was refused, by either side, else IO; "what: why" into err. Empties the error queue.
enum status tls_explain(struct ssl_st *ssl, const char *what, struct error *err);

#endif
