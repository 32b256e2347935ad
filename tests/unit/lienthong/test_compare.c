#include "support/cm.h"

#include "lienthong/compare.h"

#include <stdio.h>
#include <string.h>

static void add(struct lt_cli_side *side, const char *key, const char *body)
{
    lt_cli_side_add(side, lt_bytes_text(key), lt_bytes_text(body), lt_bytes_text(key));
}

static void fill(struct lt_cli_side *side, const char *const *rows, size_t count)
{
    for (size_t i = 0; i + 1 < count; i += 2)
        add(side, rows[i], rows[i + 1]);
    assert_true(lt_cli_side_close(side));
}

static void equal_sets_are_equal_in_any_order_with_one_digest(void **state)
{
    (void)state;
    static const char *const A[] = {"1", "a", "2", "b", "3", "c"};
    static const char *const B[] = {"3", "c", "1", "a", "2", "b"};
    struct lt_cli_side source = {0}, target = {0};
    fill(&source, A, LT_COUNT(A));
    fill(&target, B, LT_COUNT(B));
    struct lt_cli_difference difference;
    assert_true(lt_cli_compare(&source, &target, NULL, NULL, &difference));
    uint8_t first[LT_CLI_DIGEST_BYTES], second[LT_CLI_DIGEST_BYTES];
    lt_cli_side_digest(&source, first);
    lt_cli_side_digest(&target, second);
    assert_memory_equal(first, second, sizeof first);
    lt_cli_side_fini(&source);
    lt_cli_side_fini(&target);
}

struct seen {
    char text[64];
};

static void note(void *arg, enum lt_cli_difference_kind kind, const char *text)
{
    struct seen *seen = arg;
    const size_t len = strlen(seen->text);
    snprintf(seen->text + len, sizeof seen->text - len, "%d%s ", (int)kind, text ? text : "-");
}

static void every_difference_is_counted_and_named(void **state)
{
    (void)state;
    static const char *const A[] = {"1", "a", "2", "b", "4", "d"};
    static const char *const B[] = {"2", "B", "3", "c", "4", "d"};
    struct lt_cli_side source = {.keep_texts = true}, target = {.keep_texts = true};
    fill(&source, A, LT_COUNT(A));
    fill(&target, B, LT_COUNT(B));
    struct lt_cli_difference difference;
    struct seen seen = {""};
    assert_false(lt_cli_compare(&source, &target, note, &seen, &difference));
    assert_int_equal(difference.missing, 1);
    assert_int_equal(difference.extra, 1);
    assert_int_equal(difference.different, 1);
    assert_non_null(strstr(seen.text, "01 "));
    assert_non_null(strstr(seen.text, "13 "));
    assert_non_null(strstr(seen.text, "22 "));
    lt_cli_side_fini(&source);
    lt_cli_side_fini(&target);
}

static void keys_are_not_kept_unless_asked(void **state)
{
    (void)state;
    static const char *const A[] = {"secret", "a"};
    struct lt_cli_side source = {0}, target = {0};
    fill(&source, A, LT_COUNT(A));
    fill(&target, NULL, 0);
    struct lt_cli_difference difference;
    struct seen seen = {""};
    assert_false(lt_cli_compare(&source, &target, note, &seen, &difference));
    assert_string_equal(seen.text, "0- ");
    assert_int_equal(source.texts.len, 0);
    lt_cli_side_fini(&source);
    lt_cli_side_fini(&target);
}

static void empty_sides_are_equal(void **state)
{
    (void)state;
    struct lt_cli_side source = {0}, target = {0};
    assert_true(lt_cli_side_close(&source) && lt_cli_side_close(&target));
    struct lt_cli_difference difference;
    assert_true(lt_cli_compare(&source, &target, NULL, NULL, &difference));
    lt_cli_side_fini(&source);
    lt_cli_side_fini(&target);
}

static void a_key_that_stands_twice_is_noticed(void **state)
{
    (void)state;
    struct lt_cli_side side = {0};
    add(&side, "1", "a");
    add(&side, "2", "b");
    add(&side, "1", "c");
    assert_false(lt_cli_side_close(&side));
    lt_cli_side_fini(&side);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_sets_are_equal_in_any_order_with_one_digest),
        cmocka_unit_test(every_difference_is_counted_and_named),
        cmocka_unit_test(keys_are_not_kept_unless_asked),
        cmocka_unit_test(empty_sides_are_equal),
        cmocka_unit_test(a_key_that_stands_twice_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
