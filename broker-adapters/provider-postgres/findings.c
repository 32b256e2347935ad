#include "provider-postgres/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

void findings_fini(struct findings *findings)
{
    free(findings->items);
    *findings = (struct findings){0};
}

struct finding *findings_add(struct findings *findings, bool blocks, const char *fmt, ...)
{
    if (findings->count == findings->cap) {
        findings->cap = findings->cap > 0 ? findings->cap * 2 : 8;
        findings->items = lt_realloc(findings->items, findings->cap * sizeof(*findings->items));
    }
    struct finding *finding = &findings->items[findings->count++];
    *finding = (struct finding){.blocks = blocks};
    va_list args;
    va_start(args, fmt);
    vsnprintf(finding->what, sizeof(finding->what), fmt, args);
    va_end(args);
    return finding;
}

void finding_todo(struct finding *finding, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(finding->todo, sizeof(finding->todo), fmt, args);
    va_end(args);
}

const struct finding *findings_blocking(const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        if (findings->items[i].blocks) {
            return &findings->items[i];
        }
    }
    return NULL;
}
