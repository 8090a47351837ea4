// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Names that lead elsewhere in the course of time.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>

#include "base/thread.h"
#include "scene.h"

// A name server that a test writes the answers of: addresses 127.0.0.x, by their last numbers.
struct book {
    pthread_mutex_t mutex;
    unsigned char hosts[HTTP_UPSTREAM_ADDRESSES + 4];
    size_t count; // 0: it does not answer
    atomic_uint begun;
    atomic_uint asked;
    atomic_bool slow; // waits until it is false
};

static enum status read_book(void *context, const char *host, uint16_t port,
                             struct http_upstream_found *out, struct error *err) {
    struct book *book = context;
    assert_string_equal(host, "back.test");
    atomic_fetch_add(&book->begun, 1);
    while (atomic_load(&book->slow)) {
    }
    pthread_mutex_lock(&book->mutex);
    out->count = book->count < HTTP_UPSTREAM_ADDRESSES ? book->count : HTTP_UPSTREAM_ADDRESSES;
    for (size_t i = 0; i < out->count; i++) {
        const struct sockaddr_in address = {.sin_family = AF_INET,
                                            .sin_port = htons(port),
                                            .sin_addr = {htonl(0x7f000000U + book->hosts[i])}};
        memcpy(&out->addresses[i], &address, sizeof address);
        out->lengths[i] = sizeof address;
    }
    pthread_mutex_unlock(&book->mutex);
    atomic_fetch_add(&book->asked, 1);
    return out->count > 0 ? STATUS_OK : error_set(err, STATUS_UNAVAILABLE, "no answer");
}

static void write_book(struct book *book, const char *hosts) {
    pthread_mutex_lock(&book->mutex);
    book->count = strlen(hosts);
    memcpy(book->hosts, hosts, book->count);
    pthread_mutex_unlock(&book->mutex);
    // Twice: one may have been under way.
    unsigned before = atomic_load(&book->asked);
    while (atomic_load(&book->asked) < before + 2) {
    }
}

struct names {
    struct scene scene;
    struct book book;
    atomic_uint requests;
    atomic_bool hang;
};

static void serve(int fd, unsigned number, void *context) {
    struct names *names = context;
    char request[4096];
    (void)number;
    while (backend_read(fd, request, sizeof request)) {
        ASSERT_CONTAINS(request, "\r\nHost: back.test:");
        atomic_fetch_add(&names->requests, 1);
        while (atomic_load(&names->hang)) {
        }
        backend_write(fd, OK_REPLY);
    }
}

static void forward(struct http_exchange *exchange, void *context) {
    struct scene *scene = context;
    http_upstream_forward(scene->upstream, exchange);
}

// backend_start listens on 127.0.0.1 alone, so of all addresses only that with the last number 1 answers.
static void open_names_with(struct names *names, const char *hosts, backend_serve *answer,
                            const struct http_upstream_config *policies) {
    struct http_upstream_config config = *policies;
    char url[60];
    struct error err = {STATUS_OK, ""};
    *names = (struct names){.book = {.mutex = PTHREAD_MUTEX_INITIALIZER}};
    names->scene.backend = backend_start(answer, names);
    names->book.count = strlen(hosts);
    memcpy(names->book.hosts, hosts, names->book.count);
    (void)snprintf(url, sizeof url, "http://back.test:%u", backend_port(names->scene.backend));
    const struct str text = str_from_c(url);
    config.name = "back";
    config.urls = &text;
    config.url_count = 1;
    config.resolve = read_book;
    config.resolve_context = &names->book;
    config.resolve_every_ms = 5;
    assert_int_equal(http_upstream_make(&config, &names->scene.upstream, &err), STATUS_OK);
    const struct http_server_config server = {.drain_timeout_ms = 300};
    names->scene.proxy = harness_start(forward, &names->scene, &server);
}

static void open_names(struct names *names, const char *hosts) {
    const struct http_upstream_config config = {.connect_timeout_ms = 300};
    open_names_with(names, hosts, serve, &config);
}

static size_t look(struct names *names, struct http_upstream_address_view *views) {
    return http_upstream_addresses(names->scene.upstream, views, HTTP_UPSTREAM_ADDRESSES);
}

static void a_new_address_is_used(void **state) {
    (void)state;
    struct names names;
    struct http_upstream_address_view views[HTTP_UPSTREAM_ADDRESSES];
    open_names(&names, "\x02");
    ASSERT_CONTAINS(scene_ask(&names.scene, GET), "HTTP/1.1 503 ");
    write_book(&names.book, "\x01");
    ASSERT_CONTAINS(scene_ask(&names.scene, GET), "HTTP/1.1 200 ");
    while (look(&names, views) != 1) {
    }
    assert_string_equal(views[0].ip, "127.0.0.1");
    scene_close(&names.scene);
}

static void one_that_is_gone_finishes_and_gets_nothing_more(void **state) {
    (void)state;
    struct names names;
    struct http_upstream_address_view views[HTTP_UPSTREAM_ADDRESSES];
    open_names(&names, "\x01");
    atomic_store(&names.hang, true);
    int fd = harness_connect(names.scene.proxy);
    harness_send_text(fd, GET);
    while (atomic_load(&names.requests) == 0) {
    }
    write_book(&names.book, "\x02");
    assert_int_equal(look(&names, views), 2);
    assert_string_equal(views[0].state, "draining");
    assert_int_equal(views[0].active, 1);
    ASSERT_CONTAINS(scene_ask(&names.scene, GET), "HTTP/1.1 503 ");
    assert_int_equal(atomic_load(&names.requests), 1);
    atomic_store(&names.hang, false);
    ASSERT_CONTAINS(harness_read_until(fd, "\r\n\r\nhi", 1), "HTTP/1.1 200 ");
    // Its connection is closed then, and it is forgotten.
    while (look(&names, views) != 1) {
    }
    assert_string_equal(views[0].ip, "127.0.0.2");
    close(fd);
    scene_close(&names.scene);
}

static void one_that_comes_back_is_the_same(void **state) {
    (void)state;
    struct names names;
    struct http_upstream_address_view views[HTTP_UPSTREAM_ADDRESSES];
    open_names(&names, "\x01");
    atomic_store(&names.hang, true);
    int fd = harness_connect(names.scene.proxy);
    harness_send_text(fd, GET);
    while (atomic_load(&names.requests) == 0) {
    }
    write_book(&names.book, "\x02");
    write_book(&names.book, "\x01");
    atomic_store(&names.hang, false);
    ASSERT_CONTAINS(harness_read_until(fd, "\r\n\r\nhi", 1), "HTTP/1.1 200 ");
    ASSERT_CONTAINS(scene_ask(&names.scene, GET), "HTTP/1.1 200 ");
    assert_int_equal(look(&names, views), 1);
    assert_int_equal(views[0].requests, 2);
    assert_string_equal(views[0].state, "healthy");
    close(fd);
    scene_close(&names.scene);
}

static void what_is_known_stays_when_nobody_answers(void **state) {
    (void)state;
    struct names names;
    open_names(&names, "\x01");
    write_book(&names.book, "");
    for (unsigned i = 0; i < 10; i++) {
        ASSERT_CONTAINS(scene_ask(&names.scene, GET), "HTTP/1.1 200 ");
    }
    assert_int_equal(backend_accepted(names.scene.backend) > 0, 1);
    scene_close(&names.scene);
}

static void more_addresses_than_there_are_places_for(void **state) {
    (void)state;
    struct names names;
    struct http_upstream_address_view views[HTTP_UPSTREAM_ADDRESSES];
    open_names(&names, "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10");
    assert_int_equal(look(&names, views), HTTP_UPSTREAM_ADDRESSES);
    write_book(&names.book,
               "\x21\x22\x23\x24\x25\x26\x27\x28\x29\x2a\x2b\x2c\x2d\x2e\x2f\x30\x31\x32");
    assert_int_equal(look(&names, views), HTTP_UPSTREAM_ADDRESSES);
    assert_string_equal(views[0].ip, "127.0.0.33");
    scene_close(&names.scene);
}

static void nobody_waits_for_a_name_server_at_the_end(void **state) {
    (void)state;
    static struct names names; // the thread that looks the name up outlives the scene
    open_names(&names, "\x01");
    atomic_store(&names.book.slow, true);
    while (atomic_load(&names.book.begun) == atomic_load(&names.book.asked)) {
    }
    ASSERT_CONTAINS(scene_ask(&names.scene, GET), "HTTP/1.1 200 ");
    scene_close(&names.scene); // the test's own time limit is the judge
    atomic_store(&names.book.slow, false);
    while (atomic_load(&names.book.begun) != atomic_load(&names.book.asked)) {
    }
}

// --- All at once -------------------------------------------------------------------------------------------------------
// Breaks off, refuses or answers, by turns.
static void serve_moodily(int fd, unsigned number, void *context) {
    struct names *names = context;
    char request[4096];
    (void)number;
    while (backend_read(fd, request, sizeof request)) {
        unsigned mood = atomic_fetch_add(&names->requests, 1) % 7;
        if (strstr(request, "GET /well ")) {
            mood = mood == 0 ? 1 : 2;
        }
        if (mood == 0) {
            return;
        }
        backend_write(fd, mood == 1 ? "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n" : OK_REPLY);
    }
}

struct client {
    struct thread thread;
    struct names *names;
    atomic_uint *served;
};

static void *ask_on(void *context) {
    const struct client *client = context;
    for (unsigned i = 0; i < 60; i++) {
        const char *reply = scene_ask(&client->names->scene, i % 2 == 0 ? GET : POST);
        assert_memory_equal(reply, "HTTP/1.1 ", 9);
        assert_true(reply[9] == '2' || reply[9] == '5');
        atomic_fetch_add(client->served, reply[9] == '2');
    }
    return NULL;
}

static void whatever_happens_everybody_gets_one_reply(void **state) {
    (void)state;
    enum { CLIENTS = 8 };
    static const char *const PAGES[] = {"\x01", "\x01\x02\x03", "\x02\x03", "", "\x03\x01"};
    struct names names;
    struct client clients[CLIENTS];
    atomic_uint served = 0;
    const struct http_upstream_config config = {
        .connections = 2,
        .connect_timeout_ms = 300,
        .ejection = {.after = 2, .base_ms = 2},
        .limits = {.active = 6, .waiting = 2, .connections = 5, .retries_least = 1},
        .health = {.path = "/well", .interval_ms = 3, .timeout_ms = 100}};
    open_names_with(&names, "\x01\x02", serve_moodily, &config);
    for (unsigned i = 0; i < CLIENTS; i++) {
        clients[i] = (struct client){.names = &names, .served = &served};
        assert_int_equal(thread_start(&clients[i].thread, "client", ask_on, &clients[i]),
                         STATUS_OK);
    }
    for (unsigned turn = 0; turn < 60; turn++) {
        write_book(&names.book, PAGES[turn % 5]);
    }
    write_book(&names.book, PAGES[1]);
    for (unsigned i = 0; i < CLIENTS; i++) {
        thread_join(&clients[i].thread);
    }
    assert_true(atomic_load(&served) > 0);
    // Nothing is left of it in the counts.
    struct http_upstream_load load;
    do {
        load = http_upstream_load(names.scene.upstream);
    } while (load.active > 0);
    assert_int_equal(load.waiting, 0);
    assert_int_equal(load.retrying, 0);
    struct http_upstream_address_view views[HTTP_UPSTREAM_ADDRESSES];
    size_t count = look(&names, views);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(views[i].active, 0);
    }
    scene_close(&names.scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_address_is_used),
        cmocka_unit_test(one_that_is_gone_finishes_and_gets_nothing_more),
        cmocka_unit_test(one_that_comes_back_is_the_same),
        cmocka_unit_test(what_is_known_stays_when_nobody_answers),
        cmocka_unit_test(more_addresses_than_there_are_places_for),
        cmocka_unit_test(nobody_waits_for_a_name_server_at_the_end),
        cmocka_unit_test(whatever_happens_everybody_gets_one_reply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
