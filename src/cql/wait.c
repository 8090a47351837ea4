// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Executing and waiting: the calling thread sleeps on a word of its own stack (futex(2)), one system call on each side.
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cql/session.h"

struct waiter {
    _Atomic uint32_t done;
    struct cql_result *result;
};

static void on_done(struct cql_request *request, struct cql_result *result) {
    struct waiter *waiter = request->context;
    waiter->result = result;
    _Atomic uint32_t *word = &waiter->done;
    atomic_store_explicit(word, 1, memory_order_release);
    // The waiter may be gone already. Only the address is used, and a wake-up too many is allowed.
    (void)syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

enum status cql_session_wait(struct cql_session *session, struct cql_request *request,
                             struct cql_result **result) {
    struct waiter waiter = {0};
    request->done = on_done;
    request->context = &waiter;
    cql_session_submit(session, request);
    while (atomic_load_explicit(&waiter.done, memory_order_acquire) == 0) {
        // Returns at once when the word is 1 by now.
        (void)syscall(SYS_futex, &waiter.done, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
    }
    request->done = NULL;
    request->context = NULL;
    if (result) {
        *result = waiter.result;
    } else {
        cql_result_free(waiter.result);
    }
    return request->status;
}

enum status cql_execute_wait(struct cql_session *session, struct cql_request *request,
                             struct cql_result **result) {
    request->private_.call = NULL;
    return cql_session_wait(session, request, result);
}
