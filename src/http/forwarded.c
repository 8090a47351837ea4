// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Networks as prefixes of 128 bits, and the walk through X-Forwarded-For from its end.
#include "http/forwarded.h"

#include <arpa/inet.h>
#include <stdlib.h>

#define ADDRESS_BYTES 16
#define V4_PREFIX 96 // bits in front of an IPv4 address mapped into IPv6 (RFC 4291 2.5.5.2)
#define FORWARDED_HOST_MAX 255

struct network {
    unsigned char address[ADDRESS_BYTES];
    unsigned bits;
};

struct http_networks {
    size_t count;
    struct network networks[];
};

static bool read_address(struct str text, unsigned char out[ADDRESS_BYTES], bool *v4) {
    static const unsigned char MAPPED[V4_PREFIX / 8] = {[10] = 0xff, [11] = 0xff};
    char copy[INET6_ADDRSTRLEN];
    if (text.len == 0 || text.len >= sizeof copy) {
        return false;
    }
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    if (strlen(copy) != text.len) {
        return false;
    }
    memcpy(out, MAPPED, sizeof MAPPED);
    *v4 = inet_pton(AF_INET, copy, out + sizeof MAPPED) == 1;
    return *v4 || inet_pton(AF_INET6, copy, out) == 1;
}

static bool read_network(struct str text, struct network *out) {
    struct str rest = str_trim(text);
    struct str address = str_cut(&rest, '/');
    bool v4 = false;
    uint64_t bits = 0;
    if (!read_address(address, out->address, &v4)) {
        return false;
    }
    unsigned most = v4 ? 32 : 128;
    if (!rest.data) {
        bits = most;
    } else if (!str_to_u64(rest, &bits) || bits > most) {
        return false;
    }
    out->bits = (unsigned)bits + (v4 ? V4_PREFIX : 0);
    return true;
}

enum status http_networks_make(const struct str *texts, size_t count, struct http_networks **out,
                               struct error *err) {
    struct http_networks *networks =
        calloc(1, sizeof *networks + count * sizeof networks->networks[0]);
    if (!networks) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for a list of networks");
    }
    for (size_t i = 0; i < count; i++) {
        if (!read_network(texts[i], &networks->networks[i])) {
            free(networks);
            return error_set(err, STATUS_INVALID,
                             "\"%.*s\" is not a network; write one such as 10.0.0.0/8 or ::1/128",
                             STR_ARG(texts[i]));
        }
    }
    networks->count = count;
    *out = networks;
    return STATUS_OK;
}

void http_networks_free(struct http_networks *networks) {
    free(networks);
}

static bool holds(const struct network *network, const unsigned char *address) {
    unsigned whole = network->bits / 8;
    unsigned rest = network->bits % 8;
    unsigned char mask = (unsigned char)(0xff00U >> rest);
    return memcmp(network->address, address, whole) == 0 &&
           (rest == 0 || ((network->address[whole] ^ address[whole]) & mask) == 0);
}

bool http_networks_hold(const struct http_networks *networks, struct str ip) {
    unsigned char address[ADDRESS_BYTES];
    bool v4 = false;
    if (!read_address(ip, address, &v4)) {
        return false;
    }
    for (size_t i = 0; i < networks->count; i++) {
        if (holds(&networks->networks[i], address)) {
            return true;
        }
    }
    return false;
}

// "192.0.2.7:4711", "[2001:db8::1]:4711" and "[2001:db8::1]" are seen, too.
static struct str without_port(struct str element) {
    struct str s = str_trim(element);
    if (s.len > 0 && s.data[0] == '[') {
        struct str inside = str_make(s.data + 1, s.len - 1);
        return str_cut(&inside, ']');
    }
    struct str rest = s;
    struct str host = str_cut(&rest, ':');
    return rest.data && !memchr(rest.data, ':', rest.len) ? host : s;
}

// Cuts the last element off *list; data NULL when there is none left.
static struct str cut_last(struct str *list) {
    if (!list->data) {
        return STR_EMPTY;
    }
    size_t at = list->len;
    while (at > 0 && list->data[at - 1] != ',') {
        at--;
    }
    struct str last = str_make(list->data + at, list->len - at);
    *list = at > 0 ? str_make(list->data, at - 1) : STR_EMPTY;
    return last;
}

static void believe_address(const struct http_networks *trusted, struct http_exchange *exchange) {
    const struct http_request *request = &exchange->request;
    for (size_t i = request->header_count; i > 0; i--) { // several are one list (RFC 9110 5.3)
        if (!str_equal_ignore_case(request->headers[i - 1].name, STR("X-Forwarded-For"))) {
            continue;
        }
        struct str list = request->headers[i - 1].value;
        while (list.data) {
            struct str ip = without_port(cut_last(&list));
            unsigned char address[ADDRESS_BYTES];
            bool v4 = false;
            if (!read_address(ip, address, &v4)) {
                return; // "unknown" and the like: what is before it nobody vouches for
            }
            exchange->request.remote_ip = ip;
            if (!http_networks_hold(trusted, ip)) {
                return;
            }
        }
    }
}

static bool is_host(struct str host) {
    for (size_t i = 0; i < host.len; i++) {
        unsigned char c = (unsigned char)host.data[i];
        if (c <= ' ' || c >= 0x7f || strchr("\"<>\\^`{|}/?#@,", c)) {
            return false;
        }
    }
    return host.len > 0 && host.len <= FORWARDED_HOST_MAX;
}

void http_forwarded_believe(const struct http_networks *trusted, struct http_exchange *exchange) {
    if (!http_networks_hold(trusted, exchange->request.remote_ip)) {
        return;
    }
    exchange->request.peer_trusted = true;
    believe_address(trusted, exchange);
    struct str proto = http_request_header(exchange, STR("X-Forwarded-Proto"));
    if (str_equal(proto, STR("http")) || str_equal(proto, STR("https"))) {
        exchange->request.forwarded_proto = proto;
    }
    struct str host = http_request_header(exchange, STR("X-Forwarded-Host"));
    if (is_host(host)) {
        exchange->request.forwarded_host = host;
    }
}
