/*
 * Feeds files to a fuzz target, without a fuzzer: the corpus is an ordinary test.
 * Usage: fuzz_NAME FILE...   A target that finds a fault does not return.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"

#define INPUT_MAX (16u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy of exactly the size, so that a sanitizer sees each byte read beyond it. */
static int replay(const char *path)
{
    struct lt_error err = {0};
    struct lt_buf bytes = {0};

    if (lt_file_read(path, INPUT_MAX, &bytes, &err) < 0) {
        fprintf(stderr, "%s\n", err.msg);
        return -1;
    }
    uint8_t *copy = malloc(bytes.len ? bytes.len : 1);
    if (!copy)
        abort();
    for (size_t i = 0; i < bytes.len; i++)
        copy[i] = bytes.data[i];
    LLVMFuzzerTestOneInput(copy, bytes.len);
    free(copy);
    lt_buf_fini(&bytes);
    return 0;
}

int main(int argc, char **argv)
{
    int failed = 0;

    for (int i = 1; i < argc; i++)
        failed |= replay(argv[i]) < 0;
    return failed;
}
