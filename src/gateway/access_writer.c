// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Two buffers: one fills while the other is written.
#include "gateway/access_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/metrics.h"
#include "base/thread.h"

#define BUFFER_BYTES ((size_t)256 * 1024)
#define GATHER_US ((int64_t)100 * 1000) // lines that come meanwhile are written at once

struct access_writer {
    struct thread thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    char *filling; // under the mutex, as is all of this
    size_t filled;
    bool stopping;
    bool reopening;
    char *writing; // the thread's, as is all of this
    int fd;
    char *path; // NULL: fd is standard error
    metrics_id lost;
};

static int open_file(const char *path) {
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

// Whole lines at once and not more than a pipe takes in one piece, where others write, too.
static size_t piece_length(const struct access_writer *writer, const char *data, size_t len) {
    if (writer->path || len <= LOG_LINE_MAX) {
        return len;
    }
    size_t end = LOG_LINE_MAX;
    while (end > 0 && data[end - 1] != '\n') {
        end--;
    }
    return end > 0 ? end : LOG_LINE_MAX;
}

static void write_lines(struct access_writer *writer, size_t len) {
    const char *data = writer->writing;
    while (len > 0) {
        ssize_t written = write(writer->fd, data, piece_length(writer, data, len));
        if (written > 0) {
            data += written;
            len -= (size_t)written;
        } else if (written == 0 || errno != EINTR) {
            size_t lines = 0;
            for (size_t i = 0; i < len; i++) {
                lines += data[i] == '\n';
            }
            metrics_add(writer->lost, lines);
            return;
        }
    }
}

static void reopen(struct access_writer *writer) {
    if (!writer->path) {
        return;
    }
    int fd = open_file(writer->path);
    if (fd < 0) {
        LOG_ERROR("gateway", "the access log cannot be opened again; it goes on in the old file",
                  LOG_CSTR("path", writer->path), LOG_CSTR("reason", strerror(errno)));
        return;
    }
    close(writer->fd);
    writer->fd = fd;
}

static void *run(void *context) {
    struct access_writer *writer = context;
    bool stopping = false;
    while (!stopping) {
        thread_must(pthread_mutex_lock(&writer->mutex));
        while (writer->filled == 0 && !writer->stopping && !writer->reopening) {
            thread_must(pthread_cond_wait(&writer->changed, &writer->mutex));
        }
        while (writer->filled < BUFFER_BYTES / 2 && !writer->stopping && !writer->reopening &&
               thread_cond_wait_us(&writer->changed, &writer->mutex, GATHER_US)) {
        }
        char *full = writer->filling;
        size_t len = writer->filled;
        bool reopening = writer->reopening;
        stopping = writer->stopping;
        writer->filling = writer->writing;
        writer->writing = full;
        writer->filled = 0;
        writer->reopening = false;
        thread_must(pthread_mutex_unlock(&writer->mutex));
        write_lines(writer, len);
        if (reopening) {
            reopen(writer);
        }
    }
    return NULL;
}

static void destroy(struct access_writer *writer) {
    if (writer->path && writer->fd >= 0) {
        close(writer->fd);
    }
    free(writer->path);
    free(writer->filling);
    free(writer->writing);
    free(writer);
}

enum status access_writer_start(struct str path, struct access_writer **out, struct error *err) {
    struct access_writer *writer = calloc(1, sizeof *writer);
    *out = NULL;
    if (!writer) {
        return error_set(err, STATUS_NO_MEMORY, "access log: out of memory");
    }
    writer->fd = STDERR_FILENO;
    writer->filling = malloc(BUFFER_BYTES);
    writer->writing = malloc(BUFFER_BYTES);
    writer->path = path.len > 0 ? strndup(path.data, path.len) : NULL;
    if (!writer->filling || !writer->writing || (path.len > 0 && !writer->path)) {
        destroy(writer);
        return error_set(err, STATUS_NO_MEMORY, "access log: out of memory");
    }
    if (writer->path) {
        writer->fd = open_file(writer->path);
    }
    if (writer->fd < 0) {
        destroy(writer);
        return error_set(err, STATUS_IO, "logging.access_file: %.*s cannot be opened: %s",
                         STR_ARG(path), strerror(errno));
    }
    writer->lost = metrics_counter("footfall_access_log_lost_total",
                                   "Lines of the access log that were dropped.", NULL);
    thread_must(pthread_mutex_init(&writer->mutex, NULL));
    thread_cond_init(&writer->changed);
    enum status status = thread_start(&writer->thread, "access-log", run, writer);
    if (status != STATUS_OK) {
        destroy(writer);
        return error_set(err, status, "access log: cannot start its thread: %s",
                         status_text(status));
    }
    *out = writer;
    return STATUS_OK;
}

void access_writer_stop(struct access_writer *writer) {
    if (!writer) {
        return;
    }
    thread_must(pthread_mutex_lock(&writer->mutex));
    writer->stopping = true;
    thread_must(pthread_cond_signal(&writer->changed));
    thread_must(pthread_mutex_unlock(&writer->mutex));
    thread_join(&writer->thread);
    thread_must(pthread_cond_destroy(&writer->changed));
    thread_must(pthread_mutex_destroy(&writer->mutex));
    destroy(writer);
}

void access_writer_put(struct access_writer *writer, struct str line) {
    bool lost = false;
    thread_must(pthread_mutex_lock(&writer->mutex));
    size_t before = writer->filled;
    if (line.len > BUFFER_BYTES - before) {
        lost = true;
    } else {
        memcpy(writer->filling + before, line.data, line.len);
        writer->filled += line.len;
    }
    bool half = before < BUFFER_BYTES / 2 && writer->filled >= BUFFER_BYTES / 2;
    if (before == 0 || half) {
        thread_must(pthread_cond_signal(&writer->changed));
    }
    thread_must(pthread_mutex_unlock(&writer->mutex));
    if (lost) {
        metrics_add(writer->lost, 1);
    }
}

void access_writer_reopen(struct access_writer *writer) {
    thread_must(pthread_mutex_lock(&writer->mutex));
    writer->reopening = true;
    thread_must(pthread_cond_signal(&writer->changed));
    thread_must(pthread_mutex_unlock(&writer->mutex));
}
