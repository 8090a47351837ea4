// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A few reads side by side that no thread waits for: the last reply to come looks at the rows of all.
#include "base/check.h"
#include "store/cassandra/cassandra.h"

struct untended_read {
    struct untended *all;
    struct cassandra_read *read;
    struct cql_request request;
    struct cql_result *result;
};

struct untended {
    struct cassandra_store *store;
    void (*done)(enum status status, void *context);
    void *context;
    atomic_uint missing; // replies; each loop thread of the session counts its own down
    size_t count;
    struct untended_read reads[CASSANDRA_UNTENDED_MAX];
};

static enum status take(struct untended *all, struct untended_read *own) {
    enum status status = cassandra_request_settle(all->store, &own->request, false);
    if (status == STATUS_OK) {
        status = cassandra_read_visit(own->read, own->result);
    }
    cql_result_free(own->result);
    return status;
}

static void replied(struct cql_request *request, struct cql_result *result) {
    struct untended_read *own = request->context;
    struct untended *all = own->all;
    own->result = result;
    if (atomic_fetch_sub(&all->missing, 1) > 1) {
        return;
    }
    enum status status = STATUS_OK;
    for (size_t i = 0; i < all->count; i++) {
        enum status one = take(all, &all->reads[i]);
        status = status == STATUS_OK ? one : status;
    }
    all->done(status, all->context); // and the arena may be gone
}

enum status cassandra_reads_send(struct cassandra_store *store, struct cassandra_read *reads,
                                 size_t count, struct arena *arena,
                                 void (*done)(enum status status, void *context), void *context) {
    CHECK(count > 0 && count <= CASSANDRA_UNTENDED_MAX);
    struct untended *all = arena_alloc_zero(arena, sizeof *all);
    if (all == NULL) {
        return STATUS_NO_MEMORY;
    }
    all->store = store;
    all->done = done;
    all->context = context;
    all->count = count;
    atomic_init(&all->missing, (unsigned)count);
    for (size_t i = 0; i < count; i++) {
        struct untended_read *own = &all->reads[i];
        own->all = all;
        own->read = &reads[i];
        cassandra_request_make(store, reads[i].statement, &own->request);
        own->request.values = reads[i].values;
        own->request.value_count = reads[i].value_count;
        own->request.done = replied;
        own->request.context = own;
    }
    for (size_t i = 0; i < count; i++) { // the last one may be the end of all
        cql_execute(store->session, &all->reads[i].request);
    }
    return STATUS_OK;
}
