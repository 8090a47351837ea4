// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Which keys exist and what their holders may do: an in-memory table that every request asks.
//
// Write keys are public identifiers (compared as text); API keys are secrets of which only a hash is kept. The keyring is filled from
// the store by app/ at start and changed when keys are (and read again when other processes write to the store: auth/refresh.h);
// lookups take a read lock for some tens of nanoseconds.
#ifndef FOOTFALL_AUTH_KEYRING_H
#define FOOTFALL_AUTH_KEYRING_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/random.h"
#include "base/str.h"

// What a route asks for. A route without one is refused when the router is made. Ordered: a higher role may do what a lower one may.
enum auth_access {
    AUTH_ACCESS_PUBLIC = 1, // anyone: health, key-less SDK settings
    AUTH_ACCESS_SEND =
        2, // a write key, in a header, the query or the body; the activity role looks in the body
    AUTH_ACCESS_VIEWER = 3,
    AUTH_ACCESS_EDITOR = 4,
    AUTH_ACCESS_ADMIN = 5,
    AUTH_ACCESS_OWN = 7,    // admin, or the person whose :id the route names first
    AUTH_ACCESS_SELF = 6,   // viewer, or the person whose :id the route names first
    AUTH_ACCESS_CONFIG = 8, // no key: the config role asks for its own user and password
};
enum auth_role {
    AUTH_ROLE_NONE,
    AUTH_ROLE_WRITE,
    AUTH_ROLE_SELF, // of tokens for a person alone; no key has it
    AUTH_ROLE_VIEWER,
    AUTH_ROLE_EDITOR,
    AUTH_ROLE_ADMIN
};
const char *auth_role_name(enum auth_role role);
bool auth_role_from_name(struct str name, enum auth_role *out);
bool auth_allows(enum auth_role role, enum auth_access access);

#define AUTH_PROJECT_MAX 64
#define AUTH_KEY_ID_MAX 64
#define AUTH_SUBJECT_MAX 200

// Who makes a request. exchange->principal points to one (in the exchange's arena) after the gateway let it through.
struct auth_principal {
    enum auth_role role;
    char project[AUTH_PROJECT_MAX + 1]; // "" : may act on every project
    char key_id[AUTH_KEY_ID_MAX +
                1]; // for the access log; of a person "account:...", "self:..." or "outside:..."
    char subject[AUTH_SUBJECT_MAX + 1]; // of a token: whom it is about; "" for keys
};

struct auth_keyring;
MUST_CHECK enum status auth_keyring_make(struct auth_keyring **out);
void auth_keyring_free(struct auth_keyring *keyring);
// secret: the write key itself, or the API key's hash in hex (auth_key_hash). EXISTS when the id or the secret is there already.
MUST_CHECK enum status auth_keyring_add(struct auth_keyring *keyring, struct str id,
                                        struct str project, enum auth_role role, struct str secret);
bool auth_keyring_remove(struct auth_keyring *keyring, struct str id);
struct auth_keyring_key {
    struct str id;
    struct str project;
    enum auth_role role;
    struct str secret;
};
// Makes these keys and projects all there are, in one step for those who look. Of two keys with the same secret the first
// counts. On failure (INVALID, NO_MEMORY) nothing changes.
MUST_CHECK enum status auth_keyring_replace(struct auth_keyring *keyring,
                                            const struct auth_keyring_key *keys, size_t key_count,
                                            const struct str *projects, size_t project_count);
// Projects that exist (a token for every project must name one that does).
MUST_CHECK enum status auth_keyring_add_project(struct auth_keyring *keyring, struct str project);
bool auth_keyring_has_project(const struct auth_keyring *keyring, struct str project);
// Whether there is a key of this id that may do something.
bool auth_keyring_has_key(const struct auth_keyring *keyring, struct str id);
// Changes whenever keys do.
uint64_t auth_keyring_generation(const struct auth_keyring *keyring);
// Fills *out; false when there is no such key. Constant time in the secret's content.
bool auth_keyring_find_write_key(const struct auth_keyring *keyring, struct str write_key,
                                 struct auth_principal *out);
bool auth_keyring_find_api_key(const struct auth_keyring *keyring, struct str api_key,
                               struct auth_principal *out);

// "ff_" + 43 characters base64url (256 bits), and "wk_" + 24 for write keys; NUL-terminated.
#define AUTH_KEY_TEXT_MAX 64
void auth_make_api_key(struct random_source *random, char out[AUTH_KEY_TEXT_MAX]);
void auth_make_write_key(struct random_source *random, char out[AUTH_KEY_TEXT_MAX]);
void auth_make_password(struct random_source *random, char out[AUTH_KEY_TEXT_MAX]);
// BLAKE2b-256 of the key in hex: fit for secrets of 256 random bits.
void auth_key_hash(struct str api_key, char out[65]);
// argon2id (libsodium, interactive limits); slow on purpose: never on a loop thread.
MUST_CHECK enum status auth_password_hash(struct str password, char out[128]);
// The hash of a password that nobody has, of the same cost to verify as any other, made without that cost: for refusing an account that
// does not exist in the time it takes to refuse one that does.
MUST_CHECK enum status auth_password_nobody(struct random_source *random, char out[128]);
bool auth_password_verify(const char *hash, struct str password);

// Credentials of a request's Authorization header: Bearer gives token; Basic gives user and password (decoded into arena).
struct auth_credentials {
    struct str bearer; // data NULL: none
    struct str user;
    struct str password;
};
// INVALID when the header is there and cannot be read.
MUST_CHECK enum status auth_parse_authorization(struct arena *arena, struct str header,
                                                struct auth_credentials *out);

#endif
