/* Any bytes as a filter: refused, or its normal form is a fixed point. */
#include <string.h>

#include "base/mem.h"
#include "scope/scope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FIELD(name, avro, type)                                                 \
    "{\"name\":\"" name "\",\"type\":[\"null\"," avro "],\"lt.column\":\"" name \
    "\",\"lt.type\":\"" type "\"}"

static const char schema_text[] =
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":[" FIELD("i", "\"long\"", "bigint") "," FIELD("n", "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":30,\"scale\":2}", "numeric(30,2)") "," FIELD(
        "d",
        "{\"type\":\"int\",\"logicalType\":\"date\"}",
        "date") "," FIELD("z",
                          "{\"type\":\"long\",\"logicalType\":"
                          "\"timestamp-micros\"}",
                          "timestamptz") "," FIELD("t",
                                                   "\"string\"",
                                                   "text") "," FIELD("c",
                                                                     "\""
                                                                     "st"
                                                                     "ri"
                                                                     "ng"
                                                                     "\"",
                                                                     "ch"
                                                                     "ar"
                                                                     "ac"
                                                                     "te"
                                                                     "r("
                                                                     "3"
                                                                     ")") "," FIELD("u",
                                                                                    "{\"type\":"
                                                                                    "\"string\","
                                                                                    "\"logicalType"
                                                                                    "\":\"uuid\"}",
                                                                                    "uuid") "," FIELD("b",
                                                                                                      "\"boolean\"",
                                                                                                      "boolean") "," FIELD("f",
                                                                                                                           "\"double\"",
                                                                                                                           "double precision") "]}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct lt_avro_schema *schema;
    if (!schema)
        schema = lt_avro_schema_parse(schema_text, sizeof schema_text - 1, NULL);
    lt_assert(schema);
    LT_CLEANUP(lt_buf_fini) struct lt_buf normal = {0};
    LT_CLEANUP(lt_buf_fini) struct lt_buf again = {0};
    LT_CLEANUP(lt_freep) char *text = lt_memdup(data, size);
    LT_CLEANUP(lt_filter_freep) struct lt_filter *first = lt_filter_compile(text, schema, NULL);
    if (!first)
        return 0;
    lt_filter_format(first, &normal);
    LT_CLEANUP(lt_filter_freep)
    struct lt_filter *second = lt_filter_compile(lt_buf_text(&normal), schema, NULL);
    lt_assert(second);
    lt_filter_format(second, &again);
    lt_assert(lt_bytes_equal(lt_buf_bytes(&normal), lt_buf_bytes(&again)));
    return 0;
}
