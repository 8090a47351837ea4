// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// SVG by hand. All coordinates are of one drawing, 1040 wide; the page scales it.
#include "view/chart.h"

#include <stdbool.h>
#include <stdio.h>

#include "base/check.h"
#include "view/page.h"

#define WIDTH 1040
#define HEIGHT 230
#define LEFT 56
#define RIGHT 12
#define TOP 12
#define BOTTOM 28
#define PLOT_WIDTH (WIDTH - LEFT - RIGHT)
#define PLOT_HEIGHT (HEIGHT - TOP - BOTTOM)
#define GRID_LINES 4
#define LABELS_MAX 14 // along the bottom
#define DOTS_MAX 62   // more points than this are drawn without dots

int64_t view_chart_ceiling(int64_t value) {
    int64_t power = 1;
    if (value <= 3 * GRID_LINES) { // small multiples, so that each grid line is a whole number
        return value <= GRID_LINES ? GRID_LINES : (value + 3) / GRID_LINES * GRID_LINES;
    }
    while (power <= INT64_MAX / 100 && power * 10 < value) {
        power *= 10;
    }
    static const int64_t tenths[] = {12, 16, 20, 24, 32, 40, 60, 80, 100};
    if (power >= value) {
        return power;
    }
    for (size_t i = 0; i < sizeof tenths / sizeof tenths[0]; i++) {
        if (power / 10 * tenths[i] >= value) {
            return power / 10 * tenths[i];
        }
    }
    return value;
}

static double y_of(int64_t value, int64_t top) {
    return TOP + PLOT_HEIGHT * (1 - (double)value / (double)top);
}

static void begin(struct buffer *out, const struct view_chart *chart, int64_t top) {
    CHECK(chart->count > 0);
    buffer_append_str(out, STR("<section class=\"panel\"><h2>"));
    view_html_text(out, str_from_c(chart->title));
    buffer_printf(out, "</h2><svg class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\"><title>",
                  WIDTH, HEIGHT);
    view_html_text(out, str_from_c(chart->title));
    buffer_append_str(out, STR("</title>\n"));
    for (int i = 0; i <= GRID_LINES; i++) {
        int64_t value = top / GRID_LINES * i + top % GRID_LINES * i / GRID_LINES;
        double y = y_of(value, top);
        buffer_printf(out, "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>",
                      LEFT, WIDTH - RIGHT, y, y);
        buffer_printf(out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">", LEFT - 8, y + 4);
        view_html_integer(out, value);
        buffer_append_str(out, STR("</text>\n"));
    }
}

static void write_label(struct buffer *out, const struct view_chart *chart, size_t point) {
    char label[32] = "";
    chart->label(chart->context, point, label);
    view_html_text(out, str_from_c(label));
}

static void write_axis(struct buffer *out, const struct view_chart *chart, const double *x_of) {
    size_t step = (chart->count + LABELS_MAX - 1) / LABELS_MAX;
    for (size_t i = 0; i < chart->count; i += step) {
        buffer_printf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">",
                      x_of[0] + x_of[1] * (double)i, HEIGHT - 8);
        write_label(out, chart, i);
        buffer_append_str(out, STR("</text>"));
    }
    buffer_append_char(out, '\n');
}

// "22 Nov: 1,234 events", shown when pointed at.
static void write_title(struct buffer *out, const struct view_chart *chart, size_t point,
                        int64_t value, const char *what) {
    buffer_append_str(out, STR("<title>"));
    write_label(out, chart, point);
    buffer_append_str(out, STR(": "));
    view_html_integer(out, value);
    buffer_append_char(out, ' ');
    view_html_text(out, str_from_c(what));
    buffer_append_str(out, STR("</title>"));
}

static int64_t greatest(const int64_t *values, size_t count) {
    int64_t most = 0;
    for (size_t i = 0; i < count; i++) {
        most = values[i] > most ? values[i] : most;
    }
    return most;
}

void view_chart_bars(struct buffer *out, const struct view_chart *chart, const int64_t *values) {
    int64_t top = view_chart_ceiling(greatest(values, chart->count));
    begin(out, chart, top);
    double slot = (double)PLOT_WIDTH / (double)chart->count;
    double width = slot * 0.72 < 44 ? slot * 0.72 : 44;
    for (size_t i = 0; i < chart->count; i++) {
        double y = y_of(values[i], top);
        buffer_printf(out,
                      "<rect class=\"fill\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
                      "rx=\"%d\">",
                      LEFT + slot * ((double)i + 0.5) - width / 2, y, width, TOP + PLOT_HEIGHT - y,
                      width > 6 ? 2 : 0);
        write_title(out, chart, i, values[i], chart->unit);
        buffer_append_str(out, STR("</rect>\n"));
    }
    const double x_of[2] = {LEFT + slot / 2, slot};
    write_axis(out, chart, x_of);
    buffer_append_str(out, STR("</svg></section>\n"));
}

// The class of a series: its colour, and whether it is dashed.
static void write_class(struct buffer *out, const struct view_series *series, size_t which) {
    if (series->muted) {
        buffer_append_str(out, STR("muted"));
    } else {
        buffer_printf(out, "c%zu", which);
    }
}

static void write_line(struct buffer *out, const struct view_chart *chart,
                       const struct view_series *series, size_t which, int64_t top,
                       const double *x_of) {
    buffer_append_str(out, STR("<polyline class=\"line "));
    write_class(out, series, which);
    buffer_append_str(out, STR("\" points=\""));
    for (size_t i = 0; i < chart->count; i++) {
        buffer_printf(out, "%.1f,%.1f ", x_of[0] + x_of[1] * (double)i,
                      y_of(series->values[i], top));
    }
    buffer_append_str(out, STR("\"/>\n"));
    for (size_t i = 0; i < chart->count && chart->count <= DOTS_MAX; i++) {
        buffer_append_str(out, STR("<circle class=\""));
        write_class(out, series, which);
        buffer_printf(out, "\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\">", x_of[0] + x_of[1] * (double)i,
                      y_of(series->values[i], top));
        write_title(out, chart, i, series->values[i], series->name);
        buffer_append_str(out, STR("</circle>"));
    }
}

void view_chart_lines(struct buffer *out, const struct view_chart *chart,
                      const struct view_series *series, size_t count) {
    CHECK(count <= 4);
    int64_t most = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t own = greatest(series[i].values, chart->count);
        most = own > most ? own : most;
    }
    int64_t top = view_chart_ceiling(most);
    begin(out, chart, top);
    const double inset = 20; // so that the first label and dot are not cut
    const double step =
        chart->count > 1 ? (PLOT_WIDTH - 2 * inset) / (double)(chart->count - 1) : 0;
    const double x_of[2] = {LEFT + inset, step};
    for (size_t i = 0; i < count; i++) {
        write_line(out, chart, &series[i], i, top, x_of);
    }
    write_axis(out, chart, x_of);
    buffer_append_str(out, STR("</svg>\n<ul class=\"legend\">"));
    for (size_t i = 0; i < count; i++) {
        buffer_append_str(out,
                          STR("<li><svg viewBox=\"0 0 18 8\" aria-hidden=\"true\"><line class=\""));
        write_class(out, &series[i], i);
        buffer_append_str(out, STR("\" x1=\"2\" x2=\"16\" y1=\"4\" y2=\"4\"/></svg>"));
        view_html_text(out, str_from_c(series[i].name));
        buffer_append_str(out, STR("</li>"));
    }
    buffer_append_str(out, STR("</ul></section>\n"));
}
