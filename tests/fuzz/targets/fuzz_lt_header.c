/* Any bytes as an lt header: refused, or formatted back to the same bytes. */
#include <string.h>

#include "change/lt_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lt_header header;
    char buf[LT_HEADER_MAX];
    if (lt_header_parse(lt_bytes(data, size), &header, NULL) < 0)
        return 0;
    size_t len = lt_header_format(&header, buf);
    lt_assert(len == size && memcmp(buf, data, size) == 0);
    return 0;
}
