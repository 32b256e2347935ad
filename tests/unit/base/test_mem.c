#include "support/cm.h"

#include "base/buf.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>

static void arena_keeps_everything_until_the_reset(void **state)
{
    (void)state;
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(1024);
    char *texts[500];
    for (int i = 0; i < 500; i++)
        texts[i] = lt_arena_printf(arena, "text %d of many", i);
    for (int i = 0; i < 500; i++) {
        char expected[40];
        snprintf(expected, sizeof(expected), "text %d of many", i);
        assert_string_equal(texts[i], expected);
    }
    assert_true(lt_arena_used(arena) >= 500 * 16);
    lt_arena_reset(arena);
    assert_int_equal(lt_arena_used(arena), 0);
}

static void arena_gives_aligned_memory_larger_than_a_block(void **state)
{
    (void)state;
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(1024);
    for (size_t size = 1; size < 100000; size = size * 3 + 1) {
        uint8_t *p = lt_arena_alloc(arena, size);
        assert_int_equal((uintptr_t)p % 16, 0);
        memset(p, 0xAA, size);
    }
}

static void buffer_grows_and_keeps_its_bytes(void **state)
{
    (void)state;
    struct lt_buf buf = {0};
    for (int i = 0; i < 1000; i++)
        lt_buf_addf(&buf, "%d,", i);
    lt_buf_adds(&buf, "end");
    assert_memory_equal(lt_buf_text(&buf), "0,1,2,3,", 8);
    assert_string_equal(lt_buf_text(&buf) + buf.len - 3, "end");
    lt_buf_fini(&buf);
    assert_null(buf.data);
}

static void bytes_tell_absent_from_empty(void **state)
{
    (void)state;
    const struct lt_bytes absent = {0}, empty = lt_bytes("", 0);
    assert_false(lt_bytes_equal(absent, empty));
    assert_true(lt_bytes_equal(absent, lt_bytes_text(NULL)));
    assert_true(lt_bytes_equal(empty, lt_bytes_text("")));
}

static void bytes_sort_bytewise_and_shorter_first(void **state)
{
    (void)state;
    static const char *const sorted[] = {"", "a", "aa", "ab", "b", "\xc4\x91"};
    for (size_t i = 0; i < LT_COUNT(sorted); i++)
        for (size_t j = 0; j < LT_COUNT(sorted); j++) {
            const int order = lt_bytes_compare(lt_bytes_text(sorted[i]), lt_bytes_text(sorted[j]));
            assert_int_equal(order < 0, i < j);
            assert_int_equal(order > 0, i > j);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_keeps_everything_until_the_reset),
        cmocka_unit_test(arena_gives_aligned_memory_larger_than_a_block),
        cmocka_unit_test(buffer_grows_and_keeps_its_bytes),
        cmocka_unit_test(bytes_tell_absent_from_empty),
        cmocka_unit_test(bytes_sort_bytewise_and_shorter_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
