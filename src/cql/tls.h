// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// TLS of a connection through OpenSSL's memory BIOs: OpenSSL sees bytes, never the socket, which stays the loop's.
//
//   socket ─→ cql_tls_fed ─→ [BIO] ─→ cql_tls_read ─→ frames        frames ─→ cql_tls_write ─→ [BIO] ─→ buffer ─→ socket
#ifndef FOOTFALL_CQL_TLS_H
#define FOOTFALL_CQL_TLS_H

#include "base/buffer.h"
#include "base/error.h"
#include "cql/cql.h"

struct ssl_ctx_st;
struct ssl_st;
struct bio_st;

// What all connections share; any thread. INVALID: a file that cannot be read or used. *out is the caller's.
MUST_CHECK enum status cql_tls_context_make(const struct cql_tls *tls, struct ssl_ctx_st **out,
                                            struct error *err);
void cql_tls_context_free(struct ssl_ctx_st *context); // NULL is fine; streams made of it live on

struct cql_tls_stream {
    struct ssl_st *ssl; // NULL: no TLS
    struct bio_st *in;
    struct bio_st *out;
    bool established;
};
// name: what the certificate must be for, a host name or an address; data NULL: not checked.
MUST_CHECK enum status cql_tls_stream_init(struct cql_tls_stream *stream,
                                           struct ssl_ctx_st *context, struct str name);
void cql_tls_stream_free(struct cql_tls_stream *stream); // usable again after init

MUST_CHECK enum status cql_tls_fed(struct cql_tls_stream *stream, const char *bytes, size_t len);
// Takes the handshake on; what it has to say is appended to out. END: the server's turn. OK: established. DENIED: a certificate is
// refused, by either side. IO: anything else.
MUST_CHECK enum status cql_tls_handshake(struct cql_tls_stream *stream, struct buffer *out,
                                         struct error *err);
// END: more must be fed first. CLOSED: the server has ended it. IO.
MUST_CHECK enum status cql_tls_read(struct cql_tls_stream *stream, char *to, size_t room,
                                    size_t *len, struct error *err);
// Appends what TLS has to say of its own accord (key updates), too.
MUST_CHECK enum status cql_tls_write(struct cql_tls_stream *stream, struct str plain,
                                     struct buffer *out, struct error *err);

#endif
