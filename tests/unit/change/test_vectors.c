/* The committed test vectors, which were made without this code (schemas/README.md, section 11). */
#include "support/cm.h"

#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "change/chain.h"
#include "change/lt_header.h"
#include "change/type.h"
#include "support/vectors.h"

static void same_bytes(const struct vectors *vectors, struct lt_bytes got, struct lt_bytes expected)
{
    if (!lt_bytes_equal(got, expected))
        fail_msg("%s: other bytes", vectors_case(vectors));
}

/* ---- lt-header.txt ---- */

static void check_parts(struct vectors *v, const struct lt_header *h)
{
    const char *lsn = vectors_text(v, "lsn-hex");
    assert_string_equal(lt_op_name(h->op), vectors_text(v, "op"));
    assert_int_equal(h->seq, vectors_number(v, "seq"));
    assert_int_equal(h->time, vectors_number(v, "time"));
    assert_int_equal(h->incarnation, vectors_number(v, "incarnation"));
    assert_int_equal(h->on_feed, lsn != NULL);
    if (lsn) {
        uint64_t number;
        assert_int_equal(lt_parse_hex64(lsn, strlen(lsn), &number), 0);
        assert_true(h->lsn == number);
        assert_int_equal(h->ordinal, vectors_number(v, "ordinal"));
        return;
    }
    assert_int_equal(h->feed_seq, vectors_number(v, "feed-seq"));
    assert_int_equal(h->agreement, vectors_number(v, "agreement"));
    assert_int_equal(h->scope_version, vectors_number(v, "version"));
}

static void lt_headers_are_as_specified(void **state)
{
    (void)state;
    struct vectors *v = vectors_open("lt-header.txt");
    while (vectors_next(v)) {
        struct lt_header header;
        struct lt_error err = {0};
        const char *text = vectors_text(v, "text"), *bad = vectors_text(v, "bad");
        int rc = lt_header_parse(lt_bytes_text(text), &header, &err);
        if (bad) {
            char why[64];
            snprintf(why, sizeof why, "lt header: bad %s", bad);
            assert_int_equal(rc, -1);
            assert_string_equal(err.msg, why);
            continue;
        }
        char buf[LT_HEADER_MAX];
        assert_int_equal(rc, 0);
        check_parts(v, &header);
        lt_header_format(&header, buf);
        assert_string_equal(buf, text);
    }
    vectors_close(v);
}

/* ---- types.txt ---- */

typedef int codec(const struct lt_type *, struct lt_bytes, struct lt_buf *, struct lt_error *);

static void
check_encode(struct vectors *v, codec *encode, const struct lt_type *type, const char *line)
{
    struct lt_buf out = {0};
    struct lt_error err = {0};
    if (encode(type, lt_bytes_text(vectors_text(v, "text")), &out, &err) < 0)
        fail_msg("%s %s: %s", vectors_case(v), vectors_text(v, "text"), err.msg);
    same_bytes(v, lt_buf_bytes(&out), vectors_bytes(v, line));
    lt_buf_fini(&out);
}

static void check_decode(struct vectors *v, const struct lt_type *type)
{
    struct lt_buf out = {0};
    assert_int_equal(lt_type_decode(type, vectors_bytes(v, "avro-hex"), &out, NULL), 0);
    assert_string_equal(lt_buf_text(&out), vectors_text(v, "text"));
    lt_buf_fini(&out);
}

/* The key's text may be another spelling, but it comes back to the same bytes. */
static void check_key_back(struct vectors *v, const struct lt_type *type)
{
    struct lt_buf text = {0}, again = {0};
    assert_int_equal(lt_type_decode_key(type, vectors_bytes(v, "key-hex"), &text, NULL), 0);
    assert_int_equal(lt_type_encode_key(type, lt_buf_bytes(&text), &again, NULL), 0);
    same_bytes(v, lt_buf_bytes(&again), vectors_bytes(v, "key-hex"));
    lt_buf_fini(&text);
    lt_buf_fini(&again);
}

static void check_refused(struct vectors *v, const struct lt_type *type, bool key)
{
    struct lt_buf out = {0};
    struct lt_error err = {0};
    struct lt_bytes text = lt_bytes_text(vectors_text(v, "text"));
    if ((key ? lt_type_encode_key : lt_type_encode)(type, text, &out, &err) == 0)
        fail_msg("%s %s was taken", vectors_case(v), vectors_text(v, "text"));
    assert_int_equal(err.class, LT_ERR_REJECT);
}

static void values_are_as_specified(void **state)
{
    (void)state;
    struct vectors *v = vectors_open("types.txt");
    while (vectors_next(v)) {
        struct lt_type type;
        const char *bad = vectors_text(v, "bad");
        assert_int_equal(lt_type_parse(vectors_text(v, "type"), &type, NULL), 0);
        assert_string_equal(type.sql, vectors_text(v, "type"));
        if (bad) {
            check_refused(v, &type, strcmp(bad, "key") == 0);
            continue;
        }
        if (vectors_text(v, "avro-hex")) {
            check_encode(v, lt_type_encode, &type, "avro-hex");
            check_decode(v, &type);
        }
        if (vectors_text(v, "key-hex")) {
            check_encode(v, lt_type_encode_key, &type, "key-hex");
            check_key_back(v, &type);
        }
    }
    vectors_close(v);
}

/* ---- chain.txt ---- */

static void chains_are_as_specified(void **state)
{
    (void)state;
    struct vectors *v = vectors_open("chain.txt");
    struct lt_chain chain = {0};
    while (vectors_next(v)) {
        const char *topic = vectors_text(v, "topic");
        if (topic) {
            lt_chain_start(&chain, topic);
            same_bytes(v, lt_chain_bytes(&chain), vectors_bytes(v, "start-hex"));
            continue;
        }
        lt_chain_add(&chain, vectors_bytes(v, "key-hex"), vectors_bytes(v, "value-hex"),
                     lt_bytes_text(vectors_text(v, "lt")));
        same_bytes(v, lt_chain_bytes(&chain), vectors_bytes(v, "chain-hex"));
    }
    vectors_close(v);
}

/* ---- stream.txt ---- */

static void the_stream_ends_in_the_chain_of_its_copy(void **state)
{
    (void)state;
    struct vectors *v = vectors_open("stream.txt");
    struct lt_chain chain;
    struct lt_header header = {0};
    int64_t seq = 0;
    bool compared = false;
    lt_chain_start(&chain, "stream.cn000981.1");
    while (vectors_next(v)) {
        const char *lt = vectors_text(v, "lt");
        if (lt) {
            assert_int_equal(lt_header_parse(lt_bytes_text(lt), &header, NULL), 0);
            assert_int_equal(header.seq, ++seq);
            assert_int_equal(lt_op_has_value(header.op),
                             vectors_bytes(v, "value-hex").data != NULL);
            lt_chain_add(&chain, vectors_bytes(v, "key-hex"), vectors_bytes(v, "value-hex"),
                         lt_bytes_text(lt));
        } else if (vectors_text(v, "copy")) {
            assert_int_equal(seq, vectors_number(v, "seq"));
            same_bytes(v, lt_chain_bytes(&chain), vectors_bytes(v, "chain-hex"));
            compared = true;
        }
    }
    assert_true(compared);
    vectors_close(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lt_headers_are_as_specified),
        cmocka_unit_test(values_are_as_specified),
        cmocka_unit_test(chains_are_as_specified),
        cmocka_unit_test(the_stream_ends_in_the_chain_of_its_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
