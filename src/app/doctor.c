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
#include "app/engines.h"
#include "base/log.h"
#include "client/client.h"
#include "client/data_directory.h"

struct examination {
    const struct settings *settings;
    unsigned problems;
    bool running; // a Footfall answers at the listen address
    bool apply;   // make what is missing
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

static void examine_kafka(struct examination *exam) {
    struct str topic = settings_string(exam->settings, "kafka.topic");
    struct error err = {STATUS_OK, ""};
    unsigned partitions = 0;
    enum status status = app_try_kafka(exam->settings, exam->apply, &partitions, &err);
    if (status == STATUS_OK) {
        tell(exam, "ok", "event log: Kafka answers, topic %.*s has %u partitions", STR_ARG(topic),
             partitions);
    } else if (status == STATUS_NOT_FOUND) {
        tell(
            exam, "note",
            "event log: Kafka answers and has no topic %.*s; footfall doctor --apply makes it, and so "
            "does the first process that needs it",
            STR_ARG(topic));
    } else {
        tell(exam, "problem", "event log: %s", err.text);
    }
}

static void tell_finding(const struct store_finding *finding, void *exam) {
    static const char *const verdicts[] = {[STORE_FINDING_FINE] = "ok",
                                           [STORE_FINDING_WARNING] = "note",
                                           [STORE_FINDING_PROBLEM] = "problem"};
    tell(exam, verdicts[finding->severity], "store: %.*s: %.*s", STR_ARG(finding->subject),
         STR_ARG(finding->text));
}

static void examine_cassandra(struct examination *exam) {
    struct store_cassandra_config config = app_cassandra_config(exam->settings);
    struct error err = {STATUS_OK, ""};
    enum status status = STATUS_OK;
    if (exam->apply) {
        struct store *store = NULL;
        config.create_schema = true;
        status = store_open_cassandra(&config, &store, &err);
        store_close(store);
    }
    if (status == STATUS_OK) {
        status = store_cassandra_check(&config, tell_finding, exam, &err);
    }
    if (status != STATUS_OK) {
        tell(exam, "problem", "store: %s", err.text);
    }
}

static void examine_engines(struct examination *exam) {
    bool kafka = app_log_is_remote(exam->settings);
    bool cassandra = app_store_is_remote(exam->settings);
    log_configure(LOG_LEVEL_WARN, LOG_FORMAT_TEXT, STDERR_FILENO);
    if (!kafka && !cassandra) {
        tell(exam, "ok",
             "event log and store: embedded; a reply of 2xx means fsynced on this machine's disk");
    }
    if (kafka) {
        examine_kafka(exam);
    }
    if (cassandra) {
        examine_cassandra(exam);
    }
}

// --apply and the role's name, which are no settings, taken out of the words.
static int take_own_words(int argc, char *const *argv, char **kept, enum app_role *role,
                          bool *apply) {
    int count = 0;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--apply") == 0) {
            *apply = true;
        } else if (i > 0 || !app_role_find(str_from_c(argv[i]), role)) {
            kept[count++] = argv[i];
        }
    }
    return count;
}

int app_doctor_command(int argc, char *const *argv) {
    struct error err = {STATUS_OK, ""};
    struct settings *settings = NULL;
    struct examination exam = {.problems = 0};
    enum app_role role = APP_ROLE_RUN;
    int used = 0;
    char **words = calloc((size_t)argc + 1, sizeof *words);
    if (!words) {
        (void)error_set(&err, STATUS_NO_MEMORY, "out of memory");
        return app_complain(APP_FAILED, &err);
    }
    int count = take_own_words(argc, argv, words, &role, &exam.apply);
    enum status status = app_load_role_settings(role, count, words, &used, &settings, &err);
    free(words);
    if (status != STATUS_OK) {
        return app_complain(APP_USAGE, &err);
    }
    exam.settings = settings;
    tell(&exam, "ok", "footfall %s, configuration is valid", FOOTFALL_VERSION);
    examine_descriptors(&exam);
    examine_disk(&exam);
    examine_clock(&exam);
    examine_engines(&exam);
    examine_server(&exam, "management.listen", "/health/ready");
    (void)printf("%u problem%s found\n", exam.problems, exam.problems == 1 ? "" : "s");
    settings_free(settings);
    return exam.problems == 0 ? APP_OK : APP_FAILED;
}
