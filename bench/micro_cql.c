// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What our Cassandra client costs: own CPU a prepared write and a prepared read, alone and many at once.
//
//   micro_cql HOST[:PORT] [requests [bytes a row]]        a real node; makes and drops the keyspace micro_cql
//
//   cc -std=c17 -O2 -D_GNU_SOURCE -Isrc -o micro_cql bench/micro_cql.c build/src/cql/libcql.a build/src/base/libbase.a
//      -luv -llz4 -lssl -lcrypto -lsimdjson -lyaml -lstdc++ -lm -pthread
//
// CPU is that of this process, the kernel's work for it included.
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/thread.h"
#include "cql/cql.h"

#define ROWS 10007
#define VALUES_MAX 4096

struct bench {
    struct cql_session *session;
    struct cql_prepared *put;
    struct cql_prepared *get;
    size_t row_size;
    char *body;
};

struct slot {
    struct run *run;
    struct cql_request request;
    struct buffer values;
    int64_t started_us;
};

struct run {
    struct bench *bench;
    bool write;
    long left; // of the loop's thread
    long pending;
    long failed;
    uint32_t *latencies_us;
    long done;
    struct queue_waker waker;
};

static int64_t now_us(void) {
    return clock_system()->mono_us(clock_system());
}

static double cpu_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void die(const char *what, enum status status, const char *text) {
    if (status != STATUS_OK) {
        fprintf(stderr, "micro_cql: %s: %s: %s\n", what, status_text(status), text);
        exit(1);
    }
}

static void fill(struct slot *slot, const struct bench *bench, bool write, long number) {
    char id[32];
    int len = snprintf(id, sizeof id, "user-%08ld", number * 7919 % ROWS);
    struct cql_values values;
    buffer_clear(&slot->values);
    cql_values_begin(&values, &slot->values);
    cql_bind_text(&values, str_make(id, (size_t)len));
    if (write) {
        cql_bind_blob(&values, str_make(bench->body, bench->row_size));
    }
    slot->request = (struct cql_request){
        .kind = CQL_REQUEST_EXECUTE,
        .prepared = write ? bench->put : bench->get,
        .values = cql_values_bytes(&values),
        .value_count = values.count,
        .consistency = CQL_LOCAL_ONE,
        .idempotent = true,
        .context = slot,
    };
}

static void look_at(struct cql_result *result, struct run *run) {
    struct cql_value row[1];
    if (!run->write && cql_result_next(result, row, 1) != STATUS_OK) {
        run->failed++;
    }
    cql_result_free(result);
}

static void on_done(struct cql_request *request, struct cql_result *result) {
    struct slot *slot = request->context;
    struct run *run = slot->run;
    if (request->status != STATUS_OK) {
        run->failed++;
    } else {
        look_at(result, run);
    }
    run->latencies_us[run->done++] = (uint32_t)(now_us() - slot->started_us);
    if (run->left > 0) {
        fill(slot, run->bench, run->write, run->left--);
        slot->request.done = on_done;
        slot->started_us = now_us();
        cql_execute(run->bench->session, &slot->request);
    } else if (--run->pending == 0) {
        queue_wake(&run->waker);
    }
}

static int by_size(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void report(struct run *run, const char *how, double cpu, int64_t wall_us) {
    qsort(run->latencies_us, (size_t)run->done, sizeof *run->latencies_us, by_size);
    printf("%-6s %-22s %8.2f us CPU  %9.0f /s  p50 %6u us  p99 %6u us  failed %ld\n",
           run->write ? "write" : "read", how, cpu * 1e6 / (double)run->done,
           (double)run->done * 1e6 / (double)wall_us, run->latencies_us[run->done / 2],
           run->latencies_us[run->done * 99 / 100], run->failed);
}

static void many_at_once(struct bench *bench, bool write, long count, long at_once) {
    struct run run = {.bench = bench, .write = write, .left = count, .pending = at_once};
    struct slot *slots = calloc((size_t)at_once, sizeof *slots);
    char how[32];
    run.latencies_us = calloc((size_t)(count + at_once), sizeof *run.latencies_us);
    queue_waker_init(&run.waker);
    double cpu = cpu_seconds();
    int64_t started = now_us();
    for (long i = 0; i < at_once; i++) {
        slots[i].run = &run;
        buffer_init(&slots[i].values, VALUES_MAX + bench->row_size);
        fill(&slots[i], bench, write, i);
        slots[i].request.done = on_done;
        slots[i].started_us = now_us();
    }
    for (long i = 0; i < at_once; i++) {
        cql_execute(bench->session, &slots[i].request);
    }
    queue_wait(&run.waker, -1);
    snprintf(how, sizeof how, "%ld in flight", at_once);
    report(&run, how, cpu_seconds() - cpu, now_us() - started);
    for (long i = 0; i < at_once; i++) {
        buffer_free(&slots[i].values);
    }
    queue_waker_destroy(&run.waker);
    free(run.latencies_us);
    free(slots);
}

static void one_by_one(struct bench *bench, bool write, long count) {
    struct run run = {.bench = bench, .write = write};
    struct slot slot = {.run = &run};
    run.latencies_us = calloc((size_t)count, sizeof *run.latencies_us);
    buffer_init(&slot.values, VALUES_MAX + bench->row_size);
    double cpu = cpu_seconds();
    int64_t started = now_us();
    for (long i = 0; i < count; i++) {
        struct cql_result *result = NULL;
        int64_t began = now_us();
        fill(&slot, bench, write, i);
        slot.request.context = NULL;
        if (cql_execute_wait(bench->session, &slot.request, &result) != STATUS_OK) {
            run.failed++;
        } else {
            look_at(result, &run);
        }
        run.latencies_us[run.done++] = (uint32_t)(now_us() - began);
    }
    report(&run, "one, waited for", cpu_seconds() - cpu, now_us() - started);
    buffer_free(&slot.values);
    free(run.latencies_us);
}

static void query(struct cql_session *session, const char *text) {
    struct cql_request request = {.kind = CQL_REQUEST_QUERY,
                                  .text = str_from_c(text),
                                  .consistency = CQL_ONE,
                                  .timeout_ms = 60000};
    die(text, cql_execute_wait(session, &request, NULL), request.error.text);
}

static void set_up(struct bench *bench) {
    struct error err;
    query(bench->session, "CREATE KEYSPACE IF NOT EXISTS micro_cql WITH replication = "
                          "{'class': 'SimpleStrategy', 'replication_factor': 1}");
    query(bench->session,
          "CREATE TABLE IF NOT EXISTS micro_cql.row (id text PRIMARY KEY, body blob)");
    die("prepare",
        cql_prepare(bench->session, STR("INSERT INTO micro_cql.row (id, body) VALUES (?, ?)"),
                    &bench->put, &err),
        err.text);
    die("prepare",
        cql_prepare(bench->session, STR("SELECT body FROM micro_cql.row WHERE id = ?"), &bench->get,
                    &err),
        err.text);
    bench->body = calloc(1, bench->row_size + 1);
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: micro_cql HOST[:PORT] [requests [bytes a row]]\n");
        return 2;
    }
    long count = argc > 2 ? strtol(argv[2], NULL, 10) : 50000;
    struct bench bench = {.row_size = argc > 3 ? strtoul(argv[3], NULL, 10) : 300};
    struct cql_config config = {.contact_points = str_from_c(argv[1]),
                                .compression = getenv("LZ4") != NULL};
    struct error err;
    die("open", cql_session_open(&config, &bench.session, &err), err.text);
    set_up(&bench);
    many_at_once(&bench, true, count, 256); // fills the table, warms the server up
    for (int write = 1; write >= 0; write--) {
        one_by_one(&bench, write, count / 10);
        many_at_once(&bench, write, count / 4, 8);
        many_at_once(&bench, write, count, 64);
        many_at_once(&bench, write, count, 512);
    }
    struct cql_stats stats;
    cql_session_stats(bench.session, &stats);
    printf("requests a write(2) %.1f, replies a read(2) %.1f\n",
           (double)stats.requests / (double)stats.writes,
           (double)stats.requests / (double)stats.reads);
    query(bench.session, "DROP KEYSPACE micro_cql");
    cql_session_close(bench.session);
    free(bench.body);
    return 0;
}
