/**
 * @file
 * A schema that must be good.
 */
#pragma once

#include "avro/schema.h"
#include "support/cm.h"

#include <string.h>

/** Fails the test when the text is no schema; lt_avro_schema_unref() the result. */
static inline struct lt_avro_schema *parse(const char *text)
{
    struct lt_error err = {0};
    struct lt_avro_schema *schema = lt_avro_schema_parse(text, strlen(text), &err);

    if (!schema)
        fail_msg("%s: %s", text, err.msg);
    return schema;
}
