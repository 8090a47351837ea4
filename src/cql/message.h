// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Messages of the native protocol v4 (section 4): bodies of requests written, bodies of replies read. RESULT with rows is result.h's.
//
// Encoders append a body to a buffer, between cql_frame_begin and cql_frame_end (frame.h); what fails sticks to the buffer.
//
// Decoders fill a struct with slices of the body, allocate nothing, and look at every length before they believe it. They give OK, or
// CORRUPT with a sentence when the body ends too early, has a count that cannot be, or says something unknown where there must
// not be. Bytes behind a message are ignored, so that a server may add to it.
//
//   cql_reply_open ─→ opcode ERROR ─→ cql_decode_error        AUTHENTICATE ─→ cql_decode_authenticate
//                     EVENT ─→ cql_decode_event               AUTH_CHALLENGE, AUTH_SUCCESS ─→ cql_decode_auth_token
//                     SUPPORTED ─→ cql_decode_supported       READY: nothing
//                     RESULT ─→ cql_result_make (result.h), or cql_decode_prepared
// Any thread; nothing here has state.
#ifndef FOOTFALL_CQL_MESSAGE_H
#define FOOTFALL_CQL_MESSAGE_H

#include "base/error.h"
#include "cql/cql.h"
#include "cql/frame.h"
#include "cql/notation.h"

// --- Requests -----------------------------------------------------------------------------------------------------
void cql_encode_startup(struct buffer *out, bool lz4, struct str driver_version);
void cql_encode_options(struct buffer *out); // an empty body
void cql_encode_auth_plain(struct buffer *out, struct str username,
                           struct str password); // AUTH_RESPONSE, SASL PLAIN (RFC 4616)
void cql_encode_register(struct buffer *out);    // topology, status and schema changes
void cql_encode_prepare(struct buffer *out, struct str text);

// What QUERY and EXECUTE have in common (section 4.1.4). Skip_metadata is never asked for: after an ALTER TABLE the metadata of the time of
// preparing would misread rows.
struct cql_query_options {
    enum cql_consistency consistency;
    enum cql_consistency serial_consistency; // 0: not sent, which means SERIAL
    struct str values;                       // cql_values_bytes
    uint16_t value_count;
    int32_t page_size;       // 0: not sent, everything in one reply
    struct str paging_state; // data NULL: not sent
};
void cql_encode_query(struct buffer *out, struct str text, const struct cql_query_options *options);
void cql_encode_execute(struct buffer *out, struct str id, const struct cql_query_options *options);
// BATCH: begin with how many entries follow, the entries, the end.
#define CQL_BATCH_ENTRIES_MAX ((size_t)65535)
void cql_encode_batch_begin(struct buffer *out, enum cql_batch_type type, uint16_t entry_count);
void cql_encode_batch_entry(struct buffer *out, struct str id, struct str values,
                            uint16_t value_count);
void cql_encode_batch_end(struct buffer *out, enum cql_consistency consistency,
                          enum cql_consistency serial_consistency); // 0: not sent

// --- Replies ------------------------------------------------------------------------------------------------------
// A frame's body without what its flags put in front of it (section 2.2): tracing id, warnings, custom payload.
struct cql_reply {
    uint8_t opcode;
    bool traced;
    uint8_t tracing_id[16];
    struct str warnings; // of a [string list], to be read with cql_take_string, warning_count times
    uint16_t warning_count;
    struct str body;
};
MUST_CHECK enum status cql_reply_open(const struct cql_frame *frame, struct cql_reply *out,
                                      struct error *err);

MUST_CHECK enum status cql_decode_authenticate(struct str body, struct str *class_name,
                                               struct error *err);
MUST_CHECK enum status cql_decode_auth_token(struct str body, struct str *token,
                                             struct error *err); // data NULL: null
// Looks the multimap through; afterwards cql_supported_has tells whether option (COMPRESSION) has that value (lz4).
MUST_CHECK enum status cql_decode_supported(struct str body, struct str *options,
                                            struct error *err);
bool cql_supported_has(struct str options, struct str option, struct str value);

// --- ERROR (section 9) ----------------------------------------------------------------------------------------------
enum cql_error_code {
    CQL_ERROR_SERVER = 0x0000,
    CQL_ERROR_PROTOCOL = 0x000A,
    CQL_ERROR_BAD_CREDENTIALS = 0x0100,
    CQL_ERROR_UNAVAILABLE = 0x1000,
    CQL_ERROR_OVERLOADED = 0x1001,
    CQL_ERROR_BOOTSTRAPPING = 0x1002,
    CQL_ERROR_TRUNCATE = 0x1003,
    CQL_ERROR_WRITE_TIMEOUT = 0x1100,
    CQL_ERROR_READ_TIMEOUT = 0x1200,
    CQL_ERROR_READ_FAILURE = 0x1300,
    CQL_ERROR_FUNCTION_FAILURE = 0x1400,
    CQL_ERROR_WRITE_FAILURE = 0x1500,
    CQL_ERROR_CDC_WRITE_FAILURE = 0x1600,
    CQL_ERROR_CAS_WRITE_UNKNOWN = 0x1700, // v5's; a v4 server says WRITE_TIMEOUT with CAS
    CQL_ERROR_SYNTAX = 0x2000,
    CQL_ERROR_UNAUTHORIZED = 0x2100,
    CQL_ERROR_INVALID = 0x2200,
    CQL_ERROR_CONFIG = 0x2300,
    CQL_ERROR_ALREADY_EXISTS = 0x2400,
    CQL_ERROR_UNPREPARED = 0x2500,
};
enum cql_write_type {
    CQL_WRITE_OTHER, // none, or one that is not known
    CQL_WRITE_SIMPLE,
    CQL_WRITE_BATCH,
    CQL_WRITE_UNLOGGED_BATCH,
    CQL_WRITE_COUNTER,
    CQL_WRITE_BATCH_LOG,
    CQL_WRITE_CAS,
    CQL_WRITE_VIEW,
    CQL_WRITE_CDC,
};
// One struct for every body; what a code does not have is 0. An unknown code is no fault: it has code and message.
struct cql_server_error {
    uint32_t code;
    struct str message;
    uint16_t consistency; // UNAVAILABLE, time-outs, failures
    int32_t
        required; // UNAVAILABLE: replicas needed; time-outs, failures: answers waited for ("block for")
    int32_t received;  // UNAVAILABLE: replicas alive; time-outs, failures: answers that came
    int32_t failures;  // READ_FAILURE, WRITE_FAILURE: replicas that said they failed
    bool data_present; // READ_TIMEOUT, READ_FAILURE
    enum cql_write_type write_type; // WRITE_TIMEOUT, WRITE_FAILURE
    struct str unprepared_id;       // UNPREPARED
    struct str keyspace;            // ALREADY_EXISTS, FUNCTION_FAILURE
    struct str name; // table (ALREADY_EXISTS; empty: the keyspace itself) or function
};
MUST_CHECK enum status cql_decode_error(struct str body, struct cql_server_error *out,
                                        struct error *err);
// "WRITE_TIMEOUT"; "UNKNOWN" for others. Static storage.
const char *cql_error_name(uint32_t code);
// What cql_request.status says of it (cql.h): TIMEOUT, UNAVAILABLE, INVALID, EXISTS, DENIED; UNSUPPORTED for PROTOCOL, IO for what the
// server blames itself for.
enum status cql_error_status(uint32_t code);
// The message with the figures that belong to it, for people: "WRITE_TIMEOUT at LOCAL_QUORUM, 1 of 2 answers (BATCH_LOG): Operation timed
// out ...". Fills err (NULL is fine) and returns cql_error_status.
enum status cql_error_describe(const struct cql_server_error *server, struct error *err);
// "LOCAL_QUORUM"; "UNKNOWN" for others. Static storage.
const char *cql_consistency_name(uint16_t consistency);

// --- Changes: EVENT (section 4.2.6) and RESULT schema_change (4.2.5.5) -------------------------------------------------
enum cql_event_kind { CQL_EVENT_TOPOLOGY, CQL_EVENT_STATUS, CQL_EVENT_SCHEMA };
enum cql_change {
    CQL_CHANGE_UNKNOWN, // a word that a later server may say; to be ignored
    CQL_CHANGE_NEW_NODE,
    CQL_CHANGE_REMOVED_NODE,
    CQL_CHANGE_MOVED_NODE,
    CQL_CHANGE_UP,
    CQL_CHANGE_DOWN,
    CQL_CHANGE_CREATED,
    CQL_CHANGE_UPDATED,
    CQL_CHANGE_DROPPED,
};
struct cql_event {
    enum cql_event_kind kind;
    enum cql_change change;
    struct cql_inet
        host;          // TOPOLOGY, STATUS: the address that clients use (rpc_address) and its port
    struct str target; // SCHEMA: KEYSPACE, TABLE, TYPE, FUNCTION, AGGREGATE
    struct str keyspace;
    struct str name; // empty for KEYSPACE
};
MUST_CHECK enum status cql_decode_event(struct str body, struct cql_event *out, struct error *err);
// The part behind the kind, which a RESULT has as well.
MUST_CHECK enum status cql_decode_schema_change(struct str body, struct cql_event *out,
                                                struct error *err);

// --- RESULT (section 4.2.5) -------------------------------------------------------------------------------------------
enum cql_result_kind {
    CQL_RESULT_VOID = 1,
    CQL_RESULT_ROWS = 2,
    CQL_RESULT_SET_KEYSPACE = 3,
    CQL_RESULT_PREPARED = 4,
    CQL_RESULT_SCHEMA_CHANGE = 5,
};
// Columns of a reply or markers of a statement ([metadata]). All slices of the body.
struct cql_metadata {
    int32_t column_count;
    bool has_more_pages;
    struct str paging_state; // data NULL: none
    struct str
        keyspace; // the one of all columns, or the first column's; empty when there are no columns or no metadata
    struct str table;
    bool global;        // keyspace and table are said once
    bool no_metadata;   // columns is empty all the same
    struct str columns; // column specifications, to be read with cql_take_column
};
struct cql_column {
    struct str name;
    enum cql_type type; // one that is not known is CQL_CUSTOM
    struct str option;  // the whole type, nested ones in it; to be read with cql_take_type
};
// Reads *in up to behind the metadata, looking at every column. CORRUPT as all.
MUST_CHECK enum status cql_take_metadata(struct str *in, struct cql_metadata *out,
                                         struct error *err);
// Next column of metadata->columns; *in starts there. False behind the last. Types nest at most CQL_TYPE_DEPTH_MAX deep.
MUST_CHECK bool cql_take_column(const struct cql_metadata *metadata, struct str *in,
                                struct cql_column *out);
#define CQL_TYPE_DEPTH_MAX 32
// A type ([option]). parts: what is inside, each again a type (list and set: one, map: two, tuple: part_count); of a UDT a [string] before
// each. name: of a custom type's class, or a UDT's.
struct cql_type_option {
    enum cql_type type;
    struct str keyspace; // UDT
    struct str name;
    uint16_t part_count;
    struct str parts;
};
MUST_CHECK bool cql_take_type(struct str *in, struct cql_type_option *out);

// RESULT prepared, body behind the frame's flags and including the kind. CORRUPT also for another kind.
struct cql_prepared_reply {
    struct str id; // at most 65535 bytes; to be copied by who keeps it, like all here
    struct cql_metadata markers;
    uint16_t pk_count;     // 0: the routing key cannot be told from the values
    struct str pk_indexes; // pk_count big-endian [short]s
    struct cql_metadata columns;
};
MUST_CHECK enum status cql_decode_prepared(struct str body, struct cql_prepared_reply *out,
                                           struct error *err);
// Which marker is the i-th part of the partition key. i < pk_count.
uint16_t cql_prepared_pk_index(const struct cql_prepared_reply *prepared, uint16_t i);

#endif
