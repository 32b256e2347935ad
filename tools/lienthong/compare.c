#include "lienthong/compare.h"

#include "base/mem.h"
#include "change/chain.h"

#include <stdlib.h>
#include <string.h>

struct lt_cli_side_row {
    uint8_t key[LT_CLI_DIGEST_BYTES], body[LT_CLI_DIGEST_BYTES];
    size_t text; /* offset in texts, zero terminated */
};

void lt_cli_side_fini(struct lt_cli_side *side)
{
    free(side->rows);
    lt_buf_fini(&side->texts);
    *side = (struct lt_cli_side){0};
}

void lt_cli_side_add(struct lt_cli_side *side,
                     struct lt_bytes key,
                     struct lt_bytes body,
                     struct lt_bytes text)
{
    if (side->count == side->cap) {
        side->cap = side->cap ? 2 * side->cap : 1024;
        side->rows = lt_realloc(side->rows, side->cap * sizeof *side->rows);
    }
    struct lt_cli_side_row *row = &side->rows[side->count++];
    lt_sha256(key, row->key);
    lt_sha256(body, row->body);
    row->text = side->texts.len;
    if (side->keep_texts) {
        lt_buf_add(&side->texts, text.data, text.len);
        lt_buf_addc(&side->texts, 0);
    }
}

static int by_key(const void *a, const void *b)
{
    return memcmp(((const struct lt_cli_side_row *)a)->key,
                  ((const struct lt_cli_side_row *)b)->key, LT_CLI_DIGEST_BYTES);
}

bool lt_cli_side_close(struct lt_cli_side *side)
{
    if (side->count)
        qsort(side->rows, side->count, sizeof *side->rows, by_key);
    for (size_t i = 1; i < side->count; i++)
        if (by_key(&side->rows[i - 1], &side->rows[i]) == 0)
            return false;
    return true;
}

/* d(0) = 0, d(i) = SHA-256(d(i-1) || key || body). */
void lt_cli_side_digest(const struct lt_cli_side *side, uint8_t ret[LT_CLI_DIGEST_BYTES])
{
    struct {
        uint8_t digest[LT_CLI_DIGEST_BYTES], key[LT_CLI_DIGEST_BYTES], body[LT_CLI_DIGEST_BYTES];
    } block = {0};
    for (size_t i = 0; i < side->count; i++) {
        memcpy(block.key, side->rows[i].key, sizeof block.key);
        memcpy(block.body, side->rows[i].body, sizeof block.body);
        lt_sha256(lt_bytes(&block, sizeof block), block.digest);
    }
    memcpy(ret, block.digest, sizeof block.digest);
}

static const char *text_of(const struct lt_cli_side *side, size_t i)
{
    return side->keep_texts ? (const char *)side->texts.data + side->rows[i].text : NULL;
}

static void tell(lt_cli_difference_visit *visit,
                 void *arg,
                 enum lt_cli_difference_kind kind,
                 const struct lt_cli_side *side,
                 size_t i,
                 struct lt_cli_difference *difference)
{
    size_t *const counts[] = {&difference->missing, &difference->extra, &difference->different};
    ++*counts[kind];
    if (visit)
        visit(arg, kind, text_of(side, i));
}

bool lt_cli_compare(const struct lt_cli_side *source,
                    const struct lt_cli_side *target,
                    lt_cli_difference_visit *visit,
                    void *arg,
                    struct lt_cli_difference *ret)
{
    *ret = (struct lt_cli_difference){0};
    size_t s = 0, t = 0;
    while (s < source->count || t < target->count) {
        int order = s == source->count   ? 1
                    : t == target->count ? -1
                                         : by_key(&source->rows[s], &target->rows[t]);
        if (order < 0) {
            tell(visit, arg, LT_CLI_MISSING, source, s++, ret);
        } else if (order > 0) {
            tell(visit, arg, LT_CLI_EXTRA, target, t++, ret);
        } else {
            if (memcmp(source->rows[s].body, target->rows[t].body, LT_CLI_DIGEST_BYTES) != 0)
                tell(visit, arg, LT_CLI_DIFFERENT, source, s, ret);
            s++;
            t++;
        }
    }
    return ret->missing + ret->extra + ret->different == 0;
}
