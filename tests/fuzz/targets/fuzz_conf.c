/*
 * Any bytes as a configuration file: read, or refused with file and line; all is given back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct settings {
    char *text, *path, *choice;
    int64_t number, duration;
    bool flag;
};

static const struct lt_conf_key keys[] = {
    {.section = "a",
     .key = "text",
     .type = LT_CONF_TEXT,
     .offset = offsetof(struct settings, text)},
    {.section = "a",
     .key = "path",
     .type = LT_CONF_PATH,
     .offset = offsetof(struct settings, path)},
    {.section = "a",
     .key = "number",
     .type = LT_CONF_INT,
     .min = -5,
     .max = 1000000,
     .offset = offsetof(struct settings, number)},
    {.section = "b",
     .key = "wait",
     .type = LT_CONF_DURATION,
     .min = 0,
     .max = 86400000,
     .offset = offsetof(struct settings, duration)},
    {.section = "b",
     .key = "flag",
     .type = LT_CONF_BOOL,
     .offset = offsetof(struct settings, flag)},
    {.section = "b",
     .key = "choice",
     .type = LT_CONF_CHOICE,
     .choices = "x|yy|x-y",
     .fallback = "x",
     .offset = offsetof(struct settings, choice)},
};
static const struct lt_conf_table table = {keys, LT_COUNT(keys), "kafka", "kept"};

static int file_with(const uint8_t *data, size_t size)
{
    int fd = memfd_create("conf", 0);
    lt_assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct settings settings = {0};
    struct lt_conf_extra extra = {0};
    struct lt_error err = {0};
    char path[64];
    int fd = file_with(data, size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (lt_conf_load(&table, path, &settings, &extra, &err) == 0) {
        lt_assert(settings.number >= -5 && settings.number <= 1000000);
        lt_assert(settings.choice && strchr("xy", settings.choice[0]));
    } else {
        lt_assert(strstr(err.msg, path));
    }
    lt_conf_unload(&table, &settings, &extra);
    close(fd);
    return 0;
}
