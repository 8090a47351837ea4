// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Checks of what the machine gives: open files, disk, memory, clock, time zones.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "base/timezone.h"
#include "doctor/private.h"

#define FILES_BESIDES_CONNECTIONS 1000
#define INODES_FEW 10000
#define CLOCK_EARLIEST_MS 1700000000000LL
#define GIB_DOUBLE 1073741824.0

static void examine_files(struct doctor *doctor) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        doctor_tell(doctor, DOCTOR_LIMITS_FILES, DOCTOR_WARNING, "",
                    "the limit of open files cannot be read: %s", strerror(errno));
        return;
    }
    int64_t connections = settings_integer(doctor->settings, "http.connections");
    int64_t needed = connections + FILES_BESIDES_CONNECTIONS;
    bool enough = limit.rlim_max == RLIM_INFINITY || (int64_t)limit.rlim_max >= needed;
    doctor_tell(doctor, DOCTOR_LIMITS_FILES, enough ? DOCTOR_OK : DOCTOR_PROBLEM,
                enough ? ""
                       : "Raise the limit (LimitNOFILE= of the unit, ulimit -Hn), or lower "
                         "http.connections.",
                "%llu open files are allowed, http.connections (%lld) wants %lld",
                (unsigned long long)limit.rlim_max, (long long)connections, (long long)needed);
}

void doctor_examine_space(struct doctor *doctor, enum doctor_check check, const char *what,
                          const char *path, const char *reserve_key) {
    struct statvfs disk;
    char place[DOCTOR_PATH_MAX];
    doctor_existing_parent(path, place);
    if (statvfs(place, &disk) != 0) {
        doctor_tell(doctor, check, DOCTOR_WARNING, "", "free space at %s cannot be read: %s", place,
                    strerror(errno));
        return;
    }
    double free_bytes = (double)disk.f_bavail * (double)disk.f_frsize;
    double reserve =
        reserve_key ? (double)settings_integer(doctor->settings, reserve_key) : GIB_DOUBLE / 16;
    bool inodes = disk.f_files == 0 || disk.f_favail >= INODES_FEW;
    if (free_bytes <= reserve) {
        char advice[160];
        (void)snprintf(advice, sizeof advice, "Make room, use a larger disk, or lower %s.",
                       reserve_key ? reserve_key : "what is kept there");
        doctor_tell(doctor, check, DOCTOR_PROBLEM, advice,
                    "disk of %s (%s): %.1f GiB free, less than the %.1f GiB that %s", what, path,
                    free_bytes / GIB_DOUBLE, reserve / GIB_DOUBLE,
                    reserve_key ? "are held back: events are refused with 503" : "are needed");
    } else if (!inodes) {
        doctor_tell(doctor, check, DOCTOR_WARNING,
                    "Remove small files, or make the file system anew with more inodes.",
                    "disk of %s (%s): only %llu more files can be made", what, path,
                    (unsigned long long)disk.f_favail);
    } else if (free_bytes < 2 * reserve) {
        doctor_tell(doctor, check, DOCTOR_WARNING, "Make room before events are refused.",
                    "disk of %s (%s): %.1f GiB free, of which %.1f GiB are held back", what, path,
                    free_bytes / GIB_DOUBLE, reserve / GIB_DOUBLE);
    } else {
        doctor_tell(doctor, check, DOCTOR_OK, "", "disk of %s (%s): %.1f GiB free", what, path,
                    free_bytes / GIB_DOUBLE);
    }
}

static void examine_disk(struct doctor *doctor) {
    bool spooled = str_equal(settings_string(doctor->settings, "eventlog"), STR("kafka"));
    doctor_examine_space(doctor, DOCTOR_LIMITS_DISK, spooled ? "the spool" : "the data",
                         doctor->data, spooled ? "spool.disk_reserve" : "embedded.disk_reserve");
}

// --- Memory -------------------------------------------------------------------------------------------------------------

// Of the machine, or of the container.
static double memory_there(void) {
    double bytes = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    FILE *file = fopen("/sys/fs/cgroup/memory.max", "re");
    char text[64] = "";
    if (file) {
        if (fgets(text, sizeof text, file) && text[0] != 'm') {
            double limit = strtod(text, NULL);
            bytes = limit > 0 && limit < bytes ? limit : bytes;
        }
        (void)fclose(file);
    }
    return bytes;
}

static void examine_memory(struct doctor *doctor) {
    static const char *const bounds[] = {"processor.cache", "embedded.cache",
                                         "embedded.write_buffer", "http.memory_limit",
                                         "live.memory"};
    double sum = 0;
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
        sum += (double)settings_integer(doctor->settings, bounds[i]);
    }
    sum += 16.0 * (double)settings_integer(doctor->settings, "dedupe.ids") *
           (double)settings_integer(doctor->settings, "embedded.partitions");
    sum += 3.0 * (double)settings_integer(doctor->settings, "processor.batch");
    double there = memory_there();
    bool enough = sum < 0.8 * there;
    doctor_tell(
        doctor, DOCTOR_LIMITS_MEMORY, enough ? DOCTOR_OK : DOCTOR_WARNING,
        enough ? ""
               : "Lower processor.cache, embedded.cache, http.memory_limit or dedupe.ids, or "
                 "give it more memory.",
        "caches and buffers may take %.1f GiB of %.1f GiB", sum / GIB_DOUBLE, there / GIB_DOUBLE);
}

// --- Time ---------------------------------------------------------------------------------------------------------------

static void examine_clock(struct doctor *doctor) {
    struct clock *clock = doctor->config->clock;
    int64_t now = clock->wall_ms(clock);
    struct timex kernel = {.modes = 0};
    char text[CLOCK_RFC3339_LEN + 1];
    clock_format_rfc3339(now, text);
    if (now < CLOCK_EARLIEST_MS) {
        doctor_tell(doctor, DOCTOR_LIMITS_CLOCK, DOCTOR_PROBLEM,
                    "Set the clock, and let NTP keep it: timedatectl set-ntp true.",
                    "the clock says %s, which is past", text);
    } else if (adjtimex(&kernel) == TIME_ERROR) {
        doctor_tell(doctor, DOCTOR_LIMITS_CLOCK, DOCTOR_NOTE,
                    "On a machine of your own: timedatectl set-ntp true. In a container it is the "
                    "host's business.",
                    "the clock says %s; nothing tells the kernel that it is kept in step", text);
    } else {
        doctor_tell(doctor, DOCTOR_LIMITS_CLOCK, DOCTOR_OK, "", "the clock says %s, in step", text);
    }
}

static void examine_time_zones(struct doctor *doctor) {
    struct str name = settings_string(doctor->settings, "project.time_zone");
    struct timezone_rules *rules = NULL;
    struct error err = {STATUS_OK, ""};
    bool database = access("/usr/share/zoneinfo/Europe/Berlin", R_OK) == 0;
    if (!database) {
        doctor_tell(doctor, DOCTOR_LIMITS_TIME_ZONES, DOCTOR_PROBLEM, "Install the package tzdata.",
                    "/usr/share/zoneinfo is missing");
    } else if (timezone_load(name, &rules, &err) != STATUS_OK) {
        doctor_tell(
            doctor, DOCTOR_LIMITS_TIME_ZONES, DOCTOR_PROBLEM,
            "Give project.time_zone a name such as Europe/Berlin (timedatectl list-timezones).",
            "project.time_zone %.*s: %s", STR_ARG(name), err.text);
    } else {
        doctor_tell(doctor, DOCTOR_LIMITS_TIME_ZONES, DOCTOR_OK, "", "time zone %.*s is known",
                    STR_ARG(name));
    }
    timezone_free(rules);
}

void doctor_examine_limits(struct doctor *doctor) {
    examine_files(doctor);
    examine_disk(doctor);
    examine_memory(doctor);
    examine_clock(doctor);
    examine_time_zones(doctor);
}
