// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Reads a rate as people write it.
#include "limit/rate.h"

#define SECOND_NS INT64_C(1000000000)
// A fourth of what 64 bits hold: a bucket's time is added to the time of now.
#define FULL_NS_MAX (INT64_MAX / 4)

static int64_t unit_ns(struct str unit) {
    static const struct {
        struct str name;
        int64_t ns;
    } units[] = {
        {STR_INIT("s"), SECOND_NS},
        {STR_INIT("m"), 60 * SECOND_NS},
        {STR_INIT("h"), 3600 * SECOND_NS},
        {STR_INIT("d"), 86400 * SECOND_NS},
    };
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (str_equal(unit, units[i].name)) {
            return units[i].ns;
        }
    }
    return 0;
}

static enum status wrong(struct str text, struct error *err) {
    return error_set(err, STATUS_INVALID,
                     "\"%.*s\": a rate is needed, like 100/s, 30/m burst 60, or none",
                     STR_ARG(text));
}

static bool read_burst(struct str rest, uint64_t *burst) {
    rest = str_trim(rest);
    if (rest.len == 0) {
        return true;
    }
    struct str word = str_cut(&rest, ' ');
    return str_equal(word, STR("burst")) && str_to_u64(str_trim(rest), burst);
}

enum status limit_rate_parse(struct str text, struct limit_rate *out, struct error *err) {
    struct str rest = str_trim(text);
    if (str_equal(rest, STR("none")) || str_equal(rest, STR("0"))) {
        *out = (struct limit_rate){0};
        return STATUS_OK;
    }
    uint64_t amount = 0;
    struct str number = str_cut(&rest, '/');
    if (!rest.data || !str_to_u64(number, &amount)) {
        return wrong(text, err);
    }
    int64_t unit = unit_ns(str_cut(&rest, ' '));
    uint64_t burst = amount;
    if (unit == 0 || !read_burst(rest, &burst) || amount == 0 || amount > (uint64_t)unit ||
        burst == 0 || burst > UINT32_MAX) {
        return wrong(text, err);
    }
    int64_t interval = unit / (int64_t)amount;
    if ((int64_t)burst > FULL_NS_MAX / interval) {
        return error_set(err, STATUS_INVALID, "\"%.*s\": the burst is too large for the rate",
                         STR_ARG(text));
    }
    *out = (struct limit_rate){interval, (uint32_t)burst};
    return STATUS_OK;
}
