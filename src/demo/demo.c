// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// footfall demo: the command.
#include "demo/demo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/progress.h"
#include "base/words.h"
#include "client/client.h"
#include "demo/event_json.h"
#include "demo/sender.h"
#include "demo/traffic.h"

enum { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };
#define BATCH_BYTES_MAX (4 * 1024 * 1024)

struct demo {
    struct demo_plan plan;
    const char *url;
    const char *write_key;
    uint64_t batch;
    bool print;
    struct demo_sender *sender;
    struct buffer body;
    struct progress progress;
    uint64_t rejected;
};

const char demo_help[] =
    "  --events N       how many events (default 20000)\n"
    "  --days N         over how many days up to --end (default 30)\n"
    "  --end TIME       RFC 3339 (default now)\n"
    "  --people N       how many people (default: events / 40)\n"
    "  --seed N         same seed, end and numbers: same events (default 1)\n"
    "  --url URL        where to send (FOOTFALL_URL; default http://127.0.0.1:8080)\n"
    "  --write-key KEY  (FOOTFALL_WRITE_KEY; default: DATA/credentials.json)\n"
    "  --data DIR       where credentials.json is (default ./footfall-data)\n"
    "  --batch N        events a request, 1 to 1000 (default 500)\n"
    "  --print          write the events to standard output, one JSON object a line, and send nothing\n";

static int complain(int code, const struct error *err) {
    (void)fprintf(stderr, "footfall demo: %s\n", err->text);
    if (code == EXIT_USAGE) {
        (void)fprintf(stderr, "See: footfall demo --help\n");
    }
    return code;
}

// Takes over what is in the body as one request.
static enum status flush(struct demo *demo, size_t events, struct error *err) {
    uint64_t rejected = 0;
    enum status status = buffer_status(&demo->body);
    if (status != STATUS_OK) {
        return error_set(err, status, "a batch of %zu events: %s", events, status_text(status));
    }
    if (demo->print) {
        if (fwrite(demo->body.data, 1, demo->body.len, stdout) != demo->body.len) {
            return error_set(err, STATUS_IO, "standard output cannot be written");
        }
    } else {
        status = demo_sender_send(demo->sender, buffer_str(&demo->body), &rejected, err);
    }
    demo->rejected += rejected;
    buffer_clear(&demo->body);
    if (!demo->print) {
        progress_add(&demo->progress, events);
    }
    return status;
}

static void write_events(struct demo *demo, const struct demo_event *events, size_t count) {
    if (!demo->print) {
        buffer_append_str(&demo->body, STR("{\"batch\":["));
    }
    for (size_t i = 0; i < count; i++) {
        struct json_writer writer;
        json_writer_init(&writer, &demo->body);
        if (i > 0 && !demo->print) {
            buffer_append_char(&demo->body, ',');
        }
        demo_event_write(&writer, demo->plan.seed, &events[i]);
        if (demo->print) {
            buffer_append_char(&demo->body, '\n');
        }
    }
    if (!demo->print) {
        buffer_append_str(&demo->body, STR("]}"));
    }
}

static enum status send_day(struct demo *demo, unsigned day, struct error *err) {
    struct demo_event *events = NULL;
    size_t count = 0;
    enum status status = demo_traffic_day(&demo->plan, day, &events, &count);
    if (status != STATUS_OK) {
        return error_set(err, status, "%s", status_text(status));
    }
    for (size_t at = 0; at < count && status == STATUS_OK; at += demo->batch) {
        size_t size = count - at < demo->batch ? count - at : (size_t)demo->batch;
        write_events(demo, events + at, size);
        status = flush(demo, size, err);
    }
    free(events);
    return status;
}

static int send_all(struct demo *demo) {
    struct error err = {STATUS_OK, ""};
    enum status status = STATUS_OK;
    if (!demo->print) {
        (void)fprintf(stderr, "%llu events of about %llu people over %u days to %s\n",
                      (unsigned long long)demo->plan.events,
                      (unsigned long long)demo_traffic_people(&demo->plan), demo->plan.days,
                      demo->url);
        status = demo_sender_make(demo->url, demo->write_key, &demo->sender, &err);
        progress_begin(&demo->progress, "", "events", demo->plan.events);
    }
    for (unsigned day = 0; day < demo->plan.days && status == STATUS_OK; day++) {
        status = send_day(demo, day, &err);
    }
    if (!demo->print) {
        progress_end(&demo->progress);
    }
    demo_sender_free(demo->sender);
    if (status != STATUS_OK) {
        return complain(EXIT_FAILED, &err);
    }
    if (demo->rejected > 0) {
        (void)error_set(&err, STATUS_INVALID, "%llu events were rejected by the server",
                        (unsigned long long)demo->rejected);
        return complain(EXIT_FAILED, &err);
    }
    return EXIT_FINE;
}

enum {
    WORD_EVENTS,
    WORD_DAYS,
    WORD_END,
    WORD_PEOPLE,
    WORD_SEED,
    WORD_URL,
    WORD_KEY,
    WORD_DATA,
    WORD_BATCH,
    WORD_PRINT,
    WORD_COUNT
};

static enum status read_number(const struct command_word *word, uint64_t min, uint64_t max,
                               uint64_t *out, struct error *err) {
    if (!str_to_u64(str_from_c(word->value), out) || *out < min || *out > max) {
        return error_set(err, STATUS_INVALID,
                         "--%s: \"%s\" is not a whole number from %llu to %llu", word->name,
                         word->value, (unsigned long long)min, (unsigned long long)max);
    }
    return STATUS_OK;
}

static enum status read_plan(const struct command_word *words, struct demo *demo,
                             struct error *err) {
    uint64_t days = 0;
    enum status status = read_number(&words[WORD_EVENTS], 1, 1000000000, &demo->plan.events, err);
    if (status == STATUS_OK) {
        status = read_number(&words[WORD_DAYS], 1, 3650, &days, err);
    }
    if (status == STATUS_OK) {
        status = read_number(&words[WORD_PEOPLE], 0, 100000000, &demo->plan.people, err);
    }
    if (status == STATUS_OK) {
        status = read_number(&words[WORD_SEED], 0, UINT64_MAX, &demo->plan.seed, err);
    }
    if (status == STATUS_OK) {
        status = read_number(&words[WORD_BATCH], 1, 1000, &demo->batch, err);
    }
    demo->plan.days = (unsigned)days;
    struct clock *clock = clock_system();
    demo->plan.end_ms = clock->wall_ms(clock);
    if (status == STATUS_OK && words[WORD_END].value &&
        !clock_parse_rfc3339(str_from_c(words[WORD_END].value), &demo->plan.end_ms)) {
        status = error_set(err, STATUS_INVALID, "--end: \"%s\" is not an RFC 3339 time",
                           words[WORD_END].value);
    }
    return status;
}

int demo_command(int argc, char *const *argv) {
    struct command_word words[WORD_COUNT] = {
        [WORD_EVENTS] = {"events", "20000", false},
        [WORD_DAYS] = {"days", "30", false},
        [WORD_END] = {"end", NULL, false},
        [WORD_PEOPLE] = {"people", "0", false},
        [WORD_SEED] = {"seed", "1", false},
        [WORD_URL] = {"url", NULL, false},
        [WORD_KEY] = {"write-key", NULL, false},
        [WORD_DATA] = {"data", "./footfall-data", false},
        [WORD_BATCH] = {"batch", "500", false},
        [WORD_PRINT] = {"print", NULL, true},
    };
    struct error err = {STATUS_OK, ""};
    struct demo demo = {0};
    struct client_target target = {.url = ""};
    enum status status = command_words_read(argc, argv, words, WORD_COUNT, &err);
    if (status == STATUS_OK) {
        status = read_plan(words, &demo, &err);
    }
    demo.print = words[WORD_PRINT].value != NULL;
    if (status == STATUS_OK && !demo.print) {
        status =
            client_target_find(words[WORD_URL].value, NULL, words[WORD_DATA].value, &target, &err);
    }
    demo.url = target.url;
    demo.write_key = words[WORD_KEY].value ? words[WORD_KEY].value : target.write_key;
    if (status == STATUS_OK && !demo.print && !demo.write_key[0]) {
        status =
            error_set(&err, STATUS_INVALID,
                      "no write key: give --write-key or FOOTFALL_WRITE_KEY, or --data with the "
                      "directory that holds credentials.json");
    }
    if (status != STATUS_OK) {
        return complain(EXIT_USAGE, &err);
    }
    buffer_init(&demo.body, BATCH_BYTES_MAX);
    int code = send_all(&demo);
    buffer_free(&demo.body);
    return code;
}
