// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Our HTTP server with a constant reply: what the server itself costs, to be compared with floor_epoll.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "http/server.h"

static void handle(struct http_exchange *exchange, void *context) {
    (void)context;
    buffer_append_str(http_reply_body(exchange), STR("{\"success\":true}"));
    http_reply_send(exchange, 200, "application/json");
}

int main(int argc, char **argv) {
    struct http_server_config config = {
        .name = "bench",
        .host = "127.0.0.1",
        .port = (uint16_t)(argc > 1 ? strtoul(argv[1], NULL, 10) : 0),
        .threads = (unsigned)(argc > 2 ? strtoul(argv[2], NULL, 10) : 1),
        .handle = handle,
        .clock = clock_system(),
        .random = random_system(),
    };
    struct http_server *server = NULL;
    struct error err = {0};
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    if (http_server_start(&config, &server, &err) != STATUS_OK) {
        fprintf(stderr, "http_constant: %s\n", err.text);
        return 1;
    }
    printf("%u\n", http_server_port(server));
    fflush(stdout);
    int which;
    sigwait(&ends, &which);
    http_server_stop(server);
    return 0;
}
