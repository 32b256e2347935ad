/* lt-provider-postgres on a real PostgreSQL and a real broker: what it publishes (architecture
 * 3, 4.1, 4.2; D3.3, D41.2b-1). */
#include "support/cm.h"
#include "support/provider_line.h"

#include <string.h>

static void rows_and_changes_reach_the_feed(void **state)
{
    (void)state;
    struct line *line = line_new();
    const char *service = line_table(line, "wards");
    line_sql(
        line,
        "INSERT INTO public.wards VALUES ('a', 'An', '48', 1.50, '2026-01-01 00:00Z', NULL, 1),"
        " ('b', E'tab\\there\\nand \\\\ backslash', NULL, NULL, NULL, 'x', 2)");
    line_start(line);
    line_wait_equal(line, service, "wards", 60);
    line_sql(line, "INSERT INTO public.wards VALUES ('c', 'Cần Thơ', '92', 0, now(), '', 3)");
    line_sql(line, "UPDATE public.wards SET province_code = '01' WHERE code = 'a'");
    line_sql(line, "UPDATE public.wards SET note = 'y' WHERE code = 'c'");
    line_sql(line, "DELETE FROM public.wards WHERE code = 'b'");
    line_wait_equal(line, service, "wards", 30);
    struct line_feed feed = line_read(line, service, 1);
    assert_int_equal(line_count(&feed, LT_OP_SNAPSHOT), 2);
    assert_int_equal(line_count(&feed, LT_OP_INSERT), 1);
    assert_int_equal(line_count(&feed, LT_OP_UPDATE), 2);
    assert_int_equal(line_count(&feed, LT_OP_DELETE), 1);
    line_feed_fini(&feed);
    assert_int_equal(line_stop(line), 0);
    line_free(line);
}

static int end(void **state)
{
    (void)state;
    line_end();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_and_changes_reach_the_feed),
    };
    return cmocka_run_group_tests_name("provider", tests, NULL, end);
}
