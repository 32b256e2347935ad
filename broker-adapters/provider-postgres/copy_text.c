#include "provider-postgres/copy_text.h"

#include <string.h>

static int bad(struct lt_error *reterr, const char *what)
{
    return lt_fail(reterr, LT_ERR_FATAL, "copy", 0, "malformed row of a copy: %s", what);
}

/* The escapes that COPY TO writes; others do not come. */
static int unescape(uint8_t c)
{
    switch (c) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'v':
        return '\v';
    case '\\':
        return '\\';
    default:
        return -1;
    }
}

static int split_one(struct lt_bytes field,
                     struct lt_buf *scratch,
                     struct lt_pgo_value *ret,
                     struct lt_error *reterr)
{
    if (field.len == 2 && memcmp(field.data, "\\N", 2) == 0) {
        *ret = (struct lt_pgo_value){.kind = LT_PGO_NULL};
        return 0;
    }
    uint8_t *to = scratch->data + scratch->len; /* room was made for the whole row */
    size_t len = 0;
    for (size_t i = 0; i < field.len; i++) {
        int c = field.data[i];
        if (c == '\\') {
            i++;
            c = i < field.len ? unescape(field.data[i]) : -1;
        }
        if (c < 0) {
            return bad(reterr, "unknown escape");
        }
        to[len++] = (uint8_t)c;
    }
    scratch->len += len;
    *ret = (struct lt_pgo_value){.kind = LT_PGO_TEXT, .text = lt_bytes(to, len)};
    return 0;
}

int copy_text_split(struct lt_bytes row,
                    struct lt_buf *scratch,
                    struct lt_pgo_value *values,
                    size_t count,
                    struct lt_error *reterr)
{
    const uint8_t *p = row.data;
    const uint8_t *end = row.data + row.len;
    if (row.len > 0 && end[-1] == '\n') {
        end--;
    }
    lt_buf_clear(scratch);
    lt_buf_grow(scratch, row.len + 1);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *tab = p < end ? memchr(p, '\t', (size_t)(end - p)) : NULL;
        const uint8_t *stop = tab != NULL ? tab : end;
        if ((tab == NULL) != (i + 1 == count)) {
            return bad(reterr, "another number of columns");
        }
        if (split_one(lt_bytes(p, (size_t)(stop - p)), scratch, &values[i], reterr) != 0) {
            return -1;
        }
        p = stop + 1;
    }
    return 0;
}
