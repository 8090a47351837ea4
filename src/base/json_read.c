// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// json_parse: walks the tokens that simdjson found, checks all of RFC 8259's grammar, and builds the tree.
//
// No recursion: the open containers are a stack of at most JSON_DEPTH_MOST frames.
#include "base/json_read.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/json_fault.h"
#include "base/json_index.h"
#include "base/json_string.h"
#include "base/random.h"

enum {
    NODES_AT_A_TIME = 16, // values asked of the arena at once
    MEMBERS_SMALL = 16,   // objects up to this size are checked for duplicates pair by pair
};

struct json_parser {
    struct json_index *index;
    uint64_t seed; // so that nobody outside can make keys collide
};

struct frame {
    struct json_value *container;
    const struct json_value **tail; // where the next child is linked
    uint64_t seen;                  // one bit a key fingerprint; a clear bit proves a key new
};

struct walk {
    struct str in;
    const uint32_t *at;
    size_t count;          // of at
    size_t i;              // current token
    const char *backslash; // first one not yet passed, or the end of the input
    struct arena *arena;
    struct json_value *nodes;
    size_t nodes_left;
    size_t values;
    size_t values_most;
    size_t depth;
    size_t depth_most;
    uint64_t seed;
    bool duplicates_allowed;
    struct str key; // read last, for error texts
    struct error *err;
    struct frame frames[JSON_DEPTH_MOST];
};

enum status json_parser_make(struct json_parser **out) {
    struct json_parser *parser = malloc(sizeof(*parser));
    if (!parser) {
        return STATUS_NO_MEMORY;
    }
    parser->index = json_index_make();
    if (!parser->index) {
        free(parser);
        return STATUS_NO_MEMORY;
    }
    parser->seed = random_u64(random_system());
    *out = parser;
    return STATUS_OK;
}

void json_parser_free(struct json_parser *parser) {
    if (parser) {
        json_index_free(parser->index);
        free(parser);
    }
}

static inline enum status fault(const struct walk *walk, enum status status, size_t offset,
                                const char *what) {
    return json_fault(walk->err, status, what, offset, walk->key);
}

static enum status fault_memory(const struct walk *walk) {
    return error_set(walk->err, STATUS_NO_MEMORY, "out of memory while reading JSON");
}

// ---- Tokens --------------------------------------------------------------------------------------------------------

// First byte of the current token; 0 behind the last (what follows the input must not be looked at).
static inline char token(const struct walk *walk) {
    return walk->i < walk->count ? walk->in.data[walk->at[walk->i]] : '\0';
}

static inline size_t token_start(const struct walk *walk) {
    return walk->i < walk->count ? walk->at[walk->i] : walk->in.len;
}

// The token reaches to the next one, but for the white space between them.
static inline size_t token_end(const struct walk *walk) {
    size_t end = walk->at[walk->i + 1];
    for (;;) {
        char c = walk->in.data[end - 1];
        if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
            return end;
        }
        end--;
    }
}

static inline const char *skip_digits(const char *p, const char *end) {
    while (p < end && *p >= '0' && *p <= '9') {
        p++;
    }
    return p;
}

// RFC 8259 section 6. The value is not looked at: 1e400 is a number here (json_to_double refuses it).
static bool is_number(const char *p, const char *end) {
    const char *from;
    if (p < end && *p == '-') {
        p++;
    }
    from = p;
    p = skip_digits(p, end);
    if (p == from || (*from == '0' && p - from > 1)) {
        return false;
    }
    if (p < end && *p == '.') {
        from = ++p;
        p = skip_digits(p, end);
        if (p == from) {
            return false;
        }
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '+' || *p == '-')) {
            p++;
        }
        from = p;
        p = skip_digits(p, end);
        if (p == from) {
            return false;
        }
    }
    return p == end;
}

__attribute__((noinline)) static enum status read_escaped(struct walk *walk, size_t start,
                                                          size_t end, struct str *text) {
    size_t len = 0, at = 0;
    struct str escaped = str_make(walk->in.data + start + 1, end - start - 2);
    char *out = arena_alloc(walk->arena, escaped.len);
    if (!out) {
        return fault_memory(walk);
    }
    enum status status = json_string_unescape(escaped, out, &len, &at);
    if (status != STATUS_OK) {
        return fault(walk, status, start + 1 + at,
                     status == STATUS_SYNTAX ? "unknown escape in a string"
                                             : "half of a surrogate pair in a string");
    }
    *text = str_make(out, len);
    const char *rest = walk->in.data + end;
    const char *limit = walk->in.data + walk->in.len;
    const char *next = memchr(rest, '\\', (size_t)(limit - rest));
    walk->backslash = next ? next : limit;
    return STATUS_OK;
}

// The current token begins with a quote: *text is its content, *raw the whole.
static inline enum status read_string(struct walk *walk, struct str *text, struct str *raw) {
    size_t start = walk->at[walk->i], end = token_end(walk);
    if (end - start < 2 || walk->in.data[end - 1] != '"') {
        return fault(walk, STATUS_SYNTAX, start, "string without closing quote");
    }
    *raw = str_make(walk->in.data + start, end - start);
    if (walk->backslash < walk->in.data + end) {
        enum status status = read_escaped(walk, start, end, text);
        if (status != STATUS_OK) {
            return status;
        }
    } else {
        *text = str_make(walk->in.data + start + 1, end - start - 2);
    }
    walk->i++;
    return STATUS_OK;
}

static inline enum status read_scalar(struct walk *walk, struct json_value *value, char first) {
    size_t start = walk->at[walk->i], end = token_end(walk);
    struct str raw = str_make(walk->in.data + start, end - start);
    if (first == '-' || (first >= '0' && first <= '9')) {
        if (!is_number(raw.data, raw.data + raw.len)) {
            return fault(walk, STATUS_SYNTAX, start, "malformed number");
        }
        value->type = JSON_NUMBER;
        value->text = raw;
    } else if (str_equal(raw, STR("true"))) {
        value->type = JSON_TRUE;
    } else if (str_equal(raw, STR("false"))) {
        value->type = JSON_FALSE;
    } else if (str_equal(raw, STR("null"))) {
        value->type = JSON_NULL;
    } else {
        return fault(walk, STATUS_SYNTAX, start, "expected a value");
    }
    value->raw = raw;
    walk->i++;
    return STATUS_OK;
}

// ---- Duplicate keys ------------------------------------------------------------------------------------------------

static enum status fault_duplicate(struct walk *walk, const struct json_value *member) {
    // The key is two tokens before its value; the value's token is found again by its offset.
    size_t offset = (size_t)(member->raw.data - walk->in.data);
    size_t low = 0, high = walk->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (walk->at[middle] < offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    CHECK(low >= 2);
    walk->key = member->key;
    return fault(walk, STATUS_DUPLICATE_KEY, walk->at[low - 2],
                 "a key appears twice in one object");
}

// Small objects: before a member is added. The fingerprint spares nearly all comparisons.
static inline bool is_duplicate_small(struct frame *frame, struct str key) {
    unsigned mixed = (unsigned)key.len * 31;
    if (key.len > 0) {
        mixed += (unsigned char)key.data[0] * 7U + (unsigned char)key.data[key.len - 1];
    }
    uint64_t bit = UINT64_C(1) << (mixed & 63);
    if (!(frame->seen & bit)) {
        frame->seen |= bit;
        return false;
    }
    return json_get(frame->container, key) != NULL;
}

// Large objects: once, at their end, through a table in the arena.
static enum status check_duplicates_large(struct walk *walk, const struct json_value *object) {
    size_t slots = 64;
    while (slots < (size_t)object->count * 2) {
        slots *= 2;
    }
    const struct json_value **table =
        arena_alloc_array(walk->arena, slots, sizeof(const struct json_value *));
    if (!table) {
        return fault_memory(walk);
    }
    for (const struct json_value *member = object->child; member; member = member->next) {
        size_t slot = (size_t)str_hash(member->key, walk->seed) & (slots - 1);
        while (table[slot]) {
            if (str_equal(table[slot]->key, member->key)) {
                return fault_duplicate(walk, member);
            }
            slot = (slot + 1) & (slots - 1);
        }
        table[slot] = member;
    }
    return STATUS_OK;
}

// ---- The walk ------------------------------------------------------------------------------------------------------

static inline struct json_value *take_node(struct walk *walk) {
    if (walk->nodes_left == 0) {
        // Each value has a token of its own, and each but the root a comma or closing bracket besides.
        size_t most = (walk->count + 1) / 2 + 1;
        size_t wanted = most > walk->values ? most - walk->values : 1;
        walk->nodes_left = wanted < NODES_AT_A_TIME ? wanted : NODES_AT_A_TIME;
        walk->nodes = arena_alloc(walk->arena, walk->nodes_left * sizeof(struct json_value));
        if (!walk->nodes) {
            walk->nodes_left = 0;
            return NULL;
        }
    }
    walk->nodes_left--;
    return walk->nodes++;
}

static enum status open_container(struct walk *walk, struct json_value *value, char first) {
    size_t start = walk->at[walk->i];
    if (walk->depth == walk->depth_most) {
        return fault(walk, STATUS_TOO_DEEP, start, "nested too deeply");
    }
    value->type = first == '{' ? JSON_OBJECT : JSON_ARRAY;
    value->raw = str_make(walk->in.data + start, 0); // its end is not known yet
    walk->frames[walk->depth++] = (struct frame){.container = value, .tail = &value->child};
    walk->i++;
    return STATUS_OK;
}

static enum status close_container(struct walk *walk) {
    struct json_value *value = walk->frames[--walk->depth].container;
    const char *end = walk->in.data + walk->at[walk->i] + 1;
    value->raw.len = (size_t)(end - value->raw.data);
    walk->i++;
    if (value->type == JSON_OBJECT && value->count > MEMBERS_SMALL && !walk->duplicates_allowed) {
        return check_duplicates_large(walk, value);
    }
    return STATUS_OK;
}

// Reads a scalar whole, or opens a container whose children the next steps read.
static inline enum status read_value(struct walk *walk, struct str key,
                                     const struct json_value **link) {
    char first = token(walk);
    if (walk->values == walk->values_most) {
        return fault(walk, STATUS_TOO_LARGE, token_start(walk), "too many values");
    }
    struct json_value *value = take_node(walk);
    if (!value) {
        return fault_memory(walk);
    }
    walk->values++;
    *value = (struct json_value){.key = key};
    *link = value;
    if (walk->depth > 0) {
        walk->frames[walk->depth - 1].tail = &value->next;
        walk->frames[walk->depth - 1].container->count++;
    }
    switch (first) {
    case '"': value->type = JSON_STRING; return read_string(walk, &value->text, &value->raw);
    case '{':
    case '[': return open_container(walk, value, first);
    case '\0': return fault(walk, STATUS_SYNTAX, token_start(walk), "expected a value");
    default: return read_scalar(walk, value, first);
    }
}

static inline enum status read_key(struct walk *walk, struct frame *frame, struct str *key) {
    struct str raw = STR_EMPTY;
    if (token(walk) != '"') {
        return fault(walk, STATUS_SYNTAX, token_start(walk), "expected a key in quotes");
    }
    enum status status = read_string(walk, key, &raw);
    if (status != STATUS_OK) {
        return status;
    }
    walk->key = *key;
    if (!walk->duplicates_allowed && frame->container->count < MEMBERS_SMALL &&
        is_duplicate_small(frame, *key)) {
        return fault(walk, STATUS_DUPLICATE_KEY, (size_t)(raw.data - walk->in.data),
                     "a key appears twice in one object");
    }
    if (token(walk) != ':') {
        return fault(walk, STATUS_SYNTAX, token_start(walk), "expected ':'");
    }
    walk->i++;
    return STATUS_OK;
}

// One child of the innermost open container, or its end.
static inline enum status step(struct walk *walk) {
    struct frame *frame = &walk->frames[walk->depth - 1];
    bool object = frame->container->type == JSON_OBJECT;
    char c = token(walk);
    if (c == (object ? '}' : ']')) {
        return close_container(walk);
    }
    if (frame->container->count > 0) {
        if (c != ',') {
            return fault(walk, STATUS_SYNTAX, token_start(walk),
                         object ? "expected ',' or '}'" : "expected ',' or ']'");
        }
        walk->i++;
    }
    struct str key = STR_EMPTY;
    if (object) {
        enum status status = read_key(walk, frame, &key);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return read_value(walk, key, frame->tail);
}

static enum status walk_document(struct walk *walk, const struct json_value **root) {
    const char *backslash = memchr(walk->in.data, '\\', walk->in.len);
    walk->backslash = backslash ? backslash : walk->in.data + walk->in.len;
    enum status status = read_value(walk, STR_EMPTY, root);
    while (status == STATUS_OK && walk->depth > 0) {
        status = step(walk);
    }
    if (status == STATUS_OK && walk->i != walk->count) {
        return fault(walk, STATUS_SYNTAX, token_start(walk), "expected the end of the document");
    }
    return status;
}

enum status json_parse(struct json_parser *parser, struct str input,
                       const struct json_limits *limits, struct arena *arena,
                       const struct json_value **root, struct error *err) {
    struct walk walk; // not zeroed as a whole: the frames are large and set before they are read
    if (limits->bytes && input.len > limits->bytes) {
        return error_set(err, STATUS_TOO_LARGE, "JSON of %zu bytes; at most %zu are taken",
                         input.len, limits->bytes);
    }
    walk.in = input;
    walk.key = STR_EMPTY;
    walk.err = err;
    struct json_positions positions;
    enum json_index_result result =
        json_index_run(parser->index, input.data, input.len, &positions);
    if (result != JSON_INDEX_OK) {
        json_index_trim(parser->index);
        return json_fault_index(err, input, result);
    }
    walk.at = positions.at;
    walk.count = positions.count;
    walk.i = 0;
    walk.arena = arena;
    walk.nodes_left = 0;
    walk.values = 0;
    walk.values_most = limits->values ? limits->values : SIZE_MAX;
    walk.depth = 0;
    walk.depth_most = limits->depth < JSON_DEPTH_MOST ? limits->depth : JSON_DEPTH_MOST;
    walk.seed = parser->seed;
    walk.duplicates_allowed = limits->allow_duplicate_keys;
    const struct json_value *tree = NULL;
    enum status status = walk_document(&walk, &tree);
    json_index_trim(parser->index);
    if (status == STATUS_OK) {
        *root = tree;
    }
    return status;
}
