// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Load on a cluster that is being restarted: idempotent writes and reads, many at once, until standard input ends.
//
//   cql_load       FOOTFALL_TEST_CASSANDRA names the cluster, with FOOTFALL_TEST_CASSANDRA_USER, _PASSWORD
//
// Says "running" once requests are answered, then, after the end of its input, reads every acknowledged row again and prints one
// line of JSON: how many were written, read, failed and are missing; the first error's text; the client's statistics. Exit code 0
// when nothing failed and nothing is missing.
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "cql/cql.h"

#define AT_ONCE 32
#define ROWS_MAX 2000000
#define VALUES_MAX 256

enum work { WORK_WRITE, WORK_READ, WORK_CHECK };

struct load;

struct slot {
    struct load *load;
    struct cql_request request;
    struct buffer values;
    enum work work;
    int32_t row;
};

// All below is of the loop's thread, once the load has begun.
struct load {
    struct cql_session *session;
    struct cql_prepared *put;
    struct cql_prepared *get;
    struct slot slots[AT_ONCE];
    unsigned char *acknowledged; // by row
    int32_t next;
    int32_t checked;
    long written, read, failed, missing;
    unsigned running;
    atomic_bool answered;
    atomic_bool stopping;
    struct error first_error;
    struct queue_waker ended;
};

static void die(const char *what, enum status status, const char *text) {
    if (status != STATUS_OK) {
        fprintf(stderr, "cql_load: %s: %s: %s\n", what, status_name(status), text);
        exit(2);
    }
}

static void on_done(struct cql_request *request, struct cql_result *result);

static void send(struct slot *slot, enum work work, int32_t row) {
    struct load *load = slot->load;
    struct cql_values values;
    slot->work = work;
    slot->row = row;
    buffer_clear(&slot->values);
    cql_values_begin(&values, &slot->values);
    cql_bind_int(&values, row);
    slot->request = (struct cql_request){
        .kind = CQL_REQUEST_EXECUTE,
        .prepared = work == WORK_WRITE ? load->put : load->get,
        .values = cql_values_bytes(&values),
        .value_count = values.count,
        .consistency = CQL_LOCAL_QUORUM,
        .idempotent = true,
        .done = on_done,
        .context = slot,
    };
    cql_execute(load->session, &slot->request);
}

// Each row that was acknowledged is looked for, once the load has ended; what was written is read back in between as well.
static void send_next(struct slot *slot) {
    struct load *load = slot->load;
    if (!atomic_load(&load->stopping) && load->next < ROWS_MAX) {
        if (slot->work == WORK_WRITE && load->acknowledged[slot->row]) {
            send(slot, WORK_READ, slot->row);
        } else {
            send(slot, WORK_WRITE, load->next++);
        }
        return;
    }
    while (load->checked < load->next && !load->acknowledged[load->checked]) {
        load->checked++;
    }
    if (load->checked < load->next) {
        send(slot, WORK_CHECK, load->checked++);
    } else if (--load->running == 0) {
        queue_wake(&load->ended);
    }
}

static void note_failure(struct load *load, const struct cql_request *request) {
    if (load->failed++ == 0) {
        (void)error_set(&load->first_error, request->status, "%s: %s", status_name(request->status),
                        request->error.text);
    }
}

static void on_done(struct cql_request *request, struct cql_result *result) {
    struct slot *slot = request->context;
    struct load *load = slot->load;
    if (request->status != STATUS_OK) {
        note_failure(load, request);
    } else if (slot->work == WORK_WRITE) {
        load->acknowledged[slot->row] = 1;
        load->written++;
    } else {
        load->read++;
        load->missing += cql_result_row_count(result) == 1 ? 0 : 1;
    }
    cql_result_free(result);
    atomic_store(&load->answered, true);
    send_next(slot);
}

static void run(struct load *load, const char *text) {
    struct cql_request request = {.kind = CQL_REQUEST_QUERY,
                                  .text = str_from_c(text),
                                  .consistency = CQL_LOCAL_QUORUM,
                                  .timeout_ms = 60000};
    die(text, cql_execute_wait(load->session, &request, NULL), request.error.text);
}

// The next statement may go to a host that has not heard of it.
static void change_schema(struct load *load, const char *text) {
    struct error err;
    run(load, text);
    die("schema", cql_await_schema_agreement(load->session, 60000, &err), err.text);
}

static void set_up(struct load *load) {
    struct error err;
    change_schema(load, "DROP KEYSPACE IF EXISTS cql_load");
    change_schema(load, "CREATE KEYSPACE cql_load WITH replication = "
                        "{'class': 'SimpleStrategy', 'replication_factor': 3}");
    change_schema(load, "CREATE TABLE cql_load.t (id int PRIMARY KEY, v text)");
    die("prepare",
        cql_prepare(load->session, STR("INSERT INTO cql_load.t (id, v) VALUES (?, 'here')"),
                    &load->put, &err),
        err.text);
    die("prepare",
        cql_prepare(load->session, STR("SELECT v FROM cql_load.t WHERE id = ?"), &load->get, &err),
        err.text);
}

static void wait_for_end_of_input(struct load *load) {
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    char byte;
    bool said = false;
    for (;;) {
        if (!said && atomic_load(&load->answered)) {
            printf("running\n");
            fflush(stdout);
            said = true;
        }
        if (poll(&input, 1, said ? -1 : 10) > 0 && read(STDIN_FILENO, &byte, 1) <= 0) {
            return;
        }
    }
}

static void report(struct load *load) {
    struct cql_stats stats;
    cql_session_stats(load->session, &stats);
    char text[sizeof load->first_error.text];
    snprintf(text, sizeof text, "%s", load->first_error.text);
    for (char *at = text; *at; at++) {
        *at = *at == '"' || *at == '\\' || *at < ' ' ? '\'' : *at;
    }
    printf(
        "{\"written\": %ld, \"read\": %ld, \"failed\": %ld, \"missing\": %ld, \"error\": \"%s\", "
        "\"retries\": %" PRIu64 ", \"timeouts\": %" PRIu64 ", \"reprepared\": %" PRIu64
        ", \"late\": %" PRIu64 ", \"hostsUp\": %u}\n",
        load->written, load->read, load->failed, load->missing, text, stats.retries, stats.timeouts,
        stats.reprepared, stats.late_replies, stats.hosts_up);
}

int main(void) {
    static struct load load;
    struct error err;
    struct cql_config config = {
        .contact_points = str_from_c(getenv("FOOTFALL_TEST_CASSANDRA")),
        .username = str_from_c(getenv("FOOTFALL_TEST_CASSANDRA_USER")),
        .password = str_from_c(getenv("FOOTFALL_TEST_CASSANDRA_PASSWORD")),
        .connect_timeout_ms = 20000,
        .reconnect_max_ms = 2000,
    };
    die("open", cql_session_open(&config, &load.session, &err), err.text);
    set_up(&load);
    load.acknowledged = calloc(ROWS_MAX, 1);
    queue_waker_init(&load.ended);
    load.running = AT_ONCE;
    load.next = AT_ONCE;
    for (int32_t i = 0; i < AT_ONCE; i++) {
        load.slots[i].load = &load;
        buffer_init(&load.slots[i].values, VALUES_MAX);
    }
    for (int32_t i = 0; i < AT_ONCE; i++) {
        send(&load.slots[i], WORK_WRITE, i);
    }
    wait_for_end_of_input(&load);
    atomic_store(&load.stopping, true);
    queue_wait(&load.ended, -1);
    report(&load);
    bool good = load.failed == 0 && load.missing == 0;
    cql_session_close(load.session);
    for (int i = 0; i < AT_ONCE; i++) {
        buffer_free(&load.slots[i].values);
    }
    queue_waker_destroy(&load.ended);
    free(load.acknowledged);
    return good ? 0 : 1;
}
