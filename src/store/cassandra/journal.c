// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A batch's content, written before it is decided: whoever finds it decided can finish it.
//
// Each chunk is compressed for itself: be32 of its own length, then an LZ4 block. A small journal travels in the row that decides.
#include <lz4.h>

#include "base/bytes.h"
#include "store/cassandra/cassandra.h"

#define CHUNK_BYTES ((size_t)256 << 10)
#define INLINE_BYTES                                                                               \
    ((size_t)16 << 10) // compressed; a conditional write is copied more often than others
#define CHUNKS_UNDER_WAY 8

// The content from *at on, at most a chunk of it.
static enum status compress(struct str content, size_t *at, struct arena *arena, struct str *out) {
    size_t left = content.len - *at;
    int raw = (int)(left < CHUNK_BYTES ? left : CHUNK_BYTES);
    int bound = LZ4_compressBound(raw);
    char *data = arena_alloc(arena, (size_t)bound + 4);
    if (data == NULL) {
        return STATUS_NO_MEMORY;
    }
    int len = LZ4_compress_default(content.data + *at, data + 4, raw, bound);
    for (unsigned i = 0; i < 4; i++) {
        data[i] = (char)(uint8_t)((uint32_t)raw >> (24 - 8 * i));
    }
    *at += (size_t)raw;
    *out = str_make(data, (size_t)len + 4);
    return len > 0 ? STATUS_OK : STATUS_CORRUPT;
}

static enum status decompress(struct str in, char *out, size_t room, size_t *len) {
    uint32_t raw = 0;
    if (!bytes_get_be32(&in, &raw) || raw > room || raw > CHUNK_BYTES ||
        in.len > (size_t)LZ4_compressBound((int)CHUNK_BYTES)) {
        return STATUS_CORRUPT;
    }
    int got = LZ4_decompress_safe(in.data, out, (int)in.len, (int)raw);
    *len = raw;
    return got == (int)raw ? STATUS_OK : STATUS_CORRUPT;
}

static void bind_name(struct cql_values *values, const struct cassandra_journal *journal) {
    cql_bind_bigint(values, journal->epoch);
    cql_bind_int(values, (int32_t)journal->partition);
    cql_bind_uuid(values, journal->writer);
    cql_bind_bigint(values, journal->number);
}

static enum status send_chunk(struct cassandra_flight *flight,
                              const struct cassandra_journal *journal, int32_t chunk,
                              struct str data, struct arena *arena) {
    size_t room = data.len + 128;
    char *memory = arena_alloc(arena, room);
    if (memory == NULL) {
        return STATUS_NO_MEMORY;
    }
    struct buffer buffer;
    struct cql_values values;
    buffer_init_fixed(&buffer, memory, room);
    cql_values_begin(&values, &buffer);
    bind_name(&values, journal);
    cql_bind_int(&values, chunk);
    cql_bind_blob(&values, data);
    cql_bind_bigint(&values, journal->number);
    if (buffer_status(&buffer) == STATUS_OK) {
        cassandra_flight_send(flight, STATEMENT_JOURNAL_PUT, cql_values_bytes(&values),
                              values.count);
    }
    return buffer_status(&buffer);
}

static enum status write_chunks(struct cassandra_store *store, struct cassandra_journal *journal,
                                struct str content, struct str first, size_t at,
                                struct arena *arena) {
    struct cassandra_flight flight;
    enum status status = cassandra_flight_init(&flight, store, CHUNKS_UNDER_WAY, arena);
    if (status != STATUS_OK) {
        return status;
    }
    struct str data = first;
    journal->chunks = 0;
    while (status == STATUS_OK) {
        status = send_chunk(&flight, journal, journal->chunks, data, arena);
        journal->chunks++;
        if (status != STATUS_OK || at >= content.len) {
            break;
        }
        status = compress(content, &at, arena, &data);
    }
    enum status finished = cassandra_flight_finish(&flight);
    return status == STATUS_OK ? finished : status;
}

enum status cassandra_journal_write(struct cassandra_store *store,
                                    struct cassandra_journal *journal, struct str content,
                                    struct arena *arena) {
    journal->chunks = 0;
    journal->bytes = (int32_t)content.len;
    journal->checksum = (int32_t)bytes_crc32c(content.data, content.len);
    journal->inline_ = STR("");
    if (content.len == 0) {
        return STATUS_OK;
    }
    size_t at = 0;
    struct str first = STR_EMPTY;
    enum status status = compress(content, &at, arena, &first);
    if (status == STATUS_OK && at == content.len && first.len <= INLINE_BYTES) {
        journal->inline_ = first;
    } else if (status == STATUS_OK) {
        status = write_chunks(store, journal, content, first, at, arena);
    }
    return status;
}

struct reading {
    struct cassandra_read read;
    char *out;
    size_t len, room;
    int32_t chunks;
};

static enum status take_chunk(struct cassandra_read *read, const struct cql_value *columns) {
    struct reading *reading = read->context;
    int32_t chunk = 0;
    size_t len = 0;
    enum status status = cql_get_int(columns[0], &chunk);
    if (status == STATUS_OK && chunk != reading->chunks) {
        return STATUS_NOT_FOUND; // one before it is gone
    }
    if (status == STATUS_OK) {
        status = decompress(columns[1].bytes, reading->out + reading->len,
                            reading->room - reading->len, &len);
    }
    reading->len += len;
    reading->chunks++;
    return status;
}

static enum status read_chunks(struct cassandra_store *store,
                               const struct cassandra_journal *journal, struct arena *arena,
                               struct reading *reading) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    bind_name(values, journal);
    enum status status =
        cassandra_read_make(&reading->read, STATEMENT_JOURNAL_GET, values, 2, arena);
    if (status != STATUS_OK) {
        return status;
    }
    reading->read.row = take_chunk;
    reading->read.context = reading;
    reading->read.page_rows = 4;
    status = cassandra_read_many(store, &reading->read, 1);
    return status == STATUS_OK && reading->chunks != journal->chunks ? STATUS_NOT_FOUND : status;
}

enum status cassandra_journal_read(struct cassandra_store *store,
                                   const struct cassandra_journal *journal, struct arena *arena,
                                   struct str *content) {
    *content = STR_EMPTY;
    if (journal->bytes == 0) {
        return STATUS_OK;
    }
    if (journal->bytes < 0 || (size_t)journal->bytes > CASSANDRA_BATCH_MAX) {
        return STATUS_CORRUPT;
    }
    struct reading reading = {.room = (size_t)journal->bytes};
    reading.out = arena_alloc(arena, reading.room);
    if (reading.out == NULL) {
        return STATUS_NO_MEMORY;
    }
    enum status status = journal->chunks == 0
                             ? decompress(journal->inline_, reading.out, reading.room, &reading.len)
                             : read_chunks(store, journal, arena, &reading);
    if (status == STATUS_OK &&
        (reading.len != reading.room ||
         (int32_t)bytes_crc32c(reading.out, reading.len) != journal->checksum)) {
        status = STATUS_CORRUPT;
    }
    *content = str_make(reading.out, reading.len);
    return status;
}

// The rows of a writer's batches have its numbers for timestamps: those with higher ones stay.
enum status cassandra_journal_remove(struct cassandra_store *store, int64_t epoch,
                                     unsigned partition, const uint8_t writer[CASSANDRA_ID_BYTES],
                                     int64_t number) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    cql_bind_bigint(values, number);
    cql_bind_bigint(values, epoch);
    cql_bind_int(values, (int32_t)partition);
    cql_bind_uuid(values, writer);
    return cassandra_run(store, STATEMENT_JOURNAL_REMOVE, values, NULL, NULL);
}
