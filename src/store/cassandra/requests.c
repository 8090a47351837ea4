// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Sends statements: one at a time, many reads side by side with all their pages, many writes in flight.
#include <stdlib.h>

#include "base/log.h"
#include "base/thread.h"
#include "store/cassandra/cassandra.h"

#define PAGE_ROWS 1000
#define COMPLAIN_US (1000 * 1000LL)

static const enum statement_way ways[STATEMENT_COUNT] = {
#define C(symbol, number, table, partition_key, primary_key, stamp, text)                          \
    [STATEMENT_##symbol] = STATEMENT_WAY_WRITE,
    STATEMENT_CHANGES(C)
#undef C
#define S(symbol, way, text) [STATEMENT_##symbol] = STATEMENT_WAY_##way,
        STATEMENT_OTHERS(S)
#undef S
};

// What the store's contract knows of what the client says.
static enum status meaning(enum status status) {
    bool later = status == STATUS_TIMEOUT || status == STATUS_FULL || status == STATUS_CLOSED ||
                 status == STATUS_IO;
    bool refused =
        status == STATUS_DENIED || status == STATUS_EXISTS || status == STATUS_UNSUPPORTED;
    return later ? STATUS_UNAVAILABLE : refused ? STATUS_IO : status;
}

// The contract gives a status; why it failed goes to the log, once a second at most.
static void complain(struct cassandra_store *store, const struct cql_request *request) {
    int64_t now = store->clock->mono_us(store->clock);
    store = cassandra_main(store);
    int64_t last = atomic_load(&store->complained_us);
    if (request->status != STATUS_NO_MEMORY && (last == 0 || now - last >= COMPLAIN_US) &&
        atomic_compare_exchange_strong(&store->complained_us, &last, now)) {
        LOG_WARN("store", "Cassandra refused a request or did not answer",
                 LOG_CSTR("status", status_name(request->status)),
                 LOG_CSTR("problem", request->error.text));
    }
}

enum status cassandra_request_settle(struct cassandra_store *store,
                                     const struct cql_request *request, bool is_write) {
    if (request->status != STATUS_OK) {
        complain(store, request);
    }
    if (is_write) {
        atomic_store(&cassandra_main(store)->failed, request->status != STATUS_OK);
    }
    return meaning(request->status);
}

static bool writes(enum statement statement) {
    return ways[statement] != STATEMENT_WAY_READ && ways[statement] != STATEMENT_WAY_SERIAL;
}

void cassandra_request_make(struct cassandra_store *store, enum statement statement,
                            struct cql_request *request) {
    enum statement_way way = ways[statement];
    request->kind = CQL_REQUEST_EXECUTE;
    request->prepared = store->statements[statement];
    request->consistency = way == STATEMENT_WAY_SERIAL ? CQL_SERIAL : CQL_LOCAL_QUORUM;
    request->serial_consistency = CQL_SERIAL;
    request->idempotent = way != STATEMENT_WAY_ONCE;
}

static enum status run(struct cassandra_store *store, struct cql_request *request, bool is_write,
                       struct cql_result **result, bool *unknown) {
    struct cql_result *own = NULL;
    enum status status = cql_execute_wait(store->session, request, &own);
    if (unknown != NULL) {
        *unknown = status != STATUS_OK && request->sent_unknown;
    }
    if (result != NULL) {
        *result = own;
    } else {
        cql_result_free(own);
    }
    request->status = status;
    return cassandra_request_settle(store, request, is_write);
}

enum status cassandra_run(struct cassandra_store *store, enum statement statement,
                          const struct cql_values *values, struct cql_result **result,
                          bool *unknown) {
    struct cql_request request = {0};
    cassandra_request_make(store, statement, &request);
    if (result != NULL) {
        *result = NULL;
    }
    if (unknown != NULL) {
        *unknown = false;
    }
    if (values != NULL) {
        if (buffer_status(values->out) != STATUS_OK) {
            return buffer_status(values->out);
        }
        request.values = cql_values_bytes(values);
        request.value_count = values->count;
    }
    return run(store, &request, writes(statement), result, unknown);
}

enum status cassandra_run_page(struct cassandra_store *store, enum statement statement,
                               int32_t page_rows, struct str paging_state,
                               struct cql_result **result) {
    struct cql_request request = {0};
    cassandra_request_make(store, statement, &request);
    request.page_size = page_rows;
    request.paging_state = paging_state;
    return run(store, &request, false, result, NULL);
}

enum status cassandra_decide(struct cassandra_store *store, enum statement statement,
                             const struct cql_values *values, bool *applied, bool *unknown) {
    struct cql_result *result = NULL;
    *applied = false;
    enum status status = cassandra_run(store, statement, values, &result, unknown);
    if (status == STATUS_OK) {
        *applied = cql_result_applied(result);
    }
    cql_result_free(result);
    return status;
}

enum status cassandra_decide_two(struct cassandra_store *store, const enum statement statements[2],
                                 const struct cql_values *const values[2], bool *applied,
                                 bool *unknown) {
    struct cql_batch_entry entries[2];
    *applied = false;
    *unknown = false;
    for (int i = 0; i < 2; i++) {
        if (buffer_status(values[i]->out) != STATUS_OK) {
            return buffer_status(values[i]->out);
        }
        entries[i] = (struct cql_batch_entry){store->statements[statements[i]],
                                              cql_values_bytes(values[i]), values[i]->count};
    }
    struct cql_request request = {0};
    cassandra_request_make(store, statements[0], &request);
    request.kind = CQL_REQUEST_BATCH;
    request.batch_type = CQL_BATCH_UNLOGGED;
    request.entries = entries;
    request.entry_count = 2;
    request.prepared = NULL;
    struct cql_result *result = NULL;
    enum status status = run(store, &request, true, &result, unknown);
    if (status == STATUS_OK) {
        *applied = cql_result_applied(result);
    }
    cql_result_free(result);
    return status;
}

enum status cassandra_run_row(struct cassandra_store *store, enum statement statement,
                              const struct cql_values *values, struct cql_result **result,
                              struct cql_value *columns, unsigned count) {
    enum status status = cassandra_run(store, statement, values, result, NULL);
    if (status == STATUS_OK) {
        status = cql_result_next(*result, columns, count);
    }
    return status == STATUS_END ? STATUS_NOT_FOUND : status;
}

// --- In flight ------------------------------------------------------------------------------------------------------

struct cassandra_flight_request {
    struct queue_node node; // first member
    struct cassandra_flight_request *next_free;
    struct cassandra_flight *flight;
    struct cassandra_read *read; // NULL: a write
    struct cql_request request;
    struct cql_result *result;
    struct cql_result *page_before; // its paging state is being used
};

// On a loop thread of the session. All under the lock: once the owner has seen the last request, the flight may be gone.
static void done(struct cql_request *request, struct cql_result *result) {
    struct cassandra_flight_request *own = request->context;
    struct cassandra_flight *flight = own->flight;
    own->result = result;
    thread_must(pthread_mutex_lock(&flight->mutex));
    own->node.next = flight->landed;
    flight->landed = &own->node;
    flight->landed_count++;
    if (flight->landed_count == flight->wanted) {
        thread_must(pthread_cond_signal(&flight->enough));
    }
    thread_must(pthread_mutex_unlock(&flight->mutex));
}

enum status cassandra_flight_init(struct cassandra_flight *flight, struct cassandra_store *store,
                                  size_t most, struct arena *arena) {
    most = most < store->in_flight ? most : store->in_flight;
    *flight = (struct cassandra_flight){.store = store, .most = most};
    flight->requests = arena_alloc_array(arena, most, sizeof *flight->requests);
    if (flight->requests == NULL) {
        return STATUS_NO_MEMORY;
    }
    thread_must(pthread_mutex_init(&flight->mutex, NULL));
    thread_cond_init(&flight->enough);
    for (size_t i = 0; i < most; i++) {
        flight->requests[i].next_free = flight->free;
        flight->free = &flight->requests[i];
    }
    return STATUS_OK;
}

static void launch(struct cassandra_flight *flight, struct cassandra_flight_request *own) {
    own->flight = flight;
    own->request.done = done;
    own->request.context = own;
    flight->under_way++;
    cql_execute(flight->store->session, &own->request);
}

// Waits for so many, and takes all that have landed.
static void await(struct cassandra_flight *flight, size_t wanted) {
    thread_must(pthread_mutex_lock(&flight->mutex));
    flight->wanted = wanted;
    while (flight->landed_count < wanted) {
        thread_must(pthread_cond_wait(&flight->enough, &flight->mutex));
    }
    flight->taken = flight->landed;
    flight->landed = NULL;
    flight->landed_count = 0;
    flight->wanted = 0;
    thread_must(pthread_mutex_unlock(&flight->mutex));
}

// The next request that is done; waits when there is none: for all that are under way when nothing is left to be sent, else for a
// part that leaves Cassandra enough to do. There must be one under way.
static struct cassandra_flight_request *land(struct cassandra_flight *flight, bool all_sent) {
    if (flight->taken == NULL) {
        size_t part = (flight->most + 3) / 4;
        await(flight, all_sent || part > flight->under_way ? flight->under_way : part);
    }
    struct queue_node *node = flight->taken;
    flight->taken = node->next;
    flight->under_way--;
    return (struct cassandra_flight_request *)(void *)node;
}

static void release(struct cassandra_flight *flight, struct cassandra_flight_request *own) {
    cql_result_free(own->result);
    cql_result_free(own->page_before);
    own->result = NULL;
    own->page_before = NULL;
    own->next_free = flight->free;
    flight->free = own;
}

static struct cassandra_flight_request *room(struct cassandra_flight *flight) {
    if (flight->free == NULL) {
        struct cassandra_flight_request *landed = land(flight, false);
        enum status status = cassandra_request_settle(flight->store, &landed->request, true);
        flight->status = flight->status == STATUS_OK ? status : flight->status;
        release(flight, landed);
    }
    struct cassandra_flight_request *own = flight->free;
    flight->free = own->next_free;
    own->request = (struct cql_request){0};
    own->read = NULL;
    return own;
}

void cassandra_flight_batch(struct cassandra_flight *flight, const struct cql_batch_entry *entries,
                            size_t count) {
    struct cassandra_flight_request *own = room(flight);
    own->request.consistency = CQL_LOCAL_QUORUM;
    own->request.idempotent = true;
    if (count == 1) {
        own->request.kind = CQL_REQUEST_EXECUTE;
        own->request.prepared = entries[0].prepared;
        own->request.values = entries[0].values;
        own->request.value_count = entries[0].value_count;
    } else {
        own->request.kind = CQL_REQUEST_BATCH;
        own->request.batch_type = CQL_BATCH_UNLOGGED;
        own->request.entries = entries;
        own->request.entry_count = count;
    }
    launch(flight, own);
}

void cassandra_flight_send(struct cassandra_flight *flight, enum statement statement,
                           struct str values, uint16_t value_count) {
    struct cassandra_flight_request *own = room(flight);
    cassandra_request_make(flight->store, statement, &own->request);
    own->request.values = values;
    own->request.value_count = value_count;
    launch(flight, own);
}

enum status cassandra_flight_finish(struct cassandra_flight *flight) {
    while (flight->under_way > 0) {
        struct cassandra_flight_request *landed = land(flight, true);
        enum status status =
            cassandra_request_settle(flight->store, &landed->request, landed->read == NULL);
        flight->status = flight->status == STATUS_OK ? status : flight->status;
        release(flight, landed);
    }
    thread_must(pthread_cond_destroy(&flight->enough));
    thread_must(pthread_mutex_destroy(&flight->mutex));
    return flight->status;
}

// --- Reads ----------------------------------------------------------------------------------------------------------

enum status cassandra_read_make(struct cassandra_read *read, enum statement statement,
                                const struct cql_values *values, unsigned columns,
                                struct arena *arena) {
    if (buffer_status(values->out) != STATUS_OK) {
        return buffer_status(values->out);
    }
    *read = (struct cassandra_read){.statement = statement,
                                    .values = arena_copy(arena, cql_values_bytes(values)),
                                    .value_count = values->count,
                                    .columns = columns};
    return read->values.data == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

static void launch_read(struct cassandra_flight *flight, struct cassandra_read *read) {
    struct cassandra_flight_request *own = flight->free;
    flight->free = own->next_free;
    own->request = (struct cql_request){0};
    own->read = read;
    cassandra_request_make(flight->store, read->statement, &own->request);
    own->request.values = read->values;
    own->request.value_count = read->value_count;
    own->request.page_size = read->page_rows > 0 ? read->page_rows : PAGE_ROWS;
    launch(flight, own);
}

static void launch_next_page(struct cassandra_flight *flight,
                             struct cassandra_flight_request *own) {
    cql_result_free(own->page_before);
    own->page_before = own->result;
    own->result = NULL;
    struct cassandra_read *read = own->read;
    own->request = (struct cql_request){0};
    cassandra_request_make(flight->store, read->statement, &own->request);
    own->request.values = read->values;
    own->request.value_count = read->value_count;
    own->request.page_size = read->page_rows > 0 ? read->page_rows : PAGE_ROWS;
    own->request.paging_state = cql_result_paging_state(own->page_before);
    launch(flight, own);
}

enum status cassandra_read_visit(struct cassandra_read *read, struct cql_result *result) {
    struct cql_value columns[CASSANDRA_COLUMNS_MAX];
    enum status status = STATUS_OK;
    while (status == STATUS_OK && !read->enough) {
        status = cql_result_next(result, columns, read->columns);
        if (status == STATUS_OK) {
            status = read->row(read, columns);
        }
    }
    return status == STATUS_END ? STATUS_OK : status;
}

// One reply: visits its rows and asks for the next page.
static void take_reply(struct cassandra_flight *flight, bool all_sent) {
    struct cassandra_flight_request *own = land(flight, all_sent);
    enum status status = cassandra_request_settle(flight->store, &own->request, false);
    if (status == STATUS_OK && flight->status == STATUS_OK) {
        status = cassandra_read_visit(own->read, own->result);
    }
    flight->status = flight->status == STATUS_OK ? status : flight->status;
    if (flight->status == STATUS_OK && !own->read->enough && cql_result_has_more(own->result)) {
        launch_next_page(flight, own);
    } else {
        release(flight, own);
    }
}

enum status cassandra_read_many(struct cassandra_store *store, struct cassandra_read *reads,
                                size_t count) {
    struct arena arena;
    struct cassandra_flight flight;
    arena_init(&arena, 4096, 0);
    enum status status =
        count == 0 ? STATUS_OK : cassandra_flight_init(&flight, store, count, &arena);
    if (count == 0 || status != STATUS_OK) {
        arena_free(&arena);
        return status;
    }
    for (size_t i = 0; i < count || flight.under_way > 0;) {
        if (i < count && flight.free != NULL && flight.status == STATUS_OK) {
            launch_read(&flight, &reads[i++]);
        } else if (flight.under_way > 0) {
            take_reply(&flight, i == count);
        } else {
            break; // it failed, and nothing is under way any more
        }
    }
    status = cassandra_flight_finish(&flight);
    arena_free(&arena);
    return status;
}
