// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Quotas: to the event in one process, shared by several, kept over a restart, and new every day.
#include "../http/harness.h"

#include <stdio.h>
#include <string.h>

#include "gateway/quotas.h"

#define NOON INT64_C(1780056000000) // 2026-05-29T12:00:00Z

struct world {
    struct store *store;
    struct clock_manual clock;
    struct gateway_quotas *quotas;
    struct http_server *server;
};

static const struct str own_quotas[] = {STR_INIT("free=0"), STR_INIT("small = 3")};

static struct gateway_quotas *start_process(struct world *world) {
    struct gateway_quotas *quotas = NULL;
    struct error err = {STATUS_OK, ""};
    struct gateway_quotas_config config = {.store = world->store,
                                           .clock = &world->clock.clock,
                                           .random = random_system(),
                                           .sizes = {10, own_quotas, 2},
                                           .interval_ms = INT64_C(3600000)};
    assert_int_equal(gateway_quotas_start(&config, &quotas, &err), STATUS_OK);
    return quotas;
}

// "/shop/5": five events of the shop; "/shop/-5" gives them back.
static void handle(struct http_exchange *exchange, void *context) {
    struct world *world = context;
    struct str rest = exchange->request.path;
    (void)str_cut(&rest, '/');
    struct str project = str_cut(&rest, '/');
    int64_t events = 0;
    assert_true(str_to_i64(rest, &events));
    if (events < 0) {
        gateway_quotas_give_back(world->quotas, project, (size_t)-events);
    } else if (!gateway_quotas_admit(world->quotas, exchange, project, (size_t)events, 429)) {
        return;
    }
    http_reply_send(exchange, 204, NULL);
}

static int set_up(void **state) {
    static struct world world;
    struct error err = {STATUS_OK, ""};
    world = (struct world){.store = NULL};
    clock_manual_init(&world.clock, NOON);
    assert_int_equal(store_open_memory(&world.store, &err), STATUS_OK);
    world.quotas = start_process(&world);
    struct http_server_config config = {.threads = 1};
    world.server = harness_start(handle, &world, &config);
    *state = &world;
    return 0;
}

static int tear_down(void **state) {
    struct world *world = *state;
    http_server_stop(world->server);
    gateway_quotas_stop(world->quotas);
    store_close(world->store);
    return 0;
}

static const char *bring(const struct world *world, const char *path) {
    char request[200];
    int len = snprintf(request, sizeof request,
                       "POST %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", path);
    return harness_talk(world->server, request, (size_t)len);
}

static void a_quota_is_kept_to_the_event(void **state) {
    struct world *world = *state;
    ASSERT_CONTAINS(bring(world, "/shop/7"), " 204 ");
    const char *reply = bring(world, "/shop/4"); // whole or not at all
    ASSERT_CONTAINS(reply, "HTTP/1.1 429 ");
    ASSERT_CONTAINS(reply, "Retry-After: 43200\r\n");
    ASSERT_CONTAINS(reply, "RateLimit-Limit: 10\r\n");
    ASSERT_CONTAINS(reply, "RateLimit-Remaining: 3\r\n");
    ASSERT_CONTAINS(reply, "RateLimit-Reset: 43200\r\n");
    ASSERT_CONTAINS(reply, "RateLimit-Policy: \"quota\";q=10;w=86400\r\n");
    ASSERT_CONTAINS(reply, "RateLimit: \"quota\";r=3;t=43200\r\n");
    ASSERT_CONTAINS(reply, "Project shop may bring 10 events a day (UTC) and has 3 left");
    ASSERT_CONTAINS(bring(world, "/shop/3"), " 204 ");
    ASSERT_CONTAINS(bring(world, "/shop/1"), " 429 ");
    ASSERT_CONTAINS(bring(world, "/blog/10"), " 204 "); // others do not notice
    ASSERT_CONTAINS(bring(world, "/shop/-2"), " 204 ");
    ASSERT_CONTAINS(bring(world, "/shop/3"), " 429 ");
    ASSERT_CONTAINS(bring(world, "/shop/2"), " 204 ");
}

static void projects_may_have_their_own(void **state) {
    struct world *world = *state;
    ASSERT_CONTAINS(bring(world, "/small/4"), " 429 ");
    ASSERT_CONTAINS(bring(world, "/small/3"), " 204 ");
    ASSERT_CONTAINS(bring(world, "/free/1000000"), " 204 ");
}

static void quotas_change_while_it_runs(void **state) {
    struct world *world = *state;
    static const struct str other[] = {STR_INIT("shop=8"), STR_INIT("small=0")};
    static const struct str wrong[] = {STR_INIT("shop=9"), STR_INIT("blog=few")};
    struct gateway_quotas_sizes sizes = {5, wrong, 2};
    struct error err = {STATUS_OK, ""};
    ASSERT_CONTAINS(bring(world, "/shop/7"), " 204 ");
    assert_int_equal(gateway_quotas_change(world->quotas, &sizes, &err), STATUS_INVALID);
    ASSERT_CONTAINS(err.text, "blog=few");
    ASSERT_CONTAINS(bring(world, "/small/4"), " 429 "); // nothing has changed
    sizes.projects = other;
    assert_int_equal(gateway_quotas_change(world->quotas, &sizes, &err), STATUS_OK);
    ASSERT_CONTAINS(bring(world, "/shop/2"), " 429 "); // what was brought counts
    ASSERT_CONTAINS(bring(world, "/shop/1"), " 204 ");
    ASSERT_CONTAINS(bring(world, "/small/1000"), " 204 ");
    ASSERT_CONTAINS(bring(world, "/free/6"), " 429 "); // it has no quota of its own any more
    ASSERT_CONTAINS(bring(world, "/blog/6"), " 429 "); // nobody has heard of it before
    ASSERT_CONTAINS(bring(world, "/blog/5"), " 204 ");
}

static void a_restart_forgets_nothing(void **state) {
    struct world *world = *state;
    ASSERT_CONTAINS(bring(world, "/shop/6"), " 204 ");
    gateway_quotas_stop(world->quotas);
    world->quotas = start_process(world);
    ASSERT_CONTAINS(bring(world, "/shop/5"), " 429 ");
    ASSERT_CONTAINS(bring(world, "/shop/4"), " 204 ");
}

static void a_day_begins_at_midnight(void **state) {
    struct world *world = *state;
    ASSERT_CONTAINS(bring(world, "/shop/10"), " 204 ");
    clock_manual_advance(&world->clock, INT64_C(43199999));
    const char *reply = bring(world, "/shop/1");
    ASSERT_CONTAINS(reply, " 429 ");
    ASSERT_CONTAINS(reply, "Retry-After: 1\r\n");
    clock_manual_advance(&world->clock, 1);
    ASSERT_CONTAINS(bring(world, "/shop/10"), " 204 ");
    clock_manual_advance(&world->clock, -INT64_C(43200000)); // the day does not come back
    ASSERT_CONTAINS(bring(world, "/shop/1"), " 429 ");
    // What was counted before midnight is written after it.
    assert_int_equal(gateway_quotas_settle(world->quotas), STATUS_OK);
    struct store_usage *rows = NULL;
    size_t count = 0;
    struct arena arena;
    arena_init(&arena, 1024, 0);
    for (int32_t day = (int32_t)(NOON / 86400000); day <= (int32_t)(NOON / 86400000) + 1; day++) {
        assert_int_equal(store_usage_read(world->store, day, &arena, &rows, &count), STATUS_OK);
        assert_int_equal(count, 1);
        assert_int_equal(rows[0].events, 10);
    }
    arena_free(&arena);
}

static void processes_share_a_quota(void **state) {
    struct world *world = *state;
    struct gateway_quotas *first = world->quotas;
    struct gateway_quotas *second = start_process(world);
    ASSERT_CONTAINS(bring(world, "/shop/8"), " 204 ");
    assert_int_equal(gateway_quotas_settle(first), STATUS_OK);
    assert_int_equal(gateway_quotas_settle(second), STATUS_OK);
    world->quotas = second;
    ASSERT_CONTAINS(bring(world, "/shop/3"), " 429 ");
    ASSERT_CONTAINS(bring(world, "/shop/2"), " 204 ");
    struct arena arena;
    struct buffer text;
    struct json_writer writer;
    arena_init(&arena, 1024, 0);
    buffer_init(&text, 4096);
    json_writer_init(&writer, &text);
    json_begin_object(&writer);
    assert_int_equal(gateway_quotas_write(second, &arena, &writer), STATUS_OK);
    json_end_object(&writer);
    buffer_append_char(&text, '\0');
    ASSERT_CONTAINS(text.data, "{\"usage\":{\"day\":\"2026-05-29\",\"projects\":{");
    ASSERT_CONTAINS(text.data, "\"shop\":{\"events\":10,\"quota\":10}");
    ASSERT_CONTAINS(text.data, "\"free\":{\"events\":0}");
    buffer_free(&text);
    arena_free(&arena);
    gateway_quotas_stop(first);
}

static void wrong_settings_are_named(void **state) {
    struct world *world = *state;
    static const struct str wrong[] = {STR_INIT("shop"), STR_INIT("=5"), STR_INIT("shop=-1"),
                                       STR_INIT("shop=many")};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct gateway_quotas_config config = {.store = world->store,
                                               .clock = clock_system(),
                                               .random = random_system(),
                                               .sizes = {0, &wrong[i], 1}};
        struct gateway_quotas *quotas = NULL;
        struct error err = {STATUS_OK, ""};
        assert_int_equal(gateway_quotas_start(&config, &quotas, &err), STATUS_INVALID);
        ASSERT_CONTAINS(err.text, "quotas.projects");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_quota_is_kept_to_the_event, set_up, tear_down),
        cmocka_unit_test_setup_teardown(projects_may_have_their_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(quotas_change_while_it_runs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_restart_forgets_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_day_begins_at_midnight, set_up, tear_down),
        cmocka_unit_test_setup_teardown(processes_share_a_quota, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_settings_are_named, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
