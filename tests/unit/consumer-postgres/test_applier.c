/* One batch under way beside the next: who owns what, and what settling tells. */
#include "base/mem.h"
#include "consumer-postgres/applier.h"
#include "support/cm.h"

#include <pthread.h>
#include <string.h>

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER; /* held: the database does not answer */
static struct lt_error answer;
static struct lt_apply seen;
static lt_time seen_stamp;

static int pretend(struct lt_target *target,
                   struct lt_apply *apply,
                   size_t *ret_rejected,
                   struct lt_error *reterr)
{
    (void)target;
    pthread_mutex_lock(&gate);
    seen = *apply;
    seen_stamp = apply->worth ? apply->worth->stamp : LT_TIME_NONE;
    *ret_rejected = 1;
    *reterr = answer;
    pthread_mutex_unlock(&gate);
    return answer.class == LT_ERR_NONE ? 0 : -1;
}

static struct lt_applier *applier;
static struct lt_pending pending;

static int set_up(void **state)
{
    (void)state;
    answer = (struct lt_error){0};
    applier = lt_applier_start(pretend);
    lt_pending_init(&pending);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    lt_applier_stop(applier);
    lt_pending_fini(&pending);
    return 0;
}

static void read_record(int64_t seq)
{
    const struct lt_header header = {.op = LT_OP_DELETE, .seq = seq};
    struct lt_message message = {.key = lt_bytes("\0\0\0\0\1k", 6), .offset = seq};
    lt_pending_take(&pending, &message, &header);
}

static void submit(const struct lt_worth *worth)
{
    const struct lt_apply apply = {.batch = pending.batch, .to = {.seq = 7}, .worth = worth};
    lt_applier_submit(applier, NULL, &apply, &pending);
}

static void the_next_batch_is_read_while_one_is_under_way(void **state)
{
    (void)state;
    struct lt_applied applied;
    struct lt_error err = {0};
    pthread_mutex_lock(&gate);
    read_record(1);
    read_record(2);
    submit(NULL);
    assert_int_equal(pending.count, 0);
    read_record(3);
    pthread_mutex_unlock(&gate);
    assert_int_equal(lt_applier_settle(applier, &applied, &err), 0);
    assert_int_equal(applied.records, 2);
    assert_int_equal(applied.rejected, 1);
    assert_int_equal(seen.to.seq, 7);
    assert_int_equal(pending.count, 1);
    assert_ptr_not_equal(pending.batch, seen.batch);
}

static void the_stamp_is_copied(void **state)
{
    (void)state;
    struct lt_applied applied;
    struct lt_error err = {0};
    struct lt_worth worth = {.stamp = 41};
    pthread_mutex_lock(&gate);
    submit(&worth);
    worth.stamp = 42;
    pthread_mutex_unlock(&gate);
    assert_int_equal(lt_applier_settle(applier, &applied, &err), 0);
    assert_int_equal(seen_stamp, 41);
}

static void a_failure_is_told_once(void **state)
{
    (void)state;
    struct lt_applied applied;
    struct lt_error err = {0};
    lt_fail(&answer, LT_ERR_ABORT, "pg", 409, "somebody was faster");
    read_record(1);
    submit(NULL);
    assert_int_equal(lt_applier_settle(applier, &applied, &err), -1);
    assert_int_equal(err.class, LT_ERR_ABORT);
    assert_string_equal(err.msg, "somebody was faster");
    err = (struct lt_error){0};
    assert_int_equal(lt_applier_settle(applier, &applied, &err), 0);
    assert_int_equal(applied.records, 0);
    assert_int_equal(err.class, LT_ERR_NONE);
}

static void stopping_waits_for_what_is_under_way(void **state)
{
    (void)state;
    seen = (struct lt_apply){0};
    read_record(1);
    submit(NULL);
    lt_applier_stop(applier);
    assert_int_equal(seen.to.seq, 7);
    applier = NULL;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_next_batch_is_read_while_one_is_under_way),
        CASE(the_stamp_is_copied),
        CASE(a_failure_is_told_once),
        CASE(stopping_waits_for_what_is_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
