// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Bridge to simdjson's first stage: the only C++ in Footfall. Nothing here throws: simdjson reports by error codes.
#include "base/json_index.h"

#define SIMDJSON_EXCEPTIONS 0
#include <simdjson.h>

#include <memory>
#include <new>

namespace {
// An index costs four bytes a byte of input, so a rare large document must not keep its share for good.
constexpr size_t capacity_small = 16 * 1024;
constexpr size_t capacity_kept = 1024 * 1024;
} // namespace

struct json_index {
    std::unique_ptr<simdjson::internal::dom_parser_implementation> implementation;
};

struct json_index *json_index_make(void) {
    auto *index = new (std::nothrow) struct json_index;
    if (index == nullptr) {
        return nullptr;
    }
    // The depth is that of simdjson's second stage, which is never run.
    const simdjson::error_code error =
        simdjson::get_active_implementation()->create_dom_parser_implementation(
            capacity_small, 1, index->implementation);
    if (error != simdjson::SUCCESS) {
        delete index;
        return nullptr;
    }
    return index;
}

void json_index_free(struct json_index *index) {
    delete index;
}

static size_t capacity_for(size_t len) {
    size_t capacity = capacity_small;
    while (capacity < len) {
        capacity *= 2;
    }
    return capacity < simdjson::SIMDJSON_MAXSIZE_BYTES ? capacity
                                                       : simdjson::SIMDJSON_MAXSIZE_BYTES;
}

enum json_index_result json_index_run(struct json_index *index, const char *data, size_t len,
                                      struct json_positions *out) {
    auto &implementation = *index->implementation;
    if (len == 0) {
        return JSON_INDEX_EMPTY;
    }
    if (len >= simdjson::SIMDJSON_MAXSIZE_BYTES) {
        return JSON_INDEX_TOO_LARGE;
    }
    if (len > implementation.capacity() &&
        implementation.set_capacity(capacity_for(len)) != simdjson::SUCCESS) {
        return JSON_INDEX_NO_MEMORY;
    }
    const simdjson::error_code error = implementation.stage1(
        reinterpret_cast<const uint8_t *>(data), len, simdjson::stage1_mode::regular);
    switch (error) {
    case simdjson::SUCCESS:
        out->at = implementation.structural_indexes.get();
        out->count = implementation.n_structural_indexes;
        return JSON_INDEX_OK;
    case simdjson::UTF8_ERROR: return JSON_INDEX_UTF8;
    case simdjson::UNESCAPED_CHARS: return JSON_INDEX_CONTROL;
    case simdjson::UNCLOSED_STRING: return JSON_INDEX_UNCLOSED;
    case simdjson::EMPTY: return JSON_INDEX_EMPTY;
    case simdjson::CAPACITY: return JSON_INDEX_TOO_LARGE;
    default: return JSON_INDEX_NO_MEMORY;
    }
}

void json_index_trim(struct json_index *index) {
    if (index->implementation->capacity() > capacity_kept) {
        // When even the small one cannot be had, the capacity is 0 and the next run asks again.
        const simdjson::error_code ignored = index->implementation->set_capacity(capacity_small);
        static_cast<void>(ignored);
    }
}

double json_index_double(const char *text, size_t len) {
    return simdjson::internal::from_chars(text, text + len);
}
