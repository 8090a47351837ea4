// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A user and a password, compared in a time that tells nothing; what was right once is remembered as a keyed hash.
#include "config/login.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "auth/keyring.h"
#include "base/thread.h"

#define HASH_BYTES 32

struct config_login {
    bool open;
    char *argon; // NULL: the password was given as it is
    unsigned char key[HASH_BYTES];
    unsigned char user[HASH_BYTES];
    pthread_mutex_t hashing; // one at a time: each takes 64 MiB
    pthread_mutex_t lock;    // guards what follows
    bool known;
    unsigned char word[HASH_BYTES]; // hash of what is right
};

static void hash(const struct config_login *login, struct str text, unsigned char out[HASH_BYTES]) {
    const unsigned char *data = (const unsigned char *)(text.data ? text.data : "");
    CHECK(crypto_generichash(out, HASH_BYTES, data, text.len, login->key, sizeof login->key) == 0);
}

enum status config_login_make(struct str username, struct str password,
                              struct random_source *random, struct config_login **out) {
    struct config_login *login = calloc(1, sizeof *login);
    if (!login || sodium_init() < 0) {
        free(login);
        return STATUS_NO_MEMORY;
    }
    login->open = password.len == 0;
    random->fill(random, login->key, sizeof login->key);
    hash(login, username, login->user);
    if (password.len > 7 && sodium_memcmp(password.data, "$argon2", 7) == 0) {
        login->argon = strndup(password.data, password.len);
        if (!login->argon) {
            free(login);
            return STATUS_NO_MEMORY;
        }
    } else {
        hash(login, password, login->word);
        login->known = true;
    }
    thread_must(pthread_mutex_init(&login->lock, NULL));
    thread_must(pthread_mutex_init(&login->hashing, NULL));
    *out = login;
    return STATUS_OK;
}

void config_login_free(struct config_login *login) {
    if (login) {
        thread_must(pthread_mutex_destroy(&login->lock));
        thread_must(pthread_mutex_destroy(&login->hashing));
        free(login->argon);
        sodium_memzero(login, sizeof *login);
        free(login);
    }
}

bool config_login_is_open(const struct config_login *login) {
    return login->open;
}

// *known: the right one is, so that no other has to be hashed.
static bool is_known(struct config_login *login, const unsigned char given[HASH_BYTES],
                     bool *known) {
    thread_must(pthread_mutex_lock(&login->lock));
    *known = login->known;
    bool right = *known && sodium_memcmp(given, login->word, HASH_BYTES) == 0;
    thread_must(pthread_mutex_unlock(&login->lock));
    return right;
}

static bool hash_and_learn(struct config_login *login, struct str password,
                           const unsigned char given[HASH_BYTES]) {
    bool known = false;
    thread_must(pthread_mutex_lock(&login->hashing));
    bool right = is_known(login, given, &known); // somebody may have been here meanwhile
    if (!known && auth_password_verify(login->argon, password)) {
        right = true;
        thread_must(pthread_mutex_lock(&login->lock));
        memcpy(login->word, given, HASH_BYTES);
        login->known = true;
        thread_must(pthread_mutex_unlock(&login->lock));
    }
    thread_must(pthread_mutex_unlock(&login->hashing));
    return right;
}

static bool check_word(struct config_login *login, struct str password) {
    unsigned char given[HASH_BYTES];
    bool known = false;
    hash(login, password, given);
    bool right = is_known(login, given, &known);
    if (!known) {
        right = hash_and_learn(login, password, given);
    }
    sodium_memzero(given, sizeof given);
    return right;
}

bool config_login_check(struct config_login *login, struct str username, struct str password) {
    unsigned char user[HASH_BYTES];
    if (login->open) {
        return true;
    }
    hash(login, username, user);
    bool same = sodium_memcmp(user, login->user, sizeof user) == 0;
    return check_word(login, password) && same;
}
