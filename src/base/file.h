// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What everybody needs who reads or writes a whole file.
#ifndef FOOTFALL_BASE_FILE_H
#define FOOTFALL_BASE_FILE_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/str.h"

// All of bytes, however often the system takes only a part or is interrupted. Blocks. False: errno says why.
bool file_write_all(int fd, struct str bytes);

// Appends what is left of an open file. Blocks. TOO_LARGE: more than out takes. IO: errno says why. NO_MEMORY.
MUST_CHECK enum status file_read_rest(int fd, struct buffer *out);
// A whole file; "-" is an ordinary name. NOT_FOUND, and the statuses above; err names the path.
MUST_CHECK enum status file_read(const char *path, struct buffer *out, struct error *err);

#endif
