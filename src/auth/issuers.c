// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What is known of outside issuers, and verifying their tokens.
#include "auth/issuers.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "auth/jwks_fetch.h"
#include "base/log.h"
#include "base/thread.h"

#define FRESH_US (15 * 60 * 1000000LL)
#define LEAST_US (10 * 1000000LL) // between two looks, whatever is asked
#define RULE_ROLES 4

static const struct {
    const char *name;
    enum auth_role role;
} rule_roles[RULE_ROLES] = {{"self", AUTH_ROLE_SELF},
                            {"viewer", AUTH_ROLE_VIEWER},
                            {"editor", AUTH_ROLE_EDITOR},
                            {"admin", AUTH_ROLE_ADMIN}};

struct issuer {
    char *rule; // the texts below point into it
    struct str name, place, audience, role_claim, project_claim, project;
    struct str values[RULE_ROLES]; // of the role claim; data NULL: none
    bool maps;                     // a role has a value
    unsigned algorithms;           // 1 << enum jwt_algorithm
    struct jwks *set;              // NULL: nothing known yet
    int64_t looked_us;
    bool looked, failing;
    atomic_bool wanted; // somebody brought a key that is not in the set
};

struct auth_issuers {
    struct issuer issuers[AUTH_ISSUERS_MAX];
    size_t count;
    pthread_rwlock_t lock; // guards the sets
    _Atomic uint64_t generation;
};

// --- Rules --------------------------------------------------------------------------------------------------------------
static bool read_algorithms(struct str text, unsigned *out) {
    *out = 0;
    while (text.data) {
        enum jwt_algorithm algorithm = JWT_EDDSA;
        if (!jwt_algorithm_from_name(str_cut(&text, '+'), &algorithm) || algorithm == JWT_HS256) {
            return false;
        }
        *out |= 1U << algorithm;
    }
    return true;
}

static bool read_part(struct issuer *issuer, struct str name, struct str value) {
    const struct {
        const char *name;
        struct str *to;
    } texts[] = {{"issuer", &issuer->name},
                 {"jwks", &issuer->place},
                 {"audience", &issuer->audience},
                 {"role_claim", &issuer->role_claim},
                 {"project_claim", &issuer->project_claim},
                 {"project", &issuer->project}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (str_equal(name, str_from_c(texts[i].name))) {
            *texts[i].to = value;
            return value.len > 0;
        }
    }
    for (size_t i = 0; i < RULE_ROLES; i++) {
        if (str_equal(name, str_from_c(rule_roles[i].name))) {
            issuer->values[i] = value;
            issuer->maps = true;
            return value.len > 0;
        }
    }
    return str_equal(name, STR("algorithms")) && read_algorithms(value, &issuer->algorithms);
}

static enum status read_rule(struct issuer *issuer, struct str rule, struct error *err) {
    issuer->rule = strndup(rule.data ? rule.data : "", rule.len);
    if (!issuer->rule) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    issuer->role_claim = STR("role");
    issuer->algorithms = 1U << JWT_RS256 | 1U << JWT_ES256 | 1U << JWT_EDDSA;
    struct str rest = str_from_c(issuer->rule);
    while (rest.data) {
        struct str value = str_cut(&rest, ' ');
        if (value.len == 0) {
            continue;
        }
        struct str name = str_cut(&value, '=');
        if (!value.data || !read_part(issuer, name, value)) {
            return error_set(err, STATUS_INVALID, "\"%.*s\" is no part of an issuer's rule",
                             STR_ARG(name));
        }
    }
    if (issuer->name.len == 0 || issuer->place.len == 0 || issuer->audience.len == 0) {
        return error_set(err, STATUS_INVALID,
                         "issuer=, jwks= and audience= are needed of each outside issuer");
    }
    if (issuer->project.len > AUTH_PROJECT_MAX) {
        return error_set(err, STATUS_INVALID, "project=%.*s is too long", STR_ARG(issuer->project));
    }
    return STATUS_OK;
}

enum status auth_issuers_make(const struct str *rules, size_t count, struct auth_issuers **out,
                              struct error *err) {
    if (count > AUTH_ISSUERS_MAX) {
        return error_set(err, STATUS_INVALID, "at most %d outside issuers are possible",
                         AUTH_ISSUERS_MAX);
    }
    struct auth_issuers *issuers = calloc(1, sizeof *issuers);
    if (!issuers) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    thread_must(pthread_rwlock_init(&issuers->lock, NULL));
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        issuers->count++;
        status = read_rule(&issuers->issuers[i], rules[i], err);
    }
    if (status != STATUS_OK) {
        auth_issuers_free(issuers);
        return status;
    }
    *out = issuers;
    return STATUS_OK;
}

void auth_issuers_free(struct auth_issuers *issuers) {
    if (issuers) {
        for (size_t i = 0; i < issuers->count; i++) {
            jwks_free(issuers->issuers[i].set);
            free(issuers->issuers[i].rule);
        }
        thread_must(pthread_rwlock_destroy(&issuers->lock));
        free(issuers);
    }
}

uint64_t auth_issuers_generation(const struct auth_issuers *issuers) {
    return issuers ? issuers->generation : 0;
}

// --- Key sets -----------------------------------------------------------------------------------------------------------
static void look(struct auth_issuers *issuers, struct issuer *issuer) {
    struct jwks *set = NULL;
    struct error err = {STATUS_OK, ""};
    enum status status = jwks_fetch(issuer->place, &set, &err);
    if (status != STATUS_OK) {
        if (!issuer->failing) {
            LOG_WARN("auth",
                     "the keys of an outside issuer cannot be read; those known go on working",
                     LOG_STR("issuer", issuer->name), LOG_CSTR("reason", err.text));
        }
        issuer->failing = true;
        return;
    }
    if (issuer->failing) {
        LOG_INFO("auth", "the keys of an outside issuer can be read again",
                 LOG_STR("issuer", issuer->name));
    }
    issuer->failing = false;
    thread_must(pthread_rwlock_wrlock(&issuers->lock));
    struct jwks *old = issuer->set;
    issuer->set = set;
    issuers->generation++;
    thread_must(pthread_rwlock_unlock(&issuers->lock));
    jwks_free(old);
}

void auth_issuers_look(struct auth_issuers *issuers, int64_t mono_us) {
    for (size_t i = 0; issuers && i < issuers->count; i++) {
        struct issuer *issuer = &issuers->issuers[i];
        int64_t ago = mono_us - issuer->looked_us;
        bool wanted = issuer->wanted || issuer->failing || ago >= FRESH_US;
        if (!issuer->looked || (wanted && ago >= LEAST_US)) {
            issuer->looked = true;
            issuer->looked_us = mono_us;
            issuer->wanted = false;
            look(issuers, issuer);
        }
    }
}

// --- Verifying ----------------------------------------------------------------------------------------------------------
static bool claim_has(const struct json_value *claim, struct str text) {
    if (!claim || !text.data) {
        return false;
    }
    if (json_is_string(claim)) {
        return str_equal(claim->text, text);
    }
    for (const struct json_value *one = claim->type == JSON_ARRAY ? claim->child : NULL; one;
         one = one->next) {
        if (json_is_string(one) && str_equal(one->text, text)) {
            return true;
        }
    }
    return false;
}

static enum auth_role find_role(const struct issuer *issuer, const struct json_value *claims) {
    const struct json_value *claim = json_get(claims, issuer->role_claim);
    enum auth_role role = AUTH_ROLE_NONE;
    for (size_t i = 0; i < RULE_ROLES; i++) {
        struct str value = issuer->maps ? issuer->values[i] : str_from_c(rule_roles[i].name);
        if (claim_has(claim, value)) {
            role = rule_roles[i].role; // the later is the higher
        }
    }
    return role;
}

static bool set_text(char *out, size_t size, struct str text) {
    if (text.len >= size || (text.len > 0 && memchr(text.data, '\0', text.len))) {
        return false;
    }
    (void)snprintf(out, size, "%.*s", STR_ARG(text));
    return true;
}

static enum status read_principal(const struct issuer *issuer, const struct json_value *claims,
                                  struct auth_principal *out, struct error *err) {
    struct str project = issuer->project;
    struct str subject = json_get_string(claims, STR("sub"));
    *out = (struct auth_principal){.role = find_role(issuer, claims)};
    if (issuer->project_claim.data) {
        project = json_get_string(claims, issuer->project_claim);
        if (project.len == 0) {
            return error_set(err, STATUS_DENIED, "it names no project");
        }
    }
    bool whole = subject.len > 0 && set_text(out->subject, sizeof out->subject, subject) &&
                 set_text(out->project, sizeof out->project, project) &&
                 (out->role != AUTH_ROLE_SELF || out->project[0]);
    if (out->role == AUTH_ROLE_NONE || !whole) {
        return error_set(err, STATUS_DENIED, "it names no role, subject or project that is known");
    }
    uint64_t digest = str_hash(subject, str_hash(issuer->name, 0));
    (void)snprintf(out->key_id, sizeof out->key_id, "outside:%016llx", (unsigned long long)digest);
    return STATUS_OK;
}

static enum status verify(struct issuer *issuer, const struct jwt *jwt, int64_t now_s,
                          int64_t *expires_s, struct error *err) {
    const struct jwt_key *key = issuer->set ? jwks_find(issuer->set, jwt->kid) : NULL;
    if (!key) {
        issuer->wanted = true;
        return error_set(err, STATUS_NOT_FOUND, "its key is not known");
    }
    if (!(issuer->algorithms & 1U << jwt_key_algorithm(key))) {
        return error_set(err, STATUS_DENIED, "its algorithm is not allowed for its issuer");
    }
    struct jwt_expected expected = {issuer->name, issuer->audience, now_s};
    enum status status = jwt_verify(jwt, key, err);
    return status == STATUS_OK ? jwt_check_claims(jwt->claims, &expected, expires_s, err) : status;
}

enum status auth_issuers_verify(struct auth_issuers *issuers, const struct jwt *jwt, int64_t now_s,
                                struct auth_principal *out, int64_t *expires_s, struct error *err) {
    struct str name = json_get_string(jwt->claims, STR("iss"));
    enum status status = STATUS_OK;
    for (size_t i = 0; i < issuers->count; i++) {
        struct issuer *issuer = &issuers->issuers[i];
        if (str_equal(issuer->name, name)) {
            thread_must(pthread_rwlock_rdlock(&issuers->lock));
            status = verify(issuer, jwt, now_s, expires_s, err);
            thread_must(pthread_rwlock_unlock(&issuers->lock));
            return status == STATUS_OK ? read_principal(issuer, jwt->claims, out, err) : status;
        }
    }
    return error_set(err, STATUS_DENIED, "it is from another issuer");
}
