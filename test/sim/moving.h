// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// An installation moves to another number of partitions between two lives of its processor.
#ifndef FOOTFALL_TEST_SIM_MOVING_H
#define FOOTFALL_TEST_SIM_MOVING_H

#include "drive.h"

// Everything so far is processed, and nobody runs. The drive has another log and store afterwards; stops the test when they differ.
void moving_move(struct drive *drive, unsigned partitions);

#endif
