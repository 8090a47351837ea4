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
static void open_names(struct names *names, const char *hosts) {
    char url[60];
    struct error err = {STATUS_OK, ""};
    *names = (struct names){.book = {.mutex = PTHREAD_MUTEX_INITIALIZER}};
    names->scene.backend = backend_start(serve, names);
    names->book.count = strlen(hosts);
    memcpy(names->book.hosts, hosts, names->book.count);
    (void)snprintf(url, sizeof url, "http://back.test:%u", backend_port(names->scene.backend));
    const struct str text = str_from_c(url);
    const struct http_upstream_config config = {.name = "back",
                                                .urls = &text,
                                                .url_count = 1,
                                                .connect_timeout_ms = 300,
                                                .resolve = read_book,
                                                .resolve_context = &names->book,
                                                .resolve_every_ms = 5};
    assert_int_equal(http_upstream_make(&config, &names->scene.upstream, &err), STATUS_OK);
    const struct http_server_config server = {.drain_timeout_ms = 300};
    names->scene.proxy = harness_start(forward, &names->scene, &server);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_address_is_used),
        cmocka_unit_test(one_that_is_gone_finishes_and_gets_nothing_more),
        cmocka_unit_test(one_that_comes_back_is_the_same),
        cmocka_unit_test(what_is_known_stays_when_nobody_answers),
        cmocka_unit_test(more_addresses_than_there_are_places_for),
        cmocka_unit_test(nobody_waits_for_a_name_server_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
