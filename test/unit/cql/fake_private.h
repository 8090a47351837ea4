// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Between fake.c, its sockets, and fake_answer.c, what it says.
#ifndef FOOTFALL_TEST_UNIT_CQL_FAKE_PRIVATE_H
#define FOOTFALL_TEST_UNIT_CQL_FAKE_PRIVATE_H

#include "fake.h"

void fake_send(const struct fake_connection *connection, int16_t stream, uint8_t opcode,
               struct str body);
void fake_address(const struct fake_host *host, uint8_t address[4]);

#endif
