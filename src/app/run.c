// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// footfall run: every role in one process.
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/command.h"
#include "app/service.h"
#include "base/log.h"

static void configure_log(const struct settings *settings) {
    static const char *const levels[] = {"debug", "info", "warn", "error", "off"};
    struct str level = settings_string(settings, "logging.level");
    enum log_level chosen = LOG_LEVEL_INFO;
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        if (str_equal(level, str_from_c(levels[i]))) {
            chosen = (enum log_level)i;
        }
    }
    bool json = str_equal(settings_string(settings, "logging.format"), STR("json"));
    log_configure(chosen, json ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT, STDERR_FILENO);
}

// glibc gives every thread an arena of its own, and gives back what is free at its end to take it again a
// moment later: two calls of mprotect a group commit. Few arenas that keep a little are smaller in all.
static void configure_malloc(void) {
    (void)mallopt(M_ARENA_MAX, 2);
    (void)mallopt(M_TRIM_THRESHOLD, 4 << 20);
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 20);
}

static void exit_at_once(int signal_number) {
    (void)signal_number;
    _exit(APP_FAILED);
}

// Blocks the signals that end the process before any thread starts, so that only wait_for_signal sees them.
static void block_signals(sigset_t *signals) {
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

static void wait_for_signal(const sigset_t *signals) {
    int number = 0;
    while (sigwait(signals, &number) != 0) {
    }
    LOG_INFO("app", "draining", LOG_CSTR("signal", number == SIGTERM ? "SIGTERM" : "SIGINT"));
    // A second signal means that the first was not enough.
    struct sigaction action = {.sa_handler = exit_at_once};
    sigemptyset(&action.sa_mask);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    (void)pthread_sigmask(SIG_UNBLOCK, signals, NULL);
}

static void announce(const struct app_service *service) {
    char host[256];
    uint16_t port = 0;
    struct error err;
    if (settings_split_address(settings_string(service->settings, "listen"), host, sizeof host,
                               &port, &err) != STATUS_OK) {
        return; // it was split once before, to listen
    }
    bool v6 = strchr(host, ':') != NULL;
    char url[300];
    (void)snprintf(url, sizeof url, "http://%s%s%s:%u", v6 ? "[" : "", host, v6 ? "]" : "",
                   http_server_port(service->server));
    app_print_credentials(&service->credentials, service->paths.credentials, url);
}

static int run_service(struct app_service *service, const struct settings *settings,
                       const sigset_t *signals) {
    struct error err = {STATUS_OK, ""};
    enum status status = app_service_start(service, settings, &err);
    if (status != STATUS_OK) {
        return app_complain(status == STATUS_INVALID ? APP_USAGE : APP_FAILED, &err);
    }
    announce(service);
    wait_for_signal(signals);
    app_service_stop(service);
    LOG_INFO("app", "stopped", LOG_INT("exit", APP_OK));
    return APP_OK;
}

int app_run_command(int argc, char *const *argv) {
    struct error err = {STATUS_OK, ""};
    struct settings *settings = NULL;
    int used = 0;
    if (app_load_settings(argc, argv, &used, &settings, &err) != STATUS_OK) {
        return app_complain(APP_USAGE, &err);
    }
    configure_log(settings);
    configure_malloc(); // before any thread starts
    sigset_t signals;
    block_signals(&signals);
    struct app_service *service = calloc(1, sizeof *service);
    int code = APP_FAILED;
    if (service) {
        code = run_service(service, settings, &signals);
    } else {
        (void)error_set(&err, STATUS_NO_MEMORY, "out of memory");
        (void)app_complain(code, &err);
    }
    free(service);
    settings_free(settings);
    return code;
}
