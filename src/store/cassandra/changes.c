// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The statements of a batch in one buffer, which is the journal's content as well: what is recovered is what would have been written.
//
//   number (1 byte; 0: taken back) | count of values (be16) | length (be32) | values as the protocol has them
#include <stdlib.h>

#include "base/bytes.h"
#include "store/cassandra/cassandra.h"

#define HEADER 7
#define VALUE_HEADER 4
#define STAMP_BYTES (VALUE_HEADER + 8)
#define SLOTS_FIRST 1024

// Two rows with one timestamp must not meet: Cassandra would keep the greater value of each column, and not the later one. So a later
// change takes the place of an earlier one of the same row.
struct changes_slot {
    uint64_t hash; // 0: empty
    size_t at;     // of the change
};

void changes_init(struct changes *changes) {
    *changes = (struct changes){0};
    buffer_init(&changes->bytes, CASSANDRA_BATCH_MAX);
}

void changes_free(struct changes *changes) {
    buffer_free(&changes->bytes);
    free(changes->slots);
}

static bool stamp_first(enum statement statement) {
    enum statement_stamp stamp = statement_layouts[statement].stamp;
    return stamp == STATEMENT_STAMP_FIRST || stamp == STATEMENT_STAMP_BEFORE ||
           stamp == STATEMENT_STAMP_OWN_FIRST;
}

static void put_be32(char *at, uint32_t value) {
    for (unsigned i = 0; i < 4; i++) {
        at[i] = (char)(uint8_t)(value >> (24 - 8 * i));
    }
}

static void put_be64(char *at, uint64_t value) {
    put_be32(at, (uint32_t)(value >> 32));
    put_be32(at + 4, (uint32_t)value);
}

struct cql_values *changes_begin(struct changes *changes, enum statement statement) {
    changes->statement = statement;
    changes->at = changes->bytes.len;
    bytes_put_u8(&changes->bytes, (uint8_t)statement);
    bytes_put_be16(&changes->bytes, 0);
    bytes_put_be32(&changes->bytes, 0);
    cql_values_begin(&changes->values, &changes->bytes);
    if (stamp_first(statement) && statement_layouts[statement].stamp != STATEMENT_STAMP_OWN_FIRST) {
        cql_bind_bigint(&changes->values, 0);
    }
    return &changes->values;
}

// The first `columns` values; false when they are not there.
static bool key_of(struct str values, unsigned columns, struct str *key) {
    struct str rest = values;
    for (unsigned i = 0; i < columns; i++) {
        uint32_t len = 0;
        if (!bytes_get_be32(&rest, &len) || len > rest.len) {
            return false;
        }
        rest = str_make(rest.data + len, rest.len - len);
    }
    *key = str_make(values.data, values.len - rest.len);
    return true;
}

static bool change_key(enum statement statement, struct str values, unsigned columns,
                       struct str *key) {
    size_t skip = stamp_first(statement) ? STAMP_BYTES : 0;
    return values.len >= skip &&
           key_of(str_make(values.data + skip, values.len - skip), columns, key);
}

// The change that begins at `at`, and where the next one begins.
static bool change_at(struct str in, size_t at, uint8_t *number, uint16_t *count,
                      struct str *values, size_t *next) {
    struct str rest = str_make(in.data + at, in.len - at);
    uint32_t len = 0;
    if (!bytes_get_u8(&rest, number) || !bytes_get_be16(&rest, count) ||
        !bytes_get_be32(&rest, &len) || len > rest.len) {
        return false;
    }
    *values = str_make(rest.data, len);
    *next = at + HEADER + len;
    return true;
}

static bool same_row(const struct changes *changes, size_t at, enum statement_table table,
                     struct str key) {
    uint8_t number = 0;
    uint16_t count = 0;
    struct str values;
    struct str other;
    size_t next = 0;
    return change_at(buffer_str(&changes->bytes), at, &number, &count, &values, &next) &&
           statement_layouts[number].table == table &&
           change_key((enum statement)number, values, statement_layouts[number].primary_key,
                      &other) &&
           str_equal(key, other);
}

static enum status grow(struct changes *changes) {
    size_t count = changes->slot_count == 0 ? SLOTS_FIRST : changes->slot_count * 2;
    struct changes_slot *slots = calloc(count, sizeof *slots);
    if (slots == NULL) {
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < changes->slot_count; i++) {
        struct changes_slot slot = changes->slots[i];
        if (slot.hash != 0) {
            size_t to = slot.hash & (count - 1);
            while (slots[to].hash != 0) {
                to = (to + 1) & (count - 1);
            }
            slots[to] = slot;
        }
    }
    free(changes->slots);
    changes->slots = slots;
    changes->slot_count = count;
    return STATUS_OK;
}

// Notes the change as the one that stands for its row, and takes back the one before.
static enum status note(struct changes *changes, struct str key) {
    enum statement_table table = statement_layouts[changes->statement].table;
    if (changes->used * 4 >= changes->slot_count * 3) {
        enum status status = grow(changes);
        if (status != STATUS_OK) {
            return status;
        }
    }
    uint64_t hash = str_hash(key, (uint64_t)table) | 1;
    size_t slot = hash & (changes->slot_count - 1);
    while (changes->slots[slot].hash != 0) {
        struct changes_slot *found = &changes->slots[slot];
        if (found->hash == hash && same_row(changes, found->at, table, key)) {
            changes->bytes.data[found->at] = STATEMENT_NONE;
            found->at = changes->at;
            return STATUS_OK;
        }
        slot = (slot + 1) & (changes->slot_count - 1);
    }
    changes->slots[slot] = (struct changes_slot){hash, changes->at};
    changes->used++;
    return STATUS_OK;
}

enum status changes_end(struct changes *changes) {
    const struct statement_layout *layout = &statement_layouts[changes->statement];
    if (layout->stamp == STATEMENT_STAMP_LAST) {
        cql_bind_bigint(&changes->values, 0);
    }
    if (buffer_status(&changes->bytes) != STATUS_OK) {
        return buffer_status(&changes->bytes);
    }
    struct str values = cql_values_bytes(&changes->values);
    char *header = changes->bytes.data + changes->at;
    header[1] = (char)(uint8_t)(changes->values.count >> 8);
    header[2] = (char)(uint8_t)changes->values.count;
    put_be32(header + 3, (uint32_t)values.len);
    struct str key;
    if (layout->table == STATEMENT_TABLE_NONE) {
        return STATUS_OK;
    }
    if (!change_key(changes->statement, values, layout->primary_key, &key)) {
        return STATUS_INVALID;
    }
    return note(changes, key);
}

void changes_drop(struct changes *changes, enum statement statement,
                  bool (*drop)(struct str values, void *context), void *context) {
    uint8_t number = 0;
    uint16_t count = 0;
    struct str values;
    size_t next = 0;
    for (size_t at = 0; at < changes->bytes.len; at = next) {
        if (!change_at(buffer_str(&changes->bytes), at, &number, &count, &values, &next)) {
            return;
        }
        if (number == statement && drop(values, context)) {
            // Its slot stays: a later put of the same row takes back what is taken back already.
            changes->bytes.data[at] = STATEMENT_NONE;
        }
    }
}

void changes_stamp(struct changes *changes, int64_t stamp) {
    uint8_t number = 0;
    uint16_t count = 0;
    struct str values;
    size_t next = 0;
    for (size_t at = 0; at < changes->bytes.len; at = next) {
        if (!change_at(buffer_str(&changes->bytes), at, &number, &count, &values, &next)) {
            return;
        }
        char *begin = changes->bytes.data + at + HEADER;
        switch (statement_layouts[number].stamp) {
        case STATEMENT_STAMP_LAST:
            if (number != STATEMENT_NONE) {
                put_be64(begin + values.len - 8, (uint64_t)stamp);
            }
            break;
        case STATEMENT_STAMP_FIRST: put_be64(begin + VALUE_HEADER, (uint64_t)stamp); break;
        case STATEMENT_STAMP_BEFORE: put_be64(begin + VALUE_HEADER, (uint64_t)stamp - 1); break;
        case STATEMENT_STAMP_OWN:
        case STATEMENT_STAMP_OWN_FIRST: break;
        }
    }
}

// Appends it with another second value.
static enum status move_one(struct changes *changes, size_t at, uint16_t count, struct str kind) {
    struct str old;
    uint8_t number = 0;
    size_t next = 0;
    struct str project;
    struct str both;
    if (!change_at(buffer_str(&changes->bytes), at, &number, &count, &old, &next) ||
        !key_of(old, 1, &project) || !key_of(old, 2, &both)) {
        return STATUS_CORRUPT;
    }
    size_t from = (size_t)(old.data - changes->bytes.data);
    enum status status = buffer_reserve(&changes->bytes, old.len + kind.len + HEADER);
    if (status != STATUS_OK) {
        return status;
    }
    struct cql_values *values = changes_begin(changes, (enum statement)number);
    buffer_append(&changes->bytes, changes->bytes.data + from, project.len);
    cql_bind_text(values, kind);
    buffer_append(&changes->bytes, changes->bytes.data + from + both.len, old.len - both.len);
    values->count = count;
    changes->bytes.data[at] = STATEMENT_NONE;
    return changes_end(changes);
}

enum status changes_move(struct changes *changes, enum statement statement,
                         struct str partition_key, struct str kind) {
    size_t end = changes->bytes.len; // what is moved is appended
    size_t next = 0;
    enum status status = STATUS_OK;
    for (size_t at = 0; at < end && status == STATUS_OK; at = next) {
        uint8_t number = 0;
        uint16_t count = 0;
        struct str values;
        struct str key;
        if (!change_at(buffer_str(&changes->bytes), at, &number, &count, &values, &next)) {
            return STATUS_CORRUPT;
        }
        if (number == statement &&
            change_key(statement, values, statement_layouts[statement].partition_key, &key) &&
            str_equal(key, partition_key)) {
            status = move_one(changes, at, count, kind);
        }
    }
    return status;
}

enum status changes_next(struct str *in, struct change *out) {
    uint8_t number = STATEMENT_NONE;
    while (number == STATEMENT_NONE) {
        if (in->len == 0) {
            return STATUS_END;
        }
        size_t next = 0;
        if (!change_at(*in, 0, &number, &out->value_count, &out->values, &next)) {
            return STATUS_CORRUPT;
        }
        *in = str_make(in->data + next, in->len - next);
    }
    out->statement = (enum statement)number;
    bool known = number < STATEMENT_LAST_CHANGE &&
                 change_key(out->statement, out->values, statement_layouts[number].partition_key,
                            &out->partition_key);
    return known ? STATUS_OK : STATUS_CORRUPT;
}
