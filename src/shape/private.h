// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the files of src/shape/ share. Nobody else includes this.
#ifndef FOOTFALL_SHAPE_PRIVATE_H
#define FOOTFALL_SHAPE_PRIVATE_H

#include <sodium.h>
#include <stdatomic.h>

#include "base/buffer.h"
#include "shape/rules.h"

// ---- Paths ----------------------------------------------------------------------------------------------------------

enum shape_root { SHAPE_FIELD, SHAPE_PROPERTIES, SHAPE_TRAITS, SHAPE_CONTEXT, SHAPE_EXTRA };
#define SHAPE_ROOTS 5

enum shape_field_kind { SHAPE_FIELD_TEXT, SHAPE_FIELD_TYPE, SHAPE_FIELD_TIME, SHAPE_FIELD_FLAG };
struct shape_field {
    struct str name;
    enum shape_field_kind kind;
    size_t offset; // in struct event
    bool writable;
    const char *why; // not, for people
};

#define SHAPE_SEGMENTS_MAX 32

// Where something stands in an event.
struct shape_path {
    struct shape_path *next;
    struct str text; // as written
    enum shape_root root;
    const struct shape_field *field;
    struct str *segments;
    unsigned count;
    bool wild;       // a segment is "*": every member or element
    unsigned number; // of the set, from 0
};

// ---- Values ---------------------------------------------------------------------------------------------------------

struct shape_value {
    bool there;
    bool has_ms; // a time of the event itself
    enum json_type type;
    struct str text;
    int64_t ms;
};

struct shape_scalar {
    enum json_type type; // STRING, NUMBER, TRUE, FALSE, NULL
    struct str text;
    double number;
    bool whole;
    int64_t integer;
    struct str raw; // as JSON
};

// ---- Conditions -----------------------------------------------------------------------------------------------------

enum shape_answer { SHAPE_NO, SHAPE_YES, SHAPE_UNDECIDED };

struct shape_pattern;

enum shape_test_kind {
    SHAPE_TEST_ONE_OF,
    SHAPE_TEST_PREFIX,
    SHAPE_TEST_SUFFIX,
    SHAPE_TEST_CONTAINS,
    SHAPE_TEST_MATCHES,
    SHAPE_TEST_RANGE,
    SHAPE_TEST_EXISTS,
};
struct shape_bound {
    bool there;
    bool inclusive;
    bool time; // ms; otherwise number
    double number;
    int64_t ms;
};
struct shape_test {
    struct shape_test *next;
    enum shape_test_kind kind;
    bool ignore_case;
    bool wanted; // EXISTS
    bool sorted; // texts alone, ascending: to be searched in
    struct shape_scalar *values;
    size_t count;
    struct shape_pattern *pattern;
    struct shape_bound low, high;
};

enum shape_condition_kind {
    SHAPE_ALL,
    SHAPE_ANY,
    SHAPE_NOT,
    SHAPE_IS_TYPE,
    SHAPE_PATH,
    SHAPE_CONSENT,        // to all of them
    SHAPE_CONSENT_DENIED, // any of them
};
struct shape_condition {
    struct shape_condition *next, *child;
    enum shape_condition_kind kind;
    unsigned types; // bits of enum event_type
    const struct shape_path *path;
    const struct shape_test *tests;
    struct str *categories;
    size_t category_count;
};

// ---- Actions --------------------------------------------------------------------------------------------------------

enum shape_action_kind {
    SHAPE_DROP,
    SHAPE_DEAD_LETTER_IT,
    SHAPE_SAMPLE,
    SHAPE_SET,
    SHAPE_COPY,
    SHAPE_RENAME,
    SHAPE_REMOVE,
    SHAPE_HASH,
    SHAPE_MASK,
    SHAPE_LOWER,
    SHAPE_TRIM,
};
#define SHAPE_MASK_EMAIL 1U
#define SHAPE_MASK_CARD 2U
#define SHAPE_MASK_PHONE 4U
struct shape_action {
    struct shape_action *next;
    enum shape_action_kind kind;
    struct str reason;
    uint64_t keep; // SAMPLE: of 2^64
    bool keep_all;
    bool by_message;
    struct str seed;
    const struct shape_path *path, *from;
    struct shape_scalar value;
    unsigned masks;
    struct shape_pattern *pattern; // MASK
    struct str with;
};

// ---- The set --------------------------------------------------------------------------------------------------------

struct shape_rule {
    struct str name;
    unsigned types; // of which it can match
    uint64_t names; // bits of names that it can match
    const struct shape_condition *when;
    const struct shape_action *actions;
};

enum shape_ip { SHAPE_IP_TRUNCATE, SHAPE_IP_KEEP, SHAPE_IP_REMOVE };
struct shape_privacy {
    enum shape_ip ip;
    bool do_not_track, global_privacy_control; // honoured
};
struct shape_project {
    struct str id;
    struct shape_privacy privacy;
};

struct shape_rules {
    atomic_uint holders;
    struct arena arena;
    struct shape_rule *rules;
    unsigned count;
    struct shape_path *paths; // last read first
    unsigned path_count;
    struct shape_pattern *patterns; // to be freed
    bool has_hash_key;
    crypto_auth_hmacsha256_state hash_state; // with the key in it
    struct shape_privacy privacy;
    struct shape_project *projects;
    size_t project_count;
    uint64_t fingerprint;
};
// Behind the rules of the settings.
#define SHAPE_SIGNALS 2
enum shape_signal { SHAPE_DO_NOT_TRACK, SHAPE_GLOBAL_PRIVACY_CONTROL };

// ---- Reading --------------------------------------------------------------------------------------------------------

struct shape_reader {
    struct shape_rules *rules;
    const char *what; // is being read: "rule"
    struct str name;  // of it
    struct error *err;
};
// "footfall.yaml:12: rule NAME: KEY: TEXT".
__attribute__((format(printf, 3, 4))) enum status shape_refuse(const struct shape_reader *reader,
                                                               const struct settings_node *node,
                                                               const char *format, ...);
enum status shape_no_memory(const struct shape_reader *reader);
// Each text once. node: whom to complain of.
MUST_CHECK enum status shape_path_read(struct shape_reader *reader,
                                       const struct settings_node *node, struct str text,
                                       const struct shape_path **out);
MUST_CHECK enum status shape_scalar_read(struct shape_reader *reader,
                                         const struct settings_node *node,
                                         struct shape_scalar *out);
MUST_CHECK enum status shape_condition_read(struct shape_reader *reader,
                                            const struct settings_node *node,
                                            struct shape_condition **out);
MUST_CHECK enum status shape_tests_read(struct shape_reader *reader,
                                        const struct settings_node *node,
                                        const struct shape_path *path,
                                        const struct shape_test **out);
MUST_CHECK enum status shape_actions_read(struct shape_reader *reader,
                                          const struct settings_node *node,
                                          const struct shape_action **out);
MUST_CHECK enum status shape_mask_read(struct shape_reader *reader,
                                       const struct settings_node *node,
                                       struct shape_action *action,
                                       const struct settings_node **paths);
MUST_CHECK enum status shape_sample_read(struct shape_reader *reader,
                                         const struct settings_node *node,
                                         struct shape_action *action);
MUST_CHECK enum status shape_privacy_read(struct shape_rules *rules,
                                          const struct settings *settings, struct error *err);
// Of what stands in the settings, to the letter.
uint64_t shape_tree_hash(const struct settings_node *node, uint64_t hash);
const struct shape_privacy *shape_privacy_of(const struct shape_rules *rules, struct str project);
// Of the types that can satisfy it: a superset, as bits.
unsigned shape_condition_types(const struct shape_condition *condition);
// Of the names that can satisfy it: a superset, one bit for many names. Rules for other names are passed over without a look.
uint64_t shape_condition_names(const struct shape_condition *condition);
static inline uint64_t shape_name_bit(struct str name) {
    uint64_t hash = name.len;
    for (size_t i = 0; i < name.len && i < 8; i++) {
        hash = hash * 31 + (unsigned char)name.data[i] + (unsigned char)name.data[name.len - 1 - i];
    }
    return UINT64_C(1) << (hash * UINT64_C(0x9e3779b97f4a7c15) >> 58);
}

// ---- An event under the rules ---------------------------------------------------------------------------------------

struct shape_found {
    uint64_t epoch; // of the worker when it was looked up
    const struct json_value *node;
};
struct shape_worker {
    struct shape_found *found; // by a path's number
    unsigned found_count;
    uint64_t epoch; // ends with every event and change: nothing that was looked up before counts
    struct shape_matcher *matcher;
    struct buffer text, more; // of one value
};

// Before each event. NO_MEMORY.
MUST_CHECK enum status shape_worker_begin(struct shape_worker *worker,
                                          const struct shape_rules *rules);

struct shape_event {
    const struct shape_rules *rules;
    struct shape_worker *worker;
    struct event *event;
    struct event_trees *trees;
    struct arena *arena;
    const struct json_value *extra; // unknown members as an object
    bool extra_made;
    bool dirty[SHAPE_ROOTS];
    enum status status; // NO_MEMORY
    struct str failure; // why a rule could not do what it says; data NULL: nothing
};

bool shape_is_failed(const struct shape_event *at);
void shape_fail(struct shape_event *at, struct str why);
void shape_out_of_memory(struct shape_event *at);

enum shape_answer shape_condition_holds(struct shape_event *at,
                                        const struct shape_condition *condition);
enum shape_answer shape_consent(struct shape_event *at, const struct shape_condition *condition);
enum shape_answer shape_test_value(struct shape_event *at, const struct shape_test *tests,
                                   const struct shape_value *value);

// tree.c: nodes of a parsed event are this event's alone, in its arena, and are changed in place.
struct json_value *shape_writable(const struct json_value *node);
const struct json_value *shape_root_of(struct shape_event *at, enum shape_root root);
const struct json_value *shape_find(struct shape_event *at, const struct shape_path *path);
struct shape_value shape_field_value(const struct shape_event *at, const struct shape_field *field);
struct shape_value shape_node_value(const struct json_value *node);
// Calls visit for everything that stands at the path, until it says no.
void shape_visit(struct shape_event *at, const struct shape_path *path,
                 bool (*visit)(struct shape_event *at, struct json_value *node, void *context),
                 void *context);
// The place may have to be made; false: it cannot be, and the event has failed.
struct json_value *shape_place(struct shape_event *at, const struct shape_path *path);
// Takes out everything that stands there; *first: the first of it, data of its parent unlinked. Whether there was something.
bool shape_take_out(struct shape_event *at, const struct shape_path *path,
                    struct json_value **first);
void shape_touch(struct shape_event *at, enum shape_root root);
// A value becomes this text; text is copied.
bool shape_set_text(struct shape_event *at, struct json_value *node, struct str text);
// Writes the parts that were changed anew.
void shape_write(struct shape_event *at);

// action.c. Whether the event is another than before.
bool shape_act(struct shape_event *at, const struct shape_action *action);
// transform.c: of texts, at the path and, for masks, in everything below.
bool shape_transform(struct shape_event *at, const struct shape_action *action);
bool shape_is_sampled(const struct shape_event *at, const struct shape_action *action);

// mask.c: append the text with what was found hidden; whether there was something.
bool shape_mask_email(struct str text, struct buffer *out);
bool shape_mask_card(struct str text, struct buffer *out);
bool shape_mask_phone(struct str text, struct buffer *out);
// address.c: false when it is none. Appends it cut.
bool shape_address_cut(struct str text, struct buffer *out);

// ---- Regular expressions --------------------------------------------------------------------------------------------

struct shape_matcher;
MUST_CHECK enum status shape_matcher_make(struct shape_matcher **out);
void shape_matcher_free(struct shape_matcher *matcher);
MUST_CHECK enum status shape_pattern_read(struct shape_reader *reader,
                                          const struct settings_node *node, bool ignore_case,
                                          struct shape_pattern **out);
void shape_patterns_free(struct shape_pattern *first);
// Whether it is found in the first SHAPE_PATTERN_BYTES of text at or behind from; *begin and *end: where. UNDECIDED: it took too many steps, and
// the event has failed.
enum shape_answer shape_pattern_find(struct shape_event *at, const struct shape_pattern *pattern,
                                     struct str text, size_t from, size_t *begin, size_t *end);
// The text with every match replaced; one that is longer than a pattern looks at is replaced whole.
enum shape_answer shape_pattern_replace(struct shape_event *at, const struct shape_pattern *pattern,
                                        struct str text, struct str with, struct buffer *out);

#endif
