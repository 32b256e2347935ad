/* Input: a declared type, a line feed, a value.  Any bytes as a declaration; then as a text to
 * encode, which must come back with the same Avro bytes; then as Avro bytes to decode, likewise,
 * and into a parameter.  Keys the same. */
#include <string.h>

#include "base/mem.h"
#include "change/type.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef int codec(const struct lt_type *, struct lt_bytes, struct lt_buf *, struct lt_error *);

/* What `there` makes of the value, `back` takes, and `there` makes it again. */
static void
go_and_return(const struct lt_type *type, struct lt_bytes value, codec *there, codec *back)
{
    LT_CLEANUP(lt_buf_fini) struct lt_buf first = {0};
    LT_CLEANUP(lt_buf_fini) struct lt_buf middle = {0};
    LT_CLEANUP(lt_buf_fini) struct lt_buf again = {0};
    if (there(type, value, &first, NULL) < 0)
        return;
    int rc = back(type, lt_buf_bytes(&first), &middle, NULL);
    lt_assert(rc == 0);
    rc = there(type, lt_buf_bytes(&middle), &again, NULL);
    lt_assert(rc == 0);
    lt_assert(lt_bytes_equal(lt_buf_bytes(&first), lt_buf_bytes(&again)));
}

/* A value that has a text has a parameter, and the other way round. */
static void as_parameter(const struct lt_type *type, struct lt_bytes value)
{
    LT_CLEANUP(lt_buf_fini) struct lt_buf text = {0};
    LT_CLEANUP(lt_buf_fini) struct lt_buf param = {0};
    lt_assert(lt_type_decode(type, value, &text, NULL) ==
              lt_type_decode_param(type, value, &param, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
    if (!end || end == data)
        return 0;
    struct lt_type type, again;
    LT_CLEANUP(lt_freep) char *declared = lt_memdup(data, (size_t)(end - data));
    struct lt_bytes value = lt_bytes(end + 1, size - (size_t)(end + 1 - data));
    if (lt_type_parse(declared, &type, NULL) < 0)
        return 0;
    int rc = lt_type_parse(type.sql, &again, NULL);
    lt_assert(rc == 0 && strcmp(type.sql, again.sql) == 0 && type.wire == again.wire);
    go_and_return(&type, value, lt_type_encode, lt_type_decode);
    go_and_return(&type, value, lt_type_decode, lt_type_encode);
    as_parameter(&type, value);
    go_and_return(&type, value, lt_type_encode_key, lt_type_decode_key);
    go_and_return(&type, value, lt_type_decode_key, lt_type_encode_key);
    return 0;
}
