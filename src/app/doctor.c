// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// footfall doctor: looks at the machine, the configuration and a running Footfall, and says what to do about what it finds.
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "app/command.h"
#include "client/client.h"
#include "client/data_directory.h"

struct examination {
    const struct settings *settings;
    unsigned problems;
    bool running; // a Footfall answers at the listen address
};

__attribute__((format(printf, 3, 4))) static void tell(struct examination *exam,
                                                       const char *verdict, const char *format,
                                                       ...) {
    va_list arguments;
    if (strcmp(verdict, "ok") != 0 && strcmp(verdict, "note") != 0) {
        exam->problems++;
    }
    (void)printf("%-7s ", verdict);
    va_start(arguments, format);
    (void)vprintf(format, arguments);
    va_end(arguments);
    (void)putchar('\n');
}

static void examine_descriptors(struct examination *exam) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        tell(exam, "problem", "open files: the limit cannot be read: %s", strerror(errno));
        return;
    }
    int64_t needed = settings_integer(exam->settings, "http.connections") + 1000;
    if ((int64_t)limit.rlim_max < needed) {
        tell(exam, "problem",
             "open files: at most %llu are allowed, http.connections wants %lld; raise the limit "
             "(ulimit -n, LimitNOFILE=) or lower http.connections",
             (unsigned long long)limit.rlim_max, (long long)needed);
    } else {
        tell(exam, "ok", "open files: %llu allowed", (unsigned long long)limit.rlim_max);
    }
}

static void examine_disk(struct examination *exam) {
    struct str directory = settings_string(exam->settings, "data");
    struct client_paths paths;
    struct error err = {STATUS_OK, ""};
    if (client_data_paths(directory, &paths, &err) != STATUS_OK) {
        tell(exam, "problem", "%s", err.text);
        return;
    }
    char path[1024];
    (void)snprintf(path, sizeof path, "%.*s", STR_ARG(directory));
    if (access(path, F_OK) != 0) {
        tell(exam, "note", "data: %s does not exist yet; footfall run makes it", path);
        (void)snprintf(path, sizeof path, ".");
    } else if (access(path, R_OK | W_OK | X_OK) != 0) {
        tell(exam, "problem", "data: no permission to write in %s", path);
    } else {
        tell(exam, "ok", "data: %s can be written", path);
    }
    struct statvfs disk;
    if (statvfs(path, &disk) != 0) {
        tell(exam, "problem", "data: free space cannot be read: %s", strerror(errno));
        return;
    }
    uint64_t free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    uint64_t reserve = (uint64_t)settings_integer(exam->settings, "embedded.disk_reserve");
    bool enough = free_bytes > reserve;
    tell(exam, enough ? "ok" : "problem", "disk: %.1f GiB free%s", (double)free_bytes / (1 << 30),
         enough ? "" : ", less than embedded.disk_reserve: events would be refused with 503");
}

static void examine_clock(struct examination *exam) {
    time_t now = time(NULL);
    if (now < 1700000000) {
        tell(exam, "problem",
             "clock: it says %lld seconds since 1970, which is in the past: set it (NTP)",
             (long long)now);
    } else {
        tell(exam, "ok", "clock: plausible");
    }
    if (access("/usr/share/zoneinfo/Europe/Berlin", R_OK) != 0) {
        tell(exam, "problem",
             "time zones: /usr/share/zoneinfo is missing; install the package tzdata");
    } else {
        tell(exam, "ok", "time zones: tz database found");
    }
}

static void examine_server(struct examination *exam, const char *key, const char *path) {
    struct str address = settings_string(exam->settings, key);
    char url[400];
    (void)snprintf(url, sizeof url, "http://%.*s%s", STR_ARG(address), path);
    struct client_request request = {.method = "GET", .url = url};
    struct buffer reply;
    buffer_init(&reply, 1024 * 1024);
    struct error err = {STATUS_OK, ""};
    long code = 0;
    if (client_send(&request, &code, &reply, &err) != STATUS_OK) {
        tell(exam, "note", "%s: no Footfall answers at %.*s", key, STR_ARG(address));
    } else if (code == 200) {
        exam->running = true;
        tell(exam, "ok", "%s: Footfall answers at %.*s and is ready", key, STR_ARG(address));
    } else {
        tell(exam, "problem", "%s: %.*s answers %ld to %s", key, STR_ARG(address), code, path);
    }
    buffer_free(&reply);
}

int app_doctor_command(int argc, char *const *argv) {
    struct error err = {STATUS_OK, ""};
    struct settings *settings = NULL;
    int used = 0;
    if (app_load_settings(argc, argv, &used, &settings, &err) != STATUS_OK) {
        return app_complain(APP_USAGE, &err);
    }
    struct examination exam = {.settings = settings};
    tell(&exam, "ok", "footfall %s, configuration is valid", FOOTFALL_VERSION);
    examine_descriptors(&exam);
    examine_disk(&exam);
    examine_clock(&exam);
    tell(&exam, "ok",
         "event log and store: embedded; a reply of 2xx means fsynced on this machine's disk");
    examine_server(&exam, "management.listen", "/health/ready");
    (void)printf("%u problem%s found\n", exam.problems, exam.problems == 1 ? "" : "s");
    settings_free(settings);
    return exam.problems == 0 ? APP_OK : APP_FAILED;
}
