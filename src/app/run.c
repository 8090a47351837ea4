// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// footfall run, gateway, users, activity, processor, reports, config: a process from its settings to its end.
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/command.h"
#include "app/reload.h"
#include "app/secrets.h"
#include "app/service.h"
#include "app/signals.h"
#include "base/log.h"

#define TRIM_BUSY_US INT64_C(200000)
#define TRIM_IDLE_US INT64_C(1000000)
#define TRIM_FAULTS 2048 // page faults since the last time: 8 MiB

static enum log_level level_of(const struct settings *settings) {
    static const char *const levels[] = {"debug", "info", "warn", "error", "off"};
    struct str level = settings_string(settings, "logging.level");
    enum log_level chosen = LOG_LEVEL_INFO;
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        if (str_equal(level, str_from_c(levels[i]))) {
            chosen = (enum log_level)i;
        }
    }
    return chosen;
}

void app_configure_log(const struct settings *settings) {
    bool json = str_equal(settings_string(settings, "logging.format"), STR("json"));
    log_configure(level_of(settings), json ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT, STDERR_FILENO);
}

void app_configure_log_level(const struct settings *settings) {
    atomic_store(&log_threshold, (int)level_of(settings));
}

// glibc gives every thread an arena of its own, and gives back what is free at its end to take it again a
// moment later: two calls of mprotect a group commit. Few arenas that keep a little are smaller in all.
static void configure_malloc(void) {
    (void)mallopt(M_ARENA_MAX, 2);
    (void)mallopt(M_TRIM_THRESHOLD, 4 << 20);
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 20);
}

static long page_faults(void) {
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
}

// Write buffers of megabytes come and go between what stays, so that at times a third of what malloc has is free and still in memory.
// It is given back when there can be something, after memory was taken: often while there is much to do, else the free parts grow.
static void wait_and_trim(struct app_waiting *waiting) {
    long seen = page_faults();
    int64_t pause_us = TRIM_IDLE_US;
    while (!app_waiting_stopped(waiting)) {
        app_waiting_rest(waiting, pause_us);
        bool took = page_faults() - seen >= TRIM_FAULTS;
        if (took) {
            (void)malloc_trim(0);
            seen = page_faults();
        }
        pause_us = took ? TRIM_BUSY_US : TRIM_IDLE_US;
    }
}

static void announce(const struct app_service *service) {
    if (!service->server || !service->credentials.first) {
        return;
    }
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

struct process { // what SIGHUP needs
    struct app_service *service;
    struct app_reload *reload; // while the service is up
    struct app_settings_source source;
};

// Log files may have been moved away, certificates renewed, settings changed. Before the process is up there are none.
static void open_anew(void *context) {
    const struct process *process = context;
    struct app_service *service = process->service;
    if (app_service_enter(service)) {
        LOG_INFO("app", "files are opened anew", LOG_CSTR("signal", "SIGHUP"));
        gateway_access_log_reopen(service->access_log);
        app_enrichment_reload(service);
        if (service->certificates) {
            http_certificates_touch(service->certificates);
        }
        app_service_leave(service);
        app_reload_ask(process->reload);
    }
}

static int serve(struct app_service *service, enum app_role role, const struct settings *settings,
                 struct app_waiting *waiting, struct app_signals *signals) {
    struct error err = {STATUS_OK, ""};
    enum status status = app_service_start(service, role, settings, waiting, &err);
    if (status == STATUS_CLOSED) {
        LOG_INFO("app", "stopped", LOG_INT("exit", APP_OK));
        return APP_OK;
    }
    if (status != STATUS_OK) {
        return app_complain(status == STATUS_INVALID ? APP_USAGE : APP_FAILED, &err);
    }
    struct process *process = signals->context;
    status = app_reload_start(service, &process->source, &process->reload);
    if (status != STATUS_OK) {
        app_service_stop(service);
        (void)error_set(&err, status, "the thread that reads settings again cannot be started");
        return app_complain(APP_FAILED, &err);
    }
    app_service_set_reload(service, process->reload);
    app_service_tell_ready(service);
    app_signals_ready(signals);
    announce(service);
    app_secrets_check_files(service);
    app_secrets_forget(service);
    wait_and_trim(waiting);
    app_reload_end(process->reload);
    app_service_stop(service);
    LOG_INFO("app", "stopped", LOG_INT("exit", APP_OK));
    return APP_OK;
}

static int run_service(struct app_service *service, enum app_role role,
                       const struct settings *settings, struct app_waiting *waiting,
                       struct app_signals *signals) {
    int code = serve(service, role, settings, waiting, signals);
    if (service->left_behind) {
        _exit(code); // nothing may be given back
    }
    return code;
}

static int run_process(struct process *process, const struct settings *settings) {
    struct app_signals signals;
    struct app_waiting waiting;
    app_configure_log(settings);
    app_secrets_seal(settings);
    configure_malloc(); // before any thread starts
    app_signals_block(&signals);
    app_waiting_init(&waiting);
    struct app_service *service = calloc(1, sizeof *service);
    process->service = service;
    signals.hangup = open_anew;
    signals.context = process;
    int code = APP_FAILED;
    if (service && app_signals_start(&signals, &waiting) == STATUS_OK) {
        code = run_service(service, process->source.role, settings, &waiting, &signals);
        app_signals_end(&signals);
    } else {
        struct error err;
        (void)error_set(&err, STATUS_NO_MEMORY, "out of memory");
        (void)app_complain(code, &err);
    }
    free(service);
    app_waiting_destroy(&waiting);
    return code;
}

static int run_role(enum app_role role, int argc, char *const *argv) {
    struct error err = {STATUS_OK, ""};
    struct settings *settings = NULL;
    int used = 0;
    char **words =
        app_copy_words(argc, argv); // flags with secrets are overwritten as they are read
    struct app_settings_source source = {.role = role, .argc = argc, .argv = argv};
    enum status status = words ? app_read_settings(&source, &used, &settings, &err)
                               : error_set(&err, STATUS_NO_MEMORY, "out of memory");
    if (status != STATUS_OK) {
        free(words);
        bool wrong = status != STATUS_UNAVAILABLE && status != STATUS_NO_MEMORY;
        return app_complain(wrong ? APP_USAGE : APP_FAILED, &err);
    }
    source.argv = words;
    struct process process = {.source = source};
    int code = run_process(&process, settings);
    free(words);
    settings_free(settings);
    app_secrets_unseal();
    return code;
}

int app_run_command(int argc, char *const *argv) {
    return run_role(APP_ROLE_RUN, argc, argv);
}

int app_gateway_command(int argc, char *const *argv) {
    return run_role(APP_ROLE_GATEWAY, argc, argv);
}

int app_users_command(int argc, char *const *argv) {
    return run_role(APP_ROLE_USERS, argc, argv);
}

int app_activity_command(int argc, char *const *argv) {
    return run_role(APP_ROLE_ACTIVITY, argc, argv);
}

int app_processor_command(int argc, char *const *argv) {
    return run_role(APP_ROLE_PROCESSOR, argc, argv);
}

int app_reports_command(int argc, char *const *argv) {
    return run_role(APP_ROLE_REPORTS, argc, argv);
}

int app_config_command(int argc, char *const *argv) {
    return run_role(APP_ROLE_CONFIG, argc, argv);
}
