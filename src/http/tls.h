// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Bytes over a non-blocking socket, in plain text or through TLS, for both ends of a connection.
//
//   http_transport_open(&transport, fd)           plain text from here on; or, before the first byte,
//   http_tls_connect(&transport, client, name)    TLS as the client of a server called name
//   http_tls_accept(&transport, certificates)     TLS as a server (certificates.h)
//   http_transport_handshake(&transport, &err)    until it says OK
//   http_transport_read, http_transport_write     as recv and sendmsg
//   http_transport_close(&transport)              then close(fd)
//
// How it is used with a poll loop (level-triggered, as uv_poll is). Nothing here blocks or waits. After each call, wait for the socket
// to be readable when more is wanted, and for it to be writable while http_transport_unsent says that encrypted bytes are left; when it
// is writable, call http_transport_flush (or write, or handshake), which sends them. Writing never waits for readability, nor reading
// for writability. TLS reads ahead: when http_transport_pending says so, there is more to read although the socket has nothing, and
// poll will not tell: read again until EAGAIN, or come back by yourself.
//
// A transport belongs to one thread and must not move in memory while it is open. With ssl NULL each call is the system call and
// nothing else.
#ifndef FOOTFALL_HTTP_TLS_H
#define FOOTFALL_HTTP_TLS_H

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/tls.h"

struct http_transport {
    int fd;              // the caller's
    struct ssl_st *ssl;  // NULL: plain text
    struct buffer out;   // encrypted, and not yet taken by the socket
    bool established;    // the handshake is done
    bool ended;          // the socket has no more to read
    bool more;           // the last read gave something
    bool broken;         // TLS failed: nothing more may be said through it
    size_t raw_received; // bytes that came and went, encryption included
    size_t raw_sent;
};

// --- As a client -----------------------------------------------------------------------------------------------------
// Made once, shared by threads: whom to trust and what to show (base/tls.h). TLS 1.2 and 1.3, ALPN http/1.1.
struct http_tls_client;
// INVALID: a file cannot be used, and err says which and why. NO_MEMORY.
MUST_CHECK enum status http_tls_client_make(const struct tls_client_settings *settings,
                                            struct http_tls_client **out, struct error *err);
void http_tls_client_free(struct http_tls_client *client); // connections live on; NULL is fine
// name: the host of the URL, or its address; the certificate must be for it. INVALID: not a name. NO_MEMORY. The handshake is still
// to be done, once the socket is connected.
MUST_CHECK enum status http_tls_connect(struct http_transport *transport,
                                        const struct http_tls_client *client, struct str name);

// --- As a server -----------------------------------------------------------------------------------------------------
struct http_certificates;
MUST_CHECK enum status http_tls_accept(struct http_transport *transport,
                                       struct http_certificates *certificates);
// Of an established transport: what ALPN chose. Data NULL: nothing.
struct str http_tls_protocol(const struct http_transport *transport);
// "TLSv1.3"; NULL: plain text. Static.
const char *http_tls_version(const struct http_transport *transport);
// The subject of the client's certificate when it was verified, as RFC 2253 text ("CN=gateway,O=Example"), into out; "" without one.
void http_tls_subject(const struct http_transport *transport, char *out, size_t size);

// --- Both ------------------------------------------------------------------------------------------------------------
void http_transport_open(struct http_transport *transport, int fd);
// Says goodbye when it can, frees. The socket stays the caller's to close.
void http_transport_close(struct http_transport *transport);
// OK: established. END: the other side's turn (see above what to wait for). DENIED: a certificate is refused, by either side. IO.
MUST_CHECK enum status http_transport_handshake(struct http_transport *transport,
                                                struct error *err);
ssize_t http_tls_read(struct http_transport *transport, void *to, size_t room);
ssize_t http_tls_write(struct http_transport *transport, const struct iovec *segments, int count);
int http_tls_flush(struct http_transport *transport);
int http_tls_end(struct http_transport *transport);
bool http_tls_pending(const struct http_transport *transport);

// As recv: 0 is the end of what the other side sends. Through TLS an end without a goodbye is ECONNRESET, since it may be somebody
// else's cut (RFC 8446 6.1); what TLS refuses is EPROTO.
static inline ssize_t http_transport_read(struct http_transport *transport, void *to, size_t room) {
    if (__builtin_expect(!transport->ssl, 1)) {
        return recv(transport->fd, to, room, 0);
    }
    return http_tls_read(transport, to, room);
}

// As sendmsg with MSG_NOSIGNAL: how many bytes were taken, which may be fewer than given; -1 with EAGAIN: none. Bytes that were taken
// may still be unsent.
static inline ssize_t http_transport_write(struct http_transport *transport, struct iovec *segments,
                                           int count) {
    if (__builtin_expect(transport->ssl != NULL, 0)) {
        return http_tls_write(transport, segments, count);
    }
    if (count == 1) {
        return send(transport->fd, segments[0].iov_base, segments[0].iov_len, MSG_NOSIGNAL);
    }
    struct msghdr message = {.msg_iov = segments, .msg_iovlen = (size_t)count};
    return sendmsg(transport->fd, &message, MSG_NOSIGNAL);
}

static inline bool http_transport_unsent(const struct http_transport *transport) {
    return transport->out.len > 0;
}
// 0: nothing is left unsent. -1 with EAGAIN or worse.
static inline int http_transport_flush(struct http_transport *transport) {
    return transport->out.len > 0 ? http_tls_flush(transport) : 0;
}
static inline bool http_transport_pending(const struct http_transport *transport) {
    return transport->ssl && http_tls_pending(transport);
}
// As shutdown(SHUT_WR), after everything was sent.
static inline int http_transport_end(struct http_transport *transport) {
    return transport->ssl ? http_tls_end(transport) : shutdown(transport->fd, SHUT_WR);
}

#endif
