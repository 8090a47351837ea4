// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Checks of certificates that the settings name: those that are shown, their keys, and the authorities that are trusted.
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/tls.h"
#include "doctor/private.h"

#define SOON_MS (14LL * 24 * 60 * 60 * 1000)
#define DAY_MS (24LL * 60 * 60 * 1000)
#define CERTIFICATES_MAX 1000 // of a file; the machine's authorities are some 140

// A file of certificates, and the key of the first of them.
struct shown {
    struct doctor *doctor;
    const char *setting;
    const char *path;
    STACK_OF(X509) * chain;
    bool server; // clients judge it by its names
};

static const char *name_of(const X509 *certificate, char out[256]) {
    X509_NAME_oneline(X509_get_subject_name(certificate), out, 256);
    return out;
}

// --- Files --------------------------------------------------------------------------------------------------------------

static void tell_unusable(struct doctor *doctor, const char *setting, const char *path,
                          const char *why) {
    doctor_tell(doctor, DOCTOR_CERTIFICATES_FILE, DOCTOR_PROBLEM,
                "Put a PEM file there that the user Footfall runs as can read.", "%s: %s: %s",
                setting, path, why);
}

// NULL: told.
static STACK_OF(X509) * read_chain(struct doctor *doctor, const char *setting, const char *path) {
    STACK_OF(X509) *chain = sk_X509_new_null();
    FILE *file = fopen(path, "re");
    X509 *certificate;
    if (!file || !chain) {
        tell_unusable(doctor, setting, path, file ? "out of memory" : strerror(errno));
    }
    while (file && chain && sk_X509_num(chain) < CERTIFICATES_MAX &&
           (certificate = PEM_read_X509(file, NULL, NULL, NULL)) != NULL) {
        if (sk_X509_push(chain, certificate) == 0) {
            X509_free(certificate);
            break;
        }
    }
    if (file && chain && sk_X509_num(chain) == 0) {
        char reason[256];
        tls_reason(reason, sizeof reason);
        tell_unusable(doctor, setting, path, reason);
    }
    ERR_clear_error(); // the end of a file is an error to OpenSSL
    if (file) {
        (void)fclose(file);
    }
    if (chain && sk_X509_num(chain) == 0) {
        sk_X509_free(chain);
        chain = NULL;
    }
    return chain;
}

// Never asks a person.
static int no_pass_phrase(char *out, int size, int writing, void *context) {
    (void)out;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

static void examine_key(const struct shown *shown, const char *path) {
    struct stat about;
    FILE *file = fopen(path, "re");
    if (!file || fstat(fileno(file), &about) != 0) {
        tell_unusable(shown->doctor, shown->setting, path, strerror(errno));
        if (file) {
            (void)fclose(file);
        }
        return;
    }
    if ((about.st_mode & S_IRWXO) != 0) {
        doctor_tell(shown->doctor, DOCTOR_CERTIFICATES_FILE, DOCTOR_PROBLEM,
                    "chmod 0600 it (or 0640 with a group of Footfall's own), and make a new key if "
                    "others were on this machine.",
                    "%s: every user of this machine can read the key %s", shown->setting, path);
    }
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, no_pass_phrase, NULL);
    (void)fclose(file);
    X509 *first = sk_X509_value(shown->chain, 0);
    if (!key) {
        char reason[256];
        tls_reason(reason, sizeof reason);
        doctor_tell(shown->doctor, DOCTOR_CERTIFICATES_KEY, DOCTOR_PROBLEM,
                    "Give a PEM file with a key that has no pass phrase.",
                    "%s: %s has no key that can be used: %s", shown->setting, path, reason);
    } else if (X509_check_private_key(first, key) != 1) {
        doctor_tell(
            shown->doctor, DOCTOR_CERTIFICATES_KEY, DOCTOR_PROBLEM,
            "Put certificate and key of the same renewal there; Footfall does not start, or "
            "goes on with the old ones.",
            "%s: the key %s belongs to another certificate than %s", shown->setting, path,
            shown->path);
    } else {
        doctor_tell(shown->doctor, DOCTOR_CERTIFICATES_KEY, DOCTOR_OK, "",
                    "%s: the key %s belongs to %s", shown->setting, path, shown->path);
    }
    ERR_clear_error();
    EVP_PKEY_free(key);
}

// --- Time ---------------------------------------------------------------------------------------------------------------

static int64_t ms_of(const ASN1_TIME *time) {
    int days = 0, seconds = 0;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    bool known = epoch && ASN1_TIME_diff(&days, &seconds, epoch, time) == 1;
    ASN1_TIME_free(epoch);
    return known ? days * DAY_MS + seconds * 1000LL : 0;
}

static void examine_expiry(struct doctor *doctor, const char *setting, const char *path,
                           const X509 *certificate) {
    static const char renew[] = "Renew it and put the new files in place; they are read again by "
                                "themselves. FootfallCertificateExpires in docs/runbook.md.";
    int64_t now = doctor->config->clock->wall_ms(doctor->config->clock);
    int64_t begins = ms_of(X509_get0_notBefore(certificate));
    int64_t ends = ms_of(X509_get0_notAfter(certificate));
    char name[256], when[CLOCK_RFC3339_LEN + 1];
    name_of(certificate, name);
    clock_format_rfc3339(now < begins ? begins : ends, when);
    if (now < begins) {
        doctor_tell(doctor, DOCTOR_CERTIFICATES_EXPIRY, DOCTOR_PROBLEM,
                    "Wait, use another one, or set the clock.",
                    "%s: %s in %s is not valid before %s", setting, name, path, when);
    } else if (now >= ends) {
        doctor_tell(doctor, DOCTOR_CERTIFICATES_EXPIRY, DOCTOR_PROBLEM, renew,
                    "%s: %s in %s ended at %s", setting, name, path, when);
    } else if (ends - now < SOON_MS) {
        doctor_tell(doctor, DOCTOR_CERTIFICATES_EXPIRY, DOCTOR_WARNING, renew,
                    "%s: %s in %s ends in %lld days, at %s", setting, name, path,
                    (long long)((ends - now) / DAY_MS), when);
    } else {
        doctor_tell(doctor, DOCTOR_CERTIFICATES_EXPIRY, DOCTOR_OK, "",
                    "%s: %s in %s is valid until %s", setting, name, path, when);
    }
}

// --- Chain --------------------------------------------------------------------------------------------------------------

// Why the machine's authorities do not vouch for it; NULL: they do.
static const char *why_not_trusted(STACK_OF(X509) * chain) {
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *check = X509_STORE_CTX_new();
    const char *why = "out of memory";
    if (store && check && X509_STORE_set_default_paths(store) == 1 &&
        X509_STORE_CTX_init(check, store, sk_X509_value(chain, 0), chain) == 1) {
        X509_VERIFY_PARAM *rules = X509_STORE_CTX_get0_param(check);
        (void)X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_NO_CHECK_TIME); // told apart
        why = X509_verify_cert(check) == 1
                  ? NULL
                  : X509_verify_cert_error_string(X509_STORE_CTX_get_error(check));
    }
    X509_STORE_CTX_free(check);
    X509_STORE_free(store);
    ERR_clear_error();
    return why;
}

static void examine_chain(const struct shown *shown) {
    char name[256];
    for (int i = 0; i + 1 < sk_X509_num(shown->chain); i++) {
        if (X509_check_issued(sk_X509_value(shown->chain, i + 1), sk_X509_value(shown->chain, i)) !=
            X509_V_OK) {
            doctor_tell(
                shown->doctor, DOCTOR_CERTIFICATES_CHAIN, DOCTOR_PROBLEM,
                "Order the file: the server's own certificate, then that of who issued it, and "
                "so on; take out what does not belong to it.",
                "%s: in %s, certificate %d is not issued by the one behind it: %s", shown->setting,
                shown->path, i + 1, name_of(sk_X509_value(shown->chain, i), name));
            return;
        }
    }
    const char *why = shown->server ? why_not_trusted(shown->chain) : NULL;
    if (why) {
        doctor_tell(
            shown->doctor, DOCTOR_CERTIFICATES_CHAIN, DOCTOR_WARNING,
            "Append the certificates of its issuers to the file. With an authority of your own, "
            "clients must know that.",
            "%s: clients that trust public authorities alone refuse %s: %s", shown->setting,
            shown->path, why);
    } else {
        doctor_tell(shown->doctor, DOCTOR_CERTIFICATES_CHAIN, DOCTOR_OK, "",
                    "%s: the chain of %s is in order", shown->setting, shown->path);
    }
}

// --- Names --------------------------------------------------------------------------------------------------------------

// The host of public_url; empty: none is set.
static void public_host(struct doctor *doctor, char out[256]) {
    struct str url = settings_string(doctor->settings, "public_url");
    struct str rest =
        str_starts_with(url, STR("https://")) ? str_make(url.data + 8, url.len - 8) : STR_EMPTY;
    struct str authority = str_cut(&rest, '/');
    struct str host = str_cut(&authority, ':');
    (void)snprintf(out, 256, "%.*s", STR_ARG(host));
}

static void examine_names(const struct shown *shown) {
    GENERAL_NAMES *names =
        X509_get_ext_d2i(sk_X509_value(shown->chain, 0), NID_subject_alt_name, NULL, NULL);
    int count = names ? sk_GENERAL_NAME_num(names) : 0;
    GENERAL_NAMES_free(names);
    doctor_tell(
        shown->doctor, DOCTOR_CERTIFICATES_NAMES, count > 0 ? DOCTOR_OK : DOCTOR_PROBLEM,
        count > 0 ? ""
                  : "Have it made with subjectAltName; clients have not looked at the common "
                    "name for years.",
        count > 0 ? "%s: %s is for %d names" : "%s: %s has no names (%d): all clients refuse it",
        shown->setting, shown->path, count);
}

static bool is_for(STACK_OF(X509) * chain, const char *host) {
    X509 *first = sk_X509_value(chain, 0);
    return X509_check_host(first, host, 0, 0, NULL) == 1 || X509_check_ip_asc(first, host, 0) == 1;
}

// --- All of them --------------------------------------------------------------------------------------------------------

static STACK_OF(X509) * examine_shown(struct doctor *doctor, const char *setting, const char *path,
                                      const char *key, bool server) {
    struct shown shown = {doctor, setting, path, read_chain(doctor, setting, path), server};
    if (!shown.chain) {
        return NULL;
    }
    examine_key(&shown, key[0] ? key : path);
    for (int i = 0; i < sk_X509_num(shown.chain); i++) {
        examine_expiry(doctor, setting, path, sk_X509_value(shown.chain, i));
    }
    examine_chain(&shown);
    if (server) {
        examine_names(&shown);
    }
    return shown.chain;
}

static void examine_public(struct doctor *doctor) {
    const struct str *items = NULL;
    size_t count = settings_list(doctor->settings, "tls.certificates", &items);
    char host[256];
    bool named = false;
    public_host(doctor, host);
    for (size_t i = 0; i < count; i++) {
        char path[DOCTOR_PATH_MAX], key[DOCTOR_PATH_MAX];
        struct str rest = items[i];
        struct str first = str_cut(&rest, ':');
        if (!doctor_path(first, path) || !doctor_path(rest, key)) {
            continue;
        }
        STACK_OF(X509) *chain = examine_shown(doctor, "tls.certificates", path, key, true);
        named = named || (chain && is_for(chain, host));
        sk_X509_pop_free(chain, X509_free);
    }
    if (count > 0 && host[0] && !named) {
        doctor_tell(doctor, DOCTOR_CERTIFICATES_NAMES, DOCTOR_PROBLEM,
                    "Have one made for that name, or correct public_url.",
                    "public_url is https://%s, and no certificate is for that name", host);
    } else if (count == 0 && settings_string(doctor->settings, "tls.listen").len > 0) {
        doctor_tell(doctor, DOCTOR_CERTIFICATES_FILE, DOCTOR_PROBLEM,
                    "Set tls.certificates to CHAIN.pem:KEY.pem.",
                    "tls.listen is set, and there is no certificate");
    }
}

static void examine_authorities(struct doctor *doctor, const char *setting, struct str file) {
    char path[DOCTOR_PATH_MAX];
    if (file.len == 0 || !doctor_path(file, path)) {
        return;
    }
    STACK_OF(X509) *authorities = read_chain(doctor, setting, path);
    for (int i = 0; authorities && i < sk_X509_num(authorities); i++) {
        examine_expiry(doctor, setting, path, sk_X509_value(authorities, i));
    }
    sk_X509_pop_free(authorities, X509_free);
}

static void examine_own(struct doctor *doctor, const char *setting, struct str certificate,
                        struct str key) {
    char path[DOCTOR_PATH_MAX], key_path[DOCTOR_PATH_MAX];
    if (certificate.len > 0 && doctor_path(certificate, path) && doctor_path(key, key_path)) {
        sk_X509_pop_free(examine_shown(doctor, setting, path, key_path, false), X509_free);
    }
}

void doctor_examine_certificates(struct doctor *doctor) {
    const struct settings *settings = doctor->settings;
    if (settings_string(settings, "tls.listen").len > 0) {
        examine_public(doctor);
        examine_authorities(doctor, "tls.client_ca", settings_string(settings, "tls.client_ca"));
    }
    examine_own(doctor, "gateway.tls_certificate",
                settings_string(settings, "gateway.tls_certificate"),
                settings_string(settings, "gateway.tls_key"));
    examine_authorities(doctor, "gateway.tls_ca", settings_string(settings, "gateway.tls_ca"));
    for (size_t i = 0; i < settings_entries(settings, "upstreams"); i++) {
        examine_own(doctor, "upstreams[].tls_certificate",
                    settings_entry_string(settings, "upstreams[].tls_certificate", i),
                    settings_entry_string(settings, "upstreams[].tls_key", i));
        examine_authorities(doctor, "upstreams[].tls_ca",
                            settings_entry_string(settings, "upstreams[].tls_ca", i));
    }
    if (settings_bool(settings, "cassandra.tls")) {
        examine_own(doctor, "cassandra.tls_certificate",
                    settings_string(settings, "cassandra.tls_certificate"),
                    settings_string(settings, "cassandra.tls_key"));
        examine_authorities(doctor, "cassandra.tls_ca",
                            settings_string(settings, "cassandra.tls_ca"));
    }
    examine_authorities(doctor, "mail.ca_file", settings_string(settings, "mail.ca_file"));
    examine_authorities(doctor, "config.import_ca", settings_string(settings, "config.import_ca"));
}
