// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// EVENT, and the schema change that a RESULT tells in the same words.
#include "cql/message.h"

static const struct {
    struct str word;
    enum cql_change change;
} changes[] = {
    {STR_INIT("NEW_NODE"), CQL_CHANGE_NEW_NODE},
    {STR_INIT("REMOVED_NODE"), CQL_CHANGE_REMOVED_NODE},
    {STR_INIT("MOVED_NODE"), CQL_CHANGE_MOVED_NODE},
    {STR_INIT("UP"), CQL_CHANGE_UP},
    {STR_INIT("DOWN"), CQL_CHANGE_DOWN},
    {STR_INIT("CREATED"), CQL_CHANGE_CREATED},
    {STR_INIT("UPDATED"), CQL_CHANGE_UPDATED},
    {STR_INIT("DROPPED"), CQL_CHANGE_DROPPED},
};

static enum cql_change change_of(struct str word) {
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        if (str_equal(word, changes[i].word)) {
            return changes[i].change;
        }
    }
    return CQL_CHANGE_UNKNOWN;
}

static bool take_change(struct str *in, struct cql_event *out) {
    struct str word;
    if (!cql_take_string(in, &word)) {
        return false;
    }
    out->change = change_of(word);
    return true;
}

// <change_type><target><options>: of a function or aggregate the types of its arguments follow, which nobody asks for.
static bool take_schema_change(struct str *in, struct cql_event *out) {
    out->kind = CQL_EVENT_SCHEMA;
    out->name = STR("");
    if (!take_change(in, out) || !cql_take_string(in, &out->target) ||
        !cql_take_string(in, &out->keyspace)) {
        return false;
    }
    if (str_equal(out->target, STR("KEYSPACE"))) {
        return true;
    }
    struct str argument_types;
    uint16_t count = 0;
    bool has_arguments =
        str_equal(out->target, STR("FUNCTION")) || str_equal(out->target, STR("AGGREGATE"));
    return cql_take_string(in, &out->name) &&
           (!has_arguments || cql_take_string_list(in, &argument_types, &count));
}

enum status cql_decode_schema_change(struct str body, struct cql_event *out, struct error *err) {
    *out = (struct cql_event){0};
    return take_schema_change(&body, out)
               ? STATUS_OK
               : error_set(err, STATUS_CORRUPT, "a schema change of the server ends too early");
}

enum status cql_decode_event(struct str body, struct cql_event *out, struct error *err) {
    *out = (struct cql_event){0};
    struct str kind;
    bool whole = false;
    if (!cql_take_string(&body, &kind)) {
        kind = STR("");
    } else if (str_equal(kind, STR("SCHEMA_CHANGE"))) {
        whole = take_schema_change(&body, out);
    } else if (str_equal(kind, STR("TOPOLOGY_CHANGE")) || str_equal(kind, STR("STATUS_CHANGE"))) {
        out->kind = str_equal(kind, STR("STATUS_CHANGE")) ? CQL_EVENT_STATUS : CQL_EVENT_TOPOLOGY;
        whole = take_change(&body, out) && cql_take_inet(&body, &out->host);
    } else {
        return error_set(err, STATUS_CORRUPT,
                         "the server sends an event nobody registered for: %.*s", STR_ARG(kind));
    }
    return whole ? STATUS_OK
                 : error_set(err, STATUS_CORRUPT,
                             "EVENT %.*s of the server ends too early or has no address",
                             STR_ARG(kind));
}
