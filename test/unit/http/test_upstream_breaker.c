// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Too much at the same time is refused at once, and retries do not multiply what a failing service has to do.
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/thread.h"
#include "scene.h"

static void wait_for_load(const struct scene *scene, unsigned active, unsigned waiting) {
    struct http_upstream_load load;
    do {
        load = http_upstream_load(scene->upstream);
    } while (load.active != active || load.waiting != waiting);
}

static int send_get(const struct scene *scene) {
    int fd = harness_connect(scene->proxy);
    harness_send_text(fd, GET);
    return fd;
}

static void expect_refusal(const struct scene *scene, const char *why) {
    const char *reply = scene_ask(scene, GET);
    ASSERT_CONTAINS(reply, "HTTP/1.1 503 ");
    ASSERT_CONTAINS(reply, "Retry-After: 1\r\n");
    ASSERT_CONTAINS(reply, why);
}

static void more_than_may_be_active_is_refused(void **state) {
    (void)state;
    const struct http_upstream_config config = {.limits = {.active = 2}};
    struct scene scene;
    scene_open_with(&scene, scene_serve_nothing, NULL, &config);
    int fds[] = {send_get(&scene), send_get(&scene)};
    wait_for_load(&scene, 2, 0);
    expect_refusal(&scene, "too many requests to it are under way");
    assert_int_equal(http_upstream_load(scene.upstream).active, 2);
    assert_true(http_upstream_load(scene.upstream).full);
    close(fds[0]);
    close(fds[1]);
    scene_close(&scene);
}

static void what_is_answered_is_active_no_more(void **state) {
    (void)state;
    static const char *const replies[] = {OK_REPLY, "", "", "", "junk\r\n\r\n", OK_REPLY};
    struct script script = SCRIPT(replies);
    const struct http_upstream_config config = {.limits = {.active = 1}};
    struct scene scene;
    scene_open_with(&scene, scene_serve_script, &script, &config);
    ASSERT_CONTAINS(scene_ask(&scene, GET), "HTTP/1.1 200 ");
    wait_for_load(&scene, 0, 0);
    ASSERT_CONTAINS(scene_ask(&scene, GET), "HTTP/1.1 502 "); // three attempts
    wait_for_load(&scene, 0, 0);
    ASSERT_CONTAINS(scene_ask(&scene, GET), "HTTP/1.1 502 ");
    wait_for_load(&scene, 0, 0);
    ASSERT_CONTAINS(scene_ask(&scene, GET), "HTTP/1.1 200 ");
    assert_int_equal(http_upstream_load(scene.upstream).retrying, 0);
    assert_false(http_upstream_load(scene.upstream).full);
    scene_close(&scene);
}

static void more_than_may_wait_is_refused(void **state) {
    (void)state;
    const struct http_upstream_config config = {.connections = 1, .limits = {.waiting = 1}};
    struct scene scene = {.threads = 1, .backend = backend_start(scene_serve_nothing, NULL)};
    const uint16_t ports[] = {backend_port(scene.backend), 0};
    scene_open(&scene, &config, ports);
    int first = send_get(&scene);
    wait_for_load(&scene, 1, 0);
    int second = send_get(&scene);
    wait_for_load(&scene, 2, 1);
    expect_refusal(&scene, "too many requests are waiting for it");
    close(first);
    close(second);
    scene_close(&scene);
}

// So that the other side sees that nobody waits any more, not only that nothing more is said.
static void reset(int fd) {
    const struct linger now = {.l_onoff = 1};
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
    close(fd);
}

static void who_goes_waits_no_more(void **state) {
    (void)state;
    const struct http_upstream_config config = {.connections = 1, .limits = {.waiting = 1}};
    struct scene scene = {.threads = 1, .backend = backend_start(scene_serve_nothing, NULL)};
    const uint16_t ports[] = {backend_port(scene.backend), 0};
    scene_open(&scene, &config, ports);
    int first = send_get(&scene);
    wait_for_load(&scene, 1, 0);
    for (unsigned i = 0; i < 3; i++) {
        int second = harness_connect(scene.proxy);
        harness_send_text(second, "GET /x HTTP/1.1\r\nHost: f\r\n\r\n");
        wait_for_load(&scene, 2, 1);
        reset(second);
        wait_for_load(&scene, 1, 0);
    }
    close(first);
    scene_close(&scene);
}

// Of a body that comes in parts nobody knows when it ends: what stands behind it would be taken for a part of it.
static void a_body_in_parts_waits_for_a_connection_of_its_own(void **state) {
    (void)state;
    const struct http_upstream_config config = {.pipeline = 4, .limits = {.connections = 1}};
    struct scene scene = {.threads = 1, .backend = backend_start(scene_serve_nothing, NULL)};
    const uint16_t ports[] = {backend_port(scene.backend), 0};
    scene_open(&scene, &config, ports);
    int first = send_get(&scene);
    wait_for_load(&scene, 1, 0);
    int second = harness_connect(scene.proxy);
    harness_send_text(second,
                      "POST /stream HTTP/1.1\r\nHost: f\r\nTransfer-Encoding: chunked\r\n\r\n"
                      "3\r\nabc\r\n");
    wait_for_load(&scene, 2, 1);
    close(second);
    close(first);
    scene_close(&scene);
}

// Whatever is slow holds up nobody, and is not held up.
static void who_is_to_be_alone_shares_no_connection(void **state) {
    (void)state;
    const struct http_upstream_config config = {.pipeline = 4, .limits = {.connections = 1}};
    struct scene scene = {.threads = 1, .backend = backend_start(scene_serve_nothing, NULL)};
    const uint16_t ports[] = {backend_port(scene.backend), 0};
    scene_open(&scene, &config, ports);
    int fds[4] = {send_get(&scene), send_get(&scene)};
    wait_for_load(&scene, 2, 0); // both on the one connection
    fds[2] = harness_connect(scene.proxy);
    harness_send_text(fds[2], "GET /alone HTTP/1.1\r\nHost: f\r\n\r\n");
    wait_for_load(&scene, 3, 1);
    for (unsigned i = 0; i < 3; i++) {
        reset(fds[i]);
    }
    wait_for_load(&scene, 0, 0);
    fds[0] = harness_connect(scene.proxy);
    harness_send_text(fds[0], "GET /alone HTTP/1.1\r\nHost: f\r\n\r\n");
    wait_for_load(&scene, 1, 0);
    fds[1] = send_get(&scene);
    wait_for_load(&scene, 2, 1);
    close(fds[0]);
    close(fds[1]);
    scene_close(&scene);
}

static void more_connections_than_may_be_are_not_made(void **state) {
    (void)state;
    const struct http_upstream_config config = {.limits = {.connections = 1}};
    struct scene scene = {.threads = 2, .backend = backend_start(scene_serve_nothing, NULL)};
    const uint16_t ports[] = {backend_port(scene.backend), 0};
    int fds[200];
    unsigned count = 0;
    scene_open(&scene, &config, ports);
    fds[count++] = send_get(&scene);
    wait_for_load(&scene, 1, 0);
    // On the loop that has the connection they wait for it; on the other there is nothing to wait for.
    struct pollfd refused = {.events = POLLIN};
    while (refused.revents == 0) {
        assert_true(count < 200); // all on one of two loops
        unsigned waiting = http_upstream_load(scene.upstream).waiting;
        refused.fd = fds[count++] = send_get(&scene);
        do {
            assert_true(poll(&refused, 1, 0) >= 0);
        } while (refused.revents == 0 && http_upstream_load(scene.upstream).waiting == waiting);
    }
    ASSERT_CONTAINS(harness_read_until(refused.fd, "\r\n\r\n", 1), "HTTP/1.1 503 ");
    assert_int_equal(http_upstream_load(scene.upstream).connections, 1);
    while (backend_accepted(scene.backend) == 0) {
        sched_yield(); // the kernel has taken it, its thread may not have yet
    }
    assert_int_equal(backend_accepted(scene.backend), 1);
    while (count > 0) {
        close(fds[--count]);
    }
    scene_close(&scene);
}

// --- Retries -----------------------------------------------------------------------------------------------------------
#define CROWD 20

struct crash {
    pthread_mutex_t mutex;
    pthread_cond_t all;
    unsigned arrived;
};

// Breaks off when all have arrived, as a process does that crashes, and keeps those that come after that.
static void serve_until_crash(int fd, unsigned number, void *context) {
    struct crash *crash = context;
    char request[4096];
    if (!backend_read(fd, request, sizeof request)) {
        return;
    }
    pthread_mutex_lock(&crash->mutex);
    unsigned mine = crash->arrived++;
    pthread_cond_broadcast(&crash->all);
    while (crash->arrived < CROWD) {
        pthread_cond_wait(&crash->all, &crash->mutex);
    }
    pthread_mutex_unlock(&crash->mutex);
    if (mine >= CROWD) {
        scene_serve_nothing(fd, number, NULL);
    }
}

static unsigned arrived(struct crash *crash) {
    pthread_mutex_lock(&crash->mutex);
    unsigned count = crash->arrived;
    pthread_mutex_unlock(&crash->mutex);
    return count;
}

static void retries_are_a_share_of_what_is_active(void **state) {
    (void)state;
    enum { MAY_RETRY = 2 };
    struct crash crash = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
    // Of those that fail one after the other ever fewer are active: the least decides.
    const struct http_upstream_config config = {
        .limits = {.retry_share = 1, .retries_least = MAY_RETRY}};
    struct scene scene;
    struct pollfd clients[CROWD];
    scene_open_with(&scene, serve_until_crash, &crash, &config);
    for (unsigned i = 0; i < CROWD; i++) {
        clients[i] = (struct pollfd){.fd = send_get(&scene), .events = POLLIN};
    }
    int answered = 0;
    while (answered < CROWD - MAY_RETRY) {
        answered = poll(clients, CROWD, -1);
        assert_in_range(answered, 1, CROWD - MAY_RETRY);
    }
    while (arrived(&crash) < CROWD + MAY_RETRY) {
    }
    assert_int_equal(http_upstream_load(scene.upstream).retrying, MAY_RETRY);
    for (unsigned i = 0; i < CROWD; i++) {
        if (clients[i].revents != 0) {
            ASSERT_CONTAINS(harness_read_until(clients[i].fd, "\r\n\r\n", 1), "HTTP/1.1 502 ");
        }
        close(clients[i].fd);
    }
    assert_int_equal(arrived(&crash), CROWD + MAY_RETRY);
    scene_close(&scene);
}

// --- The end -----------------------------------------------------------------------------------------------------------
static void serve_when_told(int fd, unsigned number, void *context) {
    atomic_bool *told = context;
    char request[4096];
    (void)number;
    while (backend_read(fd, request, sizeof request)) {
        while (!atomic_load(told)) {
        }
        backend_write(fd, OK_REPLY);
    }
}

static void *stop_proxy(void *context) {
    http_server_stop(context);
    return NULL;
}

static bool accepts(uint16_t port) {
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool connected = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return connected;
}

static void what_is_under_way_is_answered_before_the_end(void **state) {
    (void)state;
    atomic_bool told = false;
    const struct http_upstream_config config = {.connections = 1};
    struct scene scene = {.threads = 1, .drain_ms = 60000};
    struct thread stopping;
    scene.backend = backend_start(serve_when_told, &told);
    const uint16_t ports[] = {backend_port(scene.backend), 0};
    scene_open(&scene, &config, ports);
    int fds[] = {send_get(&scene), send_get(&scene)};
    wait_for_load(&scene, 2, 1); // one at the peer, one that waits for its connection
    uint16_t port = http_server_port(scene.proxy);
    assert_int_equal(thread_start(&stopping, "stop", stop_proxy, scene.proxy), STATUS_OK);
    while (accepts(port)) {
    }
    atomic_store(&told, true);
    for (size_t i = 0; i < 2; i++) {
        ASSERT_CONTAINS(harness_read_until(fds[i], "\r\n\r\nhi", 1), "HTTP/1.1 200 ");
        close(fds[i]);
    }
    thread_join(&stopping);
    scene.proxy = NULL;
    scene_close(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_than_may_be_active_is_refused),
        cmocka_unit_test(what_is_answered_is_active_no_more),
        cmocka_unit_test(more_than_may_wait_is_refused),
        cmocka_unit_test(who_goes_waits_no_more),
        cmocka_unit_test(a_body_in_parts_waits_for_a_connection_of_its_own),
        cmocka_unit_test(who_is_to_be_alone_shares_no_connection),
        cmocka_unit_test(more_connections_than_may_be_are_not_made),
        cmocka_unit_test(retries_are_a_share_of_what_is_active),
        cmocka_unit_test(what_is_under_way_is_answered_before_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
