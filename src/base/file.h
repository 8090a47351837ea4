// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What every writer of a whole file needs.
#ifndef FOOTFALL_BASE_FILE_H
#define FOOTFALL_BASE_FILE_H

#include <stdbool.h>

#include "base/str.h"

// All of bytes, however often the system takes only a part or is interrupted. Blocks. False: errno says why.
bool file_write_all(int fd, struct str bytes);

#endif
