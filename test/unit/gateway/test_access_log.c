// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The access log: which requests are in it, what is said of them, what never is, and files that are moved away.
#include "../http/harness.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/keyring.h"
#include "base/log.h"
#include "base/metrics.h"
#include "gateway/access_log.h"

#define TEXT_MAX (1 << 20)

struct scene {
    char folder[64];
    char path[80];
    struct gateway_access_log *log;
    struct http_exchange exchange;
    struct http_header header;
    struct auth_principal principal;
    char *text;
};

static int set_up(void **state) {
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    scene->text = malloc(TEXT_MAX);
    assert_non_null(scene->text);
    (void)snprintf(scene->folder, sizeof scene->folder, "/tmp/footfall-access-XXXXXX");
    assert_non_null(mkdtemp(scene->folder));
    (void)snprintf(scene->path, sizeof scene->path, "%s/access.log", scene->folder);
    scene->principal =
        (struct auth_principal){.role = AUTH_ROLE_VIEWER, .project = "shop", .key_id = "key_1"};
    scene->exchange = (struct http_exchange){
        .request = {.method = HTTP_GET_,
                    .method_name = STR("GET"),
                    .path = STR("/users/u1"),
                    .headers = &scene->header,
                    .remote_ip = STR("192.0.2.1"),
                    .received_us = 1000,
                    .head_us = 1010,
                    .protocol = "HTTP/1.1"},
        .request_id = STR("r-1"),
        .principal = &scene->principal,
        .route = "/users/:id",
        .handled_us = 1030,
        .queued_us = 50,
        .status = 200,
        .reply_bytes = 77,
    };
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_JSON, STDERR_FILENO);
    *state = scene;
    return 0;
}

static int tear_down(void **state) {
    struct scene *scene = *state;
    gateway_access_log_free(scene->log);
    (void)unlink(scene->path);
    (void)rmdir(scene->folder);
    free(scene->text);
    free(scene);
    return 0;
}

static void open_log(struct scene *scene, struct gateway_access_config config) {
    struct error err = {STATUS_OK, ""};
    config.path = str_from_c(scene->path);
    assert_int_equal(gateway_access_log_make(&config, &scene->log, &err), STATUS_OK);
}

static const char *read_file(struct scene *scene, const char *path) {
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    ssize_t len = read(fd, scene->text, TEXT_MAX - 1);
    assert_true(len >= 0);
    scene->text[len] = '\0';
    close(fd);
    return scene->text;
}

// Ends the log, so that all of it is in the file.
static const char *finish(struct scene *scene) {
    gateway_access_log_free(scene->log);
    scene->log = NULL;
    return read_file(scene, scene->path);
}

static void a_line_says_who_what_and_how_long(void **state) {
    struct scene *scene = *state;
    struct http_trace trace;
    assert_true(http_trace_continue(STR("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
                                    random_system(), &trace));
    scene->exchange.trace = &trace;
    scene->exchange.request.query = STR("limit=5");
    scene->exchange.request.body = STR("12345");
    scene->exchange.request.tls = "TLSv1.3";
    scene->exchange.upstream = STR("10.0.0.1:8081");
    open_log(scene, (struct gateway_access_config){.choice.mode = GATEWAY_ACCESS_ALL});
    gateway_access_log_request(scene->log, &scene->exchange, 500);
    const char *line = finish(scene);
    static const char *const parts[] = {
        "\"level\":\"info\",\"component\":\"gateway\",\"message\":\"request\"",
        "\"method\":\"GET\"",
        "\"route\":\"/users/:id\"",
        "\"path\":\"/users/u1\"",
        "\"query\":\"limit=5\"",
        "\"status\":200",
        "\"bytesIn\":5",
        "\"bytesOut\":77",
        "\"remote\":\"192.0.2.1\"",
        "\"key\":\"key_1\"",
        "\"role\":\"viewer\"",
        "\"project\":\"shop\"",
        "\"durationUs\":500",
        "\"headUs\":10",
        "\"bodyUs\":20",
        "\"queueUs\":50",
        "\"handleUs\":470",
        "\"upstream\":\"10.0.0.1:8081\"",
        "\"protocol\":\"HTTP/1.1\"",
        "\"tls\":\"TLSv1.3\"",
        "\"requestId\":\"r-1\"",
        "\"traceId\":\"4bf92f3577b34da6a3ce929d0e0e4736\"",
        "\"callerSpanId\":\"00f067aa0ba902b7\"}\n",
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        ASSERT_CONTAINS(line, parts[i]);
    }
    struct stat stat_;
    assert_int_equal(stat(scene->path, &stat_), 0);
    assert_int_equal(stat_.st_mode & 0777, 0600);
}

static void secrets_are_not_in_it(void **state) {
    struct scene *scene = *state;
    static const struct http_header headers[] = {
        {STR_INIT("Authorization"), STR_INIT("Bearer ff_hidden1")},
        {STR_INIT("Cookie"), STR_INIT("s=hidden2")},
        {STR_INIT("Referer"), STR_INIT("https://a.example/?token=hidden3")},
        {STR_INIT("User-Agent"), STR_INIT("curl/8")},
    };
    static const char *const queries[] = {
        "writeKey=hidden4&limit=1", "a=1&api_key=hidden5", "access_token=hidden6",
        "PASSWORD=hidden7",         "%74oken=hidden8",     "x=1&code=hidden9=",
    };
    scene->exchange.request.headers = headers;
    scene->exchange.request.header_count = sizeof headers / sizeof headers[0];
    scene->exchange.request.body = STR("hidden10");
    open_log(scene, (struct gateway_access_config){.choice.mode = GATEWAY_ACCESS_ALL});
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        scene->exchange.request.query = str_from_c(queries[i]);
        gateway_access_log_request(scene->log, &scene->exchange, 500);
    }
    scene->exchange.route = "/array/:key/config";
    scene->exchange.request.path = STR("/array/hidden11/config");
    gateway_access_log_request(scene->log, &scene->exchange, 500);
    scene->exchange.access = AUTH_ACCESS_SEND; // what people did
    scene->exchange.request.query = STR("userId=hidden12");
    gateway_access_log_request(scene->log, &scene->exchange, 500);
    const char *text = finish(scene);
    ASSERT_LACKS(text, "hidden");
    ASSERT_CONTAINS(text, "\"query\":\"writeKey=***&limit=1\"");
    ASSERT_CONTAINS(text, "\"query\":\"%74oken=***\"");
    ASSERT_CONTAINS(text, "\"path\":\"/array/:key/config\"");
    ASSERT_CONTAINS(text, "\"userAgent\":\"curl/8\"");
}

static void a_line_cannot_be_forged(void **state) {
    struct scene *scene = *state;
    static char longest[70000];
    memset(longest, '"', sizeof longest);
    const struct http_header agent = {
        STR_INIT("User-Agent"), STR_INIT("a\"}\r\n{\"level\":\"error\"\x1b[2J\xff\xe2\x80\xae")};
    scene->exchange.request.headers = &agent;
    scene->exchange.request.header_count = 1;
    scene->exchange.request.query = STR("x=\n{\"forged\":1}");
    open_log(scene, (struct gateway_access_config){.choice.mode = GATEWAY_ACCESS_ALL});
    gateway_access_log_request(scene->log, &scene->exchange, 500);
    scene->exchange.request.path = str_make(longest, sizeof longest);
    scene->exchange.request.query = str_make(longest, sizeof longest);
    gateway_access_log_request(scene->log, &scene->exchange, 500);
    const char *text = finish(scene);
    assert_int_equal(harness_count(text, "\n"), 2);
    assert_int_equal(harness_count(text, "{\"time\":"), 2);
    ASSERT_LACKS(text, "\x1b");
    ASSERT_LACKS(text, "{\"level\"");
    ASSERT_LACKS(text, "{\"forged\"");
    ASSERT_CONTAINS(text, "\\u202e");
    assert_true(strlen(text) < 2 * LOG_LINE_MAX);
}

static void errors_and_slow_ones_are_never_left_out(void **state) {
    struct scene *scene = *state;
    open_log(scene, (struct gateway_access_config){
                        .choice = {GATEWAY_ACCESS_ALL, .one_in = 10, .slow_us = 5000}});
    for (unsigned i = 0; i < 100; i++) {
        scene->exchange.status = 200;
        gateway_access_log_request(scene->log, &scene->exchange, 100);
        scene->exchange.status = 404;
        gateway_access_log_request(scene->log, &scene->exchange, 100);
        scene->exchange.status = 201;
        gateway_access_log_request(scene->log, &scene->exchange, 5000);
    }
    const char *text = finish(scene);
    assert_int_equal(harness_count(text, "\"status\":200"), 10);
    assert_int_equal(harness_count(text, "\"status\":404"), 100);
    assert_int_equal(harness_count(text, "\"status\":201"), 100);
}

static void only_errors_on_demand(void **state) {
    struct scene *scene = *state;
    open_log(scene, (struct gateway_access_config){.choice.mode = GATEWAY_ACCESS_ERRORS});
    gateway_access_log_request(scene->log, &scene->exchange, 999999);
    scene->exchange.status = 500;
    gateway_access_log_request(scene->log, &scene->exchange, 1);
    scene->exchange.status = 200;
    gateway_access_log_request(scene->log, &scene->exchange, 1000000);
    assert_int_equal(harness_count(finish(scene), "\n"), 2);
    gateway_access_log_request(NULL, &scene->exchange, 1);
}

static void what_is_logged_changes_while_it_runs(void **state) {
    struct scene *scene = *state;
    const struct gateway_access_choice all = {.mode = GATEWAY_ACCESS_ALL};
    const struct gateway_access_choice slow = {GATEWAY_ACCESS_ERRORS, .slow_us = 70};
    open_log(scene, (struct gateway_access_config){.choice.mode = GATEWAY_ACCESS_OFF});
    scene->exchange.status = 500;
    gateway_access_log_request(scene->log, &scene->exchange, 1);
    gateway_access_log_change(scene->log, &all);
    scene->exchange.status = 200;
    gateway_access_log_request(scene->log, &scene->exchange, 2);
    gateway_access_log_change(scene->log, &slow);
    scene->exchange.status = 201;
    gateway_access_log_request(scene->log, &scene->exchange, 69);
    scene->exchange.status = 202;
    gateway_access_log_request(scene->log, &scene->exchange, 70);
    gateway_access_log_change(NULL, &all);
    const char *text = finish(scene);
    assert_int_equal(harness_count(text, "\n"), 2);
    ASSERT_CONTAINS(text, "\"status\":200");
    ASSERT_CONTAINS(text, "\"status\":202");
}

static void a_file_that_was_moved_away_is_made_anew(void **state) {
    struct scene *scene = *state;
    char old[100];
    (void)snprintf(old, sizeof old, "%s/old.log", scene->folder);
    open_log(scene, (struct gateway_access_config){.choice.mode = GATEWAY_ACCESS_ALL});
    scene->exchange.request_id = STR("before");
    gateway_access_log_request(scene->log, &scene->exchange, 1);
    assert_int_equal(rename(scene->path, old), 0);
    gateway_access_log_reopen(scene->log);
    while (access(scene->path, F_OK) != 0) {
    }
    scene->exchange.request_id = STR("behind");
    gateway_access_log_request(scene->log, &scene->exchange, 1);
    const char *text = finish(scene);
    ASSERT_CONTAINS(text, "behind");
    ASSERT_LACKS(text, "before");
    ASSERT_CONTAINS(read_file(scene, old), "before");
    assert_int_equal(unlink(old), 0);
}

static void a_file_that_cannot_be_opened_is_named(void **state) {
    (void)state;
    struct gateway_access_config config = {.choice.mode = GATEWAY_ACCESS_ALL,
                                           .path = STR("/nowhere/access.log")};
    struct gateway_access_log *log = NULL;
    struct error err = {STATUS_OK, ""};
    assert_int_equal(gateway_access_log_make(&config, &log, &err), STATUS_IO);
    ASSERT_CONTAINS(err.text, "logging.access_file: /nowhere/access.log");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_says_who_what_and_how_long, set_up, tear_down),
        cmocka_unit_test_setup_teardown(secrets_are_not_in_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_line_cannot_be_forged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(errors_and_slow_ones_are_never_left_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_errors_on_demand, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_logged_changes_while_it_runs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_was_moved_away_is_made_anew, set_up, tear_down),
        cmocka_unit_test(a_file_that_cannot_be_opened_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
