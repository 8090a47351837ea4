// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Names of those who write profiles, and how a write whose answer was lost is found again by them.
#include <stdlib.h>

#include "base/thread.h"
#include "store/cassandra/profiles.h"

struct profiles_writer *profiles_take_writer(struct cassandra_store *store) {
    thread_must(pthread_mutex_lock(&store->mutex));
    struct profiles_writer *writer = store->writers;
    if (writer != NULL) {
        store->writers = writer->next;
    }
    thread_must(pthread_mutex_unlock(&store->mutex));
    if (writer == NULL) {
        writer = calloc(1, sizeof *writer);
        if (writer != NULL) {
            profiles_new_id(store, &writer->name);
        }
    }
    return writer;
}

void profiles_give_back_writer(struct cassandra_store *store, struct profiles_writer *writer,
                               bool certain) {
    if (!certain) {
        free(writer);
        return;
    }
    thread_must(pthread_mutex_lock(&store->mutex));
    writer->next = store->writers;
    store->writers = writer;
    thread_must(pthread_mutex_unlock(&store->mutex));
}

void cassandra_writers_free(struct cassandra_store *store) {
    while (store->writers != NULL) {
        struct profiles_writer *writer = store->writers;
        store->writers = writer->next;
        free(writer);
    }
}

int64_t profiles_written_by(const struct profiles_writes *writes,
                            const struct profiles_id *writer) {
    for (unsigned i = 0; i < writes->count; i++) {
        if (memcmp(writes->items[i].writer, writer->bytes, CASSANDRA_ID_BYTES) == 0) {
            return writes->items[i].version;
        }
    }
    return 0;
}

void profiles_note_write(struct profiles_writes *writes, const struct profiles_id *writer,
                         int64_t version) {
    unsigned at = 0;
    while (at < writes->count &&
           memcmp(writes->items[at].writer, writer->bytes, CASSANDRA_ID_BYTES) != 0) {
        at++;
    }
    if (at == PROFILES_WRITERS) {
        at = 0;
        for (unsigned i = 1; i < writes->count; i++) {
            at = writes->items[i].version < writes->items[at].version ? i : at;
        }
    } else if (at == writes->count) {
        writes->count++;
    }
    memcpy(writes->items[at].writer, writer->bytes, CASSANDRA_ID_BYTES);
    writes->items[at].version = version;
}
