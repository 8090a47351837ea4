// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Reading settings again with a name server that a test plays: it may hang, and then nobody waits for it.
#include "../http/harness.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/reload.h"
#include "app/service.h"
#include "base/log.h"
#include "base/thread.h"

static atomic_bool hangs;
static atomic_uint asked;
static atomic_uint answered;

// In place of the machine's: "nowhere.test" is not known, everything else is at 127.0.0.1.
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **out) {
    struct found {
        struct addrinfo info;
        struct sockaddr_in address;
    } *found = calloc(1, sizeof *found);
    (void)hints;
    assert_non_null(found);
    atomic_fetch_add(&asked, 1);
    while (atomic_load(&hangs)) {
    }
    found->address = (struct sockaddr_in){.sin_family = AF_INET,
                                          .sin_port = htons((uint16_t)strtol(service, NULL, 10)),
                                          .sin_addr = {htonl(INADDR_LOOPBACK)}};
    found->info.ai_addr = (struct sockaddr *)&found->address;
    found->info.ai_addrlen = sizeof found->address;
    *out = &found->info;
    bool known = strcmp(node, "nowhere.test") != 0;
    if (!known) {
        free(found);
    }
    atomic_fetch_add(&answered, 1);
    return known ? 0 : EAI_NONAME;
}

void freeaddrinfo(struct addrinfo *found) {
    free(found);
}

static void answer_own(struct http_exchange *exchange, void *context) {
    (void)context;
    http_reply_send(exchange, 204, NULL);
}

static const struct http_route own_routes[] = {
    {HTTP_GET_, "/own", AUTH_ACCESS_PUBLIC, false, answer_own},
};
static const struct http_route_table ours = {own_routes, 1, NULL};

struct world {
    struct app_service service;
    struct app_reload *reload;
    char path[60];
    char *argv[3];
    struct settings *settings;
    int log[2];
    char said[4000]; // by the log, since it was last looked at
};

static void configure(const struct world *world, const char *yaml) {
    FILE *file = fopen(world->path, "w");
    assert_non_null(file);
    assert_true(fputs(yaml, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void open_world(struct world *world) {
    struct app_service *service = &world->service;
    struct error err = {STATUS_OK, ""};
    *world = (struct world){.service = {.role = APP_ROLE_RUN, .up = true}};
    (void)snprintf(world->path, sizeof world->path, "/tmp/footfall-reload-XXXXXX");
    int fd = mkstemp(world->path);
    assert_true(fd >= 0);
    close(fd);
    static char flag[] = "--config";
    world->argv[0] = flag;
    world->argv[1] = world->path;
    thread_must(pthread_rwlock_init(&service->lock, NULL));
    const struct gateway_limits_config limits = {.clock = clock_system(),
                                                 .random = random_system()};
    assert_int_equal(gateway_upstreams_make(&service->configured), STATUS_OK);
    assert_int_equal(auth_keyring_make(&service->keyring), STATUS_OK);
    assert_int_equal(gateway_limits_make(&limits, &service->limits, &err), STATUS_OK);
    const struct gateway_config config = {
        .tables = &ours, .table_count = 1, .keyring = service->keyring, .limits = service->limits};
    assert_int_equal(gateway_start(&config, &service->gateway, &err), STATUS_OK);
    const struct http_server_config server = {
        .plan = gateway_plan, .completed = gateway_completed, .drain_timeout_ms = 300};
    service->server = harness_start(gateway_handle, service->gateway, &server);
    atomic_store(&hangs, false);
    assert_int_equal(pipe(world->log), 0);
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, world->log[1]);
    struct app_settings_source source = {.role = APP_ROLE_RUN, .argc = 2, .argv = world->argv};
    int used = 0;
    assert_int_equal(app_read_settings(&source, &used, &world->settings, &err), STATUS_OK);
    service->settings = world->settings;
    assert_int_equal(app_reload_start(service, &source, &world->reload), STATUS_OK);
}

static void close_world(struct world *world) {
    struct app_service *service = &world->service;
    app_reload_end(world->reload);
    http_server_stop(service->server);
    gateway_stop(service->gateway);
    gateway_upstreams_free(service->configured);
    gateway_limits_free(service->limits);
    auth_keyring_free(service->keyring);
    settings_free(world->settings);
    thread_must(pthread_rwlock_destroy(&service->lock));
    log_configure(LOG_LEVEL_OFF, LOG_FORMAT_TEXT, STDERR_FILENO);
    close(world->log[0]);
    close(world->log[1]);
    unlink(world->path);
}

static const char *ask(const struct world *world, const char *path) {
    char request[100];
    int len = snprintf(request, sizeof request,
                       "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path);
    return harness_talk(world->service.server, request, (size_t)len);
}

static void await(const struct world *world, const char *path, const char *status) {
    while (!strstr(ask(world, path), status)) {
        (void)sched_yield();
    }
}

// Until the log has said it.
static void await_word(struct world *world, const char *word) {
    size_t len = 0;
    world->said[0] = '\0';
    while (!strstr(world->said, word)) {
        assert_true(len + 1 < sizeof world->said);
        ssize_t n = read(world->log[0], world->said + len, 1);
        assert_int_equal(n, 1);
        world->said[++len] = '\0';
    }
    while (world->said[len - 1] != '\n') { // to the end of the line
        assert_true(len + 1 < sizeof world->said);
        assert_int_equal(read(world->log[0], world->said + len, 1), 1);
        world->said[++len] = '\0';
    }
}

#define ROUTE(name, path)                                                                          \
    "upstreams:\n  - {name: shop, urls: ['http://" name ":9']}\n"                                  \
    "routes:\n  - {path: " path ", upstream: shop, access: public}\n"

static void begin_to_hang(struct world *world) {
    unsigned before = atomic_load(&asked);
    atomic_store(&hangs, true);
    configure(world, ROUTE("slow.test", "/slow"));
    app_reload_ask(world->reload);
    while (atomic_load(&asked) == before) {
        (void)sched_yield();
    }
}

static void a_name_server_that_hangs_holds_up_nobody(void **state) {
    (void)state;
    static struct world world; // threads that nobody waits for may still look at it
    open_world(&world);
    begin_to_hang(&world);
    app_reload_ask(world.reload); // neither whoever brings signals
    app_reload_ask(world.reload);
    ASSERT_CONTAINS(ask(&world, "/own"), " 204 "); // nor clients
    assert_true(app_service_enter(&world.service));
    app_service_leave(&world.service);
    thread_must(pthread_rwlock_wrlock(&world.service.lock)); // nor who stops the service
    thread_must(pthread_rwlock_unlock(&world.service.lock));
    ASSERT_CONTAINS(ask(&world, "/slow"), " 404 ");
    atomic_store(&hangs, false);
    await(&world, "/slow", " 503 "); // it is there, and nobody answers at its end
    close_world(&world);
}

static void the_end_does_not_wait_for_names(void **state) {
    (void)state;
    static struct world world; // threads that nobody waits for may still look at it
    open_world(&world);
    begin_to_hang(&world);
    unsigned before = atomic_load(&answered);
    close_world(&world);
    atomic_store(&hangs, false);
    while (atomic_load(&answered) == before) { // what it has looked up goes nowhere
        (void)sched_yield();
    }
}

static void what_is_wrong_changes_nothing(void **state) {
    (void)state;
    static const struct {
        const char *yaml;
        const char *reason;
    } wrong[] = {
        {ROUTE("nowhere.test", "/two"), "upstream shop: nowhere.test: "},
        {"routes:\n  - {path: /two, upstream: nobody, access: public}\n",
         ":2: routes[].upstream: no upstream is named"},
        {ROUTE("good.test", "/two") "limits: {routes: ['GET /three=1/s']}\n",
         "limits.routes: there is no route"},
        {ROUTE("good.test", "/two") "limits: {key: often}\n", "limits.key: "},
        {ROUTE("good.test", "/two") "nonsense: 1\n", ":5: nonsense: unknown key"},
        {"routes: [", "footfall-reload-"},
    };
    static struct world world; // threads that nobody waits for may still look at it
    open_world(&world);
    configure(&world, ROUTE("good.test", "/one"));
    app_reload_ask(world.reload);
    await_word(&world, "settings were read again");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        configure(&world, wrong[i].yaml);
        app_reload_ask(world.reload);
        await_word(&world, "settings stay as they were");
        ASSERT_CONTAINS(world.said, wrong[i].reason);
        ASSERT_CONTAINS(ask(&world, "/one"), " 503 ");
        ASSERT_CONTAINS(ask(&world, "/two"), " 404 ");
    }
    configure(&world, ROUTE("good.test", "/four"));
    app_reload_ask(world.reload);
    await_word(&world, "settings were read again");
    ASSERT_CONTAINS(ask(&world, "/one"), " 404 ");
    ASSERT_CONTAINS(ask(&world, "/four"), " 503 "); // by the upstream that was there
    assert_int_equal(gateway_upstreams_visit(world.service.configured, NULL, NULL), 1);
    close_world(&world);
}

static void upstreams_that_nobody_uses_are_freed_meanwhile(void **state) {
    (void)state;
    static struct world world; // threads that nobody waits for may still look at it
    open_world(&world);
    configure(&world, ROUTE("one.test", "/one"));
    app_reload_ask(world.reload);
    await(&world, "/one", " 503 ");
    configure(&world, ROUTE("two.test", "/two"));
    app_reload_ask(world.reload);
    await(&world, "/two", " 503 ");
    while (gateway_upstreams_visit(world.service.configured, NULL, NULL) > 1) {
        (void)sched_yield();
    }
    close_world(&world);
}

int main(void) {
    (void)unsetenv("FOOTFALL_SOURCE_DIR"); // which would be a setting that nobody knows
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_server_that_hangs_holds_up_nobody),
        cmocka_unit_test(the_end_does_not_wait_for_names),
        cmocka_unit_test(what_is_wrong_changes_nothing),
        cmocka_unit_test(upstreams_that_nobody_uses_are_freed_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
