/*
 * The first byte chooses what was asked, the rest is a broker's answer: understood, or refused with
 * nothing kept.  A list holds no name that is not ended.
 */
#include <stdlib.h>
#include <string.h>

#include "bus/acl_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void list(struct lt_bytes answer)
{
    struct lt_acl *acls = NULL;
    size_t count = 0;
    if (lt_acl_answer_listed(answer, &acls, &count, NULL) < 0)
        return;
    for (size_t i = 0; i < count; i++) {
        lt_assert(memchr(acls[i].name, 0, sizeof acls[i].name));
        lt_assert(memchr(acls[i].principal, 0, sizeof acls[i].principal));
    }
    free(acls);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct lt_acl asked[2] = {{.name = "a", .principal = "User:a"},
                                           {.name = "b", .principal = "User:b"}};
    if (size == 0)
        return 0;
    const struct lt_bytes answer = lt_bytes(data + 1, size - 1);
    int rc = 0;
    if (data[0] % 3 == 0)
        list(answer);
    else if (data[0] % 3 == 1)
        rc = lt_acl_answer_added(answer, asked, data[0] / 3 % 3, NULL);
    else
        rc = lt_acl_answer_removed(answer, asked, data[0] / 3 % 3, NULL);
    lt_assert(rc == 0 || rc == -1);
    return 0;
}
