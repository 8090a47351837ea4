// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Certificates made on the spot, in a directory of their own.
#include "pki.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DAY 86400

void pki_begin(struct pki *pki) {
    snprintf(pki->directory, sizeof pki->directory, "%s", "/tmp/footfall-pki-XXXXXX");
    assert_non_null(mkdtemp(pki->directory));
}

void pki_end(struct pki *pki) {
    DIR *directory = opendir(pki->directory);
    assert_non_null(directory);
    for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
        unlink(pki_path(pki, entry->d_name)); // "." and ".." stay
    }
    closedir(directory);
    assert_int_equal(rmdir(pki->directory), 0);
}

const char *pki_path(const struct pki *pki, const char *file) {
    static char paths[4][400];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", pki->directory, file);
    return path;
}

const char *pki_pair(const struct pki *pki, const char *name) {
    static char pairs[4][400];
    static unsigned next;
    char *pair = pairs[next++ % 4];
    snprintf(pair, sizeof pairs[0], "%s/%s.pem:%s/%s.key", pki->directory, name, pki->directory,
             name);
    return pair;
}

static FILE *open_file(const struct pki *pki, const char *name, const char *end, const char *mode) {
    char file[300];
    snprintf(file, sizeof file, "%s.%s", name, end);
    FILE *stream = fopen(pki_path(pki, file), mode);
    assert_non_null(stream);
    return stream;
}

static void add_extension(X509 *certificate, X509V3_CTX *context, int kind, const char *value) {
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, context, kind, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static void fill(X509 *certificate, const char *name, enum pki_kind kind, EVP_PKEY *key) {
    static long serial = 1000;
    long from = kind == PKI_EXPIRED ? -2 * DAY : -DAY;
    long until = kind == PKI_EXPIRED ? -DAY : 30 * DAY;
    assert_int_equal(X509_set_version(certificate, 2), 1);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
    X509_gmtime_adj(X509_getm_notBefore(certificate), from);
    X509_gmtime_adj(X509_getm_notAfter(certificate), until);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                               (const unsigned char *)name, -1, -1, 0);
    assert_int_equal(X509_set_pubkey(certificate, key), 1);
}

static void extend(X509 *certificate, X509 *issuer, enum pki_kind kind, const char *names) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    add_extension(certificate, &context, NID_basic_constraints,
                  kind == PKI_AUTHORITY ? "critical,CA:TRUE" : "CA:FALSE");
    if (kind != PKI_AUTHORITY) {
        add_extension(certificate, &context, NID_ext_key_usage,
                      kind == PKI_CLIENT ? "clientAuth" : "serverAuth");
    }
    if (names) {
        add_extension(certificate, &context, NID_subject_alt_name, names);
    }
}

void pki_make(const struct pki *pki, const char *name, const char *issuer, enum pki_kind kind,
              const char *names) {
    EVP_PKEY *key = EVP_EC_gen("P-256");
    EVP_PKEY *signer = key;
    X509 *certificate = X509_new();
    X509 *authority = certificate;
    assert_non_null(key);
    assert_non_null(certificate);
    if (issuer) {
        FILE *file = open_file(pki, issuer, "pem", "r");
        authority = PEM_read_X509(file, NULL, NULL, NULL);
        fclose(file);
        file = open_file(pki, issuer, "key", "r");
        signer = PEM_read_PrivateKey(file, NULL, NULL, NULL);
        fclose(file);
    }
    fill(certificate, name, kind, key);
    assert_int_equal(X509_set_issuer_name(certificate, X509_get_subject_name(authority)), 1);
    extend(certificate, authority, kind, names);
    assert_true(X509_sign(certificate, signer, EVP_sha256()) > 0);
    FILE *file = open_file(pki, name, "pem", "w");
    assert_int_equal(PEM_write_X509(file, certificate), 1);
    fclose(file);
    file = open_file(pki, name, "key", "w");
    assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(file);
    if (issuer) {
        X509_free(authority);
        EVP_PKEY_free(signer);
    }
    X509_free(certificate);
    EVP_PKEY_free(key);
}

void pki_write(const struct pki *pki, const char *file, const char *text) {
    FILE *stream = fopen(pki_path(pki, file), "w");
    assert_non_null(stream);
    assert_true(fputs(text, stream) >= 0);
    fclose(stream);
}

static void copy_file(const struct pki *pki, const char *from, const char *to, const char *end) {
    char text[8192];
    char file[300];
    FILE *stream = open_file(pki, from, end, "r");
    size_t len = fread(text, 1, sizeof text - 1, stream);
    fclose(stream);
    text[len] = '\0';
    snprintf(file, sizeof file, "%s.%s", to, end);
    pki_write(pki, file, text);
}

void pki_copy(const struct pki *pki, const char *from, const char *to) {
    copy_file(pki, from, to, "pem");
    copy_file(pki, from, to, "key");
}
