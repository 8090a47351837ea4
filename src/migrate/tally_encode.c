// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A row's contents as bytes, whatever engine it comes from.
#include "base/bytes.h"
#include "migrate/tally.h"

static void put_optional(struct buffer *out, struct str text) {
    bytes_put_u8(out, text.data != NULL);
    bytes_put_str(out, text);
}

static void put_people(struct buffer *out, const struct store_row *row) {
    if (row->kind == STORE_ROW_PROJECT) {
        const struct store_project *project = &row->as.project;
        bytes_put_str(out, project->id);
        bytes_put_str(out, project->name);
        bytes_put_str(out, project->time_zone);
        bytes_put_zigzag(out, project->created_ms);
    } else if (row->kind == STORE_ROW_KEY) {
        const struct store_key *key = &row->as.key;
        bytes_put_str(out, key->id);
        bytes_put_str(out, key->project);
        bytes_put_str(out, key->kind);
        bytes_put_str(out, key->role);
        bytes_put_str(out, key->secret);
        bytes_put_str(out, key->label);
        bytes_put_zigzag(out, key->created_ms);
    } else {
        const struct store_account *account = &row->as.account;
        bytes_put_str(out, account->email);
        bytes_put_str(out, account->password_hash);
        bytes_put_str(out, account->role);
        bytes_put_str(out, account->project);
        bytes_put_zigzag(out, account->created_ms);
        bytes_put_str(out, account->name);
        bytes_put_u8(out, account->disabled);
        bytes_put_zigzag(out, account->version);
    }
}

static void put_profile(struct buffer *out, const struct store_profile *profile) {
    bytes_put_str(out, profile->id);
    put_optional(out, profile->email);
    put_optional(out, profile->name);
    bytes_put_str(out, profile->traits);
    bytes_put_varint(out, profile->version);
    bytes_put_zigzag(out, profile->created_ms);
    bytes_put_zigzag(out, profile->updated_ms);
}

static void put_report(struct buffer *out, const struct store_report *report) {
    bytes_put_zigzag(out, report->day);
    bytes_put_varint(out, report->revision);
    bytes_put_zigzag(out, report->closed_ms);
    bytes_put_varint(out, report->digest);
    bytes_put_str(out, report->body);
}

static void put_delivery(struct buffer *out, const struct store_delivery *delivery) {
    bytes_put_str(out, delivery->name);
    bytes_put_zigzag(out, delivery->due_ms);
    bytes_put_u8(out, (uint8_t)delivery->state);
    bytes_put_varint(out, delivery->attempts);
    bytes_put_zigzag(out, delivery->next_ms);
    bytes_put_zigzag(out, delivery->changed_ms);
    bytes_put_str(out, delivery->error);
    bytes_put_zigzag(out, delivery->version);
}

static void put_session(struct buffer *out, const struct store_session *session) {
    bytes_put_zigzag(out, session->start_ms);
    bytes_put_zigzag(out, session->end_ms);
    bytes_put_varint(out, session->events);
    bytes_put_varint(out, session->page_views);
}

static void put_state(struct buffer *out, const struct store_actor_state *state) {
    bytes_put_zigzag(out, state->first_seen_ms);
    bytes_put_zigzag(out, state->last_seen_ms);
    bytes_put_varint(out, state->events);
    bytes_put_varint(out, state->sessions);
    put_session(out, &state->current);
    bytes_put_str(out, state->traits); // none and no text are the same: an object is never empty
    bytes_put_str(out, state->funnels);
    bytes_put_zigzag(out, state->activity_first_day);
    bytes_put_str(out, state->activity);
}

static void put_day(struct buffer *out, const struct store_actor_day *day) {
    bytes_put_zigzag(out, day->day);
    bytes_put_zigzag(out, day->first_ms);
    bytes_put_zigzag(out, day->last_ms);
    bytes_put_varint(out, day->events);
    bytes_put_varint(out, day->sessions);
    for (size_t i = 0; i < sizeof day->by_type / sizeof day->by_type[0]; i++) {
        bytes_put_varint(out, day->by_type[i]);
    }
    for (size_t i = 0; i < day->name_count; i++) {
        bytes_put_str(out, day->names[i].name);
        bytes_put_varint(out, day->names[i].events);
    }
}

static void put_timeline(struct buffer *out, const struct store_timeline_row *entry) {
    bytes_put_str(out, entry->event_id);
    bytes_put_u8(out, entry->type);
    bytes_put_str(out, entry->name);
    bytes_put_zigzag(out, entry->timestamp_ms);
    bytes_put_zigzag(out, entry->received_ms);
    put_optional(out, entry->anonymous_id);
    put_optional(out, entry->properties);
    put_optional(out, entry->traits);
    put_optional(out, entry->context);
    put_optional(out, entry->extra);
}

static void put_partitions(struct buffer *out, const struct store_row *row) {
    bytes_put_varint(out, row->partition);
    if (row->kind == STORE_ROW_TOTAL) {
        bytes_put_zigzag(out, row->as.total.day);
        bytes_put_varint(out, (uint64_t)row->as.total.metric);
        bytes_put_str(out, row->as.total.value);
        bytes_put_zigzag(out, row->as.total.amount);
    } else if (row->kind == STORE_ROW_SEEN) {
        bytes_put_zigzag(out, row->as.seen.chunk);
        bytes_put_zigzag(out, row->as.seen.last_ms);
        for (size_t i = 0; i < row->as.seen.count; i++) {
            bytes_put_be64(out, row->as.seen.hashes[i]);
        }
    } else if (row->kind == STORE_ROW_DEAD_LETTER) {
        const struct store_dead_letter *letter = &row->as.dead_letter;
        bytes_put_zigzag(out, letter->offset);
        bytes_put_zigzag(out, letter->received_ms);
        bytes_put_str(out, letter->stage);
        bytes_put_str(out, letter->reason);
        bytes_put_str(out, letter->record);
    } else if (row->kind == STORE_ROW_LETTER_MARK) {
        const struct store_letter_mark *mark = &row->as.marked.mark;
        bytes_put_zigzag(out, row->as.marked.offset);
        bytes_put_u8(out, (uint8_t)mark->outcome);
        bytes_put_zigzag(out, mark->marked_ms);
        bytes_put_varint(out, mark->target);
        bytes_put_zigzag(out, mark->target_end);
    } else {
        bytes_put_zigzag(out, row->as.offset.epoch);
        bytes_put_zigzag(out, row->as.offset.next_offset);
    }
}

void tally_encode(struct buffer *out, const struct store_row *row) {
    bytes_put_u8(out, (uint8_t)row->kind);
    bytes_put_str(out, row->project);
    bytes_put_u8(out, (uint8_t)row->actor.kind);
    bytes_put_str(out, row->actor.id);
    switch (row->kind) {
    case STORE_ROW_PROJECT:
    case STORE_ROW_KEY:
    case STORE_ROW_ACCOUNT: put_people(out, row); break;
    case STORE_ROW_PROFILE: put_profile(out, &row->as.profile); break;
    case STORE_ROW_VERSION_FLOOR: bytes_put_varint(out, row->as.version_floor); break;
    case STORE_ROW_REPORT: put_report(out, &row->as.report); break;
    case STORE_ROW_DELIVERY: put_delivery(out, &row->as.delivery); break;
    case STORE_ROW_STATE: put_state(out, &row->as.state); break;
    case STORE_ROW_DAY: put_day(out, &row->as.day); break;
    case STORE_ROW_SESSION: put_session(out, &row->as.session); break;
    case STORE_ROW_TIMELINE: put_timeline(out, &row->as.timeline); break;
    case STORE_ROW_LINK:
        bytes_put_str(out, row->as.link.anonymous_id);
        bytes_put_str(out, row->as.link.user_id);
        bytes_put_zigzag(out, row->as.link.linked_ms);
        break;
    case STORE_ROW_TOTAL:
    case STORE_ROW_SEEN:
    case STORE_ROW_DEAD_LETTER:
    case STORE_ROW_OFFSET:
    case STORE_ROW_LETTER_MARK: put_partitions(out, row); break;
    case STORE_ROW_END: break;
    }
}
