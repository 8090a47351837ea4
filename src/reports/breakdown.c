// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Choosing rows of a breakdown.
#include "reports/breakdown.h"

static const struct str metric_names[] = {
#define X(symbol, number, name, what) [number] = STR_INIT(name),
    STORE_METRIC_LIST(X)
#undef X
};

// What stands behind the prefix; data NULL: text does not begin with it.
static struct str behind(struct str text, struct str prefix) {
    return str_starts_with(text, prefix) ? str_make(text.data + prefix.len, text.len - prefix.len)
                                         : STR_EMPTY;
}

bool reports_breakdown_declared(const struct reports *reports, struct str by, struct str *name) {
    *name = behind(by, REPORTS_DECLARED);
    for (size_t i = 0; name->data && i < reports->config.dimension_count; i++) {
        if (str_equal(reports->config.dimensions[i], *name)) {
            return true;
        }
    }
    return false;
}

struct str reports_breakdown_names(const struct reports *reports, struct arena *arena) {
    struct str list = reports->config.dimension_count > 0 ? STR("") : STR("none");
    for (size_t i = 0; i < reports->config.dimension_count; i++) {
        list = arena_printf(arena, "%.*s%s%.*s", STR_ARG(list), i > 0 ? ", " : "",
                            STR_ARG(reports->config.dimensions[i]));
    }
    return list;
}

// Whether a row of FOLDED is about this breakdown.
static bool is_about(struct str folded, enum store_metric metric, struct str declared) {
    return declared.data ? str_equal(behind(folded, REPORTS_DECLARED), declared)
                         : str_equal(folded, metric_names[metric]);
}

// A row's value without the dimension's name before it; data NULL: another dimension's.
static struct str value_of(const struct store_total *row, struct str declared) {
    if (!declared.data) {
        return row->value;
    }
    struct str rest = behind(row->value, declared);
    return rest.len > 0 && rest.data[0] == '=' ? str_make(rest.data + 1, rest.len - 1) : STR_EMPTY;
}

enum status reports_breakdown_make(struct arena *arena, struct reports_rows rows,
                                   enum store_metric metric, struct str declared,
                                   struct reports_breakdown *out) {
    struct store_total *kept = arena_alloc_array(arena, rows.count + 1, sizeof *kept);
    if (!kept) {
        return STATUS_NO_MEMORY;
    }
    *out = (struct reports_breakdown){.rows = {kept, 0}};
    for (size_t i = 0; i < rows.count; i++) {
        const struct store_total *row = &rows.rows[i];
        if (row->metric == STORE_METRIC_FOLDED) {
            out->other_values += is_about(row->value, metric, declared) ? row->amount : 0;
            continue;
        }
        struct str value = row->metric == metric ? value_of(row, declared) : STR_EMPTY;
        if (!value.data) {
            continue;
        }
        kept[out->rows.count] = *row;
        kept[out->rows.count++].value = value;
        out->other += str_equal(value, REPORTS_OTHER) ? row->amount : 0;
    }
    return STATUS_OK;
}
