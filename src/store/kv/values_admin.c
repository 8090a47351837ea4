// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Stored values of what people wrote: profiles, projects, keys, accounts; and closed reports.
#include "store/kv/values.h"

#include "store/kv/values_part.h"

enum profile_flag { PROFILE_EMAIL = 1, PROFILE_NAME = 2, PROFILE_FLAGS = 3 };

void values_put_profile(struct buffer *out, const struct store_profile *profile) {
    unsigned flags = profile->email.data != NULL ? PROFILE_EMAIL : 0;
    flags |= profile->name.data != NULL ? PROFILE_NAME : 0;
    bytes_put_u8(out, (uint8_t)flags);
    bytes_put_varint(out, profile->version);
    bytes_put_zigzag(out, profile->created_ms);
    values_put_distance(out, profile->created_ms, profile->updated_ms);
    if ((flags & PROFILE_EMAIL) != 0) {
        bytes_put_str(out, profile->email);
    }
    if ((flags & PROFILE_NAME) != 0) {
        bytes_put_str(out, profile->name);
    }
    bytes_put_str(out, profile->traits);
}

bool values_get_profile(struct str in, struct store_profile *profile) {
    uint8_t flags = 0;
    return bytes_get_u8(&in, &flags) && flags <= PROFILE_FLAGS &&
           bytes_get_varint(&in, &profile->version) &&
           bytes_get_zigzag(&in, &profile->created_ms) &&
           values_get_distance(&in, profile->created_ms, &profile->updated_ms) &&
           values_get_optional(&in, flags & PROFILE_EMAIL, &profile->email) &&
           values_get_optional(&in, flags & PROFILE_NAME, &profile->name) &&
           bytes_get_str(&in, &profile->traits) && in.len == 0;
}

void values_put_project(struct buffer *out, const struct store_project *project) {
    bytes_put_str(out, project->id);
    bytes_put_str(out, project->name);
    bytes_put_str(out, project->time_zone);
    bytes_put_zigzag(out, project->created_ms);
}

bool values_get_project(struct str in, struct store_project *project) {
    return bytes_get_str(&in, &project->id) && bytes_get_str(&in, &project->name) &&
           bytes_get_str(&in, &project->time_zone) && bytes_get_zigzag(&in, &project->created_ms) &&
           in.len == 0;
}

void values_put_key(struct buffer *out, const struct store_key *key) {
    bytes_put_str(out, key->id);
    bytes_put_str(out, key->project);
    bytes_put_str(out, key->kind);
    bytes_put_str(out, key->role);
    bytes_put_str(out, key->secret);
    bytes_put_str(out, key->label);
    bytes_put_zigzag(out, key->created_ms);
}

bool values_get_key(struct str in, struct store_key *key) {
    return bytes_get_str(&in, &key->id) && bytes_get_str(&in, &key->project) &&
           bytes_get_str(&in, &key->kind) && bytes_get_str(&in, &key->role) &&
           bytes_get_str(&in, &key->secret) && bytes_get_str(&in, &key->label) &&
           bytes_get_zigzag(&in, &key->created_ms) && in.len == 0;
}

void values_put_account(struct buffer *out, const struct store_account *account) {
    bytes_put_str(out, account->email);
    bytes_put_str(out, account->password_hash);
    bytes_put_str(out, account->role);
    bytes_put_str(out, account->project);
    bytes_put_zigzag(out, account->created_ms);
    bytes_put_str(out, account->name);
    bytes_put_u8(out, account->disabled);
    bytes_put_zigzag(out, account->version);
}

bool values_get_account(struct str in, struct store_account *account) {
    uint8_t disabled = 0;
    if (!bytes_get_str(&in, &account->email) || !bytes_get_str(&in, &account->password_hash) ||
        !bytes_get_str(&in, &account->role) || !bytes_get_str(&in, &account->project) ||
        !bytes_get_zigzag(&in, &account->created_ms)) {
        return false;
    }
    account->name = STR("");
    account->disabled = false;
    account->version = 0;
    if (in.len == 0) {
        return true; // of schema version 1
    }
    if (!bytes_get_str(&in, &account->name) || !bytes_get_u8(&in, &disabled) || disabled > 1 ||
        !bytes_get_zigzag(&in, &account->version) || in.len != 0) {
        return false;
    }
    account->disabled = disabled;
    return true;
}

void values_put_signing_key(struct buffer *out, const struct store_signing_key *key) {
    bytes_put_zigzag(out, key->number);
    bytes_put_str(out, key->kid);
    bytes_put_str(out, key->algorithm);
    bytes_put_str(out, key->secret);
    bytes_put_zigzag(out, key->created_ms);
    bytes_put_zigzag(out, key->signs_from_ms);
}

bool values_get_signing_key(struct str in, struct store_signing_key *key) {
    return bytes_get_zigzag(&in, &key->number) && bytes_get_str(&in, &key->kid) &&
           bytes_get_str(&in, &key->algorithm) && bytes_get_str(&in, &key->secret) &&
           bytes_get_zigzag(&in, &key->created_ms) && bytes_get_zigzag(&in, &key->signs_from_ms) &&
           in.len == 0;
}

void values_put_family(struct buffer *out, const struct store_family *family) {
    bytes_put_str(out, family->id);
    bytes_put_str(out, family->hash);
    bytes_put_str(out, family->account);
    bytes_put_zigzag(out, family->version);
    bytes_put_str(out, family->role);
    bytes_put_str(out, family->project);
    bytes_put_str(out, family->subject);
    bytes_put_zigzag(out, family->created_ms);
    bytes_put_zigzag(out, family->expires_ms);
}

bool values_get_family(struct str in, struct store_family *family) {
    return bytes_get_str(&in, &family->id) && bytes_get_str(&in, &family->hash) &&
           bytes_get_str(&in, &family->account) && bytes_get_zigzag(&in, &family->version) &&
           bytes_get_str(&in, &family->role) && bytes_get_str(&in, &family->project) &&
           bytes_get_str(&in, &family->subject) && bytes_get_zigzag(&in, &family->created_ms) &&
           bytes_get_zigzag(&in, &family->expires_ms) && in.len == 0;
}

void values_put_revocation(struct buffer *out, const struct store_revocation *revocation) {
    bytes_put_str(out, revocation->id);
    bytes_put_zigzag(out, revocation->until_ms);
}

bool values_get_revocation(struct str in, struct store_revocation *revocation) {
    return bytes_get_str(&in, &revocation->id) && bytes_get_zigzag(&in, &revocation->until_ms) &&
           in.len == 0;
}

void values_put_report(struct buffer *out, const struct store_report *report) {
    bytes_put_zigzag(out, report->closed_ms);
    bytes_put_varint(out, report->digest);
    bytes_put_str(out, report->body);
}

bool values_get_report(struct str in, struct store_report *report) {
    return bytes_get_zigzag(&in, &report->closed_ms) && bytes_get_varint(&in, &report->digest) &&
           bytes_get_str(&in, &report->body) && in.len == 0;
}
