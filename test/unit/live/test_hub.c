// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A feed between processes over real connections: what one process publishes is in another's rings; connections that break, processes
// that refuse or have no feed.
#include <stdio.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/problem.h"
#include "live/hub.h"
#include "live/live.h"
#include "support/route_server.h"

static struct route_server rs;
static struct live_feed *theirs, *ours;
static struct live *live;
static struct live_hub *hub;

static void serve(struct http_exchange *exchange, void *context) {
    (void)context;
    if (!str_equal(http_request_header(exchange, STR("Authorization")), STR("Peer secret"))) {
        http_reply_problem(exchange, 401, STR("no"));
        return;
    }
    live_serve_peer(live, exchange);
}

static const struct http_route routes[] = {
    {HTTP_GET_, "/live/feed", AUTH_ACCESS_PUBLIC, false, serve},
};

static enum status authorise(void *context, char out[LIVE_AUTHORIZATION_MAX], struct error *err) {
    (void)err;
    (void)snprintf(out, LIVE_AUTHORIZATION_MAX, "Peer %s", (const char *)context);
    return STATUS_OK;
}

static void start_live(void) {
    struct error err = {0};
    struct live_config config = {.feed = theirs, .clock = clock_system(), .keep_alive_ms = 50};
    assert_int_equal(live_start(&config, &live, &err), STATUS_OK);
}

static void start_hub(const char *secret) {
    struct error err = {0};
    char url[64];
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/", http_server_port(rs.server));
    // The last two answer nothing and something else.
    const struct str urls[] = {str_from_c(url), STR("http://127.0.0.1:9"),
                               STR("http://127.0.0.1:28001")};
    struct live_hub_config config = {.feed = ours,
                                     .urls = urls,
                                     .url_count = 3,
                                     .clock = clock_system(),
                                     .authorise = authorise,
                                     .context = (void *)(uintptr_t)secret};
    assert_int_equal(live_hub_start(&config, &hub, &err), STATUS_OK);
}

static int set_up(void **state) {
    (void)state;
    route_server_prepare(&rs, "UTC", 1795435200000LL);
    if (live_feed_make(1 << 20, &theirs) != STATUS_OK ||
        live_feed_make(1 << 20, &ours) != STATUS_OK) {
        return -1;
    }
    live_feed_set_partitions(theirs, 4);
    live_feed_listen(ours, true);
    for (unsigned i = 0; i < 3; i++) { // nobody here has the fourth
        struct live_ring *ring = live_feed_ring(theirs, i);
        live_ring_reset(ring, 77, 1000);
        live_ring_publish(ring, 1000);
    }
    start_live();
    route_server_start(&rs, (struct http_route_table){routes, 1, NULL});
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    live_hub_stop(hub);
    live_stop(live);
    route_server_stop(&rs);
    route_server_free(&rs);
    live_feed_free(theirs);
    live_feed_free(ours);
    return 0;
}

static void put(unsigned partition, int64_t first, int64_t end) {
    struct live_ring *ring = live_feed_ring(theirs, partition);
    for (int64_t offset = first; offset < end; offset++) {
        struct live_item item = {.offset = offset,
                                 .received_ms = offset,
                                 .project = STR("default"),
                                 .id = STR("id"),
                                 .user_id = STR("u"),
                                 .properties = STR("{\"a\":1}")};
        live_ring_put(ring, &item);
    }
    live_ring_publish(ring, end);
    live_feed_tell(theirs);
}

static bool count(const struct live_item *item, void *context) {
    (void)item;
    ++*(size_t *)context;
    return true;
}

static size_t items_of(unsigned partition, int64_t *complete) {
    struct live_ring *ring = live_feed_look(ours, partition);
    struct live_ring_view view = {.complete = -1};
    size_t found = 0;
    if (ring) {
        live_ring_look(ring, &view);
    }
    *complete = view.complete;
    return ring && live_ring_walk(ring, view.begin, count, &found) ? found : 0;
}

static void wait_for(unsigned partition, size_t items, int64_t complete) {
    int64_t at = 0;
    for (int i = 0; i < 600; i++) {
        live_hub_want(hub);
        if (items_of(partition, &at) == items && at == complete) {
            return;
        }
        live_feed_wait(ours, 100 * 1000);
    }
    fail_msg("partition %u: %zu items, complete %lld", partition, items_of(partition, &at),
             (long long)at);
}

static void test_what_is_there_and_what_comes(void **state) {
    (void)state;
    int64_t complete = 0;
    put(0, 1000, 1200);
    start_hub("secret");
    live_hub_prime(hub, 30000);
    assert_int_equal(items_of(0, &complete), 200);
    assert_int_equal(complete, 1200);
    assert_int_equal(items_of(1, &complete), 0);
    assert_int_equal(complete, 1000); // known, and nothing in it
    (void)items_of(3, &complete);
    assert_int_equal(complete, -1);
    put(1, 1000, 1010);
    wait_for(1, 10, 1010);
    put(0, 1205, 1206);
    wait_for(0, 201, 1206);
}

static void test_a_process_that_comes_back(void **state) {
    (void)state;
    put(0, 1000, 1100);
    start_hub("secret");
    wait_for(0, 100, 1100);
    live_stop(live); // as a process that stops
    start_live();
    put(0, 1100, 1150);
    wait_for(0, 150, 1150);
}

static void test_a_code_that_is_wrong(void **state) {
    (void)state;
    int64_t complete = 0;
    put(0, 1000, 1100);
    start_hub("guess");
    live_hub_prime(hub, 30000);
    assert_int_equal(items_of(0, &complete), 0);
    assert_int_equal(complete, -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_there_and_what_comes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_process_that_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_code_that_is_wrong, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
