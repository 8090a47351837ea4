// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Contact points: read from the setting, looked up without blocking the loop, and what each of them said.
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "cql/control.h"
#include "cql/host.h"
#include "cql/session.h"

// --- The setting ---------------------------------------------------------------------------------------------------
static bool read_port(struct str s, uint16_t *port) {
    uint64_t value;
    if (!str_to_u64(s, &value) || value == 0 || value > UINT16_MAX) {
        return false;
    }
    *port = (uint16_t)value;
    return true;
}

// "host", "host:port", "[v6]", "[v6]:port", and an IPv6 address without brackets.
static bool parse_one(struct str s, struct cql_contact *out) {
    struct str rest = s;
    struct str host;
    if (str_starts_with(s, STR("["))) {
        host = str_cut(&rest, ']');
        host = str_make(host.data + 1, host.len - 1);
        if (rest.data == NULL || (rest.len > 0 && rest.data[0] != ':')) {
            return false;
        }
        if (rest.len > 0 && !read_port(str_make(rest.data + 1, rest.len - 1), &out->port)) {
            return false;
        }
    } else {
        host = str_cut(&rest, ':');
        if (rest.data && memchr(rest.data, ':', rest.len)) {
            host = s;
        } else if (rest.data && !read_port(rest, &out->port)) {
            return false;
        }
    }
    if (host.len == 0 || host.len >= sizeof out->host || memchr(host.data, 0, host.len)) {
        return false;
    }
    memcpy(out->host, host.data, host.len);
    out->host[host.len] = 0;
    return true;
}

enum status cql_contact_parse(struct str list, uint16_t default_port, struct cql_contact **out,
                              unsigned *count, struct error *err) {
    size_t most = 1;
    for (size_t i = 0; i < list.len; i++) {
        most += list.data[i] == ',';
    }
    *count = 0;
    *out = calloc(most, sizeof **out);
    if (!*out) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for the contact points");
    }
    struct str rest = list;
    while (rest.len > 0) {
        struct str one = str_trim(str_cut(&rest, ','));
        (*out)[*count].port = default_port;
        if (!parse_one(one, &(*out)[*count])) {
            free(*out);
            *out = NULL;
            return error_set(err, STATUS_INVALID,
                             "\"%.*s\" is no contact point: write host or host:port", STR_ARG(one));
        }
        (*count)++;
    }
    if (*count == 0) {
        free(*out);
        *out = NULL;
        return error_set(err, STATUS_INVALID, "no contact point of Cassandra is given");
    }
    return STATUS_OK;
}

// --- Candidates ----------------------------------------------------------------------------------------------------
void cql_contact_note_failure(struct cql_control *control, const struct error *why) {
    if (control->failures.len > 0) {
        buffer_append_str(&control->failures, STR("; "));
    }
    buffer_append_str(&control->failures, str_from_c(why->text));
    // What no other try will change is what people must be told.
    if (why->status == STATUS_DENIED || control->worst == STATUS_OK ||
        (why->status == STATUS_UNSUPPORTED && control->worst != STATUS_DENIED)) {
        control->worst = why->status;
    }
}

static void add_candidate(struct cql_control *control, const struct sockaddr_storage *address,
                          const char *tls_name) {
    for (unsigned i = 0; i < control->candidate_count; i++) {
        if (cql_topology_same_address(&control->candidates[i].address, address, true)) {
            return;
        }
    }
    if (control->candidate_count == control->candidate_capacity) {
        unsigned capacity = control->candidate_capacity ? control->candidate_capacity * 2 : 8;
        struct cql_candidate *grown =
            realloc(control->candidates, capacity * sizeof *control->candidates);
        if (!grown) {
            return; // the others will do
        }
        control->candidates = grown;
        control->candidate_capacity = capacity;
    }
    struct cql_candidate *candidate = &control->candidates[control->candidate_count++];
    candidate->address = *address;
    snprintf(candidate->tls_name, sizeof candidate->tls_name, "%s", tls_name);
}

static void add_known_hosts(struct cql_control *control) {
    struct cql_loop *loop = control->loop;
    unsigned start =
        loop->host_count > 1 ? (unsigned)(cql_loop_chance(loop) % loop->host_count) : 0;
    for (unsigned pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < loop->host_count; i++) {
            const struct cql_host *host = loop->hosts[(start + i) % loop->host_count];
            if (cql_host_is_up(host) == (pass == 0)) {
                add_candidate(control, &host->address, host->tls_name);
            }
        }
    }
}

const char *cql_contact_tls_name(const struct cql_control *control,
                                 const struct sockaddr_storage *address) {
    for (unsigned i = 0; i < control->candidate_count; i++) {
        if (cql_topology_same_address(&control->candidates[i].address, address, true)) {
            return control->candidates[i].tls_name;
        }
    }
    return NULL;
}

static bool add_number(struct cql_control *control, const struct cql_contact *contact) {
    struct sockaddr_storage address = {0};
    if (uv_ip4_addr(contact->host, contact->port, (struct sockaddr_in *)(void *)&address) == 0 ||
        uv_ip6_addr(contact->host, contact->port, (struct sockaddr_in6 *)(void *)&address) == 0) {
        add_candidate(control, &address, contact->host);
        return true;
    }
    return false;
}

static void look_up_next(struct cql_control *control);

static void on_looked_up(uv_getaddrinfo_t *lookup, int status, struct addrinfo *found) {
    struct cql_control *control = lookup->data;
    const struct cql_contact *contact = &control->contacts[control->resolved++];
    control->looking_up = false;
    cql_loop_update_time(control->loop);
    if (status < 0) {
        struct error why;
        (void)error_set(&why, STATUS_UNAVAILABLE, "%s: %s", contact->host, uv_strerror(status));
        cql_contact_note_failure(control, &why);
    }
    for (const struct addrinfo *at = found; at; at = at->ai_next) {
        struct sockaddr_storage address = {0};
        memcpy(&address, at->ai_addr, at->ai_addrlen);
        if (address.ss_family == AF_INET) {
            ((struct sockaddr_in *)(void *)&address)->sin_port = htons(contact->port);
        } else {
            ((struct sockaddr_in6 *)(void *)&address)->sin6_port = htons(contact->port);
        }
        add_candidate(control, &address, contact->host);
    }
    uv_freeaddrinfo(found);
    if (!control->stopped) {
        look_up_next(control);
    }
}

static void look_up_next(struct cql_control *control) {
    while (control->resolved < control->contact_count) {
        const struct cql_contact *contact = &control->contacts[control->resolved];
        if (add_number(control, contact)) {
            control->resolved++;
            continue;
        }
        struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
        control->lookup.data = control;
        int failed = uv_getaddrinfo(&control->loop->uv, &control->lookup, on_looked_up,
                                    contact->host, NULL, &hints);
        if (failed == 0) {
            control->looking_up = true;
            return;
        }
        struct error why;
        (void)error_set(&why, STATUS_UNAVAILABLE, "%s: %s", contact->host, uv_strerror(failed));
        cql_contact_note_failure(control, &why);
        control->resolved++;
    }
    control->look_up_done(control);
}

void cql_contact_look_up(struct cql_control *control, void (*next)(struct cql_control *control)) {
    control->candidate_count = 0;
    control->next_candidate = 0;
    control->resolved = 0;
    control->look_up_done = next;
    buffer_clear(&control->failures);
    control->worst = STATUS_OK;
    add_known_hosts(control);
    look_up_next(control);
}
