// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The program: finds the subcommand in app's table and runs it.
#include "app/command.h"

int main(int argc, char **argv) {
    return app_main(argc, argv);
}
