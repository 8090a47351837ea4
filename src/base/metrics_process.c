// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What Linux says in /proc (proc(5)) about this process and its threads, as metrics; and how names and numbers are written.
#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/metrics_private.h"

#define THREAD_NAMES_MAX 64

struct thread_cpu {
    char name[64];
    double seconds;
};

struct stat_fields {
    char name[64];
    uint64_t cpu_ticks;
    uint64_t start_ticks; // since the machine started
};

void metrics_render_number(struct buffer *out, double value) {
    if (isnan(value) || isinf(value)) {
        buffer_append_str(out, isnan(value) ? STR("NaN") : value > 0 ? STR("+Inf") : STR("-Inf"));
    } else {
        buffer_append_double(out, value);
    }
}

void metrics_render_head(struct buffer *out, const char *name, const char *help, const char *type) {
    buffer_printf(out, "# HELP %s ", name);
    for (const char *c = help; *c != '\0'; c++) {
        if (*c == '\n' || *c == '\\') {
            buffer_append_str(out, *c == '\n' ? STR("\\n") : STR("\\\\"));
        } else {
            buffer_append_char(out, *c);
        }
    }
    buffer_printf(out, "\n# TYPE %s %s\n", name, type);
}

// Up to size - 1 bytes of a file, with a NUL behind.
static bool read_file(const char *path, char *out, size_t size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    ssize_t got = read(fd, out, size - 1);
    close(fd);
    out[got > 0 ? got : 0] = '\0';
    return got > 0;
}

static bool read_stat(const char *path, struct stat_fields *fields) {
    char text[1024];
    if (!read_file(path, text, sizeof text)) {
        return false;
    }
    // "123 (name) S ...": the name may hold anything, brackets too.
    const char *open_bracket = strchr(text, '(');
    const char *close_bracket = strrchr(text, ')');
    if (open_bracket == NULL || close_bracket == NULL || close_bracket < open_bracket) {
        return false;
    }
    snprintf(fields->name, sizeof fields->name, "%.*s", (int)(close_bracket - open_bracket - 1),
             open_bracket + 1);
    struct str rest = str_from_c(close_bracket + 1);
    rest = str_trim(rest);
    uint64_t values[20] = {0};
    for (size_t i = 0; i < 20; i++) {
        // Some fields are negative or letters; those asked for are not.
        (void)str_to_u64(str_cut(&rest, ' '), &values[i]);
    }
    // Counted from field 3, the state: utime is 14, stime 15, starttime 22.
    fields->cpu_ticks = values[11] + values[12];
    fields->start_ticks = values[19];
    return true;
}

static void render_simple(struct buffer *out, const char *name, const char *help, const char *type,
                          double value) {
    metrics_render_head(out, name, help, type);
    buffer_printf(out, "%s ", name);
    metrics_render_number(out, value);
    buffer_append_char(out, '\n');
}

static void render_memory(struct buffer *out) {
    char text[256];
    uint64_t pages = 0;
    if (!read_file("/proc/self/statm", text, sizeof text)) {
        return;
    }
    struct str rest = str_from_c(text);
    (void)str_cut(&rest, ' ');
    if (str_to_u64(str_cut(&rest, ' '), &pages)) {
        render_simple(out, "process_resident_memory_bytes", "Memory in RAM.", "gauge",
                      (double)pages * (double)sysconf(_SC_PAGESIZE));
    }
}

static void render_descriptors(struct buffer *out) {
    DIR *dir = opendir("/proc/self/fd");
    if (dir == NULL) {
        return;
    }
    double count = -1; // the directory is itself open
    for (const struct dirent *found = readdir(dir); found != NULL; found = readdir(dir)) {
        count += found->d_name[0] != '.' ? 1 : 0;
    }
    closedir(dir);
    render_simple(out, "process_open_fds", "Open file descriptors.", "gauge", count);
}

static void render_start_time(struct buffer *out) {
    struct stat_fields self;
    struct timespec now;
    struct timespec since_boot;
    if (!read_stat("/proc/self/stat", &self) || clock_gettime(CLOCK_REALTIME, &now) != 0 ||
        clock_gettime(CLOCK_BOOTTIME, &since_boot) != 0) {
        return;
    }
    double boot =
        (double)(now.tv_sec - since_boot.tv_sec) + (double)(now.tv_nsec - since_boot.tv_nsec) / 1e9;
    double start = boot + (double)self.start_ticks / (double)sysconf(_SC_CLK_TCK);
    metrics_render_head(out, "process_start_time_seconds", "When the process started, since 1970.",
                        "gauge");
    buffer_printf(out, "process_start_time_seconds %.2f\n", start);
}

// The place of a name among those seen; the last place is for all that no longer fit.
static struct thread_cpu *place_of(struct thread_cpu *list, size_t *count, const char *name) {
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(list[i].name, name) == 0) {
            return &list[i];
        }
    }
    if (*count == THREAD_NAMES_MAX) {
        return &list[THREAD_NAMES_MAX - 1];
    }
    struct thread_cpu *place = &list[(*count)++];
    snprintf(place->name, sizeof place->name, "%s", *count == THREAD_NAMES_MAX ? "other" : name);
    place->seconds = 0;
    return place;
}

static size_t collect_threads(struct thread_cpu *list) {
    DIR *dir = opendir("/proc/self/task");
    if (dir == NULL) {
        return 0;
    }
    size_t count = 0;
    double tick = 1.0 / (double)sysconf(_SC_CLK_TCK);
    for (const struct dirent *found = readdir(dir); found != NULL; found = readdir(dir)) {
        char path[320];
        struct stat_fields fields;
        snprintf(path, sizeof path, "/proc/self/task/%s/stat", found->d_name);
        // A thread may end meanwhile.
        if (found->d_name[0] != '.' && read_stat(path, &fields)) {
            place_of(list, &count, fields.name)->seconds += (double)fields.cpu_ticks * tick;
        }
    }
    closedir(dir);
    return count;
}

static void render_threads(struct buffer *out) {
    struct thread_cpu list[THREAD_NAMES_MAX];
    size_t count = collect_threads(list);
    if (count == 0) {
        return;
    }
    metrics_render_head(out, "footfall_thread_cpu_seconds_total",
                        "CPU time of running threads, by name.", "counter");
    for (size_t i = 0; i < count; i++) {
        buffer_append_str(out, STR("footfall_thread_cpu_seconds_total{thread=\""));
        for (const char *c = list[i].name; *c != '\0'; c++) {
            // Names are ours, but a library may name its threads as it likes.
            bool plain = *c >= ' ' && *c < 0x7F && *c != '"' && *c != '\\';
            buffer_append_char(out, plain ? *c : '_');
        }
        buffer_append_str(out, STR("\"} "));
        metrics_render_number(out, list[i].seconds);
        buffer_append_char(out, '\n');
    }
}

void metrics_render_process(struct buffer *out) {
    struct timespec cpu;
    render_memory(out);
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu) == 0) {
        render_simple(out, "process_cpu_seconds_total", "CPU time, user and system.", "counter",
                      (double)cpu.tv_sec + (double)cpu.tv_nsec / 1e9);
    }
    render_descriptors(out);
    render_start_time(out);
    render_threads(out);
}
