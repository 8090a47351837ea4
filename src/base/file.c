// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Writing on until all is written.
#include "base/file.h"

#include <errno.h>
#include <unistd.h>

bool file_write_all(int fd, struct str bytes) {
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.data, bytes.len);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        size_t done = n > 0 ? (size_t)n : 0;
        bytes = str_make(bytes.data + done, bytes.len - done);
    }
    return true;
}
