// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The gateway: who gets through to which route, and what administration of keys and projects does.
#include "../http/harness.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/timezone.h"
#include "gateway/gateway.h"
#include "store/engine.h"

static void say_who(struct http_exchange *exchange, void *context) {
    (void)context;
    const struct auth_principal *principal = exchange->principal;
    buffer_printf(http_reply_body(exchange), "role=%s project=%s",
                  auth_role_name(principal ? principal->role : AUTH_ROLE_NONE),
                  principal ? principal->project : "");
    http_reply_send(exchange, 200, "text/plain");
}

static const struct http_route test_routes[] = {
    {HTTP_GET_, "/public", AUTH_ACCESS_PUBLIC, false, say_who},
    {HTTP_POST_, "/send", AUTH_ACCESS_SEND, false, say_who},
    {HTTP_GET_, "/view", AUTH_ACCESS_VIEWER, false, say_who},
    {HTTP_GET_, "/people/:id", AUTH_ACCESS_SELF, false, say_who},
    {HTTP_PUT_, "/edit", AUTH_ACCESS_EDITOR, false, say_who},
    {HTTP_GET_, "/admin", AUTH_ACCESS_ADMIN, true, say_who},
};

struct world {
    struct store *store;
    struct auth_refresh *refresh; // NULL: nobody else writes to the store
    atomic_bool store_is_away;
    struct auth_keyring *keyring;
    struct gateway_admin admin;
    struct gateway_audit audit;
    const struct store_engine *engine; // of the store
    struct store_engine broken;        // the same, but for its audit log
    struct gateway *gateway;
    struct workers *workers;
    struct http_server *server;
};

static void add_key(struct world *world, const char *role, const char *project, const char *key) {
    struct gateway_key_request request = {.project = str_from_c(project),
                                          .role = str_from_c(role),
                                          .label = STR("test"),
                                          .fixed = str_from_c(key)};
    char id[AUTH_KEY_ID_MAX + 1];
    char text[AUTH_KEY_TEXT_MAX];
    struct error err;
    assert_int_equal(gateway_make_key(&world->admin, &request, id, text, &err), STATUS_OK);
    assert_string_equal(text, key);
}

static enum status look(void *context, struct error *err) {
    struct world *world = context;
    return atomic_load(&world->store_is_away)
               ? error_set(err, STATUS_UNAVAILABLE, "away")
               : gateway_load_keyring(world->store, world->keyring, err);
}

static void start_refresh(struct world *world) {
    // By itself it looks so seldom that only being asked counts.
    const struct auth_refresh_config config = {
        .load = look, .context = world, .interval_ms = INT64_C(3600000), .least_ms = 1};
    struct error err;
    assert_int_equal(auth_refresh_start(&config, &world->refresh, &err), STATUS_OK);
    world->admin.refresh = world->refresh;
}

static int set_up_world(void **state, bool shared) {
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    struct error err;
    assert_int_equal(store_open_memory(&world->store, &err), STATUS_OK);
    assert_int_equal(auth_keyring_make(&world->keyring), STATUS_OK);
    world->admin =
        (struct gateway_admin){world->store, world->keyring, NULL, clock_system(), random_system()};
    struct store_project project = {
        .id = STR("default"), .name = STR("Default"), .time_zone = STR("UTC"), .created_ms = 1};
    assert_int_equal(store_project_put(world->store, &project), STATUS_OK);
    assert_int_equal(gateway_load_keyring(world->store, world->keyring, &err), STATUS_OK);
    add_key(world, "write", "default", "wk_test_key");
    add_key(world, "viewer", "default", "ff_test_viewer");
    add_key(world, "editor", "default", "ff_test_editor");
    add_key(world, "admin", "default", "ff_test_project_admin");
    add_key(world, "admin", "", "ff_test_admin");
    assert_int_equal(workers_start(2, 64, "worker", &world->workers), STATUS_OK);
    if (shared) {
        start_refresh(world);
    }
    const struct http_route_table tables[] = {
        {test_routes, sizeof test_routes / sizeof test_routes[0], NULL},
        gateway_admin_routes(&world->admin),
        gateway_audit_routes(&world->audit),
    };
    world->audit.store = world->store;
    world->audit.clock = clock_system();
    world->audit.random = random_system();
    struct gateway_config config = {.tables = tables,
                                    .table_count = 3,
                                    .audit = &world->audit,
                                    .keyring = world->keyring,
                                    .refresh = world->refresh,
                                    .access_log = NULL};
    assert_int_equal(gateway_start(&config, &world->gateway, &err), STATUS_OK);
    struct http_server_config server = {.completed = gateway_completed, .workers = world->workers};
    world->server = harness_start(gateway_handle, world->gateway, &server);
    *state = world;
    return 0;
}

static int set_up(void **state) {
    return set_up_world(state, false);
}

static int set_up_shared(void **state) {
    return set_up_world(state, true);
}

static int tear_down(void **state) {
    struct world *world = *state;
    http_server_stop(world->server);
    workers_stop(world->workers);
    auth_refresh_stop(world->refresh);
    gateway_stop(world->gateway);
    auth_keyring_free(world->keyring);
    store_close(world->store);
    free(world);
    return 0;
}

// authorization: the header's value or NULL. The reply is good until the next call.
static const char *ask(const struct world *world, const char *method, const char *path,
                       const char *authorization, const char *body) {
    char request[2048];
    int len = snprintf(
        request, sizeof request,
        "%s %s HTTP/1.1\r\nHost: test\r\nConnection: close\r\n%s%s%sContent-Length: %zu\r\n\r\n%s",
        method, path, authorization ? "Authorization: " : "", authorization ? authorization : "",
        authorization ? "\r\n" : "", strlen(body), body);
    assert_in_range(len, 1, sizeof request - 1);
    return harness_talk(world->server, request, (size_t)len);
}

static void every_role_gets_what_the_table_says(void **state) {
    const struct world *world = *state;
    static const char *const bearers[] = {NULL,
                                          "Bearer wk_test_key",
                                          "Bearer ff_test_viewer",
                                          "Bearer ff_test_editor",
                                          "Bearer ff_test_admin",
                                          "Bearer ff_unknown_key"};
    static const struct {
        const char *method, *path;
        const char *status[6]; // one for each of bearers
    } rows[] = {
        {"GET", "/public", {"200", "200", "200", "200", "200", "200"}},
        {"POST", "/send", {"200", "200", "200", "200", "200", "200"}},
        {"GET", "/view", {"401", "403", "200", "200", "200", "401"}},
        {"GET", "/people/u1", {"401", "403", "200", "200", "200", "401"}},
        {"PUT", "/edit", {"401", "403", "403", "200", "200", "401"}},
        {"GET", "/admin", {"401", "403", "403", "403", "200", "401"}},
    };
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        for (size_t i = 0; i < 6; i++) {
            char expected[32];
            (void)snprintf(expected, sizeof expected, "HTTP/1.1 %s ", rows[row].status[i]);
            ASSERT_CONTAINS(ask(world, rows[row].method, rows[row].path, bearers[i], ""), expected);
        }
    }
}

static void refusals_say_what_to_do(void **state) {
    const struct world *world = *state;
    const char *reply = ask(world, "GET", "/view", NULL, "");
    ASSERT_CONTAINS(reply, "WWW-Authenticate: Bearer realm=\"footfall\"");
    ASSERT_CONTAINS(reply, "application/problem+json");
    ASSERT_CONTAINS(ask(world, "GET", "/view", "Digest x", ""), "cannot be read");
    ASSERT_CONTAINS(ask(world, "GET", "/nowhere", NULL, ""), "HTTP/1.1 404 ");
    reply = ask(world, "POST", "/view", NULL, "");
    ASSERT_CONTAINS(reply, "HTTP/1.1 405 ");
    ASSERT_CONTAINS(reply, "Allow: GET, HEAD");
    ASSERT_CONTAINS(ask(world, "OPTIONS", "/view", NULL, ""), "HTTP/1.1 204 ");
    ASSERT_CONTAINS(ask(world, "GET", "/people/%zz", "Bearer ff_test_viewer", ""), "HTTP/1.1 400 ");
}

static void an_api_key_works_as_basic_password(void **state) {
    const struct world *world = *state;
    ASSERT_CONTAINS(ask(world, "GET", "/view", "Basic YW55OmZmX3Rlc3Rfdmlld2Vy", ""),
                    "role=viewer");
}

// A browser that was given the key sends it along with whatever form a page of another origin makes it submit.
static void a_page_cannot_write_with_a_browsers_key(void **state) {
    const struct world *world = *state;
    static const char basic[] = "Basic YW55OmZmX3Rlc3RfYWRtaW4=\r\nOrigin: https://evil.example";
    const char *reply = ask(world, "POST", "/projects", basic, "{\"id\":\"theirs\"}");
    ASSERT_CONTAINS(reply, "HTTP/1.1 403 ");
    ASSERT_LACKS(ask(world, "GET", "/projects", basic, ""), "theirs");
    ASSERT_CONTAINS(ask(world, "GET", "/view", basic, ""), "role=admin");
    ASSERT_CONTAINS(ask(world, "PUT", "/edit", "Basic YW55OmZmX3Rlc3RfYWRtaW4=", ""), "role=admin");
    ASSERT_CONTAINS(
        ask(world, "PUT", "/edit", "Bearer ff_test_admin\r\nOrigin: https://tool.example", ""),
        "role=admin");
}

static void keys_come_and_go(void **state) {
    const struct world *world = *state;
    const char *reply = ask(world, "POST", "/keys", "Bearer ff_test_admin",
                            "{\"role\":\"viewer\",\"project\":\"default\",\"label\":\"dash\"}");
    ASSERT_CONTAINS(reply, "HTTP/1.1 201 ");
    const char *key = strstr(reply, "\"key\":\"ff_");
    const char *id = strstr(reply, "\"id\":\"key_");
    assert_non_null(key);
    assert_non_null(id);
    char bearer[100];
    char path[100];
    (void)snprintf(bearer, sizeof bearer, "Bearer %.46s", key + 7);
    (void)snprintf(path, sizeof path, "/keys/%.40s", id + 6);
    ASSERT_CONTAINS(ask(world, "GET", "/view", bearer, ""), "role=viewer project=default");
    reply = ask(world, "GET", "/keys", "Bearer ff_test_admin", "");
    ASSERT_CONTAINS(reply, "\"label\":\"dash\"");
    ASSERT_LACKS(reply, bearer + 7); // shown once
    ASSERT_CONTAINS(ask(world, "DELETE", path, "Bearer ff_test_admin", ""), "HTTP/1.1 204 ");
    ASSERT_CONTAINS(ask(world, "GET", "/view", bearer, ""), "HTTP/1.1 401 ");
    ASSERT_CONTAINS(ask(world, "DELETE", path, "Bearer ff_test_admin", ""), "HTTP/1.1 404 ");
}

static void bad_key_requests_are_named(void **state) {
    const struct world *world = *state;
    static const char *const bodies[][2] = {
        {"{\"role\":\"king\"}", "role"},
        {"{\"role\":\"write\"}", "project"},
        {"{\"role\":\"viewer\",\"project\":\"nowhere\"}", "nowhere"},
        {"{\"role\":\"viewer\",\"color\":\"red\"}", "color"},
        {"{\"role\":7}", "role"},
        {"[]", "object"},
        {"{", "HTTP/1.1 400"},
        {"{\"role\":\"viewer\",\"role\":\"admin\"}", "role"},
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        const char *reply = ask(world, "POST", "/keys", "Bearer ff_test_admin", bodies[i][0]);
        ASSERT_CONTAINS(reply, "HTTP/1.1 400 ");
        ASSERT_CONTAINS(reply, bodies[i][1]);
    }
}

// Whoever administers one project must not reach another one, nor all of them.
static void a_project_admin_stays_in_the_project(void **state) {
    const struct world *world = *state;
    const char *bearer = "Bearer ff_test_project_admin";
    ASSERT_CONTAINS(ask(world, "POST", "/projects", "Bearer ff_test_admin", "{\"id\":\"other\"}"),
                    "HTTP/1.1 201 ");
    ASSERT_CONTAINS(
        ask(world, "POST", "/keys", bearer, "{\"role\":\"admin\",\"project\":\"other\"}"),
        "HTTP/1.1 404 ");
    ASSERT_CONTAINS(ask(world, "POST", "/keys", bearer, "{\"role\":\"viewer\"}"),
                    "\"project\":\"default\"");
    ASSERT_CONTAINS(ask(world, "POST", "/projects", bearer, "{\"id\":\"third\"}"), "HTTP/1.1 403 ");
    ASSERT_LACKS(ask(world, "GET", "/projects", bearer, ""), "other");
    const char *reply = ask(world, "POST", "/keys", "Bearer ff_test_admin",
                            "{\"role\":\"viewer\",\"project\":\"other\"}");
    char path[100];
    (void)snprintf(path, sizeof path, "/keys/%.40s", strstr(reply, "\"id\":\"key_") + 6);
    ASSERT_CONTAINS(ask(world, "DELETE", path, bearer, ""), "HTTP/1.1 404 ");
    ASSERT_LACKS(ask(world, "GET", "/keys", bearer, ""), path + 6);
}

static void projects_are_checked(void **state) {
    const struct world *world = *state;
    static const char *const bodies[][2] = {
        {"{\"id\":\"Bad Id\"}", "HTTP/1.1 400"},
        {"{\"name\":\"x\"}", "HTTP/1.1 400"},
        {"{\"id\":\"p\",\"timeZone\":\"Mars/Olympus\"}", "HTTP/1.1 400"},
        {"{\"id\":\"default\"}", "HTTP/1.1 409"},
        {"{\"id\":\"berlin\",\"timeZone\":\"Europe/Berlin\"}", "HTTP/1.1 201"},
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        ASSERT_CONTAINS(ask(world, "POST", "/projects", "Bearer ff_test_admin", bodies[i][0]),
                        bodies[i][1]);
    }
    ASSERT_CONTAINS(ask(world, "GET", "/projects", "Bearer ff_test_admin", ""),
                    "\"timeZone\":\"Europe/Berlin\"");
}

// As another process on the same store does it.
static void make_elsewhere(const struct world *world, const char *project, const char *key) {
    const struct store_project made = {
        .id = str_from_c(project), .name = STR("x"), .time_zone = STR("UTC"), .created_ms = 1};
    assert_int_equal(store_project_put(world->store, &made), STATUS_OK);
    struct gateway_admin other = world->admin;
    other.keyring = NULL;
    other.refresh = NULL;
    const struct gateway_key_request request = {.project = made.id,
                                                .role = STR("viewer"),
                                                .label = STR("elsewhere"),
                                                .fixed = str_from_c(key)};
    char id[AUTH_KEY_ID_MAX + 1];
    char text[AUTH_KEY_TEXT_MAX];
    struct error err;
    assert_int_equal(gateway_make_key(&other, &request, id, text, &err), STATUS_OK);
}

static void keys_and_projects_made_elsewhere_work_at_once(void **state) {
    struct world *world = *state;
    make_elsewhere(world, "far", "ff_made_elsewhere");
    ASSERT_CONTAINS(ask(world, "GET", "/view", "Bearer ff_made_elsewhere", ""),
                    "role=viewer project=far");
    ASSERT_CONTAINS(ask(world, "GET", "/view", "Bearer ff_unknown_key", ""), "HTTP/1.1 401 ");
    make_elsewhere(world, "further", "ff_made_elsewhere_too");
    ASSERT_CONTAINS(ask(world, "POST", "/keys", "Bearer ff_test_admin",
                        "{\"role\":\"viewer\",\"project\":\"further\"}"),
                    "HTTP/1.1 201 ");
    make_elsewhere(world, "furthest", "ff_made_elsewhere_last");
    assert_false(auth_keyring_has_project(world->keyring, STR("furthest")));
    ASSERT_CONTAINS(ask(world, "GET", "/view?a=1&project=furthest", "Bearer ff_test_admin", ""),
                    "HTTP/1.1 200 ");
    assert_true(auth_keyring_has_project(world->keyring, STR("furthest")));
}

static void without_the_store_a_key_is_neither_known_nor_unknown(void **state) {
    struct world *world = *state;
    atomic_store(&world->store_is_away, true);
    const char *reply = ask(world, "GET", "/view", "Bearer ff_unknown_key", "");
    ASSERT_CONTAINS(reply, "HTTP/1.1 503 ");
    ASSERT_CONTAINS(reply, "Retry-After: 1");
    ASSERT_CONTAINS(ask(world, "GET", "/view", "Bearer ff_test_viewer", ""), "HTTP/1.1 200 ");
    atomic_store(&world->store_is_away, false);
    ASSERT_CONTAINS(ask(world, "GET", "/view", "Bearer ff_unknown_key", ""), "HTTP/1.1 401 ");
}

static void a_key_that_was_revoked_elsewhere_stops_working(void **state) {
    struct world *world = *state;
    struct store_key *keys = NULL;
    size_t count = 0;
    struct arena arena;
    arena_init(&arena, 4096, 0);
    assert_int_equal(store_keys(world->store, &arena, &keys, &count), STATUS_OK);
    for (size_t i = 0; i < count; i++) {
        if (str_equal(keys[i].role, STR("viewer"))) {
            assert_int_equal(store_key_delete(world->store, keys[i].id), STATUS_OK);
        }
    }
    arena_free(&arena);
    assert_int_equal(auth_refresh_now(world->refresh), STATUS_OK);
    ASSERT_CONTAINS(ask(world, "GET", "/view", "Bearer ff_test_viewer", ""), "HTTP/1.1 401 ");
    ASSERT_CONTAINS(ask(world, "GET", "/view", "Bearer ff_test_editor", ""), "HTTP/1.1 200 ");
}

static void routes_without_access_or_twice_are_refused(void **state) {
    (void)state;
    static const struct http_route nameless[] = {{HTTP_GET_, "/a", 0, false, say_who}};
    static const struct http_route twice[] = {
        {HTTP_GET_, "/a/:x", AUTH_ACCESS_PUBLIC, false, say_who},
        {HTTP_GET_, "/a/:y", AUTH_ACCESS_PUBLIC, false, say_who}};
    const struct http_route_table tables[] = {{nameless, 1, NULL}, {twice, 2, NULL}};
    for (size_t i = 0; i < 2; i++) {
        struct gateway_config config = {.tables = &tables[i], .table_count = 1};
        struct gateway *gateway = NULL;
        struct error err;
        assert_int_equal(gateway_start(&config, &gateway, &err),
                         i == 0 ? STATUS_INVALID : STATUS_EXISTS);
        ASSERT_CONTAINS(err.text, "/a");
    }
}

// --- Audit -------------------------------------------------------------------------------------------------------------

static void acts_are_recorded_before_they_are_answered(void **state) {
    const struct world *world = *state;
    const char *admin = "Bearer ff_test_admin";
    ASSERT_CONTAINS(ask(world, "POST", "/projects", admin, "{\"id\":\"blog\"}"), " 201 ");
    ASSERT_CONTAINS(ask(world, "POST", "/projects", admin, "{\"id\":\"blog\"}"), " 409 ");
    ASSERT_CONTAINS(
        ask(world, "POST", "/keys", admin, "{\"role\":\"viewer\",\"project\":\"blog\"}"), " 201 ");
    ASSERT_CONTAINS(ask(world, "DELETE", "/keys/none", admin, ""), " 404 ");
    (void)ask(world, "GET", "/keys", admin, "");
    (void)ask(world, "POST", "/keys", "Bearer ff_test_viewer", "{}");
    const char *reply = ask(world, "GET", "/audit", admin, "");
    assert_int_equal(harness_count(reply, "\"action\":"), 4);
    ASSERT_CONTAINS(reply,
                    "\"action\":\"POST /projects\",\"subject\":\"blog\",\"project\":\"blog\"");
    ASSERT_CONTAINS(reply, "\"status\":409,\"outcome\":\"refused\"");
    ASSERT_CONTAINS(reply, "\"action\":\"POST /keys\",\"subject\":\"key_");
    ASSERT_CONTAINS(reply, "\"detail\":\"viewer\",\"project\":\"blog\",\"actor\":{\"key\":\"key_");
    ASSERT_CONTAINS(reply, "\"role\":\"admin\",\"address\":\"127.0.0.1\"}");
    ASSERT_CONTAINS(reply, "\"action\":\"DELETE /keys/:id\",\"subject\":\"none\"");
    ASSERT_CONTAINS(reply, "\"next\":null");
    ASSERT_LACKS(reply, "ff_");
}

static void the_audit_log_is_read_page_by_page(void **state) {
    const struct world *world = *state;
    const char *admin = "Bearer ff_test_admin";
    for (unsigned i = 0; i < 5; i++) {
        char path[40];
        (void)snprintf(path, sizeof path, "/keys/none-%u", i);
        ASSERT_CONTAINS(
            ask(world, "DELETE", path, i % 2 ? admin : "Bearer ff_test_project_admin", ""),
            " 404 ");
    }
    char path[120] = "/audit?limit=2";
    static const char *const pages[][2] = {
        {"none-4", "none-3"}, {"none-2", "none-1"}, {"none-0", "\"next\":null"}};
    for (size_t i = 0; i < 3; i++) {
        const char *reply = ask(world, "GET", path, admin, "");
        ASSERT_CONTAINS(reply, pages[i][0]);
        ASSERT_CONTAINS(reply, pages[i][1]);
        const char *next = strstr(reply, "\"next\":\"");
        (void)snprintf(path, sizeof path, "/audit?limit=2&cursor=%.50s", next ? next + 8 : "");
    }
    // Whoever administers one project sees what was done there.
    const char *reply = ask(world, "GET", "/audit?limit=2", "Bearer ff_test_project_admin", "");
    ASSERT_CONTAINS(reply, "none-4");
    ASSERT_CONTAINS(reply, "none-2");
    ASSERT_LACKS(reply, "\"next\":null");
    ASSERT_CONTAINS(ask(world, "GET", "/audit?project=other", "Bearer ff_test_project_admin", ""),
                    " 404 ");
    ASSERT_CONTAINS(ask(world, "GET", "/audit", "Bearer ff_test_editor", ""), " 403 ");
    ASSERT_LACKS(ask(world, "GET", "/audit?to=2026-01-01", admin, ""), "none");
    static const char *const wrong[] = {"limit=0",  "limit=1001", "from=yesterday",
                                        "cursor=x", "cursor=1.2", "order=asc"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char asked[60];
        (void)snprintf(asked, sizeof asked, "/audit?%s", wrong[i]);
        ASSERT_CONTAINS(ask(world, "GET", asked, admin, ""), "HTTP/1.1 400 ");
    }
}

static enum status refuse_audit(struct store *store, const struct store_audit *audit) {
    (void)store;
    (void)audit;
    return STATUS_IO;
}

// Nobody is told that all is well when nobody could find out later who did it.
static void what_cannot_be_recorded_is_not_confirmed(void **state) {
    struct world *world = *state;
    world->engine = world->store->engine;
    world->broken = *world->engine;
    world->broken.audit_append = refuse_audit;
    world->store->engine = &world->broken;
    const char *reply =
        ask(world, "POST", "/keys", "Bearer ff_test_admin", "{\"role\":\"viewer\"}");
    ASSERT_CONTAINS(reply, "HTTP/1.1 503 ");
    ASSERT_CONTAINS(reply, "could not be recorded");
    ASSERT_LACKS(reply, "ff_"); // the key is of no use to anybody
    ASSERT_CONTAINS(ask(world, "GET", "/keys", "Bearer ff_test_admin", ""), "HTTP/1.1 200 ");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_role_gets_what_the_table_says, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refusals_say_what_to_do, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_api_key_works_as_basic_password, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_page_cannot_write_with_a_browsers_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keys_come_and_go, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_key_requests_are_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_project_admin_stays_in_the_project, set_up, tear_down),
        cmocka_unit_test_setup_teardown(projects_are_checked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keys_and_projects_made_elsewhere_work_at_once,
                                        set_up_shared, tear_down),
        cmocka_unit_test_setup_teardown(without_the_store_a_key_is_neither_known_nor_unknown,
                                        set_up_shared, tear_down),
        cmocka_unit_test_setup_teardown(a_key_that_was_revoked_elsewhere_stops_working,
                                        set_up_shared, tear_down),
        cmocka_unit_test(routes_without_access_or_twice_are_refused),
        cmocka_unit_test_setup_teardown(acts_are_recorded_before_they_are_answered, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_audit_log_is_read_page_by_page, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_recorded_is_not_confirmed, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
