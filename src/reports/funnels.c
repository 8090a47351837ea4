// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// GET /reports/funnels: the declared ones; GET /reports/funnels/{name}: how many reached each step, and how long it took them.
#include <stdio.h>

#include "base/check.h"
#include "http/problem.h"
#include "reports/private.h"
#include "view/chart.h"
#include "view/csv.h"
#include "view/median.h"
#include "view/page.h"

#define DAY_MS (24 * 3600 * INT64_C(1000))
#define LABEL_CHARACTERS 140 // in a row below the chart
#define LABEL_BYTES 28       // of one, before the dots

struct step {
    int64_t reached;
    bool has_median;
    double median;               // seconds since the step before
    struct view_weighted *times; // rows of it
    size_t time_count;
};
struct report {
    const struct reports_question *question;
    const struct funnel *funnel;
    struct step steps[FUNNEL_STEPS_MAX];
    size_t days;
    int64_t *by_day; // day by day, the steps
};

static int32_t day_of(const struct report *report, size_t i) {
    return report->question->range.first + (int32_t)i;
}

// Whether entries of the day may still come further.
static bool is_open(const struct report *report, size_t i) {
    int64_t days = (report->funnel->within_ms + DAY_MS - 1) / DAY_MS;
    return day_of(report, i) + days >= report->question->today;
}

// --- Reading ----------------------------------------------------------------------------------------------------------

// What stands behind "NAME ID " of this funnel; data NULL: it is another one's, or of an earlier definition.
static struct str rest_of(const struct report *report, struct str value) {
    struct str name = str_cut(&value, ' '), id = str_cut(&value, ' ');
    bool own =
        str_equal(name, report->funnel->name) && str_equal(id, str_from_c(report->funnel->id_text));
    return own ? value : STR_EMPTY;
}

static enum status place(struct report *report, const struct store_total *row) {
    struct str rest = rest_of(report, row->value), number = str_cut(&rest, ' ');
    uint64_t step = 0;
    if (!number.data) {
        return STATUS_OK;
    }
    if (!str_to_u64(number, &step) || step < 1 || step > report->funnel->step_count) {
        return STATUS_CORRUPT;
    }
    struct step *at = &report->steps[step - 1];
    CHECK(at->times && report->by_day);
    if (row->metric == STORE_METRIC_FUNNEL) {
        size_t day = (size_t)(row->day - report->question->range.first);
        at->reached += row->amount;
        report->by_day[day * report->funnel->step_count + step - 1] += row->amount;
        return STATUS_OK;
    }
    struct view_weighted *time = &at->times[at->time_count++];
    time->weight = row->amount;
    return str_to_i64(rest, &time->value) ? STATUS_OK : STATUS_CORRUPT;
}

static enum status make_room(struct arena *arena, struct report *report, size_t rows) {
    unsigned steps = report->funnel->step_count;
    report->days = (size_t)(report->question->range.last - report->question->range.first) + 1;
    report->by_day = arena_alloc_array(arena, report->days * steps, sizeof *report->by_day);
    for (unsigned i = 0; i < steps; i++) {
        report->steps[i].times = arena_alloc_array(arena, rows + 1, sizeof *report->steps[i].times);
        if (!report->steps[i].times) {
            return STATUS_NO_MEMORY;
        }
    }
    return report->by_day ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status read_report(struct reports *reports, struct arena *arena,
                               struct report *report) {
    const struct reports_question *question = report->question;
    struct store_total *rows = NULL;
    size_t count = 0;
    enum status status = store_totals_read(
        reports->config.store, question->project, question->range.first, question->range.last,
        REPORTS_METRIC(FUNNEL) | REPORTS_METRIC(FUNNEL_SECONDS), arena, &rows, &count);
    if (status == STATUS_OK) {
        status = make_room(arena, report, count);
    }
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = place(report, &rows[i]);
    }
    for (unsigned i = 0; i < report->funnel->step_count && status == STATUS_OK; i++) {
        struct step *step = &report->steps[i];
        step->has_median = view_median_weighted(step->times, step->time_count, &step->median);
    }
    return status;
}

// --- Forms ------------------------------------------------------------------------------------------------------------

static int64_t before(const struct report *report, unsigned step) {
    return report->steps[step - 1].reached;
}

static int64_t completed(const struct report *report) {
    return report->steps[report->funnel->step_count - 1].reached;
}

static void write_step(struct json_writer *w, const struct report *report, unsigned i) {
    const struct step *step = &report->steps[i];
    json_begin_object(w);
    json_member_i64(w, STR("step"), (int64_t)i + 1);
    json_member_string(w, STR("name"), report->funnel->labels[i]);
    json_member_i64(w, STR("reached"), step->reached);
    reports_member_ratio(w, STR("fromPrevious"), step->reached, i > 0 ? before(report, i) : 0);
    reports_member_ratio(w, STR("fromFirst"), step->reached, report->steps[0].reached);
    reports_member_known(w, STR("medianSeconds"), step->has_median, step->median);
    json_end_object(w);
}

static void write_day(struct json_writer *w, const struct report *report, size_t i) {
    unsigned steps = report->funnel->step_count;
    char date[11];
    clock_format_date(day_of(report, i), date);
    json_begin_object(w);
    json_member_string(w, STR("date"), str_from_c(date));
    json_member_bool(w, STR("open"), is_open(report, i));
    json_key(w, STR("reached"));
    json_begin_array(w);
    for (unsigned step = 0; step < steps; step++) {
        json_i64(w, report->by_day[i * steps + step]);
    }
    json_end_array(w);
    json_end_object(w);
}

static void send_json(struct http_exchange *exchange, const struct report *report) {
    struct json_writer w;
    json_writer_init(&w, http_reply_body(exchange));
    json_begin_object(&w);
    reports_write_head(&w, report->question);
    json_member_string(&w, STR("funnel"), report->funnel->name);
    json_member_i64(&w, STR("withinSeconds"), report->funnel->within_ms / 1000);
    json_member_i64(&w, STR("entered"), report->steps[0].reached);
    json_member_i64(&w, STR("completed"), completed(report));
    reports_member_ratio(&w, STR("conversion"), completed(report), report->steps[0].reached);
    json_key(&w, STR("steps"));
    json_begin_array(&w);
    for (unsigned i = 0; i < report->funnel->step_count; i++) {
        write_step(&w, report, i);
    }
    json_end_array(&w);
    json_key(&w, STR("items"));
    json_begin_array(&w);
    for (size_t i = 0; i < report->days; i++) {
        write_day(&w, report, i);
    }
    json_end_array(&w);
    json_end_object(&w);
    reports_send_json(exchange, &w);
}

static double ratio(int64_t part, int64_t whole) {
    return whole > 0 ? (double)part / (double)whole : 0;
}

static void send_csv(struct http_exchange *exchange, const struct report *report) {
    struct view_csv csv;
    int64_t first = report->steps[0].reached;
    view_csv_init(&csv, http_reply_body(exchange));
    view_csv_header(&csv, "step,name,reached,from_previous,from_first,median_seconds");
    for (unsigned i = 0; i < report->funnel->step_count; i++) {
        const struct step *step = &report->steps[i];
        int64_t previous = i > 0 ? before(report, i) : 0;
        view_csv_integer(&csv, (int64_t)i + 1);
        view_csv_text(&csv, report->funnel->labels[i]);
        view_csv_integer(&csv, step->reached);
        view_csv_number(&csv, previous > 0, ratio(step->reached, previous));
        view_csv_number(&csv, first > 0, ratio(step->reached, first));
        view_csv_number(&csv, step->has_median, step->median);
        view_csv_end_row(&csv);
    }
    view_send_csv(exchange, STR("funnel"));
}

// So many characters as have room below a bar; the table has them whole.
static void label_step(void *context, size_t point, char out[32]) {
    const struct report *report = context;
    struct str label = report->funnel->labels[point];
    size_t room = LABEL_CHARACTERS / report->funnel->step_count;
    size_t len = 0, characters = 0;
    for (size_t i = 0; i <= label.len && i < LABEL_BYTES && characters <= room; i++) {
        if (i == label.len || ((unsigned char)label.data[i] & 0xC0) != 0x80) {
            len = i; // a character ends here
            characters++;
        }
    }
    snprintf(out, 32, "%.*s%s", (int)len, label.data, len < label.len ? "\u2026" : "");
}

static void write_chart(struct buffer *out, const struct report *report) {
    int64_t values[FUNNEL_STEPS_MAX];
    for (unsigned i = 0; i < report->funnel->step_count; i++) {
        values[i] = report->steps[i].reached;
    }
    struct view_chart chart = {.title = "Reached, by step",
                               .unit = "entries",
                               .count = report->funnel->step_count,
                               .label = label_step,
                               .context = (void *)(uintptr_t)report};
    view_chart_bars(out, &chart, values);
}

static void write_cards(struct buffer *out, const struct report *report) {
    int64_t first = report->steps[0].reached;
    view_page_begin_cards(out);
    view_page_card(out, "Entered", first, "somebody at the first step, once a day");
    view_page_card(out, "Completed", completed(report), "reached the last step");
    view_page_begin_card(out, "Conversion");
    view_html_percent(out, first > 0, ratio(completed(report), first));
    view_page_end_card(out, NULL);
    view_page_begin_card(out, "Window");
    view_html_duration(out, true, (double)report->funnel->within_ms / 1000);
    view_page_end_card(out, "from the first step");
    view_page_end_cards(out);
}

static void write_steps(struct buffer *out, const struct report *report) {
    static const struct view_column columns[] = {{"Step", false},
                                                 {"Reached", true},
                                                 {"Of the step before", true},
                                                 {"Of the first", true},
                                                 {"Median time since the step before", true}};
    int64_t first = report->steps[0].reached;
    view_page_begin_table(out, "Steps", columns, 5, true);
    for (unsigned i = 0; i < report->funnel->step_count; i++) {
        const struct step *step = &report->steps[i];
        int64_t previous = i > 0 ? before(report, i) : 0;
        view_page_begin_row(out);
        view_page_cell_text(out, report->funnel->labels[i]);
        view_page_cell_bar(out, step->reached, first);
        view_page_begin_cell(out, true);
        view_html_percent(out, previous > 0, ratio(step->reached, previous));
        view_page_end_cell(out);
        view_page_begin_cell(out, true);
        view_html_percent(out, first > 0, ratio(step->reached, first));
        view_page_end_cell(out);
        view_page_begin_cell(out, true);
        view_html_duration(out, step->has_median, step->median);
        view_page_end_cell(out);
        view_page_end_row(out);
    }
    view_page_end_table(out, report->funnel->step_count);
}

static void write_days(struct buffer *out, const struct report *report) {
    static const struct view_column columns[] = {
        {"Entered on", false}, {"Entered", true}, {"Completed", true}, {"Conversion", true}};
    unsigned steps = report->funnel->step_count;
    view_page_begin_table(out, "Days, newest first; * the window is still open", columns, 4, true);
    for (size_t i = report->days; i-- > 0;) {
        const int64_t *reached = &report->by_day[i * steps];
        char date[11], shown[16];
        clock_format_date(day_of(report, i), date);
        snprintf(shown, sizeof shown, "%s%s", date, is_open(report, i) ? " *" : "");
        view_page_begin_row(out);
        view_page_cell_text(out, str_from_c(shown));
        view_page_cell_integer(out, reached[0]);
        view_page_cell_integer(out, reached[steps - 1]);
        view_page_begin_cell(out, true);
        view_html_percent(out, reached[0] > 0, ratio(reached[steps - 1], reached[0]));
        view_page_end_cell(out);
        view_page_end_row(out);
    }
    view_page_end_table(out, report->days);
}

static void send_page(struct http_exchange *exchange, const struct report *report) {
    struct buffer *out = http_reply_body(exchange);
    struct str kind = arena_printf(&exchange->arena, "Funnel %.*s", STR_ARG(report->funnel->name));
    reports_page_begin(out, report->question, kind.data ? kind : STR("Funnel"));
    write_cards(out, report);
    write_chart(out, report);
    write_steps(out, report);
    write_days(out, report);
    view_page_end(out);
    view_page_send(exchange);
}

static void send_report(struct http_exchange *exchange, struct reports *reports,
                        const struct reports_question *question, const struct funnel *funnel) {
    struct report report = {.question = question, .funnel = funnel};
    enum status status = read_report(reports, &exchange->arena, &report);
    if (status != STATUS_OK) {
        view_fail(exchange, status, "reports", "The totals cannot be read");
        return;
    }
    static void (*const send[])(struct http_exchange *,
                                const struct report *) = {send_json, send_csv, send_page};
    send[question->format](exchange, &report);
}

void reports_handle_funnel(struct http_exchange *exchange, void *context) {
    struct reports *reports = context;
    static const char *const names[] = {"project", "from", "to", "format"};
    struct reports_question question;
    if (!reports_ask(reports, exchange, names, 4, &question)) {
        return;
    }
    struct funnel_set *set = funnel_board_hold(reports->config.funnels);
    const struct funnel *funnel = set ? funnel_set_find(set, exchange->parameters[0]) : NULL;
    if (funnel) {
        send_report(exchange, reports, &question, funnel);
    } else {
        http_reply_problem(exchange, 404,
                           STR("There is no such funnel; GET /reports/funnels lists them."));
    }
    funnel_set_release(set);
}

// --- The list ---------------------------------------------------------------------------------------------------------

static void write_declared(struct json_writer *w, const struct funnel *funnel) {
    json_begin_object(w);
    json_member_string(w, STR("name"), funnel->name);
    json_member_string(w, STR("id"), str_from_c(funnel->id_text));
    json_member_i64(w, STR("withinSeconds"), funnel->within_ms / 1000);
    json_key(w, STR("steps"));
    json_begin_array(w);
    for (unsigned i = 0; i < funnel->step_count; i++) {
        json_string(w, funnel->labels[i]);
    }
    json_end_array(w);
    json_end_object(w);
}

void reports_handle_funnels(struct http_exchange *exchange, void *context) {
    struct reports *reports = context;
    static const char *const names[] = {"project"};
    struct reports_question question;
    struct json_writer w;
    if (!reports_ask(reports, exchange, names, 1, &question)) {
        return;
    }
    struct funnel_set *set = funnel_board_hold(reports->config.funnels);
    json_writer_init(&w, http_reply_body(exchange));
    json_begin_object(&w);
    json_key(&w, STR("items"));
    json_begin_array(&w);
    for (size_t i = 0; set && i < funnel_set_count(set); i++) {
        write_declared(&w, funnel_set_at(set, i));
    }
    json_end_array(&w);
    json_end_object(&w);
    reports_send_json(exchange, &w);
    funnel_set_release(set);
}
