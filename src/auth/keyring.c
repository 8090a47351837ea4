// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The keyring: a small open-addressing table under a read-write lock.
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

#include "auth/keyring.h"

// Keys are found by a hash of their secret text, which for write keys is the key and for API keys the hex hash. The comparison
// after the hash matched is in constant time; how long the hash walk takes tells nothing about secrets, because what is hashed
// for API keys is itself a cryptographic hash.
struct entry {
    char *secret; // NULL: free
    size_t secret_len;
    struct auth_principal principal;
};

struct auth_keyring {
    pthread_rwlock_t lock;
    struct entry *entries; // open addressing, capacity a power of two
    size_t capacity;
    size_t count;
    char **projects;
    size_t project_count;
};

enum status auth_keyring_make(struct auth_keyring **out) {
    if (sodium_init() < 0) {
        return STATUS_UNAVAILABLE;
    }
    struct auth_keyring *keyring = calloc(1, sizeof *keyring);
    if (!keyring) {
        return STATUS_NO_MEMORY;
    }
    keyring->capacity = 16;
    keyring->entries = calloc(keyring->capacity, sizeof *keyring->entries);
    if (!keyring->entries) {
        free(keyring);
        return STATUS_NO_MEMORY;
    }
    pthread_rwlock_init(&keyring->lock, NULL);
    *out = keyring;
    return STATUS_OK;
}

void auth_keyring_free(struct auth_keyring *keyring) {
    if (!keyring) {
        return;
    }
    for (size_t i = 0; i < keyring->capacity; i++) {
        free(keyring->entries[i].secret);
    }
    for (size_t i = 0; i < keyring->project_count; i++) {
        free(keyring->projects[i]);
    }
    free(keyring->projects);
    free(keyring->entries);
    pthread_rwlock_destroy(&keyring->lock);
    free(keyring);
}

static struct entry *find_slot(struct entry *entries, size_t capacity, struct str secret) {
    size_t at = (size_t)str_hash(secret, 0) & (capacity - 1);
    while (entries[at].secret) {
        if (entries[at].secret_len == secret.len &&
            sodium_memcmp(entries[at].secret, secret.data, secret.len) == 0) {
            break;
        }
        at = (at + 1) & (capacity - 1);
    }
    return &entries[at];
}

// Moves all entries but the one with `without` (NULL: none) into a new table.
static enum status rebuild(struct auth_keyring *keyring, size_t capacity, struct entry *without) {
    struct entry *entries = calloc(capacity, sizeof *entries);
    if (!entries) {
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < keyring->capacity; i++) {
        struct entry *entry = &keyring->entries[i];
        if (entry->secret && entry != without) {
            *find_slot(entries, capacity, str_make(entry->secret, entry->secret_len)) = *entry;
        }
    }
    free(keyring->entries);
    keyring->entries = entries;
    keyring->capacity = capacity;
    return STATUS_OK;
}

static struct entry *find_id(const struct auth_keyring *keyring, struct str id) {
    for (size_t i = 0; i < keyring->capacity; i++) {
        struct entry *entry = &keyring->entries[i];
        if (entry->secret && str_equal(id, str_from_c(entry->principal.key_id))) {
            return entry;
        }
    }
    return NULL;
}

static enum status insert(struct auth_keyring *keyring, struct str secret,
                          const struct auth_principal *principal) {
    if (find_id(keyring, str_from_c(principal->key_id))) {
        return STATUS_EXISTS;
    }
    if ((keyring->count + 1) * 2 > keyring->capacity) {
        enum status status = rebuild(keyring, keyring->capacity * 2, NULL);
        if (status != STATUS_OK) {
            return status;
        }
    }
    struct entry *slot = find_slot(keyring->entries, keyring->capacity, secret);
    if (slot->secret) {
        return STATUS_EXISTS;
    }
    slot->secret = strndup(secret.data, secret.len);
    if (!slot->secret) {
        return STATUS_NO_MEMORY;
    }
    slot->secret_len = secret.len;
    slot->principal = *principal;
    keyring->count++;
    return STATUS_OK;
}

enum status auth_keyring_add(struct auth_keyring *keyring, struct str id, struct str project,
                             enum auth_role role, struct str secret) {
    if (id.len == 0 || id.len > AUTH_KEY_ID_MAX || project.len > AUTH_PROJECT_MAX ||
        secret.len == 0) {
        return STATUS_INVALID;
    }
    struct auth_principal principal = {.role = role};
    memcpy(principal.key_id, id.data, id.len);
    if (project.len > 0) {
        memcpy(principal.project, project.data, project.len);
    }
    pthread_rwlock_wrlock(&keyring->lock);
    enum status status = insert(keyring, secret, &principal);
    pthread_rwlock_unlock(&keyring->lock);
    return status;
}

bool auth_keyring_remove(struct auth_keyring *keyring, struct str id) {
    pthread_rwlock_wrlock(&keyring->lock);
    struct entry *entry = find_id(keyring, id);
    bool removed = false;
    if (entry) {
        char *secret = entry->secret;
        if (rebuild(keyring, keyring->capacity, entry) == STATUS_OK) {
            keyring->count--;
            free(secret);
            removed = true;
        } else {
            // Without memory for a new table the key must stop working all the same.
            sodium_memzero(entry->secret, entry->secret_len);
            entry->principal.role = AUTH_ROLE_NONE;
            entry->principal.key_id[0] = '\0';
            removed = true;
        }
    }
    pthread_rwlock_unlock(&keyring->lock);
    return removed;
}

static bool has_project(const struct auth_keyring *keyring, struct str project) {
    for (size_t i = 0; i < keyring->project_count; i++) {
        if (str_equal(project, str_from_c(keyring->projects[i]))) {
            return true;
        }
    }
    return false;
}

enum status auth_keyring_add_project(struct auth_keyring *keyring, struct str project) {
    enum status status = STATUS_NO_MEMORY;
    pthread_rwlock_wrlock(&keyring->lock);
    if (has_project(keyring, project)) {
        status = STATUS_EXISTS;
        goto out;
    }
    char **projects = realloc(keyring->projects, (keyring->project_count + 1) * sizeof *projects);
    if (!projects) {
        goto out;
    }
    keyring->projects = projects;
    char *copy = strndup(project.data, project.len);
    if (!copy) {
        goto out;
    }
    projects[keyring->project_count++] = copy;
    status = STATUS_OK;
out:
    pthread_rwlock_unlock(&keyring->lock);
    return status;
}

// The lock is the only thing that changes under a const keyring.
static pthread_rwlock_t *lock_of(const struct auth_keyring *keyring) {
    return (pthread_rwlock_t *)(uintptr_t)&keyring->lock;
}

bool auth_keyring_has_project(const struct auth_keyring *keyring, struct str project) {
    pthread_rwlock_rdlock(lock_of(keyring));
    bool found = has_project(keyring, project);
    pthread_rwlock_unlock(lock_of(keyring));
    return found;
}

static bool find(const struct auth_keyring *keyring, struct str secret, bool write_key,
                 struct auth_principal *out) {
    if (secret.len == 0) {
        return false;
    }
    pthread_rwlock_rdlock(lock_of(keyring));
    const struct entry *entry = find_slot(keyring->entries, keyring->capacity, secret);
    bool found = entry->secret && entry->principal.role != AUTH_ROLE_NONE &&
                 (entry->principal.role == AUTH_ROLE_WRITE) == write_key;
    if (found) {
        *out = entry->principal;
    }
    pthread_rwlock_unlock(lock_of(keyring));
    return found;
}

bool auth_keyring_find_write_key(const struct auth_keyring *keyring, struct str write_key,
                                 struct auth_principal *out) {
    return find(keyring, write_key, true, out);
}

bool auth_keyring_find_api_key(const struct auth_keyring *keyring, struct str api_key,
                               struct auth_principal *out) {
    char hash[65];
    auth_key_hash(api_key, hash);
    return find(keyring, str_make(hash, 64), false, out);
}
