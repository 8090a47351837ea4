// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// log_append DIRECTORY KEY-IN-HEX VALUE: appends a record to an embedded log that nobody has open, past all checks of what people send.
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "eventlog/eventlog.h"

#define KEY_MAX 1024

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t finished = PTHREAD_COND_INITIALIZER;
static bool is_done;

static void done(struct eventlog_append *append) {
    (void)append;
    pthread_mutex_lock(&mutex);
    is_done = true;
    pthread_cond_signal(&finished);
    pthread_mutex_unlock(&mutex);
}

int main(int count, char **words) {
    unsigned char key[KEY_MAX];
    size_t key_len = 0;
    struct eventlog *log = NULL;
    struct error err = {.status = STATUS_OK};
    struct eventlog_config config = {.partitions = 8, .clock = clock_system()};
    if (count != 4 ||
        sodium_hex2bin(key, sizeof key, words[2], strlen(words[2]), NULL, &key_len, NULL) != 0) {
        (void)fprintf(stderr, "usage: log_append DIRECTORY KEY-IN-HEX VALUE\n");
        return 2;
    }
    if (eventlog_open_rocksdb(words[1], &config, &log, &err) != STATUS_OK) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    struct eventlog_record record = {.key = str_make((const char *)key, key_len),
                                     .value = str_from_c(words[3]),
                                     .timestamp_ms = config.clock->wall_ms(config.clock)};
    struct eventlog_append append = {.records = &record, .count = 1, .done = done};
    eventlog_append(log, &append);
    pthread_mutex_lock(&mutex);
    while (!is_done) {
        pthread_cond_wait(&finished, &mutex);
    }
    pthread_mutex_unlock(&mutex);
    eventlog_close(log);
    return append.status == STATUS_OK ? 0 : 1;
}
