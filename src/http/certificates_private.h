// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the files behind certificates.h share. Private to http.
#ifndef FOOTFALL_HTTP_CERTIFICATES_PRIVATE_H
#define FOOTFALL_HTTP_CERTIFICATES_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "base/metrics.h"
#include "base/thread.h"
#include "http/certificates.h"

struct ssl_ctx_st;
struct ssl_st;
struct http_transport;

#define HTTP_TICKET_KEYS 3 // the newest encrypts; all decrypt

struct http_ticket_key {
    int64_t made_us; // 0: none
    unsigned char name[16];
    unsigned char cipher[32];
    unsigned char digest[32];
};

struct http_certificate {
    struct ssl_ctx_st *context;
    struct str *names; // with "*." in front for any one label
    size_t name_count;
    int64_t expires_ms;
};

struct http_certificate_set {
    atomic_uint references;
    struct http_certificates *owner; // connections hold both
    struct arena arena;
    size_t count;
    struct http_certificate certificates[];
};

struct http_file_stamp {
    int64_t modified_ns;
    int64_t size;
    uint64_t inode;
};

struct http_certificates {
    atomic_uint references;
    struct arena arena;
    struct http_certificates_config config; // its strings are in the arena
    pthread_mutex_t mutex;                  // of current
    struct http_certificate_set *current;
    atomic_uint generation; // of sets
    pthread_mutex_t tickets_mutex;
    struct http_ticket_key tickets[HTTP_TICKET_KEYS]; // newest first
    // The watch.
    struct thread thread;
    pthread_mutex_t watch_mutex;
    pthread_cond_t watch_cond;
    bool watching;
    bool touched;
    bool ending;
    int64_t interval_ms;
    struct http_file_stamp *seen; // of the files of each certificate (two), and of the authorities
    metrics_id expiry_gauge;
};

// In certificate_set.c: reads every file. *out has one reference.
MUST_CHECK enum status http_certificate_set_make(struct http_certificates *owner,
                                                 struct http_certificate_set **out,
                                                 struct error *err);
void http_certificate_set_release(struct http_certificate_set *set);
// Of a list entry.
void http_certificate_files(struct str entry, struct str *certificate, struct str *key);
// In tickets.c: makes the context use the owner's ticket keys.
MUST_CHECK bool http_tickets_use(struct ssl_ctx_st *context);
// From a connection to whose certificates it was made with.
struct http_certificate_set *http_certificate_set_of(const struct ssl_st *ssl);
// In tls.c.
MUST_CHECK enum status http_tls_attach(struct http_transport *transport, struct ssl_st *ssl);

#endif
