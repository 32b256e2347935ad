/**
 * @file
 * Inside of a parsed schema.  Private to lib/avro.
 *
 * The text becomes a JSON document (kept: it carries docs, properties and defaults) and a graph of
 * nodes, one for each type written down; a reference to a named type points at the node of its
 * definition, so the graph may have cycles.  From the nodes a program of operations is compiled
 * (compile.c), which is all that the walk reads.
 */
#pragma once

#include "avro/schema.h"

#include <jansson.h>
#include <stdatomic.h>

#define LT_AVRO_TEXT_MAX  (1u << 20)
#define LT_AVRO_NAME_MAX  512 /**< bytes of a full name: names are repeated in canonical forms */
#define LT_AVRO_DEPTH_MAX 64
#define LT_AVRO_NODES_MAX 4096
#define LT_AVRO_FIXED_MAX (1u << 20)

struct avro_node;

struct avro_field {
    const char *name;
    struct avro_node *type;
    json_t *json;     /**< the field's object */
    json_t *fallback; /**< its default, or NULL */
};

struct avro_node {
    enum lt_avro_type type;
    uint32_t index;    /**< position in lt_avro_schema.nodes */
    uint32_t min_size; /**< bytes of the smallest value; 0 only if all values are empty */
    const char *name;  /**< full name of a record, enum or fixed, else NULL */
    json_t *json;      /**< where it is written: a string or an object; NULL for a union */
    size_t count;      /**< fields, branches, symbols; bytes of a fixed; 1 for array and map */
    union {
        struct avro_field *fields;
        struct avro_node **subs; /**< branches of a union, items of an array or map */
        const char **symbols;
    };
};

enum avro_code {
    AVRO_OP_NULL,
    AVRO_OP_EMPTY, /**< no bytes either: fixed(0), a record of null */
    AVRO_OP_BOOLEAN,
    AVRO_OP_INT,
    AVRO_OP_LONG,
    AVRO_OP_FIXED, /**< float and double, too */
    AVRO_OP_BYTES,
    AVRO_OP_STRING,
    AVRO_OP_ENUM,
    AVRO_OP_UNION,
    AVRO_OP_ARRAY,
    AVRO_OP_MAP,
    AVRO_OP_RECORD,
};

enum avro_null_at { AVRO_NOT_NULL, AVRO_NULL_FIRST, AVRO_NULL_SECOND };

/** What the walk does for one value.  A union of null and something else is folded into the
 * operation of the something else. */
struct avro_op {
    uint8_t code;      /**< enum avro_code */
    uint8_t null_at;   /**< enum avro_null_at */
    uint32_t n;        /**< bytes, symbols, branches or fields */
    uint32_t min_size; /**< of one value */
    const struct avro_op *subs;
};

struct lt_avro_schema {
    atomic_uint refs;
    char *text;
    size_t len;
    json_t *document;
    struct lt_arena *arena; /**< nodes, names, program */
    struct avro_node **nodes;
    size_t node_count;
    const struct avro_node *top;
    struct avro_op top_op;           /**< of the whole schema */
    const struct avro_op *field_ops; /**< one for each field of the top record, in order */
};

/* names.c */
bool lt_avro_name_valid(const char *name); /**< [A-Za-z_][A-Za-z0-9_]* */
/** Dotted names; each part valid; not longer than LT_AVRO_NAME_MAX. */
bool lt_avro_full_name_valid(const char *name);
/** Full name of `name` written inside `space` ("" = none); a dotted name stands for itself. */
char *lt_avro_full_name(struct lt_arena *arena, const char *name, const char *space);
/** The namespace of a full name, "" when it has none. */
char *lt_avro_namespace(struct lt_arena *arena, const char *full_name);
const char *lt_avro_short_name(const char *full_name); /**< its last part */
int lt_avro_primitive(const char *name);               /**< enum lt_avro_type, or -1 */
const char *lt_avro_type_name(enum lt_avro_type type);

/* parse.c, default.c, compile.c: the steps of lt_avro_schema_parse() */
int lt_avro_parse_nodes(struct lt_avro_schema *schema, struct lt_error *reterr) LT_MUST_CHECK;
int lt_avro_check_defaults(const struct lt_avro_schema *schema,
                           struct lt_error *reterr) LT_MUST_CHECK;
/** Fills min_size; LT_ERR_REJECT names a record that no finite value fits. */
int lt_avro_measure(struct lt_avro_schema *schema, struct lt_error *reterr) LT_MUST_CHECK;
void lt_avro_compile(struct lt_avro_schema *schema);

/** The other branch of a union of null and one more, else NULL. */
const struct avro_node *lt_avro_nullable(const struct avro_node *node);
/** Marks the named fields; LT_ERR_REJECT on an unknown or repeated one, or on one that contains
 * the record itself while not all are kept (its bytes could not be copied as they are). */
int lt_avro_pick_fields(const struct lt_avro_schema *schema,
                        const char *const *fields,
                        size_t count,
                        bool *keep,
                        struct lt_error *reterr) LT_MUST_CHECK;
