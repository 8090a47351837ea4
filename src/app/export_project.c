// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// footfall export --project: the pages of GET /export one after another. Each ends with a line that says where the next begins, which is
// kept in the output: what was broken off goes on there, and an import sees whether it has all.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/command.h"
#include "app/transfer.h"
#include "client/ask.h"
#include "http/query.h"

#define REPLY_MAX ((size_t)64 << 20)
#define PATH_MAX_BYTES 6000
#define CURSOR_SIZE 1024
#define ATTEMPTS 60
#define PAGES_TOLD 20

struct outgoing {
    const struct transfer_export *wanted;
    FILE *out;
    char cursor[CURSOR_SIZE]; // "": from the start
    bool over;
    unsigned long long lines, bytes, pages;
};

// --- Where it stands ----------------------------------------------------------------------------------------------------

// What a page's last line says. False: it is none.
static bool read_page_line(struct outgoing *outgoing, struct str line) {
    const struct json_value *root = NULL;
    struct error err = {STATUS_OK, ""};
    struct arena arena;
    arena_init(&arena, 4096, 0);
    bool good = str_starts_with(line, STR("{\"kind\":\"page\"")) &&
                client_parse(line, &arena, &root, &err) == STATUS_OK;
    if (good) {
        struct str next = json_get_string(root, STR("next"));
        outgoing->over = next.len == 0;
        good = next.len < sizeof outgoing->cursor;
        (void)snprintf(outgoing->cursor, sizeof outgoing->cursor, "%.*s", STR_ARG(next));
    }
    arena_free(&arena);
    return good;
}

static struct str last_line(struct str text) {
    while (text.len > 0 && text.data[text.len - 1] == '\n') {
        text.len--;
    }
    size_t begin = text.len;
    while (begin > 0 && text.data[begin - 1] != '\n') {
        begin--;
    }
    return str_make(text.data + begin, text.len - begin);
}

// Finds the last page that is whole, and cuts off what is behind it.
static enum status find_end(struct outgoing *outgoing, struct error *err) {
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    off_t end = 0, at = 0;
    while ((len = getline(&line, &size, outgoing->out)) > 0) {
        at += len;
        if (line[len - 1] == '\n' && read_page_line(outgoing, str_make(line, (size_t)len - 1))) {
            end = at;
        }
    }
    free(line);
    if (fseeko(outgoing->out, end, SEEK_SET) != 0 || ftruncate(fileno(outgoing->out), end) != 0) {
        return error_set(err, STATUS_IO, "%s: %s", outgoing->wanted->output, strerror(errno));
    }
    return STATUS_OK;
}

static enum status open_output(struct outgoing *outgoing, struct error *err) {
    const struct transfer_export *wanted = outgoing->wanted;
    outgoing->out = stdout;
    if (!wanted->output) {
        return STATUS_OK;
    }
    int flags = wanted->resume ? O_RDWR | O_CLOEXEC : O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    int fd = open(wanted->output, flags, 0600);
    outgoing->out = fd >= 0 ? fdopen(fd, wanted->resume ? "r+" : "w") : NULL;
    if (!outgoing->out) {
        return error_set(err, STATUS_IO, "%s: %s%s", wanted->output, strerror(errno),
                         errno == EEXIST ? "; --resume goes on where it was broken off" : "");
    }
    return wanted->resume ? find_end(outgoing, err) : STATUS_OK;
}

// --- Pages --------------------------------------------------------------------------------------------------------------

static void add_parameter(struct buffer *path, const char *name, const char *value) {
    if (value && value[0]) {
        buffer_append_char(path, path->len == sizeof "/export" - 1 ? '?' : '&');
        buffer_printf(path, "%s=", name);
        http_percent_encode(path, str_from_c(value));
    }
}

static enum status make_path(const struct outgoing *outgoing, struct buffer *path,
                             struct error *err) {
    buffer_append_str(path, STR("/export"));
    add_parameter(path, "project", outgoing->wanted->project);
    add_parameter(path, "from", outgoing->wanted->from);
    add_parameter(path, "to", outgoing->wanted->to);
    add_parameter(path, "cursor", outgoing->cursor);
    buffer_append_char(path, '\0');
    return buffer_status(path) == STATUS_OK
               ? STATUS_OK
               : error_set(err, STATUS_INVALID, "--project, --from or --to is too long");
}

// The first line: whether the log still has everything.
static enum status judge_header(const struct outgoing *outgoing, struct str page,
                                struct error *err) {
    const struct json_value *root = NULL;
    struct arena arena;
    int64_t gone = 0;
    arena_init(&arena, 4096, 0);
    enum status status = client_parse(str_cut(&page, '\n'), &arena, &root, err);
    if (status == STATUS_OK) {
        (void)json_to_i64(json_get(root, STR("recordsGone")), &gone);
    }
    if (status == STATUS_OK && gone > 0 && !outgoing->wanted->partial) {
        status = error_set(err, STATUS_NOT_FOUND,
                           "the event log has given up its oldest %lld records, by "
                           "embedded.log_retention or kafka.retention; --partial exports the rest",
                           (long long)gone);
    } else if (status == STATUS_OK && gone > 0) {
        (void)fprintf(stderr, "export: partial, the event log's oldest %lld records are gone\n",
                      (long long)gone);
    }
    arena_free(&arena);
    return status;
}

static enum status write_page(struct outgoing *outgoing, struct str page, struct error *err) {
    bool first = !outgoing->cursor[0];
    enum status status = first ? judge_header(outgoing, page, err) : STATUS_OK;
    if (status == STATUS_OK && !read_page_line(outgoing, last_line(page))) {
        status = error_set(err, STATUS_INVALID, "the reply is not one of Footfall");
    }
    if (status == STATUS_OK &&
        (fwrite(page.data, 1, page.len, outgoing->out) != page.len || fflush(outgoing->out) != 0)) {
        status = error_set(err, STATUS_IO, "the output cannot be written: %s", strerror(errno));
    }
    for (size_t i = 0; i < page.len && status == STATUS_OK; i++) {
        outgoing->lines += page.data[i] == '\n';
    }
    outgoing->bytes += status == STATUS_OK ? page.len : 0;
    return status;
}

static void tell(const struct outgoing *outgoing) {
    (void)fprintf(stderr, "export: %llu lines, %.1f MiB%s\n", outgoing->lines,
                  (double)outgoing->bytes / 1048576, outgoing->over ? ", whole" : "");
}

static enum status write_pages(struct outgoing *outgoing, struct buffer *reply, struct error *err) {
    enum status status = STATUS_OK;
    while (status == STATUS_OK && !outgoing->over) {
        char text[PATH_MAX_BYTES];
        struct buffer path;
        long code = 0;
        buffer_init_fixed(&path, text, sizeof text);
        status = make_path(outgoing, &path, err);
        if (status == STATUS_OK) {
            status = client_ask_patiently(outgoing->wanted->target, "GET", text, STR_EMPTY,
                                          ATTEMPTS, &code, reply, err);
        }
        if (status == STATUS_OK && code != 200) {
            status = error_set(err, STATUS_DENIED, "the reply is %ld: %.*s", code, (int)reply->len,
                               reply->data ? reply->data : "");
        }
        if (status == STATUS_OK) {
            status = write_page(outgoing, buffer_str(reply), err);
        }
        if (++outgoing->pages % PAGES_TOLD == 0) {
            tell(outgoing);
        }
    }
    return status;
}

int app_export_project(const struct transfer_export *wanted) {
    struct outgoing outgoing = {.wanted = wanted};
    struct error err = {STATUS_OK, ""};
    struct buffer reply;
    buffer_init(&reply, REPLY_MAX);
    enum status status = open_output(&outgoing, &err);
    if (status == STATUS_OK) {
        status = write_pages(&outgoing, &reply, &err);
    }
    buffer_free(&reply);
    bool made = wanted->output && outgoing.out;
    if (made && status == STATUS_OK && fsync(fileno(outgoing.out)) != 0) {
        status = error_set(&err, STATUS_IO, "%s: %s", wanted->output, strerror(errno));
    }
    if (made && fclose(outgoing.out) != 0 && status == STATUS_OK) {
        status = error_set(&err, STATUS_IO, "%s: %s", wanted->output, strerror(errno));
    }
    if (status != STATUS_OK) {
        if (made && !wanted->resume && outgoing.bytes == 0) {
            (void)unlink(wanted->output);
        }
        return app_complain(APP_FAILED, &err);
    }
    tell(&outgoing);
    return APP_OK;
}
