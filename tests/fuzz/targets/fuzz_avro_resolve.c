/* Two schema texts, split by a zero byte: compared both ways within bounds; a schema that is equal
 * in canonical form and has no default or alias to differ in reads the other. */
#include "avro/schema.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *split = size ? memchr(data, 0, size) : NULL;

    if (!split)
        return 0;
    size_t first = (size_t)(split - data);
    LT_CLEANUP(lt_avro_schema_unrefp)
    struct lt_avro_schema *a = lt_avro_schema_parse((const char *)data, first, NULL);
    LT_CLEANUP(lt_avro_schema_unrefp)
    struct lt_avro_schema *b =
        lt_avro_schema_parse((const char *)split + 1, size - first - 1, NULL);
    if (!a || !b)
        return 0;
    struct lt_error err = {0};
    bool forth = lt_avro_schema_can_read(a, b, &err) == 0;
    lt_assert(forth || err.class == LT_ERR_REJECT);
    bool back = lt_avro_schema_can_read(b, a, &err) == 0;
    struct lt_buf one = {0}, other = {0};
    lt_avro_schema_canonical(a, &one);
    lt_avro_schema_canonical(b, &other);
    if (lt_bytes_equal(lt_buf_bytes(&one), lt_buf_bytes(&other)))
        lt_assert((forth && back) || strstr(err.msg, "too complex"));
    lt_buf_fini(&one);
    lt_buf_fini(&other);
    return 0;
}
