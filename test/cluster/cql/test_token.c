// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Tokens of many random keys, of one part and of three, against what a real server computes for them.
#include "cluster.h"

#include <stdio.h>
#include <stdlib.h>

#include "cql/token.h"

#define KEYS 1000
#define AT_ONCE 50
#define KEY_LEN_MAX 70

static struct cql_session *session;

static int open_session(void **state) {
    (void)state;
    struct cql_config config = cluster_config();
    session = cluster_open(&config);
    cluster_keyspace(session, "cql_token");
    cluster_run(session, STR("CREATE TABLE cql_token.one (a blob PRIMARY KEY)"));
    cluster_run(session, STR("CREATE TABLE cql_token.three (a blob, b text, c int, "
                             "PRIMARY KEY ((a, b, c)))"));
    struct error err;
    assert_int_equal(cql_await_schema_agreement(session, 30000, &err), STATUS_OK);
    return 0;
}

static int close_session(void **state) {
    (void)state;
    cql_session_close(session);
    return 0;
}

struct key {
    char bytes[KEY_LEN_MAX];
    size_t len;
    int32_t number;
};

static void bind_key(struct cql_values *values, const struct key *key, bool three) {
    cql_bind_blob(values, str_make(key->bytes, key->len));
    if (three) {
        cql_bind_text(values, key->number % 3 == 0 ? STR("") : STR("kremówki"));
        cql_bind_int(values, key->number);
    }
}

static void insert_keys(struct cql_prepared *insert, const struct key *keys, bool three) {
    struct cql_batch_entry entries[AT_ONCE];
    struct cql_values values[AT_ONCE];
    struct buffer buffer;
    buffer_init(&buffer, 1 << 20);
    for (size_t i = 0; i < AT_ONCE; i++) {
        cql_values_begin(&values[i], &buffer);
        bind_key(&values[i], &keys[i], three);
    }
    // Only now does the buffer not move any more; each list ends where the next begins.
    for (size_t i = 0; i < AT_ONCE; i++) {
        size_t end = i + 1 < AT_ONCE ? values[i + 1].start : buffer.len;
        entries[i] = (struct cql_batch_entry){
            .prepared = insert,
            .values = str_make(buffer.data + values[i].start, end - values[i].start),
            .value_count = values[i].count};
    }
    struct cql_request request = {.kind = CQL_REQUEST_BATCH,
                                  .batch_type = CQL_BATCH_UNLOGGED,
                                  .entries = entries,
                                  .entry_count = AT_ONCE,
                                  .consistency = CQL_QUORUM,
                                  .idempotent = true};
    cluster_assert_ok(&request, cql_execute_wait(session, &request, NULL));
    buffer_free(&buffer);
}

// The first value of the row is the server's token, the others are the key. Returns whether a key has a byte of 0x80 or above.
static bool assert_token(const struct cql_value *row, unsigned columns) {
    static const uint16_t parts[] = {0, 1, 2};
    struct buffer buffer;
    struct buffer scratch;
    struct cql_values values;
    struct str key;
    int64_t expected = 0;
    bool high = false;
    buffer_init(&buffer, 4096);
    buffer_init(&scratch, 4096);
    cql_values_begin(&values, &buffer);
    for (unsigned i = 1; i < columns; i++) {
        cql_bind_blob(&values, row[i].bytes);
    }
    assert_int_equal(cql_get_bigint(row[0], &expected), STATUS_OK);
    assert_int_equal(cql_routing_key(cql_values_bytes(&values), values.count, parts, columns - 1,
                                     &scratch, &key),
                     STATUS_OK);
    assert_true(cql_token(key) == expected);
    for (size_t i = 0; i < key.len; i++) {
        high = high || (uint8_t)key.data[i] >= 0x80;
    }
    buffer_free(&buffer);
    buffer_free(&scratch);
    return high;
}

static size_t assert_tokens(struct str select, unsigned columns) {
    struct cql_request request = {.kind = CQL_REQUEST_QUERY,
                                  .text = select,
                                  .consistency = CQL_QUORUM,
                                  .page_size = 99,
                                  .idempotent = true};
    struct cql_value row[4];
    char state[256];
    size_t rows = 0;
    size_t high = 0;
    bool more = true;
    while (more) {
        struct cql_result *result = NULL;
        cluster_assert_ok(&request, cql_execute_wait(session, &request, &result));
        while (cql_result_next(result, row, columns) == STATUS_OK) {
            high += assert_token(row, columns) ? 1 : 0;
            rows++;
        }
        more = cql_result_has_more(result);
        struct str next = cql_result_paging_state(result);
        assert_true(next.len <= sizeof state);
        memcpy(state, next.data != NULL ? next.data : "", next.len);
        request.paging_state = str_make(state, next.len);
        cql_result_free(result);
    }
    assert_true(high > rows / 2);
    return rows;
}

static void test_tokens_are_the_servers(void **state) {
    (void)state;
    struct cql_prepared *one = cluster_prepare(session, STR("INSERT INTO cql_token.one (a) VALUES "
                                                            "(?)"));
    struct cql_prepared *three =
        cluster_prepare(session, STR("INSERT INTO cql_token.three (a, b, c) VALUES (?, ?, ?)"));
    struct random_seeded random;
    random_seeded_init(&random, 20261125);
    for (size_t done = 0; done < KEYS; done += AT_ONCE) {
        struct key keys[AT_ONCE];
        for (size_t i = 0; i < AT_ONCE; i++) {
            // Every length, so that every number of tail bytes is met; long enough to be all different.
            keys[i].len = 5 + (done + i) % (KEY_LEN_MAX - 4);
            keys[i].number = (int32_t)random_u64(&random.source);
            random.source.fill(&random.source, keys[i].bytes, keys[i].len);
        }
        insert_keys(one, keys, false);
        insert_keys(three, keys, true);
    }
    assert_int_equal(assert_tokens(STR("SELECT token(a), a FROM cql_token.one"), 2), KEYS);
    assert_int_equal(assert_tokens(STR("SELECT token(a, b, c), a, b, c FROM cql_token.three"), 4),
                     KEYS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokens_are_the_servers),
    };
    return cmocka_run_group_tests_name("cql token on a server", tests, open_session, close_session);
}
