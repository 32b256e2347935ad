/*
 * Any text as a schema: refused, or its canonical form and its projections are schemas again and
 * it can read what it wrote.
 */
#include "avro/schema.h"

#include <stdint.h>
#include <string.h>

#include "avro/span.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_canonical(const struct lt_avro_schema *schema)
{
    struct lt_buf first = {0}, second = {0};

    lt_avro_schema_canonical(schema, &first);
    struct lt_avro_schema *again = lt_avro_schema_parse(lt_buf_text(&first), first.len, NULL);
    /* Names without namespace inside of one that has it may not read back. */
    if (again && !strchr(lt_buf_text(&first), '.')) {
        lt_avro_schema_canonical(again, &second);
        lt_assert(lt_bytes_equal(lt_buf_bytes(&first), lt_buf_bytes(&second)));
    }
    lt_avro_schema_unref(again);
    lt_buf_fini(&first);
    lt_buf_fini(&second);
}

static void check_projection(const struct lt_avro_schema *schema, size_t field)
{
    const char *name = lt_avro_field_name(schema, field);
    struct lt_buf text = {0};

    if (lt_avro_schema_project(schema, &name, 1, &text, NULL) == 0) {
        LT_CLEANUP(lt_avro_schema_unrefp)
        struct lt_avro_schema *one = lt_avro_schema_parse(lt_buf_text(&text), text.len, NULL);
        LT_CLEANUP(lt_projection_freep)
        struct lt_projection *projection = lt_projection_new(schema, &name, 1, NULL);
        bool nullable;

        lt_assert(one && projection && lt_avro_field_count(one) == 1);
        lt_assert(lt_avro_field_type(one, 0, &nullable) == lt_avro_field_type(schema, field, NULL));
    }
    lt_buf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lt_error err = {0};
    LT_CLEANUP(lt_avro_schema_unrefp)
    struct lt_avro_schema *schema = lt_avro_schema_parse((const char *)data, size, &err);

    if (!schema) {
        lt_assert(err.class == LT_ERR_REJECT && err.msg[0]);
        return 0;
    }
    check_canonical(schema);
    for (size_t i = 0; i < LT_MIN(lt_avro_field_count(schema), (size_t)8); i++) {
        lt_assert(lt_avro_field_find(schema, lt_avro_field_name(schema, i)) == (int)i);
        check_projection(schema, i);
    }
    if (lt_avro_schema_can_read(schema, schema, &err) < 0)
        lt_assert(strstr(err.msg, "too complex"));
    (void)!lt_avro_walk(schema, lt_bytes(data, size), NULL, NULL);
    return 0;
}
