// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Trying again, over the wire: which error sends a request to which host, how often, and when it must not be sent twice.
#include <stdlib.h>

#include "ask.h"

#define STATEMENT "UPDATE ks.t SET a = 1 WHERE id = ?"

static struct fake *fake;

// What the first executions are answered with.
struct saying {
    uint32_t code;
    struct str more;
    unsigned left;      // so often
    bool cut;           // instead of an answer
    unsigned hosts[16]; // who was asked, in order
    unsigned asked;
};
static struct saying saying; // under the fake's lock
static struct saying said;   // what it was after the request

static void set_saying(struct saying what) {
    fake_lock(fake);
    saying = what;
    fake_unlock(fake);
}

static struct saying get_saying(void) {
    fake_lock(fake);
    struct saying is = saying;
    fake_unlock(fake);
    return is;
}

static bool say_errors(const struct fake_request *request, void *context) {
    (void)context;
    if (request->opcode != CQL_OP_EXECUTE && request->opcode != CQL_OP_BATCH) {
        return false;
    }
    fake_lock(fake);
    saying.hosts[saying.asked++ % 16] = request->host->number;
    bool say = saying.left > 0;
    saying.left -= say ? 1 : 0;
    struct saying is = saying;
    fake_unlock(fake);
    if (say && is.cut) {
        fake_cut(request->host);
    } else if (say) {
        fake_reply_error(request, is.code, "so it is", is.more);
    }
    return say;
}

static struct cql_session *session;
static struct cql_prepared *prepared;

static int open_two(void **state) {
    (void)state;
    fake = fake_start(2);
    fake_set_replication(fake, 2);
    set_saying((struct saying){0});
    struct cql_config config = fake_config(fake);
    session = fake_open(&config);
    prepared = ask_prepare(session, STATEMENT);
    // Both hosts know it before anything goes wrong.
    for (unsigned host = 0; host < 2; host++) {
        while (fake_requests(&fake->hosts[host], CQL_OP_EXECUTE) == 0) {
            struct ask ask;
            ask_execute(&ask, prepared, "a");
            assert_int_equal(ask_now(session, &ask), STATUS_OK);
        }
    }
    fake_use(fake, say_errors, NULL);
    return 0;
}

static int close_two(void **state) {
    (void)state;
    cql_session_close(session);
    fake_stop(fake);
    return 0;
}

// How often it was sent; *status, *ask: the outcome.
static unsigned try(struct saying what, bool idempotent, struct ask *ask, enum status *status) {
    set_saying(what);
    ask_execute(ask, prepared, "a");
    ask->request.idempotent = idempotent;
    *status = ask_now(session, ask);
    said = get_saying();
    return said.asked;
}

// consistency, received, required, then what the code has.
#define TIMEOUT_HEAD "\0\4\0\0\0\1\0\0\0\2"
#define ANSWERED_HEAD "\0\4\0\0\0\2\0\0\0\2"

static const struct {
    uint32_t code;
    struct str more;
    bool idempotent;
    unsigned sent;
    bool same_host;
    enum status status; // of an error that stays
    bool sent_unknown;
} ROWS[] = {
    {CQL_ERROR_UNAVAILABLE, STR_INIT(TIMEOUT_HEAD), false, 2, false, STATUS_UNAVAILABLE, false},
    {CQL_ERROR_UNAVAILABLE, STR_INIT(TIMEOUT_HEAD), true, 2, false, STATUS_UNAVAILABLE, false},
    {CQL_ERROR_READ_TIMEOUT, STR_INIT(ANSWERED_HEAD "\0"), false, 2, true, STATUS_TIMEOUT, false},
    {CQL_ERROR_READ_TIMEOUT, STR_INIT(ANSWERED_HEAD "\1"), true, 3, false, STATUS_TIMEOUT, false},
    {CQL_ERROR_READ_TIMEOUT, STR_INIT(TIMEOUT_HEAD "\0"), true, 3, false, STATUS_TIMEOUT, false},
    {CQL_ERROR_WRITE_TIMEOUT, STR_INIT(TIMEOUT_HEAD "\0\11BATCH_LOG"), true, 4, true,
     STATUS_TIMEOUT, true},
    {CQL_ERROR_WRITE_TIMEOUT, STR_INIT(TIMEOUT_HEAD "\0\11BATCH_LOG"), false, 1, false,
     STATUS_TIMEOUT, true},
    {CQL_ERROR_WRITE_TIMEOUT, STR_INIT(TIMEOUT_HEAD "\0\6SIMPLE"), true, 3, false, STATUS_TIMEOUT,
     true},
    {CQL_ERROR_WRITE_TIMEOUT, STR_INIT(TIMEOUT_HEAD "\0\6SIMPLE"), false, 1, false, STATUS_TIMEOUT,
     true},
    {CQL_ERROR_WRITE_FAILURE, STR_INIT(TIMEOUT_HEAD "\0\0\0\1\0\6SIMPLE"), true, 3, false,
     STATUS_IO, true},
    {CQL_ERROR_READ_FAILURE, STR_INIT(TIMEOUT_HEAD "\0\0\0\1\0"), false, 1, false, STATUS_IO,
     false},
    {CQL_ERROR_OVERLOADED, STR_INIT(""), true, 2, false, STATUS_UNAVAILABLE, true},
    {CQL_ERROR_OVERLOADED, STR_INIT(""), false, 1, false, STATUS_UNAVAILABLE, true},
    {CQL_ERROR_BOOTSTRAPPING, STR_INIT(""), true, 2, false, STATUS_UNAVAILABLE, false},
    {CQL_ERROR_SERVER, STR_INIT(""), true, 2, false, STATUS_IO, true},
    {CQL_ERROR_SERVER, STR_INIT(""), false, 1, false, STATUS_IO, true},
    {CQL_ERROR_TRUNCATE, STR_INIT(""), true, 2, false, STATUS_IO, true},
    {CQL_ERROR_SYNTAX, STR_INIT(""), true, 1, false, STATUS_INVALID, false},
    {CQL_ERROR_INVALID, STR_INIT(""), true, 1, false, STATUS_INVALID, false},
    {CQL_ERROR_UNAUTHORIZED, STR_INIT(""), true, 1, false, STATUS_DENIED, false},
    {CQL_ERROR_ALREADY_EXISTS, STR_INIT("\0\2ks\0\1t"), true, 1, false, STATUS_EXISTS, false},
    {0x7654, STR_INIT(""), true, 1, false, STATUS_IO, true},
};

static void test_the_table(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct ask ask;
        enum status status;
        struct saying what = {.code = ROWS[i].code, .more = ROWS[i].more, .left = 100};
        unsigned sent = try(what, ROWS[i].idempotent, &ask, &status);
        if (sent != ROWS[i].sent || status != ROWS[i].status ||
            ask.request.sent_unknown != ROWS[i].sent_unknown) {
            fail_msg("row %zu: sent %u times, %s, %d: %s", i, sent, status_name(status),
                     ask.request.sent_unknown, ask.request.error.text);
        }
        if (sent > 1) {
            assert_int_equal(said.hosts[0] == said.hosts[1], ROWS[i].same_host);
        }
        assert_int_equal(ask.request.server_error, ROWS[i].code);
        assert_non_null(strstr(ask.request.error.text, fake->net)); // which host
        // Once is forgiven.
        what.left = 1;
        (void)try(what, ROWS[i].idempotent, &ask, &status);
        assert_int_equal(status, ROWS[i].sent > 1 ? STATUS_OK : ROWS[i].status);
        assert_int_equal(ask.request.sent_unknown, status == STATUS_OK ? 0 : ROWS[i].sent_unknown);
    }
}

static void test_a_connection_lost_after_sending(void **state) {
    (void)state;
    struct ask ask;
    enum status status;
    struct saying what = {.cut = true, .left = 1};
    assert_int_equal(try(what, false, &ask, &status), 1);
    assert_int_equal(status, STATUS_IO);
    assert_true(ask.request.sent_unknown);
    assert_int_equal(try(what, true, &ask, &status), 2);
    assert_int_equal(status, STATUS_OK);
    assert_false(ask.request.sent_unknown);
}

static void test_what_kills_every_connection_is_not_sent_forever(void **state) {
    (void)state;
    struct ask ask;
    enum status status;
    struct saying what = {.cut = true, .left = 1000};
    assert_in_range(try(what, true, &ask, &status), 2, 8);
    assert_int_equal(status, STATUS_IO);
    assert_true(ask.request.sent_unknown);
}

static void test_unknown_stays_unknown(void **state) {
    (void)state;
    // Overloaded, which may have done something; then unavailable, which has not.
    struct ask ask;
    enum status status;
    struct saying what = {.code = CQL_ERROR_OVERLOADED, .left = 2};
    (void)try(what, true, &ask, &status);
    assert_int_equal(status, STATUS_UNAVAILABLE);
    assert_true(ask.request.sent_unknown);
}

// --- Answers that are none -----------------------------------------------------------------------------------------
static struct str answer;
static uint8_t answer_opcode;

static bool say_answer(const struct fake_request *request, void *context) {
    (void)context;
    if (request->opcode == CQL_OP_EXECUTE) {
        fake_reply(request, answer_opcode, answer);
        return true;
    }
    return false;
}

static void test_an_answer_that_cannot_be_read(void **state) {
    (void)state;
    static const struct {
        uint8_t opcode;
        struct str body;
    } ANSWERS[] = {
        {CQL_OP_RESULT, STR_INIT("")},
        {CQL_OP_RESULT, STR_INIT("\0\0\0\x63")},                       // of no kind
        {CQL_OP_RESULT, STR_INIT("\0\0\0\2\0\0\0\1\x7f\xff\xff\xff")}, // more columns than bytes
        {CQL_OP_RESULT, STR_INIT("\0\0\0\2\0\0\0\4\0\0\0\1\x7f\xff\xff\xff")}, // more rows
        {CQL_OP_ERROR, STR_INIT("\0\0")},
        {CQL_OP_READY, STR_INIT("")},
        {CQL_OP_SUPPORTED, STR_INIT("\0\0")},
    };
    for (size_t i = 0; i < sizeof ANSWERS / sizeof ANSWERS[0]; i++) {
        struct ask ask;
        answer = ANSWERS[i].body;
        answer_opcode = ANSWERS[i].opcode;
        fake_use(fake, say_answer, NULL);
        ask_execute(&ask, prepared, "a");
        if (ask_now(session, &ask) != STATUS_CORRUPT) {
            fail_msg("answer %zu: %s: %s", i, status_name(ask.request.status),
                     ask.request.error.text);
        }
        assert_true(ask.request.sent_unknown);
    }
    // The connection goes on.
    fake_use(fake, NULL, NULL);
    struct ask ask;
    ask_execute(&ask, prepared, "a");
    assert_int_equal(ask_now(session, &ask), STATUS_OK);
}

static void test_requests_that_make_no_sense(void **state) {
    (void)state;
    struct ask ask;
    ask_execute(&ask, NULL, "a");
    assert_int_equal(ask_now(session, &ask), STATUS_INVALID);
    ask_execute(&ask, NULL, "a");
    ask.request.kind = CQL_REQUEST_BATCH;
    assert_int_equal(ask_now(session, &ask), STATUS_INVALID);
    ask_execute(&ask, NULL, "a");
    struct cql_batch_entry nothing = {0};
    ask.request.kind = CQL_REQUEST_BATCH;
    ask.request.entries = &nothing;
    ask.request.entry_count = 1;
    assert_int_equal(ask_now(session, &ask), STATUS_INVALID);
    ask.request.entry_count = 65536;
}

static void test_a_request_larger_than_a_frame(void **state) {
    (void)state;
    struct ask ask;
    size_t size = CQL_FRAME_BODY_MAX + 1;
    char *big = calloc(1, size);
    ask_execute(&ask, prepared, "a");
    ask.request.values = str_make(big, size);
    assert_int_equal(ask_now(session, &ask), STATUS_TOO_LARGE);
    free(big);
    ask_execute(&ask, prepared, "a");
    assert_int_equal(ask_now(session, &ask), STATUS_OK);
}

// --- Speculation ---------------------------------------------------------------------------------------------------
static bool first_host_is_silent(const struct fake_request *request, void *context) {
    (void)context;
    if (request->opcode != CQL_OP_EXECUTE) {
        return false;
    }
    fake_lock(fake);
    saying.hosts[saying.asked++ % 16] = request->host->number;
    bool first = saying.asked == 1;
    fake_unlock(fake);
    return first;
}

static void test_a_second_host_answers_for_the_first(void **state) {
    (void)state;
    struct cql_config config = fake_config(fake);
    config.speculative_delay_ms = 10;
    struct cql_session *eager = fake_open(&config);
    struct cql_prepared *statement = ask_prepare(eager, STATEMENT);
    struct cql_stats stats;
    struct ask ask;
    set_saying((struct saying){0});
    fake_use(fake, first_host_is_silent, NULL);
    ask_execute(&ask, statement, "a");
    ask.request.idempotent = true;
    assert_int_equal(ask_now(eager, &ask), STATUS_OK);
    said = get_saying();
    assert_int_equal(said.asked, 2);
    assert_int_not_equal(said.hosts[0], said.hosts[1]);
    cql_session_stats(eager, &stats);
    assert_int_equal(stats.speculative, 1);
    // Never for what must not happen twice.
    set_saying((struct saying){0});
    ask_execute(&ask, statement, "a");
    ask.request.timeout_ms = 60;
    assert_int_equal(ask_now(eager, &ask), STATUS_TIMEOUT);
    assert_int_equal(get_saying().asked, 1);
    cql_session_close(eager);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_two, close_two)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_the_table),
        TEST(test_a_connection_lost_after_sending),
        TEST(test_what_kills_every_connection_is_not_sent_forever),
        TEST(test_unknown_stays_unknown),
        TEST(test_an_answer_that_cannot_be_read),
        TEST(test_requests_that_make_no_sense),
        TEST(test_a_request_larger_than_a_frame),
        TEST(test_a_second_host_answers_for_the_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
