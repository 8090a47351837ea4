// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A backup, and a restore, that fail or die at each of their steps in turn: what has a name is whole, and the next one succeeds.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backup/private.h"
#include "base/log.h"

#define DIED 77
#define STEPS_MOST 500

// --- The linker's --wrap puts these in front of the system -------------------------------------------------------------

enum fault { FAULT_NONE, FAULT_FULL_DISK, FAULT_KILLED };
static struct {
    enum fault fault;
    unsigned left; // calls until it happens
    bool happened;
} system_calls;

static bool fails(void) {
    if (system_calls.fault == FAULT_NONE || --system_calls.left > 0) {
        return false;
    }
    if (system_calls.fault == FAULT_KILLED) {
        _exit(DIED);
    }
    system_calls.fault = FAULT_NONE;
    system_calls.happened = true;
    errno = ENOSPC;
    return true;
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd) {
    return fails() ? -1 : __real_fsync(fd);
}
int __real_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode) {
    return fails() ? -1 : __real_mkdir(path, mode);
}
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to) {
    return fails() ? -1 : __real_rename(from, to);
}
ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size) {
    return fails() ? -1 : __real_write(fd, data, size);
}

static void arm(enum fault fault, unsigned step) {
    system_calls.fault = fault;
    system_calls.left = step;
    system_calls.happened = false;
}

// --- An installation -----------------------------------------------------------------------------------------------------

struct scene {
    char folder[64], data[96], backups[96], credentials[96], restored[96];
    struct eventlog *log;
    struct store *store;
};

static void require(enum status status, const struct error *err) {
    if (status != STATUS_OK) {
        fail_msg("%s: %s", status_text(status), err->text);
    }
}

static void open_engines(struct scene *scene, const char *data) {
    struct eventlog_config config = {.partitions = 2, .clock = clock_system()};
    struct error err = {STATUS_OK, ""};
    char path[160];
    (void)snprintf(path, sizeof path, "%s/log", data);
    require(eventlog_open_rocksdb(path, &config, &scene->log, &err), &err);
    (void)snprintf(path, sizeof path, "%s/store", data);
    require(store_open_rocksdb(path, NULL, &scene->store, &err), &err);
}

static void close_engines(struct scene *scene) {
    eventlog_close(scene->log);
    store_close(scene->store);
    scene->log = NULL;
    scene->store = NULL;
}

struct latch {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool done;
};

static void appended(struct eventlog_append *append) {
    struct latch *latch = append->context;
    thread_must(pthread_mutex_lock(&latch->mutex));
    latch->done = true;
    thread_must(pthread_cond_signal(&latch->changed));
    thread_must(pthread_mutex_unlock(&latch->mutex));
}

static void put_content(struct scene *scene) {
    struct latch latch = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    struct store_project project = {.id = STR("shop"), .time_zone = STR("UTC")};
    struct eventlog_record record = {STR("shop"), STR("value"), 1};
    struct eventlog_append append = {
        .records = &record, .count = 1, .done = appended, .context = &latch};
    assert_int_equal(store_project_put(scene->store, &project), STATUS_OK);
    eventlog_append(scene->log, &append);
    thread_must(pthread_mutex_lock(&latch.mutex));
    while (!latch.done) {
        thread_must(pthread_cond_wait(&latch.changed, &latch.mutex));
    }
    thread_must(pthread_mutex_unlock(&latch.mutex));
    assert_int_equal(append.status, STATUS_OK);
    FILE *file = fopen(scene->credentials, "we");
    assert_non_null(file);
    assert_true(fputs("{}\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void expect_content(const char *data) {
    struct scene there = {.log = NULL};
    struct eventlog_partition_info info;
    struct store_project *projects = NULL;
    struct arena arena;
    size_t count = 0;
    int64_t records = 0;
    open_engines(&there, data);
    arena_init(&arena, 1024, 0);
    assert_int_equal(store_projects(there.store, &arena, &projects, &count), STATUS_OK);
    assert_int_equal(count, 1);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(eventlog_partition_info(there.log, i, STR("any"), &info), STATUS_OK);
        records += info.end - info.begin;
    }
    assert_int_equal(records, 1);
    arena_free(&arena);
    close_engines(&there);
}

static void name_places(struct scene *scene) {
    (void)snprintf(scene->data, sizeof scene->data, "%s/data", scene->folder);
    (void)snprintf(scene->backups, sizeof scene->backups, "%s/backups", scene->folder);
    (void)snprintf(scene->credentials, sizeof scene->credentials, "%s/data/credentials.json",
                   scene->folder);
    (void)snprintf(scene->restored, sizeof scene->restored, "%s/restored", scene->folder);
}

static int set_up(void **state) {
    static struct scene scene;
    scene = (struct scene){.folder = "/tmp/footfall-backup-XXXXXX"};
    log_configure(LOG_LEVEL_OFF, LOG_FORMAT_TEXT, 2);
    arm(FAULT_NONE, 0);
    assert_non_null(mkdtemp(scene.folder));
    name_places(&scene);
    assert_int_equal(mkdir(scene.data, 0700), 0);
    open_engines(&scene, scene.data);
    put_content(&scene);
    close_engines(&scene);
    *state = &scene;
    return 0;
}

static int tear_down(void **state) {
    struct scene *scene = *state;
    struct error err = {STATUS_OK, ""};
    arm(FAULT_NONE, 0);
    if (scene->log) {
        close_engines(scene);
    }
    return backup_remove(scene->folder, &err) == STATUS_OK ? 0 : 1;
}

static enum status take(struct scene *scene, struct backup_result *out, struct error *err) {
    struct backup_config config = {.log = scene->log,
                                   .store = scene->store,
                                   .credentials = scene->credentials,
                                   .directory = scene->backups,
                                   .keep = 2,
                                   .clock = clock_system()};
    return backup_take(&config, out, err);
}

// Every backup that has a name is whole. Gives how many there are; last: the path of one of them.
static unsigned count_whole(const struct scene *scene, bool nothing_else, char last[400]) {
    unsigned count = 0;
    DIR *directory = opendir(scene->backups);
    struct dirent *entry = directory ? readdir(directory) : NULL;
    for (; entry; entry = readdir(directory)) {
        struct backup_result result;
        struct error err = {STATUS_OK, ""};
        if (strncmp(entry->d_name, BACKUP_PREFIX, strlen(BACKUP_PREFIX)) == 0) {
            (void)snprintf(last, 400, "%s/%s", scene->backups, entry->d_name);
            require(backup_verify(last, &result, &err), &err);
            count++;
        } else if (nothing_else) {
            assert_true(strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
                        strcmp(entry->d_name, ".lock") == 0);
        }
    }
    if (directory) {
        (void)closedir(directory);
    }
    return count;
}

// --- Tests ---------------------------------------------------------------------------------------------------------------

static void a_full_disk_leaves_nothing_behind(void **state) {
    struct scene *scene = *state;
    struct backup_result result;
    struct error err = {STATUS_OK, ""};
    char path[400];
    unsigned failures = 0;
    open_engines(scene, scene->data);
    for (unsigned step = 1; step < STEPS_MOST; step++) {
        arm(FAULT_FULL_DISK, step);
        enum status status = take(scene, &result, &err);
        bool over = !system_calls.happened;
        arm(FAULT_NONE, 0);
        unsigned there = count_whole(scene, status != STATUS_OK, path);
        if (over) {
            assert_int_equal(status, STATUS_OK);
            assert_true(failures > 10 && step > 10); // it was about something
            assert_in_range(there, 1, 2);
            return;
        }
        // What fails after the name was given is either told, or only that an old one could not be removed.
        if (status != STATUS_OK) {
            failures++;
            assert_true(strlen(err.text) > 0);
        }
        require(take(scene, &result, &err), &err);
        assert_in_range(count_whole(scene, true, path), 1, 2);
    }
    fail_msg("it has no end");
}

// In a process of its own, from its beginning: a fork of one that had threads must make none. Gives whether it died.
static bool dies(const char *task, const struct scene *scene, const char *backup, unsigned step) {
    char number[16];
    int result = 0;
    (void)snprintf(number, sizeof number, "%u", step);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        execl("/proc/self/exe", "test_faults", task, scene->folder, backup, number, NULL);
        _exit(9);
    }
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result) && (WEXITSTATUS(result) == 0 || WEXITSTATUS(result) == DIED));
    return WEXITSTATUS(result) == DIED;
}

static int take_until(struct scene *scene, unsigned step) {
    struct backup_result result;
    struct error err = {STATUS_OK, ""};
    open_engines(scene, scene->data);
    arm(FAULT_KILLED, step);
    enum status status = take(scene, &result, &err);
    arm(FAULT_NONE, 0);
    close_engines(scene);
    return status == STATUS_OK ? 0 : 1;
}

static int restore_until(const struct scene *scene, const char *backup, unsigned step) {
    struct backup_result result;
    struct error err = {STATUS_OK, ""};
    arm(FAULT_KILLED, step);
    enum status status = backup_restore(backup, scene->restored, &result, &err);
    arm(FAULT_NONE, 0);
    return status == STATUS_OK ? 0 : 1;
}

static void take_one(struct scene *scene) {
    struct backup_result result;
    struct error err = {STATUS_OK, ""};
    open_engines(scene, scene->data);
    require(take(scene, &result, &err), &err);
    close_engines(scene);
}

static void killed_at_each_step_of_a_backup(void **state) {
    struct scene *scene = *state;
    struct backup_result result;
    struct error err = {STATUS_OK, ""};
    char path[400];
    unsigned step = 1;
    for (; step < STEPS_MOST && dies("take", scene, "", step); step++) {
        (void)count_whole(scene, false, path);
        if (step % 5 == 0) { // the next one clears up
            take_one(scene);
            assert_in_range(count_whole(scene, true, path), 1, 2);
        }
    }
    assert_in_range(step, 10, STEPS_MOST - 1);
    assert_in_range(count_whole(scene, true, path), 1, 2);
    require(backup_restore(path, scene->restored, &result, &err), &err);
    expect_content(scene->restored);
}

static bool exists(const char *path) {
    struct stat info;
    return lstat(path, &info) == 0;
}

static void killed_at_each_step_of_a_restore(void **state) {
    struct scene *scene = *state;
    struct error err = {STATUS_OK, ""};
    char newest[400];
    take_one(scene);
    assert_int_equal(count_whole(scene, true, newest), 1);
    unsigned step = 1;
    for (; step < STEPS_MOST && dies("restore", scene, newest, step); step++) {
        if (exists(scene->restored)) { // the last step: it is whole
            expect_content(scene->restored);
            require(backup_remove(scene->restored, &err), &err);
        }
    }
    assert_in_range(step, 10, STEPS_MOST - 1);
    expect_content(scene->restored);
}

static void a_full_disk_while_restoring_changes_nothing(void **state) {
    struct scene *scene = *state;
    struct backup_result result;
    struct error err = {STATUS_OK, ""};
    char beside[160];
    char newest[400];
    (void)snprintf(beside, sizeof beside, "%s.restoring", scene->restored);
    take_one(scene);
    assert_int_equal(count_whole(scene, true, newest), 1);
    for (unsigned step = 1; step < STEPS_MOST; step++) {
        arm(FAULT_FULL_DISK, step);
        enum status status = backup_restore(newest, scene->restored, &result, &err);
        bool over = !system_calls.happened;
        arm(FAULT_NONE, 0);
        assert_false(exists(beside));
        if (over) {
            assert_int_equal(status, STATUS_OK);
            assert_true(step > 10);
            expect_content(scene->restored);
            return;
        }
        assert_int_equal(status, STATUS_IO);
        if (exists(scene->restored)) { // it could not be made sure of that it stays there
            expect_content(scene->restored);
            require(backup_remove(scene->restored, &err), &err);
        }
    }
    fail_msg("it has no end");
}

int main(int argc, char **argv) {
    if (argc == 5) { // what dies
        struct scene scene = {.log = NULL};
        uint64_t step = 0;
        if (!str_to_u64(str_from_c(argv[4]), &step)) {
            return 9;
        }
        log_configure(LOG_LEVEL_OFF, LOG_FORMAT_TEXT, 2);
        (void)snprintf(scene.folder, sizeof scene.folder, "%s", argv[2]);
        name_places(&scene);
        return strcmp(argv[1], "take") == 0 ? take_until(&scene, (unsigned)step)
                                            : restore_until(&scene, argv[3], (unsigned)step);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_full_disk_leaves_nothing_behind, set_up, tear_down),
        cmocka_unit_test_setup_teardown(killed_at_each_step_of_a_backup, set_up, tear_down),
        cmocka_unit_test_setup_teardown(killed_at_each_step_of_a_restore, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_disk_while_restoring_changes_nothing, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests_name("backup faults", tests, NULL, NULL);
}
