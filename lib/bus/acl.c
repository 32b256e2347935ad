/*
 * ACLs by raw requests: CreateAcls, DescribeAcls and DeleteAcls, version 1 each.  Any broker
 * takes them and hands them to the controller; its own view follows some milliseconds later.
 */
#include "acl_answer.h"
#include "bus_priv.h"
#include "raw.h"

enum { DESCRIBE_ACLS = 29, CREATE_ACLS = 30, DELETE_ACLS = 31, VERSION = 1 };
enum { ANY = 1, LITERAL = 3, PREFIXED = 4, ALLOW = 3 };

static void put_acl(struct lt_buf *body, const struct lt_acl *acl, const char *host)
{
    lt_raw_put_i8(body, (int8_t)acl->resource);
    lt_raw_put_text(body, acl->name);
    lt_raw_put_i8(body, acl->prefixed ? PREFIXED : LITERAL);
    lt_raw_put_text(body, acl->principal);
    lt_raw_put_text(body, host);
    lt_raw_put_i8(body, (int8_t)acl->operation);
    lt_raw_put_i8(body, ALLOW);
}

/* One request about many ACLs; host NULL: any. */
static int request(struct lt_admin *admin,
                   int16_t api_key,
                   const char *host,
                   const struct lt_acl *acls,
                   size_t count,
                   struct lt_buf *answer,
                   struct lt_error *reterr)
{
    struct lt_buf body = {0};
    lt_raw_put_i32(&body, (int32_t)count);
    for (size_t i = 0; i < count; i++) {
        put_acl(&body, &acls[i], host);
    }
    int rc =
        lt_raw_call(lt_admin_bus(admin), api_key, VERSION, lt_buf_bytes(&body), answer, reterr);
    lt_buf_fini(&body);
    return rc;
}

int lt_admin_acl_add(struct lt_admin *admin,
                     const struct lt_acl *acls,
                     size_t count,
                     struct lt_error *reterr)
{
    struct lt_buf answer = {0};
    int rc = request(admin, CREATE_ACLS, "*", acls, count, &answer, reterr);
    if (rc == 0) {
        rc = lt_acl_answer_added(lt_buf_bytes(&answer), acls, count, reterr);
    }
    lt_buf_fini(&answer);
    return rc;
}

/* Any host: one that somebody narrowed by hand goes as well. */
int lt_admin_acl_remove(struct lt_admin *admin,
                        const struct lt_acl *acls,
                        size_t count,
                        struct lt_error *reterr)
{
    struct lt_buf answer = {0};
    int rc = request(admin, DELETE_ACLS, NULL, acls, count, &answer, reterr);
    if (rc == 0) {
        rc = lt_acl_answer_removed(lt_buf_bytes(&answer), acls, count, reterr);
    }
    lt_buf_fini(&answer);
    return rc;
}

static void put_any(struct lt_buf *body)
{
    lt_raw_put_i8(body, ANY); /* resource type */
    lt_raw_put_text(body, NULL);
    lt_raw_put_i8(body, ANY); /* pattern */
    lt_raw_put_text(body, NULL);
    lt_raw_put_text(body, NULL);
    lt_raw_put_i8(body, ANY); /* operation */
    lt_raw_put_i8(body, ANY); /* permission */
}

int lt_admin_acl_list(struct lt_admin *admin,
                      struct lt_acl **ret,
                      size_t *ret_count,
                      struct lt_error *reterr)
{
    struct lt_buf body = {0}, answer = {0};
    put_any(&body);
    int rc = lt_raw_call(lt_admin_bus(admin), DESCRIBE_ACLS, VERSION, lt_buf_bytes(&body), &answer,
                         reterr);
    if (rc == 0) {
        rc = lt_acl_answer_listed(lt_buf_bytes(&answer), ret, ret_count, reterr);
    }
    lt_buf_fini(&body);
    lt_buf_fini(&answer);
    return rc;
}
