#include "consumer-postgres/ledger.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_LINE "lienthong consumer ledger 1\n"

void lt_ledger_fini(struct lt_ledger *ledger)
{
    free(ledger->entries);
    *ledger = (struct lt_ledger){0};
}

static struct lt_ledger_entry *find(const struct lt_ledger *ledger, const char *stream)
{
    for (size_t i = 0; i < ledger->count; i++)
        if (strcmp(ledger->entries[i].stream, stream) == 0)
            return &ledger->entries[i];
    return NULL;
}

void lt_ledger_put(struct lt_ledger *ledger, const struct lt_ledger_entry *entry)
{
    struct lt_ledger_entry *old = find(ledger, entry->stream);
    if (!old) {
        ledger->entries =
            lt_realloc(ledger->entries, (ledger->count + 1) * sizeof(*ledger->entries));
        old = &ledger->entries[ledger->count++];
    }
    *old = *entry;
}

static int parse_line(const char *line, struct lt_ledger_entry *ret)
{
    long dboid, copy, made_at, seq;
    int end = -1;
    *ret = (struct lt_ledger_entry){0};
    if (sscanf(line, "%63[a-z0-9.] %23[0-9] %ld %ld %ld %ld%n", ret->stream, ret->system_id, &dboid,
               &copy, &made_at, &seq, &end) != 6 ||
        line[end] != '\0')
        return -1;
    ret->dboid = dboid;
    ret->copy = copy;
    ret->made_at = made_at;
    ret->seq = seq;
    return 0;
}

int lt_ledger_parse(struct lt_ledger *ledger, struct lt_bytes text, struct lt_error *reterr)
{
    LT_CLEANUP(lt_freep)
    char *copy = lt_memdup(text.data ? text.data : (const uint8_t *)"", text.len);
    char *rest = copy;
    struct lt_ledger_entry entry;
    lt_ledger_fini(ledger);
    if (text.len == 0)
        return 0;
    if (strncmp(copy, FIRST_LINE, strlen(FIRST_LINE)))
        return lt_fail(reterr, LT_ERR_REJECT, "ledger", 0, "not a ledger of receipts");
    rest += strlen(FIRST_LINE);
    for (int number = 2; *rest; number++) {
        char *end = strchr(rest, '\n');
        if (end)
            *end = '\0';
        if (!end || parse_line(rest, &entry)) {
            lt_ledger_fini(ledger);
            return lt_fail(reterr, LT_ERR_REJECT, "ledger", 0, "line %d is damaged", number);
        }
        lt_ledger_put(ledger, &entry);
        rest = end + 1;
    }
    return 0;
}

void lt_ledger_format(const struct lt_ledger *ledger, struct lt_buf *out)
{
    lt_buf_adds(out, FIRST_LINE);
    for (size_t i = 0; i < ledger->count; i++) {
        const struct lt_ledger_entry *entry = &ledger->entries[i];
        lt_buf_addf(out, "%s %s %ld %ld %ld %ld\n", entry->stream, entry->system_id,
                    (long)entry->dboid, (long)entry->copy, (long)entry->made_at, (long)entry->seq);
    }
}

bool lt_ledger_rewound(const struct lt_ledger *ledger, const struct lt_ledger_entry *now)
{
    const struct lt_ledger_entry *then = find(ledger, now->stream);
    if (!then)
        return false;
    if (then->copy == now->copy && then->made_at == now->made_at)
        return now->seq < then->seq;
    return now->made_at < then->made_at;
}
