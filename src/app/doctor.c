// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// footfall doctor: reads the settings, lets src/doctor examine them, and prints what it finds as lines or as JSON.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/command.h"
#include "app/engines.h"
#include "base/json_write.h"
#include "base/log.h"
#include "doctor/doctor.h"

#define REPORT_MAX ((size_t)16 << 20)

struct doctor_words {
    enum app_role role;
    bool apply;  // make what is missing
    bool strict; // a warning counts as a problem
    bool json;
    bool list; // only the names of the checks
    const char *config_file;
};

struct report {
    const struct doctor_words *words;
    unsigned counts[DOCTOR_VERDICTS];
    struct buffer text; // of JSON
    struct json_writer writer;
};

// --- What is printed ----------------------------------------------------------------------------------------------------

static void take_finding(const struct doctor_finding *finding, void *context) {
    struct report *report = context;
    report->counts[finding->verdict]++;
    const char *verdict = doctor_verdict_name(finding->verdict);
    const char *name = doctor_check_name(finding->check);
    if (!report->words->json) {
        (void)printf("%-8s%-24s%s\n", verdict, name, finding->text);
        if (finding->advice[0]) {
            (void)printf("%-8s%-24s-> %s\n", "", "", finding->advice);
        }
        return;
    }
    json_begin_object(&report->writer);
    json_member_string(&report->writer, STR("check"), str_from_c(name));
    json_member_string(&report->writer, STR("verdict"), str_from_c(verdict));
    json_member_string(&report->writer, STR("text"), str_from_c(finding->text));
    json_member_string_or_null(&report->writer, STR("advice"),
                               finding->advice[0] ? str_from_c(finding->advice) : STR_EMPTY);
    json_end_object(&report->writer);
}

static void begin_report(struct report *report, const struct doctor_words *words) {
    *report = (struct report){.words = words};
    buffer_init(&report->text, REPORT_MAX);
    json_writer_init(&report->writer, &report->text);
    json_begin_object(&report->writer);
    json_member_string(&report->writer, STR("version"), STR(FOOTFALL_VERSION));
    json_member_string(&report->writer, STR("role"), str_from_c(app_role_name(words->role)));
    json_key(&report->writer, STR("findings"));
    json_begin_array(&report->writer);
}

static const char *plural(unsigned count) {
    return count == 1 ? "" : "s";
}

// The exit code. could_run false: what was found is why not.
static int end_report(struct report *report, bool could_run) {
    unsigned problems = report->counts[DOCTOR_PROBLEM], warnings = report->counts[DOCTOR_WARNING];
    if (report->words->json) {
        json_end_array(&report->writer);
        json_member_u64(&report->writer, STR("problems"), problems);
        json_member_u64(&report->writer, STR("warnings"), warnings);
        json_end_object(&report->writer);
        if (json_writer_status(&report->writer) == STATUS_OK) {
            (void)printf("%.*s\n", (int)report->text.len, report->text.data);
        } else {
            could_run = false;
        }
    } else if (could_run) {
        (void)printf("%u problem%s found, %u warning%s\n", problems, plural(problems), warnings,
                     plural(warnings));
    }
    buffer_free(&report->text);
    bool wrong = problems > 0 || (report->words->strict && warnings > 0);
    return !could_run ? APP_USAGE : wrong ? APP_FAILED : APP_OK;
}

static int refuse(const struct doctor_words *words, const struct error *err) {
    struct report report;
    const struct doctor_finding finding = {DOCTOR_CONFIGURATION_SETTINGS, DOCTOR_PROBLEM, err->text,
                                           "Correct it; nothing else was examined."};
    int code = app_complain(APP_USAGE, err);
    if (words->json) {
        begin_report(&report, words);
        take_finding(&finding, &report);
        code = end_report(&report, false);
    }
    return code;
}

static int print_checks(void) {
    for (unsigned i = 0; i < DOCTOR_CHECKS; i++) {
        (void)printf("%-24s%s\n", doctor_check_name((enum doctor_check)i),
                     doctor_check_about((enum doctor_check)i));
    }
    return APP_OK;
}

// --- The words ----------------------------------------------------------------------------------------------------------

// Those that are no settings, taken out of the rest, which is kept. False: a format that is not known.
static bool take_own_words(int argc, char *const *argv, char **kept, int *count,
                           struct doctor_words *out) {
    *count = 0;
    *out = (struct doctor_words){.role = APP_ROLE_RUN};
    for (int i = 0; i < argc; i++) {
        const char *format = strncmp(argv[i], "--format=", 9) == 0 ? argv[i] + 9 : NULL;
        if (strcmp(argv[i], "--apply") == 0) {
            out->apply = true;
        } else if (strcmp(argv[i], "--strict") == 0) {
            out->strict = true;
        } else if (strcmp(argv[i], "--list") == 0) {
            out->list = true;
        } else if (format || strcmp(argv[i], "--format") == 0) {
            format = format ? format : i + 1 < argc ? argv[++i] : "";
            out->json = strcmp(format, "json") == 0;
            if (!out->json && strcmp(format, "text") != 0) {
                return false;
            }
        } else if (i > 0 || !app_role_find(str_from_c(argv[i]), &out->role)) {
            kept[(*count)++] = argv[i];
            if (strncmp(argv[i], "--config=", 9) == 0) {
                out->config_file = argv[i] + 9;
            } else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc) {
                out->config_file = argv[i + 1];
            }
        }
    }
    return true;
}

static int examine(const struct doctor_words *words, const struct settings *settings) {
    struct report report;
    struct doctor_config config = {
        .settings = settings,
        .config_file = words->config_file,
        .apply = words->apply,
        .has_ingress = words->role != APP_ROLE_PROCESSOR,
        .clock = clock_system(),
        .cassandra = app_cassandra_config(settings),
        .judge_settings = app_judge_settings,
        .try_kafka = app_try_kafka,
        .tell = take_finding,
        .context = &report,
    };
    config.table = app_settings_table(&config.table_count);
    begin_report(&report, words);
    log_configure(LOG_LEVEL_WARN, LOG_FORMAT_TEXT, STDERR_FILENO);
    doctor_examine(&config);
    return end_report(&report, true);
}

int app_doctor_command(int argc, char *const *argv) {
    struct error err = {STATUS_OK, ""};
    struct settings *settings = NULL;
    struct doctor_words own;
    int used = 0, count = 0;
    char **words = calloc((size_t)argc + 1, sizeof *words);
    if (!words) {
        (void)error_set(&err, STATUS_NO_MEMORY, "out of memory");
        return app_complain(APP_USAGE, &err);
    }
    enum status status = STATUS_OK;
    if (!take_own_words(argc, argv, words, &count, &own)) {
        status = error_set(&err, STATUS_INVALID, "--format: text or json");
    } else if (!own.list) {
        status = app_load_role_settings(own.role, count, words, &used, &settings, &err);
    }
    free(words);
    if (status != STATUS_OK) {
        return refuse(&own, &err);
    }
    int code = own.list ? print_checks() : examine(&own, settings);
    settings_free(settings);
    return code;
}
