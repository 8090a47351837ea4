// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Reads the bytes of a TZif file (RFC 8536, and RFC 9636 for version 4) and the POSIX TZ string behind them.
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/timezone.h"
#include "base/timezone_private.h"

#define OFFSET_LIMIT                                                                               \
    (INT64_C(26) * 3600) // RFC 8536, 3.2: utoff is more than -25 and less than 26 hours

struct header {
    uint8_t version;
    uint32_t ut_count;
    uint32_t standard_count;
    uint32_t leap_count;
    uint32_t time_count;
    uint32_t type_count;
    uint32_t char_count;
};

static bool skip(struct str *in, uint64_t n) {
    if (n > in->len) {
        return false;
    }
    *in = str_make(in->data + n, in->len - (size_t)n);
    return true;
}

static bool get_header(struct str *in, struct header *header) {
    return str_starts_with(*in, STR("TZif")) && skip(in, 4) && bytes_get_u8(in, &header->version) &&
           skip(in, 15) && bytes_get_be32(in, &header->ut_count) &&
           bytes_get_be32(in, &header->standard_count) && bytes_get_be32(in, &header->leap_count) &&
           bytes_get_be32(in, &header->time_count) && bytes_get_be32(in, &header->type_count) &&
           bytes_get_be32(in, &header->char_count);
}

// Size of the block behind a header, whose times have that many bytes.
static uint64_t block_size(const struct header *header, uint64_t time_size) {
    return header->time_count * (time_size + 1) + header->type_count * UINT64_C(6) +
           header->char_count + header->leap_count * (time_size + 4) + header->standard_count +
           header->ut_count;
}

static bool get_time(struct str *in, uint64_t time_size, int64_t *out) {
    if (time_size == 8) {
        uint64_t wide = 0;
        bool there = bytes_get_be64(in, &wide);
        *out = (int64_t)wide;
        return there;
    }
    uint32_t narrow = 0;
    bool there = bytes_get_be32(in, &narrow);
    *out = (int32_t)narrow;
    return there;
}

static bool get_type(struct str types, uint32_t index, int32_t *offset) {
    uint32_t raw = 0;
    if (!skip(&types, index * UINT64_C(6)) || !bytes_get_be32(&types, &raw)) {
        return false;
    }
    *offset = (int32_t)raw;
    return *offset > -OFFSET_LIMIT && *offset < OFFSET_LIMIT;
}

// Transitions and their offsets; rules->times and offsets have room. *in is moved behind the block.
static bool get_block(struct str *in, const struct header *header, uint64_t time_size,
                      struct timezone_rules *rules) {
    struct str times = *in;
    if (!skip(in, block_size(header, time_size))) {
        return false;
    }
    struct str indexes = times;
    struct str types = times;
    if (!skip(&indexes, header->time_count * time_size) ||
        !skip(&types, header->time_count * (time_size + 1)) || !get_type(types, 0, &rules->first)) {
        return false;
    }
    for (uint32_t i = 0; i < header->time_count; i++) {
        uint8_t index = 0;
        if (!get_time(&times, time_size, &rules->times[i]) || !bytes_get_u8(&indexes, &index) ||
            index >= header->type_count || !get_type(types, index, &rules->offsets[i]) ||
            (i > 0 && rules->times[i] <= rules->times[i - 1])) {
            return false;
        }
    }
    rules->count = header->time_count;
    return true;
}

// ---- POSIX TZ: "CET-1CEST,M3.5.0,M10.5.0/3" ------------------------------------------------------

static bool take_char(struct str *in, char c) {
    return in->len > 0 && in->data[0] == c && skip(in, 1);
}

static bool take_number(struct str *in, int min, int max, int *out) {
    int value = 0;
    size_t digits = 0;
    for (; digits < in->len && digits < 4 && in->data[digits] >= '0' && in->data[digits] <= '9';
         digits++) {
        value = value * 10 + (in->data[digits] - '0');
    }
    *out = value;
    return digits > 0 && value >= min && value <= max && skip(in, digits);
}

// "-1", "5:30", "+167:59:59"
static bool take_seconds(struct str *in, int max_hours, int32_t *out) {
    bool negative = take_char(in, '-');
    if (!negative) {
        (void)take_char(in, '+');
    }
    int hours = 0;
    int minutes = 0;
    int seconds = 0;
    if (!take_number(in, 0, max_hours, &hours) ||
        (take_char(in, ':') && (!take_number(in, 0, 59, &minutes) ||
                                (take_char(in, ':') && !take_number(in, 0, 59, &seconds))))) {
        return false;
    }
    int32_t sum = hours * 3600 + minutes * 60 + seconds;
    *out = negative ? -sum : sum;
    return true;
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// "CET" or "<+0330>": needed by nobody here, but it must be one.
static bool take_name(struct str *in) {
    size_t len = 0;
    if (take_char(in, '<')) {
        while (len < in->len &&
               (is_letter(in->data[len]) || in->data[len] == '+' || in->data[len] == '-' ||
                (in->data[len] >= '0' && in->data[len] <= '9'))) {
            len++;
        }
        return len >= 3 && skip(in, len) && take_char(in, '>');
    }
    while (len < in->len && is_letter(in->data[len])) {
        len++;
    }
    return len >= 3 && skip(in, len);
}

static bool take_change(struct str *in, struct timezone_change *change) {
    if (!take_char(in, ',')) {
        return false;
    }
    bool there = false;
    if (take_char(in, 'M')) {
        change->type = TIMEZONE_CHANGE_WEEKDAY;
        there = take_number(in, 1, 12, &change->month) && take_char(in, '.') &&
                take_number(in, 1, 5, &change->week) && take_char(in, '.') &&
                take_number(in, 0, 6, &change->day);
    } else if (take_char(in, 'J')) {
        change->type = TIMEZONE_CHANGE_JULIAN;
        there = take_number(in, 1, 365, &change->day);
    } else {
        change->type = TIMEZONE_CHANGE_ORDINAL;
        there = take_number(in, 0, 365, &change->day);
    }
    change->seconds = 2 * 3600;
    return there && (!take_char(in, '/') || take_seconds(in, 167, &change->seconds));
}

static bool parse_footer(struct str in, struct timezone_footer *footer) {
    if (in.len == 0) {
        return true; // allowed: behind the table nothing is known, the last offset goes on
    }
    int32_t west = 0;
    if (!take_name(&in) || !take_seconds(&in, 24, &west)) {
        return false;
    }
    footer->present = true;
    footer->standard = -west; // POSIX counts west of Greenwich
    if (in.len == 0) {
        return true;
    }
    if (!take_name(&in)) {
        return false;
    }
    footer->has_dst = true;
    footer->dst = footer->standard + 3600;
    if (in.len > 0 && in.data[0] != ',') {
        if (!take_seconds(&in, 24, &west)) {
            return false;
        }
        footer->dst = -west;
    }
    return take_change(&in, &footer->start) && take_change(&in, &footer->end) && in.len == 0;
}

// ---- the file ------------------------------------------------------------------------------------

static bool make_room(struct timezone_rules *rules, size_t count) {
    rules->times = calloc(count + 1, sizeof *rules->times);
    rules->offsets = calloc(count + 1, sizeof *rules->offsets);
    return rules->times != NULL && rules->offsets != NULL;
}

static enum status corrupt(struct error *err, const char *what) {
    return error_set(err, STATUS_CORRUPT, "not a valid time zone file: %s", what);
}

static enum status parse_into(struct timezone_rules *rules, struct str file, struct error *err) {
    struct header header;
    if (!get_header(&file, &header)) {
        return corrupt(err, "its header is missing or cut short");
    }
    uint64_t time_size = 4;
    if (header.version != 0) {
        // The first block repeats the second in 32 bits, for readers from before 2005.
        if (!skip(&file, block_size(&header, 4)) || !get_header(&file, &header)) {
            return corrupt(err, "its second header is missing or cut short");
        }
        time_size = 8;
    }
    if (header.leap_count != 0) {
        return error_set(err, STATUS_UNSUPPORTED,
                         "the zone counts leap seconds, our clock does not");
    }
    if (block_size(&header, time_size) > file.len) {
        return corrupt(err, "it is cut short");
    }
    if (!make_room(rules, header.time_count)) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    if (!get_block(&file, &header, time_size, rules)) {
        return corrupt(err, "its transitions make no sense");
    }
    if (time_size == 4) {
        return STATUS_OK;
    }
    if (!take_char(&file, '\n') || memchr(file.data, '\n', file.len) == NULL) {
        return corrupt(err, "its footer is missing");
    }
    if (!parse_footer(str_cut(&file, '\n'), &rules->footer)) {
        return corrupt(err, "its footer is no POSIX TZ string");
    }
    return STATUS_OK;
}

enum status timezone_parse(struct str file, struct timezone_rules **out, struct error *err) {
    *out = NULL;
    struct timezone_rules *rules = calloc(1, sizeof *rules);
    if (rules == NULL) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    enum status status = parse_into(rules, file, err);
    if (status != STATUS_OK) {
        timezone_free(rules);
        return status;
    }
    *out = rules;
    return STATUS_OK;
}
