#include <stdlib.h>
#include <string.h>

#include "scope/parser.h"
#include "scope/tree.h"

static int check_text(const char *text, struct lt_error *reterr)
{
    size_t len = strlen(text);
    if (len > SCOPE_TEXT_MAX)
        return lt_fail(reterr, LT_ERR_REJECT, "filter", 0, "longer than %d bytes", SCOPE_TEXT_MAX);
    if (!lt_utf8_valid((const uint8_t *)text, len))
        return lt_fail(reterr, LT_ERR_REJECT, "filter", 0, "not valid UTF-8");
    return 0;
}

/* The normal form is kept; it must itself be a filter, within the same limits. */
static int keep_normal(struct lt_filter *filter, struct lt_error *reterr)
{
    LT_CLEANUP(lt_buf_fini) struct lt_buf normal = {0};
    scope_format(filter, &normal);
    if (normal.len > SCOPE_TEXT_MAX)
        return lt_fail(reterr, LT_ERR_REJECT, "filter", 0,
                       "longer than %d bytes in its normal form", SCOPE_TEXT_MAX);
    filter->normal = lt_arena_dup(filter->arena, normal.data, normal.len);
    return 0;
}

struct lt_filter *
lt_filter_compile(const char *text, const struct lt_avro_schema *schema, struct lt_error *reterr)
{
    if (check_text(text, reterr) < 0)
        return NULL;
    struct lt_arena *arena = lt_arena_new(4096);
    struct lt_filter *filter = lt_arena_alloc(arena, sizeof *filter);
    *filter = (struct lt_filter){.arena = arena};
    if (scope_parse(text, schema, filter, reterr) < 0 || keep_normal(filter, reterr) < 0) {
        lt_filter_free(filter);
        return NULL;
    }
    return filter;
}

void lt_filter_free(struct lt_filter *filter)
{
    if (filter)
        lt_arena_free(filter->arena);
}

bool lt_filter_is_all(const struct lt_filter *filter)
{
    return !filter->root;
}

void lt_filter_format(const struct lt_filter *filter, struct lt_buf *out)
{
    lt_buf_adds(out, filter->normal);
}
