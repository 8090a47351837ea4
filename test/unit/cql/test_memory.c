// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Each allocation of a session fails once: opening, preparing, executing give a status or go on, and closing gives all back.
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ask.h"
#include "base/log.h"
#include "support/failing_malloc.h"

// The fake lives in a process of its own, where nothing fails.
struct server {
    pid_t pid;
    int alive; // closing it ends the server
    char contact[32];
};

static struct server start_server(void) {
    struct server server = {0};
    int told[2];
    int alive[2];
    assert_int_equal(pipe(told), 0);
    assert_int_equal(pipe(alive), 0);
    server.pid = fork();
    assert_true(server.pid >= 0);
    if (server.pid == 0) {
        close(alive[1]);
        struct fake *fake = fake_start(1);
        fake_lock(fake);
        fake->lz4 = true;
        fake_unlock(fake);
        struct cql_config config = fake_config(fake);
        ssize_t n = write(told[1], config.contact_points.data, config.contact_points.len + 1);
        char byte;
        n = n > 0 ? read(alive[0], &byte, 1) : n;
        fake_stop(fake);
        _exit(n == 0 ? 0 : 1); // the parent has ended it
    }
    close(alive[0]);
    close(told[1]);
    assert_true(read(told[0], server.contact, sizeof server.contact) > 0);
    close(told[0]);
    server.alive = alive[1];
    return server;
}

static void end_server(struct server *server) {
    int status = 1;
    close(server->alive);
    assert_int_equal(waitpid(server->pid, &status, 0), server->pid);
    assert_int_equal(status, 0);
}

static void execute(struct cql_session *session, const struct cql_prepared *prepared) {
    char bytes[1000];
    struct buffer buffer;
    struct cql_values values;
    memset(bytes, 'a', sizeof bytes);
    buffer_init(&buffer, 4096);
    cql_values_begin(&values, &buffer);
    cql_bind_text(&values, str_make(bytes, sizeof bytes));
    struct cql_request request = {.kind = CQL_REQUEST_EXECUTE,
                                  .prepared = prepared,
                                  .values = cql_values_bytes(&values),
                                  .value_count = values.count,
                                  .consistency = CQL_LOCAL_QUORUM,
                                  .idempotent = true};
    struct cql_result *result = NULL;
    if (buffer_status(&buffer) == STATUS_OK) {
        enum status status = cql_execute_wait(session, &request, &result);
        assert_true(status == STATUS_OK || result == NULL);
        assert_true(status == STATUS_OK || request.error.text[0] != 0);
        cql_result_free(result);
    }
    buffer_free(&buffer);
}

static void use_session(const struct cql_config *config) {
    struct cql_session *session = NULL;
    struct cql_prepared *prepared = NULL;
    struct error err = {0};
    enum status status = cql_session_open(config, &session, &err);
    if (status != STATUS_OK) {
        assert_null(session);
        assert_true(err.text[0] != 0);
        return;
    }
    if (cql_prepare(session, STR("UPDATE ks.t SET a = 1 WHERE id = ?"), &prepared, &err) ==
        STATUS_OK) {
        execute(session, prepared);
        execute(session, prepared);
    }
    cql_session_close(session);
}

static void test_each_allocation_fails_once(void **state) {
    (void)state;
    log_configure(LOG_LEVEL_OFF, LOG_FORMAT_TEXT, 2); // each failure would be told
    struct server server = start_server();
    struct cql_config config = {.contact_points = str_from_c(server.contact),
                                .compression = true,
                                .threads = 2,
                                .connect_timeout_ms = 2000,
                                .request_timeout_ms = 2000,
                                .reconnect_base_ms = 1,
                                .reconnect_max_ms = 10};
    bool failed = true;
    for (long n = 0; failed && n < 2000; n++) {
        failing_malloc_arm(n);
        use_session(&config);
        failed = failing_malloc_disarm();
    }
    assert_false(failed);
    use_session(&config); // and nothing was broken for good
    end_server(&server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
