// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Watching what is folded.
#include "processor/folding.h"

#include <stdio.h>

#define TAG_MASK ((UINT64_C(1) << 48) - 1)
#define CREDIT_MOST 15
#define CREDIT_BITS 8
#define LATE_EVENTS                                                                                \
    16 // that make a value frequent, for the first quarter of those that may get a row;
#define LATE_EVENTS_SHIFT 2 // four times as many for each quarter after it
#define EVENTS_MOST (LATE_EVENTS << 3 * LATE_EVENTS_SHIFT)

static void mark(struct folding *folding, unsigned number) {
    folding->changed[number / 64] |= UINT64_C(1) << number % 64;
}

static void mark_row(struct folding *folding, unsigned first) {
    for (unsigned seat = first; seat < first + FOLDING_WAYS; seat++) {
        mark(folding, FOLDING_WORDS + seat);
        mark(folding, FOLDING_WORDS + FOLDING_SEATS + seat);
    }
}

// Each bit that is new stands for as many values as come, on average, until one hits a bit that is not set yet.
static void add_one(struct folding *folding) {
    folding->estimate += UINT64_C(1000) * FOLDING_BITS / (FOLDING_BITS - folding->ones);
    folding->ones++;
}

int64_t folding_values(const struct folding *folding) {
    return (int64_t)((folding->estimate + 500) / 1000);
}

// True: the value was never folded before.
static bool set_bit(struct folding *folding, uint64_t hash) {
    unsigned bit = (unsigned)(hash % FOLDING_BITS);
    unsigned word = bit / FOLDING_WORD_BITS;
    uint64_t mask = UINT64_C(1) << bit % FOLDING_WORD_BITS;
    if ((folding->words[word] & mask) != 0) {
        return false;
    }
    int64_t before = folding_values(folding);
    folding->words[word] |= mask;
    mark(folding, word);
    add_one(folding);
    folding->new_values += (uint64_t)(folding_values(folding) - before);
    return true;
}

// To the front, and those before it one back.
static void seat_first(struct folding_seat *row, unsigned from, struct folding_seat seat) {
    for (unsigned way = from; way > 0; way--) {
        row[way] = row[way - 1];
    }
    row[0] = seat;
}

static void seat_newcomer(struct folding_seat *row, uint64_t tag) {
    for (unsigned way = FOLDING_WAYS; way > 0; way--) {
        if (row[way - 1].credit == 0) { // empty ones have none
            seat_first(row, way - 1, (struct folding_seat){tag, 1, 0});
            return;
        }
    }
    for (unsigned way = 0; way < FOLDING_WAYS; way++) {
        row[way].credit--;
    }
}

static uint32_t events_wanted(uint32_t late, uint32_t late_most) {
    uint32_t quarter = (uint32_t)((uint64_t)late * 4 / late_most);
    return (uint32_t)LATE_EVENTS << quarter * LATE_EVENTS_SHIFT;
}

// Who sits there has one event more. Returns how many, when that is enough.
static uint32_t greet(struct folding *folding, struct folding_seat *row, unsigned way,
                      uint32_t late_most) {
    struct folding_seat seat = row[way];
    seat.events += seat.events < EVENTS_MOST;
    seat.credit = (uint8_t)(seat.credit + (seat.credit < CREDIT_MOST));
    bool enough =
        folding->late < late_most && seat.events >= events_wanted(folding->late, late_most);
    if (!enough) {
        seat_first(row, way, seat);
        return 0;
    }
    for (; way + 1 < FOLDING_WAYS; way++) {
        row[way] = row[way + 1];
    }
    row[FOLDING_WAYS - 1] = (struct folding_seat){0};
    folding->late++;
    mark(folding, FOLDING_NUMBERS - 1);
    return seat.events;
}

uint32_t folding_see(struct folding *folding, uint64_t hash, uint32_t late_most) {
    uint64_t tag = (hash & TAG_MASK) != 0 ? hash & TAG_MASK : 1;
    unsigned first = (unsigned)(hash >> 48) % FOLDING_ROWS * FOLDING_WAYS;
    struct folding_seat *row = &folding->seats[first];
    uint32_t enough = 0;
    bool is_new = set_bit(folding, hash);
    unsigned way = 0;
    while (way < FOLDING_WAYS && (row[way].events == 0 || row[way].hash != tag)) {
        way++;
    }
    if (way < FOLDING_WAYS) {
        // At the most that is counted the rest is not known, so it can get no row any more.
        if (row[way].events == EVENTS_MOST) {
            row[way] = (struct folding_seat){0};
        } else {
            enough = greet(folding, row, way, late_most);
        }
        mark_row(folding, first);
    } else if (is_new) {
        seat_newcomer(row, tag);
        mark_row(folding, first);
    }
    folding->new_events += enough == 0;
    folding->dirty = true;
    return enough;
}

void folding_note(struct folding *folding, uint64_t hash) {
    (void)set_bit(folding, hash);
    folding->new_events++;
    folding->dirty = true;
}

// --- Stored form ----------------------------------------------------------------------------------------------------------

int64_t folding_number(const struct folding *folding, unsigned number) {
    if (number < FOLDING_WORDS) {
        return (int64_t)folding->words[number];
    }
    number -= FOLDING_WORDS;
    if (number < FOLDING_SEATS) {
        return folding->seats[number].events > 0 ? (int64_t)folding->seats[number].hash : 0;
    }
    number -= FOLDING_SEATS;
    if (number < FOLDING_SEATS) {
        const struct folding_seat *seat = &folding->seats[number];
        return seat->events > 0 ? (int64_t)seat->events << CREDIT_BITS | seat->credit : 0;
    }
    return folding->late;
}

bool folding_is_changed(const struct folding *folding, unsigned number) {
    return (folding->changed[number / 64] >> number % 64 & 1) != 0;
}

void folding_written(struct folding *folding) {
    memset(folding->changed, 0, sizeof folding->changed);
    folding->dirty = false;
}

void folding_name(unsigned number, char out[FOLDING_NAME]) {
    if (number < FOLDING_WORDS) {
        (void)snprintf(out, FOLDING_NAME, "bits %u", number % 1000);
    } else if (number < FOLDING_WORDS + FOLDING_SEATS) {
        (void)snprintf(out, FOLDING_NAME, "seat %u", (number - FOLDING_WORDS) % 1000);
    } else if (number < FOLDING_NUMBERS - 1) {
        (void)snprintf(out, FOLDING_NAME, "events %u",
                       (number - FOLDING_WORDS - FOLDING_SEATS) % 1000);
    } else {
        (void)snprintf(out, FOLDING_NAME, "late");
    }
}

static bool load_word(struct folding *folding, uint64_t word, uint64_t value) {
    if (word >= FOLDING_WORDS || value > TAG_MASK) {
        return false;
    }
    folding->words[word] = value;
    for (; value != 0; value &= value - 1) {
        add_one(folding);
    }
    return true;
}

static bool load_events(struct folding *folding, uint64_t seat, uint64_t value) {
    uint64_t events = value >> CREDIT_BITS, credit = value & ((1U << CREDIT_BITS) - 1);
    if (seat >= FOLDING_SEATS || events == 0 || events > EVENTS_MOST || credit > CREDIT_MOST) {
        return false;
    }
    folding->seats[seat].events = (uint32_t)events;
    folding->seats[seat].credit = (uint8_t)credit;
    return true;
}

bool folding_load(struct folding *folding, struct str name, int64_t value) {
    uint64_t number = 0;
    if (value <= 0) {
        return false;
    }
    if (str_equal(name, STR("late"))) {
        folding->late = (uint32_t)value;
        return value <= UINT32_MAX;
    }
    struct str kind = str_cut(&name, ' ');
    if (!name.data || !str_to_u64(name, &number)) {
        return false;
    }
    if (str_equal(kind, STR("bits"))) {
        return load_word(folding, number, (uint64_t)value);
    }
    if (str_equal(kind, STR("events"))) {
        return load_events(folding, number, (uint64_t)value);
    }
    if (!str_equal(kind, STR("seat")) || number >= FOLDING_SEATS || (uint64_t)value > TAG_MASK) {
        return false;
    }
    folding->seats[number].hash = (uint64_t)value;
    return true;
}
