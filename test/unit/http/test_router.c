// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Routes found, refused and contradicting.
#include <stdio.h>

#include "harness.h"
#include "http/router.h"

// Writes the route, the context, and the parameters.
static void show(struct http_exchange *exchange, void *context) {
    struct buffer *body = http_reply_body(exchange);
    buffer_printf(body, "%s %s", exchange->route, (const char *)context);
    for (int i = 0; i < HTTP_PARAMETERS_MAX && exchange->parameters[i].data; i++) {
        buffer_printf(body, " <%.*s>", STR_ARG(exchange->parameters[i]));
    }
    http_reply_send(exchange, 200, "text/plain");
}

static const struct http_route USERS[] = {
    {HTTP_GET_ | HTTP_DELETE_, "/users/:id", 1, false, show},
    {HTTP_GET_, "/users/:id/activities", 1, false, show},
    {HTTP_GET_, "/users/me", 1, false, show},
    {HTTP_GET_, "/users/me/keys", 1, false, show},
    {HTTP_POST_, "/users", 1, false, show},
    {HTTP_GET_, "/users/", 1, false, show},
};
static const struct http_route OTHERS[] = {
    {HTTP_GET_, "/", 1, false, show},
    {HTTP_GET_, "/slow", 1, true, show},
    {HTTP_PUT_ | HTTP_OPTIONS_, "/a/:b/c/:d", 1, false, show},
};

static struct http_router *make(void) {
    static char users[] = "U";
    static char others[] = "O";
    const struct http_route_table tables[] = {{USERS, sizeof USERS / sizeof USERS[0], users},
                                              {OTHERS, sizeof OTHERS / sizeof OTHERS[0], others}};
    struct http_router *router = NULL;
    struct error err;
    assert_int_equal(http_router_make(tables, 2, &router, &err), STATUS_OK);
    return router;
}

static void dispatch(struct http_exchange *exchange, void *context) {
    http_router_dispatch(context, exchange);
}

static void test_dispatch(void **state) {
    (void)state;
    static const struct {
        const char *request;
        unsigned status;
        const char *wanted;
    } CASES[] = {
        {"GET /", 200, "/ O"},
        {"GET /slow", 200, "/slow O"},
        {"GET /users/7", 200, "/users/:id U <7>"},
        {"GET /users/a%2Fb%20+", 200, "/users/:id U <a/b +>"},
        {"GET /users/me", 200, "/users/me U"},
        {"DELETE /users/me", 200, "/users/:id U <me>"},
        {"GET /users/me/keys", 200, "/users/me/keys U"},
        {"GET /users/me/activities", 200, "/users/:id/activities U <me>"},
        {"GET /users/", 200, "/users/ U"},
        {"POST /users?x=/y", 200, "/users U"},
        {"PUT /a/1/c/2", 200, "/a/:b/c/:d O <1> <2>"},
        {"GET /nothing", 404, "\"instance\":\"/nothing\""},
        {"GET /users//activities", 404, "Not Found"},
        {"GET /users/7/", 404, "Not Found"},
        {"GET /Users/7", 404, "Not Found"},
        {"GET //", 404, "Not Found"},
        {"PATCH /users/7", 405, "Allow: GET, HEAD, DELETE, OPTIONS\r\n"},
        {"GET /users", 405, "Allow: POST, OPTIONS\r\n"},
        {"TRACE /", 405, "Allow: GET, HEAD, OPTIONS\r\n"},
        {"OPTIONS /users/me", 204, "Allow: GET, HEAD, DELETE, OPTIONS\r\n"},
        {"OPTIONS /a/1/c/2", 200, "/a/:b/c/:d O <1> <2>"},
        {"OPTIONS *", 404, "Not Found"},
        {"GET /users/%zz", 400, "broken escape"},
        {"GET /users/%00", 400, "invalid UTF-8"},
        {"GET /users/%ff", 400, "invalid UTF-8"},
    };
    struct http_router *router = make();
    struct workers *workers = NULL;
    assert_int_equal(workers_start(1, 10, "work", &workers), STATUS_OK);
    struct http_server_config config = {.workers = workers};
    struct http_server *server = harness_start(dispatch, router, &config);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char text[200];
        char line[40];
        snprintf(text, sizeof text, "%s HTTP/1.0\r\n\r\n", CASES[i].request);
        snprintf(line, sizeof line, "HTTP/1.1 %u ", CASES[i].status);
        const char *reply = harness_talk(server, text, strlen(text));
        ASSERT_CONTAINS(reply, line);
        ASSERT_CONTAINS(reply, CASES[i].wanted);
    }
    const char *head = "HEAD /users/7 HTTP/1.0\r\n\r\n";
    const char *reply = harness_talk(server, head, strlen(head));
    ASSERT_CONTAINS(reply, "Content-Length: 16\r\n");
    ASSERT_LACKS(reply, "<7>");
    http_server_stop(server);
    workers_stop(workers);
    http_router_free(router);
}

static void refuse(const struct http_route *routes, size_t count, enum status status,
                   const char *text) {
    const struct http_route_table table = {routes, count, NULL};
    struct http_router *router = NULL;
    struct error err = {0};
    assert_int_equal(http_router_make(&table, 1, &router, &err), status);
    assert_null(router);
    ASSERT_CONTAINS(err.text, text);
}

static void test_bad_tables(void **state) {
    (void)state;
    const struct http_route same[] = {{HTTP_GET_, "/a/:b", 1, false, show},
                                      {HTTP_GET_ | HTTP_PUT_, "/a/:c", 1, false, show}};
    const struct http_route head[] = {{HTTP_GET_, "/a", 1, false, show},
                                      {HTTP_HEAD_, "/a", 1, false, show}};
    const struct http_route access[] = {{HTTP_GET_, "/a", 0, false, show}};
    const struct http_route relative[] = {{HTTP_GET_, "a", 1, false, show}};
    const struct http_route nameless[] = {{HTTP_GET_, "/a/:/b", 1, false, show}};
    const struct http_route no_method[] = {{0, "/a", 1, false, show}};
    const struct http_route no_handler[] = {{HTTP_GET_, "/a", 1, false, NULL}};
    const struct http_route many[] = {{HTTP_GET_, "/:a/:b/:c/:d/:e/:f/:g", 1, false, show}};
    refuse(same, 2, STATUS_EXISTS, "/a/:b and /a/:c match the same");
    refuse(head, 2, STATUS_EXISTS, "match the same");
    refuse(access, 1, STATUS_INVALID, "must name its access");
    refuse(relative, 1, STATUS_INVALID, "must begin with '/'");
    refuse(nameless, 1, STATUS_INVALID, "without a name");
    refuse(no_method, 1, STATUS_INVALID, "needs methods");
    refuse(no_handler, 1, STATUS_INVALID, "a handler");
    refuse(many, 1, STATUS_INVALID, "more than 6 parameters");
    http_router_free(NULL);
}

static void test_methods_text(void **state) {
    (void)state;
    char text[80];
    http_methods_text(HTTP_GET_ | HTTP_HEAD_ | HTTP_POST_, text, sizeof text);
    assert_string_equal(text, "GET, HEAD, POST");
    http_methods_text(0, text, sizeof text);
    assert_string_equal(text, "");
    http_methods_text(HTTP_GET_ | HTTP_DELETE_, text, 10); // does not fit: whole names only
    assert_string_equal(text, "GET");
}

static const struct http_route PREFIXES[] = {
    {HTTP_GET_ | HTTP_POST_, "/shop/*", 1, false, show},
    {HTTP_GET_, "/shop/admin/*", 2, false, show},
    {HTTP_GET_, "/shop/admin/:id", 3, false, show},
    {HTTP_GET_, "/shop/admin/me", 4, false, show},
    {HTTP_GET_, "/shop/:kind/list/*", 5, false, show},
    {HTTP_GET_, "/orders", 6, false, show},
    {HTTP_PUT_, "/orders/*", 7, false, show},
};

// Which route, by its access: the longest prefix, and never past a route by an escape that need not be.
static void test_prefixes(void **state) {
    (void)state;
    static const struct {
        enum http_method method;
        const char *path;
        unsigned access; // 0: none
    } cases[] = {
        {HTTP_GET_, "/shop", 1},
        {HTTP_GET_, "/shop/", 1},
        {HTTP_GET_, "/shop/a/b/c", 1},
        {HTTP_GET_, "/shopping", 0},
        {HTTP_GET_, "/", 0},
        {HTTP_GET_, "/shop/admin", 2},
        {HTTP_GET_, "/shop/admin/", 2},
        {HTTP_GET_, "/shop/admin/x/y", 2},
        {HTTP_GET_, "/shop/admin/x", 3},
        {HTTP_GET_, "/shop/admin/me", 4},
        {HTTP_GET_, "/shop/%61dmin/x/y", 2},
        {HTTP_GET_, "/%73%68op/adm%69n/m%65", 4},
        {HTTP_GET_, "/shop/%61dmi", 1},
        {HTTP_GET_, "/shop/%6/x", 1},
        {HTTP_GET_, "/shop/admin%00/x/y", 1},
        {HTTP_POST_, "/shop/admin/me", 0}, // not to a prefix with another access
        {HTTP_GET_, "/shop/admin/list/x", 2},
        {HTTP_GET_, "/shop/red/list", 5},
        {HTTP_GET_, "/shop/red/list/a/b", 5},
        {HTTP_GET_, "/shop/red", 1},
        {HTTP_GET_, "/orders", 6},
        {HTTP_PUT_, "/orders", 0},
        {HTTP_PUT_, "/orders/", 7},
        {HTTP_GET_, "/orders/1", 0},
    };
    const struct http_route_table table = {PREFIXES, sizeof PREFIXES / sizeof PREFIXES[0], NULL};
    struct http_router *router = NULL;
    struct error err;
    assert_int_equal(http_router_make(&table, 1, &router, &err), STATUS_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_exchange exchange = {
            .request = {.method = cases[i].method, .path = str_from_c(cases[i].path)}};
        struct http_route_match match;
        arena_init(&exchange.arena, 1024, 0);
        enum status status = http_router_find(router, &exchange, &match);
        unsigned found = status == STATUS_OK ? match.route->access : 0;
        if (found != cases[i].access) {
            fail_msg("%s: %u instead of %u", cases[i].path, found, cases[i].access);
        }
        arena_free(&exchange.arena);
    }
    http_router_free(router);
}

static void test_bad_prefixes(void **state) {
    (void)state;
    static const char *const bad[] = {"/shop*", "/shop/*/x", "/*/", "/shop/**", "/shop/x*"};
    struct error err;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(http_router_check_pattern(bad[i], &err), STATUS_INVALID);
    }
    assert_int_equal(http_router_check_pattern("/shop/*", &err), STATUS_OK);
    const struct http_route twice[] = {{HTTP_GET_, "/shop/*", 1, false, show},
                                       {HTTP_GET_ | HTTP_PUT_, "/shop/*", 1, false, show}};
    const struct http_route_table table = {twice, 2, NULL};
    struct http_router *router = NULL;
    assert_int_equal(http_router_make(&table, 1, &router, &err), STATUS_EXISTS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prefixes),     cmocka_unit_test(test_bad_prefixes),
        cmocka_unit_test(test_dispatch),     cmocka_unit_test(test_bad_tables),
        cmocka_unit_test(test_methods_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
