/* Opaque ids and the names of topics made of them. */
#include "support/cm.h"

#include "change/ids.h"

static void every_kind_has_one_text_per_number(void **state)
{
    (void)state;
    static const struct {
        enum lt_id_kind kind;
        int64_t number;
        const char *text;
    } rows[] = {
        {LT_ID_AGENCY, 1, "ag0001"},
        {LT_ID_AGENCY, 10000, "ag10000"},
        {LT_ID_APPLICATION, 41, "ap000041"},
        {LT_ID_SERVICE, 412, "sv000412"},
        {LT_ID_SOURCE, 3, "so000003"},
        {LT_ID_AGREEMENT, 12, "ar000012"},
        {LT_ID_CONNECTION, 981, "cn000981"},
        {LT_ID_HOLD, 999999, "ho999999"},
        {LT_ID_HOLD, 999999999999, "ho999999999999"},
    };
    for (size_t i = 0; i < LT_COUNT(rows); i++) {
        char buf[LT_ID_MAX];
        int64_t number = 0;
        lt_id_format(rows[i].kind, rows[i].number, buf);
        assert_string_equal(buf, rows[i].text);
        assert_int_equal(lt_id_parse(rows[i].kind, rows[i].text, &number, NULL), 0);
        assert_int_equal(number, rows[i].number);
    }
}

static void other_texts_are_no_ids(void **state)
{
    (void)state;
    static const char *const texts[] = {"",          "cn",       "cn1",       "cn00981",
                                        "cn0000981", "cn000000", "CN000981",  "ap000981",
                                        "cn00098x",  "cn-00981", "cn000981 ", "cn1234567890123"};
    for (size_t i = 0; i < LT_COUNT(texts); i++) {
        int64_t number = -7;
        struct lt_error err = {0};
        assert_int_equal(lt_id_parse(LT_ID_CONNECTION, texts[i], &number, &err), -1);
        assert_int_equal(err.class, LT_ERR_REJECT);
        assert_int_equal(number, -7);
    }
    struct lt_error err = {0};
    int64_t number;
    assert_int_equal(lt_id_parse(LT_ID_AGENCY, "x", &number, &err), -1);
    assert_string_equal(err.msg, "'x' is no id of kind agency (ag and 4 digits or more, from 1)");
}

static void a_stream_is_a_connection_and_its_generation(void **state)
{
    (void)state;
    char connection[LT_ID_MAX], stream[LT_TOPIC_MAX];
    int64_t generation;
    assert_int_equal(lt_stream_parse("cn000981.12", connection, &generation, NULL), 0);
    assert_string_equal(connection, "cn000981");
    assert_int_equal(generation, 12);
    lt_stream_format(connection, generation, stream);
    assert_string_equal(stream, "cn000981.12");
    static const char *const texts[] = {"",
                                        "cn000981",
                                        "cn000981.",
                                        "cn000981.0",
                                        "cn000981.01",
                                        "cn000981.1.1",
                                        "sv000981.1",
                                        ".1",
                                        "cn000981.1x",
                                        "cn00000000000000000000000981.1"};
    for (size_t i = 0; i < LT_COUNT(texts); i++) {
        struct lt_error err = {0};
        assert_int_equal(lt_stream_parse(texts[i], connection, &generation, &err), -1);
        assert_int_equal(err.class, LT_ERR_REJECT);
    }
    assert_string_equal(connection, "cn000981");
}

static void topics_are_named_by_ids(void **state)
{
    (void)state;
    char buf[LT_TOPIC_MAX];
    lt_topic_feed("sv000412", 2, buf);
    assert_string_equal(buf, "feed.sv000412.2");
    lt_topic_stream("cn000981.1", buf);
    assert_string_equal(buf, "stream.cn000981.1");
    lt_topic_inbox("ap000041", buf);
    assert_string_equal(buf, "inbox.ap000041");
    lt_topic_outbox("ap000041", buf);
    assert_string_equal(buf, "outbox.ap000041");
    lt_topic_progress("so000003", buf);
    assert_string_equal(buf, "progress.so000003");
}

/* A target may remember any position in any stream of an older epoch. */
static void every_epoch_has_generations_of_its_own(void **state)
{
    (void)state;
    char name[LT_TOPIC_MAX], connection[LT_ID_MAX];
    int64_t generation;
    assert_int_equal(lt_generation_base(0), 0);
    assert_int_equal(lt_generation_base(1), 0);
    assert_int_equal(lt_generation_base(2), 1000000);
    assert_int_equal(lt_generation_base(3), 2000000);
    lt_stream_format("cn000001", lt_generation_base(LT_EPOCH_MAX - 1) + 999999, name);
    assert_int_equal(lt_stream_parse(name, connection, &generation, NULL), 0);
    assert_int_equal(generation, lt_generation_base(LT_EPOCH_MAX - 1) + 999999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_epoch_has_generations_of_its_own),
        cmocka_unit_test(every_kind_has_one_text_per_number),
        cmocka_unit_test(other_texts_are_no_ids),
        cmocka_unit_test(a_stream_is_a_connection_and_its_generation),
        cmocka_unit_test(topics_are_named_by_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
