/* Schemas go into an inbox beside the records of streams: each once since the lane's last start. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "routing/shell.h"

static int compare(const struct lt_shell_told *told, const char *inbox, int32_t schema)
{
    if (told->schema != schema)
        return told->schema < schema ? -1 : 1;
    return strcmp(told->inbox, inbox);
}

/* Its place in the sorted list, or where it would stand. */
static size_t
place_of(const struct lt_shell *shell, const char *inbox, int32_t schema, bool *ret_found)
{
    size_t low = 0, high = shell->told_count;
    *ret_found = false;
    while (low < high && !*ret_found) {
        size_t mid = (low + high) / 2;
        int order = compare(&shell->told[mid], inbox, schema);
        *ret_found = order == 0;
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return high;
}

/* Has it been told?  From now on it has. */
static bool is_told(struct lt_shell *shell, const char *inbox, int32_t schema)
{
    bool found;
    size_t at = place_of(shell, inbox, schema, &found);
    if (found)
        return true;
    if (shell->told_count == shell->told_cap) {
        shell->told_cap = shell->told_cap ? shell->told_cap * 2 : 32;
        shell->told = lt_realloc(shell->told, shell->told_cap * sizeof(struct lt_shell_told));
    }
    struct lt_shell_told *told = &shell->told[at];
    memmove(told + 1, told, (shell->told_count++ - at) * sizeof(*told));
    *told = (struct lt_shell_told){.schema = schema};
    snprintf(told->inbox, sizeof(told->inbox), "%s", inbox);
    return false;
}

int lt_shell_put_schema(struct lt_shell *shell,
                        const char *inbox,
                        int32_t id,
                        struct lt_error *reterr)
{
    const struct lt_schema_body *body = lt_fold_schema(shell->fold, id);
    char key[32];
    if (!body || is_told(shell, inbox, id))
        return 0;
    struct lt_schema_notice notice = {.id = id, .text = body->text, .sha256 = body->sha256};
    snprintf(key, sizeof(key), "schema/%d", id);
    return lt_shell_put(shell, inbox, key, LT_RECORD_SCHEMA_NOTICE, &notice, reterr);
}
