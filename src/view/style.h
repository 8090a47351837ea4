// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The style sheet of all pages. For page.c only.
#ifndef FOOTFALL_VIEW_STYLE_H
#define FOOTFALL_VIEW_STYLE_H

#include "base/str.h"

struct str view_style(void); // what stands between <style> and </style>, to the byte

#endif
