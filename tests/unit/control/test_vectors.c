/* Signed control records of the committed test vectors (schemas/README.md, sections 9 and 11;
 * DX-12). */
#include "support/cm.h"

#include <string.h>

#include "control/control.h"
#include "support/vectors.h"

static void check_forged(struct vectors *v)
{
    struct lt_bytes payload, public_key = vectors_bytes(v, "public-hex");
    struct lt_error err = {0};
    assert_int_equal(
        lt_control_verify(public_key.data, vectors_bytes(v, "value-hex"), &payload, &err), -1);
    assert_int_equal(err.class, LT_ERR_REJECT);
}

static void check_payload(struct vectors *v)
{
    struct lt_bytes payload = {0}, public_key = vectors_bytes(v, "public-hex");
    assert_int_equal(
        lt_control_verify(public_key.data, vectors_bytes(v, "value-hex"), &payload, NULL), 0);
    assert_true(lt_bytes_equal(payload, vectors_bytes(v, "payload-hex")));
}

static void a_fold_takes_the_good_and_equals_the_heartbeat(void **state)
{
    (void)state;
    struct vectors *v = vectors_open("control.txt");
    struct lt_fold *fold = NULL;
    bool heartbeat = false;
    int forged = 0;
    while (vectors_next(v)) {
        struct lt_error err = {0};
        if (vectors_text(v, "bad")) {
            check_forged(v);
            forged++;
            continue;
        }
        check_payload(v);
        if (!fold)
            fold = lt_fold_new(vectors_bytes(v, "public-hex").data);
        struct lt_bytes key = lt_bytes_text(vectors_text(v, "key"));
        if (lt_fold_take(fold, key, vectors_bytes(v, "value-hex"), &err) < 0)
            fail_msg("%s: %s", vectors_text(v, "key"), err.msg);
        if (vectors_text(v, "digest-hex")) {
            uint8_t digest[32];
            lt_fold_digest(fold, digest);
            assert_true(lt_bytes_equal(lt_bytes(digest, 32), vectors_bytes(v, "digest-hex")));
            heartbeat = true;
        }
    }
    assert_true(heartbeat);
    assert_int_equal(forged, 6);
    assert_int_equal(lt_fold_number(fold), 5);
    assert_null(lt_fold_agency(fold, "ag0001"));
    assert_string_equal(lt_fold_hold(fold, "ho000007")->ground, "43.2a");
    assert_int_equal(lt_fold_feed(fold, "sv000412")->incarnation, 1);
    lt_fold_free(fold);
    vectors_close(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fold_takes_the_good_and_equals_the_heartbeat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
