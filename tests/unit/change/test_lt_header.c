/* The lt header, both ways, to the byte (architecture 3). */
#include "support/cm.h"

#include <stdio.h>
#include <string.h>

#include "change/lt_header.h"

static int parse(const char *text, struct lt_header *header, struct lt_error *err)
{
    return lt_header_parse(lt_bytes_text(text), header, err);
}

static void same_numbers_same_bytes(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "insert 1 1795457460210123 2/16b3748/0 -",
        "update 4711 1795457460210123 2/90412 12.3",
        "delete 9223372036854775807 9223372036854775807 9223372036854775807/9223372036854775807 "
        "9223372036854775807.9223372036854775807",
        "correction 9223372036854775807 9223372036854775807 "
        "9223372036854775807/ffffffffffffffff/9223372036854775807 -",
        "snapshot 1 0 1/1 1.1",
        "withheld 2 3 4/0/5 -",
        "sync 3 4 1/a/0 -",
        "end 4 5 1/0/0 -",
    };
    for (size_t i = 0; i < LT_COUNT(texts); i++) {
        struct lt_header header;
        char buf[LT_HEADER_MAX];
        assert_int_equal(parse(texts[i], &header, NULL), 0);
        assert_int_equal(lt_header_format(&header, buf), strlen(texts[i]));
        assert_string_equal(buf, texts[i]);
    }
}

static void every_part_arrives(void **state)
{
    (void)state;
    struct lt_header h;
    assert_int_equal(parse("update 4711 1795457460210123 2/90412 12.3", &h, NULL), 0);
    assert_int_equal(h.op, LT_OP_UPDATE);
    assert_int_equal(h.seq, 4711);
    assert_int_equal(h.time, 1795457460210123);
    assert_false(h.on_feed);
    assert_int_equal(h.incarnation, 2);
    assert_int_equal(h.feed_seq, 90412);
    assert_int_equal(h.agreement, 12);
    assert_int_equal(h.scope_version, 3);
    assert_int_equal(parse("sync 9 8 7/16b3748/6 -", &h, NULL), 0);
    assert_true(h.on_feed);
    assert_int_equal(h.op, LT_OP_SYNC);
    assert_int_equal(h.incarnation, 7);
    assert_int_equal(h.lsn, 0x16b3748);
    assert_int_equal(h.ordinal, 6);
}

static void numbers_of_every_length_are_written_as_printf_does(void **state)
{
    (void)state;
    int64_t power = 1;
    for (int digits = 1; digits <= 19; digits++, power = digits <= 18 ? power * 10 : power) {
        for (int64_t number = LT_MAX(power - 2, 1); number <= power + 2; number++) {
            struct lt_header header = {.op = LT_OP_INSERT,
                                       .seq = number,
                                       .time = number,
                                       .incarnation = 1,
                                       .feed_seq = number,
                                       .agreement = 1,
                                       .scope_version = 1};
            char text[LT_HEADER_MAX], expected[LT_HEADER_MAX];
            snprintf(expected, sizeof(expected), "insert %lld %lld 1/%lld 1.1", (long long)number,
                     (long long)number, (long long)number);
            assert_int_equal(lt_header_format(&header, text), strlen(expected));
            assert_string_equal(text, expected);
        }
    }
}

static void one_wrong_byte_is_refused_with_its_part(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "lt header: bad op"},
        {"insert", "lt header: bad op"},
        {"Insert 1 1 1/1 1.1", "lt header: bad op"},
        {"upsert 1 1 1/1 1.1", "lt header: bad op"},
        {" insert 1 1 1/1 1.1", "lt header: bad op"},
        {"insert  1 1 1/1 1.1", "lt header: bad seq"},
        {"insert 0 1 1/1 1.1", "lt header: bad seq"},
        {"insert 01 1 1/1 1.1", "lt header: bad seq"},
        {"insert +1 1 1/1 1.1", "lt header: bad seq"},
        {"insert 9223372036854775808 1 1/1 1.1", "lt header: bad seq"},
        {"insert 1 -1 1/1 1.1", "lt header: bad time"},
        {"insert 1", "lt header: bad seq"},
        {"insert 1 1", "lt header: bad time"},
        {"insert 1 1 1", "lt header: bad pos"},
        {"insert 1 1 0/1 1.1", "lt header: bad pos"},
        {"insert 1 1 1/0 1.1", "lt header: bad pos"},
        {"insert 1 1 1/1/1 1.1", "lt header: bad pos"},
        {"insert 1 1 1/1 -", "lt header: bad pos"},
        {"insert 1 1 1/A/1 -", "lt header: bad pos"},
        {"insert 1 1 1/0a/1 -", "lt header: bad pos"},
        {"insert 1 1 1/0x1/1 -", "lt header: bad pos"},
        {"insert 1 1 1/10000000000000000/1 -", "lt header: bad pos"},
        {"insert 1 1 1/1/-1 -", "lt header: bad pos"},
        {"insert 1 1 1/1/1 1.-", "lt header: bad terms"},
        {"insert 1 1 1/1 1", "lt header: bad terms"},
        {"insert 1 1 1/1 1.0", "lt header: bad terms"},
        {"insert 1 1 1/1 0.1", "lt header: bad terms"},
        {"insert 1 1 1/1 1.1 ", "lt header: bad terms"},
        {"insert 1 1 1/1 1.1\n", "lt header: bad terms"},
        {"sync 1 1 1/1 1.1", "lt header: bad op"},
        {"end 1 1 1/1 1.1", "lt header: bad op"},
    };
    for (size_t i = 0; i < LT_COUNT(rows); i++) {
        struct lt_header header = {.seq = -7};
        struct lt_error err = {0};
        if (parse(rows[i].text, &header, &err) == 0)
            fail_msg("taken: %s", rows[i].text);
        assert_int_equal(err.class, LT_ERR_REJECT);
        assert_string_equal(err.msg, rows[i].why);
        assert_int_equal(header.seq, -7);
    }
}

static void absent_and_long_headers_are_refused(void **state)
{
    (void)state;
    struct lt_header header;
    struct lt_error err = {0};
    char text[4096];
    assert_int_equal(lt_header_parse(lt_bytes(NULL, 0), &header, &err), -1);
    assert_string_equal(err.msg, "the record has no lt header");
    memset(text, '1', sizeof text);
    assert_int_equal(lt_header_parse(lt_bytes(text, sizeof text), &header, &err), -1);
    assert_string_equal(err.msg, "lt header of 4096 bytes is too long");
    memcpy(text, "insert 1 1 1/1 1.1\0", 19);
    assert_int_equal(lt_header_parse(lt_bytes(text, 19), &header, &err), -1);
}

static void withheld_and_delete_carry_null(void **state)
{
    (void)state;
    for (int op = LT_OP_INSERT; op <= LT_OP_END; op++)
        assert_int_equal(lt_op_has_value((enum lt_op)op),
                         op != LT_OP_DELETE && op != LT_OP_WITHHELD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_numbers_same_bytes),
        cmocka_unit_test(every_part_arrives),
        cmocka_unit_test(numbers_of_every_length_are_written_as_printf_does),
        cmocka_unit_test(one_wrong_byte_is_refused_with_its_part),
        cmocka_unit_test(absent_and_long_headers_are_refused),
        cmocka_unit_test(withheld_and_delete_carry_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
