// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Makes the records.
#include "event_pool.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"
#include "base/uuid.h"

enum { EVENT_MAX = 700, PEOPLE = 20000 };

// Canonical events as an SDK's page would cause them: random ids, few names, many people.
static size_t make_event(char *out, char *key, size_t *key_len, struct random_source *random,
                         int i) {
    static const char *const names[] = {"Page Viewed",     "Button Clicked", "Product Added",
                                        "Order Completed", "Search",         "Signed Up"};
    static const char *const paths[] = {"/",     "/pricing",      "/docs/start", "/docs/api",
                                        "/cart", "/product/1234", "/blog/how-we"};
    char id[UUID_TEXT_LEN + 1];
    uuid_v7(1700000000000 + i / 10, random, id);
    unsigned person = (unsigned)random_below(random, PEOPLE);
    unsigned ms = (unsigned)random_below(random, 1000);
    *key_len = (size_t)snprintf(key, 64, "p1%cuser-%u", 0, person);
    return (size_t)snprintf(
        out, EVENT_MAX,
        "{\"id\":\"%s\",\"project\":\"p1\",\"type\":\"track\",\"name\":\"%s\",\"userId\":\"user-%u\","
        "\"timestamp\":\"2026-11-23T06:%02d:%02d.%03uZ\",\"receivedAt\":\"2026-11-23T06:%02d:%02d.%03uZ\","
        "\"properties\":{\"path\":\"%s\",\"value\":%u},\"context\":{\"library\":{\"name\":"
        "\"analytics.js\",\"version\":\"3.1.2\"}},\"source\":{\"dialect\":\"segment\",\"ip\":\"203.0.%u.0\"}}",
        id, names[random_below(random, 6)], person, i / 6000 % 60, i / 100 % 60, ms, i / 6000 % 60,
        i / 100 % 60, (ms + 13) % 1000, paths[random_below(random, 7)],
        (unsigned)random_below(random, 10000), (unsigned)random_below(random, 256));
}

struct eventlog_record *event_pool_make(uint64_t *bytes) {
    struct random_seeded seeded;
    random_seeded_init(&seeded, 1);
    char *text = malloc((size_t)EVENT_POOL * (EVENT_MAX + 64));
    struct eventlog_record *pool = calloc(EVENT_POOL, sizeof *pool);
    if (text == NULL || pool == NULL) {
        exit(1);
    }
    *bytes = 0;
    for (int i = 0; i < EVENT_POOL; i++) {
        char *key = text + (size_t)i * (EVENT_MAX + 64);
        size_t key_len = 0;
        size_t len = make_event(key + 64, key, &key_len, &seeded.source, i);
        pool[i] = (struct eventlog_record){{key, key_len}, {key + 64, len}, 1700000000000 + i};
        *bytes += len;
    }
    return pool;
}

void event_pool_free(struct eventlog_record *pool) {
    free((void *)(uintptr_t)pool[0].key.data);
    free(pool);
}
