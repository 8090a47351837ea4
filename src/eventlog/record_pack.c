// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Takes raw payloads apart and puts them together: UUIDs, times and repeated keys.
#include "eventlog/record_pack.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "base/uuid.h"
#include "eventlog/record_batch.h"

#define MARK_KEY 0xFC
#define MARK_UUID 0xFD
#define MARK_TIME 0xFE
#define MARK_BYTE 0xFF // UTF-8 has none of these four: only binary values need it
#define OWN_LEAST 4
#define OWN_WITHIN 256
#define TIME_SLOTS 16
#define MINUTE_LEN 17 // "2026-11-23T06:42:"

// The last time seen behind similar text: an event has several, and each is close to its like in the event before.
struct slot {
    int64_t ms;
    int64_t minute_ms; // where the minute of text begins; of a slot without text, INT64_MIN
    char text[CLOCK_RFC3339_LEN + 1]; // as written, up to the seconds
};

struct times {
    struct slot slots[TIME_SLOTS];
};

static void times_init(struct times *times, int64_t base_timestamp) {
    for (size_t i = 0; i < TIME_SLOTS; i++) {
        times->slots[i].ms = base_timestamp;
        times->slots[i].minute_ms = INT64_MIN;
        times->slots[i].text[0] = '\0';
    }
}

// `"timestamp":"`, `"receivedAt":"`, `"sentAt":"` and `"originalTimestamp":"` get slots of their own.
static struct slot *times_slot(struct times *times, const char *value, size_t at) {
    unsigned number = 0;
    if (at >= 13) {
        const char *text = value + at;
        number = (unsigned char)text[-4] + (unsigned)(unsigned char)text[-9] +
                 3U * (unsigned char)text[-13];
    }
    return &times->slots[number % TIME_SLOTS];
}

static void slot_remember(struct slot *slot, int64_t ms, const char *text) {
    slot->ms = ms;
    slot->minute_ms = ms - (ms % 60000 + 60000) % 60000;
    memcpy(slot->text, text, CLOCK_RFC3339_LEN);
}

void record_pack_free(struct record_pack *pack) {
    buffer_free(&pack->text);
    buffer_free(&pack->times);
    buffer_free(&pack->uuids);
}

enum status record_pack_reserve(struct buffer *buffer, size_t room) {
    if (buffer->max == 0) {
        buffer_init(buffer, 4 * (size_t)RECORD_BATCH_RAW_MAX);
    }
    buffer_clear(buffer);
    return buffer_reserve(buffer, room);
}

// Offset of the first byte from MARK_KEY on, or len. Eight at a time: such a byte has its upper six bits set.
static size_t find_mark(const char *text, size_t len) {
    size_t at = 0;
    for (; at + 8 <= len; at += 8) {
        uint64_t word;
        memcpy(&word, text + at, sizeof word);
        uint64_t clear = ~word & UINT64_C(0xFCFCFCFCFCFCFCFC); // a byte of zero where a mark is
        if (((clear - UINT64_C(0x0101010101010101)) & ~clear & UINT64_C(0x8080808080808080)) != 0) {
            break;
        }
    }
    while (at < len && (unsigned char)text[at] < MARK_KEY) {
        at++;
    }
    return at;
}

// --- Apart --------------------------------------------------------------------------------------------------------

static void put_plain(struct buffer *text, const char *from, size_t len) {
    while (len > 0) {
        size_t plain = find_mark(from, len);
        buffer_append(text, from, plain);
        if (plain < len) {
            buffer_append_char(text, (char)MARK_BYTE);
            buffer_append_char(text, from[plain++]);
        }
        from += plain;
        len -= plain;
    }
}

static bool read_digits(const char *text, unsigned count, unsigned *number) {
    *number = 0;
    for (unsigned i = 0; i < count; i++) {
        unsigned digit = (unsigned)(unsigned char)text[i] - '0';
        if (digit > 9) {
            return false;
        }
        *number = 10 * *number + digit;
    }
    return true;
}

// Only what clock_format_rfc3339 writes in exactly the same way; in the minute of the time before, without the calendar.
static bool read_time(const char *text, const struct slot *slot, int64_t *ms) {
    if (text[7] != '-' || text[10] != 'T' || text[19] != '.' || text[23] != 'Z') {
        return false;
    }
    unsigned seconds = 0;
    unsigned fraction = 0;
    if (slot->minute_ms != INT64_MIN && memcmp(text, slot->text, MINUTE_LEN) == 0) {
        *ms = slot->minute_ms;
        bool read = read_digits(text + MINUTE_LEN, 2, &seconds) && seconds < 60 &&
                    read_digits(text + 20, 3, &fraction);
        *ms += (int64_t)(seconds * 1000 + fraction);
        return read;
    }
    char again[CLOCK_RFC3339_LEN + 1];
    if (!clock_parse_rfc3339(str_make(text, CLOCK_RFC3339_LEN), ms)) {
        return false;
    }
    clock_format_rfc3339(*ms, again);
    return memcmp(again, text, CLOCK_RFC3339_LEN) == 0;
}

// Everything that is taken out has a hyphen: in a UUID the first is the ninth character, in a time the fifth. at is where text begins in
// the value, from which times know what stands in front of them.
static void put_text(struct record_pack *pack, struct times *times, const char *value, size_t at,
                     size_t end) {
    size_t from = at; // what is before it is written
    for (size_t look = at; look < end;) {
        const char *hyphen = memchr(value + look, '-', end - look);
        if (hyphen == NULL) {
            break;
        }
        size_t found = (size_t)(hyphen - value);
        uint8_t uuid[UUID_BYTES];
        int64_t ms = 0;
        look = found + 1;
        if (found >= from + 8 && end - (found - 8) >= UUID_TEXT_LEN &&
            uuid_read(value + found - 8, uuid)) {
            put_plain(&pack->text, value + from, found - 8 - from);
            buffer_append_char(&pack->text, (char)MARK_UUID);
            buffer_append(&pack->uuids, uuid, sizeof uuid);
            look = from = found - 8 + UUID_TEXT_LEN;
            continue;
        }
        struct slot *slot = found < from + 4 ? NULL : times_slot(times, value, found - 4);
        if (slot != NULL && end - (found - 4) >= CLOCK_RFC3339_LEN &&
            read_time(value + found - 4, slot, &ms)) {
            put_plain(&pack->text, value + from, found - 4 - from);
            buffer_append_char(&pack->text, (char)MARK_TIME);
            bytes_put_zigzag(&pack->times, (int64_t)((uint64_t)ms - (uint64_t)slot->ms));
            slot_remember(slot, ms, value + found - 4);
            look = from = found - 4 + CLOCK_RFC3339_LEN;
        }
    }
    put_plain(&pack->text, value + from, end - from);
}

// What a key names after its project: the actor, whom the event names again.
static struct str own_part(struct str key) {
    const char *nul = key.len == 0 ? NULL : memrchr(key.data, 0, key.len);
    size_t skip = nul == NULL ? 0 : (size_t)(nul - key.data) + 1;
    return str_make(key.data + skip, key.len - skip);
}

static void put_value(struct record_pack *pack, struct times *times, struct str key,
                      struct str value) {
    struct str own = own_part(key);
    const char *found = NULL;
    if (own.len >= OWN_LEAST && value.len > 0) {
        size_t within = value.len < OWN_WITHIN ? value.len : OWN_WITHIN;
        found = memmem(value.data, within, own.data, own.len);
    }
    size_t from = 0;
    if (found != NULL) {
        size_t at = (size_t)(found - value.data);
        put_text(pack, times, value.data, 0, at);
        buffer_append_char(&pack->text, (char)MARK_KEY);
        from = at + own.len;
    }
    put_text(pack, times, value.data, from, value.len);
}

bool record_pack_encode(struct record_pack *pack, struct str raw, int64_t base_timestamp,
                        uint32_t count) {
    if (record_pack_reserve(&pack->text, raw.len) != STATUS_OK ||
        record_pack_reserve(&pack->times, raw.len / 8) != STATUS_OK ||
        record_pack_reserve(&pack->uuids, raw.len / 8) != STATUS_OK) {
        return false;
    }
    struct times times;
    times_init(&times, base_timestamp);
    for (uint32_t i = 0; i < count; i++) {
        int64_t delta = 0;
        struct str key;
        struct str value;
        if (!bytes_get_zigzag(&raw, &delta) || !bytes_get_str(&raw, &key) ||
            !bytes_get_str(&raw, &value)) {
            return false;
        }
        bytes_put_zigzag(&pack->text, delta);
        bytes_put_varint(&pack->text, key.len);
        put_text(pack, &times, key.data, 0, key.len);
        bytes_put_varint(&pack->text, value.len);
        put_value(pack, &times, key, value);
    }
    return raw.len == 0 && buffer_status(&pack->text) == STATUS_OK &&
           buffer_status(&pack->times) == STATUS_OK && buffer_status(&pack->uuids) == STATUS_OK;
}

// --- Together -----------------------------------------------------------------------------------------------------

struct unpacker {
    struct record_pack_parts parts; // what is left of them
    struct times times;
    char *to;
    size_t room; // at to
};

static bool put(struct unpacker *unpacker, const void *data, size_t len) {
    if (len > unpacker->room) {
        return false;
    }
    if (len > 0) {
        memcpy(unpacker->to, data, len);
        unpacker->to += len;
        unpacker->room -= len;
    }
    return true;
}

static bool unpack_uuid(struct unpacker *unpacker) {
    struct str *uuids = &unpacker->parts.uuids;
    if (uuids->len < UUID_BYTES) {
        return false;
    }
    char text[UUID_TEXT_LEN];
    uuid_write((const uint8_t *)uuids->data, text);
    *uuids = str_make(uuids->data + UUID_BYTES, uuids->len - UUID_BYTES);
    return put(unpacker, text, sizeof text);
}

static void put_digits(char *to, unsigned count, unsigned number) {
    while (count > 0) {
        to[--count] = (char)('0' + number % 10);
        number /= 10;
    }
}

static bool unpack_time(struct unpacker *unpacker, const char *value) {
    struct slot *slot = times_slot(&unpacker->times, value, (size_t)(unpacker->to - value));
    int64_t delta = 0;
    if (!bytes_get_zigzag(&unpacker->parts.times, &delta)) {
        return false;
    }
    int64_t ms = (int64_t)((uint64_t)slot->ms + (uint64_t)delta);
    uint64_t rest = (uint64_t)ms - (uint64_t)slot->minute_ms;
    if (slot->minute_ms != INT64_MIN && rest < 60000) {
        put_digits(slot->text + MINUTE_LEN, 2, (unsigned)rest / 1000);
        put_digits(slot->text + 20, 3, (unsigned)rest % 1000);
        slot->ms = ms;
    } else {
        char text[CLOCK_RFC3339_LEN + 1];
        int64_t again = 0;
        clock_format_rfc3339(ms, text);
        // A time that cannot be written is one that was never read.
        if (!clock_parse_rfc3339(str_make(text, CLOCK_RFC3339_LEN), &again) || again != ms) {
            return false;
        }
        slot_remember(slot, ms, text);
    }
    return put(unpacker, slot->text, CLOCK_RFC3339_LEN);
}

static bool unpack_mark(struct unpacker *unpacker, struct str own, const char *value) {
    struct str *text = &unpacker->parts.text;
    unsigned mark = (unsigned char)text->data[0];
    *text = str_make(text->data + 1, text->len - 1);
    switch (mark) {
    case MARK_KEY: return own.len > 0 && put(unpacker, own.data, own.len);
    case MARK_UUID: return unpack_uuid(unpacker);
    case MARK_TIME: return unpack_time(unpacker, value);
    default: {
        if (text->len == 0 || (unsigned char)text->data[0] < MARK_KEY ||
            !put(unpacker, text->data, 1)) {
            return false;
        }
        *text = str_make(text->data + 1, text->len - 1);
        return true;
    }
    }
}

// A key (own is empty) or a value of this length.
static bool unpack_text(struct unpacker *unpacker, struct str own, uint64_t len) {
    if (len > unpacker->room) {
        return false;
    }
    const char *value = unpacker->to;
    size_t behind = unpacker->room - (size_t)len;
    while (unpacker->room > behind) {
        struct str *text = &unpacker->parts.text;
        size_t wanted = unpacker->room - behind;
        size_t plain = find_mark(text->data, text->len < wanted ? text->len : wanted);
        if (!put(unpacker, text->data, plain)) {
            return false;
        }
        *text = str_make(text->data + plain, text->len - plain);
        if (plain < wanted && (text->len == 0 || !unpack_mark(unpacker, own, value))) {
            return false;
        }
    }
    return unpacker->room == behind;
}

static bool put_number(struct unpacker *unpacker, uint64_t number) {
    char bytes[10];
    struct buffer buffer;
    buffer_init_fixed(&buffer, bytes, sizeof bytes);
    bytes_put_varint(&buffer, number);
    return put(unpacker, bytes, buffer.len);
}

static bool unpack_number(struct unpacker *unpacker, uint64_t *number) {
    return bytes_get_varint(&unpacker->parts.text, number) && put_number(unpacker, *number);
}

static bool unpack_record(struct unpacker *unpacker) {
    uint64_t delta = 0; // zigzag, as it stays
    uint64_t key_len = 0;
    uint64_t value_len = 0;
    if (!unpack_number(unpacker, &delta) || !unpack_number(unpacker, &key_len)) {
        return false;
    }
    const char *key = unpacker->to;
    return unpack_text(unpacker, STR_EMPTY, key_len) && unpack_number(unpacker, &value_len) &&
           unpack_text(unpacker, own_part(str_make(key, (size_t)key_len)), value_len);
}

bool record_pack_decode(struct record_pack_parts parts, int64_t base_timestamp, uint32_t count,
                        char *raw, size_t raw_len) {
    struct unpacker unpacker = {.parts = parts, .to = raw, .room = raw_len};
    times_init(&unpacker.times, base_timestamp);
    for (uint32_t i = 0; i < count; i++) {
        if (!unpack_record(&unpacker)) {
            return false;
        }
    }
    return unpacker.room == 0 && unpacker.parts.text.len == 0 && unpacker.parts.times.len == 0 &&
           unpacker.parts.uuids.len == 0;
}
