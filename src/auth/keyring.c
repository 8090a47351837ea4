// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The keyring: a small open-addressing table under a read-write lock.
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
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
    _Atomic uint64_t generation;
    uint64_t digest;       // of what auth_keyring_replace was given; 0: changed since
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

static void forget_content(struct auth_keyring *keyring) {
    for (size_t i = 0; i < keyring->capacity; i++) {
        free(keyring->entries[i].secret);
    }
    for (size_t i = 0; i < keyring->project_count; i++) {
        free(keyring->projects[i]);
    }
    free(keyring->projects);
    free(keyring->entries);
}

void auth_keyring_free(struct auth_keyring *keyring) {
    if (keyring) {
        forget_content(keyring);
        pthread_rwlock_destroy(&keyring->lock);
        free(keyring);
    }
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

static enum status make_principal(const struct auth_keyring_key *key, struct auth_principal *out) {
    if (key->id.len == 0 || key->id.len > AUTH_KEY_ID_MAX || key->project.len > AUTH_PROJECT_MAX ||
        key->secret.len == 0) {
        return STATUS_INVALID;
    }
    *out = (struct auth_principal){.role = key->role};
    memcpy(out->key_id, key->id.data, key->id.len);
    if (key->project.len > 0) {
        memcpy(out->project, key->project.data, key->project.len);
    }
    return STATUS_OK;
}

enum status auth_keyring_add(struct auth_keyring *keyring, struct str id, struct str project,
                             enum auth_role role, struct str secret) {
    const struct auth_keyring_key key = {id, project, role, secret};
    struct auth_principal principal;
    if (make_principal(&key, &principal) != STATUS_OK) {
        return STATUS_INVALID;
    }
    pthread_rwlock_wrlock(&keyring->lock);
    keyring->digest = 0;
    keyring->generation++;
    enum status status = STATUS_EXISTS;
    if (!find_id(keyring, id)) {
        status = insert(keyring, secret, &principal);
    }
    pthread_rwlock_unlock(&keyring->lock);
    return status;
}

bool auth_keyring_remove(struct auth_keyring *keyring, struct str id) {
    pthread_rwlock_wrlock(&keyring->lock);
    keyring->digest = 0;
    keyring->generation++;
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

static enum status insert_project(struct auth_keyring *keyring, struct str project) {
    char **projects = realloc(keyring->projects, (keyring->project_count + 1) * sizeof *projects);
    if (!projects) {
        return STATUS_NO_MEMORY;
    }
    keyring->projects = projects;
    char *copy = strndup(project.data, project.len);
    if (!copy) {
        return STATUS_NO_MEMORY;
    }
    projects[keyring->project_count++] = copy;
    return STATUS_OK;
}

enum status auth_keyring_add_project(struct auth_keyring *keyring, struct str project) {
    pthread_rwlock_wrlock(&keyring->lock);
    keyring->digest = 0;
    keyring->generation++;
    enum status status =
        has_project(keyring, project) ? STATUS_EXISTS : insert_project(keyring, project);
    pthread_rwlock_unlock(&keyring->lock);
    return status;
}

// Never 0. Most of the time nothing has changed since the last look.
static uint64_t digest_of(const struct auth_keyring_key *keys, size_t key_count,
                          const struct str *projects, size_t project_count) {
    uint64_t digest = key_count;
    for (size_t i = 0; i < key_count; i++) {
        digest = str_hash(keys[i].id, digest);
        digest = str_hash(keys[i].project, digest);
        digest = str_hash(keys[i].secret, digest + (uint64_t)keys[i].role);
    }
    for (size_t i = 0; i < project_count; i++) {
        digest = str_hash(projects[i], digest + 1);
    }
    return digest > 0 ? digest : 1;
}

static enum status fill(struct auth_keyring *keyring, const struct auth_keyring_key *keys,
                        size_t key_count, const struct str *projects, size_t project_count) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < key_count && status == STATUS_OK; i++) {
        struct auth_principal principal;
        status = make_principal(&keys[i], &principal);
        if (status == STATUS_OK) {
            status = insert(keyring, keys[i].secret, &principal);
            status = status == STATUS_EXISTS ? STATUS_OK : status;
        }
    }
    for (size_t i = 0; i < project_count && status == STATUS_OK; i++) {
        status = insert_project(keyring, projects[i]);
    }
    return status;
}

enum status auth_keyring_replace(struct auth_keyring *keyring, const struct auth_keyring_key *keys,
                                 size_t key_count, const struct str *projects,
                                 size_t project_count) {
    uint64_t digest = digest_of(keys, key_count, projects, project_count);
    pthread_rwlock_rdlock(&keyring->lock);
    bool same = keyring->digest == digest;
    pthread_rwlock_unlock(&keyring->lock);
    if (same) {
        return STATUS_OK;
    }
    struct auth_keyring *fresh = NULL;
    enum status status = auth_keyring_make(&fresh);
    if (status != STATUS_OK) {
        return status;
    }
    status = fill(fresh, keys, key_count, projects, project_count);
    if (status == STATUS_OK) {
        pthread_rwlock_wrlock(&keyring->lock);
        struct auth_keyring old = *keyring;
        keyring->entries = fresh->entries;
        keyring->capacity = fresh->capacity;
        keyring->count = fresh->count;
        keyring->projects = fresh->projects;
        keyring->project_count = fresh->project_count;
        keyring->digest = digest;
        keyring->generation++;
        pthread_rwlock_unlock(&keyring->lock);
        fresh->entries = old.entries;
        fresh->capacity = old.capacity;
        fresh->projects = old.projects;
        fresh->project_count = old.project_count;
    }
    auth_keyring_free(fresh);
    return status;
}

// The lock is the only thing that changes under a const keyring.
static pthread_rwlock_t *lock_of(const struct auth_keyring *keyring) {
    return (pthread_rwlock_t *)(uintptr_t)&keyring->lock;
}

bool auth_keyring_has_key(const struct auth_keyring *keyring, struct str id) {
    pthread_rwlock_rdlock(lock_of(keyring));
    const struct entry *entry = find_id(keyring, id);
    bool found = entry && entry->principal.role != AUTH_ROLE_NONE;
    pthread_rwlock_unlock(lock_of(keyring));
    return found;
}

uint64_t auth_keyring_generation(const struct auth_keyring *keyring) {
    return atomic_load_explicit(&keyring->generation, memory_order_acquire);
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
