// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Looking addresses up with libmaxminddb, behind a small cache by text.
#include "enrich/location.h"

#include <arpa/inet.h>
#include <errno.h>
#include <maxminddb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/thread.h"

#define CACHED 1024
#define ADDRESS_MAX 46 // INET6_ADDRSTRLEN

struct location_file {
    MMDB_s database;
    struct stat stat;
    unsigned users; // under the mutex
};
struct enrich_locations {
    char *path;
    pthread_mutex_t mutex;
    struct location_file *file;
    _Atomic uint64_t generation;
};
struct cached {
    uint8_t len; // 0: empty
    char address[ADDRESS_MAX];
    struct enrich_location found;
};
struct enrich_locator {
    struct enrich_locations *locations;
    struct location_file *file;
    uint64_t generation;
    struct cached cached[CACHED];
};

// --- The file -----------------------------------------------------------------------------------------------------------

static void let_go(struct location_file *file) { // under the mutex
    if (file && --file->users == 0) {
        MMDB_close(&file->database);
        free(file);
    }
}

static enum status open_file(const char *path, struct location_file **out, struct error *err) {
    struct location_file *file = calloc(1, sizeof *file);
    if (!file) {
        return error_set(err, STATUS_NO_MEMORY, "%s: out of memory", path);
    }
    if (stat(path, &file->stat) != 0) {
        enum status status = errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO;
        free(file);
        return error_set(err, status, "%s: %s", path, strerror(errno));
    }
    int code = MMDB_open(path, MMDB_MODE_MMAP, &file->database);
    if (code != MMDB_SUCCESS) {
        free(file);
        enum status status = code == MMDB_OUT_OF_MEMORY_ERROR ? STATUS_NO_MEMORY : STATUS_INVALID;
        return error_set(err, status, "%s: %s", path, MMDB_strerror(code));
    }
    file->users = 1;
    *out = file;
    return STATUS_OK;
}

enum status enrich_locations_open(const char *path, struct enrich_locations **out,
                                  struct error *err) {
    struct enrich_locations *locations = calloc(1, sizeof *locations);
    if (!locations || !(locations->path = strdup(path))) {
        free(locations);
        return error_set(err, STATUS_NO_MEMORY, "%s: out of memory", path);
    }
    enum status status = open_file(path, &locations->file, err);
    if (status != STATUS_OK) {
        free(locations->path);
        free(locations);
        return status;
    }
    thread_must(pthread_mutex_init(&locations->mutex, NULL));
    *out = locations;
    return STATUS_OK;
}

void enrich_locations_free(struct enrich_locations *locations) {
    if (locations) {
        let_go(locations->file);
        thread_must(pthread_mutex_destroy(&locations->mutex));
        free(locations->path);
        free(locations);
    }
}

static bool is_same(const struct stat *a, const struct stat *b) {
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

enum status enrich_locations_reload(struct enrich_locations *locations, bool *changed,
                                    struct error *err) {
    struct location_file *file = NULL;
    *changed = false;
    enum status status = open_file(locations->path, &file, err);
    if (status != STATUS_OK) {
        return status;
    }
    CHECK(file != NULL);
    thread_must(pthread_mutex_lock(&locations->mutex));
    struct location_file *old = file;
    if (!is_same(&file->stat, &locations->file->stat)) {
        old = locations->file;
        locations->file = file;
        atomic_fetch_add(&locations->generation, 1);
        *changed = true;
    }
    let_go(old);
    thread_must(pthread_mutex_unlock(&locations->mutex));
    return STATUS_OK;
}

void enrich_locations_about(struct enrich_locations *locations, char out[ENRICH_LOCATIONS_ABOUT]) {
    char day[16] = "";
    struct tm built;
    thread_must(pthread_mutex_lock(&locations->mutex));
    const MMDB_metadata_s *metadata = &locations->file->database.metadata;
    time_t epoch = (time_t)metadata->build_epoch;
    if (gmtime_r(&epoch, &built)) {
        (void)strftime(day, sizeof day, "%Y-%m-%d", &built);
    }
    struct str type = str_from_c(metadata->database_type);
    (void)snprintf(out, ENRICH_LOCATIONS_ABOUT, "%.*s %s",
                   str_is_utf8(type) && type.len < 64 ? (int)type.len : 0, type.data, day);
    thread_must(pthread_mutex_unlock(&locations->mutex));
}

// --- A thread's ---------------------------------------------------------------------------------------------------------

static void hold(struct enrich_locator *locator) {
    struct enrich_locations *locations = locator->locations;
    thread_must(pthread_mutex_lock(&locations->mutex));
    let_go(locator->file);
    locator->file = locations->file;
    locator->file->users++;
    locator->generation = atomic_load(&locations->generation);
    thread_must(pthread_mutex_unlock(&locations->mutex));
}

enum status enrich_locator_make(struct enrich_locations *locations, struct enrich_locator **out) {
    struct enrich_locator *locator = calloc(1, sizeof *locator);
    if (!locator) {
        return STATUS_NO_MEMORY;
    }
    locator->locations = locations;
    hold(locator);
    *out = locator;
    return STATUS_OK;
}

void enrich_locator_free(struct enrich_locator *locator) {
    if (locator) {
        thread_must(pthread_mutex_lock(&locator->locations->mutex));
        let_go(locator->file);
        thread_must(pthread_mutex_unlock(&locator->locations->mutex));
        free(locator);
    }
}

void enrich_locator_refresh(struct enrich_locator *locator) {
    if (atomic_load(&locator->locations->generation) != locator->generation) {
        memset(locator->cached, 0, sizeof locator->cached);
        hold(locator);
    }
}

// --- Addresses ----------------------------------------------------------------------------------------------------------

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static bool is_public_v4(uint32_t address) {
    static const struct {
        uint32_t network, mask;
    } others[] = {
        // RFC 6890 and what it names
        {0x00000000, 0xff000000}, {0x0a000000, 0xff000000}, {0x64400000, 0xffc00000},
        {0x7f000000, 0xff000000}, {0xa9fe0000, 0xffff0000}, {0xac100000, 0xfff00000},
        {0xc0000000, 0xffffff00}, {0xc0a80000, 0xffff0000}, {0xc6120000, 0xfffe0000},
        {0xe0000000, 0xe0000000},
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if ((address & others[i].mask) == others[i].network) {
            return false;
        }
    }
    return true;
}

static bool is_public_v6(const unsigned char *bytes) {
    static const unsigned char zeros[15] = {0};
    bool local = (bytes[0] & 0xfe) == 0xfc || (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) ||
                 bytes[0] == 0xff || (memcmp(bytes, zeros, 15) == 0 && bytes[15] <= 1);
    return !local;
}

// False: it is none, or not a public one.
static bool read_address(struct str text, union address *out) {
    char copy[ADDRESS_MAX];
    if (text.len == 0 || text.len >= sizeof copy || memchr(text.data, '\0', text.len)) {
        return false;
    }
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, copy, &out->v4.sin_addr) == 1) {
        out->v4.sin_family = AF_INET;
        return is_public_v4(ntohl(out->v4.sin_addr.s_addr));
    }
    if (inet_pton(AF_INET6, copy, &out->v6.sin6_addr) != 1) {
        return false;
    }
    const unsigned char *bytes = out->v6.sin6_addr.s6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&out->v6.sin6_addr)) {
        struct in_addr v4;
        memcpy(&v4, bytes + 12, 4);
        memset(out, 0, sizeof *out);
        out->v4.sin_family = AF_INET;
        out->v4.sin_addr = v4;
        return is_public_v4(ntohl(v4.s_addr));
    }
    out->v6.sin6_family = AF_INET6;
    return is_public_v6(bytes);
}

bool enrich_address_is_public(struct str address) {
    union address read;
    return read_address(address, &read);
}

// --- Looking up -----------------------------------------------------------------------------------------------------------

// Copies a code of letters and digits in capitals; leaves out empty when it is anything else.
static void take_code(const MMDB_entry_data_s *data, size_t least, size_t most, char *out) {
    if (!data->has_data || data->type != MMDB_DATA_TYPE_UTF8_STRING || data->data_size < least ||
        data->data_size > most) {
        return;
    }
    for (size_t i = 0; i < data->data_size; i++) {
        char c = data->utf8_string[i];
        c = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) {
            memset(out, 0, i);
            return;
        }
        out[i] = c;
    }
    out[data->data_size] = '\0';
}

static void look_up(const struct location_file *file, const union address *address,
                    struct enrich_location *out) {
    int code = MMDB_SUCCESS;
    MMDB_entry_data_s data = {.has_data = false};
    MMDB_lookup_result_s found = MMDB_lookup_sockaddr(&file->database, &address->any, &code);
    if (code != MMDB_SUCCESS || !found.found_entry) {
        return; // also what a broken file gives, and IPv6 in a file of IPv4
    }
    if (MMDB_get_value(&found.entry, &data, "country", "iso_code", NULL) == MMDB_SUCCESS) {
        take_code(&data, 2, 2, out->country);
    }
    data.has_data = false;
    if (out->country[0] && MMDB_get_value(&found.entry, &data, "subdivisions", "0", "iso_code",
                                          NULL) == MMDB_SUCCESS) {
        take_code(&data, 1, 3, out->region);
    }
}

void enrich_locator_find(struct enrich_locator *locator, struct str address,
                         struct enrich_location *out) {
    memset(out, 0, sizeof *out);
    if (address.len == 0 || address.len >= ADDRESS_MAX) {
        return;
    }
    struct cached *cached = &locator->cached[str_hash(address, 0) % CACHED];
    if (!str_equal(str_make(cached->address, cached->len), address)) {
        union address read;
        memset(cached, 0, sizeof *cached);
        if (read_address(address, &read)) {
            look_up(locator->file, &read, &cached->found);
        }
        memcpy(cached->address, address.data, address.len);
        cached->len = (uint8_t)address.len;
    }
    *out = cached->found;
}
