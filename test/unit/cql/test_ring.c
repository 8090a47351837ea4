// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Rings: wrap-around, both strategies with racks and data centres, what system tables may say wrongly, no memory.
#include "cql/ring.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"
#include "replies.h"
#include "support/failing_malloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

// A collection of these texts ("a,b,c"): a set, or a map of twos.
static struct cql_value collection(struct buffer *out, const char *words, bool map) {
    struct cql_values values;
    int32_t count = 0;
    buffer_init(out, 1 << 20);
    cql_values_begin(&values, out);
    struct cql_collection begun = cql_bind_begin_collection(&values);
    struct str rest = str_from_c(words);
    while (rest.len > 0) {
        cql_bind_text(&values, str_cut(&rest, ','));
        count++;
    }
    cql_bind_end(&values, begun, map ? count / 2 : count);
    assert_int_equal(buffer_status(out), STATUS_OK);
    return (struct cql_value){str_make(out->data + 4, out->len - 4)};
}

static enum status add_host(struct cql_ring_builder *builder, const char *data_centre,
                            const char *rack, const char *tokens) {
    struct buffer bytes;
    struct cql_value value = collection(&bytes, tokens, false);
    enum status status =
        cql_ring_builder_add_host(builder, str_from_c(data_centre), str_from_c(rack), value);
    buffer_free(&bytes); // the builder has copied
    return status;
}

static enum status add_keyspace(struct cql_ring_builder *builder, const char *name,
                                const char *replication) {
    struct buffer bytes;
    struct cql_value value = collection(&bytes, replication, true);
    enum status status = cql_ring_builder_add_keyspace(builder, str_from_c(name), value);
    buffer_free(&bytes);
    return status;
}

static struct cql_ring *built(struct cql_ring_builder *builder) {
    struct cql_ring *ring = NULL;
    assert_int_equal(cql_ring_build(builder, &ring), STATUS_OK);
    cql_ring_builder_free(builder);
    return ring;
}

// hosts: "012", numbers below ten.
static void assert_replicas(const struct cql_ring *ring, const char *keyspace, int64_t token,
                            const char *hosts) {
    size_t count = 0;
    char got[32] = "";
    const uint16_t *replicas = cql_ring_replicas(ring, str_from_c(keyspace), token, &count);
    assert_true(count < sizeof got);
    for (size_t i = 0; i < count; i++) {
        got[i] = (char)('0' + replicas[i]);
    }
    assert_string_equal(got, hosts);
}

#define NETWORK "class,org.apache.cassandra.locator.NetworkTopologyStrategy,"
#define SIMPLE "class,org.apache.cassandra.locator.SimpleStrategy,replication_factor,"

static void test_simple(void **state) {
    (void)state;
    struct cql_ring_builder *builder = cql_ring_builder_make();
    assert_int_equal(add_host(builder, "dc1", "r1", "0,300"), STATUS_OK);
    assert_int_equal(add_host(builder, "dc1", "r1", "100"), STATUS_OK);
    assert_int_equal(add_host(builder, "dc2", "r1", "-200"), STATUS_OK);
    assert_int_equal(add_keyspace(builder, "one", SIMPLE "1"), STATUS_OK);
    assert_int_equal(add_keyspace(builder, "two", "replication_factor,2,class,SimpleStrategy"),
                     STATUS_OK);
    assert_int_equal(add_keyspace(builder, "many", SIMPLE "7"), STATUS_OK);
    assert_int_equal(add_keyspace(builder, "none", SIMPLE "0"), STATUS_OK);
    struct cql_ring *ring = built(builder);
    // Ring: -200 (2), 0 (0), 100 (1), 300 (0).
    assert_replicas(ring, "one", INT64_MIN + 1, "2");
    assert_replicas(ring, "one", -201, "2");
    assert_replicas(ring, "one", -200, "2"); // a token belongs to its own range
    assert_replicas(ring, "one", -199, "0");
    assert_replicas(ring, "one", 0, "0");
    assert_replicas(ring, "one", 1, "1");
    assert_replicas(ring, "one", 101, "0");
    assert_replicas(ring, "one", 300, "0");
    assert_replicas(ring, "one", 301, "2"); // wraps
    assert_replicas(ring, "one", INT64_MAX, "2");
    assert_replicas(ring, "two", 50, "10"); // 300 is host 0 again
    assert_replicas(ring, "two", 101, "02");
    assert_replicas(ring, "many", 101, "021");
    assert_replicas(ring, "none", 101, "");
    assert_replicas(ring, "unknown", 101, "");
    assert_replicas(ring, "", 101, "");
    cql_ring_free(ring);
}

static void test_network(void **state) {
    (void)state;
    struct cql_ring_builder *builder = cql_ring_builder_make();
    // dc1: racks a (0, 1), b (2); dc2: one rack (3, 4), whose name is one of dc1's too.
    assert_int_equal(add_host(builder, "dc1", "a", "10"), STATUS_OK);
    assert_int_equal(add_host(builder, "dc1", "a", "20"), STATUS_OK);
    assert_int_equal(add_host(builder, "dc1", "b", "30"), STATUS_OK);
    assert_int_equal(add_host(builder, "dc2", "a", "11"), STATUS_OK);
    assert_int_equal(add_host(builder, "dc2", "a", "21"), STATUS_OK);
    assert_int_equal(add_keyspace(builder, "k1", NETWORK "dc1,1"), STATUS_OK);
    assert_int_equal(add_keyspace(builder, "k2", NETWORK "dc1,2"), STATUS_OK);
    assert_int_equal(add_keyspace(builder, "k3", NETWORK "dc1,3"), STATUS_OK);
    assert_int_equal(add_keyspace(builder, "k22", NETWORK "dc1,2,dc2,2"), STATUS_OK);
    assert_int_equal(add_keyspace(builder, "k9", NETWORK "dc1,9,dc2,9,dc3,9"), STATUS_OK);
    assert_int_equal(add_keyspace(builder, "elsewhere", NETWORK "dc3,3"), STATUS_OK);
    assert_int_equal(add_keyspace(builder, "transient", NETWORK "dc1,2/1"), STATUS_OK);
    struct cql_ring *ring = built(builder);
    // Ring: 10 (0), 11 (3), 20 (1), 21 (4), 30 (2).
    assert_replicas(ring, "k1", 5, "0");
    assert_replicas(ring, "k1", 11, "1"); // dc2's is passed over
    assert_replicas(ring, "k1", 31, "0");
    assert_replicas(ring, "k2", 5, "02"); // not 01: rack b has none yet
    assert_replicas(ring, "k2", 15, "12");
    assert_replicas(ring, "k2", 25, "20");
    assert_replicas(ring, "k3", 5, "012"); // three replicas, two racks: one may repeat
    assert_replicas(ring, "k3", 25, "201");
    assert_replicas(ring, "k22", 5, "0342");
    assert_replicas(ring, "k9", 21, "42031");
    assert_replicas(ring, "elsewhere", 5, "");
    assert_replicas(ring, "transient", 15, "12");
    cql_ring_free(ring);
}

static void test_other_strategies_have_no_replicas(void **state) {
    (void)state;
    struct cql_ring_builder *builder = cql_ring_builder_make();
    assert_int_equal(add_host(builder, "dc1", "a", "10"), STATUS_OK);
    assert_int_equal(
        add_keyspace(builder, "system", "class,org.apache.cassandra.locator.LocalStrategy"),
        STATUS_OK);
    assert_int_equal(add_keyspace(builder, "every", "class,EverywhereStrategy,x,all"), STATUS_OK);
    assert_int_equal(add_keyspace(builder, "classless", "dc1,3"), STATUS_OK);
    assert_int_equal(add_keyspace(builder, "empty", ""), STATUS_OK);
    assert_int_equal(add_keyspace(builder, "dots", "class,..,dc1,1"), STATUS_OK);
    assert_int_equal(add_keyspace(builder, "factorless", "class,SimpleStrategy"), STATUS_OK);
    struct cql_ring *ring = built(builder);
    static const char *const names[] = {"system", "every", "classless",
                                        "empty",  "dots",  "factorless"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_replicas(ring, names[i], 0, "");
    }
    cql_ring_free(ring);
}

static void test_hosts_that_own_nothing(void **state) {
    (void)state;
    struct cql_ring_builder *builder = cql_ring_builder_make();
    const struct cql_value null = {STR_EMPTY};
    assert_int_equal(cql_ring_builder_add_host(builder, STR("dc1"), STR("a"), null), STATUS_OK);
    // Another partitioner's tokens; a number too large; nothing.
    assert_int_equal(add_host(builder, "dc1", "b", "00ff"), STATUS_CORRUPT);
    assert_int_equal(add_host(builder, "dc1", "b", "1,9223372036854775808"), STATUS_CORRUPT);
    assert_int_equal(add_host(builder, "dc1", "b", ""), STATUS_OK);
    assert_int_equal(add_host(builder, "dc1", "a", "5"), STATUS_OK);
    assert_int_equal(add_host(builder, "dc1", "a", "9"), STATUS_OK);
    assert_int_equal(add_keyspace(builder, "k", NETWORK "dc1,3"), STATUS_OK);
    assert_int_equal(add_keyspace(builder, "s", SIMPLE "3"), STATUS_OK);
    struct cql_ring *ring = built(builder);
    assert_replicas(ring, "k", 6, "54"); // numbers count those without tokens
    assert_replicas(ring, "s", 1, "45");
    cql_ring_free(ring);

    builder = cql_ring_builder_make();
    assert_int_equal(add_keyspace(builder, "k", NETWORK "dc1,3"), STATUS_OK);
    ring = built(builder);
    assert_replicas(ring, "k", 6, "");
    cql_ring_free(ring);
    cql_ring_free(NULL);
    cql_ring_builder_free(NULL);
    ring = built(cql_ring_builder_make());
    assert_replicas(ring, "k", 6, "");
    cql_ring_free(ring);
}

static void test_replications_that_cannot_be_read(void **state) {
    (void)state;
    struct cql_ring_builder *builder = cql_ring_builder_make();
    const struct cql_value null = {STR_EMPTY};
    assert_int_equal(cql_ring_builder_add_keyspace(builder, STR("k"), null), STATUS_CORRUPT);
    assert_int_equal(add_keyspace(builder, "k", NETWORK "dc1,x"), STATUS_CORRUPT);
    assert_int_equal(add_keyspace(builder, "k", NETWORK "dc1,-3"), STATUS_CORRUPT);
    assert_int_equal(add_keyspace(builder, "k", "dc1,," NETWORK "dc2,3"), STATUS_CORRUPT);
    assert_int_equal(add_host(builder, "dc1", "a", "10"), STATUS_OK);
    struct buffer bytes;
    struct cql_value whole = collection(&bytes, NETWORK "dc1,3", true);
    for (size_t len = 0; len < whole.bytes.len; len++) {
        char *cut = exact_copy(str_make(whole.bytes.data, len));
        const struct cql_value value = {str_make(cut, len)};
        assert_int_equal(cql_ring_builder_add_keyspace(builder, STR("k"), value), STATUS_CORRUPT);
        free(cut);
    }
    buffer_free(&bytes);
    struct cql_ring *ring = built(builder);
    assert_replicas(ring, "k", 6, "");
    cql_ring_free(ring);
}

// Many hosts with many tokens: each lookup against a walk that is written down plainly.
static void test_many_tokens(void **state) {
    (void)state;
    enum { HOSTS = 9, TOKENS = 32 };
    int64_t tokens[HOSTS * TOKENS];
    struct random_seeded random;
    random_seeded_init(&random, 11);
    struct cql_ring_builder *builder = cql_ring_builder_make();
    for (int h = 0; h < HOSTS; h++) {
        struct buffer words;
        buffer_init(&words, 10000);
        for (int t = 0; t < TOKENS; t++) {
            tokens[h * TOKENS + t] = (int64_t)random_u64(&random.source);
            buffer_printf(&words, "%s%lld", t > 0 ? "," : "", (long long)tokens[h * TOKENS + t]);
        }
        buffer_append_char(&words, '\0');
        assert_int_equal(add_host(builder, "dc", "r", words.data), STATUS_OK);
        buffer_free(&words);
    }
    assert_int_equal(add_keyspace(builder, "s", SIMPLE "3"), STATUS_OK);
    assert_int_equal(add_keyspace(builder, "n", NETWORK "dc,3"), STATUS_OK);
    struct cql_ring *ring = built(builder);
    for (int i = 0; i < 5000; i++) {
        int64_t at = (int64_t)random_u64(&random.source);
        size_t count = 0;
        const uint16_t *simple = cql_ring_replicas(ring, STR("s"), at, &count);
        assert_int_equal(count, 3);
        const uint16_t *network = cql_ring_replicas(ring, STR("n"), at, &count);
        assert_int_equal(count, 3);
        assert_memory_equal(simple, network, 3 * sizeof *simple); // one rack: the same
        bool seen[HOSTS] = {false};
        for (int r = 0; r < 3; r++) {
            // The nearest token at or after, of a host that is not yet one.
            uint64_t nearest = UINT64_MAX;
            int host = -1;
            for (int t = 0; t < HOSTS * TOKENS; t++) {
                uint64_t distance = (uint64_t)tokens[t] - (uint64_t)at;
                if (!seen[t / TOKENS] && distance <= nearest) {
                    nearest = distance;
                    host = t / TOKENS;
                }
            }
            assert_int_equal(simple[r], host);
            seen[host] = true;
        }
    }
    cql_ring_free(ring);
}

static void test_without_memory(void **state) {
    (void)state;
    for (long n = 0;; n++) {
        struct buffer tokens;
        struct buffer replication;
        struct cql_value token = collection(&tokens, "10,20", false);
        struct cql_value map = collection(&replication, NETWORK "dc1,3", true);
        struct cql_ring *ring = NULL;
        enum status status = STATUS_NO_MEMORY;
        failing_malloc_arm(n);
        struct cql_ring_builder *builder = cql_ring_builder_make();
        if (builder != NULL) {
            status = cql_ring_builder_add_host(builder, STR("dc1"), STR("a"), token);
            for (int i = 0; i < 300 && status == STATUS_OK; i++) {
                status = cql_ring_builder_add_host(builder, STR("dc1"), STR("a"), token);
            }
            if (status == STATUS_OK) {
                status = cql_ring_builder_add_keyspace(builder, STR("k"), map);
            }
            if (status == STATUS_OK) {
                status = cql_ring_build(builder, &ring);
            }
        }
        bool failed = failing_malloc_disarm();
        assert_int_equal(status, failed ? STATUS_NO_MEMORY : STATUS_OK);
        assert_true(failed == (ring == NULL));
        cql_ring_builder_free(builder);
        cql_ring_free(ring);
        buffer_free(&tokens);
        buffer_free(&replication);
        if (!failed) {
            assert_true(n > 5);
            break;
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_simple),
        cmocka_unit_test(test_network),
        cmocka_unit_test(test_other_strategies_have_no_replicas),
        cmocka_unit_test(test_hosts_that_own_nothing),
        cmocka_unit_test(test_replications_that_cannot_be_read),
        cmocka_unit_test(test_many_tokens),
        cmocka_unit_test(test_without_memory),
    };
    return cmocka_run_group_tests_name("cql ring", tests, NULL, NULL);
}
