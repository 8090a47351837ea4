// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Upstreams and routes as they are read from settings: what is taken over, and every mistake with its line.
#include "../http/harness.h"

#include <stdio.h>
#include <string.h>

#include "app/command.h"
#include "auth/keyring.h"
#include "gateway/routes_private.h"
#include "support/failing_malloc.h"

// "<line>: <key>: <text>" of the settings' error, behind "f.yaml:".
struct mistake {
    const char *yaml;
    const char *said;
};

#define SHOP "upstreams:\n  - {name: shop, urls: [http://127.0.0.1:9]}\n"
#define ROUTE(rest) SHOP "routes:\n  - {path: /my/*, upstream: shop, access: admin, " rest "}\n"
#define PATH(path) SHOP "routes:\n  - {upstream: shop, access: admin, path: " path "}\n"
#define UPSTREAM(rest) "upstreams:\n  - " rest "\n"

static void never(struct http_exchange *exchange, void *context) {
    (void)exchange;
    (void)context;
    fail();
}

static const struct http_route own_routes[] = {
    {HTTP_GET_, "/users/:id", AUTH_ACCESS_VIEWER, false, never},
    {HTTP_POST_, "/v1/batch", AUTH_ACCESS_SEND, false, never},
};
static const struct http_route_table ours = {own_routes, 2, NULL};

static struct settings *load(const char *yaml) {
    size_t count = 0;
    const struct setting *table = app_settings_table(&count);
    struct settings *settings = NULL;
    struct error err = {STATUS_OK, ""};
    assert_int_equal(settings_make(table, count, &settings), STATUS_OK);
    if (settings_load_text(settings, "f.yaml", str_from_c(yaml), &err) != STATUS_OK) {
        fail_msg("%s", err.text);
    }
    return settings;
}

static struct gateway_routes *read_all(const char *yaml) {
    struct gateway_routes *routes = NULL;
    struct error err = {STATUS_OK, ""};
    struct settings *settings = load(yaml);
    if (gateway_routes_read(settings, &ours, 1, &routes, &err) != STATUS_OK) {
        fail_msg("%s", err.text);
    }
    settings_free(settings); // nothing of it is needed any more
    return routes;
}

static void refuse(const struct mistake *mistakes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct gateway_routes *routes = NULL;
        struct error err = {STATUS_OK, ""};
        char said[300];
        (void)snprintf(said, sizeof said, "f.yaml:%s", mistakes[i].said);
        struct settings *settings = load(mistakes[i].yaml);
        assert_int_equal(gateway_routes_read(settings, &ours, 1, &routes, &err), STATUS_INVALID);
        assert_null(routes);
        if (strncmp(err.text, said, strlen(said)) != 0) {
            fail_msg("expected: %s\ngot:      %s", said, err.text);
        }
        settings_free(settings);
    }
}
#define REFUSE(mistakes) refuse(mistakes, sizeof(mistakes) / sizeof(mistakes)[0])

static void mistakes_of_upstreams(void **state) {
    (void)state;
    static const struct mistake mistakes[] = {
        {UPSTREAM("{urls: [http://x:1]}"), "2: upstreams[].name: give it a name of at most 32 "},
        {UPSTREAM("{name: Shop, urls: [http://x:1]}"), "2: upstreams[].name: give it a name "},
        {UPSTREAM("{name: a/b, urls: [http://x:1]}"), "2: upstreams[].name: give it a name "},
        {UPSTREAM("{name: a23456789b123456789c123456789d123, urls: [http://x:1]}"),
         "2: upstreams[].name: give it a name "},
        {UPSTREAM("{name: activity, urls: [http://x:1]}"),
         "2: upstreams[].name: \"activity\" is a role of Footfall, whose addresses are "
         "gateway.activity; take another name"},
        {UPSTREAM("{name: users, urls: [http://x:1]}"), "2: upstreams[].name: \"users\" is a role"},
        {UPSTREAM("{name: reports, urls: [http://x:1]}"), "2: upstreams[].name: \"reports\" is a"},
        {SHOP "  - name: other\n    urls: [http://x:1]\n  - name: shop\n    urls: [http://x:1]\n",
         "5: upstreams[].name: \"shop\" is the name of that in f.yaml:2, too; take another"},
        {UPSTREAM("name: shop"),
         "2: upstreams[].urls: name at least one address, such as http://127.0.0.1:9000"},
        {UPSTREAM("name: shop\n    urls: [http://x:1, ftp://x]"),
         "3: upstreams[].urls: \"ftp://x\" is no address; write http://host:port or "
         "https://host:port"},
        {UPSTREAM("name: shop\n    urls: [http://x:0]"), "3: upstreams[].urls: \"http://x:0\" is"},
        {UPSTREAM("name: shop\n    urls: [http://x:65536]"), "3: upstreams[].urls: \"http://x:65"},
        {UPSTREAM("name: shop\n    urls: [http://x/y]"), "3: upstreams[].urls: \"http://x/y\" is"},
        {UPSTREAM("name: shop\n    urls: ['http://me@x']"), "3: upstreams[].urls: \"http://me@x\""},
        {UPSTREAM("name: shop\n    urls: [http://]"), "3: upstreams[].urls: \"http://\" is"},
        {UPSTREAM("name: shop\n    urls: ['http://[::1']"), "3: upstreams[].urls: \"http://[::1\""},
        {UPSTREAM("name: shop\n    urls: [http://x]\n    health_path: well"),
         "4: upstreams[].health_path: \"well\" is no path; write it like /health"},
        {UPSTREAM("name: shop\n    urls: [http://x]\n    health_path: '/a b'"),
         "4: upstreams[].health_path: \"/a b\" is no path"},
        {UPSTREAM("name: shop\n    urls: [http://x]\n    health_path: \"/a\\x7f\""),
         "4: upstreams[].health_path: "},
    };
    REFUSE(mistakes);
}

static void mistakes_of_paths(void **state) {
    (void)state;
    static const char cover[] = "4: routes[].path: /* would cover paths of Footfall such as "
                                "/health; begin with a segment of its own, such as /shop/*";
    static const struct mistake mistakes[] = {
        {SHOP "routes:\n  - {upstream: shop, access: admin}\n",
         "4: routes[].path: say which paths are meant: /shop/* or /orders/:id"},
        {PATH("a/b"), "4: routes[].path: route \"a/b\" must begin with '/'"},
        {PATH("/my/*/b"),
         "4: routes[].path: route /my/*/b may have a '*' as its last segment only"},
        {PATH("/my/b*"), "4: routes[].path: route /my/b* may have a '*' as its last segment only"},
        {PATH("'/my/:/b'"), "4: routes[].path: route /my/:/b has a parameter without a name"},
        {PATH("'/my/:a/:b/:c/:d/:e/:f/:g/:h/:i'"), "4: routes[].path: route /my/:a"},
        {PATH("'/my b'"), "4: routes[].path: a path is written without blanks, escapes, '?' and"},
        {PATH("/my%20b"), "4: routes[].path: a path is written without blanks"},
        {PATH("'/my?b'"), "4: routes[].path: a path is written without blanks"},
        {PATH("'/my#b'"), "4: routes[].path: a path is written without blanks"},
        {PATH("'/my\\b'"), "4: routes[].path: a path is written without blanks"},
        {PATH("/m\u00e4"), "4: routes[].path: a path is written without blanks"},
        {PATH("/my//b"), "4: routes[].path: a path has no empty segments and none of . and .."},
        {PATH("/my/./b"), "4: routes[].path: a path has no empty segments"},
        {PATH("/my/.."), "4: routes[].path: a path has no empty segments"},
        {PATH("'/*'"), cover},
        {PATH("/"), "4: routes[].path: / would cover paths of Footfall"},
        {PATH("'/:any/x'"), "4: routes[].path: /:any/x would cover paths of Footfall"},
        {PATH("/health/x"), "4: routes[].path: paths that begin with /health are Footfall's own; "
                            "take another first segment"},
        {PATH("/metrics"), "4: routes[].path: paths that begin with /metrics are Footfall's own"},
        {PATH("/auth/*"), "4: routes[].path: paths that begin with /auth are Footfall's own"},
        {PATH("/.well-known/x"), "4: routes[].path: paths that begin with /.well-known are Foot"},
        {PATH("/users"), "4: routes[].path: paths that begin with /users are Footfall's own"},
        {PATH("/v1/*"), "4: routes[].path: paths that begin with /v1 are Footfall's own"},
        {SHOP "routes:\n  - {path: '/my/:x', upstream: shop, access: admin}\n"
              "  - {path: '/my/:y', upstream: shop, access: viewer, methods: [PUT, GET]}\n",
         "5: routes[].path: /my/:y matches the same requests as /my/:x in f.yaml:4; leave one out, "
         "or give them different methods"},
        // GET is HEAD, too.
        {SHOP "routes:\n  - {path: /my, upstream: shop, access: admin, methods: [HEAD]}\n"
              "  - {path: /my, upstream: shop, access: viewer, methods: [GET]}\n",
         "5: routes[].path: /my matches the same requests as /my in f.yaml:4"},
    };
    REFUSE(mistakes);
}

static void mistakes_of_who_and_where(void **state) {
    (void)state;
    static const struct mistake mistakes[] = {
        {SHOP "routes:\n  - {path: /my, upstream: shop}\n",
         "4: routes[].access: say who may call it: public, send, viewer, editor or admin"},
        {SHOP "routes:\n  - path: /my\n    upstream: shop\n    access: self\n",
         "6: routes[].access: say who may call it"},
        {SHOP "routes:\n  - path: /my\n    access: admin\n",
         "4: routes[].upstream: say where its requests go: the name of one of upstreams"},
        {SHOP "routes:\n  - path: /my\n    access: admin\n    upstream: shpo\n",
         "6: routes[].upstream: no upstream is named \"shpo\"; add it to upstreams, or name one "
         "that is there"},
        {"routes:\n  - {path: /my, access: admin, upstream: shop}\n",
         "2: routes[].upstream: no upstream is named \"shop\""},
        {ROUTE("methods: [GET, FETCH]"), "4: routes[].methods: \"FETCH\" is none of GET, HEAD, "
                                         "POST, PUT, PATCH, DELETE and OPTIONS"},
        {ROUTE("methods: [get]"), "4: routes[].methods: \"get\" is none of GET"},
        {ROUTE("methods: []"), "4: routes[].methods: name at least one method"},
    };
    REFUSE(mistakes);
}

static void mistakes_of_rules(void **state) {
    (void)state;
    static const char no_prefix[] = "4: routes[].replace_prefix: ";
    static const struct mistake mistakes[] = {
        {ROUTE("strip_prefix: /b"), "4: routes[].strip_prefix: \"/b\" is not what /my/* begins "
                                    "with; write whole segments, without a '/' at the end"},
        {ROUTE("strip_prefix: /m"), "4: routes[].strip_prefix: \"/m\" is not what /my/* begins"},
        {ROUTE("strip_prefix: /my/"), "4: routes[].strip_prefix: \"/my/\" is not what"},
        {ROUTE("strip_prefix: /"), "4: routes[].strip_prefix: \"/\" is not what"},
        {ROUTE("strip_prefix: my"), "4: routes[].strip_prefix: \"my\" is not what"},
        {ROUTE("strip_prefix: '/my/*'"), "4: routes[].strip_prefix: \"/my/*\" is not what"},
        {ROUTE("strip_prefix: /my/b/c"), "4: routes[].strip_prefix: \"/my/b/c\" is not what"},
        {ROUTE("replace_prefix: b"), "4: routes[].replace_prefix: \"b\" is no beginning of a path; "
                                     "write it like /store, without a '/' at the end"},
        {ROUTE("replace_prefix: /b/"), no_prefix},
        {ROUTE("replace_prefix: /"), no_prefix},
        {ROUTE("replace_prefix: '/b?c'"), no_prefix},
        {ROUTE("replace_prefix: '/b c'"), no_prefix},
        {ROUTE("replace_prefix: '/b#c'"), no_prefix},
        {ROUTE("replace_prefix: '/b\\c'"), no_prefix},
        {ROUTE("request_headers: {set: [x]}"),
         "4: routes[].request_headers.set: \"x\" is no header; write \"Name: value\""},
        {ROUTE("request_headers: {set: [\"X: a\\nb\"]}"), "4: routes[].request_headers.set: \"X: "},
        {ROUTE("request_headers: {set: ['Content-Length: 1']}"),
         "4: routes[].request_headers.set: \"Content-Length\" is no header that may be changed; "
         "Footfall writes it itself, or it is no name of a header"},
        {ROUTE("request_headers: {set: ['a b: 1']}"),
         "4: routes[].request_headers.set: \"a b\" is no header that may be changed"},
        {ROUTE("request_headers: {set: [': 1']}"),
         "4: routes[].request_headers.set: \"\" is no header that may be changed"},
        {ROUTE("request_headers: {set: ['Host:']}"),
         "4: routes[].request_headers.set: \"Host\" is no header that may be changed"},
        {ROUTE("request_headers: {remove: [Host]}"),
         "4: routes[].request_headers.remove: \"Host\" is no header that may be changed"},
        {ROUTE("request_headers: {remove: [X-Forwarded-For]}"),
         "4: routes[].request_headers.remove: \"X-Forwarded-For\" is no header"},
        {ROUTE("response_headers: {set: ['Host: x']}"),
         "4: routes[].response_headers.set: \"Host\" is no header that may be changed"},
        {ROUTE("response_headers: {set: [X]}"), "4: routes[].response_headers.set: \"X\" is no"},
        {ROUTE("response_headers: {remove: [Transfer-Encoding]}"),
         "4: routes[].response_headers.remove: \"Transfer-Encoding\" is no header"},
    };
    REFUSE(mistakes);
}

static void what_is_said_of_upstreams_is_taken_over(void **state) {
    (void)state;
    struct gateway_routes *set = read_all(
        "gateway: {eject_after: 7, requests: 70, health_interval: 3s, tls_ca: /gateway.pem}\n"
        "upstreams:\n"
        "  - {name: shop-1_a, urls: ['http://x:1', 'https://[::1]:2/'], connections: 3,\n"
        "     connect_timeout: 11ms, reply_timeout: 12ms, total_timeout: 13ms, idle_timeout: 14ms,\n"
        "     tunnel_timeout: 15ms,\n"
        "     health_path: /well, tls_ca: /ca.pem, tls_certificate: /c.pem, tls_key: /k.pem}\n"
        "  - {name: other, urls: [http://y]}\n");
    assert_int_equal(set->upstream_count, 2);
    const struct gateway_upstream_entry *shop = &set->upstreams[0];
    const struct http_upstream_config *config = &shop->config;
    assert_string_equal(config->name, "shop-1_a");
    assert_int_equal(config->url_count, 2);
    assert_true(str_equal(config->urls[1], STR("https://[::1]:2/")));
    assert_int_equal(config->connections, 3);
    assert_int_equal(config->connect_timeout_ms, 11);
    assert_int_equal(config->reply_timeout_ms, 12);
    assert_int_equal(config->total_timeout_ms, 13);
    assert_int_equal(config->idle_timeout_ms, 14);
    assert_int_equal(config->tunnel_timeout_ms, 15);
    assert_int_equal(config->ejection.after, 7);
    assert_int_equal(config->limits.active, 70);
    assert_int_equal(config->health.interval_ms, 3000);
    assert_string_equal(config->health.path, "/well");
    assert_true(str_equal(shop->tls.ca_file, STR("/ca.pem")) && shop->tls.verify);
    assert_true(str_equal(shop->tls.certificate, STR("/c.pem")));
    assert_true(str_equal(shop->tls.key, STR("/k.pem")));
    assert_null(set->upstreams[1].config.health.path);
    assert_true(set->upstreams[1].tls.ca_file.len == 0); // whom to trust is for each to say
    size_t count = 1;
    (void)gateway_routes_tables(set, &count);
    assert_int_equal(count, 0);
    gateway_routes_free(set);
    gateway_routes_free(NULL);
}

static void what_is_said_of_routes_is_taken_over(void **state) {
    (void)state;
    static const char yaml[] =
        SHOP "routes:\n"
             "  - {path: /a/:b/*, upstream: shop, access: public, methods: [HEAD, OPTIONS],\n"
             "     strip_prefix: /a, replace_prefix: /z/y, body_limit: 2KiB, reply_timeout: 5s,\n"
             "     total_timeout: 6s,\n"
             "     request_headers: {set: ['X-A:  b: c ', 'Host: h', 'X-Empty:'], remove: [X-R]},\n"
             "     response_headers: {set: ['X-S: 1'], remove: [X-T, X-U]}}\n"
             "  - {path: /b, upstream: shop, access: send}\n"
             "  - {path: /c, upstream: shop, access: viewer, methods: [GET]}\n"
             "  - {path: /c, upstream: shop, access: editor, methods: [PUT]}\n"
             "  - {path: /users2, upstream: shop, access: admin}\n";
    struct gateway_routes *set = read_all(yaml);
    static const unsigned access[] = {AUTH_ACCESS_PUBLIC, AUTH_ACCESS_SEND, AUTH_ACCESS_VIEWER,
                                      AUTH_ACCESS_EDITOR, AUTH_ACCESS_ADMIN};
    size_t count = 0;
    const struct http_route_table *tables = gateway_routes_tables(set, &count);
    assert_int_equal(count, 5);
    for (size_t i = 0; i < count; i++) {
        const struct http_route *route = &tables[i].routes[0];
        assert_int_equal(tables[i].count, 1);
        assert_int_equal(route->access, access[i]);
        assert_true(gateway_route_is_configured(route));
        assert_true(set->routes[i].takes_key == (i > 0));
        assert_ptr_equal(set->routes[i].to, &set->upstreams[0]);
    }
    const struct gateway_route *first = &set->routes[0];
    assert_int_equal(first->route.methods, HTTP_HEAD_ | HTTP_OPTIONS_);
    assert_int_equal(set->routes[1].route.methods,
                     HTTP_GET_ | HTTP_POST_ | HTTP_PUT_ | HTTP_PATCH_ | HTTP_DELETE_);
    assert_string_equal(first->origin, "f.yaml:4");
    assert_true(first->rewrites && first->strip_segments == 1);
    assert_true(str_equal(first->replace, STR("/z/y")));
    assert_int_equal(gateway_route_body_limit(&first->route), 2048);
    assert_int_equal(gateway_route_body_limit(&set->routes[1].route), 0);
    assert_int_equal(gateway_route_body_limit(&own_routes[0]), 0);
    assert_false(gateway_route_is_configured(&own_routes[0]));
    assert_false(gateway_route_is_configured(NULL));
    const struct http_forward_policy *policy = &first->policy;
    assert_int_equal(policy->reply_timeout_ms, 5000);
    assert_int_equal(policy->total_timeout_ms, 6000);
    assert_true(str_equal(policy->host, STR("h")));
    assert_int_equal(policy->request.set_count, 2);
    assert_true(str_equal(policy->request.set[0].name, STR("X-A")));
    assert_true(str_equal(policy->request.set[0].value, STR("b: c")));
    assert_true(policy->request.set[1].value.len == 0);
    assert_int_equal(policy->request.remove_count, 1);
    assert_int_equal(policy->reply.set_count, 1);
    assert_int_equal(policy->reply.remove_count, 2);
    // A key of ours goes no further.
    assert_int_equal(set->routes[4].policy.request.remove_count, 1);
    assert_true(str_equal(set->routes[4].policy.request.remove[0], STR("Authorization")));
    gateway_routes_free(set);
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    struct settings *settings =
        load(ROUTE("strip_prefix: /my, replace_prefix: /b, request_headers: {set: ['X: y'], "
                   "remove: [Z]}, response_headers: {set: ['X: y'], remove: [Z]}"));
    long failures = 0;
    for (bool failed = true; failed; failures++) {
        struct gateway_routes *routes = NULL;
        struct error err = {STATUS_OK, ""};
        failing_malloc_arm(failures);
        enum status status = gateway_routes_read(settings, &ours, 1, &routes, &err);
        failed = failing_malloc_disarm();
        assert_int_equal(status, failed ? STATUS_NO_MEMORY : STATUS_OK);
        assert_true(!failed || strstr(err.text, "no memory for the routes of the settings"));
        assert_true((routes == NULL) == failed);
        gateway_routes_free(routes);
    }
    assert_true(failures > 2);
    settings_free(settings);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_of_upstreams),
        cmocka_unit_test(mistakes_of_paths),
        cmocka_unit_test(mistakes_of_who_and_where),
        cmocka_unit_test(mistakes_of_rules),
        cmocka_unit_test(what_is_said_of_upstreams_is_taken_over),
        cmocka_unit_test(what_is_said_of_routes_is_taken_over),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
