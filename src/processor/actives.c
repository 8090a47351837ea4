// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Activity bitmaps: setting a day at either end, and finding neighbours a word at a time.
#include "processor/actives.h"

#include <stdlib.h>
#include <string.h>

void actives_free(struct actives *actives) {
    free(actives->bits);
    *actives = (struct actives){0};
}

bool actives_has(const struct actives *actives, int32_t day) {
    int64_t bit = (int64_t)day - actives->first_day;
    if (bit < 0 || bit >= (int64_t)actives->len * 8) {
        return false;
    }
    return actives->bits[bit / 8] >> (bit % 8) & 1;
}

// Whole bytes in front and behind, so that nothing has to be shifted by bits.
static enum status grow(struct actives *actives, uint32_t front, uint32_t back) {
    uint32_t len = front + actives->len + back;
    uint8_t *bits = malloc(len);
    if (!bits) {
        return STATUS_NO_MEMORY;
    }
    memset(bits, 0, len);
    if (actives->len > 0) {
        memcpy(bits + front, actives->bits, actives->len);
    }
    free(actives->bits);
    actives->bits = bits;
    actives->len = len;
    actives->first_day -= (int32_t)front * 8;
    return STATUS_OK;
}

enum status actives_set(struct actives *actives, int32_t day) {
    enum status status = STATUS_OK;
    if (actives->len == 0) {
        actives->first_day = day;
    }
    if (day < actives->first_day) {
        status = grow(actives, (uint32_t)(actives->first_day - day + 7) / 8, 0);
    } else if ((uint32_t)(day - actives->first_day) / 8 >= actives->len) {
        status = grow(actives, 0, (uint32_t)(day - actives->first_day) / 8 + 1 - actives->len);
    }
    if (status == STATUS_OK) {
        uint32_t bit = (uint32_t)(day - actives->first_day);
        actives->bits[bit / 8] |= (uint8_t)(1U << (bit % 8));
    }
    return status;
}

// 64 days beginning with `day`, as bits.
static uint64_t word_at(const struct actives *actives, int64_t bit) {
    uint64_t word = 0;
    for (int64_t i = 0; i < 9; i++) {
        int64_t byte = (bit >= 0 ? bit / 8 : -((7 - bit) / 8)) + i;
        if (byte < 0 || byte >= actives->len) {
            continue;
        }
        int64_t shift = byte * 8 - bit;
        if (shift > -8 && shift < 64) {
            uint64_t value = actives->bits[byte];
            word |= shift >= 0 ? value << shift : value >> -shift;
        }
    }
    return word;
}

int32_t actives_before(const struct actives *actives, int32_t day) {
    int64_t end = (int64_t)day - actives->first_day; // bits below end
    int64_t most = (int64_t)actives->len * 8;
    for (end = end < most ? end : most; end > 0; end -= 64) {
        uint64_t word = word_at(actives, end - 64);
        if (word) {
            return actives->first_day + (int32_t)(end - 1 - __builtin_clzll(word));
        }
    }
    return INT32_MIN;
}

int32_t actives_after(const struct actives *actives, int32_t day) {
    int64_t bit = (int64_t)day - actives->first_day + 1;
    for (bit = bit > 0 ? bit : 0; bit < (int64_t)actives->len * 8; bit += 64) {
        uint64_t word = word_at(actives, bit);
        if (word) {
            return actives->first_day + (int32_t)(bit + __builtin_ctzll(word));
        }
    }
    return INT32_MAX;
}
