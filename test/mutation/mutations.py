# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Lines that make counting exact, each broken in one way, and the test that must notice.

The conditions are listed in docs/testing.md, "Would they notice?". A mutation that does not apply any more is an error: the
line it broke has moved, and so must it.
"""

from dataclasses import dataclass

# Programs of the build that judge. The first word is the target.
SIMULATION = ("test/sim/footfall-sim", "--seeds", "150")
RECOUNT = ("test/unit/processor/test_processor_recount",)
DEDUPE = ("test/unit/processor/test_processor_dedupe",)
RULES = ("test/unit/processor/test_processor_rules",)
SPREAD = ("test/unit/migrate/test_migrate_spread",)
SPREAD_ROWS = ("test/unit/migrate/test_migrate_spread_rows",)
STORE = ("test/contract/store/test_contract_store_memory",)
# These need a Cassandra or a Kafka.
CASSANDRA = ("test/contract/store/test_contract_store_cassandra",)
CASSANDRA_PEOPLE = ("test/contract/store/test_contract_store_cassandra_people",)
CASSANDRA_AGES = ("test/contract/store/test_contract_store_cassandra_ages",)
KAFKA_TOPICS = ("test/contract/eventlog/test_eventlog_kafka_topics",)


@dataclass(frozen=True)
class Mutation:
    condition: str
    what: str
    file: str
    old: str
    new: str
    judge: tuple
    needs: str = ""  # "kafka" or "cassandra"


MUTATIONS = [
    # --- 1: a function of the log's prefix
    Mutation(
        "1 no clock",
        "an actor was last seen when it is written",
        "src/processor/cycle.c",
        ".last_seen_ms = actor->last_seen_ms,",
        ".last_seen_ms = partition->worker->shared->config.clock->wall_ms(partition->worker->shared->config.clock),",
        SIMULATION,
    ),
    Mutation(
        "1 no chance",
        "the gap of sessions depends on where a cycle was cut",
        "src/processor/apply.c",
        "applied->event.type == EVENT_PAGE, worker->shared->config.session_gap_ms, &change);",
        "applied->event.type == EVENT_PAGE, worker->shared->config.session_gap_ms + (int64_t)(partition->events % 7) * 60000, &change);",
        SIMULATION,
    ),
    Mutation(
        "1 no order of a table",
        "of equal leaders the one that came first stays",
        "src/processor/leaders.c",
        ": str_compare(id, intern_str(other->id)) < 0;",
        ": id.len == SIZE_MAX;",
        RULES,
    ),
    Mutation(
        "1 absolute values",
        "totals begin at nothing instead of what the store has",
        "src/processor/day_totals_table.c",
        "if ((unsigned)row->metric >= STORE_METRIC_END ||",
        "if (row->metric == STORE_METRIC_NAME) {\n        return STATUS_OK;\n    }\n    if ((unsigned)row->metric >= STORE_METRIC_END ||",
        SIMULATION,
    ),
    Mutation(
        "1 together",
        "the offset is stored without what stands below it",
        "src/processor/cycle.c",
        "        status = write_actor(partition, actor);\n",
        "        status = partition->events % 5 == 4 ? STATUS_OK : write_actor(partition, actor);\n",
        SIMULATION,
    ),
    Mutation(
        "1 later batches have larger stamps",
        "rows on Cassandra all have one stamp, and of two the greater value stays",
        "src/store/cassandra/changes.c",
        "put_be64(begin + values.len - 8, (uint64_t)stamp);",
        "put_be64(begin + values.len - 8, (uint64_t)(stamp * 0 + 1000));",
        CASSANDRA,
        "cassandra",
    ),
    # --- 2: what is removed
    Mutation(
        "2 erased actors are forgotten",
        "the cache keeps who was erased",
        "src/processor/erase.c",
        "        actor_cache_remove(&partition->worker->actors, erasing->project, erasing->actor,\n                           partition->number);\n",
        "",
        SIMULATION,
    ),
    Mutation(
        "2 removals have stamps of batches",
        "rows on Cassandra are removed at a clock's time, which hides all that comes",
        "src/store/cassandra/changes.c",
        "case STATEMENT_STAMP_FIRST: put_be64(begin + VALUE_HEADER, (uint64_t)stamp); break;",
        "case STATEMENT_STAMP_FIRST: put_be64(begin + VALUE_HEADER, (uint64_t)stamp + 1764000000000000); break;",
        CASSANDRA,
        "cassandra",
    ),
    # --- 3: changes of the schema
    Mutation(
        "3 migrations add names",
        "a step forgets a column",
        "src/store/cassandra/tables.c",
        "ADD (name text, disabled boolean, version bigint)",
        "ADD (name text, disabled boolean)",
        CASSANDRA_PEOPLE,
        "cassandra",
    ),
    Mutation(
        "3 no windows of time",
        "a table of stamped rows is compacted by windows of time",
        "src/store/cassandra/tables.c",
        "\"WITH comment = 'activity: a bit a day from activity_first_day on, least significant first'\"",
        "\"WITH compaction = {'class': 'TimeWindowCompactionStrategy'}\"",
        CASSANDRA_PEOPLE,
        "cassandra",
    ),
    Mutation(
        "3 ages",
        "an event whose session may be gone looks for it all the same",
        "src/processor/apply.c",
        "if (age_ms > 0 && applied->logged_ms - applied->event.timestamp_ms > age_ms) {",
        "if (age_ms < 0) {",
        SIMULATION,
    ),
    Mutation(
        "3 ages",
        "sessions that are too old when they are written go at once",
        "src/store/cassandra/batch.c",
        "cql_bind_int(values, (int32_t)(left > least ? left : least));",
        "cql_bind_int(values, (int32_t)(left > 0 ? left : 1));",
        CASSANDRA_AGES,
        "cassandra",
    ),
    # --- 4: lives of the log are told apart
    Mutation(
        "4 epochs",
        "a store filled from another life of the log is taken",
        "src/store/kv/processing.c",
        "bool foreign = store->epoch_known && store->epoch != epoch;",
        "bool foreign = false && store->epoch != epoch;",
        STORE,
    ),
    # --- 5: partitions add up
    Mutation(
        "5 the partition is in the key",
        "totals of all partitions share a row",
        "src/store/kv/totals.c",
        "keys_u16(&key, partition);",
        "keys_u16(&key, (uint16_t)(partition * 0));",
        STORE,
    ),
    # --- 5: and when their number changes
    Mutation(
        "5 leaders go with their users",
        "a leader's row keeps the partition that the user was in",
        "src/migrate/plan_rows.c",
        "    row->partition = leader->target;\n",
        "",
        SPREAD,
    ),
    Mutation(
        "5 what was taken back is nothing",
        "a sum of nothing is given",
        "src/store/store.c",
        "if (totals[i].amount != 0) {",
        "if (totals[i].day != INT32_MIN) {",
        SPREAD,
    ),
    Mutation(
        "5 ids go where their records go",
        "all ids go to the first partition",
        "src/migrate/plan_seen.c",
        "return put_id(taking, id->target, last_ms, id->hash);",
        "return put_id(taking, 0, last_ms, id->hash);",
        SPREAD,
    ),
    Mutation(
        "5 who is refused stays so",
        "refusals of another number of partitions are not heard",
        "src/processor/refusals.c",
        "if (rows[i].partition != partition && rows[i].partition != STORE_PARTITION_CARRIED) {",
        "if (rows[i].partition != partition) {",
        SPREAD_ROWS,
    ),
    Mutation(
        "5 letters stand where their records are",
        "a letter is one off",
        "src/migrate/plan.c",
        "notes->places[target].begin + making->counts[target]);",
        "notes->places[target].begin + making->counts[target] + 1);",
        SPREAD_ROWS,
    ),
    # --- 6: what the servers must be told
    Mutation(
        "6 no unclean leader",
        "a topic that may lose acknowledged records is taken",
        "src/eventlog/kafka_topic.c",
        'want_text(wanted, "unclean.leader.election.enable", "false");',
        "(void)wanted;",
        KAFKA_TOPICS,
        "kafka",
    ),
    # --- 7: resent events
    Mutation(
        "7 ids are known",
        "nothing was seen before",
        "src/processor/cycle.c",
        "    if (status != STATUS_OK || seen) {\n        partition->counts.duplicates += seen;",
        "    seen = false;\n    if (status != STATUS_OK || seen) {\n        partition->counts.duplicates += seen;",
        RECOUNT,
    ),
    Mutation(
        "7 ids are known after a start",
        "the window is not read when a partition is taken on",
        "src/processor/partition.c",
        "status = dedupe_load(&partition->dedupe, config->store, partition->number);",
        "status = STATUS_OK;",
        SIMULATION,
    ),
    Mutation(
        "7 ids are stored",
        "the window is not written",
        "src/processor/cycle.c",
        "status = dedupe_write(&partition->dedupe, partition->batch);",
        "status = STATUS_OK;",
        SIMULATION,
    ),
    Mutation(
        "7 ids leave by the log's time",
        "the window has no end",
        "src/processor/dedupe.c",
        "if (newest->tick - chunk->tick <= dedupe->window_ticks) {",
        "if (newest->tick - chunk->tick <= dedupe->window_ticks * 1000) {",
        DEDUPE,
    ),
]
