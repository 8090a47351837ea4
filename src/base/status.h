// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The one enum of outcomes that every module returns, and the list that names them.
//
// A status says what happened in a way code can branch on. Text for people is made at the edge (struct error, log line,
// problem+json), where it is known what they should do.
#ifndef FOOTFALL_BASE_STATUS_H
#define FOOTFALL_BASE_STATUS_H

// X(symbol, number, short text). Numbers are stable: they appear in logs and metrics.
#define STATUS_LIST(X)                                                                             \
    X(OK, 0, "ok")                                                                                 \
    X(NO_MEMORY, 1, "out of memory")                                                               \
    X(INVALID, 2, "invalid input")                                                                 \
    X(SYNTAX, 3, "syntax error")                                                                   \
    X(INVALID_UTF8, 4, "invalid UTF-8")                                                            \
    X(TOO_LARGE, 5, "larger than its limit")                                                       \
    X(TOO_DEEP, 6, "nested too deeply")                                                            \
    X(DUPLICATE_KEY, 7, "a key appears twice")                                                     \
    X(NOT_FOUND, 8, "not found")                                                                   \
    X(EXISTS, 9, "already exists")                                                                 \
    X(CONFLICT, 10, "conflicts with what is stored")                                               \
    X(PRECONDITION, 11, "precondition failed")                                                     \
    X(FULL, 12, "full")                                                                            \
    X(QUOTA, 13, "disk quota reached")                                                             \
    X(CLOSED, 14, "closed")                                                                        \
    X(TIMEOUT, 15, "timed out")                                                                    \
    X(UNAVAILABLE, 16, "unavailable")                                                              \
    X(IO, 17, "input/output error")                                                                \
    X(CORRUPT, 18, "stored data is corrupt")                                                       \
    X(UNSUPPORTED, 19, "not supported")                                                            \
    X(END, 20, "no more")                                                                          \
    X(DENIED, 21, "not allowed")                                                                   \
    X(TRUNCATED, 22, "ends too early")

enum status {
#define X(symbol, number, text) STATUS_##symbol = number,
    STATUS_LIST(X)
#undef X
};

// For functions whose outcome must be looked at.
#define MUST_CHECK __attribute__((warn_unused_result))

// "NO_MEMORY"; a number outside the list gives "UNKNOWN". Static storage.
const char *status_name(enum status status);
// "out of memory". Static storage.
const char *status_text(enum status status);

#endif
