// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Builds and reads keys: order-preserving parts, one after another.
#include "store/kv/keys.h"

#include "base/bytes.h"
#include "base/uuid.h"

#define SIGN64 (UINT64_C(1) << 63)
#define SIGN32 (UINT32_C(1) << 31)
#define DERIVED_HEADER 3 // table and generation
#define UUID_MARK '\0'   // no id begins with its complement: UTF-8 has no 0xFF

static void put(struct keys_key *key, const void *data, size_t len) {
    CHECK(len <= sizeof key->data - key->len);
    if (len > 0) {
        memcpy(key->data + key->len, data, len);
        key->len += len;
    }
}

static void put_big_endian(struct keys_key *key, uint64_t value, unsigned bytes) {
    char encoded[8];
    for (unsigned i = 0; i < bytes; i++) {
        encoded[i] = (char)(uint8_t)(value >> (8 * (bytes - 1 - i)));
    }
    put(key, encoded, bytes);
}

void keys_u8(struct keys_key *key, uint8_t value) {
    put(key, &value, 1);
}

void keys_u16(struct keys_key *key, uint16_t value) {
    put_big_endian(key, value, 2);
}

void keys_i32(struct keys_key *key, int32_t value) {
    put_big_endian(key, (uint32_t)value ^ SIGN32, 4);
}

void keys_u32_desc(struct keys_key *key, uint32_t value) {
    put_big_endian(key, ~value, 4);
}

void keys_i64(struct keys_key *key, int64_t value) {
    put_big_endian(key, (uint64_t)value ^ SIGN64, 8);
}

void keys_i64_desc(struct keys_key *key, int64_t value) {
    put_big_endian(key, ~((uint64_t)value ^ SIGN64), 8);
}

void keys_begin(struct keys_key *key, enum keys_table table) {
    key->len = 0;
    keys_u8(key, (uint8_t)table);
}

void keys_begin_derived(struct keys_key *key, enum keys_table table, uint16_t generation) {
    keys_begin(key, table);
    keys_u16(key, generation);
}

void keys_text(struct keys_key *key, struct str text) {
    put(key, text.data, text.len);
    put(key, "", 1);
}

void keys_tail(struct keys_key *key, struct str text) {
    put(key, text.data, text.len);
}

// The bytes of a UUID are ordered as its text is.
static bool read_uuid(struct str id, uint8_t bytes[UUID_BYTES]) {
    return id.len == UUID_TEXT_LEN && uuid_read(id.data, bytes);
}

void keys_event_id(struct keys_key *key, struct str id) {
    uint8_t uuid[UUID_BYTES];
    bool is_uuid = read_uuid(id, uuid);
    struct str bytes = is_uuid ? str_make((const char *)uuid, UUID_BYTES) : id;
    CHECK(bytes.len < sizeof key->data - key->len);
    char *to = key->data + key->len;
    if (is_uuid) {
        *to++ = UUID_MARK;
    }
    for (size_t i = 0; i < bytes.len; i++) {
        to[i] = (char)~bytes.data[i];
    }
    if (!is_uuid) {
        // The complement of the NUL that ends a text: of two texts where one begins the other, the longer comes first.
        to[bytes.len] = (char)0xFF;
    }
    key->len += bytes.len + 1;
}

int keys_compare_event_ids(struct str a, struct str b) {
    uint8_t uuid[UUID_BYTES];
    bool a_first = read_uuid(a, uuid);
    bool b_first = read_uuid(b, uuid);
    return a_first != b_first ? (a_first ? -1 : 1) : str_compare(b, a);
}

void keys_actor(struct keys_key *key, enum keys_table table, uint16_t generation,
                struct str project, struct store_actor actor) {
    keys_begin_derived(key, table, generation);
    keys_text(key, project);
    keys_u8(key, (uint8_t)actor.kind);
    keys_text(key, actor.id);
}

void keys_end_of_prefix(struct keys_key *key) {
    while (key->len > 0 && (uint8_t)key->data[key->len - 1] == 0xFF) {
        key->len--;
    }
    CHECK(key->len > 0);
    key->data[key->len - 1]++;
}

bool keys_read_text(struct str *in, struct str *text) {
    const char *end = in->len == 0 ? NULL : memchr(in->data, 0, in->len);
    if (end == NULL) {
        return false;
    }
    size_t len = (size_t)(end - in->data);
    *text = str_make(in->data, len);
    *in = str_make(end + 1, in->len - len - 1);
    return true;
}

static void write_uuid(const char *complement, char text[UUID_TEXT_LEN]) {
    uint8_t bytes[UUID_BYTES];
    for (size_t i = 0; i < UUID_BYTES; i++) {
        bytes[i] = (uint8_t)~complement[i];
    }
    uuid_write(bytes, text);
}

bool keys_read_event_id(struct str *in, struct arena *arena, struct str *id, enum status *status) {
    bool is_uuid = in->len > 0 && in->data[0] == UUID_MARK;
    const char *end = in->len == 0 ? NULL : memchr(in->data, 0xFF, in->len);
    if (is_uuid ? in->len <= UUID_BYTES : end == NULL) {
        *status = STATUS_CORRUPT;
        return false;
    }
    size_t stored = is_uuid ? UUID_BYTES : (size_t)(end - in->data);
    size_t len = is_uuid ? UUID_TEXT_LEN : stored;
    char *copy = arena_alloc(arena, len + 1);
    if (copy == NULL) {
        *status = STATUS_NO_MEMORY;
        return false;
    }
    if (is_uuid) {
        write_uuid(in->data + 1, copy);
    } else {
        for (size_t i = 0; i < len; i++) {
            copy[i] = (char)~in->data[i];
        }
    }
    copy[len] = '\0';
    *id = str_make(copy, len);
    *in = str_make(in->data + stored + 1, in->len - stored - 1);
    return true;
}

bool keys_read_u8(struct str *in, uint8_t *value) {
    return bytes_get_u8(in, value);
}

bool keys_read_u16(struct str *in, uint16_t *value) {
    return bytes_get_be16(in, value);
}

bool keys_read_i32(struct str *in, int32_t *value) {
    uint32_t raw = 0;
    if (!bytes_get_be32(in, &raw)) {
        return false;
    }
    *value = (int32_t)(raw ^ SIGN32);
    return true;
}

bool keys_read_u32_desc(struct str *in, uint32_t *value) {
    uint32_t raw = 0;
    if (!bytes_get_be32(in, &raw)) {
        return false;
    }
    *value = ~raw;
    return true;
}

bool keys_read_i64(struct str *in, int64_t *value) {
    uint64_t raw = 0;
    if (!bytes_get_be64(in, &raw)) {
        return false;
    }
    *value = (int64_t)(raw ^ SIGN64);
    return true;
}

bool keys_read_i64_desc(struct str *in, int64_t *value) {
    uint64_t raw = 0;
    if (!bytes_get_be64(in, &raw)) {
        return false;
    }
    *value = (int64_t)(~raw ^ SIGN64);
    return true;
}

size_t keys_timeline_prefix(struct str key) {
    if (key.len <= DERIVED_HEADER || (uint8_t)key.data[0] != KEYS_TIMELINE) {
        return key.len;
    }
    struct str rest = str_make(key.data + DERIVED_HEADER, key.len - DERIVED_HEADER);
    struct str part;
    uint8_t kind = 0;
    if (!keys_read_text(&rest, &part) || !keys_read_u8(&rest, &kind) ||
        !keys_read_text(&rest, &part)) {
        return key.len;
    }
    return key.len - rest.len;
}

bool keys_timeline_time(struct str key, int64_t *timestamp_ms) {
    size_t prefix = keys_timeline_prefix(key);
    struct str rest = str_make(key.data + prefix, key.len - prefix);
    return keys_read_i64_desc(&rest, timestamp_ms);
}
