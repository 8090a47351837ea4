// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A document of YAML as a tree, with anchors and tags resolved; between yaml_tree.c and yaml.c.
#ifndef FOOTFALL_CONFIG_YAML_TREE_H
#define FOOTFALL_CONFIG_YAML_TREE_H

#include <yaml.h>

#include "config/file.h"

enum config_node_kind { CONFIG_NODE_SCALAR, CONFIG_NODE_LIST, CONFIG_NODE_MAP };
struct config_node {
    enum config_node_kind kind;
    struct config_value value; // of a scalar; of the others its place
    bool is_null;
    bool plain;                       // a scalar without quotes
    bool open;                        // a list or map whose end was not read yet
    struct str text;                  // of a scalar, as written
    struct config_link *first, *last; // of a map: key, value, key, value
};
struct config_link { // an alias puts a node into several places
    struct config_node *node;
    struct config_link *next;
};

struct config_anchor {
    struct str name;
    struct config_node *node;
    struct config_anchor *before;
};
struct config_yaml {
    struct arena *arena;
    yaml_parser_t parser;
    yaml_event_t event;
    bool has_event;
    size_t nodes;
    struct config_anchor *anchors; // of the document
    struct error *err;
};

// The next document; END: there is none. *root NULL: it is empty.
MUST_CHECK enum status config_yaml_next(struct config_yaml *yaml, struct config_node **root);

#endif
