// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// One reading of all certificates: files into OpenSSL's contexts, and the choice among them during a handshake.
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "base/tls.h"
#include "http/certificates_private.h"
#include "http/tls.h"

#define TICKET_SECONDS 7200
#define EXPIRES_SOON_MS ((int64_t)14 * 24 * 3600 * 1000)
// Forward secrecy and authenticated encryption; what HTTP/2 forbids (RFC 9113, appendix A) is not among them.
#define TLS12_CIPHERS                                                                              \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"                                   \
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"                                   \
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
#define GROUPS "X25519:P-256:P-384"

void http_certificate_files(struct str entry, struct str *certificate, struct str *key) {
    struct str rest = entry;
    *certificate = str_trim(str_cut(&rest, ':'));
    rest = str_trim(rest);
    *key = rest.len > 0 ? rest : *certificate;
}

// --- The choice --------------------------------------------------------------------------------------------------------
static bool is_name_of(const struct http_certificate *certificate, struct str name) {
    const char *dot = name.len > 0 ? memchr(name.data, '.', name.len) : NULL;
    struct str parent = dot ? str_make(dot, name.len - (size_t)(dot - name.data)) : STR_EMPTY;
    for (size_t i = 0; i < certificate->name_count; i++) {
        struct str own = certificate->names[i];
        if (str_equal_ignore_case(own, name)) {
            return true;
        }
        if (parent.len > 0 && dot != name.data && str_starts_with(own, STR("*.")) &&
            str_equal_ignore_case(str_make(own.data + 1, own.len - 1), parent)) {
            return true;
        }
    }
    return false;
}

static int choose_certificate(SSL *ssl, int *alert, void *context) {
    const struct http_certificate_set *set = http_certificate_set_of(ssl);
    struct str name = str_from_c(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
    (void)alert;
    (void)context;
    for (size_t i = 0; set && name.len > 0 && i < set->count; i++) {
        if (is_name_of(&set->certificates[i], name)) {
            return SSL_set_SSL_CTX(ssl, set->certificates[i].context) ? SSL_TLSEXT_ERR_OK
                                                                      : SSL_TLSEXT_ERR_ALERT_FATAL;
        }
    }
    return SSL_TLSEXT_ERR_OK;
}

// No overlap ends the handshake (RFC 7301 3.2), so that nobody can use our certificate to make a browser speak another protocol to us.
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *len,
                           const unsigned char *offered, unsigned offered_len, void *context) {
    static const unsigned char BOTH[] = "\x02h2\x08http/1.1";
    const struct http_certificate_set *set = http_certificate_set_of(ssl);
    (void)context;
    unsigned skip = set && set->owner->config.http2 ? 0 : 3;
    unsigned char *chosen = NULL;
    if (SSL_select_next_proto(&chosen, len, BOTH + skip, (unsigned)sizeof BOTH - 1 - skip, offered,
                              offered_len) != OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

// --- Contexts ----------------------------------------------------------------------------------------------------------
static enum status demand_client_certificates(SSL_CTX *context,
                                              const struct http_certificates_config *config,
                                              struct error *err) {
    enum status status = tls_load_authorities(context, config->client_ca, err);
    if (status != STATUS_OK) {
        return status;
    }
    // The names of the authorities, so that a client with several certificates knows which to show.
    SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(config->client_ca.data));
    ERR_clear_error();
    int mode = SSL_VERIFY_PEER;
    if (config->client_auth == HTTP_CLIENT_AUTH_REQUIRED) {
        mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    }
    SSL_CTX_set_verify(context, mode, NULL);
    return STATUS_OK;
}

static enum status set_up(SSL_CTX *context, const struct http_certificates_config *config,
                          unsigned generation, struct error *err) {
    SSL_CTX_set_min_proto_version(context, config->tls13_only ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_options(context,
                        SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_security_level(context, 2);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF); // tickets only
    SSL_CTX_set_timeout(context, TICKET_SECONDS);
    SSL_CTX_set_tlsext_servername_callback(context, choose_certificate);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    // A ticket counts only within its context: with client certificates that of this reading of the authorities.
    unsigned id = config->client_auth == HTTP_CLIENT_AUTH_OFF ? 0 : generation;
    if (SSL_CTX_set_cipher_list(context, TLS12_CIPHERS) != 1 ||
        SSL_CTX_set1_groups_list(context, GROUPS) != 1 || !http_tickets_use(context) ||
        SSL_CTX_set_session_id_context(context, (const unsigned char *)&id, sizeof id) != 1) {
        char reason[256];
        tls_reason(reason, sizeof reason);
        return error_set(err, STATUS_UNSUPPORTED, "TLS cannot be set up: %s", reason);
    }
    return config->client_auth == HTTP_CLIENT_AUTH_OFF
               ? STATUS_OK
               : demand_client_certificates(context, config, err);
}

// --- Certificates ------------------------------------------------------------------------------------------------------
static bool add_name(struct arena *arena, struct http_certificate *certificate, const char *text,
                     size_t len) {
    certificate->names[certificate->name_count] = arena_copy(arena, str_make(text, len));
    return certificate->names[certificate->name_count++].data != NULL;
}

static bool read_alternatives(struct arena *arena, struct http_certificate *certificate,
                              const GENERAL_NAMES *names) {
    int count = sk_GENERAL_NAME_num(names);
    certificate->names = arena_alloc_array(arena, (size_t)count + 1, sizeof *certificate->names);
    bool ok = certificate->names != NULL;
    for (int i = 0; i < count && ok; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type == GEN_DNS) {
            ok = add_name(arena, certificate, (const char *)ASN1_STRING_get0_data(name->d.dNSName),
                          (size_t)ASN1_STRING_length(name->d.dNSName));
        }
    }
    return ok;
}

// The common name counts only when there are no others (RFC 6125 6.4.4).
static bool read_names(struct arena *arena, struct http_certificate *certificate, X509 *x509) {
    GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
    if (names) {
        bool ok = read_alternatives(arena, certificate, names);
        GENERAL_NAMES_free(names);
        return ok;
    }
    certificate->names = arena_alloc_array(arena, 1, sizeof *certificate->names);
    char common[256];
    int len = X509_NAME_get_text_by_NID(X509_get_subject_name(x509), NID_commonName, common,
                                        (int)sizeof common);
    return certificate->names && (len <= 0 || add_name(arena, certificate, common, (size_t)len));
}

static void read_expiry(const struct http_certificates_config *config, struct str file,
                        struct http_certificate *certificate, X509 *x509) {
    struct tm end;
    certificate->expires_ms = INT64_MAX;
    if (ASN1_TIME_to_tm(X509_get0_notAfter(x509), &end) == 1) {
        certificate->expires_ms = (int64_t)timegm(&end) * 1000;
    }
    int64_t left = certificate->expires_ms - config->clock->wall_ms(config->clock);
    if (left < EXPIRES_SOON_MS) {
        LOG_WARN("http", left < 0 ? "a certificate has expired" : "a certificate expires soon",
                 LOG_STR("file", file), LOG_INT("hours", left / 3600000));
    }
}

static enum status read_certificate(struct http_certificate_set *set, size_t index,
                                    unsigned generation, struct error *err) {
    const struct http_certificates_config *config = &set->owner->config;
    struct http_certificate *certificate = &set->certificates[index];
    struct str chain;
    struct str key;
    http_certificate_files(config->files[index], &chain, &key);
    certificate->context = SSL_CTX_new(TLS_server_method());
    if (!certificate->context) {
        ERR_clear_error();
        return error_set(err, STATUS_NO_MEMORY, "no memory for TLS");
    }
    enum status status = set_up(certificate->context, config, generation, err);
    if (status == STATUS_OK) {
        status = tls_load_certificate(certificate->context, chain, key, err);
    }
    if (status != STATUS_OK) {
        return status;
    }
    X509 *x509 = SSL_CTX_get0_certificate(certificate->context);
    if (!read_names(&set->arena, certificate, x509)) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for certificates");
    }
    read_expiry(config, chain, certificate, x509);
    return STATUS_OK;
}

enum status http_certificate_set_make(struct http_certificates *owner,
                                      struct http_certificate_set **out, struct error *err) {
    size_t count = owner->config.file_count;
    struct http_certificate_set *set = calloc(1, sizeof *set + count * sizeof set->certificates[0]);
    if (!set) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for certificates");
    }
    unsigned generation = atomic_fetch_add(&owner->generation, 1) + 1;
    arena_init(&set->arena, 1024, 0);
    atomic_init(&set->references, 1);
    set->owner = owner;
    set->count = count;
    for (size_t i = 0; i < count; i++) {
        enum status status = read_certificate(set, i, generation, err);
        if (status != STATUS_OK) {
            http_certificate_set_release(set);
            return status;
        }
    }
    *out = set;
    return STATUS_OK;
}

void http_certificate_set_release(struct http_certificate_set *set) {
    if (set && atomic_fetch_sub_explicit(&set->references, 1, memory_order_acq_rel) == 1) {
        for (size_t i = 0; i < set->count; i++) {
            SSL_CTX_free(set->certificates[i].context);
        }
        arena_free(&set->arena);
        free(set);
    }
}

// --- Connections -------------------------------------------------------------------------------------------------------
static int set_index = -1; // made once and never changed
static pthread_once_t set_once = PTHREAD_ONCE_INIT;

static void release_set(void *parent, void *value, CRYPTO_EX_DATA *data, int index, long number,
                        void *pointer) {
    struct http_certificate_set *set = value;
    (void)parent;
    (void)data;
    (void)index;
    (void)number;
    (void)pointer;
    if (set) {
        struct http_certificates *owner = set->owner;
        http_certificate_set_release(set);
        http_certificates_release(owner);
    }
}

static void make_set_index(void) {
    set_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, release_set);
}

struct http_certificate_set *http_certificate_set_of(const SSL *ssl) {
    return SSL_get_ex_data(ssl, set_index);
}

enum status http_tls_accept(struct http_transport *transport,
                            struct http_certificates *certificates) {
    pthread_once(&set_once, make_set_index);
    pthread_mutex_lock(&certificates->mutex);
    struct http_certificate_set *set = certificates->current;
    atomic_fetch_add_explicit(&set->references, 1, memory_order_relaxed);
    pthread_mutex_unlock(&certificates->mutex);
    (void)http_certificates_hold(certificates);
    SSL *ssl = SSL_new(set->certificates[0].context);
    if (!ssl || SSL_set_ex_data(ssl, set_index, set) != 1) {
        http_certificate_set_release(set);
        http_certificates_release(certificates);
        SSL_free(ssl);
        ERR_clear_error();
        return STATUS_NO_MEMORY;
    }
    SSL_set_accept_state(ssl);
    return http_tls_attach(transport, ssl);
}
