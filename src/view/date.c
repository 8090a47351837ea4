// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Days in words, for people.
#include <stdio.h>

#include "base/clock.h"
#include "view/chart.h"

static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};
// 1970-01-01 was a Thursday.
static const char *const week_days[] = {"Thursday", "Friday",  "Saturday", "Sunday",
                                        "Monday",   "Tuesday", "Wednesday"};

void view_date_long(int32_t day, char out[48]) {
    int year = 0;
    unsigned month = 0, of_month = 0;
    clock_date_from_day(day, &year, &month, &of_month);
    snprintf(out, 48, "%s, %u %s %d", week_days[((day % 7) + 7) % 7], of_month,
             months[(month - 1) % 12], year);
}

void view_date_short(int32_t day, char out[32]) {
    int year = 0;
    unsigned month = 0, of_month = 0;
    clock_date_from_day(day, &year, &month, &of_month);
    snprintf(out, 32, "%u %.3s", of_month, months[(month - 1) % 12]);
}
