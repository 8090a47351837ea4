// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Which networks hold an address, and what is believed of those who forward.
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "http/forwarded.h"

static struct http_networks *make(const char *list) {
    struct str texts[8];
    size_t count = 0;
    struct str rest = str_from_c(list);
    while (rest.data && rest.len > 0) {
        texts[count++] = str_cut(&rest, ',');
    }
    struct http_networks *networks = NULL;
    struct error err;
    assert_int_equal(http_networks_make(texts, count, &networks, &err), STATUS_OK);
    return networks;
}

static void networks_hold_what_they_say(void **state) {
    (void)state;
    static const struct {
        const char *list;
        const char *ip;
        bool held;
    } rows[] = {
        {"10.0.0.0/8", "10.255.0.1", true},
        {"10.0.0.0/8", "11.0.0.1", false},
        {"10.0.0.0/8", "::ffff:10.1.2.3", true},
        {"10.0.0.0/8", "10.0.0.1.2", false},
        {"192.0.2.128/25", "192.0.2.200", true},
        {"192.0.2.128/25", "192.0.2.100", false},
        {"192.0.2.7", "192.0.2.7", true},
        {"192.0.2.7", "192.0.2.8", false},
        {"0.0.0.0/0", "203.0.113.9", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "203.0.113.9", true},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::1", false},
        {"::1/128, 10.0.0.0/8", "::1", true},
        {"::1/128, 10.0.0.0/8", "10.0.0.1", true},
        {"::1/128", "::2", false},
        {"10.0.0.0/8", "", false},
        {"10.0.0.0/8", "localhost", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_networks *networks = make(rows[i].list);
        if (http_networks_hold(networks, str_from_c(rows[i].ip)) != rows[i].held) {
            fail_msg("%s in %s", rows[i].ip, rows[i].list);
        }
        http_networks_free(networks);
    }
}

static void what_is_no_network_is_named(void **state) {
    (void)state;
    static const char *const wrong[] = {"",          "10.0.0.0/33", "::/129",      "10.0.0/8",
                                        "10.0.0.0/", "a.b.c.d",     "10.0.0.0/-1", "10.0.0.0/8x"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const struct str text = str_from_c(wrong[i]);
        struct http_networks *networks = NULL;
        struct error err;
        assert_int_equal(http_networks_make(&text, 1, &networks, &err), STATUS_INVALID);
        ASSERT_CONTAINS(err.text, wrong[i]);
    }
}

static void say_who(struct http_exchange *exchange, void *networks) {
    http_forwarded_believe(networks, exchange);
    const struct http_request *request = &exchange->request;
    buffer_printf(http_reply_body(exchange), "ip=%.*s proto=%.*s host=%.*s;",
                  STR_ARG(request->remote_ip), STR_ARG(request->forwarded_proto),
                  STR_ARG(request->forwarded_host));
    http_reply_send(exchange, 200, "text/plain");
}

static void headers_are_believed_of_trusted_peers_alone(void **state) {
    (void)state;
    static const struct {
        const char *trusted;
        const char *headers;
        const char *expected;
    } rows[] = {
        {"127.0.0.0/8", "", "ip=127.0.0.1 proto= host=;"},
        {"127.0.0.0/8", "X-Forwarded-For: 203.0.113.9\r\n", "ip=203.0.113.9 "},
        {"10.0.0.0/8", "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Host: a\r\n",
         "ip=127.0.0.1 proto= host=;"},
        // What stands before the last untrusted address anybody can have written.
        {"127.0.0.0/8", "X-Forwarded-For: 6.6.6.6, 203.0.113.9\r\n", "ip=203.0.113.9 "},
        {"127.0.0.0/8,10.0.0.0/8", "X-Forwarded-For: 6.6.6.6, 203.0.113.9, 10.1.1.1\r\n",
         "ip=203.0.113.9 "},
        {"127.0.0.0/8", "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 203.0.113.9\r\n",
         "ip=203.0.113.9 "},
        {"127.0.0.0/8,10.0.0.0/8", "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-For: 10.0.0.2\r\n",
         "ip=203.0.113.9 "},
        {"127.0.0.0/8,10.0.0.0/8", "X-Forwarded-For: 10.0.0.1, 10.0.0.2\r\n", "ip=10.0.0.1 "},
        {"127.0.0.0/8", "X-Forwarded-For: [2001:db8::7]:443\r\n", "ip=2001:db8::7 "},
        {"127.0.0.0/8", "X-Forwarded-For: 203.0.113.9:8080\r\n", "ip=203.0.113.9 "},
        {"127.0.0.0/8", "X-Forwarded-For: 203.0.113.9, unknown\r\n", "ip=127.0.0.1 "},
        {"127.0.0.0/8", "X-Forwarded-For: <script>\r\n", "ip=127.0.0.1 "},
        {"127.0.0.0/8", "X-Forwarded-For:\r\n", "ip=127.0.0.1 "},
        {"127.0.0.0/8", "X-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example:8443\r\n",
         "proto=https host=shop.example:8443;"},
        {"127.0.0.0/8", "X-Forwarded-Proto: javascript\r\nX-Forwarded-Host: a/b\"\r\n",
         "proto= host=;"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_networks *networks = make(rows[i].trusted);
        struct http_server *server = harness_start(say_who, networks, NULL);
        char request[500];
        int len =
            snprintf(request, sizeof request,
                     "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n%s\r\n", rows[i].headers);
        ASSERT_CONTAINS(harness_talk(server, request, (size_t)len), rows[i].expected);
        http_server_stop(server);
        http_networks_free(networks);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_hold_what_they_say),
        cmocka_unit_test(what_is_no_network_is_named),
        cmocka_unit_test(headers_are_believed_of_trusted_peers_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
