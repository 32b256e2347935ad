/*
 * Answers about ACLs, version 1 each.  Every count and length is checked against the bytes that are
 * there; an answer that does not fit is refused as a whole.
 */
#include "acl_answer.h"

#include "bus_priv.h"
#include "raw.h"

#include <stdlib.h>
#include <string.h>

enum { PREFIXED = 4, ALLOW = 3 };
#define ACL_MAX 1000000

static struct lt_raw_fields fields_of(struct lt_bytes answer)
{
    struct lt_raw_fields fields = {.at = answer.data, .end = answer.data + answer.len};
    lt_raw_i32(&fields); /* throttle time */
    return fields;
}

static int fail_answer(const char *what, struct lt_error *reterr)
{
    return lt_fail(reterr, LT_ERR_FATAL, "kafka", 0, "%s: answer cannot be understood", what);
}

/* {error, message}: 0 when there is none. */
static int check_result(struct lt_raw_fields *fields, const char *what, struct lt_error *reterr)
{
    int16_t err = lt_raw_i16(fields);
    struct lt_bytes message = lt_raw_text(fields);
    if (fields->bad) {
        return fail_answer(what, reterr);
    }
    if (err == 0) {
        return 0;
    }
    return lt_bus_fail(reterr, err, "%s: %.*s", what, (int)LT_MIN(message.len, 200),
                       (const char *)message.data);
}

/* ---- add and remove ---- */

typedef int outcome(struct lt_raw_fields *fields, const char *what, struct lt_error *reterr);

/* One outcome for each ACL of the request, in its order. */
static int check_all(struct lt_bytes answer,
                     const char *what,
                     outcome *check,
                     const struct lt_acl *acls,
                     size_t count,
                     struct lt_error *reterr)
{
    struct lt_raw_fields fields = fields_of(answer);
    int32_t results = lt_raw_count(&fields, ACL_MAX);
    if (fields.bad || (size_t)results != count) {
        return fail_answer(what, reterr);
    }
    for (size_t i = 0; i < count; i++) {
        if (check(&fields, what, reterr) != 0) {
            return lt_fail_context(reterr, "%s on '%s'", acls[i].principal, acls[i].name);
        }
    }
    return 0;
}

int lt_acl_answer_added(struct lt_bytes answer,
                        const struct lt_acl *acls,
                        size_t count,
                        struct lt_error *reterr)
{
    return check_all(answer, "add ACL", check_result, acls, count, reterr);
}

static void skip_binding(struct lt_raw_fields *fields)
{
    lt_raw_i8(fields);   /* resource type */
    lt_raw_text(fields); /* name */
    lt_raw_i8(fields);   /* pattern */
    lt_raw_text(fields); /* principal */
    lt_raw_text(fields); /* host */
    lt_raw_i8(fields);   /* operation */
    lt_raw_i8(fields);   /* permission */
}

/* The outcome of one filter: its own, and one for each ACL that matched. */
static int check_filter(struct lt_raw_fields *fields, const char *what, struct lt_error *reterr)
{
    if (check_result(fields, what, reterr) != 0) {
        return -1;
    }
    int32_t matches = lt_raw_count(fields, ACL_MAX);
    for (int32_t k = 0; k < matches; k++) {
        if (check_result(fields, what, reterr) != 0) {
            return -1;
        }
        skip_binding(fields);
    }
    return fields->bad ? fail_answer(what, reterr) : 0;
}

int lt_acl_answer_removed(struct lt_bytes answer,
                          const struct lt_acl *acls,
                          size_t count,
                          struct lt_error *reterr)
{
    return check_all(answer, "remove ACL", check_filter, acls, count, reterr);
}

/* ---- list ---- */

struct acl_list {
    struct lt_acl *acls;
    size_t count, cap;
};

static struct lt_acl *append(struct acl_list *list)
{
    if (list->count == list->cap) {
        list->cap = LT_MAX(list->cap * 2, 64);
        list->acls = lt_realloc(list->acls, list->cap * sizeof *list->acls);
    }
    return &list->acls[list->count++];
}

/* A name that does not fit is none of ours, but leaving it out would hide a right. */
static int copy_text(char *to, size_t size, struct lt_bytes text, struct lt_error *reterr)
{
    if (text.len >= size) {
        return lt_fail(reterr, LT_ERR_REJECT, "kafka", 0,
                       "list ACLs: a name of %zu bytes, above %zu; remove that ACL", text.len,
                       size - 1);
    }
    memcpy(to, text.data != NULL ? (const char *)text.data : "", text.len);
    to[text.len] = '\0';
    return 0;
}

/* One ACL of a resource; denials are skipped: the platform makes none. */
static int take_acl(struct lt_raw_fields *fields,
                    const struct lt_acl *resource,
                    struct acl_list *list,
                    struct lt_error *reterr)
{
    struct lt_acl acl = *resource;
    struct lt_bytes principal = lt_raw_text(fields);
    lt_raw_text(fields); /* host */
    acl.operation = (enum lt_acl_operation)lt_raw_i8(fields);
    bool allow = lt_raw_i8(fields) == ALLOW;
    if (fields->bad) {
        return fail_answer("list ACLs", reterr);
    }
    if (copy_text(acl.principal, sizeof acl.principal, principal, reterr) != 0) {
        return -1;
    }
    if (allow) {
        *append(list) = acl;
    }
    return 0;
}

static int
take_resource(struct lt_raw_fields *fields, struct acl_list *list, struct lt_error *reterr)
{
    struct lt_acl resource = {.resource = (enum lt_acl_resource)lt_raw_i8(fields)};
    if (copy_text(resource.name, sizeof resource.name, lt_raw_text(fields), reterr) != 0) {
        return -1;
    }
    resource.prefixed = lt_raw_i8(fields) == PREFIXED;
    int32_t acls = lt_raw_count(fields, ACL_MAX);
    for (int32_t i = 0; i < acls; i++) {
        if (take_acl(fields, &resource, list, reterr) != 0) {
            return -1;
        }
    }
    return fields->bad ? fail_answer("list ACLs", reterr) : 0;
}

static int take_all(struct lt_raw_fields *fields, struct acl_list *list, struct lt_error *reterr)
{
    if (check_result(fields, "list ACLs", reterr) != 0) {
        return -1;
    }
    int32_t resources = lt_raw_count(fields, ACL_MAX);
    for (int32_t i = 0; i < resources; i++) {
        if (take_resource(fields, list, reterr) != 0) {
            return -1;
        }
    }
    return fields->bad ? fail_answer("list ACLs", reterr) : 0;
}

int lt_acl_answer_listed(struct lt_bytes answer,
                         struct lt_acl **ret,
                         size_t *ret_count,
                         struct lt_error *reterr)
{
    struct lt_raw_fields fields = fields_of(answer);
    struct acl_list list = {0};
    if (take_all(&fields, &list, reterr) != 0) {
        free(list.acls);
        return -1;
    }
    *ret = list.acls;
    *ret_count = list.count;
    return 0;
}
