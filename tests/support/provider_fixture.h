/**
 * @file
 * For test programs of the provider: `line` is fresh for each test.
 */
#pragma once

#include "support/provider_line.h"

static struct line *line;

static inline int fresh_line(void **state)
{
    (void)state;
    line = line_new();
    return 0;
}

static inline int free_line(void **state)
{
    (void)state;
    line_free(line);
    return 0;
}

static inline int end(void **state)
{
    (void)state;
    line_end();
    return 0;
}
