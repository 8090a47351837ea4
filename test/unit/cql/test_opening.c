// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Opening a session: contact points of all kinds, servers that are none, logins, compression.
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ask.h"
#include "cql/control.h"

static struct fake *fake;

static int start_one(void **state) {
    (void)state;
    fake = fake_start(1);
    return 0;
}

static int stop(void **state) {
    (void)state;
    fake_stop(fake);
    return 0;
}

static enum status open_with(const struct cql_config *config, struct error *err) {
    struct cql_session *session = NULL;
    enum status status = cql_session_open(config, &session, err);
    cql_session_close(session);
    return status;
}

static void assert_says(const struct error *err, const char *part) {
    if (!strstr(err->text, part)) {
        fail_msg("\"%s\" does not say \"%s\"", err->text, part);
    }
}

static void assert_contact(const char *list, const char *host, unsigned port) {
    struct cql_contact *contacts;
    unsigned count;
    struct error err;
    assert_int_equal(cql_contact_parse(str_from_c(list), 9042, &contacts, &count, &err), STATUS_OK);
    assert_string_equal(contacts[count - 1].host, host);
    assert_int_equal(contacts[count - 1].port, port);
    free(contacts);
}

static void test_contact_points_are_read(void **state) {
    (void)state;
    assert_contact("a", "a", 9042);
    assert_contact("a:1", "a", 1);
    assert_contact("a:1, b.example:65535", "b.example", 65535);
    assert_contact("a, b", "b", 9042);
    assert_contact("127.0.0.1", "127.0.0.1", 9042);
    assert_contact("[::1]", "::1", 9042);
    assert_contact("[fe80::2]:77", "fe80::2", 77);
    assert_contact("fe80::2", "fe80::2", 9042);
    static const char *const WRONG[] = {"",   ",",    "a,,b", ":1",     "a:0",    "a:65536", "a:x",
                                        "a:", "[::1", "[]",   "[::1]x", "[::1]:", " "};
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        struct cql_contact *contacts;
        unsigned count;
        struct error err;
        if (cql_contact_parse(str_from_c(WRONG[i]), 9042, &contacts, &count, &err) !=
            STATUS_INVALID) {
            fail_msg("\"%s\" is taken for a contact point", WRONG[i]);
        }
    }
}

static void test_opens_and_says_with_whom(void **state) {
    (void)state;
    struct cql_config config = fake_config(fake);
    struct cql_session *session = fake_open(&config);
    assert_true(str_equal(cql_server_version(session), STR("5.0.9-fake")));
    assert_true(str_equal(cql_local_dc(session), STR("dc1")));
    struct cql_stats stats;
    cql_session_stats(session, &stats);
    assert_int_equal(stats.hosts_up, 1);
    assert_int_equal(stats.hosts_down, 0);
    assert_int_equal(stats.connections, 2); // control and requests
    cql_session_close(session);
    cql_session_close(NULL);
}

static void test_settings_that_cannot_be(void **state) {
    (void)state;
    struct error err;
    struct cql_config config = fake_config(fake);
    config.in_flight_per_connection = 32769;
    assert_int_equal(open_with(&config, &err), STATUS_INVALID);
    config = fake_config(fake);
    config.threads = 1000;
    assert_int_equal(open_with(&config, &err), STATUS_INVALID);
    config = fake_config(fake);
    config.contact_points = STR("a:b");
    assert_int_equal(open_with(&config, &err), STATUS_INVALID);
    assert_says(&err, "a:b");
    config = fake_config(fake);
    config.tls = (struct cql_tls){.enabled = true, .verify_peer = true, .ca_file = STR("/no/such")};
    assert_int_equal(open_with(&config, &err), STATUS_INVALID);
    assert_says(&err, "/no/such");
}

static void test_every_refusal_is_named(void **state) {
    (void)state;
    struct error err;
    struct cql_config config = fake_config(fake);
    char points[128];
    // Nobody listens at hosts 2 and 3.
    snprintf(points, sizeof points, "%s.2:%u,%s.3:%u", fake->net, fake->port, fake->net,
             fake->port);
    config.contact_points = str_from_c(points);
    assert_int_equal(open_with(&config, &err), STATUS_UNAVAILABLE);
    assert_says(&err, ".2:");
    assert_says(&err, ".3:");
    assert_says(&err, "refused");
}

static void test_one_contact_point_is_enough(void **state) {
    (void)state;
    struct cql_config config = fake_config(fake);
    char points[128];
    snprintf(points, sizeof points, "%s.2,%s.3,%s.1", fake->net, fake->net, fake->net);
    config.contact_points = str_from_c(points);
    cql_session_close(fake_open(&config));
}

static void test_a_name_nobody_knows(void **state) {
    (void)state;
    struct error err;
    struct cql_config config = fake_config(fake);
    config.contact_points = STR("no-such-host.invalid");
    assert_int_equal(open_with(&config, &err), STATUS_UNAVAILABLE);
    assert_says(&err, "no-such-host.invalid");
}

static void test_a_name_is_looked_up(void **state) {
    (void)state;
    struct cql_config config = fake_config(fake);
    struct error err;
    // What listens at localhost's address, if anything, is no fake; that it was looked up is in the sentence.
    config.contact_points = STR("localhost");
    assert_int_equal(open_with(&config, &err), STATUS_UNAVAILABLE);
    assert_says(&err, ":");
}

static void test_a_connect_that_nobody_answers(void **state) {
    (void)state;
    // A listener whose queue is full drops SYNs.
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    char text[32];
    struct error err;
    snprintf(text, sizeof text, "%s.4", fake->net);
    assert_int_equal(inet_pton(AF_INET, text, &address.sin_addr), 1);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 0), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
    int fillers[4];
    for (int i = 0; i < 4; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(fillers[i], (struct sockaddr *)&address, sizeof address);
    }
    struct cql_config config = fake_config(fake);
    snprintf(text, sizeof text, "%s.4:%u", fake->net, ntohs(address.sin_port));
    config.contact_points = str_from_c(text);
    config.connect_timeout_ms = 100;
    assert_int_equal(open_with(&config, &err), STATUS_UNAVAILABLE);
    assert_says(&err, "within 100 ms");
    for (int i = 0; i < 4; i++) {
        close(fillers[i]);
    }
    close(listener);
}

// --- Servers that are none -----------------------------------------------------------------------------------------
static bool say_nothing(const struct fake_request *request, void *context) {
    (void)request;
    (void)context;
    return true;
}

static void test_a_server_that_says_nothing(void **state) {
    (void)state;
    struct error err;
    struct cql_config config = fake_config(fake);
    config.connect_timeout_ms = 100;
    fake_use(fake, say_nothing, NULL);
    assert_int_equal(open_with(&config, &err), STATUS_UNAVAILABLE);
}

static bool say_bytes(const struct fake_request *request, void *context) {
    const struct str *bytes = context;
    ssize_t n = send(request->connection->fd, bytes->data, bytes->len, MSG_NOSIGNAL);
    assert_true(n > 0);
    return true;
}

static void test_what_is_not_protocol_v4(void **state) {
    (void)state;
    static const struct str SAYINGS[] = {
        STR_INIT("HTTP/1.1 400 Bad Request\r\n\r\n"),
        STR_INIT("\x83\0\0\0\0\0\0\0\0"),         // version 3
        STR_INIT("\x04\0\0\0\0\0\0\0\0"),         // a request
        STR_INIT("\x84\0\0\0\x77\0\0\0\0"),       // an opcode nobody knows
        STR_INIT("\x84\0\0\0\2\xff\xff\xff\xff"), // a negative length
        STR_INIT("\x84\0\0\0\2\x7f\xff\xff\xff"), // one that cannot be
        STR_INIT("\x84\1\0\0\2\0\0\0\4\0\0\0\0"), // compressed, which was not agreed on
    };
    for (size_t i = 0; i < sizeof SAYINGS / sizeof SAYINGS[0]; i++) {
        struct error err;
        struct cql_config config = fake_config(fake);
        fake_use(fake, say_bytes, (void *)(uintptr_t)&SAYINGS[i]);
        enum status status = open_with(&config, &err);
        if (status != STATUS_UNSUPPORTED) {
            fail_msg("saying %zu: %s: %s", i, status_name(status), err.text);
        }
    }
}

static bool refuse_version(const struct fake_request *request, void *context) {
    (void)context;
    fake_reply_error(request, CQL_ERROR_PROTOCOL, "Invalid or unsupported protocol version (4)",
                     STR_EMPTY);
    return true;
}

static void test_a_server_that_refuses_the_version(void **state) {
    (void)state;
    struct error err;
    struct cql_config config = fake_config(fake);
    fake_use(fake, refuse_version, NULL);
    assert_int_equal(open_with(&config, &err), STATUS_UNSUPPORTED);
    assert_says(&err, "unsupported protocol version");
}

static bool answer_another_stream(const struct fake_request *request, void *context) {
    (void)context;
    struct fake_request other = *request;
    other.stream = 7;
    fake_reply(&other, CQL_OP_READY, STR_EMPTY);
    return true;
}

static void test_an_answer_to_what_was_not_asked(void **state) {
    (void)state;
    struct error err;
    struct cql_config config = fake_config(fake);
    fake_use(fake, answer_another_stream, NULL);
    assert_int_equal(open_with(&config, &err), STATUS_UNAVAILABLE);
    assert_says(&err, "was not asked");
}

static void test_a_server_before_4_0(void **state) {
    (void)state;
    struct cql_config config = fake_config(fake);
    fake_lock(fake);
    fake->no_peers_v2 = true;
    fake_unlock(fake);
    cql_session_close(fake_open(&config));
}

static void set_login(void) {
    fake_lock(fake);
    fake->username = "ada";
    fake->password = "secret";
    fake_unlock(fake);
}

// --- Logging in ----------------------------------------------------------------------------------------------------
static void test_logs_in(void **state) {
    (void)state;
    struct error err;
    struct cql_config config = fake_config(fake);
    set_login();
    assert_int_equal(open_with(&config, &err), STATUS_DENIED);
    assert_says(&err, "no user name is set");
    config.username = STR("ada");
    config.password = STR("wrong");
    assert_int_equal(open_with(&config, &err), STATUS_DENIED);
    assert_says(&err, "incorrect");
    assert_null(strstr(err.text, "wrong")); // never what was typed
    config.password = STR("secret");
    cql_session_close(fake_open(&config));
}

static bool challenge_first(const struct fake_request *request, void *context) {
    unsigned *challenges = context;
    if (request->opcode == CQL_OP_AUTH_RESPONSE && *challenges > 0) {
        --*challenges;
        fake_reply(request, CQL_OP_AUTH_CHALLENGE, STR("\0\0\0\5PLAIN"));
        return true;
    }
    return false;
}

static void test_a_challenge_is_answered_once(void **state) {
    (void)state;
    struct error err;
    struct cql_config config = fake_config(fake);
    unsigned challenges = 1;
    set_login();
    fake_use(fake, challenge_first, &challenges);
    config.username = STR("ada");
    config.password = STR("secret");
    config.threads = 1;
    struct cql_session *session = NULL;
    assert_int_equal(cql_session_open(&config, &session, &err), STATUS_OK);
    cql_session_close(session);
    challenges = 1000;
    assert_int_equal(open_with(&config, &err), STATUS_DENIED);
    assert_says(&err, "another kind of login");
}

static bool no_quorum_at_first(const struct fake_request *request, void *context) {
    unsigned *refusals = context;
    if (request->opcode != CQL_OP_AUTH_RESPONSE || fake_accepted(request->host) <= 1) {
        return false;
    }
    fake_lock(fake); // an old connection may still be served
    bool refuses = *refusals > 0;
    *refusals -= refuses ? 1 : 0;
    fake_unlock(fake);
    if (refuses) {
        fake_reply_error(
            request, CQL_ERROR_BAD_CREDENTIALS,
            "Unable to perform authentication: Cannot achieve consistency level QUORUM", STR_EMPTY);
    }
    return refuses;
}

static void test_a_login_without_quorum_is_tried_again(void **state) {
    (void)state;
    struct cql_config config = fake_config(fake);
    set_login();
    config.username = STR("ada");
    config.password = STR("secret");
    struct cql_session *session = fake_open(&config);
    struct cql_prepared *prepared = ask_prepare(session, "UPDATE ks.t SET a = 1 WHERE id = ?");
    unsigned refusals = 3;
    fake_use(fake, no_quorum_at_first, &refusals);
    fake_cut(&fake->hosts[0]);
    struct ask ask;
    ask_execute(&ask, prepared, "a");
    ask.request.idempotent = true;
    assert_int_equal(ask_now(session, &ask), STATUS_OK);
    cql_session_close(session);
}

static bool overloaded(const struct fake_request *request, void *context) {
    (void)context;
    fake_reply_error(request, CQL_ERROR_OVERLOADED, "too much to do", STR_EMPTY);
    return true;
}

static void test_a_server_that_cannot_now(void **state) {
    (void)state;
    struct error err;
    struct cql_config config = fake_config(fake);
    fake_use(fake, overloaded, NULL);
    assert_int_equal(open_with(&config, &err), STATUS_UNAVAILABLE);
    assert_says(&err, "too much to do");
}

// --- Compression ---------------------------------------------------------------------------------------------------
static bool saw_compressed(const struct fake_request *request, void *context) {
    bool *seen = context;
    if (request->opcode == CQL_OP_EXECUTE) {
        *seen = request->compressed;
        char big[4000];
        memset(big, 'x', sizeof big);
        fake_reply_error(request, CQL_ERROR_INVALID, "", str_make(big, sizeof big));
        return true;
    }
    return false;
}

static bool send_long_value(bool offered, bool wanted) {
    struct cql_config config = fake_config(fake);
    bool seen = false;
    static char key[8000];
    memset(key, 'k', sizeof key - 1);
    fake_lock(fake);
    fake->lz4 = offered;
    fake_unlock(fake);
    config.compression = wanted;
    struct cql_session *session = fake_open(&config);
    struct cql_prepared *prepared = ask_prepare(session, "UPDATE ks.t SET a = 1 WHERE id = ?");
    fake_use(fake, saw_compressed, &seen);
    struct ask ask;
    ask_execute(&ask, prepared, key);
    assert_int_equal(ask_now(session, &ask), STATUS_INVALID);
    cql_session_close(session);
    fake_use(fake, NULL, NULL);
    return seen;
}

static void test_compresses_when_both_want_it(void **state) {
    (void)state;
    assert_true(send_long_value(true, true));
    assert_false(send_long_value(false, true));
    assert_false(send_long_value(true, false));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start_one, stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contact_points_are_read),
        TEST(test_opens_and_says_with_whom),
        TEST(test_settings_that_cannot_be),
        TEST(test_every_refusal_is_named),
        TEST(test_one_contact_point_is_enough),
        TEST(test_a_name_nobody_knows),
        TEST(test_a_name_is_looked_up),
        TEST(test_a_connect_that_nobody_answers),
        TEST(test_a_server_that_says_nothing),
        TEST(test_what_is_not_protocol_v4),
        TEST(test_a_server_that_refuses_the_version),
        TEST(test_an_answer_to_what_was_not_asked),
        TEST(test_a_server_before_4_0),
        TEST(test_logs_in),
        TEST(test_a_challenge_is_answered_once),
        TEST(test_a_login_without_quorum_is_tried_again),
        TEST(test_a_server_that_cannot_now),
        TEST(test_compresses_when_both_want_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
